// The retry ladder as rows (protocol.md 6.2b): which infohashes are to be tried again and when, and which never. Bounded: the
// least popular goes first. When to try and how often is decided by the engine (metadata/retry-ladder.ts).
import { assert } from '../base/assert.ts';
import type { CatalogueDatabase, CatalogueStatement } from './open-database.ts';
import type { RetryEntry, RetryPurpose } from './torrent.ts';

/** Two days of failures at a balanced pace; some 8 MB with its index. */
export const RETRY_ROWS_MAX = 100_000;
export const INVALID_ROWS_MAX = 100_000;
/** Above this, how many nodes sampled an infohash makes no difference; and each value is one seek when asking who is due. */
export const POPULARITY_MAX = 15;
/** What was handed out is due again after this time, should nothing be heard of it (the engine was killed). */
export const LEASE_SECONDS = 3600;
/** As stored. */
const PURPOSES: readonly RetryPurpose[] = ['metadata', 'health'];

export const RETRY_QUERIES = {
  add: `INSERT INTO retry_ladder(infohash, purpose, failure_count, popularity, due_at) VALUES(?, ?, ?, ?, ?)
    ON CONFLICT(infohash) DO UPDATE SET
      due_at = CASE WHEN excluded.failure_count > failure_count THEN excluded.due_at ELSE due_at END,
      failure_count = max(failure_count, excluded.failure_count), popularity = max(popularity, excluded.popularity)`,
  remove: 'DELETE FROM retry_ladder WHERE infohash = ?',
  due: `SELECT infohash, purpose, failure_count AS failureCount, popularity, due_at AS dueAtUnixSeconds
    FROM retry_ladder WHERE popularity = ? AND due_at <= ? ORDER BY due_at LIMIT ?`,
  lease: 'UPDATE retry_ladder SET due_at = ? WHERE infohash = ?',
  dueAt: 'SELECT due_at FROM retry_ladder WHERE infohash = ? AND purpose = 0',
  popular: 'UPDATE retry_ladder SET popularity = min(popularity + 1, ?) WHERE infohash = ?',
  leastPopular: 'SELECT infohash FROM retry_ladder ORDER BY popularity, due_at LIMIT ?',
  count: 'SELECT count(*) FROM retry_ladder',
  countOfPopularity: 'SELECT count(*) FROM retry_ladder WHERE popularity = ?',
  addInvalid: 'INSERT OR IGNORE INTO invalid_infohashes(infohash) VALUES(?)',
  isInvalid: 'SELECT id FROM invalid_infohashes WHERE infohash = ?',
  countInvalid: 'SELECT count(*) FROM invalid_infohashes',
  oldestInvalid: 'DELETE FROM invalid_infohashes WHERE id = (SELECT min(id) FROM invalid_infohashes)',
} as const;

type QueryName = keyof typeof RETRY_QUERIES;

export interface RetryLimits {
  readonly retryRowsMax: number;
  readonly invalidRowsMax: number;
}

export class RetryTable {
  readonly #statements: Record<QueryName, CatalogueStatement>;
  readonly #database: CatalogueDatabase;
  readonly #limits: RetryLimits;
  #count: number;
  #isCounted = true;
  #invalidCount: number;
  #evictedCount = 0;

