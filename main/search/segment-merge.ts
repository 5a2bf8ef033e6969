// Joins neighbouring segments, without the rows that are gone. The writer sends a segment of some twenty rows four times a
// second; without this a search would ask thousands of them. Each row is moved a handful of times on its way to a full one.
// Works on the bytes of the sorted dictionaries: no term becomes a string on the way.
import { RowColumns, SEGMENT_ROWS_MAX, type SegmentData } from './index-segment.ts';

/** Sizes at which neighbours are joined: each row is moved once a size. Twice the largest still fits one segment. */
const LEVEL_ROWS = [SEGMENT_ROWS_MAX / 2, 4096, 512] as const;
/** So many small segments are joined even if they come to little: a search asks each of them. */
const SMALL_SEGMENTS_MAX = 32;
/** Postings (or rows) moved between two pauses: about a millisecond. */
const MOVES_PER_STEP = 20_000;
/** The part of a row number that says the row is gone. */
const GONE = 0xffff_ffff;

/** A segment to be merged, and a bitmap of the rows that are gone (null: none). */
export interface MergePart {
  readonly data: SegmentData;
  readonly gone: Uint32Array | null;
}

/** Segments that are worth joining; whoever has joined them hands the result to `finish`. */
export interface PendingMerge {
  readonly parts: readonly MergePart[];
  readonly finish: (merged: SegmentData) => void;
}

/**
 * Which neighbours to join, as [from, to) into segments of these sizes, oldest first; null when there is nothing to do:
 * the newest ones that are smaller than a level, when together they reach it.
 */
export function mergeRun(rowCounts: readonly number[]): { from: number; to: number } | null {
  const to = rowCounts.length;
  for (const level of LEVEL_ROWS) {
    let from = to;
    let rows = 0;
    while (from > 0 && rows < level && rowCounts[from - 1]! < level) rows += rowCounts[--from]!;
    if (to - from > 1 && rows >= level) return { from, to };
    if (level === 512 && to - from >= SMALL_SEGMENTS_MAX) return { from, to };
  }
  return null;
}

/** One segment with the rows of all `parts` (neighbours, rising ids) that are not gone now, in small steps. */
export function* mergeSteps(parts: readonly MergePart[]): Generator<void, SegmentData> {
  const columns = new RowColumns(
    Math.max(
      1,
      sumOf(parts, ({ data }) => data.rowCount),
    ),
  );
  const newRows: Uint32Array[] = [];
  for (const part of parts) {
    newRows.push(moveRows(part, columns));
    yield;
  }
  const postings = new Uint16Array(sumOf(parts, ({ data }) => data.postings.length));
  const termBytes = new Uint8Array(sumOf(parts, ({ data }) => data.termBytes.length));
  const mostTerms = sumOf(parts, ({ data }) => data.termStarts.length);
  const termStarts = new Uint32Array(mostTerms + 1);
  const postingStarts = new Uint32Array(mostTerms + 1);
  const merge = new DictionaryMerge(parts.map(({ data }) => data));
  let terms = 0;
  let bytesEnd = 0;
  let postingsEnd = 0;
  let movedInStep = 0;
  while (merge.next()) {
    const before = postingsEnd;
    for (const at of merge.holders) {
      const { data } = parts[at]!;
      const rows = newRows[at]!;
      const term = merge.termOf(at);
      const end = data.postingStarts[term + 1]!;
      for (let posting = data.postingStarts[term]!; posting < end; posting++) {
        const row = rows[data.postings[posting]!]!;
        if (row !== GONE) postings[postingsEnd++] = row;
      }
    }
    movedInStep += parts.length + postingsEnd - before;
    if (postingsEnd > before) {
      bytesEnd = merge.copyTerm(termBytes, bytesEnd);
      terms++;
      termStarts[terms] = bytesEnd;
      postingStarts[terms] = postingsEnd;
    }
    if (movedInStep < MOVES_PER_STEP) continue;
    movedInStep = 0;
    yield;
  }
  return {
    ...columns.finish(),
    termBytes: termBytes.slice(0, bytesEnd),
    termStarts: termStarts.slice(0, terms + 1),
    postingStarts: postingStarts.slice(0, terms + 1),
    postings: postings.slice(0, postingsEnd),
  };
}

