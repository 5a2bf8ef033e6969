// Keeps the index in memory in step with the catalogue: reads what was there before (newest first, so that what matters
// most is in it first), takes the writer's segments as they come, has it join small ones, rebuilds the suggestions.
// All as jobs in small steps; search-service.ts runs them while nobody waits.
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import type { CatalogueReader } from '../catalogue/catalogue-reader.ts';
import { SEGMENT_ROWS_MAX, type SegmentData, type SegmentRow } from '../search/index-segment.ts';
import type { IndexChange, NameIndex } from '../search/name-index.ts';
import { newestNames } from '../search/newest-names.ts';
import type { MergePart, PendingMerge } from '../search/segment-merge.ts';
import { DidYouMean, TitleSuggestions } from '../search/suggestions.ts';
import { Vocabulary } from '../search/vocabulary.ts';
import { toSegmentRow } from './catalogue-row.ts';
import { restoreRows, segmentOf } from './restore-rows.ts';
import type { StoreSearch } from './store-search.ts';

/** Rows read in one step: 3 to 5 ms. */
const STEP_ROWS = 500;
/** Rows compared in one step: a millisecond. */
const STEP_COMPARED = 500;
/** Names read for titles in one step: a millisecond. */
const STEP_TITLES = 100;
/** The first segments are small, so that a search has something soon; the others full. */
const FIRST_SEGMENT_ROWS = 8192;
/** Names read for titles: the newest ones. */
const TITLE_ROWS_MAX = 300_000;
/** Suggestions are built again when the catalogue has grown by this share... */
const REBUILD_GROWTH = 0.3;
/** ...and by this many rows, but not sooner than after this time and thirty times what building took. */
const REBUILD_ROWS_MIN = 25;
const REBUILD_AFTER_MS = 15_000;

/** Jobs in the order of their urgency. */
const JOBS = ['catch-up', 'orders', 'base', 'restore', 'comparison', 'suggestions'] as const;
type JobName = (typeof JOBS)[number];
/** Until these are done, rows are missing or a search takes longer. */
export const isUrgent = (job: JobName): boolean => job === 'catch-up' || job === 'orders' || job === 'base';

export interface UpkeepDependencies {
  readonly clock: Clock;
  readonly reader: CatalogueReader;
  readonly index: NameIndex;
  readonly search: StoreSearch;
  /** Has the writer join these segments; `merged` brings the result. False: there is no writer now. */
  readonly requestMerge: (mergeId: number, parts: readonly MergePart[]) => boolean;
  /** Everything that was in the catalogue at the start is in the index (or the window is full). */
  readonly onBaseBuilt: () => void;
  readonly onFailure: (job: string, error: unknown) => void;
}

export class IndexUpkeep {
  readonly #dependencies: UpkeepDependencies;
  readonly #jobs = new Map<JobName, Generator<void, void>>();
  /** Rows up to this id are in the index or will be brought by the base job. */
  #coveredId: number;
  /** What changed while rows were being read. The jobs take seconds, and a commit changes some rows at most. */
  readonly #changesMeanwhile: IndexChange[] = [];
  /** Asked of the writer, not there yet. */
  #merge: PendingMerge | null = null;
  #lastMergeId = 0;
  /** Rows that are shown again and that no segment has any more. Of one message at most, and some of a comparison. */
  readonly #missingIds = new Set<number>();
  #rebuiltAtRows = 0;
  #rebuildNotBeforeMs = 0;

  /** `index` may hold what a snapshot brought; what came before and after it is read, and the rest compared. */
  constructor(dependencies: UpkeepDependencies) {
    this.#dependencies = dependencies;
    const { index, reader } = dependencies;
    const hasSnapshot = index.rowCount > 0;
    this.#coveredId = hasSnapshot ? index.highId : reader.newestId();
    this.#jobs.set('base', this.#buildBase(hasSnapshot ? index.lowId - 1 : this.#coveredId));
    if (!hasSnapshot) return;
    this.catchUp();
    this.#jobs.set('comparison', this.#compare(index.highId));
  }

