// Answers what the window asks of the catalogue: pages of results, suggestions, details. Knows no thread and no port;
// search-service.ts brings the requests and the index.
import { fromHex } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import type { CatalogueReader } from '../catalogue/catalogue-reader.ts';
import { BLOCKED } from '../catalogue/marks.ts';
import type { StoredRow } from '../catalogue/catalogue-reader.ts';
import { isAdultName } from '../search/adult-names.ts';
import { FullText } from '../search/full-text.ts';
import type { NameIndex } from '../search/name-index.ts';
import { nameMatches } from '../search/name-match.ts';
import { toColumnFilter } from '../search/column-filter.ts';
import { toIndexQuery } from '../search/index-query.ts';
import { isEmptyQuery, parseQuery, type SearchQuery, wantedPhrases } from '../search/search-query.ts';
import { markedPage } from './marked-page.ts';
import { PageRun } from './page-run.ts';
import { type Asked, type PageSources, rowPasses } from './page-sources.ts';
import { OlderMatches } from './older-matches.ts';
import type { MarkedList } from './owner-contract.ts';
import { PathRowsReader } from './path-rows.ts';
import { decodeCursor, encodeCursor, type ResultCursor } from './result-cursor.ts';
import { countAdult, countAll, countWindow, fileIdsOf, isCounted, type WindowCounts } from './result-counts.ts';
import { toResultRows } from './result-rows.ts';
import { hasRandomAccess, RowsAt } from './rows-at.ts';
import { Spelling } from './spelling.ts';
import { readDetails, readLinks } from './torrent-details.ts';
import { findVariants } from './variants.ts';
import { CONTENT_TYPES, PAGE_ROWS_MAX } from './store-contract.ts';
import type {
  ContentType,
  LinkFacts,
  ResultPage,
  ResultRow,
  ResultRows,
  RowsRequest,
  SearchRequest,
  SortOrder,
  TorrentDetails,
} from './store-contract.ts';

/** With fewer results than this, other spellings are looked for. */
const FEW_RESULTS = 5;
/** A page that has taken this long is handed out as it is: what comes next is found with the next one. */
const PAGE_MS_MAX = 80;
/** Longer than any id: the window is empty and everything is older. */
const NO_WINDOW = Number.MAX_SAFE_INTEGER;

/** `nowUnixSeconds`: what ages are counted from. */
type SearchClock = Pick<Clock, 'nowMs' | 'nowUnixSeconds'>;

/** A request that cannot be answered; the message is a sentence for the person. */
export class SearchProblem extends Error {
  override readonly name = 'SearchProblem';
}

/** A page that is all there is. */
const WHOLE_PAGE = {
  nextCursor: null,
  totalIsExact: true,
  reachableCount: 0,
  isPartial: false,
  countsByType: null,
  didYouMean: [],
  adultHidden: null,
} as const;

export class StoreSearch {
  readonly #sources: PageSources;
  readonly #pathRows: PathRowsReader;
  readonly #rowsAt: RowsAt;
  readonly #clock: SearchClock;
  /** Of the search whose pages were read last. */
  #older: { readonly key: string; readonly matches: OlderMatches } | null = null;
  readonly spelling: Spelling;

  constructor(reader: CatalogueReader, index: NameIndex, clock: SearchClock) {
    const fullText = new FullText(reader.database);
    this.#sources = { reader, index, fullText };
    this.#pathRows = new PathRowsReader(fullText);
    this.#rowsAt = new RowsAt(this.#sources);
    this.#clock = clock;
    this.spelling = new Spelling(index);
  }

