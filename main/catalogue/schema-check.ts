// Whether a file that says it is a catalogue is built like one: the same tables, indexes and triggers as our migrations make,
// and nothing else. A view or a trigger in a file from elsewhere is a program, and it would run with our rights.
import { MIGRATIONS, type Migration } from './migrations.ts';
import { openDatabase, type CatalogueDatabase } from './open-database.ts';

interface SchemaObject {
  readonly type: string;
  readonly name: string;
  readonly sql: string | null;
}

/** SQLite's own: sequences, statistics, and the indexes behind UNIQUE. */
const SQLITES_OWN = /^sqlite_(sequence|stat[14]|autoindex_\w+)$/;
/** Tables behind a full-text table; how they are written may differ from one SQLite to the next. */
const BEHIND_FULL_TEXT = /^(name|path)_fts_(data|idx|content|docsize|config)$/;

/** The name of the first object of `database` that version `version` does not have, or lacks, or has otherwise; null when all is well. */
export function oddObject(
  database: CatalogueDatabase,
  version: number,
  nativeBinding: string | null,
  migrations: readonly Migration[] = MIGRATIONS,
): string | null {
  const expected = expectedObjects(version, nativeBinding, migrations);
  const found = objectsOf(database);
  for (const [name, { type, sql }] of found) {
    const wanted = expected.get(name);
    if (wanted?.type !== type) return name;
    const isPlainTable = /^CREATE TABLE/.test(sql ?? '');
    if (BEHIND_FULL_TEXT.test(name) ? !isPlainTable : wanted.sql !== sql) return name;
  }
  return [...expected.keys()].find((name) => !found.has(name)) ?? null;
}

function expectedObjects(
  version: number,
  nativeBinding: string | null,
  migrations: readonly Migration[],
): Map<string, SchemaObject> {
  const database = openDatabase({ path: ':memory:', role: 'writer', nativeBinding });
  try {
    for (const migration of migrations) if (migration.version <= version) database.exec(migration.sql);
    return objectsOf(database);
  } finally {
    database.close();
  }
}

function objectsOf(database: CatalogueDatabase): Map<string, SchemaObject> {
  const objects = database.prepare('SELECT type, name, sql FROM main.sqlite_schema').all() as SchemaObject[];
  return new Map(objects.filter(({ name }) => !SQLITES_OWN.test(name)).map((object) => [object.name, object]));
}
