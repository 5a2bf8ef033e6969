// First in, first out, with a limit. What happens at the limit is the caller's choice by which method it calls:
// offer() refuses the newcomer, push() drops the oldest. A ring: no shifting, and no growth beyond the limit.
import { assert } from './assert.ts';

const CAPACITY_AT_START = 16;

export class BoundedQueue<Entry> {
  readonly limit: number;
  #ring: (Entry | undefined)[];
  #head = 0;
  #size = 0;

  constructor(limit: number) {
    assert(Number.isInteger(limit) && limit > 0, 'a queue holds at least one entry');
    this.limit = limit;
    this.#ring = new Array<Entry | undefined>(Math.min(limit, CAPACITY_AT_START));
  }

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size === this.limit;
  }

  /** Adds `entry` at the end; false, and nothing changed, when the queue is full. */
  offer(entry: Entry): boolean {
    if (this.isFull) return false;
    if (this.#size === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#size) % this.#ring.length] = entry;
    this.#size++;
    return true;
  }

  /** Adds `entry` at the end whatever happens; returns the oldest if it had to go, else null. */
  push(entry: Entry): Entry | null {
    const dropped = this.isFull ? this.shift() : null;
    this.offer(entry);
    return dropped;
  }

  /** Takes out and returns the oldest, or null when there is none. */
  shift(): Entry | null {
    if (this.#size === 0) return null;
    const entry = this.#ring[this.#head] as Entry;
    this.#ring[this.#head] = undefined; // or the ring would keep it alive
    this.#head = (this.#head + 1) % this.#ring.length;
    this.#size--;
    return entry;
  }

  /** The oldest, left where it is, or null when there is none. */
  peek(): Entry | null {
    return this.#size === 0 ? null : (this.#ring[this.#head] as Entry);
  }

  clear(): void {
    this.#ring = new Array<Entry | undefined>(Math.min(this.limit, CAPACITY_AT_START));
    this.#head = 0;
    this.#size = 0;
  }

  checkInvariants(): void {
    assert(this.#size >= 0 && this.#size <= this.limit, `a queue of at most ${this.limit} holds ${this.#size}`);
    assert(this.#ring.length <= this.limit, 'the ring outgrew its limit');
    for (let index = this.#size; index < this.#ring.length; index++) {
      assert(this.#ring[(this.#head + index) % this.#ring.length] === undefined, 'a free place keeps an entry alive');
    }
  }

  #grow(): void {
    const larger = new Array<Entry | undefined>(Math.min(this.limit, this.#ring.length * 2));
    for (let index = 0; index < this.#size; index++)
      larger[index] = this.#ring[(this.#head + index) % this.#ring.length];
    this.#ring = larger;
    this.#head = 0;
  }
}