  /**
   * One page. `pause` is awaited between steps of some milliseconds; when it answers false, so does this: null.
   * Throws `SearchProblem` for a cursor that is not ours.
   */
  async page(request: SearchRequest, pause: () => Promise<boolean>): Promise<ResultPage | null> {
    const query = parseQuery(request.text);
    const byInfohash = this.#pageByInfohash(query);
    if (byInfohash !== null) return byInfohash;
    if (request.list !== undefined) return this.#pageOfMarked(request, request.list, query);
    const sort = sortOf(request, query);
    if (request.cursor === null) this.#forgetPages();
    const isReversed = request.isReversed === true && sort !== 'relevance';
    const cursor = this.#startingAt(request.cursor, sort, isReversed);
    const asked = await this.#asked(query, cursor, request, pause);
    if (asked === null) return null;
    const { contentType, isFast: isMemoryOnly = false } = request;
    if (query.filters.hashPrefix !== null) return this.#pageByHashPrefix(asked, query.filters.hashPrefix, contentType);
    const { lowId, highId } = cursor;
    const range = { ...asked, contentType, lowId, highId };
    // Before what is shown is asked for: the matches of that are kept for the page.
    const adultHidden = asked.hidesAdult === true ? countAdult(this.#sources, range) : null;
    const window = countWindow(this.#sources, range, isMemoryOnly);
    const older = isMemoryOnly ? null : this.#olderMatches(request, asked, { cursor, window });
    const limit = Math.max(1, Math.min(PAGE_ROWS_MAX, Math.floor(request.limit) || 1));
    const order = { sort, isReversed, contentType, limit };
    const fileIds = (): readonly number[] => (older === null ? [] : fileIdsOf(this.#sources, range, { window, older }));
    const endsAtMs = this.#clock.nowMs() + PAGE_MS_MAX;
    const isTimeUp = (): boolean => this.#clock.nowMs() >= endsAtMs;
    const run = new PageRun(this.#sources, { ...asked, ...order, older, fileIds, isTimeUp, cursor });
    while (!run.isDone) {
      run.step();
      if (!(await pause())) return null;
    }
    while (older !== null && !isCounted(window, older) && !isTimeUp()) {
      older.step();
      if (!(await pause())) return null;
    }
    const counts = older === null ? window : countAll(this.#sources, range, { window, older });
    const { rows, nextCursor } = run.result;
    const isShort = !counts.isPartial && counts.totalCount < FEW_RESULTS;
    const isAll = nextCursor === null && request.cursor === null;
    return {
      rows: this.#toResultRows(rows, query),
      nextCursor: nextCursor === null ? null : encodeCursor(nextCursor),
      totalCount: isAll ? rows.length : Math.max(rows.length, counts.totalCount),
      totalIsExact: isAll || counts.totalIsExact,
      reachableCount: hasRandomAccess(query) ? window.windowCount : 0,
      isPartial: counts.isPartial && nextCursor !== null,
      countsByType: counts.countsByType,
      didYouMean:
        isShort && !isEmptyQuery(query) ? this.spelling.otherSpellings(request, query, counts.totalCount) : [],
      adultHidden,
    };
  }

  /** What was found of them for the page before is known still, unless another search came between. */
  #olderMatches(
    { text, hidesAdult }: SearchRequest,
    asked: Asked,
    { cursor, window }: { cursor: ResultCursor; window: WindowCounts },
  ): OlderMatches {
    const { stage, lowId, id } = cursor;
    const key = JSON.stringify([text, hidesAdult, lowId]);
    const isBelow = stage === 'older' || stage === 'files';
    if (this.#older?.key === key && (!isBelow || this.#older.matches.covers(id))) return this.#older.matches;
    const matchShare = window.namesCount / Math.max(1, this.#sources.index.rowCount);
    const beforeId = stage === 'older' ? id : lowId;
    const nowMs = (): number => this.#clock.nowMs();
    const matches = new OlderMatches(this.#sources, asked, { beforeId, matchShare, nowMs });
    this.#older = { key, matches };
    return matches;
  }

  /** Rows out of the middle of a list; null when `pause` answered false. Throws `SearchProblem` as `page` does. */
  async rowsAt(request: RowsRequest, pause: () => Promise<boolean>): Promise<ResultRows | null> {
    const query = parseQuery(request.text);
    if (!hasRandomAccess(query)) throw new SearchProblem('This list can only be read from its beginning.');
    const cursor = this.#startingAt(request.cursor, request.sort, false);
    const asked = await this.#asked(query, cursor, request, pause);
    if (asked === null) return null;
    const { contentType, text, isReversed = false } = request;
    const sort = sortOf(request, query);
    const key = JSON.stringify([text, sort, isReversed, contentType, asked.hidesAdult]);
    const order = { ...asked, sort, isReversed, contentType, cursor, key };
    const place = { offset: request.offset, limit: Math.max(1, Math.min(PAGE_ROWS_MAX, request.limit)) };
    const found = await this.#rowsAt.read(order, place, pause);
    if (found === null) return null;
    const rows = this.#toResultRows(
      found.filter((row) => row !== null),
      query,
    ).values();
    return {
      rows: found.map((row) => (row === null ? null : (rows.next().value ?? null))),
      tailCursor: encodeCursor({ ...cursor, stage: 'older', key: 0, id: cursor.lowId }),
    };
  }

  /** Null when `pause` answered false while the paths were looked up. */
  async #asked(
    query: SearchQuery,
    range: ResultCursor,
    { hidesAdult = false }: Pick<SearchRequest, 'hidesAdult'>,
    pause: () => Promise<boolean>,
  ): Promise<Asked | null> {
    const filter = toColumnFilter(query.filters, this.#clock.nowUnixSeconds());
    const pathRows = await this.#pathRows.read(query, range, pause);
    if (pathRows === null) return null;
    const indexQuery = toIndexQuery(query, filter, pathRows);
    return { query, filter, hidesAdult, indexQuery: hidesAdult ? { ...indexQuery, adult: 'hide' } : indexQuery };
  }

  /** Torrents whose infohash begins like this, newest first: one page of them is enough for anybody. */
  #pageByHashPrefix(asked: Asked, prefix: string, contentType: ContentType | null): ResultPage {
    const { reader } = this.#sources;
    const typeIndex = contentType === null ? -1 : CONTENT_TYPES.indexOf(contentType);
    const rows = reader
      .rowsByIds(reader.findIdsByPrefix(prefix, PAGE_ROWS_MAX))
      .filter((row) => nameMatches(asked.query, row.name) && rowPasses(this.#sources, asked, row, true))
      .filter((row) => typeIndex < 0 || row.contentType === typeIndex);
    return { ...WHOLE_PAGE, rows: this.#toResultRows(rows, asked.query), totalCount: rows.length };
  }

  #pageOfMarked(request: SearchRequest, list: MarkedList, query: SearchQuery): ResultPage {
    const filter = toColumnFilter(query.filters, this.#clock.nowUnixSeconds());
    const beforeId = request.cursor === null ? NO_WINDOW : this.#startingAt(request.cursor, 'newest', false).id;
    const page = markedPage(this.#sources.reader, { list, query, filter, ...request, beforeId });
    const last = page.hasMore ? page.rows.at(-1) : undefined;
    const place = { stage: 'window', lowId: 0, highId: 0, offset: 0, key: 0 } as const;
    return {
      ...WHOLE_PAGE,
      rows: this.#toResultRows(page.rows, query),
      totalCount: page.totalCount,
      countsByType: page.countsByType,
      nextCursor: last === undefined ? null : encodeCursor({ ...place, id: last.id }),
    };
  }

  /** Titles that begin like `text`, the most popular first; none while they are being built. */
  suggest(text: string, hidesAdult = false): string[] {
    return this.spelling.suggest(text, hidesAdult);
  }

  #forgetPages(): void {
    this.#rowsAt.forget();
    this.#older = null;
  }

  /** What was read of the paths on disk is not all there is any more. */
  forgetPaths(): void {
    this.#pathRows.forget();
  }

  /** Null for what is no infohash of a stored torrent. */
  details(infohashHex: string): TorrentDetails | null {
    return readDetails(this.#sources.reader, infohashHex);
  }

  /** Near-duplicates of a stored torrent, those most peers had first. */
  variants(infohashHex: string, hidesAdult = false): ResultRow[] {
    const { reader } = this.#sources;
    const infohash = fromHex(infohashHex);
    const id = infohash === null || infohash.length < 20 ? null : reader.findId(infohash.subarray(0, 20));
    const [own] = id === null ? [] : reader.rowsByIds([id]);
    const found = own === undefined ? [] : findVariants(this.#sources, own);
    // Of an adult torrent that is looked at, the variants are no surprise.
    const hides = hidesAdult && own !== undefined && !isAdultName(own.name);
    return this.#toResultRows(hides ? found.filter(({ name }) => !isAdultName(name)) : found, parseQuery(''));
  }

  /** What the magnet links of these torrents are made of; those that are not stored are left out. */
  links(infohashesHex: readonly string[]): LinkFacts[] {
    return readLinks(this.#sources.reader, infohashesHex);
  }

  #toResultRows(rows: readonly StoredRow[], query: SearchQuery): ResultRow[] {
    return toResultRows(this.#sources.reader, rows, query);
  }

  #startingAt(cursor: string | null, sort: SortOrder, isReversed: boolean): ResultCursor {
    if (cursor !== null) {
      const place = decodeCursor(cursor);
      if (place === null) throw new SearchProblem('The list cannot go on from here. Search again.');
      return place;
    }
    const { index } = this.#sources;
    const lowId = index.rowCount === 0 ? NO_WINDOW : index.lowId;
    const stage = sort === 'relevance' ? 'best' : 'window';
    const before = isReversed ? { key: -Number.MAX_VALUE, id: 0 } : { key: Number.MAX_VALUE, id: NO_WINDOW };
    return { stage, lowId, highId: index.highId, offset: 0, ...before };
  }

  /** The torrent that the query names by its infohash; null if it names none, or none that is stored. */
  #pageByInfohash(query: SearchQuery): ResultPage | null {
    const infohash = query.infohashHex === null ? null : fromHex(query.infohashHex);
    const id = infohash === null ? null : this.#sources.reader.findId(infohash.subarray(0, 20));
    // Also a hidden one: who asks for it by its name of names wants it.
    const [row] = id === null ? [] : this.#sources.reader.rowsByIds([id], BLOCKED);
    if (row === undefined) return null;
    return { ...WHOLE_PAGE, rows: this.#toResultRows([row], query), totalCount: 1 };
  }
}

/** Without words there is no best match. */
function sortOf({ sort }: Pick<SearchRequest, 'sort'>, query: SearchQuery): SortOrder {
  return sort === 'relevance' && wantedPhrases(query).length === 0 ? 'newest' : sort;
}
