// The words that a search wants to find, read roughly off what was typed: enough to say why a row without a mark in its
// name is there, and to mark them in a list of files. The search thread reads queries exactly (main/search). Pure.
import { partsOf } from './query-text.ts';

/** An infohash or a magnet link asks for one torrent, not for words. */
const INFOHASH_OR_LINK = /^(?:magnet:.*|[0-9a-f]{40}|[0-9a-f]{64}|[a-z2-7]{32})$/i;

/** Parted by single spaces; empty where the search is not about words. */
export function searchedWords(text: string): string {
  if (INFOHASH_OR_LINK.test(text.trim())) return '';
  return partsOf(text)
    .filter((part) => !part.isExcluded && (part.kind !== 'filter' || part.key === 'path'))
    .map((part) => part.value.replace(/["“”]/g, ' '))
    .join(' ')
    .split(/\s+/)
    .filter(Boolean)
    .join(' ');
}
