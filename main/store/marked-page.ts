// Pages of what the person starred or hid. There are as many as somebody marked by hand, so each page looks at all of them.
import type { CatalogueReader, StoredRow } from '../catalogue/catalogue-reader.ts';
import { BLOCKED, HIDDEN, isShown, OPENED, STARRED, UNSHOWN_FROM } from '../catalogue/marks.ts';
import type { ColumnFilter } from '../search/column-filter.ts';
import { nameMatches } from '../search/name-match.ts';
import type { SearchQuery } from '../search/search-query.ts';
import { contentTypeNamed } from './catalogue-row.ts';
import { rowPasses } from './page-sources.ts';
import type { MarkedList, ShownMarks } from './owner-contract.ts';
import { CONTENT_TYPES, PAGE_ROWS_MAX, type ContentType } from './store-contract.ts';

/** Rows looked at: some 40 ms. What is older than these is not shown in the list. */
export const MARKED_SHOWN_MAX = 10_000;

export interface MarkedRequest {
  readonly list: MarkedList;
  readonly query: SearchQuery;
  readonly filter: ColumnFilter | null;
  readonly contentType: ContentType | null;
  readonly limit: number;
  /** Rows below this id, newest first. */
  readonly beforeId: number;
}

export function markedPage(reader: CatalogueReader, request: MarkedRequest) {
  const { list, query, filter, contentType, beforeId } = request;
  const isHidden = list === 'hidden';
  const ids = isHidden ? reader.unshownIds(HIDDEN, BLOCKED) : reader.starredIds(MARKED_SHOWN_MAX);
  const found = reader
    .rowsByIds(ids.slice(0, MARKED_SHOWN_MAX), isHidden ? BLOCKED : UNSHOWN_FROM)
    .filter((row) => nameMatches(query, row.name) && rowPasses({ reader }, { query, filter }, row, true));
  const countsByType = Object.fromEntries(CONTENT_TYPES.map((type) => [type, 0])) as Record<ContentType, number>;
  for (const row of found) countsByType[contentTypeNamed(row.contentType)]++;
  const ofType = found.filter((row) => contentType === null || contentTypeNamed(row.contentType) === contentType);
  const limit = Math.max(1, Math.min(PAGE_ROWS_MAX, Math.floor(request.limit) || 1));
  const rest = ofType.filter(({ id }) => id < beforeId);
  return { rows: rest.slice(0, limit), hasMore: rest.length > limit, totalCount: ofType.length, countsByType };
}

/** What the window sees of a row's marks. */
export function shownMarks(marks: StoredRow['marks']): ShownMarks {
  return {
    isStarred: (marks & STARRED) !== 0,
    wasOpened: (marks & OPENED) !== 0,
    isHidden: !isShown(marks),
  };
}
