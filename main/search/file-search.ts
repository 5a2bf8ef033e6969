// Torrents found by the files inside them: every word of the query is in the name or in the paths, at least one only in
// the paths. Asked when names alone gave few results. Bounded: the newest few hundred candidates for each word are looked at.
import { type FullText } from './full-text.ts';
import { needsName, queryMatchesAny, wordFits } from './name-match.ts';
import { hasPathFilters, pathsFit } from './path-match.ts';
import type { QueryWord } from './query-words.ts';
import { requiredWords, type SearchQuery } from './search-query.ts';
import { fold, words } from './tokens.ts';

/** Found torrents, newest first. */
export const FILE_MATCHES_MAX = 200;
/** Words whose paths are looked up; a query of more is looked up by its first ones. */
const WORDS_ASKED_MAX = 6;
const CANDIDATES_PER_WORD_MAX = 200;
/** Names read for one query: a millisecond or two. */
const NAMES_READ_MAX = 250;
/** Torrents whose file list is unpacked for a phrase: 0.2 ms each. */
const LISTS_READ_MAX = 40;
/** A beginning of one or two letters would list half of all torrents: path_fts has no index of beginnings, and gathers all of them. */
const PREFIX_CHARACTERS_MIN = 3;

export interface FileSearchRows {
  /** Null when the row is gone. */
  nameOf(id: number): string | null;
  pathsOf(id: number): readonly string[];
}

export interface FileSearchRequest {
  readonly query: SearchQuery;
  /** What the terms of names alone find; left out here. */
  readonly nameIds: ReadonlySet<number>;
  readonly highId: number;
  /** Is this the beginning of so common words that it is to be taken as a whole one? */
  readonly isCommonBeginning?: (word: QueryWord) => boolean;
}

/** Ids up to `highId`, newest first. */
export function findByFiles(fullText: FullText, rows: FileSearchRows, request: FileSearchRequest): number[] {
  const { query, highId, nameIds, isCommonBeginning = () => false } = request;
  const isWhole = (word: QueryWord): boolean => word.text.length < PREFIX_CHARACTERS_MIN || isCommonBeginning(word);
  const asked = requiredWords(query).map((word) =>
    word.isPrefix && isWhole(word) ? { ...word, isPrefix: false } : word,
  );
  if (asked.length === 0) return [];
  const onlyWords = (terms: readonly QueryWord[]): SearchQuery => ({
    ...query,
    terms,
    phrases: [],
    anyOf: [],
    excluded: [],
  });
  const limits = { beforeId: highId + 1, limit: FILE_MATCHES_MAX };
  const inPaths = new Set(fullText.pathIds(onlyWords(asked), limits));
  const pathIdsOf = new Map<QueryWord, ReadonlySet<number>>();
  for (const word of asked.length > 1 ? asked.slice(0, WORDS_ASKED_MAX) : []) {
    const ids = fullText.pathIds(onlyWords([word]), { ...limits, limit: CANDIDATES_PER_WORD_MAX });
    pathIdsOf.set(word, new Set(ids));
  }
  const candidates = new Set([...inPaths, ...[...pathIdsOf.values()].flatMap((ids) => [...ids])]);
  const readsNames = readsLists(query) || query.excluded.length > 0;
  const found: number[] = [];
  let namesLeft = readsNames ? LISTS_READ_MAX : NAMES_READ_MAX;
  for (const id of [...candidates].sort((a, b) => b - a)) {
    if (found.length === FILE_MATCHES_MAX) break;
    if (nameIds.has(id) && !readsLists(query)) continue;
    const isSure = inPaths.has(id) && !readsNames;
    if (!isSure && (namesLeft-- <= 0 || !isMatch({ id, asked, query, pathIdsOf, inPaths }, rows))) continue;
    found.push(id);
  }
  return found;
}

interface Candidate {
  readonly id: number;
  readonly asked: readonly QueryWord[];
  readonly query: SearchQuery;
  readonly pathIdsOf: ReadonlyMap<QueryWord, ReadonlySet<number>>;
  readonly inPaths: ReadonlySet<number>;
}

function isMatch({ id, asked, query, pathIdsOf, inPaths }: Candidate, rows: FileSearchRows): boolean {
  const name = rows.nameOf(id);
  if (name === null) return false;
  const nameWords = words(fold(name));
  const isInName = (word: QueryWord): boolean => nameWords.some((nameWord) => wordFits(nameWord, word));
  if (!inPaths.has(id) && !asked.every((word) => pathIdsOf.get(word)?.has(id) === true || isInName(word))) return false;
  if (!readsLists(query)) return !query.excluded.some((phrase) => isInName(phrase[0]!));
  // A match by name alone was shown already.
  if (queryMatchesAny(query, name, [])) return false;
  const paths = rows.pathsOf(id);
  return queryMatchesAny(query, name, paths) && pathsFit(query, name, paths);
}

/** True when the words of name and paths are not enough: each file list has to be looked at. */
function readsLists(query: SearchQuery): boolean {
  return needsName(query) || query.anyOf.length > 0 || hasPathFilters(query);
}