  /** The window has another size: reads older rows where there is room for them. */
  fillWindow(): void {
    const { index } = this.#dependencies;
    if (!this.#jobs.has('base') && index.hasOlder) this.#jobs.set('base', this.#buildBase(index.lowId - 1));
  }

  /** Everything that was in the catalogue at the start is in the index, or the window is full. */
  get isBaseBuilt(): boolean {
    return !this.#jobs.has('base');
  }

  /** A segment of rows just committed. Its rows are findable when this returns, unless some before it were missed. */
  addSegment(segment: SegmentData): void {
    const firstId = segment.ids[0];
    const lastId = segment.ids.at(-1);
    if (firstId === undefined || lastId === undefined || lastId <= this.#coveredId) return;
    if (firstId === this.#coveredId + 1 && !this.#jobs.has('catch-up')) {
      this.#dependencies.index.addNewer(segment);
      this.#coveredId = lastId;
    } else {
      this.catchUp();
    }
  }

  /** Rows that are no more, or are shown again, or of which more peers are known. */
  change(change: IndexChange): void {
    this.#dependencies.index.change(change);
    for (const id of change.restoredIds ?? []) this.#restore(id);
    if ((change.restoredIds?.length ?? 0) > 0) this.#dependencies.search.forgetPaths(); // they were read without these
    // A job may have read such rows already and bring them as they were.
    if (this.#jobs.has('base') || this.#jobs.has('catch-up')) this.#changesMeanwhile.push(change);
  }

  /** Rows may have been committed that no segment told of: reads them from the catalogue. */
  catchUp(): void {
    if (!this.#jobs.has('catch-up')) this.#jobs.set('catch-up', this.#readNewer());
  }

  /** One step of the most urgent job. Says what was done, or null when there is nothing to do now. */
  step(): JobName | null {
    this.#startJobs();
    const name = JOBS.find((job) => this.#jobs.has(job));
    if (name === undefined) return null;
    const { onFailure } = this.#dependencies;
    try {
      if (this.#jobs.get(name)!.next().done === true) this.#jobs.delete(name);
      if (!this.#jobs.has('base') && !this.#jobs.has('catch-up')) this.#changesMeanwhile.length = 0;
    } catch (error) {
      this.#jobs.delete(name);
      onFailure(name, error);
    }
    return name;
  }

  checkInvariants(): void {
    const { index } = this.#dependencies;
    index.checkInvariants();
    assert(index.highId <= this.#coveredId, 'what is in the index is covered');
  }

  #startJobs(): void {
    const { index, clock } = this.#dependencies;
    if (!this.#jobs.has('orders')) {
      const orders = index.nextOrder();
      if (orders !== null) this.#jobs.set('orders', orders);
    }
    const isRestoring = this.#missingIds.size > 0 || this.#jobs.has('restore');
    if (isRestoring && this.#merge === null && !this.#jobs.has('restore')) {
      this.#jobs.set('restore', restoreRows(this.#dependencies, this.#missingIds));
    }
    if (!isRestoring) this.#askToMerge();
    const grownRows = index.rowCount - this.#rebuiltAtRows;
    const hasGrown = grownRows >= REBUILD_ROWS_MIN && grownRows >= this.#rebuiltAtRows * REBUILD_GROWTH;
    const isFirst = this.#rebuiltAtRows === 0 && index.rowCount > 0;
    if (this.#jobs.has('base') || this.#jobs.has('suggestions') || !(hasGrown || isFirst)) return;
    if (clock.nowMs() >= this.#rebuildNotBeforeMs) this.#jobs.set('suggestions', this.#buildSuggestions());
  }

  /** Merging would keep this thread from answering: the writer does it. */
  #askToMerge(): void {
    const { index, requestMerge } = this.#dependencies;
    if (this.#merge !== null || this.#jobs.has('base')) return;
    const pending = index.nextMerge();
    if (pending !== null && requestMerge(++this.#lastMergeId, pending.parts)) this.#merge = pending;
  }

  /** What the writer made of the segments that it was last asked to join. */
  merged(mergeId: number, segment: SegmentData): void {
    if (this.#merge === null || mergeId !== this.#lastMergeId) return;
    this.#merge.finish(segment);
    this.#merge = null;
  }

  /** Another writer is there, which has not been asked yet. */
  writerChanged(): void {
    this.#merge = null;
  }

  *#buildBase(highestId: number): Generator<void, void> {
    const { reader, index, onBaseBuilt } = this.#dependencies;
    let beforeId = highestId + 1;
    let wanted = index.rowCount === 0 ? FIRST_SEGMENT_ROWS : SEGMENT_ROWS_MAX;
    while (!index.isFull && index.hasOlder) {
      const rows: SegmentRow[] = [];
      while (rows.length < wanted) {
        const limit = Math.min(STEP_ROWS, wanted - rows.length);
        const page = reader.latestPage({ beforeId, limit });
        for (const row of page) rows.push(toSegmentRow(row));
        beforeId = page.at(-1)?.id ?? 0;
        if (page.length < limit) break;
        yield;
      }
      if (rows.length > 0) {
        index.addOlder(yield* segmentOf(rows.reverse()));
        this.#changeAgain();
      }
      if (rows.length < wanted) {
        index.markComplete();
        break;
      }
      wanted = SEGMENT_ROWS_MAX;
    }
    onBaseBuilt();
  }

  *#readNewer(): Generator<void, void> {
    const { reader, index } = this.#dependencies;
    for (;;) {
      // Read before the rows are: what is committed meanwhile has higher ids and comes with the next turn.
      const upTo = Math.min(this.#coveredId + STEP_ROWS, reader.newestId());
      if (upTo <= this.#coveredId) return;
      const page = reader.latestPage({ beforeId: upTo + 1, limit: STEP_ROWS });
      const rows = page.filter((row) => row.id > this.#coveredId).map(toSegmentRow);
      index.addNewer(yield* segmentOf(rows.reverse()));
      this.#changeAgain();
      this.#coveredId = upTo;
      yield;
    }
  }

  /** Looks at every row that a snapshot brought, up to `highId`: is it still there, and with how many peers? */
  *#compare(highId: number): Generator<void, void> {
    const { reader, index } = this.#dependencies;
    for (let lowId = 0; ;) {
      const ids = index.idsFrom(lowId, STEP_COMPARED);
      const lastId = Math.min(highId, ids.at(-1) ?? 0);
      if (ids.length === 0 || ids[0]! > highId) return;
      const stored = new Map(reader.seedersBetween(ids[0]!, lastId).map(({ id, seeders }) => [id, seeders]));
      for (const id of ids) {
        if (id > highId) return;
        const seeders = stored.get(id);
        if (seeders === undefined) index.remove(id);
        else index.setPeers(id, seeders);
        stored.delete(id);
      }
      for (const id of stored.keys()) this.#restore(id); // hidden when the snapshot was written
      lowId = lastId + 1;
      yield;
    }
  }

  #changeAgain(): void {
    for (const change of this.#changesMeanwhile) {
      this.#dependencies.index.change(change);
      for (const id of change.restoredIds ?? []) this.#restore(id);
    }
  }

  /** A merge under way may leave the row behind once more, so then it is looked for again afterwards. */
  #restore(id: number): void {
    if (id > this.#coveredId) return; // comes with the rows that are read next
    const isThere = this.#dependencies.index.restore(id);
    if (!isThere || this.#merge !== null) this.#missingIds.add(id);
  }

  *#buildSuggestions(): Generator<void, void> {
    const { index, search, clock } = this.#dependencies;
    const startedAtMs = clock.nowMs();
    const rowCount = index.rowCount;
    const names = newestNames(index.parts, { limit: TITLE_ROWS_MAX, step: STEP_TITLES });
    search.spelling.titles = yield* TitleSuggestions.build(names);
    search.spelling.didYouMean = yield* DidYouMean.build(yield* Vocabulary.read(index.segments));
    const tookMs = clock.nowMs() - startedAtMs;
    this.#rebuiltAtRows = rowCount;
    this.#rebuildNotBeforeMs = clock.nowMs() + Math.max(REBUILD_AFTER_MS, 30 * tookMs);
  }
}
