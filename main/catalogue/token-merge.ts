// Joins the segments of the full-text tables. FTS5 would do so by itself in the middle of a commit, as much as it likes: 0.8 s where
// most of a segment was deleted. Told not to, it does it here, some pages at a time, between the commits (store/housekeeping.ts).
import type { CatalogueDatabase, CatalogueStatement } from './open-database.ts';

const TABLES = ['name_fts', 'path_fts'] as const;

/** How the segments of both tables are kept; written where it is not so yet. */
export const MERGE_SETTINGS = {
  /** No commit merges. */
  automerge: 0,
  /** Segments of one size that are joined: rows move half as often as with four, and a search asks some more of them. */
  usermerge: 8,
  /**
   * Of what a size holds, the percent that is deleted when it is written anew: at half, each row that is forgotten moves one that
   * stays. A step is measured by the pages it writes, so this bounds what it reads, too.
   */
  deletemerge: 50,
  /** So many of one size are joined within a commit after all, should nobody have come here for long. */
  crisismerge: 64,
} as const;

export class TokenMerge {
  readonly #changes: CatalogueStatement;
  readonly #merges: CatalogueStatement[];
  #turn = 0;

  constructor(database: CatalogueDatabase) {
    for (const table of TABLES) applySettings(database, table);
    this.#changes = database.prepare('SELECT total_changes()').pluck();
    this.#merges = TABLES.map((table) => database.prepare(`INSERT INTO ${table}(${table}, rank) VALUES('merge', ?)`));
  }

  /**
   * Joins what is to be joined, up to about `pages` pages of one table, in a transaction of its own. A word is not divided, so
   * the commonest ones take longer. False: there is nothing to join.
   */
  step(pages: number): boolean {
    for (let tried = 0; tried < TABLES.length; tried++) {
      const before = this.#changes.get() as number;
      this.#merges[this.#turn]!.run(pages);
      this.#turn = (this.#turn + 1) % TABLES.length; // neither table waits for a long merge of the other
      if ((this.#changes.get() as number) - before >= 2) return true; // one is the statement itself (FTS5, section 6.7)
    }
    return false;
  }
}

function applySettings(database: CatalogueDatabase, table: string): void {
  const stored = database.prepare(`SELECT v FROM ${table}_config WHERE k = ?`).pluck();
  for (const [name, value] of Object.entries(MERGE_SETTINGS)) {
    if (stored.get(name) === value) continue;
    database.exec(`INSERT INTO ${table}(${table}, rank) VALUES('${name}', ${value})`);
  }
}
