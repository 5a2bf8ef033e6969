// The catalogue's schema as numbered steps. `PRAGMA user_version` says how many a file has been through.
// A step that has shipped is never edited: add one, and a stored file of the version before to test/fixtures/catalogue.
import { CatalogueProblem } from './catalogue-problem.ts';
import type { CatalogueDatabase } from './open-database.ts';

export interface Migration {
  /** 1, 2, 3, ... without gaps. */
  readonly version: number;
  readonly sql: string;
}

/** 'LFis': tells our file from any other SQLite database. */
export const APPLICATION_ID = 0x4c466973;

/**
 * Ids are in order of discovery, so "latest first" is the table's own order and needs no index; AUTOINCREMENT, so that the
 * id of a removed row never names another torrent to an index that still has it.
 * `torrents.infohash` is the primary one: v1 if there is one, else v2 cut to 20 bytes. A hybrid's cut v2 infohash is in
 * `infohash_aliases`, so that either leads to one row. No index on size or peers: the search thread has them in memory.
 * The full-text tables hold no text, only tokens made by search/tokens.ts (`name_fts`: of the name; `path_fts`: of the
 * paths, those that the name lacks); 'ascii' splits them at the spaces and nowhere else.
 */
const SCHEMA_V1 = `
CREATE TABLE torrents(
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  infohash      BLOB NOT NULL UNIQUE,
  infohash_v2   BLOB,
  name          TEXT NOT NULL,
  size_bytes    INTEGER NOT NULL,
  file_count    INTEGER NOT NULL,
  content_type  INTEGER NOT NULL,
  is_private    INTEGER NOT NULL,
  peers_seen    INTEGER NOT NULL,
  times_seen    INTEGER NOT NULL,
  discovered_at INTEGER NOT NULL,
  last_seen_at  INTEGER NOT NULL
) STRICT;
CREATE TABLE infohash_aliases(
  infohash   BLOB PRIMARY KEY,
  torrent_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE torrent_files(
  id    INTEGER PRIMARY KEY,
  files BLOB NOT NULL
) STRICT;
CREATE TABLE settings(
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE name_fts USING fts5(t, content='', contentless_delete=1, detail=none, prefix='1 2 3', tokenize='ascii');
CREATE VIRTUAL TABLE path_fts USING fts5(t, content='', contentless_delete=1, detail=none, tokenize='ascii');
`;

/**
 * What the metadata pipeline must not forget when it is killed. `retry_ladder`: infohashes to be tried again (purpose 0: fetch
 * the metadata, 1: look for peers of a stored torrent), read by popularity and then by time, so that its index is in that
 * order. `invalid_infohashes`: proved by their hash and nonsense, never fetched again; ids in order, so that the oldest can
 * go. `torrent_health`: only for torrents that somebody looked at, each source with the time of its count.
 */
const SCHEMA_V2 = `
CREATE TABLE retry_ladder(
  infohash      BLOB PRIMARY KEY,
  purpose       INTEGER NOT NULL,
  failure_count INTEGER NOT NULL,
  popularity    INTEGER NOT NULL,
  due_at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX retry_ladder_by_popularity ON retry_ladder(popularity, due_at);
CREATE TABLE invalid_infohashes(
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  infohash BLOB NOT NULL UNIQUE
) STRICT;
CREATE TABLE torrent_health(
  id                 INTEGER PRIMARY KEY,
  dht_seeders        INTEGER,
  dht_leechers       INTEGER,
  dht_checked_at     INTEGER,
  tracker_seeders    INTEGER,
  tracker_leechers   INTEGER,
  tracker_checked_at INTEGER,
  is_dead            INTEGER NOT NULL
) STRICT;
`;

/**
 * What the person decided, and what may be forgotten. `torrents.marks` are bits (catalogue/marks.ts), in the row itself, so that
 * whoever reads rows sees at no cost which of them are not to be shown; `marked_at` is when one was set last. `blocked_infohashes`
 * outlives the rows: reason 0 the person, 1 the safety list, 2 a blocked word; a hybrid has an entry for each of its infohashes,
 * both `named_by` the primary one. `torrent_sightings` is apart from `torrents` because it changes often: 12 bytes of a small
 * table are written instead of a page of a large one.
 */
const SCHEMA_V3 = `
ALTER TABLE torrents ADD COLUMN marks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE torrents ADD COLUMN marked_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX torrents_starred ON torrents(id) WHERE (marks & 1) <> 0;
CREATE INDEX torrents_unshown ON torrents(marks, marked_at) WHERE marks >= 4;
CREATE INDEX torrent_health_dead ON torrent_health(id) WHERE is_dead <> 0;
CREATE TABLE torrent_sightings(
  id      INTEGER PRIMARY KEY,
  times   INTEGER NOT NULL,
  last_at INTEGER NOT NULL
) STRICT;
CREATE TABLE blocked_infohashes(
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  infohash   BLOB NOT NULL UNIQUE,
  named_by   BLOB NOT NULL,
  reason     INTEGER NOT NULL,
  name       TEXT,
  blocked_at INTEGER NOT NULL
) STRICT;
CREATE INDEX blocked_infohashes_hybrid ON blocked_infohashes(named_by) WHERE named_by <> infohash;
CREATE INDEX blocked_infohashes_derived ON blocked_infohashes(reason, id) WHERE reason > 0;
`;

export const MIGRATIONS: readonly Migration[] = [
  { version: 1, sql: SCHEMA_V1 },
  { version: 2, sql: SCHEMA_V2 },
  { version: 3, sql: SCHEMA_V3 },
];

export const latestVersion = (migrations: readonly Migration[] = MIGRATIONS): number => migrations.at(-1)?.version ?? 0;

/** 0 for a file that nothing has been written to. Throws `CatalogueProblem` for somebody else's database. */
export function schemaVersion(database: CatalogueDatabase, path: string): number {
  const version = Number(database.pragma('user_version', { simple: true }));
  const applicationId = Number(database.pragma('application_id', { simple: true }));
  if (applicationId === APPLICATION_ID) return version;
  const tableCount = Number(database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get());
  if (version === 0 && tableCount === 0) return 0;
  throw new CatalogueProblem(
    'foreign',
    `The file ${path} is a database of another program, not a Lanternfish catalogue. It has not been changed. Move it away, or choose another folder, and start Lanternfish again.`,
  );
}

export function refuseNewer(version: number, path: string, migrations: readonly Migration[]): void {
  const latest = latestVersion(migrations);
  if (version <= latest) return;
  throw new CatalogueProblem(
    'newer-schema',
    `The catalogue (${path}) was written by a newer Lanternfish (its format is ${version}, this one knows ${latest}). It has not been changed. Install the newer Lanternfish to use it.`,
  );
}

/**
 * Brings the file from version `from` to the latest, each step in a transaction of its own; a step that fails leaves the
 * file at the version before it. `keepCopy` is called once, before the first change to a file that holds something.
 */
export function migrate(
  database: CatalogueDatabase,
  { from, migrations, keepCopy }: { from: number; migrations: readonly Migration[]; keepCopy: () => void },
): void {
  if (from > 0 && from < latestVersion(migrations)) keepCopy();
  for (const migration of migrations) {
    if (migration.version <= from) continue;
    database
      .transaction(() => {
        database.exec(migration.sql);
        database.pragma(`application_id = ${APPLICATION_ID}`);
        database.pragma(`user_version = ${migration.version}`);
      })
      .immediate();
  }
}
