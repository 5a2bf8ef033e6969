// The one writer of the catalogue: torrents in, each stored once whichever of its infohashes it came by.
// It does not make tokens or content types (search/ does; store/ hands them in) and decides nothing about when to commit.
import { assert } from '../base/assert.ts';
import { BlockedTable } from './blocked-table.ts';
import { CatalogueReader, type SeedersOfRow } from './catalogue-reader.ts';
import { Forgetting } from './forgetting.ts';
import { HealthTable } from './health-table.ts';
import { type MarkChange, type MarkOutcome, MarkTable, type TokensOf } from './mark-table.ts';
import type { CatalogueDatabase } from './open-database.ts';
import { RetryTable } from './retry-table.ts';
import { RowRemoval } from './row-removal.ts';
import { type CatalogueRow, cutV2, RowWriter } from './row-writer.ts';
import { type Sighting, SightingTable } from './sighting-table.ts';
import { checkTables } from './table-checks.ts';
import { TokenTable } from './token-table.ts';
import type { BlockReason, HealthReport } from './torrent.ts';
import { WriteAheadLog } from './write-ahead-log.ts';

export interface InsertOutcome {
  /** Rows that are new, in order, with their ids. */
  readonly inserted: readonly { readonly id: number; readonly row: CatalogueRow }[];
  /** Finds of torrents that were there already. */
  readonly updatedCount: number;
  /** Rows that were there already and have been found again, with how many seeders are known of now. */
  readonly foundAgain: readonly SeedersOfRow[];
  /** Rows that turned out to be one torrent with an older row and went into it, or that are not to be shown any more. */
  readonly removedIds: readonly number[];
  /** Torrents that are blocked, and so were not stored. */
  readonly refusedCount: number;
}

/** What a torrent is judged by. */
export interface Judged {
  /** Null before the metadata is there. */
  readonly name: string | null;
  /** 20 bytes each. */
  readonly infohashes: readonly Uint8Array[];
}

export class Catalogue {
  readonly reader: CatalogueReader;
  readonly retries: RetryTable;
  readonly health: HealthTable;
  readonly tokens: TokenTable;
  readonly blocked: BlockedTable;
  readonly marks: MarkTable;
  readonly removal: RowRemoval;
  readonly forgetting: Forgetting;
  readonly log: WriteAheadLog;
  /** Why something may not be stored; null: it may. Set by whoever knows (store/judge.ts). */
  judge: (torrent: Judged) => BlockReason | null = () => null;
  /** Called when it is closed, however. */
  onClosed: () => void = () => undefined;
  readonly #database: CatalogueDatabase;
  readonly #rows: RowWriter;
  readonly #sightings: SightingTable;
  #count: number;
  #refusedCount = 0;

  /** `database` is a writer's connection with the latest schema (`openCatalogue`). */
  constructor(database: CatalogueDatabase) {
    this.#database = database;
    this.reader = new CatalogueReader(database);
    this.retries = new RetryTable(database);
    this.health = new HealthTable(database);
    this.tokens = new TokenTable(database);
    this.blocked = new BlockedTable(database);
    this.removal = new RowRemoval(database, this);
    this.forgetting = new Forgetting(database);
    this.log = new WriteAheadLog(database);
    this.marks = new MarkTable(database, this);
    this.#rows = new RowWriter(database, this);
    this.#sightings = new SightingTable(database);
    this.#count = this.reader.count();
  }

  /** Kept while writing, so that asking costs nothing. */
  get count(): number {
    return this.#count;
  }

  /** Stores `rows` in one transaction: all of them, or, when it throws, none. */
  insertMany(rows: readonly CatalogueRow[]): InsertOutcome {
    return this.#inTransaction(() => this.#insertAll(rows));
  }

  /** Sets marks or takes them back, in one transaction. `tokensOf` makes the tokens of rows that are shown again. */
  mark(change: MarkChange, tokensOf: TokensOf): MarkOutcome {
    return this.#inTransaction(() => this.marks.change(change, tokensOf));
  }

