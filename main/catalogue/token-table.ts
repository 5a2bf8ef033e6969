// The full-text tables: tokens of names and paths under the id of their row. They hold no text, so that they can be filled
// anew from the rows when the tokeniser changes; that goes on in small transactions while everything else goes on.
import type { CatalogueDatabase, CatalogueStatement } from './open-database.ts';
import { TokenMerge } from './token-merge.ts';

/** Tokens joined by spaces; `pathTokens` may be empty. */
export interface TokenTexts {
  readonly nameTokens: string;
  readonly pathTokens: string;
}

/** Rows above `afterId` up to `untilId` have no tokens yet; rows above that got theirs when they were stored. */
export interface MissingTokens {
  readonly afterId: number;
  readonly untilId: number;
}

/** Setting `tokens_filled_to`: no refill is under way. */
const ALL_FILLED = -1;

export class TokenTable {
  readonly merge: TokenMerge;
  readonly #database: CatalogueDatabase;
  readonly #statements: Record<keyof typeof QUERIES, CatalogueStatement>;

  constructor(database: CatalogueDatabase) {
    this.#database = database;
    this.merge = new TokenMerge(database);
    this.#statements = Object.fromEntries(
      Object.entries(QUERIES).map(([name, sql]) => [name, database.prepare(sql)]),
    ) as Record<keyof typeof QUERIES, CatalogueStatement>;
  }

  insert(id: number, { nameTokens, pathTokens }: TokenTexts): void {
    this.#statements.insertName.run(id, nameTokens);
    if (pathTokens !== '') this.#statements.insertPaths.run(id, pathTokens);
  }

  /** The row's name has its tokens already, its paths were not known before. Not while a refill is on its way to the row. */
  addPaths(id: number, pathTokens: string): void {
    const missing = this.missing();
    if (pathTokens === '' || (missing !== null && id > missing.afterId && id <= missing.untilId)) return;
    this.#statements.deletePaths.run(id);
    this.#statements.insertPaths.run(id, pathTokens);
  }

  remove(id: number): void {
    this.#statements.deleteName.run(id);
    this.#statements.deletePaths.run(id);
  }

  /**
   * Makes the tables ones of `tokeniserVersion`: if they are not, they are emptied. Returns which rows have no tokens yet
   * (also after a refill that was cut short), or null when every row has them.
   */
  beginRefill(tokeniserVersion: number): MissingTokens | null {
    if (this.setting('tokeniser_version') !== tokeniserVersion) {
      this.#database
        .transaction(() => {
          this.#database.exec(
            "INSERT INTO name_fts(name_fts) VALUES('delete-all'); INSERT INTO path_fts(path_fts) VALUES('delete-all')",
          );
          const newestId = this.#statements.newestId.pluck().get() as number | null;
          this.#statements.setSetting.run('tokeniser_version', tokeniserVersion);
          this.#statements.setSetting.run('tokens_filled_until', newestId ?? 0);
          this.#statements.setSetting.run('tokens_filled_to', newestId === null ? ALL_FILLED : 0);
        })
        .immediate();
    }
    return this.missing();
  }

  missing(): MissingTokens | null {
    const afterId = this.setting('tokens_filled_to') ?? ALL_FILLED;
    return afterId === ALL_FILLED ? null : { afterId, untilId: this.setting('tokens_filled_until') ?? 0 };
  }

  /** In one transaction: tokens of the next rows that have none (rising ids). No rows: the refill is complete. */
  refill(rows: readonly (TokenTexts & { readonly id: number })[]): void {
    this.#database
      .transaction(() => {
        for (const row of rows) this.insert(row.id, row);
        this.#statements.setSetting.run('tokens_filled_to', rows.at(-1)?.id ?? ALL_FILLED);
      })
      .immediate();
  }

  setSetting(name: string, value: number): void {
    this.#statements.setSetting.run(name, value);
  }

  /** Null when it was never set. */
  setting(name: string): number | null {
    return (this.#statements.getSetting.get(name) as { value: number } | undefined)?.value ?? null;
  }
}

const QUERIES = {
  insertName: 'INSERT INTO name_fts(rowid, t) VALUES(?, ?)',
  insertPaths: 'INSERT INTO path_fts(rowid, t) VALUES(?, ?)',
  deleteName: 'DELETE FROM name_fts WHERE rowid = ?',
  deletePaths: 'DELETE FROM path_fts WHERE rowid = ?',
  newestId: 'SELECT max(id) FROM torrents',
  getSetting: 'SELECT value FROM settings WHERE name = ?',
  setSetting: 'INSERT OR REPLACE INTO settings(name, value) VALUES(?, ?)',
} as const;
