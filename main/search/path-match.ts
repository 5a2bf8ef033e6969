// The filters `ext:` and `path:` against the paths themselves, for rows that the index in memory does not answer for.
import { wordFits } from './name-match.ts';
import type { QueryWord } from './query-words.ts';
import type { SearchQuery } from './search-query.ts';
import { fold, words } from './tokens.ts';

/** Longer endings are not kinds of files. */
const EXTENSION_CHARACTERS_MAX = 10;

export function hasPathFilters({ filters }: SearchQuery): boolean {
  const { extensions, excludedExtensions, paths, excludedPaths } = filters;
  return extensions.length + excludedExtensions.length + paths.length + excludedPaths.length > 0;
}

/** A torrent's name counts as the folder that its files are in. */
export function pathsFit({ filters }: SearchQuery, name: string, paths: readonly string[]): boolean {
  const extensions = new Set(paths.map(extensionOf));
  const texts = [name, ...paths].map((text) => words(fold(text)));
  const isThere = (word: QueryWord): boolean => texts.some((text) => text.some((one) => wordFits(one, word)));
  return (
    filters.extensions.every((group) => group.some((extension) => extensions.has(extension))) &&
    !filters.excludedExtensions.some((extension) => extensions.has(extension)) &&
    filters.paths.every(isThere) &&
    !filters.excludedPaths.some(isThere)
  );
}

/** Folded, without the dot; empty if there is none or it is too long to be one. */
export function extensionOf(path: string): string {
  const dot = path.lastIndexOf('.');
  if (dot < 0 || path.length - dot > EXTENSION_CHARACTERS_MAX + 1) return '';
  const extension = fold(path.slice(dot + 1));
  return /^[\p{L}\p{N}]+$/u.test(extension) ? extension : '';
}
