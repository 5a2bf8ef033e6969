// The nodes waiting to be sampled for one needle: nearest first out, farthest out when full. Two live heaps over the
// same members, so both ends are found at once and nothing goes stale. One candidate an address.
// What waits in the other order, newest kept and taken from anywhere, is RecentCandidates.
import { assert } from '../base/assert.ts';
import type { NodeContact } from '../base/contact.ts';
import { compareDistance } from '../base/identifier.ts';
import { IndexedHeap, NOT_IN_HEAP } from '../base/indexed-heap.ts';
import type { Referrer } from './referrers.ts';

/** protocol.md, R6: 128 to 512. */
export const CANDIDATES_MAX = 256;

export interface Candidate {
  readonly node: NodeContact;
  /** Who named it; null when we knew it ourselves. */
  readonly referrer: Referrer | null;
  /** The first 32 bits of its id: enough to find the nearest of a few hundred. */
  readonly idHead: number;
  nearPlace: number;
  farPlace: number;
}

export function newCandidate(node: NodeContact, referrer: Referrer | null): Candidate {
  return { node, referrer, idHead: headOf(node.id), nearPlace: NOT_IN_HEAP, farPlace: NOT_IN_HEAP };
}

export function headOf(id: Uint8Array): number {
  return ((id[0]! << 24) | (id[1]! << 16) | (id[2]! << 8) | id[3]!) >>> 0;
}

/** What a needle table's candidates can do, in whatever order they are kept. */
export interface CandidatePool {
  readonly size: number;
  has(host: string): boolean;
  /** True if a candidate with this id would stay. */
  hasRoomFor(id: Uint8Array): boolean;
  /** Adds `candidate`; returns the one that is out instead (maybe itself; itself too if its host waits). */
  add(candidate: Candidate): Candidate | null;
  /** Takes out the one to be asked next; `near` says where, if the order leaves that open. */
  pop(near: Uint8Array): Candidate | null;
  remove(candidate: Candidate): void;
  removeHost(host: string): Candidate | null;
  /** The `count` most worth keeping, in the order in which adding them again gives the same. */
  best(count: number): Candidate[];
  /** All of them, in no order. They must not be added or removed meanwhile. */
  values(): IterableIterator<Candidate>;
  checkInvariants(): void;
}

export class Candidates implements CandidatePool {
  readonly #needle: Uint8Array;
  readonly #near: IndexedHeap<Candidate, 'nearPlace'>;
  readonly #far: IndexedHeap<Candidate, 'farPlace'>;
  readonly #byHost = new Map<string, Candidate>();

  constructor(needle: Uint8Array) {
    this.#needle = needle;
    this.#near = new IndexedHeap('nearPlace', (a, b) => compareDistance(needle, a.node.id, b.node.id));
    this.#far = new IndexedHeap('farPlace', (a, b) => compareDistance(needle, b.node.id, a.node.id));
  }

  get size(): number {
    return this.#near.size;
  }

  has(host: string): boolean {
    return this.#byHost.has(host);
  }

  /** There is room, or it is nearer than the farthest. */
  hasRoomFor(id: Uint8Array): boolean {
    const farthest = this.#far.top();
    return this.size < CANDIDATES_MAX || compareDistance(this.#needle, id, farthest!.node.id) < 0;
  }

  add(candidate: Candidate): Candidate | null {
    if (this.#byHost.has(candidate.node.contact.host) || !this.hasRoomFor(candidate.node.id)) return candidate;
    const evicted = this.size >= CANDIDATES_MAX ? this.#far.top() : null;
    if (evicted !== null) this.remove(evicted);
    this.#near.push(candidate);
    this.#far.push(candidate);
    this.#byHost.set(candidate.node.contact.host, candidate);
    return evicted;
  }

  /** The nearest to the needle. */
  pop(): Candidate | null {
    const nearest = this.#near.top();
    if (nearest !== null) this.remove(nearest);
    return nearest;
  }

  remove(candidate: Candidate): void {
    this.#near.remove(candidate);
    this.#far.remove(candidate);
    this.#byHost.delete(candidate.node.contact.host);
  }

  removeHost(host: string): Candidate | null {
    const candidate = this.#byHost.get(host) ?? null;
    if (candidate !== null) this.remove(candidate);
    return candidate;
  }

  /** The `count` nearest, nearest first. */
  best(count: number): Candidate[] {
    const byDistance = [...this.#byHost.values()].sort((a, b) => compareDistance(this.#needle, a.node.id, b.node.id));
    return byDistance.slice(0, count);
  }

  values(): IterableIterator<Candidate> {
    return this.#byHost.values();
  }

  checkInvariants(): void {
    this.#near.checkInvariants();
    this.#far.checkInvariants();
    assert(this.#near.size === this.#far.size && this.#near.size === this.#byHost.size, 'the two heaps disagree');
    assert(this.size <= CANDIDATES_MAX, 'too many candidates');
    for (const candidate of this.#byHost.values()) assert(this.#near.has(candidate), 'a candidate is in no heap');
  }
}
