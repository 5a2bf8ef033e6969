// A magnetico database (tables `torrents` and `files`, as its versions since 2017 write them) as torrents. The file is
// somebody else's: opened read-only, its schema is looked at before anything is read by it, every value is checked, and
// long ones are never loaded. Two walks side by side, both in the order of torrent ids, so that memory stays flat.
import type { CatalogueDatabase } from '../catalogue/open-database.ts';
import { FILES_KEPT_MAX, type TorrentFile } from '../catalogue/torrent.ts';
import { cleanName, cleanPath, PATH_BYTES_MAX } from '../wire/clean-name.ts';
import { FILES_MAX } from '../wire/info-file-list.ts';
import type { ReadRow } from './read-row.ts';
import type { SkipReason } from './transfer-contract.ts';

export interface MagneticoRow {
  readonly row: ReadRow;
  /** The torrent's id there. */
  readonly id: number;
}

/** Beyond this a name or a path is not read at all; twice what is kept of one. */
const TEXT_BYTES_MAX = 2 * PATH_BYTES_MAX;
const NEEDED = {
  torrents: ['id', 'info_hash', 'name', 'total_size', 'discovered_on'],
  files: ['torrent_id', 'size', 'path'],
} as const;
/** Since its second version. */
const SEEDER_COLUMNS = ['n_seeders', 'n_leechers', 'updated_on'] as const;

type TorrentValues = [id: unknown, infohash: unknown, name: unknown, size: unknown, at: unknown, ...unknown[]];

/**
 * False when it is another program's database. Views, virtual tables and computed columns could run for ever or allocate
 * without end when they are read: only plain tables with plain columns are.
 */
export function isMagnetico(database: CatalogueDatabase): boolean {
  const kind = database
    .prepare("SELECT sql FROM sqlite_schema WHERE name = ? COLLATE NOCASE AND type = 'table'")
    .pluck();
  return Object.entries(NEEDED).every(([table, needed]) => {
    const sql = kind.get(table);
    if (typeof sql !== 'string' || /^\s*CREATE\s+VIRTUAL/i.test(sql)) return false;
    const plain = plainColumns(database, table);
    return needed.every((column) => plain.has(column));
  });
}

/** How far the ids go, for the progress; null when it holds nothing. */
export function newestMagneticoId(database: CatalogueDatabase): number | null {
  const id: unknown = database.prepare('SELECT max(id) FROM main.torrents').pluck().get();
  return typeof id === 'number' ? id : null;
}

/** Throws what SQLite throws where the file is damaged. */
export function* magneticoRows(database: CatalogueDatabase, nowUnixSeconds: number): Generator<MagneticoRow> {
  const columns = plainColumns(database, 'torrents');
  const hasSeeders = SEEDER_COLUMNS.every((column) => columns.has(column));
  const torrents = database
    .prepare(
      `SELECT id, iif(octet_length(info_hash) = 20, info_hash, NULL), ${bounded('name')}, total_size, discovered_on
       ${hasSeeders ? `, ${SEEDER_COLUMNS.join(', ')}` : ''} FROM main.torrents ORDER BY id`,
    )
    .raw();
  // By its index where it has one; else SQLite sorts once, on disk.
  const files = new FileWalk(
    database
      .prepare(`SELECT torrent_id, size, ${bounded('path')} FROM main.files ORDER BY torrent_id`)
      .raw()
      .iterate() as IterableIterator<unknown[]>,
  );
  try {
    for (const values of torrents.iterate() as IterableIterator<TorrentValues>) {
      const id = Number(values[0]);
      yield { row: toRow(values, files.of(id), nowUnixSeconds), id };
    }
  } finally {
    files.close();
  }
}

const bounded = (column: string): string =>
  `iif(octet_length(${column}) <= ${TEXT_BYTES_MAX} AND typeof(${column}) = 'text', ${column}, NULL)`;

interface FoundFiles {
  readonly kept: readonly TorrentFile[];
  readonly count: number;
  readonly sizeBytes: number;
  readonly isSound: boolean;
}

/** The files of one torrent after the other; torrents must be asked for in rising order. */
class FileWalk {
  readonly #rows: IterableIterator<unknown[]>;
  #next: unknown[] | null;

  constructor(rows: IterableIterator<unknown[]>) {
    this.#rows = rows;
    this.#next = this.#advance();
  }

  of(torrentId: number): FoundFiles {
    const kept: TorrentFile[] = [];
    let count = 0;
    let sizeBytes = 0;
    let isSound = true;
    for (; this.#next !== null; this.#next = this.#advance()) {
      const [id, size, path] = this.#next;
      if (typeof id !== 'number' || id < torrentId) continue; // of a torrent that is gone
      if (id > torrentId) break;
      count++;
      if (!isSize(size)) isSound = false;
      else sizeBytes += size;
      if (kept.length < FILES_KEPT_MAX && isSize(size)) {
        kept.push({ path: typeof path === 'string' ? cleanPath(path.split('/')) : cleanPath([]), sizeBytes: size });
      }
    }
    return { kept, count, sizeBytes, isSound: isSound && count <= FILES_MAX && Number.isSafeInteger(sizeBytes) };
  }

  close(): void {
    this.#rows.return?.();
  }

  #advance(): unknown[] | null {
    const step = this.#rows.next();
    return step.done === true ? null : step.value;
  }
}

function toRow(values: TorrentValues, files: FoundFiles, nowUnixSeconds: number): ReadRow {
  const [, infohash, name, size, foundAt, seeders, leechers, checkedAt] = values;
  const skipped = (reason: SkipReason): ReadRow => ({ kind: 'skipped', reason });
  if (!(infohash instanceof Uint8Array)) return skipped('bad-infohash');
  const infohashV1 = new Uint8Array(infohash);
  if (typeof name !== 'string' || name.trim() === '') return { kind: 'infohash', infohash: infohashV1 };
  if (!isSize(size) || !files.isSound) return skipped('bad-field');
  const discoveredAtUnixSeconds = isSize(foundAt) && foundAt > 0 ? Math.min(foundAt, nowUnixSeconds) : nowUnixSeconds;
  const isCounted = isSize(seeders) && isSize(leechers) && isSize(checkedAt) && checkedAt > 0;
  const tracker = isCounted ? { seeders, leechers, checkedAtUnixSeconds: Math.min(checkedAt, nowUnixSeconds) } : null;
  const torrent = {
    infohashV1,
    infohashV2: null,
    name: cleanName(name),
    sizeBytes: size,
    fileCount: files.count,
    files: files.kept,
    isPrivate: false,
    peersSeen: 0,
    timesSeen: 1,
    discoveredAtUnixSeconds,
    lastSeenAtUnixSeconds: discoveredAtUnixSeconds,
    health: tracker && { dht: null, tracker, isDead: false },
    isStarred: false,
  };
  return { kind: 'torrent', torrent };
}

/** Columns that are stored as they are (`hidden` 0), by lower-case name. */
function plainColumns(database: CatalogueDatabase, table: string): Set<string> {
  const rows = database.pragma(`main.table_xinfo(${table})`) as { name: string; hidden: number }[];
  return new Set(rows.filter(({ hidden }) => hidden === 0).map(({ name }) => name.toLowerCase()));
}

const isSize = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
