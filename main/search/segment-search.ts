// Asks one segment of the index: which rows have these terms? Answers are bitmaps, one bit a row.
// Works for any number of matches in the same way: 65,536 rows are 8 KiB, so clearing and combining costs microseconds.
import { keepPassing } from './column-filter.ts';
import type { Alternative, Clause, IndexQuery } from './index-query.ts';
import type { SegmentData } from './index-segment.ts';

/** Scratch bitmaps, reused: a search runs to its end before the next begins. */
export class SegmentSearcher {
  #matches = new Uint32Array(0);
  #scratch = new Uint32Array(0);
  #union = new Uint32Array(0);

  /** The rows of `segment` that match, one bit a row; valid until the next call. Null when there is none. */
  matches(segment: SegmentData, query: IndexQuery): Uint32Array | null {
    if (query.matchesNothing) return null;
    const ranges: Range[] = [];
    for (const one of query.required) {
      const range = postingRange(segment, one);
      if (range[0] === range[1]) return null;
      ranges.push(range);
    }
    // Fewest postings first; they decide how much is left to combine.
    ranges.sort((a, b) => a[1] - a[0] - (b[1] - b[0]));
    this.#resize((segment.rowCount + 31) >>> 5);
    if (ranges.length === 0) this.#fillAll(segment.rowCount);
    else fillRange(this.#matches, segment, ranges[0]!);
    for (const range of ranges.slice(1)) this.#keepRange(segment, range);
    for (const group of query.anyOf) {
      if (!this.#uniteAll(segment, group)) return null;
      keepBits(this.#matches, this.#union);
    }
    for (const one of query.excluded) this.#dropRange(segment, postingRange(segment, one));
    if (query.excludedAny.length > 0 && this.#uniteAll(segment, query.excludedAny)) {
      for (let word = 0; word < this.#union.length; word++) this.#matches[word]! &= ~this.#union[word]!;
    }
    if (query.filter !== null) keepPassing(segment, this.#matches, query.filter);
    return this.#matches;
  }

  /** Gathers in #union the rows that fit one of `alternatives`; false when there is none. */
  #uniteAll(segment: SegmentData, alternatives: readonly Alternative[]): boolean {
    this.#union.fill(0);
    let hasAny = false;
    for (const { clauses, rows } of alternatives) {
      if (rows !== null) hasAny = addRows(this.#union, segment, rows) || hasAny;
      const ranges = clauses.map((one) => postingRange(segment, one));
      if (ranges.length === 0 || ranges.some(([from, to]) => from === to)) continue;
      hasAny = true;
      if (ranges.length === 1) {
        addRange(this.#union, segment, ranges[0]!);
        continue;
      }
      const both = new Uint32Array(this.#union.length);
      addRange(both, segment, ranges[0]!);
      for (const range of ranges.slice(1)) {
        fillRange(this.#scratch, segment, range);
        keepBits(both, this.#scratch);
      }
      for (let word = 0; word < both.length; word++) this.#union[word]! |= both[word]!;
    }
    return hasAny;
  }

  #resize(words: number): void {
    if (this.#matches.length === words) return;
    this.#matches = new Uint32Array(words);
    this.#scratch = new Uint32Array(words);
    this.#union = new Uint32Array(words);
  }

  #fillAll(rowCount: number): void {
    this.#matches.fill(0xffffffff);
    const spare = rowCount & 31;
    if (spare !== 0) this.#matches[this.#matches.length - 1] = 2 ** spare - 1;
  }

  #keepRange(segment: SegmentData, range: Range): void {
    fillRange(this.#scratch, segment, range);
    keepBits(this.#matches, this.#scratch);
  }

  #dropRange({ postings }: SegmentData, [from, to]: Range): void {
    for (let at = from; at < to; at++) {
      const row = postings[at]!;
      this.#matches[row >>> 5]! &= ~(1 << (row & 31));
    }
  }
}

type Range = readonly [number, number];

function fillRange(bits: Uint32Array, segment: SegmentData, range: Range): void {
  bits.fill(0);
  addRange(bits, segment, range);
}

function addRange(bits: Uint32Array, { postings }: SegmentData, [from, to]: Range): void {
  for (let at = from; at < to; at++) {
    const row = postings[at]!;
    bits[row >>> 5]! |= 1 << (row & 31);
  }
}

function keepBits(bits: Uint32Array, others: Uint32Array): void {
  for (let word = 0; word < bits.length; word++) bits[word]! &= others[word]!;
}

/** Sets the bits of the rows whose ids are in `ids` (rising); false when there is none. */
function addRows(bits: Uint32Array, segment: SegmentData, ids: Uint32Array): boolean {
  const rowIds = segment.ids;
  let hasAny = false;
  let row = 0;
  for (let at = firstAtLeast(ids, rowIds[0]!); at < ids.length; at++) {
    const id = ids[at]!;
    while (row < rowIds.length && rowIds[row]! < id) row++;
    if (row === rowIds.length) break;
    if (rowIds[row] !== id) continue;
    bits[row >>> 5]! |= 1 << (row & 31);
    hasAny = true;
  }
  return hasAny;
}

/** Where the first of the rising `ids` is that is not below `id`. */
export function firstAtLeast(ids: Uint32Array, id: number): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ids[middle]! < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The terms of `segment` that `asked` means, as [from, to). */
export function termRange(segment: SegmentData, asked: Pick<Clause, 'bytes' | 'isPrefix'>): [number, number] {
  const from = lowerBound(segment, asked.bytes, false);
  if (asked.isPrefix) return [from, lowerBound(segment, asked.bytes, true)];
  return [from, from < termCount(segment) && compareTerm(segment, from, asked.bytes, false) === 0 ? from + 1 : from];
}

export const termCount = (segment: SegmentData): number => segment.termStarts.length - 1;

function postingRange(segment: SegmentData, asked: Clause): Range {
  const [from, to] = termRange(segment, asked);
  return [segment.postingStarts[from]!, segment.postingStarts[to]!];
}

/** The first term that is not before `bytes`; with `isAfterPrefix` the first that is after everything beginning with it. */
function lowerBound(segment: SegmentData, bytes: Uint8Array, isAfterPrefix: boolean): number {
  let low = 0;
  let high = termCount(segment);
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareTerm(segment, middle, bytes, isAfterPrefix);
    if (order < 0 || (isAfterPrefix && order === 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Negative: term `term` sorts before `bytes`. With `asPrefix`, 0 for every term that begins with `bytes`. */
function compareTerm(segment: SegmentData, term: number, bytes: Uint8Array, asPrefix: boolean): number {
  const { termBytes, termStarts } = segment;
  const start = termStarts[term]!;
  const length = termStarts[term + 1]! - start;
  const shared = Math.min(length, bytes.length);
  for (let index = 0; index < shared; index++) {
    const difference = termBytes[start + index]! - bytes[index]!;
    if (difference !== 0) return difference;
  }
  return asPrefix && length >= bytes.length ? 0 : length - bytes.length;
}

/** Clears the bits of rows outside lowId to highId. Nearly always there are none. */
export function keepRange(
  { ids }: SegmentData,
  bits: Uint32Array,
  { lowId, highId }: { readonly lowId: number; readonly highId: number },
): void {
  for (let row = 0; row < ids.length && ids[row]! < lowId; row++) bits[row >>> 5]! &= ~(1 << (row & 31));
  for (let row = ids.length - 1; row >= 0 && ids[row]! > highId; row--) bits[row >>> 5]! &= ~(1 << (row & 31));
}
