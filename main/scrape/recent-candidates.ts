// The nodes waiting to be sampled in one part of the key space, for a strategy that asks all over it: whoever was named
// longest ago is out when full (a contact named just now is likelier to live), and the next one is the nearest to wherever
// the strategy points. One candidate an address. Whoever looks for the nearest looks at all, so what he looks at, the first
// 32 bits of their ids, lies side by side: in a thread that sleeps most of the time every object is far from the processor.
import { assert } from '../base/assert.ts';
import { type Candidate, type CandidatePool, CANDIDATES_MAX, headOf } from './candidates.ts';

export class RecentCandidates implements CandidatePool {
  /** Host to place in the two columns below; the one that waits longest first. */
  readonly #places = new Map<string, number>();
  readonly #candidates: Candidate[] = [];
  readonly #heads = new Uint32Array(CANDIDATES_MAX + 1);

  get size(): number {
    return this.#candidates.length;
  }

  has(host: string): boolean {
    return this.#places.has(host);
  }

  /** Always: the newest stay. */
  hasRoomFor(): boolean {
    return true;
  }

  add(candidate: Candidate): Candidate | null {
    const { host } = candidate.node.contact;
    if (this.#places.has(host)) return candidate;
    const place = this.#candidates.length;
    this.#places.set(host, place);
    this.#candidates.push(candidate);
    this.#heads[place] = candidate.idHead;
    return this.size <= CANDIDATES_MAX ? null : this.removeHost(this.#places.keys().next().value!);
  }

  /** The nearest to `near`, by the first 32 bits: looks at all of them, some 250 numbers. */
  pop(near: Uint8Array): Candidate | null {
    const count = this.#candidates.length;
    if (count === 0) return null;
    const heads = this.#heads;
    const head = headOf(near);
    let nearest = 0;
    let nearestDistance = (heads[0]! ^ head) >>> 0;
    for (let place = 1; place < count; place++) {
      const distance = (heads[place]! ^ head) >>> 0;
      if (distance >= nearestDistance) continue;
      nearestDistance = distance;
      nearest = place;
    }
    const candidate = this.#candidates[nearest]!;
    this.remove(candidate);
    return candidate;
  }

  remove({ node }: Candidate): void {
    this.removeHost(node.contact.host);
  }

  /** The last one takes the place that becomes free. */
  removeHost(host: string): Candidate | null {
    const place = this.#places.get(host);
    if (place === undefined) return null;
    this.#places.delete(host);
    const candidate = this.#candidates[place]!;
    const last = this.#candidates.pop()!;
    if (last === candidate) return candidate;
    this.#candidates[place] = last;
    this.#heads[place] = last.idHead;
    this.#places.set(last.node.contact.host, place); // it keeps its turn
    return candidate;
  }

  /** The `count` newest, oldest first. */
  best(count: number): Candidate[] {
    return [...this.#places.values()].slice(-count).map((place) => this.#candidates[place]!);
  }

  values(): IterableIterator<Candidate> {
    return this.#candidates.values();
  }

  checkInvariants(): void {
    assert(this.size <= CANDIDATES_MAX, 'too many candidates');
    assert(this.size === this.#places.size, 'every candidate has a host of its own');
    for (const [host, place] of this.#places) {
      const candidate = this.#candidates[place];
      assert(host === candidate?.node.contact.host, 'a candidate under another host');
      assert(this.#heads[place] === candidate.idHead, 'a candidate under another head');
    }
  }
}
