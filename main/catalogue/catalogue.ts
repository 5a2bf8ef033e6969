// The one writer of the catalogue: torrents in, each stored once whichever of its infohashes it came by.
// It does not make tokens or content types (search/ does; store/ hands them in) and decides nothing about when to commit.
import { assert } from '../base/assert.ts';
import { bytesEqual } from '../base/bytes.ts';
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import { CatalogueReader } from './catalogue-reader.ts';
import { packFiles } from './file-list.ts';
import { HealthTable } from './health-table.ts';
import type { CatalogueDatabase, CatalogueStatement } from './open-database.ts';
import { RetryTable } from './retry-table.ts';
import { checkTables } from './table-checks.ts';
import { TokenTable, type TokenTexts } from './token-table.ts';
import { primaryInfohash } from './torrent.ts';
import type { HealthReport, Torrent } from './torrent.ts';

/** A torrent with what search/ makes of it. */
export interface CatalogueRow extends Torrent, TokenTexts {
  /** Index into store-contract's CONTENT_TYPES. */
  readonly contentType: number;
  /** Only when rows are taken over from another file. */
  readonly timesSeen?: number;
  readonly lastSeenAtUnixSeconds?: number;
}

export interface InsertOutcome {
  /** Rows that are new, in order, with their ids. */
  readonly inserted: readonly { readonly id: number; readonly row: CatalogueRow }[];
  /** Finds of torrents that were there already. */
  readonly updatedCount: number;
  /** Rows of which more peers are known now than before. */
  readonly morePeers: readonly { readonly id: number; readonly peersSeen: number }[];
  /** Rows that turned out to be one torrent with an older row, and went into it. */
  readonly removedIds: readonly number[];
}

type StoredKeys = { infohash: Uint8Array; infohashV2: Uint8Array | null };

