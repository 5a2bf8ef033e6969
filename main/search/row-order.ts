// What the rows of a segment are sorted by, highest first; ids decide between equals, so that the order is total.
import type { SortOrder } from '../store/store-contract.ts';
import type { SegmentData } from './index-segment.ts';
import { staticScore } from './ranking.ts';

export interface RowOrder {
  /** True: all keys are equal and the newest rows come first. */
  readonly isNewest: boolean;
  readonly keyOf: (row: number) => number;
}

interface Ordering {
  readonly sort: SortOrder;
  readonly lowId: number;
  readonly highId: number;
}

export function rowOrder(segment: SegmentData, { sort, lowId, highId }: Ordering): RowOrder {
  const { ids, sizes, fileCounts, peers } = segment;
  switch (sort) {
    case 'newest':
      return { isNewest: true, keyOf: () => 0 };
    case 'size':
      return { isNewest: false, keyOf: (row) => sizes[row]! };
    case 'files':
      return { isNewest: false, keyOf: (row) => fileCounts[row]! };
    case 'peers':
      return { isNewest: false, keyOf: (row) => peers[row]! };
    case 'relevance': {
      // The span comes with the request: keys stay the same from page to page while newer rows come in.
      const span = Math.max(1, highId - lowId);
      return { isNewest: false, keyOf: (row) => staticScore(peers[row]!, (ids[row]! - lowId) / span) };
    }
  }
}
