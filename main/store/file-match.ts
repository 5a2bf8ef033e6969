// Why a torrent is in the list whose name has none of the words: the path of the file that has most of them.
import type { CatalogueReader } from '../catalogue/catalogue-reader.ts';
import { matchRanges } from '../search/name-match.ts';
import { type SearchQuery, wantedPhrases } from '../search/search-query.ts';
import type { FileMatch } from './store-contract.ts';

/** Files looked at of one torrent; most of the words are found in the first few. */
const FILES_READ_MAX = 400;
/** Unpacking a list of files takes some 0.2 ms: a page of them must not hold up the next keystroke. */
export const FILE_MATCHES_SHOWN = 40;

/** Null when no path has any of the words, or the query has none. */
export function findFileMatch(reader: CatalogueReader, query: SearchQuery, id: number): FileMatch | null {
  const wanted = wantedPhrases(query).length;
  if (wanted === 0) return null;
  let best: FileMatch | null = null;
  for (const { path } of (reader.detailsById(id)?.files ?? []).slice(0, FILES_READ_MAX)) {
    const matches = matchRanges(query, path);
    if (matches.length > (best?.matches.length ?? 0)) best = { path, matches };
    if (matches.length >= 2 * wanted) break;
  }
  return best;
}
