// Joins the segments of the full-text tables. FTS5 would do so by itself in the middle of a commit, as much as it likes: 0.8 s where
// most of a segment was deleted. Told not to, it does it here, some pages at a time, between the commits (store/housekeeping.ts).
import type { CatalogueDatabase, CatalogueStatement } from './open-database.ts';

const TABLES = ['name_fts', 'path_fts'] as const;

/** How the segments of both tables are kept; written where it is not so yet. */
export const MERGE_SETTINGS = {
  /** No commit merges. */
  automerge: 0,
  /**
   * Segments of one size that are joined, as many as FTS5 allows: rows move half as often as with four, and a search of 72
   * segments in place of 15 takes 0.1 ms longer at a million rows.
   */
  usermerge: 16,
  /** So many of one size are joined within a commit after all, should nobody have come here for long. */
  crisismerge: 64,
} as const;

/**
 * Of what one size of segments holds, the percent that is deleted when it is written anew. A step is measured by the pages it
 * writes and looks each row up among the deleted ones, which are read anew by each step and written anew when they double: so
 * there are to be some 60,000 of them at most (doubling at 64,000 takes 60 ms). At half, each deleted row moves one other; at
 * 6%, of a million, fifteen, 3 us each.
 */
const DELETED_ROWS_WANTED = 60_000;
const DELETED_PERCENT = { min: 2, max: 50 };

export class TokenMerge {
  readonly #database: CatalogueDatabase;
  readonly #changes: CatalogueStatement;
  readonly #merges: CatalogueStatement[];
  #turn = 0;
  #deletedPercent: number | null = null;

  constructor(database: CatalogueDatabase) {
    this.#database = database;
    for (const table of TABLES) applySettings(database, table, MERGE_SETTINGS);
    this.#changes = database.prepare('SELECT total_changes()').pluck();
    this.#merges = TABLES.map((table) => database.prepare(`INSERT INTO ${table}(${table}, rank) VALUES('merge', ?)`));
  }

  /** The catalogue has about so many rows. */
  fitTo(rowCount: number): void {
    const { min, max } = DELETED_PERCENT;
    const percent = Math.min(max, Math.max(min, Math.round((100 * DELETED_ROWS_WANTED) / rowCount)));
    const before = this.#deletedPercent;
    if (before !== null && Math.abs(percent - before) <= before / 4) return;
    for (const table of TABLES) applySettings(this.#database, table, { deletemerge: percent });
    this.#deletedPercent = percent;
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

function applySettings(database: CatalogueDatabase, table: string, settings: Readonly<Record<string, number>>): void {
  const stored = database.prepare(`SELECT v FROM ${table}_config WHERE k = ?`).pluck();
  for (const [name, value] of Object.entries(settings)) {
    if (stored.get(name) === value) continue;
    database.exec(`INSERT INTO ${table}(${table}, rank) VALUES('${name}', ${value})`);
  }
}
