// The latest torrents in memory (by default a million): every sort, filter and count of the window is answered here.
// A row of immutable segments with rising, never overlapping ids. Grows at both ends: newer segments come from the writer,
// older ones from a snapshot or the catalogue while the thread starts; what is below `lowId` is for full-text.ts.
// Rows that leave the catalogue are marked as gone and left behind at the next merge; only the count of peers changes.
import { assert } from '../base/assert.ts';
import { CONTENT_TYPES, type ContentType, NAMES_IN_MEMORY_DEFAULT, type SortOrder } from '../store/store-contract.ts';
import { type IndexQuery, matchesEverything } from './index-query.ts';
import { PEERS_MAX, type SegmentData } from './index-segment.ts';
import { LiveSegment, segmentWith, withRangeReplaced } from './live-segment.ts';
import { MatchMemo } from './match-memo.ts';
import { offerRows, rowKeys } from './offer-rows.ts';
import { bitCount } from './bitmap.ts';
import { OrderedIds } from './ordered-ids.ts';
import { type MergePart, mergeRun, type PendingMerge } from './segment-merge.ts';
import { type Place, TopRows } from './top-rows.ts';

export interface IndexRequest {
  readonly query: IndexQuery;
  readonly sort: SortOrder;
  /** The same order from its end: the smallest, the oldest first. Not for relevance. */
  readonly isReversed?: boolean;
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

export interface IndexChange {
  readonly removedIds: readonly number[];
  readonly peers: readonly { readonly id: number; readonly peersSeen: number }[];
  /** Rows that are shown again. */
  readonly restoredIds?: readonly number[];
}

export class NameIndex {
  #windowRows: number;
  readonly #orderedRowsMin: number | undefined;
  readonly #memo = new MatchMemo();
  /** Rising ids. */
  #segments: LiveSegment[] = [];
  #rowCount = 0;
  #hasOlder = true;

  /** `orderedRowsMin`: only tests have smaller segments ordered. */
  constructor({ windowRows, orderedRowsMin }: { windowRows?: number; orderedRowsMin?: number } = {}) {
    this.#windowRows = windowRows ?? NAMES_IN_MEMORY_DEFAULT;
    this.#orderedRowsMin = orderedRowsMin;
  }

  /** Rows that can be found. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** The lowest id in the index; Infinity while it is empty. */
  get lowId(): number {
    return this.#segments[0]?.lowId ?? Infinity;
  }

  /** The highest id in the index; 0 while it is empty. */
  get highId(): number {
    return this.#segments.at(-1)?.highId ?? 0;
  }

  get segments(): readonly SegmentData[] {
    return this.#segments.map(({ data }) => data);
  }

