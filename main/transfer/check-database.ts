// Looks at every page of a database, one table at a time, so that a cancel is heard in between.
import type { CatalogueDatabase } from '../catalogue/open-database.ts';

/** What is wrong first, or null. Throws what SQLite throws where it cannot even look. */
export async function findDamage(database: CatalogueDatabase, breathe: () => Promise<void>): Promise<string | null> {
  const tables = database
    .prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND rootpage > 0")
    .pluck()
    .all() as string[];
  for (const table of tables) {
    await breathe();
    const [finding] = database.pragma(`main.quick_check("${table.replaceAll('"', '""')}")`) as {
      quick_check: string;
    }[];
    if (finding && finding.quick_check !== 'ok') return `${table}: ${finding.quick_check}`;
  }
  return null;
}
