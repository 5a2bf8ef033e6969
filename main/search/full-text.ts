// The full-text tables on disk: every torrent there is, newest first. Asked for what is older than the window in memory,
// for words in file paths, and by the command line, which has no index. Never ranked by SQLite: bm25 on tables without
// lengths answers 0 for everything, and ORDER BY rank visits every match (half a second for a common word).
import { requiredWords, type SearchQuery } from './search-query.ts';
import { EXTENSION_MARK } from './tokens.ts';
import { type Clause, clausesOf, type IndexQuery, toIndexQuery } from './index-query.ts';

/** The little that is needed of a better-sqlite3 connection; handed in by whoever owns one. */
export interface FullTextDatabase {
  prepare(sql: string): FullTextStatement & { pluck(): FullTextStatement };
}
interface FullTextStatement {
  all(...parameters: unknown[]): unknown[];
  get(...parameters: unknown[]): unknown;
  iterate(...parameters: unknown[]): IterableIterator<unknown>;
}

/**
 * FTS5 seeks to a bound on `rowid` only where it is an integer, and every number is bound as a double: without the CAST it goes
 * past all rows before it (at ten million 100 ms and more where a seek takes half of one).
 */
const BOUND = 'CAST(? AS INTEGER)';
/** Every statement, so that a test can hold each to its plan. */
export const FULL_TEXT_QUERIES = {
  names: `SELECT rowid FROM name_fts WHERE name_fts MATCH ? AND rowid < ${BOUND} ORDER BY rowid DESC LIMIT ?`,
  paths: `SELECT rowid FROM path_fts WHERE path_fts MATCH ? AND rowid < ${BOUND} ORDER BY rowid DESC LIMIT ?`,
  pathRows: `SELECT rowid FROM path_fts WHERE path_fts MATCH ? AND rowid >= ${BOUND} ORDER BY rowid DESC`,
  countNames: `SELECT count(*) FROM (SELECT 1 FROM name_fts WHERE name_fts MATCH ? AND rowid < ${BOUND}
    ORDER BY rowid DESC LIMIT ?)`,
  all: 'SELECT id FROM torrents WHERE id < ? AND marks < 4 ORDER BY id DESC LIMIT ?',
  name: 'SELECT name FROM torrents WHERE id = ?',
  countAll: 'SELECT count(*) FROM (SELECT 1 FROM torrents WHERE id < ? AND marks < 4 LIMIT ?)',
} as const;

/** About 1 MB. Cleared as a whole when it is full: what is in use comes back at once. */
const KEPT_NAMES_MAX = 5000;

export class FullText {
  readonly #names: FullTextStatement;
  readonly #paths: FullTextStatement;
  readonly #pathRows: FullTextStatement;
  readonly #countNames: FullTextStatement;
  readonly #all: FullTextStatement;
  readonly #countAll: FullTextStatement;
  readonly #name: FullTextStatement;
  readonly #keptNames = new Map<number, string>();

  constructor(database: FullTextDatabase) {
    const prepare = (name: keyof typeof FULL_TEXT_QUERIES) => database.prepare(FULL_TEXT_QUERIES[name]).pluck();
    this.#names = prepare('names');
    this.#paths = prepare('paths');
    this.#pathRows = prepare('pathRows');
    this.#countNames = prepare('countNames');
    this.#all = prepare('all');
    this.#countAll = prepare('countAll');
    this.#name = prepare('name');
  }