/** Copies the rows of a part; says where each went, or GONE. */
function moveRows({ data, gone }: MergePart, columns: RowColumns): Uint32Array {
  const newRows = new Uint32Array(data.rowCount).fill(GONE);
  for (let row = 0; row < data.rowCount; row++) {
    if (gone !== null && (gone[row >>> 5]! & (1 << (row & 31))) !== 0) continue;
    newRows[row] = columns.add(
      {
        id: data.ids[row]!,
        sizeBytes: data.sizes[row]!,
        fileCount: data.fileCounts[row]!,
        peersSeen: data.peers[row]!,
        discoveredAtUnixSeconds: data.times[row]!,
      },
      data.types[row]!,
      { low: data.pairsLow[row]!, high: data.pairsHigh[row]! },
      { bytes: data.nameBytes, start: data.nameStarts[row]!, end: data.nameStarts[row + 1]! },
    );
  }
  return newRows;
}

/** Walks several sorted dictionaries as one: for each term in order, who has it. */
export class DictionaryMerge {
  readonly #segments: readonly SegmentData[];
  /** The next term of each segment. */
  readonly #cursors: Uint32Array;
  /** Segments that have the current term, in order. */
  readonly holders: number[] = [];

  constructor(segments: readonly SegmentData[]) {
    this.#segments = segments;
    this.#cursors = new Uint32Array(segments.length);
  }

  /** Goes to the next term; false when there is none. */
  next(): boolean {
    for (const at of this.holders) this.#cursors[at]!++;
    this.holders.length = 0;
    for (let at = 0; at < this.#segments.length; at++) {
      if (this.#cursors[at]! + 1 >= this.#segments[at]!.termStarts.length) continue;
      const order = this.holders.length === 0 ? 0 : this.#compare(at, this.holders[0]!);
      if (order < 0) this.holders.length = 0;
      if (order <= 0) this.holders.push(at);
    }
    return this.holders.length > 0;
  }

  /** The current term's number in the segment `at`, which holds it. */
  termOf(at: number): number {
    return this.#cursors[at]!;
  }

  /** Appends the bytes of the current term; returns where they end. */
  copyTerm(into: Uint8Array, start: number): number {
    const at = this.holders[0]!;
    const { termBytes, termStarts } = this.#segments[at]!;
    const term = this.#cursors[at]!;
    const end = termStarts[term + 1]!;
    let to = start;
    for (let from = termStarts[term]!; from < end; from++) into[to++] = termBytes[from]!;
    return to;
  }

  #compare(one: number, other: number): number {
    const a = this.#segments[one]!;
    const b = this.#segments[other]!;
    const startA = a.termStarts[this.#cursors[one]!]!;
    const startB = b.termStarts[this.#cursors[other]!]!;
    const lengthA = a.termStarts[this.#cursors[one]! + 1]! - startA;
    const lengthB = b.termStarts[this.#cursors[other]! + 1]! - startB;
    const shared = Math.min(lengthA, lengthB);
    for (let index = 0; index < shared; index++) {
      const difference = a.termBytes[startA + index]! - b.termBytes[startB + index]!;
      if (difference !== 0) return difference;
    }
    return lengthA - lengthB;
  }
}

export function termText(segment: SegmentData, term: number): string {
  const { buffer, byteOffset } = segment.termBytes;
  const start = segment.termStarts[term]!;
  return Buffer.from(buffer, byteOffset + start, segment.termStarts[term + 1]! - start).toString('utf8');
}

const sumOf = (parts: readonly MergePart[], size: (part: MergePart) => number): number =>
  parts.reduce((sum, part) => sum + size(part), 0);
