// The nodes waiting to be sampled in one part of the key space, for a strategy that asks all over it: whoever was named
// longest ago is out when full (a contact named just now is likelier to live), and the next one is the nearest to wherever
// the strategy points. One candidate an address.
import { assert } from '../base/assert.ts';
import { type Candidate, type CandidatePool, CANDIDATES_MAX, headOf } from './candidates.ts';

export class RecentCandidates implements CandidatePool {
  /** Oldest first. */
  readonly #byHost = new Map<string, Candidate>();

  get size(): number {
    return this.#byHost.size;
  }

  has(host: string): boolean {
    return this.#byHost.has(host);
  }

  /** Always: the newest stay. */
  hasRoomFor(): boolean {
    return true;
  }

  add(candidate: Candidate): Candidate | null {
    const { host } = candidate.node.contact;
    if (this.#byHost.has(host)) return candidate;
    this.#byHost.set(host, candidate);
    if (this.size <= CANDIDATES_MAX) return null;
    const oldest = this.#byHost.values().next().value!;
    this.remove(oldest);
    return oldest;
  }

  /** The nearest to `near`, by the first 32 bits: looks at all of them, some 250 numbers. */
  pop(near: Uint8Array): Candidate | null {
    const head = headOf(near);
    let nearest: Candidate | null = null;
    let nearestDistance = Infinity;
    for (const candidate of this.#byHost.values()) {
      const distance = (candidate.idHead ^ head) >>> 0;
      if (distance >= nearestDistance) continue;
      nearestDistance = distance;
      nearest = candidate;
    }
    if (nearest !== null) this.remove(nearest);
    return nearest;
  }

  remove({ node }: Candidate): void {
    this.#byHost.delete(node.contact.host);
  }

  removeHost(host: string): Candidate | null {
    const candidate = this.#byHost.get(host) ?? null;
    this.#byHost.delete(host);
    return candidate;
  }

  /** The `count` newest, oldest first. */
  best(count: number): Candidate[] {
    return [...this.#byHost.values()].slice(-count);
  }

  values(): IterableIterator<Candidate> {
    return this.#byHost.values();
  }

  checkInvariants(): void {
    assert(this.size <= CANDIDATES_MAX, 'too many candidates');
    for (const [host, { node }] of this.#byHost) assert(host === node.contact.host, 'a candidate under another host');
  }
}
