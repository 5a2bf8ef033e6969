// The writer's log: what was committed and is not in the database's own file yet.
import type { CatalogueDatabase, CatalogueStatement } from './open-database.ts';

export class WriteAheadLog {
  readonly #database: CatalogueDatabase;
  readonly #look: CatalogueStatement;

  constructor(database: CatalogueDatabase) {
    this.#database = database;
    this.#look = database.prepare('PRAGMA wal_checkpoint(NOOP)');
  }

  /** Pages that a checkpoint would move now. */
  pages(): number {
    const { log, checkpointed } = this.#look.get() as { log: number; checkpointed: number };
    return Math.max(0, log - checkpointed);
  }

  /** Moves committed pages into the database. `PASSIVE` waits for nobody, `TRUNCATE` also empties the log. */
  checkpoint(mode: 'PASSIVE' | 'TRUNCATE'): void {
    this.#database.pragma(`wal_checkpoint(${mode})`);
  }
}
