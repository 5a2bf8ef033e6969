// What the writer and the search say to each other, over a MessageChannel. Types only; nobody else reads them.
import type { SegmentData } from '../search/index-segment.ts';
import type { IndexChange } from '../search/name-index.ts';
import type { MergePart } from '../search/segment-merge.ts';

export type WriterToSearch =
  /** A finished index segment over rows just committed; its buffers are transferred. */
  | {
      readonly type: 'segment';
      readonly segment: SegmentData;
      /** True: out of a file of the person's, not found by the crawl. */
      readonly isImported?: boolean;
    }
  /** The answer to `merge`; its buffers are transferred. */
  | { readonly type: 'merged'; readonly mergeId: number; readonly segment: SegmentData }
  /** Committed: rows not to be shown any more, rows of which other peers are known, rows that are shown again. */
  | ({ readonly type: 'changed' } & IndexChange)
  /** The full-text tables, filled anew for another tokeniser, are complete. */
  | { readonly type: 'tokens-filled' }
  | { readonly type: 'catalogue-ready' };

export type SearchToWriter =
  /** Neighbouring segments to be joined without their rows that are gone. */
  | { readonly type: 'merge'; readonly mergeId: number; readonly parts: readonly MergePart[] }
  /** Something in the catalogue could not be read: the writer looks to it. */
  | { readonly type: 'damage-met'; readonly code: string };
