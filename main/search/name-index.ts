// The latest torrents in memory (by default a million): every sort, filter and count of the window is answered here.
// A row of immutable segments with rising, never overlapping ids. Grows at both ends: newer segments come from the writer,
// older ones from the catalogue while the thread starts; what is below `lowId` is for full-text.ts.
// No deletes: a row that left the catalogue is dropped when its text is fetched.
import { assert } from '../base/assert.ts';
import { CONTENT_TYPES, type ContentType, type SortOrder } from '../store/store-contract.ts';
import { type SegmentData, SEGMENT_ROWS_MAX } from './index-segment.ts';
import { staticScore } from './ranking.ts';
import { type IndexQuery, SegmentSearcher } from './segment-search.ts';
import { mergeRun, mergeSteps } from './segment-merge.ts';
import { type Place, TopRows } from './top-rows.ts';

/** Rows kept in memory: some 60 MB. */
export const WINDOW_ROWS = 1_000_000;

export interface IndexRequest {
  readonly query: IndexQuery;
  readonly sort: SortOrder;
  readonly contentType: ContentType | null;
  /** 0: only the counts are wanted. */
  readonly limit: number;
  /** False: only the places are wanted; counts stay 0. */
  readonly withCounts: boolean;
  /** Results after this one; null from the first on. */
  readonly after: Place | null;
  /** Only ids from lowId to highId: the state that the first page of a search saw. */
  readonly lowId: number;
  readonly highId: number;
}

export interface IndexAnswer {
  /** Best first, at most `limit`. */
  readonly places: readonly Place[];
  /** All matches of the type asked for, whatever `after` and `limit` say. */
  readonly totalCount: number;
  readonly countsByType: Record<ContentType, number>;
}

export class NameIndex {
  readonly #windowRows: number;
  readonly #searcher = new SegmentSearcher();
  /** Rising ids. */
  #segments: SegmentData[] = [];
  #rowCount = 0;
  #hasOlder = true;

  constructor({ windowRows = WINDOW_ROWS }: { windowRows?: number } = {}) {
    this.#windowRows = windowRows;
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** The lowest id in the index; Infinity while it is empty. */
  get lowId(): number {
    return this.#segments[0]?.ids[0] ?? Infinity;
  }

  /** The highest id in the index; 0 while it is empty. */
  get highId(): number {
    return this.#segments.at(-1)?.ids.at(-1) ?? 0;
  }

  get segments(): readonly SegmentData[] {
    return this.#segments;
  }

  /** False once it is known that the catalogue has no row below `lowId`. */
  get hasOlder(): boolean {
    return this.#hasOlder;
  }

  /** Says that everything the catalogue had when the index was begun is in it. */
  markComplete(): void {
    this.#hasOlder = false;
  }

  get isFull(): boolean {
    return this.#rowCount >= this.#windowRows;
  }

  /** Adds rows that are newer than all others. Drops the oldest segments that the window no longer needs. */
  addNewer(segment: SegmentData): void {
    if (segment.rowCount === 0) return;
    assert(segment.ids[0]! > this.highId, 'a newer segment begins after the newest row');
    this.#segments.push(segment);
    this.#rowCount += segment.rowCount;
    while (this.#segments.length > 1 && this.#rowCount - this.#segments[0]!.rowCount >= this.#windowRows) {
      this.#rowCount -= this.#segments.shift()!.rowCount;
      this.#hasOlder = true;
    }
  }

  /** Adds rows that are older than all others, unless the window is full. */
  addOlder(segment: SegmentData): void {
    if (segment.rowCount === 0 || this.isFull) return;
    assert(segment.ids.at(-1)! < this.lowId, 'an older segment ends before the oldest row');
    this.#segments.unshift(segment);
    this.#rowCount += segment.rowCount;
  }

  /** The content type (index into CONTENT_TYPES) of a row in the index; -1 for another. */
  typeOf(id: number): number {
    const segment = this.#segments.findLast(({ ids }) => ids[0]! <= id);
    if (segment === undefined) return -1;
    let low = 0;
    let high = segment.rowCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (segment.ids[middle]! < id) low = middle + 1;
      else high = middle;
    }
    return segment.ids[low] === id ? segment.types[low]! : -1;
  }

