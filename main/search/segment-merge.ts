// Joins neighbouring segments. The writer sends one of some twenty rows four times a second; without this a search would
// ask thousands of them. Levels of eight: each row is moved a handful of times on its way to a full segment.
import { type SegmentData, SegmentBuilder, SEGMENT_ROWS_MAX } from './index-segment.ts';
import { CONTENT_TYPES } from '../store/store-contract.ts';

/** Small neighbours that are joined at once. */
const RUN_SEGMENTS_MIN = 8;
/** Postings moved between two pauses: about 5 ms. */
const POSTINGS_PER_STEP = 20_000;

/**
 * Which neighbours to join, as [from, to) into segments of these sizes, oldest first; null when there is nothing to do.
 * Counts from the newest end while segments are about as small as the newest ones; joins them when there are eight.
 */
export function mergeRun(rowCounts: readonly number[]): { from: number; to: number } | null {
  for (let level = 512; level < SEGMENT_ROWS_MAX; level *= 8) {
    const run = runBelow(rowCounts, level);
    if (run.to - run.from >= RUN_SEGMENTS_MIN) return run;
  }
  return null;
}

/** The newest run of neighbours of fewer than `level` rows each, cut so that together they fit one segment. */
function runBelow(rowCounts: readonly number[], level: number): { from: number; to: number } {
  const to = rowCounts.length;
  let from = to;
  let rows = 0;
  while (from > 0 && rowCounts[from - 1]! < level && rows + rowCounts[from - 1]! <= SEGMENT_ROWS_MAX) {
    from--;
    rows += rowCounts[from]!;
  }
  return { from, to };
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
