// Reads what can be read from a catalogue of any version that may be damaged, in use or somebody else's: an import. Never writes
// to it and never throws for what it finds there (of our own damaged one salvage-pages.ts finds more): unreadable stretches are stepped over, in steps that double while they go on and shrink when they end.
import { CatalogueReader } from './catalogue-reader.ts';
import type { StoredDetails } from './catalogue-reader.ts';
import { APPLICATION_ID } from './migrations.ts';
import { openForSalvage } from './open-database.ts';
import type { CatalogueDatabase } from './open-database.ts';

/** Ids beyond this are not ours: at 1,000 torrents a second it takes 34 years to get there. */
const ID_MAX = 2 ** 40;
/** How far one step over unreadable rows may reach: a lost page holds some 30 rows, a lost inner page some 20,000. */
const STEP_MAX = 4096;
/** Failed reads in a row before the rest is given up: with STEP_MAX that is 4 million ids. */
const FAILURES_MAX = 1000;

/** Yields rows oldest first. Yields nothing when the file cannot be opened at all or is not a catalogue. */
export function* salvageRows(path: string, nativeBinding: string | null): Generator<StoredDetails, void, undefined> {
  const opened = tryTo(() => openForSalvage(path, nativeBinding));
  if (!opened) return;
  try {
    const reader = tryTo(() => {
      giveMissingTables(opened);
      const isOurs = Number(opened.pragma('application_id', { simple: true })) === APPLICATION_ID;
      return isOurs ? new CatalogueReader(opened) : null;
    });
    if (reader) yield* readableRows(opened, reader);
  } finally {
    opened.close();
  }
}

/** A file of an older version has no such tables and columns, and the reader asks for them: empty ones, in memory, stand in. */
function giveMissingTables(database: CatalogueDatabase): void {
  database.pragma('temp_store = MEMORY');
  const has = (sql: string): boolean => tryTo(() => database.prepare(sql)) !== null;
  if (!has('SELECT id FROM torrent_health')) {
    database.exec(`CREATE TEMP TABLE torrent_health(id INTEGER PRIMARY KEY, dht_seeders, dht_leechers, dht_checked_at,
      tracker_seeders, tracker_leechers, tracker_checked_at, is_dead)`);
  }
  if (!has('SELECT id FROM torrent_sightings'))
    database.exec('CREATE TEMP TABLE torrent_sightings(id INTEGER PRIMARY KEY, times, last_at)');
  if (!has('SELECT marks FROM torrents'))
    database.exec('CREATE TEMP VIEW torrents AS SELECT *, 0 AS marks, 0 AS marked_at FROM main.torrents');
}

function* readableRows(
  database: CatalogueDatabase,
  reader: CatalogueReader,
): Generator<StoredDetails, void, undefined> {
  const nextId = database.prepare('SELECT id FROM torrents WHERE id >= ? ORDER BY id LIMIT 1').pluck();
  let step = 1;
  let failures = 0;
  for (let from = 1; from < ID_MAX && failures < FAILURES_MAX;) {
    const found = tryTo(() => ({ id: nextId.get(from) as number | undefined }));
    if (found && found.id === undefined) return;
    const row = found?.id === undefined ? null : tryTo(() => rowEvenWithoutFiles(reader, found.id!));
    if (row) {
      yield row;
      step = 1;
      failures = 0;
      from = row.id + 1;
    } else {
      failures++;
      from = (found?.id ?? from) + step;
      step = Math.min(step * 2, STEP_MAX);
    }
  }
}

/** A lost file list does not cost the row. */
function rowEvenWithoutFiles(reader: CatalogueReader, id: number): StoredDetails | null {
  return tryTo(() => reader.detailsById(id)) ?? reader.detailsById(id, { withFiles: false });
}

/** Null for whatever SQLite could not read: what is damaged is skipped, that is this file's purpose. */
function tryTo<Result>(read: () => Result): Result | null {
  try {
    return read();
  } catch {
    return null;
  }
}
