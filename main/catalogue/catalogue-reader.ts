// Everything that is read from the catalogue: by the search thread on its own read-only connection, by the writer on its one.
// Searching by words is not here: search/ asks `name_fts` and `path_fts` through `database`.
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import { unpackFiles } from './file-list.ts';
import { HealthReader } from './health-table.ts';
import { UNSHOWN_FROM } from './marks.ts';
import type { CatalogueDatabase, CatalogueStatement } from './open-database.ts';
import type { TorrentFile } from './torrent.ts';

/** What an index over names needs of a row. */
export interface IndexRow {
  readonly id: number;
  readonly name: string;
  readonly sizeBytes: number;
  readonly fileCount: number;
  readonly peersSeen: number;
  /** As far as known: counted, 0 when it is dead, or where nobody has counted the peers that it was found with. */
  readonly seeders: number;
  readonly discoveredAtUnixSeconds: number;
  /** Index into store-contract's CONTENT_TYPES. */
  readonly contentType: number;
}

export interface SeedersOfRow {
  readonly id: number;
  /** As IndexRow's. */
  readonly seeders: number;
}

export interface StoredRow extends IndexRow {
  /** Bits of marks.ts. */
  readonly marks: number;
  /** The 20 bytes of `primaryInfohash`. */
  readonly infohash: Uint8Array;
}

export interface StoredDetails extends StoredRow {
  readonly infohashV1: Uint8Array | null;
  readonly infohashV2: Uint8Array | null;
  /** Empty when the stored list is damaged; `fileCount` still tells how many there are. */
  readonly files: readonly TorrentFile[];
  readonly isPrivate: boolean;
  /** How often it was sampled, or fetched once more. */
  readonly timesSeen: number;
  readonly lastSeenAtUnixSeconds: number;
}

export interface LatestInfohashes {
  /** n x 20 bytes, newest first; both infohashes of a hybrid. */
  readonly infohashes: Uint8Array<ArrayBuffer>;
  readonly rowCount: number;
  /** Ask for what is before this id next; 0 when there is nothing more. */
  readonly beforeId: number;
}

/** Of a row of `torrents`. Of two counts the higher one: each source sees only some of the swarm. */
const SEEDERS = `coalesce((SELECT CASE WHEN is_dead THEN 0
  ELSE coalesce(max(dht_seeders, tracker_seeders), dht_seeders, tracker_seeders) END
  FROM torrent_health WHERE torrent_health.id = torrents.id), peers_seen)`;

const INDEX_COLUMNS =
  'id, name, size_bytes AS sizeBytes, file_count AS fileCount, peers_seen AS peersSeen, ' +
  `discovered_at AS discoveredAtUnixSeconds, content_type AS contentType, marks, ${SEEDERS} AS seeders`;

/** Every statement that runs often; `r14-query-plans.test.ts` holds each to its query plan. */
export const READER_QUERIES = {
  rowById: `SELECT ${INDEX_COLUMNS}, infohash FROM torrents WHERE id = ?`,
  rowsByIds: `SELECT ${INDEX_COLUMNS}, infohash FROM torrents WHERE id IN (SELECT value FROM json_each(?))`,
  latestPage: `SELECT ${INDEX_COLUMNS}, infohash FROM torrents WHERE id < ? AND marks < 4 ORDER BY id DESC LIMIT ?`,
  seedersBetween: `SELECT id, ${SEEDERS} AS seeders FROM torrents WHERE id >= ? AND id <= ? AND marks < 4 ORDER BY id`,
  seedersOf: `SELECT id, ${SEEDERS} AS seeders FROM torrents WHERE id IN (SELECT value FROM json_each(?))`,
  rowsBetween: `SELECT ${INDEX_COLUMNS} FROM torrents WHERE id > ? AND id <= ? AND marks < 4 ORDER BY id LIMIT ?`,
  idByInfohash:
    'SELECT id FROM torrents WHERE infohash = ? UNION ALL SELECT torrent_id FROM infohash_aliases WHERE infohash = ?',
  idsByInfohashRange: 'SELECT id FROM torrents WHERE infohash BETWEEN ? AND ? LIMIT ?',
  idsByAliasRange: 'SELECT torrent_id FROM infohash_aliases WHERE infohash BETWEEN ? AND ? LIMIT ?',
  primaryAfter: 'SELECT infohash FROM torrents WHERE infohash > ? AND +id > ? ORDER BY infohash LIMIT ?',
  aliasesAfter: 'SELECT infohash FROM infohash_aliases WHERE infohash > ? AND torrent_id > ? ORDER BY infohash LIMIT ?',
  latestInfohashes: 'SELECT id, infohash, infohash_v2 FROM torrents WHERE id < ? ORDER BY id DESC LIMIT ?',
  details:
    `SELECT ${INDEX_COLUMNS}, infohash, infohash_v2 AS infohashV2, is_private AS isPrivate, times_seen AS timesSeen, ` +
    'last_seen_at AS lastSeenAtUnixSeconds FROM torrents WHERE id = ?',
  sightings: 'SELECT times, last_at AS lastAt FROM torrent_sightings WHERE id = ?',
  files: 'SELECT files FROM torrent_files WHERE id = ?',
  starred: 'SELECT id FROM torrents WHERE (marks & 1) <> 0 ORDER BY id DESC LIMIT ?',
  unshown: 'SELECT id FROM torrents WHERE marks >= 4 AND marks >= ? AND marks < ?',
  newestId: 'SELECT max(id) FROM torrents',
  count: 'SELECT count(*) FROM torrents',
} as const;