const WRITER_QUERIES = {
  insert: `INSERT INTO torrents(infohash, infohash_v2, name, size_bytes, file_count, content_type, is_private,
    peers_seen, times_seen, discovered_at, last_seen_at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  insertAlias: 'INSERT OR REPLACE INTO infohash_aliases(infohash, torrent_id) VALUES(?, ?)',
  insertFiles: 'INSERT INTO torrent_files(id, files) VALUES(?, ?)',
  seenAgain: `UPDATE torrents SET peers_seen = max(peers_seen, ?), times_seen = times_seen + ?,
    discovered_at = min(discovered_at, ?), last_seen_at = max(last_seen_at, ?) WHERE id = ? RETURNING peers_seen`,
  keys: 'SELECT infohash, infohash_v2 AS infohashV2 FROM torrents WHERE id = ?',
  setKeys: 'UPDATE torrents SET infohash = ?, infohash_v2 = ? WHERE id = ?',
  deleteRow: 'DELETE FROM torrents WHERE id = ?',
  deleteAliases: 'DELETE FROM infohash_aliases WHERE infohash = ?',
  deleteFiles: 'DELETE FROM torrent_files WHERE id = ?',
} as const;

type QueryName = keyof typeof WRITER_QUERIES;

export class Catalogue {
  readonly reader: CatalogueReader;
  readonly retries: RetryTable;
  readonly health: HealthTable;
  readonly tokens: TokenTable;
  readonly #database: CatalogueDatabase;
  readonly #statements: Record<QueryName, CatalogueStatement>;
  #count: number;

  /** `database` is a writer's connection with the latest schema (`openCatalogue`). */
  constructor(database: CatalogueDatabase) {
    this.#database = database;
    this.reader = new CatalogueReader(database);
    this.retries = new RetryTable(database);
    this.health = new HealthTable(database);
    this.tokens = new TokenTable(database);
    this.#statements = Object.fromEntries(
      Object.entries(WRITER_QUERIES).map(([name, sql]) => [name, database.prepare(sql)]),
    ) as Record<QueryName, CatalogueStatement>;
    this.#count = this.reader.count();
  }

  /** Kept while writing, so that asking costs nothing. */
  get count(): number {
    return this.#count;
  }

  /** Stores `rows` in one transaction: all of them, or, when it throws, none. */
  insertMany(rows: readonly CatalogueRow[]): InsertOutcome {
    let outcome: InsertOutcome;
    try {
      outcome = this.#database.transaction(() => this.#insertAll(rows)).immediate();
    } catch (error) {
      this.retries.undone();
      throw error;
    }
    this.#count += outcome.inserted.length - outcome.removedIds.length;
    return outcome;
  }

  /** In one transaction; of what is not stored nothing is kept. */
  recordHealth(reports: readonly HealthReport[]): void {
    this.#forEachStored(reports, (id, report) => this.health.set(id, report.source, report));
  }

  /** In one transaction: nobody has them any more (`infohashes` of 20 bytes each). */
  markDead(infohashes: readonly Uint8Array[]): void {
    const dead = infohashes.map((infohash) => ({ infohash }));
    this.#forEachStored(dead, (id) => this.health.markDead(id));
    this.retries.remove(infohashes);
  }

  /** In one transaction: somebody has them (`infohashes` of 20 bytes each). */
  markAlive(infohashes: readonly Uint8Array[]): void {
    const alive = infohashes.map((infohash) => ({ infohash }));
    this.#forEachStored(alive, (id) => this.health.markAlive(id));
    this.retries.remove(infohashes);
  }

  /** Moves committed pages from the log into the database. `PASSIVE` waits for nobody, `TRUNCATE` also empties the log. */
  checkpoint(mode: 'PASSIVE' | 'TRUNCATE'): void {
    this.#database.pragma(`wal_checkpoint(${mode})`);
  }

  /** Leaves an empty log and fresh statistics behind. */
  close(): void {
    this.#database.pragma('optimize');
    this.checkpoint('TRUNCATE');
    this.#database.close();
  }

  /** Closes without another write: for a catalogue that has failed. */
  abandon(): void {
    this.#database.close();
  }

  #forEachStored<Entry extends { readonly infohash: Uint8Array }>(
    entries: readonly Entry[],
    act: (id: number, entry: Entry) => void,
  ): void {
    this.#database
      .transaction(() => {
        for (const entry of entries) {
          const id = this.reader.findId(entry.infohash);
          if (id !== null) act(id, entry);
        }
      })
      .immediate();
  }

  #insertAll(rows: readonly CatalogueRow[]): InsertOutcome {
    const inserted: { id: number; row: CatalogueRow }[] = [];
    const removedIds: number[] = [];
    const peersOf = new Map<number, number>();
    let updatedCount = 0;
    for (const row of rows) {
      const ids = this.#findRows(row);
      const [oldest] = ids;
      this.#leaveLadder(row, oldest);
      if (oldest === undefined) {
        inserted.push({ id: this.#insert(row), row });
        continue;
      }
      const [, twin] = ids;
      if (twin !== undefined) {
        peersOf.set(oldest, this.#mergeInto(oldest, twin));
        removedIds.push(twin);
      }
      peersOf.set(oldest, this.#seenAgain(oldest, row));
      updatedCount++;
    }
    // A row may be both inserted and merged away by a later one of the same batch: then it is neither.
    const gone = new Set(removedIds);
    const stays = inserted.filter(({ id }) => !gone.has(id));
    const lost = new Set(inserted.filter(({ id }) => gone.has(id)).map(({ id }) => id));
    const morePeers = [...peersOf].filter(([id]) => !gone.has(id)).map(([id, peersSeen]) => ({ id, peersSeen }));
    return { inserted: stays, updatedCount, morePeers, removedIds: removedIds.filter((id) => !lost.has(id)) };
  }

  /** Whoever sent the metadata has the torrent: there is nothing to try again, and it is not dead. */
  #leaveLadder(row: CatalogueRow, id: number | undefined): void {
    const cut = cutV2(row.infohashV2);
    this.retries.remove([...(row.infohashV1 ? [row.infohashV1] : []), ...(cut ? [cut] : [])]);
    if (id !== undefined) this.health.markAlive(id);
  }

  /** The rows that the torrent's infohashes lead to, oldest first: none, one, or two that were not known to be one. */
  #findRows(row: CatalogueRow): number[] {
    const ids: number[] = [];
    for (const infohash of [row.infohashV1, cutV2(row.infohashV2)]) {
      const id = infohash && this.reader.findId(infohash);
      if (id !== null && !ids.includes(id)) ids.push(id);
    }
    return ids.sort((a, b) => a - b);
  }

  #insert(row: CatalogueRow): number {
    assert(row.infohashV1 === null || row.infohashV1.length === IDENTIFIER_BYTES, 'a v1 infohash has 20 bytes');
    assert(row.infohashV2 === null || row.infohashV2.length === 32, 'a v2 infohash has 32 bytes');
    const lastSeenAt = row.lastSeenAtUnixSeconds ?? row.discoveredAtUnixSeconds;
    const { lastInsertRowid } = this.#statements.insert.run(
      primaryInfohash(row),
      row.infohashV2,
      row.name,
      row.sizeBytes,
      row.fileCount,
      row.contentType,
      row.isPrivate ? 1 : 0,
      row.peersSeen,
      row.timesSeen ?? 1,
      row.discoveredAtUnixSeconds,
      lastSeenAt,
    );
    const id = Number(lastInsertRowid);
    if (row.infohashV1 && row.infohashV2) this.#statements.insertAlias.run(cutV2(row.infohashV2), id);
    if (!isNamedByRow(row)) this.#statements.insertFiles.run(id, packFiles(row.files));
    this.tokens.insert(id, row);
    return id;
  }

  /** The most peers ever named stand for it: one lookup may have reached only a node that knew few. Returns how many. */
  #seenAgain(id: number, row: CatalogueRow): number {
    const seenAt = row.lastSeenAtUnixSeconds ?? row.discoveredAtUnixSeconds;
    const again = this.#statements.seenAgain.get(
      row.peersSeen,
      row.timesSeen ?? 1,
      row.discoveredAtUnixSeconds,
      seenAt,
      id,
    );
    const { peers_seen: peersSeen } = again as { peers_seen: number };
    const stored = this.#statements.keys.get(id) as StoredKeys;
    const storedCut = cutV2(stored.infohashV2);
    const storedV1 = storedCut && bytesEqual(stored.infohash, storedCut) ? null : stored.infohash;
    const infohashV1 = storedV1 ?? row.infohashV1;
    const infohashV2 = stored.infohashV2 ?? row.infohashV2;
    if (infohashV1 === storedV1 && infohashV2 === stored.infohashV2) return peersSeen;
    this.#statements.setKeys.run(primaryInfohash({ infohashV1, infohashV2 }), infohashV2, id);
    if (infohashV1 && infohashV2) this.#statements.insertAlias.run(cutV2(infohashV2), id);
    return peersSeen;
  }

  /** Found by v1 and by v2 before anybody knew both: the older row keeps its id and learns what the other knew. */
  #mergeInto(keptId: number, twinId: number): number {
    const twin = this.reader.detailsById(twinId);
    assert(twin, 'a row that was just found can be read');
    this.#statements.deleteRow.run(twinId);
    if (twin.infohashV2) this.#statements.deleteAliases.run(cutV2(twin.infohashV2));
    this.#statements.deleteFiles.run(twinId);
    this.tokens.remove(twinId);
    this.health.remove(twinId);
    return this.#seenAgain(keptId, { ...twin, nameTokens: '', pathTokens: '' });
  }

  checkInvariants(): void {
    this.retries.checkInvariants();
    assert(this.#count === this.reader.count(), 'the kept count is the count');
    checkTables(this.#database);
  }
}

function cutV2(infohashV2: Uint8Array | null): Uint8Array | null {
  return infohashV2 === null ? null : infohashV2.subarray(0, IDENTIFIER_BYTES);
}

/** A single file with the torrent's name and size: the row says it all (see CatalogueReader). */
function isNamedByRow({ files, name, sizeBytes, fileCount }: CatalogueRow): boolean {
  if (files.length !== 1 || fileCount !== 1) return files.length === 0 && fileCount !== 1;
  return files[0]!.path === name && files[0]!.sizeBytes === sizeBytes && files[0]!.attributes === undefined;
}
