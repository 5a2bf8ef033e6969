// Joins neighbouring segments. The writer sends one of some twenty rows four times a second; without this a search would
// ask thousands of them. Each row is moved a handful of times on its way to a full segment.
import { type SegmentData, SegmentBuilder, SEGMENT_ROWS_MAX } from './index-segment.ts';
import { CONTENT_TYPES } from '../store/store-contract.ts';

/** Sizes at which neighbours are joined: each row is moved once a size. Twice the largest still fits one segment. */
const LEVEL_ROWS = [SEGMENT_ROWS_MAX / 2, 4096, 512] as const;
/** So many small segments are joined even if they come to little: a search asks each of them. */
const SMALL_SEGMENTS_MAX = 32;
/** Postings moved between two pauses: about 5 ms. */
const POSTINGS_PER_STEP = 20_000;

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

/** One segment with the rows of all `parts` (neighbours, rising ids), in small steps. */
export function* mergeSteps(parts: readonly SegmentData[]): Generator<void, SegmentData> {
  const builder = new SegmentBuilder();
  let movedInStep = 0;
  for (const part of parts) {
    const firstRow = builder.rowCount;
    for (let row = 0; row < part.rowCount; row++) {
      builder.addColumns({
        id: part.ids[row]!,
        sizeBytes: part.sizes[row]!,
        fileCount: part.fileCounts[row]!,
        peersSeen: part.peers[row]!,
        contentType: CONTENT_TYPES[part.types[row]!]!,
      });
    }
    for (let term = 0; term + 1 < part.termStarts.length; term++) {
      const text = termText(part, term);
      const end = part.postingStarts[term + 1]!;
      for (let at = part.postingStarts[term]!; at < end; at++) builder.addPosting(text, firstRow + part.postings[at]!);
      movedInStep += 3 + end - part.postingStarts[term]!;
      if (movedInStep >= POSTINGS_PER_STEP) {
        movedInStep = 0;
        yield;
      }
    }
  }
  return yield* builder.finish();
}

export function termText(segment: SegmentData, term: number): string {
  const { buffer, byteOffset } = segment.termBytes;
  const start = segment.termStarts[term]!;
  return Buffer.from(buffer, byteOffset + start, segment.termStarts[term + 1]! - start).toString('utf8');
}
