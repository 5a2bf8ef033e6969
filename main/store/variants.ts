// Near-duplicates of a torrent: others with the same title, and the same episode and year where the names tell any. Found
// by the index, told apart by the names themselves.
import type { StoredRow } from '../catalogue/catalogue-reader.ts';
import { cleanTitle } from '../search/clean-title.ts';
import { toIndexQuery } from '../search/index-query.ts';
import { parseQuery } from '../search/search-query.ts';
import { fold } from '../search/tokens.ts';
import type { PageSources } from './page-sources.ts';

/** More variants than anybody compares. */
export const VARIANTS_MAX = 50;
/** Names looked at: a common title costs some milliseconds. */
const CANDIDATES_MAX = 300;
const EPISODE = /(?<![\p{L}\p{N}])s\d{1,2}(?:\s?e\d{1,4})?(?![\p{L}\p{N}])/iu;
const YEAR = /(?<!\d)(?:19|20)\d\d(?!\d)/;

/** What variants have in common; a name without a title of its own has only itself. */
export function variantKey(name: string): string {
  const title = cleanTitle(name);
  if (title === null) return `=${name}`;
  const rest = name.replace(/[._]+/g, ' ');
  const episode = EPISODE.exec(rest)?.[0].replace(/\s/g, '').toLowerCase() ?? '';
  return [fold(title), episode, YEAR.exec(rest)?.[0] ?? ''].join('|');
}

/** The others, those most peers had first; at most VARIANTS_MAX. */
export function findVariants({ index, reader }: Pick<PageSources, 'index' | 'reader'>, own: StoredRow): StoredRow[] {
  const key = variantKey(own.name);
  // A space at the end: no word is still being typed.
  const query = toIndexQuery(parseQuery(`${cleanTitle(own.name) ?? own.name.slice(0, 200)} `));
  const all = { lowId: 0, highId: Number.MAX_SAFE_INTEGER, contentType: null, after: null, withCounts: false } as const;
  const { places } = index.search({ ...all, query, sort: 'peers', limit: CANDIDATES_MAX });
  return reader
    .rowsByIds(places.map(({ id }) => id))
    .filter((row) => row.id !== own.id && variantKey(row.name) === key)
    .slice(0, VARIANTS_MAX);
}
