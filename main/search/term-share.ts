// How common a term is, by the index in memory: the full-text tables can only tell by counting.
import { type AskedTerm, termRange } from './term-range.ts';
import type { SegmentData } from './index-segment.ts';

/** Postings of what `asked` means for each name of the segments; 0 where there are no names. A beginning may be above 1. */
export function shareOfNames(segments: readonly SegmentData[], asked: AskedTerm): number {
  let postings = 0;
  let names = 0;
  for (const segment of segments) {
    const [from, to] = termRange(segment, asked);
    postings += segment.postingStarts[to]! - segment.postingStarts[from]!;
    names += segment.rowCount;
  }
  return names === 0 ? 0 : postings / names;
}
