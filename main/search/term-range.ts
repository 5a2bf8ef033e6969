// Where the terms of a segment lie that a query asks for: they are sorted by their bytes, so that a beginning is one run.
import type { SegmentData } from './index-segment.ts';

export interface AskedTerm {
  /** UTF-8 of the term, or of its beginning. */
  readonly bytes: Uint8Array;
  readonly isPrefix: boolean;
}

/** The terms of `segment` that `asked` means, as [from, to). */
export function termRange(segment: SegmentData, asked: AskedTerm): [number, number] {
  const from = lowerBound(segment, asked.bytes, false);
  if (asked.isPrefix) return [from, lowerBound(segment, asked.bytes, true)];
  return [from, from < termCount(segment) && compareTerm(segment, from, asked.bytes, false) === 0 ? from + 1 : from];
}

const termCount = (segment: SegmentData): number => segment.termStarts.length - 1;

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
