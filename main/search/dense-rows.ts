// The rows of common words and of beginnings of one or two letters as bitmaps, kept with a segment: they are asked for again
// and again while somebody types, and setting one bit after another took as long as all the rest of a search.
import { bitCountOfBoth, wordsFor } from './bitmap.ts';
import type { SegmentData } from './index-segment.ts';

/** As many postings take as much memory as a bitmap of their segment. */
const DENSE_SHARE = 1 / 16;
/** Smaller segments are soon merged, and searched in no time. */
const SEGMENT_ROWS_MIN = 4096;
/** Bitmaps kept of one segment, those asked for last: a quarter of a megabyte of a full one, 4 MB of a million rows. */
const KEPT_MAX = 32;

interface Kept {
  readonly bits: Uint32Array;
  countsByType: number[] | null;
}

export class DenseRows {
  readonly #data: SegmentData;
  readonly #rowsMin: number;
  /** By the run of postings; the latest asked for last. */
  readonly #kept = new Map<number, Kept>();
  readonly #byBits = new WeakMap<Uint32Array, Kept>();

  /** `rowsMin`: only tests have smaller segments keep any. */
  constructor(data: SegmentData, rowsMin = SEGMENT_ROWS_MIN) {
    this.#data = data;
    this.#rowsMin = rowsMin;
  }

  /** The rows of the postings [from, to), not to be changed; null when they are few. */
  get(from: number, to: number): Uint32Array | null {
    const { rowCount, postings } = this.#data;
    if (rowCount < this.#rowsMin || to - from < rowCount * DENSE_SHARE) return null;
    const key = from * (postings.length + 1) + to;
    const kept = this.#kept.get(key) ?? this.#make(from, to);
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    if (this.#kept.size > KEPT_MAX) this.#kept.delete(this.#kept.keys().next().value!);
    return kept.bits;
  }

  /** How many rows of each type there are in a bitmap that `get` gave, counted once; null for another bitmap. */
  countsByType(bits: Uint32Array, typeBits: readonly (Uint32Array | null)[]): readonly number[] | null {
    const kept = this.#byBits.get(bits);
    if (kept === undefined) return null;
    return (kept.countsByType ??= typeBits.map((ofType) => (ofType === null ? 0 : bitCountOfBoth(bits, ofType))));
  }

  #make(from: number, to: number): Kept {
    const { rowCount, postings } = this.#data;
    const bits = new Uint32Array(wordsFor(rowCount));
    for (let at = from; at < to; at++) {
      const row = postings[at]!;
      bits[row >>> 5]! |= 1 << (row & 31);
    }
    const kept = { bits, countsByType: null };
    this.#byBits.set(bits, kept);
    return kept;
  }
}
