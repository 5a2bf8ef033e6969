// A query as terms of the index, for the segments in memory and for the full-text tables alike.
import type { ColumnFilter } from './column-filter.ts';
import { isOneTerm } from './name-match.ts';
import type { QueryPhrase, QueryWord } from './query-words.ts';
import { requiredWords, type SearchQuery } from './search-query.ts';
import { EXTENSION_MARK, lettersOf } from './tokens.ts';
import { type PairMask, pairsOfPhrases } from './word-pairs.ts';

/** Terms asked of the index for one query. More only costs time: names are looked at anyway when words are long. */
const CLAUSES_MAX = 48;

export interface Clause {
  /** UTF-8 of the term, or of its beginning. */
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly isPrefix: boolean;
}

/** Rows that have all of `clauses` in their names, or whose ids are among `rows` (rising). */
export interface Alternative {
  /** Empty: only `rows` counts. */
  readonly clauses: readonly Clause[];
  readonly rows: Uint32Array | null;
}

export interface IndexQuery {
  readonly required: readonly Clause[];
  /** Of each group, a match fits one alternative at least. */
  readonly anyOf: readonly (readonly Alternative[])[];
  /** Terms of which a match has none (only exclusions that one term decides). */
  readonly excluded: readonly Clause[];
  /** Alternatives of which a match fits none. */
  readonly excludedAny: readonly Alternative[];
  readonly filter: ColumnFilter | null;
  /** What the phrases say of neighbouring words; whether a name has the phrase itself only the name tells. */
  readonly pairs: PairMask;
  readonly matchesNothing: boolean;
  /** Without the rows with an adult name, or only those; left out: all. */
  readonly adult?: 'hide' | 'only';
}

/** Ids (rising) of the torrents whose paths have what `key` names; see `pathClauses`. */
export type PathRows = ReadonlyMap<string, Uint32Array>;
const NO_PATH_ROWS: PathRows = new Map();

/** `pathRows` must have an entry for every `pathClauses(query)`. */
export function toIndexQuery(
  query: SearchQuery,
  filter: ColumnFilter | null = null,
  pathRows: PathRows = NO_PATH_ROWS,
): IndexQuery {
  const { filters } = query;
  const rowsOf = (key: string): Uint32Array | null => pathRows.get(key) ?? null;
  const extension = (text: string): Alternative => ({ clauses: [], rows: rowsOf(keyOf(extensionClauses(text))) });
  const path = (word: QueryWord): Alternative[] => [
    { clauses: clausesOf(word), rows: null },
    { clauses: [], rows: rowsOf(keyOf(pathWordClauses(word))) },
  ];
  return {
    required: uniqueClauses(requiredWords(query).flatMap(clausesOf)).slice(0, CLAUSES_MAX),
    anyOf: [
      ...query.anyOf.map((phrases) => phrases.map((phrase) => ({ clauses: phraseClauses(phrase), rows: null }))),
      ...filters.extensions.map((group) => group.map(extension)),
      ...filters.paths.map(path),
    ],
    excluded: query.excluded.filter(isOneTerm).flatMap((phrase) => clausesOf(phrase[0]!)),
    excludedAny: [...filters.excludedExtensions.map(extension), ...filters.excludedPaths.flatMap(path)],
    filter,
    pairs: pairsOfPhrases(query.phrases),
    matchesNothing: query.isUnmatchable,
  };
}

/** What has to be looked up in the paths on disk before the index can answer, by key. Empty for most queries. */
export function pathClauses({ filters }: SearchQuery): Map<string, readonly Clause[]> {
  const extensions = [...filters.extensions.flat(), ...filters.excludedExtensions].map(extensionClauses);
  const paths = [...filters.paths, ...filters.excludedPaths].map(pathWordClauses);
  return new Map([...extensions, ...paths].map((clauses) => [keyOf(clauses), clauses]));
}

/** A beginning of one or two letters would list half of all torrents (path_fts has no index of beginnings). */
const PATH_PREFIX_CHARACTERS_MIN = 3;

const extensionClauses = (extension: string): Clause[] => [clauseOf(EXTENSION_MARK + extension, false)];
const pathWordClauses = (word: QueryWord): Clause[] =>
  clausesOf(word.text.length < PATH_PREFIX_CHARACTERS_MIN && !word.isUnspaced ? { ...word, isPrefix: false } : word);
const keyOf = (clauses: readonly Clause[]): string => clauses.map(clauseKey).join(' ');
const clauseKey = ({ isPrefix, text }: Clause): string => `${isPrefix ? '*' : '='}${text}`;
const phraseClauses = (phrase: QueryPhrase): Clause[] => uniqueClauses(phrase.flatMap(clausesOf));

/** A word of an unspaced script is its pairs of letters; the last one is a beginning (a Hangul letter may be unfinished). */
export function clausesOf(word: QueryWord): Clause[] {
  if (!word.isUnspaced) return [clauseOf(word.text, word.isPrefix)];
  const letters = lettersOf(word.text);
  if (letters.length === 1) return [clauseOf(word.text, true)];
  const last = letters.length - 1;
  return letters.slice(1).map((letter, index) => clauseOf(letters[index]! + letter, index + 1 === last));
}

export function clauseOf(text: string, isPrefix: boolean): Clause {
  return { text, bytes: Buffer.from(text), isPrefix };
}

function uniqueClauses(clauses: readonly Clause[]): Clause[] {
  return [...new Map(clauses.map((one) => [clauseKey(one), one])).values()];
}

export function matchesEverything({
  required,
  anyOf,
  excluded,
  excludedAny,
  filter,
  matchesNothing,
  adult,
}: IndexQuery): boolean {
  const asked = required.length + anyOf.length + excluded.length + excludedAny.length;
  return asked === 0 && filter === null && !matchesNothing && adult === undefined;
}
