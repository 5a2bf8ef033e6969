// How many torrents match in all, and of which type. Exact wherever that is cheap: always for words in the window; else
// lower bounds, all of them, and `totalIsExact` says so.
import type { StoredRow } from '../catalogue/catalogue-reader.ts';
import { FILE_MATCHES_MAX, findByFiles } from '../search/file-search.ts';
import { nameMatches, needsName } from '../search/name-match.ts';
import { isCommonBeginning } from '../search/older-look-up.ts';
import { requiredWords } from '../search/search-query.ts';
import { hasPathFilters } from '../search/path-match.ts';
import { contentTypeNamed } from './catalogue-row.ts';
import type { OlderMatches } from './older-matches.ts';
import { type Asked, nameOf, type PageSources, rowPasses, windowHasOlder } from './page-sources.ts';
import { CONTENT_TYPES, type ContentType, type ResultPage } from './store-contract.ts';

/** Names read to count phrases: some 5 ms. */
const NAMES_COUNTED_MAX = 500;
/** The same before the first rows are shown. */
const NAMES_COUNTED_AT_ONCE_MAX = 60;
/** Older rows are counted up to this. */
const OLDER_COUNTED_MAX = 1001;
/** With fewer matches by name than this, file paths are searched as well. */
const FEW_NAMES = 200;
/** Of so many names in memory one has to match, so that FTS5 counts up to OLDER_COUNTED_MAX in some milliseconds. */
const COUNTED_SHARE_MIN = 1 / 2000;

type Counts = Pick<ResultPage, 'totalCount' | 'totalIsExact' | 'isPartial' | 'countsByType'>;
export interface WindowCounts extends Counts {
  /** Of the total, those of the window in memory. */
  readonly windowCount: number;
  /** The same of all types. */
  readonly namesCount: number;
  /** Both are exact. */
  readonly isExact: boolean;
}

interface CountRequest extends Asked {
  readonly contentType: ContentType | null;
  readonly lowId: number;
  readonly highId: number;
}

/** `isFirst`: before anything is shown, so of what takes long only that it is not known; `isPartial`: the disk may have more. */
export function countWindow(sources: PageSources, request: CountRequest, isFirst: boolean): WindowCounts {
  const { query, contentType } = request;
  if (isFirst && needsManyNames(sources, request)) return UNCOUNTED;
  const { countsByType, isExact } = countNames(sources, request);
  const namesCount = sum(countsByType);
  const windowCount = contentType === null ? namesCount : countsByType[contentType];
  const hasOlder = windowHasOlder(sources.index, request.lowId) && !query.isUnmatchable;
  const isFew = namesCount < FEW_NAMES && requiredWords(query).length > 0;
  // Of an index that is still being read nothing is known yet, which is not the same as none.
  const known = hasOlder && windowCount === 0 ? null : countsByType;
  const totalIsExact = isExact && !hasOlder;
  const isPartial = hasOlder || isFew;
  return { totalCount: windowCount, totalIsExact, isPartial, countsByType: known, windowCount, namesCount, isExact };
}

/** Whether enough is known of what is below the window to say how many there are, or that they are many. */
export const isCounted = ({ namesCount }: WindowCounts, older: OlderMatches): boolean =>
  older.isEnd || namesCount + older.count >= FEW_NAMES;

/** With what is below the window, as far as it was found. */
export function countAll(
  sources: PageSources,
  request: CountRequest,
  { window, older }: { window: WindowCounts; older: OlderMatches },
): Counts {
  const { contentType } = request;
  const countsByType = Object.fromEntries(
    CONTENT_TYPES.map((type, at) => [type, (window.countsByType?.[type] ?? 0) + older.countsByType[at]!]),
  ) as Record<ContentType, number>;
  const fileIds = older.isEnd ? fileIdsOf(sources, request, { window, older }) : [];
  addTypes(
    countsByType,
    sources.reader.rowsByIds(fileIds).filter((row) => rowPasses(sources, request, row, false)),
  );
  const isExact = window.isExact && older.isEnd && fileIds.length < FILE_MATCHES_MAX;
  const moreCount = older.isEnd ? 0 : Math.max(0, countOlder(sources, request, { window, older }) - older.count);
  const totalCount = contentType === null ? sum(countsByType) + moreCount : countsByType[contentType];
  // Only what was met on the way to a page, while nothing of it is in memory: of an index that is still being read.
  const isUnknown = !older.isEnd && window.namesCount === 0;
  return { totalCount, totalIsExact: isExact, isPartial: false, countsByType: isUnknown ? null : countsByType };
}

/** What only the file paths match, highest first; none where names gave enough. `older` is at its end. */
export function fileIdsOf(
  sources: PageSources,
  request: CountRequest,
  { window, older }: { window: WindowCounts; older: OlderMatches },
): readonly number[] {
  const wants = window.namesCount + older.count < FEW_NAMES && requiredWords(request.query).length > 0;
  return (older.fileIds ??= wants ? findFileIds(sources, request, older) : []);
}

/** How many there are only their names tell, and they are too many to read before anything is shown. */
const UNCOUNTED: WindowCounts = {
  ...{ totalCount: 0, totalIsExact: false, isPartial: true, isExact: false },
  ...{ countsByType: null, windowCount: 0, namesCount: 0 },
};

function needsManyNames({ index }: PageSources, request: CountRequest): boolean {
  if (!needsName(request.query)) return false;
  return index.search({ ...wholeWindow(request), limit: 0, withCounts: true }).totalCount > NAMES_COUNTED_AT_ONCE_MAX;
}

/** Below the window, up to OLDER_COUNTED_MAX; 0 where the terms alone do not tell, or where it takes long to count so far. */
function countOlder(
  { index, fullText }: PageSources,
  { query, filter, lowId, hidesAdult }: CountRequest,
  { window, older }: { window: WindowCounts; older: OlderMatches },
): number {
  const words = requiredWords(query).length + query.anyOf.length;
  const isByName = needsName(query) || hasPathFilters(query) || filter !== null || hidesAdult === true;
  if (isByName || (words === 0 && query.excluded.length > 0)) return 0;
  const takesLong = older.looksUpMore || window.namesCount < COUNTED_SHARE_MIN * index.rowCount;
  return words > 0 && takesLong ? 0 : fullText.countNames(query, { beforeId: lowId, most: OLDER_COUNTED_MAX });
}

function countNames({ fullText, index }: PageSources, count: CountRequest) {
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

function findFileIds({ reader, index, fullText }: PageSources, count: CountRequest, older: OlderMatches): number[] {
  const { query, highId } = count;
  const rows = {
    nameOf: (id: number): string | null => nameOf({ index, fullText }, id),
    pathsOf: (id: number): readonly string[] => reader.detailsById(id)?.files.map((file) => file.path) ?? [],
  };
  const window = index
    .search({ ...wholeWindow(count), limit: FEW_NAMES, withCounts: false })
    .places.map(({ id }) => id);
  const nameIds = new Set([...window, ...older.below(Number.MAX_SAFE_INTEGER, -1, FEW_NAMES)]);
  // While the window is empty nothing limits what is seen.
  const highest = highId === 0 ? Number.MAX_SAFE_INTEGER - 1 : highId;
  return findByFiles(fullText, rows, {
    query,
    highId: highest,
    nameIds,
    isCommonBeginning: (word) => isCommonBeginning(word, index.segments),
  });
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
