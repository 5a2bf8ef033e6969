// The best `limit` rows after a place, out of any number offered: a binary heap whose root is the worst one kept.
import { assert } from '../base/assert.ts';

/** A place in the order of results: those after it have a lower key, or the same key and a lower id. */
export interface Place {
  readonly key: number;
  readonly id: number;
}

export class TopRows {
  readonly limit: number;
  readonly #after: Place | null;
  /** -1: the lowest keys and ids are the best, and those after a place are higher. */
  readonly #sign: number;
  readonly #keys: Float64Array;
  readonly #ids: Float64Array;
  #count = 0;

  constructor(limit: number, after: Place | null, isReversed = false) {
    assert(limit >= 1, 'at least one row is asked for');
    this.limit = limit;
    this.#sign = isReversed ? -1 : 1;
    this.#after = after === null ? null : { key: this.#sign * after.key, id: this.#sign * after.id };
    this.#keys = new Float64Array(limit);
    this.#ids = new Float64Array(limit);
  }

  get isFull(): boolean {
    return this.#count === this.limit;
  }

  /** Rows with a lower key are not kept; -Infinity while there is room. Not for a reversed order. */
  get lowestKey(): number {
    return this.#count < this.limit ? -Infinity : this.#keys[0]!;
  }

  /** True when a row here, and so every one behind it, would not be kept. */
  isBeyond(key: number, id: number): boolean {
    if (this.#count < this.limit) return false;
    const [ownKey, ownId] = [this.#sign * key, this.#sign * id];
    return ownKey < this.#keys[0]! || (ownKey === this.#keys[0]! && ownId <= this.#ids[0]!);
  }

  /** True when no row with at most this key would be kept, whatever its id. */
  isKeyBeyond(key: number): boolean {
    return this.#count === this.limit && this.#sign * key < this.#keys[0]!;
  }

  offer(offeredKey: number, offeredId: number): void {
    const key = this.#sign * offeredKey;
    const id = this.#sign * offeredId;
    const after = this.#after;
    if (after !== null && (key > after.key || (key === after.key && id >= after.id))) return;
    if (this.#count < this.limit) {
      this.#siftUp(key, id);
    } else if (key > this.#keys[0]! || (key === this.#keys[0]! && id > this.#ids[0]!)) {
      this.#siftDown(key, id);
    }
  }

  /** Best first: highest key, then highest id; reversed, lowest first. */
  sorted(): Place[] {
    const places: Place[] = [];
    for (let index = 0; index < this.#count; index++) places.push({ key: this.#keys[index]!, id: this.#ids[index]! });
    places.sort((a, b) => b.key - a.key || b.id - a.id);
    // From 0, so that a key of 0 does not become -0.
    return this.#sign > 0 ? places : places.map(({ key, id }) => ({ key: 0 - key, id: -id }));
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
