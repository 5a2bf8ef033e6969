// What pages of results are made of, and what decides whether a row belongs to them.
import type { CatalogueReader, StoredRow } from '../catalogue/catalogue-reader.ts';
import { isAdultName } from '../search/adult-names.ts';
import { type ColumnFilter, passesFilter } from '../search/column-filter.ts';
import type { FullText } from '../search/full-text.ts';
import type { IndexQuery } from '../search/index-query.ts';
import type { NameIndex } from '../search/name-index.ts';
import { hasPathFilters, pathsFit } from '../search/path-match.ts';
import type { SearchQuery } from '../search/search-query.ts';

export interface PageSources {
  readonly reader: CatalogueReader;
  readonly index: NameIndex;
  readonly fullText: FullText;
}

/** What is asked, in every form that somebody needs. */
export interface Asked {
  readonly query: SearchQuery;
  readonly indexQuery: IndexQuery;
  readonly filter: ColumnFilter | null;
  /** Left out: false. */
  readonly hidesAdult?: boolean;
}

/** Does a row pass the filters? `looksAtPaths`: also those over its files, which costs 0.2 ms. */
export function rowPasses(
  { reader }: Pick<PageSources, 'reader'>,
  { query, filter, hidesAdult }: Omit<Asked, 'indexQuery'>,
  row: StoredRow,
  looksAtPaths: boolean,
): boolean {
  if (hidesAdult === true && isAdultName(row.name)) return false;
  if (!passesFilter(filter, { ...row, peersSeen: row.seeders })) return false;
  if (!looksAtPaths || !hasPathFilters(query)) return true;
  return pathsFit(query, row.name, reader.detailsById(row.id)?.files.map(({ path }) => path) ?? []);
}

/** From memory, or from the disk what is older; null when the row is gone. */
export function nameOf({ index, fullText }: Pick<PageSources, 'index' | 'fullText'>, id: number): string | null {
  return index.nameOf(id) ?? fullText.nameOf(id);
}

/** Are there rows below a window that began at `lowId`? */
export function windowHasOlder(index: NameIndex, lowId: number): boolean {
  return index.hasOlder || lowId > index.lowId;
}
