// Asks one segment of the index: which rows have these terms? Answers are bitmaps, one bit a row.
// Works for any number of matches in the same way: 65,536 rows are 8 KiB, so clearing and combining costs microseconds.
import type { SegmentData } from './index-segment.ts';
import { isOneTerm } from './name-match.ts';
import { requiredWords, type QueryWord, type SearchQuery } from './search-query.ts';
import { lettersOf } from './tokens.ts';

/** Terms asked of the index for one query. More only costs time: names are looked at anyway when words are long. */
const CLAUSES_MAX = 48;

export interface Clause {
  /** UTF-8 of the term, or of its beginning. */
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly isPrefix: boolean;
}

/** A query as terms of the index. */
export interface IndexQuery {
  readonly required: readonly Clause[];
  /** Terms of which a match has none (only exclusions that one term decides). */
  readonly excluded: readonly Clause[];
  readonly matchesNothing: boolean;
}

export function toIndexQuery(query: SearchQuery): IndexQuery {
  return {
    required: uniqueClauses(requiredWords(query).flatMap(clausesOf)).slice(0, CLAUSES_MAX),
    excluded: query.excluded.filter(isOneTerm).flatMap((phrase) => clausesOf(phrase[0]!)),
    matchesNothing: query.isUnmatchable,
  };
}

/** A word of an unspaced script is its pairs of letters; the last one is a beginning (a Hangul letter may be unfinished). */
function clausesOf(word: QueryWord): Clause[] {
  if (!word.isUnspaced) return [clause(word.text, word.isPrefix)];
  const letters = lettersOf(word.text);
  if (letters.length === 1) return [clause(word.text, true)];
  const last = letters.length - 1;
  return letters.slice(1).map((letter, index) => clause(letters[index]! + letter, index + 1 === last));
}

function clause(text: string, isPrefix: boolean): Clause {
  return { text, bytes: Buffer.from(text), isPrefix };
}

function uniqueClauses(clauses: readonly Clause[]): Clause[] {
  const byKey = new Map(clauses.map((one) => [`${one.isPrefix ? '*' : '='}${one.text}`, one]));
  return [...byKey.values()];
}

/** Scratch bitmaps, reused: a search runs to its end before the next begins. */
export class SegmentSearcher {
  #matches = new Uint32Array(0);
  #scratch = new Uint32Array(0);

  /** The rows of `segment` that match, one bit a row; valid until the next call. Null when there is none. */
  matches(segment: SegmentData, query: IndexQuery): Uint32Array | null {
    if (query.matchesNothing) return null;
    const ranges: [number, number][] = [];
    for (const one of query.required) {
      const range = postingRange(segment, one);
      if (range[0] === range[1]) return null;
      ranges.push(range);
    }
    // Fewest postings first; they decide how much is left to combine.
    ranges.sort((a, b) => a[1] - a[0] - (b[1] - b[0]));
    this.#resize((segment.rowCount + 31) >>> 5);
    if (ranges.length === 0) this.#fillAll(segment.rowCount);
    else this.#fillRange(segment, ranges[0]!);
    for (const range of ranges.slice(1)) this.#keepRange(segment, range);
    for (const one of query.excluded) this.#dropRange(segment, postingRange(segment, one));
    return this.#matches;
  }

  #resize(words: number): void {
    if (this.#matches.length === words) return;
    this.#matches = new Uint32Array(words);
    this.#scratch = new Uint32Array(words);
  }

  #fillAll(rowCount: number): void {
    this.#matches.fill(0xffffffff);
    const spare = rowCount & 31;
    if (spare !== 0) this.#matches[this.#matches.length - 1] = 2 ** spare - 1;
  }

  #fillRange({ postings }: SegmentData, [from, to]: readonly [number, number]): void {
    const bits = this.#matches;
    bits.fill(0);
    for (let at = from; at < to; at++) {
      const row = postings[at]!;
      bits[row >>> 5]! |= 1 << (row & 31);
    }
  }

  #keepRange({ postings }: SegmentData, [from, to]: readonly [number, number]): void {
    const bits = this.#matches;
    const other = this.#scratch;
    other.fill(0);
    for (let at = from; at < to; at++) {
      const row = postings[at]!;
      other[row >>> 5]! |= 1 << (row & 31);
    }
    for (let word = 0; word < bits.length; word++) bits[word]! &= other[word]!;
  }

  #dropRange({ postings }: SegmentData, [from, to]: readonly [number, number]): void {
    for (let at = from; at < to; at++) {
      const row = postings[at]!;
      this.#matches[row >>> 5]! &= ~(1 << (row & 31));
    }
  }
}

/** The terms of `segment` that `asked` means, as [from, to). */
export function termRange(segment: SegmentData, asked: Pick<Clause, 'bytes' | 'isPrefix'>): [number, number] {
  const from = lowerBound(segment, asked.bytes, false);
  if (asked.isPrefix) return [from, lowerBound(segment, asked.bytes, true)];
  return [from, from < termCount(segment) && compareTerm(segment, from, asked.bytes, false) === 0 ? from + 1 : from];
}

export const termCount = (segment: SegmentData): number => segment.termStarts.length - 1;

function postingRange(segment: SegmentData, asked: Clause): [number, number] {
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
