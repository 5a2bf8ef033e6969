// A whole list of results as ids in their order, for a reader who jumps into the middle of it. Pages one after the other
// never need this (top-rows.ts); a jump to row 600,000 does.
import type { SegmentData } from './index-segment.ts';

/** Keys are sorted by so many bits at a time: four passes over a million rows, each some 10 ms. */
const DIGIT_BITS = 16;
const DIGITS = 2 ** DIGIT_BITS;

export class OrderedIds {
  readonly #ids: Uint32Array;
  readonly #keys: Float64Array;
  #count = 0;

  /** Room for `rowsMax` rows, which is allocated at once. */
  constructor(rowsMax: number) {
    this.#ids = new Uint32Array(rowsMax);
    this.#keys = new Float64Array(rowsMax);
  }

  /** Adds the rows whose bits are set, newest first; segments come newest first, too. */
  add({ ids }: SegmentData, bits: Uint32Array, keyOf: (row: number) => number): void {
    for (let word = bits.length - 1; word >= 0; word--) {
      let left = bits[word]!;
      while (left !== 0) {
        const bit = 31 - Math.clz32(left);
        left = (left & ~(1 << bit)) >>> 0;
        const row = word * 32 + bit;
        if (this.#count === this.#ids.length) return;
        this.#ids[this.#count] = ids[row]!;
        this.#keys[this.#count++] = keyOf(row);
      }
    }
  }

  /** Highest key first, of equal keys the highest id. Keys are not negative. Yields between passes of some milliseconds. */
  *sorted(): Generator<void, Uint32Array> {
    let from: Rows = { ids: this.#ids.subarray(0, this.#count), keys: this.#keys.subarray(0, this.#count) };
    let to: Rows = { ids: new Uint32Array(this.#count), keys: new Float64Array(this.#count) };
    // The bits of doubles that are not negative rise with their values; from the lowest digit up, each pass keeps the order
    // that the pass before made among equals.
    for (let digit = 0; digit < 64 / DIGIT_BITS; digit++) {
      if (!scatter(from, to, digit)) continue;
      [from, to] = [to, from];
      yield;
    }
    return from.ids.slice();
  }
}

interface Rows {
  readonly ids: Uint32Array;
  readonly keys: Float64Array;
}

/** One pass of a radix sort, highest digit first; false where all rows have the same one and nothing was done. */
function scatter(from: Rows, to: Rows, digit: number): boolean {
  const count = from.ids.length;
  const digits = new Uint16Array(from.keys.buffer, from.keys.byteOffset, count * 4);
  const starts = new Uint32Array(DIGITS + 1);
  for (let row = 0; row < count; row++) starts[DIGITS - digits[row * 4 + digit]!]!++;
  if (count === 0 || starts[DIGITS - digits[digit]!] === count) return false;
  for (let at = 1; at <= DIGITS; at++) starts[at]! += starts[at - 1]!;
  for (let row = 0; row < count; row++) {
    const place = starts[DIGITS - 1 - digits[row * 4 + digit]!]!++;
    to.ids[place] = from.ids[row]!;
    to.keys[place] = from.keys[row]!;
  }
  return true;
}
