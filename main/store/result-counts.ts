// How many torrents match in all, and of which type. Exact wherever that is cheap: always for words in the window; else
// lower bounds, all of them, and `totalIsExact` says so.
import type { StoredRow } from '../catalogue/catalogue-reader.ts';
import { FILE_MATCHES_MAX, findByFiles } from '../search/file-search.ts';
import { nameMatches, needsName } from '../search/name-match.ts';
import { requiredWords } from '../search/search-query.ts';
import { hasPathFilters } from '../search/path-match.ts';
import { contentTypeNamed } from './catalogue-row.ts';
import { type Asked, nameOf, type PageSources, rowPasses, windowHasOlder } from './page-run.ts';
import { CONTENT_TYPES, type ContentType, type ResultPage } from './store-contract.ts';

/** Names read to count phrases: some 5 ms. */
const NAMES_COUNTED_MAX = 500;
/** The same before the first rows are shown. */
const NAMES_COUNTED_AT_ONCE_MAX = 60;
/** Older rows are counted up to this. */
const OLDER_COUNTED_MAX = 1001;
/** With fewer matches by name than this, file paths are searched as well. */
const FEW_NAMES = 200;
/** File lists unpacked to count rows below the window: 0.2 ms each. */
const FEW_LISTS = 40;

type Counts = Pick<ResultPage, 'totalCount' | 'totalIsExact' | 'isPartial' | 'countsByType'>;
export interface ResultCounts extends Counts {
  /** What only the file paths match, highest first; null where names gave enough. */
  readonly fileIds: readonly number[] | null;
  /** Of the total, those of the window in memory. */
  readonly windowCount: number;
}

interface CountRequest extends Asked {
  readonly contentType: ContentType | null;
  readonly lowId: number;
  readonly highId: number;
}

/** `isMemoryOnly`: the window alone; `isPartial` says that the disk may have more. */
export function countResults(sources: PageSources, request: CountRequest, isMemoryOnly: boolean): ResultCounts {
  const { query, contentType } = request;
  if (isMemoryOnly && needsManyNames(sources, request)) return UNCOUNTED;
  const window = countWindow(sources, request);
  const windowCount = contentType === null ? sum(window.countsByType) : window.countsByType[contentType];
  if (isMemoryOnly) {
    const hasOlder = windowHasOlder(sources.index, request.lowId) && !query.isUnmatchable;
    const isFew = sum(window.countsByType) < FEW_NAMES && requiredWords(query).length > 0;
    // Of an index that is still being read nothing is known yet, which is not the same as none.
    const countsByType = hasOlder && windowCount === 0 ? null : window.countsByType;
    const isPartial = hasOlder || isFew;
    const totalIsExact = window.isExact && !hasOlder;
    return { totalCount: windowCount, totalIsExact, isPartial, countsByType, fileIds: null, windowCount };
  }
  const older = countOlder(sources, request);
  const countsByType = { ...window.countsByType };
  addTypes(countsByType, older.rows);
  const namesCount = sum(countsByType) + older.moreCount;
  const searchesFiles = namesCount < FEW_NAMES && requiredWords(query).length > 0;
  const fileIds = searchesFiles ? findFileIds(sources, request) : null;
  const fileRows = sources.reader.rowsByIds(fileIds ?? []).filter((row) => rowPasses(sources, request, row, false));
  addTypes(countsByType, fileRows);
  const isExact = window.isExact && older.isExact && (fileIds?.length ?? 0) < FILE_MATCHES_MAX;
  const totalCount = contentType === null ? sum(countsByType) + older.moreCount : countsByType[contentType];
  const known = older.moreCount > 0 && sum(countsByType) === 0 ? null : countsByType;
  return { totalCount, totalIsExact: isExact, isPartial: false, countsByType: known, fileIds, windowCount };
}

/** How many there are only their names tell, and they are too many to read before anything is shown. */
const UNCOUNTED: ResultCounts = {
  ...{ totalCount: 0, totalIsExact: false, isPartial: true },
  ...{ countsByType: null, fileIds: null, windowCount: 0 },
};

function needsManyNames({ index }: PageSources, request: CountRequest): boolean {
  if (!needsName(request.query)) return false;
  return index.search({ ...wholeWindow(request), limit: 0, withCounts: true }).totalCount > NAMES_COUNTED_AT_ONCE_MAX;
}

