// Which rows of each segment match the query that was asked last. One page asks several times over (counts, the best by score,
// the rest in order), and a page that goes on asks again; matching is done once.
import { wordsFor } from './bitmap.ts';
import type { IndexQuery } from './index-query.ts';
import { SEGMENT_ROWS_MAX, type SegmentData } from './index-segment.ts';
import type { LiveSegment } from './live-segment.ts';
import { SegmentSearcher } from './segment-search.ts';

/** Bitmaps of full segments kept for the next query: half a megabyte. */
const SPARE_MAX = 64;

export class MatchMemo {
  readonly #searcher = new SegmentSearcher();
  #query: IndexQuery | null = null;
  readonly #matches = new Map<SegmentData, Uint32Array | null>();
  readonly #spare: Uint32Array[] = [];

  /** The rows of `segment` that match, whether they are gone or not; not to be changed. Null when there is none. */
  matches(segment: LiveSegment, query: IndexQuery): Uint32Array | null {
    if (query !== this.#query) this.forget();
    this.#query = query;
    const known = this.#matches.get(segment.data);
    if (known !== undefined) return known;
    const bits = this.#bitsFor(segment.data.rowCount);
    const found = this.#searcher.find(segment, query, bits);
    if (!found) this.#release(bits);
    this.#matches.set(segment.data, found ? bits : null);
    return found ? bits : null;
  }

  /** The columns have changed. */
  forget(): void {
    for (const bits of this.#matches.values()) if (bits !== null) this.#release(bits);
    this.#matches.clear();
    this.#query = null;
  }

  #bitsFor(rowCount: number): Uint32Array {
    const words = wordsFor(rowCount);
    return (words === wordsFor(SEGMENT_ROWS_MAX) ? this.#spare.pop() : undefined) ?? new Uint32Array(words);
  }

  #release(bits: Uint32Array): void {
    if (bits.length === wordsFor(SEGMENT_ROWS_MAX) && this.#spare.length < SPARE_MAX) this.#spare.push(bits);
  }
}