  search(request: IndexRequest): IndexAnswer {
    const typeIndex = request.contentType === null ? -1 : CONTENT_TYPES.indexOf(request.contentType);
    const counts = new Array<number>(CONTENT_TYPES.length).fill(0);
    const top = new TopRows(Math.max(1, request.limit), request.after);
    // Newest first, so that of equal keys the newer rows come in first and older ones are turned away at once.
    for (let index = this.#segments.length - 1; index >= 0; index--) {
      const segment = this.#segments[index]!;
      if (segment.ids[0]! > request.highId || segment.ids.at(-1)! < request.lowId) continue;
      if (!request.withCounts && request.sort === 'newest' && top.isFull) break;
      const bits = this.#searcher.matches(segment, request.query);
      if (bits === null) continue;
      keepRange(segment, bits, request);
      if (request.withCounts) countTypes(segment, bits, counts);
      if (request.limit > 0) offerRows(segment, bits, { request, typeIndex, top });
    }
    const countsByType = Object.fromEntries(CONTENT_TYPES.map((type, index) => [type, counts[index]!]));
    return {
      places: request.limit > 0 ? top.sorted() : [],
      totalCount: typeIndex >= 0 ? counts[typeIndex]! : counts.reduce((sum, count) => sum + count, 0),
      countsByType: countsByType as Record<ContentType, number>,
    };
  }

  /**
   * Joins a run of small neighbours into one segment, as a job in small steps; null when nothing needs it. Searches may go
   * on between steps. Newer segments may come meanwhile; should the window drop one of the run, the job is in vain.
   */
  nextMerge(): Generator<void, void> | null {
    const run = mergeRun(this.#segments.map((segment) => segment.rowCount));
    return run === null ? null : this.#merge(this.#segments.slice(run.from, run.to));
  }

  *#merge(parts: readonly SegmentData[]): Generator<void, void> {
    const merged = yield* mergeSteps(parts);
    const from = this.#segments.indexOf(parts[0]!);
    if (from < 0) return;
    this.#segments = [...this.#segments.slice(0, from), merged, ...this.#segments.slice(from + parts.length)];
  }

  checkInvariants(): void {
    let rowCount = 0;
    let lastId = 0;
    for (const segment of this.#segments) {
      assert(segment.rowCount > 0 && segment.rowCount <= SEGMENT_ROWS_MAX, 'segments are neither empty nor too large');
      assert(segment.ids.length === segment.rowCount, 'every row has an id');
      for (const id of segment.ids) {
        assert(id > lastId, 'ids rise through all segments');
        lastId = id;
      }
      assert(segment.postingStarts.at(-1) === segment.postings.length, 'every posting belongs to a term');
      assert(segment.termStarts.at(-1) === segment.termBytes.length, 'every byte belongs to a term');
      rowCount += segment.rowCount;
    }
    assert(rowCount === this.#rowCount, 'the row count is the sum of the segments');
  }
}

/** Clears the bits of rows outside lowId to highId. Nearly always there are none. */
function keepRange({ ids }: SegmentData, bits: Uint32Array, { lowId, highId }: IndexRequest): void {
  for (let row = 0; row < ids.length && ids[row]! < lowId; row++) bits[row >>> 5]! &= ~(1 << (row & 31));
  for (let row = ids.length - 1; row >= 0 && ids[row]! > highId; row--) bits[row >>> 5]! &= ~(1 << (row & 31));
}

function countTypes({ types }: SegmentData, bits: Uint32Array, counts: number[]): void {
  for (let word = 0; word < bits.length; word++) {
    for (let left = bits[word]!; left !== 0; left &= left - 1) {
      counts[types[word * 32 + 31 - Math.clz32(left & -left)]!]!++;
    }
  }
}

interface Offering {
  readonly request: IndexRequest;
  readonly typeIndex: number;
  readonly top: TopRows;
}

/** Offers the rows whose bits are set, newest first, to `top`. */
function offerRows(segment: SegmentData, bits: Uint32Array, { request, typeIndex, top }: Offering): void {
  const { ids, types } = segment;
  const keyOf = keyReader(segment, request);
  const isNewest = request.sort === 'newest';
  for (let word = bits.length - 1; word >= 0; word--) {
    let left = bits[word]!;
    while (left !== 0) {
      const bit = 31 - Math.clz32(left);
      left = (left & ~(1 << bit)) >>> 0;
      const row = word * 32 + bit;
      if (typeIndex < 0 || types[row] === typeIndex) top.offer(keyOf(row), ids[row]!);
    }
    if (isNewest && top.isFull) return;
  }
}

/** What a row is sorted by, highest first; ids decide between equals, so that the order is total. */
function keyReader(segment: SegmentData, { sort, lowId, highId }: IndexRequest): (row: number) => number {
  const { ids, sizes, fileCounts, peers } = segment;
  switch (sort) {
    case 'newest':
      return () => 0;
    case 'size':
      return (row) => sizes[row]!;
    case 'files':
      return (row) => fileCounts[row]!;
    case 'peers':
      return (row) => peers[row]!;
    case 'relevance': {
      // The span comes with the request: keys stay the same from page to page while newer rows come in.
      const span = Math.max(1, highId - lowId);
      return (row) => staticScore(peers[row]!, (ids[row]! - lowId) / span);
    }
  }
}
