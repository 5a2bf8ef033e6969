// Holds torrents that were just found against the person's saved searches. It hears on the writer's line which rows are new
// and looks at those rows alone, some together, in an index of their own: on the search thread, in steps, bounded. What was
// there before is nothing new, and neither is what the person imported. By name and filters; words that only file paths
// have are found by searching, not here.
import { fromHex } from '../base/bytes.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Port } from '../base/port.ts';
import type { CatalogueReader, IndexRow } from '../catalogue/catalogue-reader.ts';
import { toColumnFilter } from '../search/column-filter.ts';
import { toIndexQuery } from '../search/index-query.ts';
import { buildSegment } from '../search/index-segment.ts';
import { NameIndex } from '../search/name-index.ts';
import { nameMatches, needsName } from '../search/name-match.ts';
import { hasPathFilters, pathsFit } from '../search/path-match.ts';
import { isEmptyQuery, parseQuery, type SearchQuery } from '../search/search-query.ts';
import { toSegmentRow } from './catalogue-row.ts';
import { type SavedMatch, WATCHED_MAX, type WatchedSearch } from './saved-contract.ts';
import type { SearchToWriter, WriterToSearch } from './writer-search-contract.ts';

/** New rows are looked at together. */
export const LOOK_EVERY_MS = 5_000;
/** Rows of one look, some 30 ms in all; the next look goes on. */
export const ROWS_PER_LOOK_MAX = 500;
/** Rows that may wait: a hundred looks. No crawl is that fast; beyond it the oldest are let go and counted. */
export const WAITING_ROWS_MAX = 50_000;
const NAMES_TOLD_MAX = 3;
/** After this other requests come in between. */
const SLICE_MS = 4;

export interface SavedWatchDependencies {
  readonly clock: Clock;
  readonly log: Log;
  /** Opens the catalogue for one look. */
  readonly openReader: () => CatalogueReader;
  /** Everything up to `untilId` was looked at. */
  readonly onLooked: (untilId: number, matches: readonly SavedMatch[]) => void;
}

interface Range {
  readonly lowId: number;
  readonly highId: number;
}

export class SavedWatch {
  readonly #dependencies: SavedWatchDependencies;
  #searches: readonly WatchedSearch[] = [];
  /** Rising, not touching. */
  #waiting: Range[] = [];
  #skippedCount = 0;
  #timer: Timer | null = null;
  #isLooking = false;
  #isStopped = false;

  constructor(dependencies: SavedWatchDependencies) {
    this.#dependencies = dependencies;
  }

  /** Rows that were let go because too many waited. */
  get skippedCount(): number {
    return this.#skippedCount;
  }

  /** The same port; what the writer says on it is heard here, too. */
  overhear(port: Port<WriterToSearch, SearchToWriter>): Port<WriterToSearch, SearchToWriter> {
    return {
      ...port,
      on: (receive) => {
        port.on((message) => {
          // First: whoever receives it may give the buffers away.
          if (message.type === 'segment') this.#heard(message);
          receive(message);
        });
      },
    };
  }

  /**
   * These are watched from now on, instead of others. `afterId`: an earlier thread had looked up to that row and fell; rows
   * since then are looked at, too. Null: what is there now is nothing new.
   */
  set(searches: readonly WatchedSearch[], afterId: number | null): void {
    this.#searches = searches.slice(0, WATCHED_MAX);
    if (this.#searches.length === 0) this.#waiting = [];
    else if (afterId !== null) this.#catchUp(afterId);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #heard({ segment, isImported }: Extract<WriterToSearch, { readonly type: 'segment' }>): void {
    const [lowId, highId] = [segment.ids[0], segment.ids.at(-1)];
    if (this.#searches.length === 0 || isImported === true || lowId === undefined || highId === undefined) return;
    this.#add({ lowId, highId });
  }

  #catchUp(afterId: number): void {
    try {
      const reader = this.#dependencies.openReader();
      const highId = Math.min(reader.newestId(), (this.#waiting[0]?.lowId ?? Infinity) - 1);
      reader.close();
      if (highId <= afterId) return;
      this.#waiting.unshift({ lowId: afterId + 1, highId });
      this.#bound();
      this.#lookSoon();
    } catch (error) {
      this.#failed(error);
    }
  }

  #add(range: Range): void {
    const last = this.#waiting.at(-1);
    if (last !== undefined && last.highId + 1 === range.lowId) {
      this.#waiting[this.#waiting.length - 1] = { lowId: last.lowId, highId: range.highId };
    } else this.#waiting.push(range);
    this.#bound();
    this.#lookSoon();
  }

  #bound(): void {
    let count = this.#waiting.reduce((sum, { lowId, highId }) => sum + highId - lowId + 1, 0);
    while (count > WAITING_ROWS_MAX) {
      const { lowId, highId } = this.#waiting[0]!;
      const gone = Math.min(highId - lowId + 1, count - WAITING_ROWS_MAX);
      if (lowId + gone > highId) this.#waiting.shift();
      else this.#waiting[0] = { lowId: lowId + gone, highId };
      this.#skippedCount += gone;
      count -= gone;
    }
  }

  #lookSoon(): void {
    if (this.#isStopped || this.#timer !== null || this.#isLooking || this.#waiting.length === 0) return;
    this.#timer = this.#dependencies.clock.setTimer(LOOK_EVERY_MS, () => {
      this.#timer = null;
      void this.#look();
    });
  }

  async #look(): Promise<void> {
    const range = this.#nextRange();
    if (range === null || this.#searches.length === 0) return;
    this.#isLooking = true;
    try {
      const reader = this.#dependencies.openReader();
      try {
        const matches = await this.#matchesOf(reader, range);
        if (!this.#isStopped) this.#dependencies.onLooked(range.highId, matches);
      } finally {
        reader.close();
      }
    } catch (error) {
      this.#failed(error);
    }
    this.#isLooking = false;
    this.#lookSoon();
  }

  /** The oldest rows that wait, as many as one look takes. */
  #nextRange(): Range | null {
    const first = this.#waiting.shift();
    if (first === undefined) return null;
    const highId = Math.min(first.highId, first.lowId + ROWS_PER_LOOK_MAX - 1);
    if (highId < first.highId) this.#waiting.unshift({ lowId: highId + 1, highId: first.highId });
    return { lowId: first.lowId, highId };
  }

  /** Other requests come in between. */
  async #matchesOf(reader: CatalogueReader, { lowId, highId }: Range): Promise<SavedMatch[]> {
    const rows = reader.rowsBetween({ afterId: lowId - 1, untilId: highId, limit: ROWS_PER_LOOK_MAX });
    if (rows.length === 0) return [];
    const newRows = new NewRows(reader, rows);
    const found: SavedMatch[] = [];
    let sliceStartMs = this.#dependencies.clock.nowMs();
    for (const search of [...this.#searches]) {
      if (this.#dependencies.clock.nowMs() - sliceStartMs >= SLICE_MS) {
        await new Promise((resolve) => setImmediate(resolve));
        sliceStartMs = this.#dependencies.clock.nowMs();
      }
      if (this.#isStopped) return [];
      const names = newRows.namesFor(search, this.#dependencies.clock.nowUnixSeconds());
      if (names.length > 0) found.push({ id: search.id, count: names.length, names: names.slice(0, NAMES_TOLD_MAX) });
    }
    return found;
  }

  /** Nothing is lost but the notice: the rows are in the catalogue. */
  #failed(error: unknown): void {
    const said = error instanceof Error ? error.message : String(error);
    this.#dependencies.log.warn(`Saved searches were not held against some new torrents: ${said}`);
  }
}

