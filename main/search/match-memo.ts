// Which rows of each segment match the query that was asked last. One page asks several times over (counts, the best by score,
// the rest in order), and a page that goes on asks again; matching is done once.
import { clearBit, dropBits, wordsFor } from './bitmap.ts';
import type { IndexQuery } from './index-query.ts';
import { SEGMENT_ROWS_MAX, type SegmentData } from './index-segment.ts';
import type { LiveSegment } from './live-segment.ts';
import { SegmentSearcher } from './segment-search.ts';

/** Bitmaps of full segments kept for the next query: half a megabyte. */
const SPARE_MAX = 64;

interface RangedQuery {
  readonly query: IndexQuery;
  readonly lowId: number;
  readonly highId: number;
}

export class MatchMemo {
  readonly #searcher = new SegmentSearcher();
  #query: IndexQuery | null = null;
  readonly #matches = new Map<SegmentData, Uint32Array | null>();
  /** Those of the bitmaps that are no segment's. */
  readonly #own: Uint32Array[] = [];
  readonly #spare: Uint32Array[] = [];

  /** Rows of `segment` that match, are there and lie in the range; not to be changed, and good until the next question. */
  matches(segment: LiveSegment, { query, lowId, highId }: RangedQuery): Uint32Array | null {
    const found = this.#allMatches(segment, query);
    const isCut = segment.lowId < lowId || segment.highId > highId;
    if (found === null || (!isCut && segment.gone === null)) return found;
    const bits = found.slice();
    if (isCut) keepRange(segment.data, bits, lowId, highId);
    if (segment.gone !== null) dropBits(bits, segment.gone);
    return bits;
  }

  /** Whether they are gone or not. */
  #allMatches(segment: LiveSegment, query: IndexQuery): Uint32Array | null {
    if (query !== this.#query) this.forget();
    this.#query = query;
    const known = this.#matches.get(segment.data);
    if (known !== undefined) return known;
    const bits = this.#bitsFor(segment.data.rowCount);
    const found = this.#searcher.find(segment, query, bits);
    if (found === bits) this.#own.push(bits);
    else this.#release(bits);
    this.#matches.set(segment.data, found);
    return found;
  }

  /** The columns have changed. */
  forget(): void {
    for (const bits of this.#own.splice(0)) this.#release(bits);
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

/** Clears the bits of rows outside lowId to highId. Nearly always there are none. */
function keepRange({ ids }: SegmentData, bits: Uint32Array, lowId: number, highId: number): void {
  for (let row = 0; row < ids.length && ids[row]! < lowId; row++) clearBit(bits, row);
  for (let row = ids.length - 1; row >= 0 && ids[row]! > highId; row--) clearBit(bits, row);
}
