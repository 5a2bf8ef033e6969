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

  /**
   * The rows that match, one bit a row: in `matches`, whatever it held before, or in a bitmap that the segment keeps and nobody
   * may change. Null when it is sure that there is none.
   */
  find(segment: LiveSegment, query: IndexQuery, matches: Uint32Array): Uint32Array | null {
    const { data } = segment;
    if (query.matchesNothing) return null;
    const ranges: Range[] = [];
    for (const one of query.required) {
      const range = postingRange(data, one);
      if (range.from === range.to) return null;
      ranges.push(range);
    }
    if (ranges.length === 1 && isOneClause(query)) {
      const kept = segment.dense.get(ranges[0]!.from, ranges[0]!.to);
      if (kept !== null) return kept;
    }
    // Fewest postings first; they decide how much is left to combine.
    ranges.sort((a, b) => a.to - a.from - (b.to - b.from));
    this.#resize(matches.length);
    const [first, ...others] = ranges;
    if (first === undefined) fillAll(matches, data.rowCount);
    else fillRange(matches, segment, first);
    const few = first !== undefined && first.to - first.from <= FEW_ROWS ? first : null;
    for (const range of others) {
      if (few !== null && range.isOneTerm) keepFew(data, matches, few, range);
      else this.#keepRange(segment, matches, range);
    }
    for (const group of query.anyOf) {
      if (!this.#uniteAll(segment, group)) return null;
      keepBits(matches, this.#union);
    }
    for (const one of query.excluded) dropRange(matches, segment, postingRange(data, one));
    if (query.excludedAny.length > 0 && this.#uniteAll(segment, query.excludedAny)) dropBits(matches, this.#union);
    if (query.adult === 'hide' && segment.adultBits !== null) dropBits(matches, segment.adultBits);
    if (query.adult === 'only') {
      if (segment.adultBits === null) return null;
      keepBits(matches, segment.adultBits);
    }
    if (query.filter !== null) keepPassing(segment, matches, query.filter, this.#scratch);
    if (!isNoPair(query.pairs)) keepPairs(data, matches, query.pairs);
    return matches;
  }

  /** Gathers in #union the rows that fit one of `alternatives`; false when there is none. */
  #uniteAll(segment: LiveSegment, alternatives: readonly Alternative[]): boolean {
    const { data } = segment;
    this.#union.fill(0);
    let hasAny = false;
    for (const { clauses, rows } of alternatives) {
      if (rows !== null) hasAny = addRows(this.#union, data, rows) || hasAny;
      const ranges = clauses.map((one) => postingRange(data, one));
      if (ranges.length === 0 || ranges.some(({ from, to }) => from === to)) continue;
      hasAny = true;
      if (ranges.length === 1) {
        addRange(this.#union, segment, ranges[0]!);
        continue;
      }
      const both = new Uint32Array(this.#union.length);
      addRange(both, segment, ranges[0]!);
      for (const range of ranges.slice(1)) this.#keepRange(segment, both, range);
      addBits(this.#union, both);
    }
    return hasAny;
  }

  #resize(words: number): void {
    if (this.#scratch.length === words) return;
    this.#scratch = new Uint32Array(words);
    this.#union = new Uint32Array(words);
  }

  #keepRange(segment: LiveSegment, bits: Uint32Array, range: Range): void {
    const kept = segment.dense.get(range.from, range.to);
    if (kept === null) fillRange(this.#scratch, segment, range);
    keepBits(bits, kept ?? this.#scratch);
  }
}

/** Postings of one term, or of all that begin alike. */
interface Range {
  readonly from: number;
  readonly to: number;
  /** True: the rows rise. */
  readonly isOneTerm: boolean;
}

/** Nothing is asked beside one word: what the segment keeps of it is the answer. */
function isOneClause({ required, anyOf, excluded, excludedAny, filter, pairs, adult }: IndexQuery): boolean {
  const others = required.length - 1 + anyOf.length + excluded.length + excludedAny.length;
  return others === 0 && filter === null && isNoPair(pairs) && adult === undefined;
}

function fillRange(bits: Uint32Array, segment: LiveSegment, range: Range): void {
  const kept = segment.dense.get(range.from, range.to);
  if (kept !== null) return bits.set(kept);
  bits.fill(0);
  addPostings(bits, segment.data, range);
}

function addRange(bits: Uint32Array, segment: LiveSegment, range: Range): void {
  const kept = segment.dense.get(range.from, range.to);
  if (kept === null) addPostings(bits, segment.data, range);
  else addBits(bits, kept);
}

function addPostings(bits: Uint32Array, { postings }: SegmentData, { from, to }: Range): void {
  for (let at = from; at < to; at++) {
    const row = postings[at]!;
    bits[row >>> 5]! |= 1 << (row & 31);
  }
}

function dropRange(bits: Uint32Array, segment: LiveSegment, { from, to }: Range): void {
  const kept = segment.dense.get(from, to);
  if (kept !== null) return dropBits(bits, kept);
  const { postings } = segment.data;
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
