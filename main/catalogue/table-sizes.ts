// What SQLite's planner believes of the tables inside the full-text tables. ANALYZE counts them while they are empty, once, and a
// table of two rows is read from its beginning: so FTS5's own `DELETE ... WHERE id >= ? AND id <= ?`, which ends every merge of
// segments, read the whole table each time, in longer and longer turns as the catalogue grew.
import type { CatalogueDatabase } from './open-database.ts';

/** What nothing is known of is taken to have as many. */
const MANY_ROWS = 1_048_576;

/** Corrects it in the file and for this connection. After every ANALYZE, and when a file is opened. */
export function expectLargeTokenTables(database: CatalogueDatabase): void {
  const hasFigures = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1'").get() !== undefined;
  if (!hasFigures) return;
  const { changes } = database
    .prepare(
      `UPDATE sqlite_stat1 SET stat = ? WHERE idx IS NULL AND tbl IN ('name_fts_data', 'path_fts_data')
       AND CAST(stat AS INTEGER) < ?`,
    )
    .run(String(MANY_ROWS), MANY_ROWS);
  if (changes > 0) database.exec('ANALYZE sqlite_schema'); // only reads the figures again
}
