// How many torrents match in all, and of which type. Exact wherever that is cheap: always for words in the window; else
// lower bounds, all of them, and `totalIsExact` says so.
import type { StoredRow } from '../catalogue/catalogue-reader.ts';
import { FILE_MATCHES_MAX, findByFiles } from '../search/file-search.ts';
import { nameMatches, needsName } from '../search/name-match.ts';
import { requiredWords, type SearchQuery } from '../search/search-query.ts';
import { toIndexQuery } from '../search/segment-search.ts';
import { contentTypeNamed } from './catalogue-row.ts';
import { type PageSources, windowHasOlder } from './page-run.ts';
import { CONTENT_TYPES, type ContentType, type ResultPage } from './store-contract.ts';

/** Names read to count phrases: some 5 ms. */
const NAMES_COUNTED_MAX = 500;
/** Older rows are counted up to this. */
const OLDER_COUNTED_MAX = 1001;
/** With fewer matches by name than this, file paths are searched as well. */
const FEW_NAMES = 200;

export interface ResultCounts extends Pick<ResultPage, 'totalCount' | 'totalIsExact' | 'countsByType'> {
  /** What only the file paths match, highest first; null where names gave enough. */
  readonly fileIds: readonly number[] | null;
}

interface CountRequest {
  readonly query: SearchQuery;
  readonly contentType: ContentType | null;
  readonly lowId: number;
  readonly highId: number;
}

export function countResults(sources: PageSources, request: CountRequest): ResultCounts {
  const { query, contentType } = request;
  const window = countWindow(sources, request);
  const older = countOlder(sources, request);
  const countsByType = { ...window.countsByType };
  addTypes(countsByType, older.rows);
  const namesCount = sum(countsByType) + older.moreCount;
  const searchesFiles = namesCount < FEW_NAMES && requiredWords(query).length > 0;
  const fileIds = searchesFiles ? findFileIds(sources, request) : null;
  if (fileIds !== null) addTypes(countsByType, sources.reader.rowsByIds(fileIds));
  const isExact = window.isExact && older.moreCount === 0 && (fileIds?.length ?? 0) < FILE_MATCHES_MAX;
  const totalCount = contentType === null ? sum(countsByType) + older.moreCount : countsByType[contentType];
  return { totalCount, totalIsExact: isExact, countsByType, fileIds };
}

/** Below the window: a few rows are looked at one by one; of many only their number is told, and that up to a limit. */
function countOlder({ reader, index, fullText }: PageSources, { query, lowId }: CountRequest) {
  if (!windowHasOlder(index, lowId)) return { rows: [], moreCount: 0 };
  const ids = fullText.nameIds(query, { beforeId: lowId, limit: FEW_NAMES + 1 });
  if (ids.length <= FEW_NAMES) {
    return { rows: reader.rowsByIds(ids).filter(({ name }) => nameMatches(query, name)), moreCount: 0 };
  }
  // Terms alone do not tell how many: at least one more is all that is known.
  const isOnlyExcluding = query.excluded.length > 0 && requiredWords(query).length === 0;
  if (needsName(query) || isOnlyExcluding) return { rows: [], moreCount: 1 };
  return { rows: [], moreCount: fullText.countNames(query, { beforeId: lowId, most: OLDER_COUNTED_MAX }) };
}

function countWindow({ fullText, index }: PageSources, count: CountRequest) {
  const { query } = count;
  const isByName = needsName(query);
  const answer = index.search({ ...wholeWindow(count), limit: isByName ? NAMES_COUNTED_MAX : 0, withCounts: true });
  if (!isByName) return { countsByType: answer.countsByType, isExact: true };
  const countsByType = { ...answer.countsByType };
  for (const type of CONTENT_TYPES) countsByType[type] = 0;
  for (const { id } of answer.places) {
    if (nameMatches(query, fullText.nameOf(id) ?? '')) countsByType[contentTypeNamed(index.typeOf(id))]++;
  }
  return { countsByType, isExact: answer.totalCount <= NAMES_COUNTED_MAX };
}

function findFileIds({ reader, index, fullText }: PageSources, count: CountRequest): number[] {
  const { query, lowId, highId } = count;
  const rows = {
    nameOf: (id: number): string | null => fullText.nameOf(id),
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
function wholeWindow({ query, lowId, highId }: CountRequest) {
  return { query: toIndexQuery(query), sort: 'newest', contentType: null, after: null, lowId, highId } as const;
}

function addTypes(counts: Record<ContentType, number>, rows: readonly StoredRow[]): void {
  for (const row of rows) counts[contentTypeNamed(row.contentType)]++;
}

const sum = (counts: Readonly<Record<ContentType, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);
