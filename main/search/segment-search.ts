// Asks one segment of the index: which rows have these terms? Answers are bitmaps, one bit a row.
// Works for any number of matches in the same way: 65,536 rows are 8 KiB, so clearing and combining costs microseconds.
import { addBits, clearBit, dropBits, fillAll, keepBits, setBit } from './bitmap.ts';
import { keepPassing } from './column-filter.ts';
import { firstAtLeast } from './first-at-least.ts';
import type { Alternative, Clause, IndexQuery } from './index-query.ts';
import type { SegmentData } from './index-segment.ts';
import type { LiveSegment } from './live-segment.ts';
import { termRange } from './term-range.ts';
import { isNoPair, type PairMask } from './word-pairs.ts';

/** Of so few rows each is looked up in the postings of the other words. */
const FEW_ROWS = 256;

/** Scratch bitmaps, reused: a search runs to its end before the next begins. */
export class SegmentSearcher {
  #scratch = new Uint32Array(0);
  #union = new Uint32Array(0);

  /** Sets in `matches` (one bit a row, whatever it held before) the rows that match; false when there is none. */
  find(segment: LiveSegment, query: IndexQuery, matches: Uint32Array): boolean {
    const { data } = segment;
    if (query.matchesNothing) return false;
    const ranges: Range[] = [];
    for (const one of query.required) {
      const range = postingRange(data, one);
      if (range.from === range.to) return false;
      ranges.push(range);
    }
    // Fewest postings first; they decide how much is left to combine.
    ranges.sort((a, b) => a.to - a.from - (b.to - b.from));
    this.#resize(matches.length);
    const [first, ...others] = ranges;
    if (first === undefined) fillAll(matches, data.rowCount);
    else fillRange(matches, data, first);
    const few = first !== undefined && first.to - first.from <= FEW_ROWS ? first : null;
    for (const range of others) {
      if (few !== null && range.isOneTerm) keepFew(data, matches, few, range);
      else this.#keepRange(data, matches, range);
    }
    for (const group of query.anyOf) {
      if (!this.#uniteAll(data, group)) return false;
      keepBits(matches, this.#union);
    }
    for (const one of query.excluded) dropRange(matches, data, postingRange(data, one));
    if (query.excludedAny.length > 0 && this.#uniteAll(data, query.excludedAny)) dropBits(matches, this.#union);
    if (query.adult === 'hide' && segment.adultBits !== null) dropBits(matches, segment.adultBits);
    if (query.adult === 'only') {
      if (segment.adultBits === null) return false;
      keepBits(matches, segment.adultBits);
    }
    if (query.filter !== null) keepPassing(segment, matches, query.filter, this.#scratch);
    if (!isNoPair(query.pairs)) keepPairs(data, matches, query.pairs);
    return true;
  }

  /** Gathers in #union the rows that fit one of `alternatives`; false when there is none. */
  #uniteAll(data: SegmentData, alternatives: readonly Alternative[]): boolean {
    this.#union.fill(0);
    let hasAny = false;
    for (const { clauses, rows } of alternatives) {
      if (rows !== null) hasAny = addRows(this.#union, data, rows) || hasAny;
      const ranges = clauses.map((one) => postingRange(data, one));
      if (ranges.length === 0 || ranges.some(({ from, to }) => from === to)) continue;
      hasAny = true;
      if (ranges.length === 1) {
        addRange(this.#union, data, ranges[0]!);
        continue;
      }
      const both = new Uint32Array(this.#union.length);
      addRange(both, data, ranges[0]!);
      for (const range of ranges.slice(1)) this.#keepRange(data, both, range);
      addBits(this.#union, both);
    }
    return hasAny;
  }

  #resize(words: number): void {
    if (this.#scratch.length === words) return;
    this.#scratch = new Uint32Array(words);
    this.#union = new Uint32Array(words);
  }

  #keepRange(data: SegmentData, bits: Uint32Array, range: Range): void {
    fillRange(this.#scratch, data, range);
    keepBits(bits, this.#scratch);
  }
}

/** Postings of one term, or of all that begin alike. */
interface Range {
  readonly from: number;
  readonly to: number;
  /** True: the rows rise. */
  readonly isOneTerm: boolean;
}

function fillRange(bits: Uint32Array, data: SegmentData, range: Range): void {
  bits.fill(0);
  addRange(bits, data, range);
}

function addRange(bits: Uint32Array, { postings }: SegmentData, { from, to }: Range): void {
  for (let at = from; at < to; at++) {
    const row = postings[at]!;
    bits[row >>> 5]! |= 1 << (row & 31);
  }
}

function dropRange(bits: Uint32Array, { postings }: SegmentData, { from, to }: Range): void {
  for (let at = from; at < to; at++) clearBit(bits, postings[at]!);
}

/** Of the rows of `few`, clears those that the one term of `range` does not have. */
function keepFew({ postings }: SegmentData, bits: Uint32Array, few: Range, range: Range): void {
  for (let at = few.from; at < few.to; at++) {
    const row = postings[at]!;
    let low = range.from;
    let high = range.to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (postings[middle]! < row) low = middle + 1;
      else high = middle;
    }
    if (low === range.to || postings[low] !== row) clearBit(bits, row);
  }
}

/** Clears rows that do not have all of the pairs of neighbours asked for (word-pairs.ts). */
function keepPairs({ pairsLow, pairsHigh }: SegmentData, bits: Uint32Array, { low, high }: PairMask): void {
  for (let word = 0; word < bits.length; word++) {
    let kept = bits[word]!;
    for (let left = kept; left !== 0; left &= left - 1) {
      const bit = 31 - Math.clz32(left & -left);
      const row = word * 32 + bit;
      if ((low & ~pairsLow[row]!) !== 0 || (high & ~pairsHigh[row]!) !== 0) kept &= ~(1 << bit);
    }
    bits[word] = kept;
  }
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
    setBit(bits, row);
    hasAny = true;
  }
  return hasAny;
}

function postingRange(segment: SegmentData, asked: Clause): Range {
  const [from, to] = termRange(segment, asked);
  return { from: segment.postingStarts[from]!, to: segment.postingStarts[to]!, isOneTerm: to - from === 1 };
}