type QueryName = keyof typeof READER_QUERIES;
type DetailsRow = StoredRow & {
  infohashV2: Uint8Array | null;
  isPrivate: number;
  timesSeen: number;
  lastSeenAtUnixSeconds: number;
};

export class CatalogueReader {
  /** For the full-text queries of search/; nobody else prepares statements on it. */
  readonly database: CatalogueDatabase;
  readonly health: HealthReader;
  /** Which file it reads, whatever its name is by now (database-files.ts). */
  fileIdentity = '';
  readonly #statements: Record<QueryName, CatalogueStatement>;

  constructor(database: CatalogueDatabase) {
    this.database = database;
    this.health = new HealthReader(database);
    const prepare = (name: QueryName): CatalogueStatement => database.prepare(READER_QUERIES[name]);
    this.#statements = {
      rowById: prepare('rowById'),
      rowsByIds: prepare('rowsByIds'),
      latestPage: prepare('latestPage'),
      seedersBetween: prepare('seedersBetween'),
      seedersOf: prepare('seedersOf'),
      rowsBetween: prepare('rowsBetween'),
      idByInfohash: prepare('idByInfohash').pluck(),
      idsByInfohashRange: prepare('idsByInfohashRange').pluck(),
      idsByAliasRange: prepare('idsByAliasRange').pluck(),
      primaryAfter: prepare('primaryAfter').pluck(),
      aliasesAfter: prepare('aliasesAfter').pluck(),
      latestInfohashes: prepare('latestInfohashes').raw(),
      details: prepare('details'),
      sightings: prepare('sightings'),
      files: prepare('files').pluck(),
      starred: prepare('starred').pluck(),
      unshown: prepare('unshown').pluck(),
      newestId: prepare('newestId').pluck(),
      count: prepare('count').pluck(),
    };
  }

  /** Counts the whole table: some 20 ms a million rows. For the start, not for every page. */
  count(): number {
    return this.#statements.count.get() as number;
  }

  /** 0 when the catalogue is empty. */
  newestId(): number {
    return (this.#statements.newestId.get() as number | null) ?? 0;
  }

  /**
   * The rows in the order of `ids`; ids that are not (any more) in the catalogue are left out, and so is what is hidden or
   * blocked, unless rows with higher marks are asked for.
   */
  rowsByIds(ids: Iterable<number>, marksBelow = UNSHOWN_FROM): StoredRow[] {
    const asked = [...ids];
    const isWanted = (row: StoredRow | undefined): row is StoredRow => row !== undefined && row.marks < marksBelow;
    if (asked.length === 1) return [this.#statements.rowById.get(asked[0]) as StoredRow | undefined].filter(isWanted);
    // One statement for all of them: half the time of one each.
    const found = this.#statements.rowsByIds.all(JSON.stringify(asked)) as StoredRow[];
    const byId = new Map(found.map((row) => [row.id, row]));
    return asked.map((id) => byId.get(id)).filter(isWanted);
  }

  /** Ids of starred rows, shown or not, newest first. */
  starredIds(limit: number): number[] {
    return this.#statements.starred.all(limit) as number[];
  }

  /** Ids of rows with marks from `low` to below `high`, both at least UNSHOWN_FROM; newest first. */
  unshownIds(low: number, high: number): number[] {
    return (this.#statements.unshown.all(low, high) as number[]).sort((a, b) => b - a);
  }

  /** Newest first. `beforeId` is the last id of the page before, null for the first page. */
  latestPage({ beforeId, limit }: { beforeId: number | null; limit: number }): StoredRow[] {
    return this.#statements.latestPage.all(beforeId ?? Number.MAX_SAFE_INTEGER, limit) as StoredRow[];
  }

  /** What can change of the rows with these ids, for comparing an index with them. */
  seedersBetween(lowId: number, highId: number): SeedersOfRow[] {
    return this.#statements.seedersBetween.all(lowId, highId) as SeedersOfRow[];
  }

  /** Of the rows that there are, in any order. */
  seedersOf(ids: readonly number[]): SeedersOfRow[] {
    return ids.length === 0 ? [] : (this.#statements.seedersOf.all(JSON.stringify(ids)) as SeedersOfRow[]);
  }

  /** Rows with ids above `afterId` up to `untilId`, oldest first. */
  rowsBetween({ afterId, untilId, limit }: { afterId: number; untilId: number; limit: number }): IndexRow[] {
    return this.#statements.rowsBetween.all(afterId, untilId, limit) as IndexRow[];
  }

  /** The row that `infohash` (20 bytes; either one of a hybrid) leads to, or null. */
  findId(infohash: Uint8Array): number | null {
    return (this.#statements.idByInfohash.get(infohash, infohash) as number | undefined) ?? null;
  }

  /** Rows, at most `limit`, that an infohash beginning with these hexadecimal digits leads to; newest first. */
  findIdsByPrefix(digits: string, limit: number): number[] {
    const bound = (filler: string): Buffer => Buffer.from(digits.slice(0, 40).padEnd(40, filler), 'hex');
    const { idsByInfohashRange, idsByAliasRange } = this.#statements;
    const found = [idsByInfohashRange, idsByAliasRange].flatMap((one) => one.all(bound('0'), bound('f'), limit));
    return [...new Set(found as number[])].sort((a, b) => b - a).slice(0, limit);
  }

  /** One byte for each of the n x 20 bytes asked about: 1 if it leads to a row. */
  areKnown(infohashes: Uint8Array): Uint8Array<ArrayBuffer> {
    const flags = new Uint8Array(Math.floor(infohashes.length / IDENTIFIER_BYTES));
    for (let index = 0; index < flags.length; index++) {
      const infohash = infohashes.subarray(index * IDENTIFIER_BYTES, (index + 1) * IDENTIFIER_BYTES);
      if (this.findId(infohash) !== null) flags[index] = 1;
    }
    return flags;
  }

  /**
   * Infohashes behind `after`, in their own order, of rows above `aboveId`: primary ones, or the other ones of hybrids. Read from
   * indexes alone. `last`: ask for what is behind this next; null when there is nothing more.
   */
  infohashesAfter(
    which: 'primary' | 'aliases',
    { after, aboveId, limit }: { after: Uint8Array; aboveId: number; limit: number },
  ): { readonly infohashes: Uint8Array<ArrayBuffer>; readonly last: Uint8Array | null } {
    const found = this.#statements[`${which}After`].all(after, aboveId, limit) as Uint8Array[];
    const infohashes = new Uint8Array(Buffer.concat(found));
    return { infohashes, last: found.length < limit ? null : found.at(-1)! };
  }

  /** Infohashes of the newest `limit` rows below `beforeId` (null: from the newest on). */
  latestInfohashes({ beforeId, limit }: { beforeId: number | null; limit: number }): LatestInfohashes {
    const infohashes = new Uint8Array(2 * limit * IDENTIFIER_BYTES);
    let at = 0;
    let rowCount = 0;
    let lastId = 0;
    for (const row of this.#statements.latestInfohashes.iterate(beforeId ?? Number.MAX_SAFE_INTEGER, limit)) {
      const [id, infohash, infohashV2] = row as [number, Buffer, Buffer | null];
      infohashes.set(infohash, at);
      at += IDENTIFIER_BYTES;
      const alias = infohashV2?.subarray(0, IDENTIFIER_BYTES);
      if (alias && !infohash.equals(alias)) {
        infohashes.set(alias, at);
        at += IDENTIFIER_BYTES;
      }
      rowCount++;
      lastId = id;
    }
    return { infohashes: infohashes.slice(0, at), rowCount, beforeId: rowCount < limit ? 0 : lastId };
  }

  /** Everything about the torrent that `infohash` (20 bytes, or 32 of v2) leads to, or null. */
  details(infohash: Uint8Array): StoredDetails | null {
    const id = this.findId(infohash.subarray(0, IDENTIFIER_BYTES));
    return id === null ? null : this.detailsById(id);
  }

  detailsById(id: number, { withFiles } = { withFiles: true }): StoredDetails | null {
    const row = this.#statements.details.get(id) as DetailsRow | undefined;
    if (!row) return null;
    const sightings = this.#statements.sightings.get(id) as { times: number; lastAt: number } | undefined;
    const isV2Only = row.infohashV2 !== null && Buffer.compare(row.infohash, row.infohashV2.subarray(0, 20)) === 0;
    return {
      ...row,
      isPrivate: row.isPrivate !== 0,
      timesSeen: row.timesSeen + (sightings?.times ?? 0),
      lastSeenAtUnixSeconds: Math.max(row.lastSeenAtUnixSeconds, sightings?.lastAt ?? 0),
      infohashV1: isV2Only ? null : row.infohash,
      files: withFiles ? this.#filesOf(row) : [],
    };
  }

  /** A single file with the torrent's own name and size is not stored: it is what the row says already. */
  #filesOf(row: DetailsRow): TorrentFile[] {
    const packed = this.#statements.files.get(row.id) as Uint8Array | undefined;
    if (packed) return unpackFiles(packed) ?? [];
    return row.fileCount === 1 ? [{ path: row.name, sizeBytes: row.sizeBytes }] : [];
  }

  close(): void {
    this.database.close();
  }
}