  /** Null when the row is gone. Names never change, and while somebody types the same ones are asked for again and again. */
  nameOf(id: number): string | null {
    const kept = this.#keptNames.get(id);
    if (kept !== undefined) return kept;
    const name = this.#name.get(id) as string | undefined;
    if (name === undefined) return null;
    if (this.#keptNames.size >= KEPT_NAMES_MAX) this.#keptNames.clear();
    this.#keptNames.set(id, name);
    return name;
  }

  /** Ids from `lowId` on whose paths have all `clauses`, newest first, one by one. */
  pathRows(clauses: readonly Clause[], lowId: number): IterableIterator<number> {
    const match = matchExpression({ required: clauses, excluded: [] });
    return this.#pathRows.iterate(match, lowId) as IterableIterator<number>;
  }

  /**
   * Candidates below `beforeId`, newest first: every match is among them, and whoever asks looks at each. By the words of
   * the name where there are some, else by what is asked of the paths. `terms`: what of the words is looked up.
   */
  candidateIds(query: SearchQuery, limits: { beforeId: number; limit: number }, terms?: Terms): number[] {
    const { filters } = query;
    const { beforeId, limit } = limits;
    if (query.isUnmatchable) return [];
    if (requiredWords(query).length + query.anyOf.length > 0) return this.nameIds(query, limits, terms);
    const [group] = filters.extensions;
    if (group !== undefined) return this.#paths.all(anyExtension(group), beforeId, limit) as number[];
    // A word may be in the name and another in a path: the longest one, in either, decides who is looked at.
    const [word] = filters.paths.toSorted((a, b) => b.text.length - a.text.length);
    if (word === undefined) return this.nameIds(query, limits);
    const match = matchExpression({ required: clausesOf(word), excluded: [] });
    const found = [this.#paths, this.#names].flatMap((statement) => statement.all(match, beforeId, limit) as number[]);
    return [...new Set(found)].sort((a, b) => b - a).slice(0, limit);
  }

  /** Ids below `beforeId` whose names have the terms, newest first; phrases, and exclusions alone, are for who reads the names. */
  nameIds(
    query: SearchQuery,
    { beforeId, limit }: { beforeId: number; limit: number },
    terms: Terms = toIndexQuery(query),
  ): number[] {
    if (query.isUnmatchable) return [];
    const match = matchExpression(terms);
    // Without a required word there is nothing to look up: the newest rows are the candidates.
    const ids = match === null ? this.#all.all(beforeId, limit) : this.#names.all(match, beforeId, limit);
    return ids as number[];
  }

  /**
   * Ids below `beforeId` whose file paths have all words of the query and whose names have none of them (such words are
   * not stored for paths), newest first.
   */
  pathIds(query: SearchQuery, { beforeId, limit }: { beforeId: number; limit: number }): number[] {
    const match = query.isUnmatchable ? null : matchExpression({ ...toIndexQuery(query), excluded: [] });
    return match === null ? [] : (this.#paths.all(match, beforeId, limit) as number[]);
  }

  /** How many names below `beforeId` have the terms, counted up to `most`. */
  countNames(query: SearchQuery, { beforeId, most }: { beforeId: number; most: number }): number {
    if (query.isUnmatchable) return 0;
    const match = matchExpression(toIndexQuery(query));
    const count = match === null ? this.#countAll.get(beforeId, most) : this.#countNames.get(match, beforeId, most);
    return count as number;
  }
}

type Terms = Pick<IndexQuery, 'required' | 'excluded'> & Partial<Pick<IndexQuery, 'anyOf'>>;

/**
 * The terms as an FTS5 expression; null if nothing is required. Terms are letters and digits only: quoting them is enough.
 * Alternatives that only the index in memory can decide are left out.
 */
export function matchExpression({ required, anyOf = [], excluded }: Terms): string | null {
  const groups = anyOf.filter((group) => group.every(({ clauses }) => clauses.length > 0));
  if (required.length + groups.length === 0) return null;
  const either = groups.map((group) => `(${group.map(({ clauses }) => `(${allOf(clauses)})`).join(' OR ')})`);
  const wanted = [...required.map(phraseOf), ...either].join(' AND ');
  return excluded.length === 0 ? wanted : `(${wanted}) NOT (${excluded.map(phraseOf).join(' OR ')})`;
}

const anyExtension = (extensions: readonly string[]): string =>
  extensions.map((extension) => `"${EXTENSION_MARK}${extension}"`).join(' OR ');
const allOf = (clauses: readonly Clause[]): string => clauses.map(phraseOf).join(' AND ');
const phraseOf = ({ text, isPrefix }: Clause): string => `"${text}"${isPrefix ? '*' : ''}`;