  /** What a snapshot keeps. */
  get parts(): readonly MergePart[] {
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

  /** Fewer rows are dropped now, the oldest first; room for more is filled by whoever calls `addOlder`. */
  setWindowRows(windowRows: number): void {
    this.#windowRows = windowRows;
    this.#dropOldest();
  }

  /** Adds rows that are newer than all others. Drops the oldest segments that the window no longer needs. */
  addNewer(segment: SegmentData): void {
    if (segment.rowCount === 0) return;
    assert(segment.ids[0]! > this.highId, 'a newer segment begins after the newest row');
    this.#segments.push(new LiveSegment(segment, null, this.#orderedRowsMin));
    this.#rowCount += segment.rowCount;
    this.#dropOldest();
  }

  /** Adds rows that are older than all others, unless the window is full. */
  addOlder(segment: SegmentData, gone: Uint32Array | null = null): void {
    if (segment.rowCount === 0 || this.isFull) return;
    assert(segment.ids.at(-1)! < this.lowId, 'an older segment ends before the oldest row');
    const live = new LiveSegment(segment, gone, this.#orderedRowsMin);
    this.#segments.unshift(live);
    this.#rowCount += live.rowCount;
  }

  /** A row that left the catalogue; false when it is not in the index. */
  remove(id: number): boolean {
    const segment = this.#segmentOf(id);
    if (segment === null || !segment.remove(id)) return false;
    this.#rowCount--;
    return true;
  }

  /** A row that is shown again; false when it was left behind by a merge and has to be read (`replaceRange`). */
  restore(id: number): boolean {
    if (this.typeOf(id) >= 0) return true;
    if (this.#segmentOf(id)?.restore(id) !== true) return false;
    this.#rowCount++;
    return true;
  }

  /** The lowest and highest id of the segment that `id` falls into; of a row between two segments itself alone. */
  rangeAround(id: number): { readonly lowId: number; readonly highId: number } {
    return this.#segmentOf(id) ?? { lowId: id, highId: id };
  }

  /** Puts `data` in the place of the segments within lowId to highId; false when one of them reaches beyond it. */
  replaceRange(range: { readonly lowId: number; readonly highId: number }, data: readonly SegmentData[]): boolean {
    const fresh = data.map((one) => new LiveSegment(one, null, this.#orderedRowsMin));
    const segments = withRangeReplaced(this.#segments, range, fresh);
    if (segments === null) return false;
    this.#segments = segments;
    this.#rowCount = segments.reduce((sum, { rowCount }) => sum + rowCount, 0);
    return true;
  }

  /** Another number of peers is known of a row. */
  setPeers(id: number, peersSeen: number): void {
    this.#memo.forget();
    this.#segmentOf(id)?.setPeers(id, Math.min(PEERS_MAX, peersSeen));
  }

  /** What the writer tells of rows that were there before; those that are shown again are for `restore`. */
  change({ removedIds, peers }: IndexChange): void {
    for (const id of removedIds) this.remove(id);
    for (const { id, peersSeen } of peers) this.setPeers(id, peersSeen);
  }

  /** Ids of rows in the index from `lowId` on, rising, at most `limit`. */
  idsFrom(lowId: number, limit: number): number[] {
    const found: number[] = [];
    for (const segment of this.#segments) {
      if (segment.highId < lowId) continue;
      found.push(...segment.idsFrom(lowId, limit - found.length));
      if (found.length === limit) break;
    }
    return found;
  }

  /** The content type (index into CONTENT_TYPES) of a row in the index; -1 for another. */
  typeOf(id: number): number {
    return this.#segmentOf(id)?.typeOf(id) ?? -1;
  }

  /** Null for a row that is not in the index. */
  nameOf(id: number): string | null {
    return this.#segmentOf(id)?.nameOf(id) ?? null;
  }

  search(request: IndexRequest): IndexAnswer {
    const { sort, limit, lowId, highId, withCounts } = request;
    const counts = new Array<number>(CONTENT_TYPES.length).fill(0);
    const isReversed = request.isReversed === true && sort !== 'relevance';
    const top = new TopRows(Math.max(1, limit), request.after, isReversed);
    const isEverything = matchesEverything(request.query);
    // What comes first in the order first, so that of equal keys those behind are turned away at once.
    for (let step = 0; step < this.#segments.length; step++) {
      const segment = this.#segments[isReversed ? step : this.#segments.length - 1 - step]!;
      if (segment.lowId > highId || segment.highId < lowId) continue;
      const wantsRows = limit > 0 && !(sort === 'newest' && top.isFull);
      if (!withCounts && !wantsRows) break;
      const isWhole = isEverything && segment.lowId >= lowId && segment.highId <= highId;
      if (isWhole && withCounts) segment.countAllTypes(counts);
      if (isWhole && !wantsRows) continue;
      this.#searchSegment(segment, request, { counts: isWhole || !withCounts ? null : counts, top, wantsRows });
    }
    const typeIndex = request.contentType === null ? -1 : CONTENT_TYPES.indexOf(request.contentType);
    const countsByType = Object.fromEntries(CONTENT_TYPES.map((type, index) => [type, counts[index]!]));
    return {
      places: limit > 0 ? top.sorted() : [],
      totalCount: typeIndex >= 0 ? counts[typeIndex]! : counts.reduce((sum, count) => sum + count, 0),
      countsByType: countsByType as Record<ContentType, number>,
    };
  }

  /** `counts`: added to; null where nothing is to be counted. */
  #searchSegment(
    segment: LiveSegment,
    request: IndexRequest,
    { counts, top, wantsRows }: { counts: number[] | null; top: TopRows; wantsRows: boolean },
  ): void {
    const bits = this.#memo.matches(segment, request);
    const matchCount = bits === null ? 0 : bitCount(bits);
    if (bits === null || matchCount === 0) return;
    if (counts !== null) segment.countTypes(bits, matchCount, counts);
    const ofType = wantsRows ? segment.ofType(bits, request.contentType) : null;
    if (ofType === null) return;
    const { sort, lowId, highId, isReversed = false } = request;
    const offeredCount = ofType === bits ? matchCount : bitCount(ofType);
    offerRows(segment, ofType, offeredCount, { sort, lowId, highId, isReversed, top });
  }

  /** Makes what lets large segments answer fast, one column a step (a millisecond); null when nothing is missing. */
  nextOrder(): Generator<void, void> | null {
    const unordered = this.#segments.findLast(({ orders }) => orders.missing !== null);
    return unordered?.orders.makeMissing() ?? null;
  }

  /** Every match in its order, as ids: a job in steps of some milliseconds. What comes meanwhile is not in it. */
  *idsInOrder(request: Omit<IndexRequest, 'limit' | 'withCounts' | 'after'>): Generator<void, Uint32Array> {
    const ordered = new OrderedIds(this.#rowCount);
    for (const segment of this.#segments.toReversed()) {
      if (segment.lowId > request.highId || segment.highId < request.lowId) continue;
      const found = this.#memo.matches(segment, request);
      const bits = found === null ? null : segment.ofType(found, request.contentType);
      if (bits !== null) ordered.add(segment.data, bits, rowKeys(segment.data, request));
      yield;
    }
    const ids = yield* ordered.sorted();
    return request.isReversed === true && request.sort !== 'relevance' ? ids.reverse() : ids;
  }

  /**
   * A run of small neighbours to be joined into one segment, or a segment to be written anew without the rows that are gone;
   * null when nothing needs it. Whoever does it (mergeSteps, on another thread) hands the result to `finish`. Searches,
   * removals and newer segments may come meanwhile; should the window drop one of the run, the work was in vain.
   */
  nextMerge(): PendingMerge | null {
    const run = mergeRun(this.#segments.map(({ rowCount }) => rowCount));
    const sparse = run === null ? this.#segments.find(({ isSparse }) => isSparse) : undefined;
    const segments = run !== null ? this.#segments.slice(run.from, run.to) : sparse === undefined ? [] : [sparse];
    if (segments.length === 0) return null;
    const parts = segments.map(({ data, gone }) => ({ data, gone: gone?.slice() ?? null }));
    return { parts, finish: (merged) => this.#replace(segments, parts, merged) };
  }

  #replace(parts: readonly LiveSegment[], before: readonly MergePart[], merged: SegmentData): void {
    const from = this.#segments.indexOf(parts[0]!);
    if (from < 0 || parts.some((part, at) => this.#segments[from + at] !== part)) return;
    const live = merged.rowCount === 0 ? [] : [LiveSegment.inPlaceOf(before, parts, merged, this.#orderedRowsMin)];
    this.#segments = [...this.#segments.slice(0, from), ...live, ...this.#segments.slice(from + parts.length)];
  }

  /** Keeps whole segments: a window of a million rows may hold some more. */
  #dropOldest(): void {
    while (this.#segments.length > 1 && this.#rowCount - this.#segments[0]!.rowCount >= this.#windowRows) {
      this.#rowCount -= this.#segments.shift()!.rowCount;
      this.#hasOlder = true;
    }
  }

  #segmentOf(id: number): LiveSegment | null {
    return segmentWith(this.#segments, id);
  }

  checkInvariants(): void {
    let rowCount = 0;
    let lastId = 0;
    for (const segment of this.#segments) {
      assert(segment.lowId > lastId, 'ids rise through all segments');
      segment.checkInvariants();
      lastId = segment.highId;
      rowCount += segment.rowCount;
    }
    assert(rowCount === this.#rowCount, 'the row count is the sum of the segments');
  }
}
