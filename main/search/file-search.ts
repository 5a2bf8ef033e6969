// Torrents found by the files inside them: every word of the query is in the name or in the paths, at least one only in
// the paths. Asked when names alone gave few results. Bounded: the newest few hundred candidates for each word are looked at.
import { type FullText } from './full-text.ts';
import { needsName, queryMatchesAny, wordFits } from './name-match.ts';
import { requiredWords, type QueryWord, type SearchQuery } from './search-query.ts';
import { fold, words } from './tokens.ts';

/** Found torrents, newest first. */
export const FILE_MATCHES_MAX = 500;
/** Words whose paths are looked up; a query of more is looked up by its first ones. */
const WORDS_ASKED_MAX = 6;
const CANDIDATES_PER_WORD_MAX = 500;
/** Torrents whose file list is unpacked for a phrase: 0.2 ms each. */
const LISTS_READ_MAX = 60;
/** A beginning of one or two letters would list half of all torrents (path_fts has no index of beginnings). */
const PREFIX_CHARACTERS_MIN = 3;

export interface FileSearchRows {
  /** Null when the row is gone. */
  nameOf(id: number): string | null;
  pathsOf(id: number): readonly string[];
}

/** Ids up to `highId`, newest first. */
export function findByFiles(query: SearchQuery, fullText: FullText, rows: FileSearchRows, highId: number): number[] {
  const asked = requiredWords(query).map(wholeIfShort);
  if (asked.length === 0) return [];
  const pathIdsOf = new Map<QueryWord, Set<number>>();
  for (const word of asked.slice(0, WORDS_ASKED_MAX)) {
    const single = { terms: [word], phrases: [], excluded: [], infohashHex: null, isUnmatchable: false };
    const ids = fullText.pathIds(single, { beforeId: highId + 1, limit: CANDIDATES_PER_WORD_MAX });
    pathIdsOf.set(word, new Set(ids));
  }
  const all = fullText.pathIds(
    { ...query, terms: asked, phrases: [] },
    { beforeId: highId + 1, limit: FILE_MATCHES_MAX },
  );
  const allSet = new Set(all);
  const candidates = new Set([...all, ...[...pathIdsOf.values()].flatMap((ids) => [...ids])]);
  const found: number[] = [];
  let listsLeft = LISTS_READ_MAX;
  for (const id of [...candidates].sort((a, b) => b - a)) {
    if (found.length === FILE_MATCHES_MAX || listsLeft === 0) break;
    const name = rows.nameOf(id);
    if (name === null) continue;
    const nameWords = words(fold(name));
    const isFound = (word: QueryWord): boolean =>
      pathIdsOf.get(word)?.has(id) === true || nameWords.some((nameWord) => wordFits(nameWord, word));
    if (!allSet.has(id) && !asked.every(isFound)) continue;
    if (needsName(query)) {
      listsLeft--;
      if (!queryMatchesAny(query, name, rows.pathsOf(id))) continue;
    } else if (query.excluded.some((phrase) => nameWords.some((nameWord) => wordFits(nameWord, phrase[0]!)))) {
      continue;
    }
    if (!asked.every((word) => nameWords.some((nameWord) => wordFits(nameWord, word)))) found.push(id);
  }
  return found;
}

function wholeIfShort(word: QueryWord): QueryWord {
  return word.isPrefix && word.text.length < PREFIX_CHARACTERS_MIN ? { ...word, isPrefix: false } : word;
}