  /** `database` is the writer's connection. Only tests hand in other limits. */
  constructor(
    database: CatalogueDatabase,
    limits: RetryLimits = { retryRowsMax: RETRY_ROWS_MAX, invalidRowsMax: INVALID_ROWS_MAX },
  ) {
    this.#database = database;
    this.#limits = limits;
    this.#statements = Object.fromEntries(
      Object.entries(RETRY_QUERIES).map(([name, sql]) => [name, database.prepare(sql)]),
    ) as Record<QueryName, CatalogueStatement>;
    for (const name of ['dueAt', 'leastPopular', 'count', 'countOfPopularity', 'isInvalid', 'countInvalid'] as const)
      this.#statements[name].pluck();
    this.#count = this.#statements.count.get() as number;
    this.#invalidCount = this.#statements.countInvalid.get() as number;
  }

  get count(): number {
    if (!this.#isCounted) {
      this.#count = this.#statements.count.get() as number;
      this.#isCounted = true;
    }
    return this.#count;
  }

  countOfPopularity(popularity: number): number {
    return this.#statements.countOfPopularity.get(popularity) as number;
  }

  /** Rows that went because the ladder was full, since the file was opened. */
  get evictedCount(): number {
    return this.#evictedCount;
  }

  /** In one transaction. An entry that is there keeps the higher rung, its time and the larger popularity. */
  add(entries: readonly RetryEntry[]): void {
    this.#inTransaction(() => {
      for (const { infohash, purpose, failureCount, popularity, dueAtUnixSeconds } of entries) {
        const bounded = Math.max(0, Math.min(popularity, POPULARITY_MAX));
        this.#statements.add.run(infohash, PURPOSES.indexOf(purpose), failureCount, bounded, dueAtUnixSeconds);
      }
      this.#count = this.#statements.count.get() as number;
      this.#evict();
    });
  }

  /** The infohashes are done with, whatever came of it. Those that are not on the ladder do no harm. */
  remove(infohashes: readonly Uint8Array[]): void {
    if (this.count === 0) return;
    this.#inTransaction(() => {
      for (const infohash of infohashes) this.#count -= this.#statements.remove.run(infohash).changes;
    });
  }

  /** At most `limit` entries whose time has come, the most popular first; they are not due again for LEASE_SECONDS. */
  takeDue(nowUnixSeconds: number, limit: number): RetryEntry[] {
    const taken: RetryEntry[] = [];
    if (this.count === 0) return taken;
    for (let popularity = POPULARITY_MAX; popularity >= 0 && taken.length < limit; popularity--) {
      const rows = this.#statements.due.all(popularity, nowUnixSeconds, limit - taken.length);
      for (const row of rows as (Omit<RetryEntry, 'purpose'> & { purpose: number })[]) {
        // A plain array of its own memory: it goes to another thread.
        taken.push({ ...row, infohash: new Uint8Array(row.infohash), purpose: PURPOSES[row.purpose] ?? 'metadata' });
      }
    }
    if (taken.length === 0) return taken;
    this.#inTransaction(() => {
      for (const { infohash } of taken) this.#statements.lease.run(nowUnixSeconds + LEASE_SECONDS, infohash);
    });
    return taken;
  }

  /** Whether `infohash` waits on the ladder for a time that has not come. */
  isResting(infohash: Uint8Array, nowUnixSeconds: number): boolean {
    if (this.count === 0) return false;
    const dueAt = this.#statements.dueAt.get(infohash) as number | undefined;
    return dueAt !== undefined && dueAt > nowUnixSeconds;
  }

  /** Another node sampled each of them. */
  sampledAgain(infohashes: readonly Uint8Array[]): void {
    if (infohashes.length === 0) return;
    this.#inTransaction(() => {
      for (const infohash of infohashes) this.#statements.popular.run(POPULARITY_MAX, infohash);
    });
  }

  isInvalid(infohash: Uint8Array): boolean {
    return this.#invalidCount > 0 && this.#statements.isInvalid.get(infohash) !== undefined;
  }

  /** Their metadata is proved by its hash and makes no sense: it will be the same next time. */
  addInvalid(infohashes: readonly Uint8Array[]): void {
    this.#inTransaction(() => {
      for (const infohash of infohashes) {
        this.#invalidCount += this.#statements.addInvalid.run(infohash).changes;
        if (this.#invalidCount > this.#limits.invalidRowsMax) {
          this.#invalidCount -= this.#statements.oldestInvalid.run().changes;
        }
      }
    });
    this.remove(infohashes);
  }

  /** A transaction around one of ours was rolled back: what was counted in it is counted anew when next asked. */
  undone(): void {
    this.#isCounted = false;
  }

  checkInvariants(): void {
    assert(this.count === this.#statements.count.get(), 'the rows of the ladder are counted right');
    assert(this.#invalidCount === this.#statements.countInvalid.get(), 'the invalid ones are counted right');
    assert(this.#count <= this.#limits.retryRowsMax, 'the retry ladder keeps its limit');
    assert(this.#invalidCount <= this.#limits.invalidRowsMax, 'the invalid ones keep their limit');
  }

  #evict(): void {
    const beyond = this.#count - this.#limits.retryRowsMax;
    if (beyond <= 0) return;
    for (const infohash of this.#statements.leastPopular.all(beyond)) this.#statements.remove.run(infohash);
    this.#count -= beyond;
    this.#evictedCount += beyond;
  }

  /** The counts are put back when the transaction fails. */
  #inTransaction(act: () => void): void {
    const before = { count: this.#count, invalidCount: this.#invalidCount, evictedCount: this.#evictedCount };
    try {
      if (this.#database.inTransaction) act();
      else this.#database.transaction(act).immediate();
    } catch (error) {
      this.#count = before.count;
      this.#invalidCount = before.invalidCount;
      this.#evictedCount = before.evictedCount;
      throw error;
    }
  }
}