  /** In one transaction; of what is not stored (any more) nothing is kept. */
  recordSightings(sightings: Iterable<Sighting>): void {
    this.#inTransaction(() => {
      for (const sighting of sightings) if (this.removal.has(sighting.id)) this.#sightings.add(sighting);
    });
  }

  /** Blocks stored rows because of a list or a word, in one transaction. */
  block(ids: readonly number[], reason: BlockReason, nowUnixSeconds: number): MarkOutcome {
    return this.#inTransaction(() => this.marks.blockRows(ids, reason, nowUnixSeconds));
  }

  /** What only a word has blocked is blocked no more, in one transaction. `tokensOf` as in `mark`. */
  unblockWords(nowUnixSeconds: number, tokensOf: TokensOf): MarkOutcome {
    return this.#inTransaction(() => {
      this.blocked.removeWords();
      return this.marks.showUnblocked(nowUnixSeconds, tokensOf);
    });
  }

  /** Torrents that were blocked and came again, since the file was opened. */
  get refusedCount(): number {
    return this.#refusedCount;
  }

  /** Removes rows in one transaction: forgotten, or blocked for good. Returns the ids of those that were there. */
  removeRows(ids: readonly number[]): number[] {
    return this.#inTransaction(() => ids.filter((id) => this.#remove(id)));
  }

  /** In one transaction; of what is not stored nothing is kept. */
  recordHealth(reports: readonly HealthReport[]): SeedersOfRow[] {
    return this.#forEachStored(reports, (id, report) => this.health.set(id, report.source, report));
  }

  /** In one transaction: nobody has them any more (`infohashes` of 20 bytes each). */
  markDead(infohashes: readonly Uint8Array[]): SeedersOfRow[] {
    const dead = infohashes.map((infohash) => ({ infohash }));
    const changed = this.#forEachStored(dead, (id) => this.health.markDead(id));
    this.retries.remove(infohashes);
    return changed;
  }

  /** In one transaction: somebody has them (`infohashes` of 20 bytes each). */
  markAlive(infohashes: readonly Uint8Array[]): SeedersOfRow[] {
    const alive = infohashes.map((infohash) => ({ infohash }));
    const changed = this.#forEachStored(alive, (id) => this.health.markAlive(id));
    this.retries.remove(infohashes);
    return changed;
  }

  /**
   * Removes every torrent and everything that was learnt, in one transaction, and gives the space back; what is blocked stays
   * if `keepsBlocked`. Readers see an empty catalogue. To be opened anew afterwards: the kept counts are of before.
   */
  empty(keepsBlocked: boolean): void {
    const tables = ['torrents', 'infohash_aliases', 'torrent_files', 'torrent_health', 'torrent_sightings'];
    tables.push('retry_ladder', 'invalid_infohashes', ...(keepsBlocked ? [] : ['blocked_infohashes']));
    this.#inTransaction(() => {
      for (const table of tables) this.#database.exec(`DELETE FROM ${table}`);
      this.#database.exec('UPDATE blocked_infohashes SET name = NULL'); // an infohash is enough to keep it away
      for (const table of ['name_fts', 'path_fts'])
        this.#database.exec(`INSERT INTO ${table}(${table}) VALUES('delete-all')`);
    });
    this.log.checkpoint('TRUNCATE');
    this.#database.exec('VACUUM');
  }

  /** Leaves an empty log and fresh statistics behind. */
  close(): void {
    try {
      this.#database.pragma('optimize');
      this.log.checkpoint('TRUNCATE');
    } finally {
      this.abandon();
    }
  }

  /** Closes without another write: for a catalogue that has failed. */
  abandon(): void {
    this.#database.close();
    this.onClosed();
  }

  /** Everything or nothing; the kept counts go back with it. */
  #inTransaction<Result>(act: () => Result): Result {
    const before = this.#count;
    try {
      return this.#database.transaction(act).immediate();
    } catch (error) {
      this.#count = before;
      this.retries.undone();
      this.blocked.undone();
      throw error;
    }
  }

  #insert(row: CatalogueRow): number {
    this.#count++;
    return this.#rows.insert(row);
  }

  #remove(id: number): boolean {
    const wasThere = this.removal.remove(id);
    if (wasThere) this.#count--;
    return wasThere;
  }

  #forEachStored<Entry extends { readonly infohash: Uint8Array }>(
    entries: readonly Entry[],
    act: (id: number, entry: Entry) => void,
  ): SeedersOfRow[] {
    const ids = new Set<number>();
    this.#database
      .transaction(() => {
        for (const entry of entries) {
          const id = this.reader.findId(entry.infohash);
          if (id === null) continue;
          act(id, entry);
          ids.add(id);
        }
      })
      .immediate();
    return this.reader.seedersOf([...ids]);
  }

  #insertAll(rows: readonly CatalogueRow[]): InsertOutcome {
    const inserted: { id: number; row: CatalogueRow }[] = [];
    const removedIds: number[] = [];
    const again = new Set<number>();
    let updatedCount = 0;
    let refusedCount = 0;
    for (const row of rows) {
      const ids = this.#rows.find(row);
      const [oldest] = ids;
      this.#leaveLadder(row, oldest);
      const blockedBecause = this.#blockedBecause(row);
      if (blockedBecause !== null) {
        // Stored under the other infohash of a hybrid that nobody knew to be one: it is the same torrent.
        removedIds.push(...this.marks.blockRows(ids, blockedBecause, row.discoveredAtUnixSeconds).hiddenIds);
        refusedCount++;
        this.#refusedCount++;
        continue;
      }
      if (oldest === undefined) {
        inserted.push({ id: this.#insert(row), row });
        continue;
      }
      const [, twin] = ids;
      if (twin !== undefined) {
        removedIds.push(twin, ...this.#mergeInto(oldest, twin));
      }
      again.add(oldest);
      this.#rows.seenAgain(oldest, row);
      updatedCount++;
    }
    // A row may be both inserted and merged away by a later one of the same batch: then it is neither.
    const gone = new Set(removedIds);
    const stays = inserted.filter(({ id }) => !gone.has(id));
    const lost = new Set(inserted.filter(({ id }) => gone.has(id)).map(({ id }) => id));
    const foundAgain = this.reader.seedersOf([...again].filter((id) => !gone.has(id)));
    return {
      inserted: stays,
      updatedCount,
      foundAgain,
      removedIds: removedIds.filter((id) => !lost.has(id)),
      refusedCount,
    };
  }

  /** Null: it may be stored. What is judged now is remembered, so that it is not asked for again. */
  #blockedBecause({ infohashV1, infohashV2, name, discoveredAtUnixSeconds }: CatalogueRow): BlockReason | null {
    const infohashes = [infohashV1, cutV2(infohashV2)].filter((infohash) => infohash !== null);
    for (const infohash of infohashes) {
      const reason = this.blocked.reasonOf(infohash);
      if (reason !== null) return reason;
    }
    const reason = this.judge({ name, infohashes });
    if (reason === null) return null;
    this.blocked.add({ infohashes, reason, name: null, atUnixSeconds: discoveredAtUnixSeconds });
    return reason;
  }

  /** Whoever sent the metadata has the torrent: there is nothing to try again, and it is not dead. */
  #leaveLadder(row: CatalogueRow, id: number | undefined): void {
    const cut = cutV2(row.infohashV2);
    this.retries.remove([...(row.infohashV1 ? [row.infohashV1] : []), ...(cut ? [cut] : [])]);
    if (id !== undefined) this.health.markAlive(id);
  }

  /** Found by v1 and by v2 before anybody knew both: the older row keeps its id and learns what the other knew. Returns rows to hide. */
  #mergeInto(keptId: number, twinId: number): readonly number[] {
    const twin = this.reader.detailsById(twinId);
    assert(twin, 'a row that was just found can be read');
    this.#remove(twinId);
    const { hiddenIds } = this.marks.join(keptId, twin.marks, twin.lastSeenAtUnixSeconds);
    this.#rows.seenAgain(keptId, { ...twin, nameTokens: '', pathTokens: '' });
    return hiddenIds;
  }

  checkInvariants(): void {
    this.retries.checkInvariants();
    this.blocked.checkInvariants();
    assert(this.#count === this.reader.count(), 'the kept count is the count');
    checkTables(this.#database);
  }
}