/** Below the window: a few rows are looked at one by one; of many only their number is told, and that up to a limit. */
function countOlder(sources: PageSources, request: CountRequest) {
  const { reader, index, fullText } = sources;
  const { query, filter, lowId } = request;
  if (!windowHasOlder(index, lowId)) return { rows: [], moreCount: 0, isExact: true };
  const looksAtPaths = hasPathFilters(query);
  const few = looksAtPaths ? FEW_LISTS : FEW_NAMES;
  const ids = fullText.candidateIds(query, { beforeId: lowId, limit: few + 1 });
  if (ids.length <= few) {
    const fits = (row: StoredRow): boolean =>
      nameMatches(query, row.name) && rowPasses(sources, request, row, looksAtPaths);
    return { rows: reader.rowsByIds(ids).filter(fits), moreCount: 0, isExact: true };
  }
  // Terms alone do not tell how many; perhaps none.
  const isOnlyExcluding = query.excluded.length > 0 && requiredWords(query).length + query.anyOf.length === 0;
  if (needsName(query) || isOnlyExcluding || filter !== null || looksAtPaths || request.hidesAdult === true)
    return { rows: [], moreCount: 0, isExact: false };
  const moreCount = fullText.countNames(query, { beforeId: lowId, most: OLDER_COUNTED_MAX });
  return { rows: [], moreCount, isExact: false };
}

function countWindow({ fullText, index }: PageSources, count: CountRequest) {
  const { query } = count;
  const isByName = needsName(query);
  const answer = index.search({ ...wholeWindow(count), limit: isByName ? NAMES_COUNTED_MAX : 0, withCounts: true });
  if (!isByName) return { countsByType: answer.countsByType, isExact: true };
  const countsByType = { ...answer.countsByType };
  for (const type of CONTENT_TYPES) countsByType[type] = 0;
  for (const { id } of answer.places) {
    if (nameMatches(query, nameOf({ index, fullText }, id) ?? '')) countsByType[contentTypeNamed(index.typeOf(id))]++;
  }
  return { countsByType, isExact: answer.totalCount <= NAMES_COUNTED_MAX };
}

/** What `hidesAdult` leaves out of the window; of phrases, whose names have to be read, at least so many. */
export function countAdult(
  sources: PageSources,
  { query, indexQuery, contentType, lowId, highId }: CountRequest,
): NonNullable<ResultPage['adultHidden']> {
  const { index } = sources;
  const isByName = needsName(query);
  const range = { lowId, highId, contentType, after: null, sort: 'newest', withCounts: true } as const;
  const only = { ...indexQuery, adult: 'only' as const };
  const answer = index.search({ ...range, query: only, limit: isByName ? NAMES_COUNTED_MAX : 0 });
  const isWhole = !windowHasOlder(index, lowId);
  if (!isByName) return { count: answer.totalCount, isExact: isWhole };
  const count = answer.places.filter(({ id }) => nameMatches(query, nameOf(sources, id) ?? '')).length;
  return { count, isExact: isWhole && answer.totalCount <= NAMES_COUNTED_MAX };
}

function findFileIds({ reader, index, fullText }: PageSources, count: CountRequest): number[] {
  const { query, lowId, highId } = count;
  const rows = {
    nameOf: (id: number): string | null => nameOf({ index, fullText }, id),
    pathsOf: (id: number): readonly string[] => reader.detailsById(id)?.files.map((file) => file.path) ?? [],
  };
  const window = index
    .search({ ...wholeWindow(count), limit: FEW_NAMES, withCounts: false })
    .places.map(({ id }) => id);
  const older = windowHasOlder(index, lowId) ? fullText.nameIds(query, { beforeId: lowId, limit: FEW_NAMES }) : [];
  // While the window is empty nothing limits what is seen.
  const highest = highId === 0 ? Number.MAX_SAFE_INTEGER - 1 : highId;
  return findByFiles(fullText, rows, { query, highId: highest, nameIds: new Set([...window, ...older]) });
}

/** Everything that matches in the index in memory, newest first. */
function wholeWindow({ indexQuery, lowId, highId }: CountRequest) {
  return { query: indexQuery, sort: 'newest', contentType: null, after: null, lowId, highId } as const;
}

function addTypes(counts: Record<ContentType, number>, rows: readonly StoredRow[]): void {
  for (const row of rows) counts[contentTypeNamed(row.contentType)]++;
}

const sum = (counts: Readonly<Record<ContentType, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);