/** The rows of one look, as an index of their own. */
class NewRows {
  readonly #reader: CatalogueReader;
  readonly #index = new NameIndex({ windowRows: ROWS_PER_LOOK_MAX, orderedRowsMin: Infinity });
  readonly #names: ReadonlyMap<number, string>;
  readonly #paths = new Map<number, readonly string[]>();

  constructor(reader: CatalogueReader, rows: readonly IndexRow[]) {
    this.#reader = reader;
    this.#index.addNewer(buildSegment(rows.map(toSegmentRow)).segment);
    this.#names = new Map(rows.map(({ id, name }) => [id, name]));
  }

  /** Names of the rows that a search finds, the newest first. */
  namesFor({ text, hidesAdult }: WatchedSearch, nowUnixSeconds: number): string[] {
    const query = parseQuery(asTheWindowAsks(text));
    if (query.infohashHex !== null) return this.#namesOf([this.#idOf(query.infohashHex)]);
    // Everything matches, or whatever begins with some digits: neither is anything to wait for.
    if (query.filters.hashPrefix !== null || isEmptyQuery(query)) return [];
    const indexQuery = toIndexQuery(withoutPaths(query), toColumnFilter(query.filters, nowUnixSeconds));
    const { places } = this.#index.search({
      ...{ lowId: 0, highId: Number.MAX_SAFE_INTEGER, after: null },
      ...{ contentType: null, sort: 'newest', withCounts: false },
      limit: ROWS_PER_LOOK_MAX,
      query: hidesAdult ? { ...indexQuery, adult: 'hide' } : indexQuery,
    });
    const ids = places.map(({ id }) => id);
    const looksAtNames = needsName(query);
    const looksAtPaths = hasPathFilters(query);
    return this.#namesOf(
      ids.filter((id) => {
        const name = this.#names.get(id) ?? '';
        return (
          (!looksAtNames || nameMatches(query, name)) && (!looksAtPaths || pathsFit(query, name, this.#pathsOf(id)))
        );
      }),
    );
  }

  #idOf(infohashHex: string): number {
    // A v2 infohash is stored cut to 20 bytes.
    const infohash = fromHex(infohashHex.slice(0, 40));
    return (infohash === null ? null : this.#reader.findId(infohash)) ?? -1;
  }

  #namesOf(ids: readonly number[]): string[] {
    return ids.flatMap((id) => this.#names.get(id) ?? []);
  }

  #pathsOf(id: number): readonly string[] {
    const known = this.#paths.get(id) ?? this.#reader.detailsById(id)?.files.map(({ path }) => path) ?? [];
    this.#paths.set(id, known);
    return known;
  }
}

/**
 * The window asks for a type apart from the rest, so that the last word before it is a beginning as if it stood last. A
 * saved search finds what the person saw when it was saved.
 */
function asTheWindowAsks(text: string): string {
  return text.trim().replace(/^(.*\S)\s+((?:type:[^\s"]+\s*)+)$/is, '$2 $1');
}

/** What the index is asked: paths are looked at row by row, there are few. */
function withoutPaths(query: SearchQuery): SearchQuery {
  const none = { extensions: [], excludedExtensions: [], paths: [], excludedPaths: [] };
  return { ...query, filters: { ...query.filters, ...none } };
}
