// The best `limit` rows after a place, out of any number offered: a binary heap whose root is the worst one kept.
import { assert } from '../base/assert.ts';

/** A place in the order of results: those after it have a lower key, or the same key and a lower id. */
export interface Place {
  readonly key: number;
  readonly id: number;
}

export class TopRows {
  readonly #limit: number;
  readonly #after: Place | null;
  readonly #keys: Float64Array;
  readonly #ids: Float64Array;
  #count = 0;

  constructor(limit: number, after: Place | null) {
    assert(limit >= 1, 'at least one row is asked for');
    this.#limit = limit;
    this.#after = after;
    this.#keys = new Float64Array(limit);
    this.#ids = new Float64Array(limit);
  }

  get isFull(): boolean {
    return this.#count === this.#limit;
  }

  offer(key: number, id: number): void {
    const after = this.#after;
    if (after !== null && (key > after.key || (key === after.key && id >= after.id))) return;
    if (this.#count < this.#limit) {
      this.#siftUp(key, id);
    } else if (key > this.#keys[0]! || (key === this.#keys[0]! && id > this.#ids[0]!)) {
      this.#siftDown(key, id);
    }
  }

  /** Best first: highest key, then highest id. */
  sorted(): Place[] {
    const places: Place[] = [];
    for (let index = 0; index < this.#count; index++) places.push({ key: this.#keys[index]!, id: this.#ids[index]! });
    return places.sort((a, b) => b.key - a.key || b.id - a.id);
  }

  checkInvariants(): void {
    for (let index = 1; index < this.#count; index++) {
      const parent = (index - 1) >> 1;
      assert(!this.#isWorse(index, this.#keys[parent]!, this.#ids[parent]!), 'no row is worse than the one above it');
    }
  }

  #isWorse(index: number, key: number, id: number): boolean {
    return this.#keys[index]! < key || (this.#keys[index]! === key && this.#ids[index]! < id);
  }

  #siftUp(key: number, id: number): void {
    let index = this.#count++;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#keys[parent]! < key || (this.#keys[parent]! === key && this.#ids[parent]! < id)) break;
      this.#keys[index] = this.#keys[parent]!;
      this.#ids[index] = this.#ids[parent]!;
      index = parent;
    }
    this.#keys[index] = key;
    this.#ids[index] = id;
  }

  /** Puts the row in the place of the worst one. */
  #siftDown(key: number, id: number): void {
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= this.#count) break;
      if (child + 1 < this.#count && this.#isWorse(child + 1, this.#keys[child]!, this.#ids[child]!)) child++;
      if (!this.#isWorse(child, key, id)) break;
      this.#keys[index] = this.#keys[child]!;
      this.#ids[index] = this.#ids[child]!;
      index = child;
    }
    this.#keys[index] = key;
    this.#ids[index] = id;
  }
}
