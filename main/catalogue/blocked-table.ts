// Infohashes that are never asked for and never stored again. They outlive the torrents: that is their purpose. What the
// person blocked is kept for good; what a list or a word blocked is bounded, the oldest goes first, since list and word are
// asked again anyway.
import { assert } from '../base/assert.ts';
import type { CatalogueDatabase, CatalogueStatement } from './open-database.ts';
import type { BlockedEntry, BlockReason } from './torrent.ts';

/** Blocked by the person: nobody does more by hand, and a list is for more. Some 60 bytes each. */
export const BLOCKED_BY_PERSON_MAX = 200_000;
/** Blocked by the safety list or by a word. */
export const BLOCKED_DERIVED_MAX = 200_000;
/** As stored. */
const REASONS: readonly BlockReason[] = ['person', 'list', 'word'];

export const BLOCKED_QUERIES = {
  add: `INSERT INTO blocked_infohashes(infohash, named_by, reason, name, blocked_at) VALUES(?, ?, ?, ?, ?)
    ON CONFLICT(infohash) DO UPDATE SET reason = excluded.reason, name = excluded.name
      WHERE excluded.reason < reason`,
  has: 'SELECT id FROM blocked_infohashes WHERE infohash = ?',
  entryOf: 'SELECT named_by AS namedBy, reason FROM blocked_infohashes WHERE infohash = ?',
  remove: 'DELETE FROM blocked_infohashes WHERE infohash = ?',
  removeTwins: 'DELETE FROM blocked_infohashes WHERE named_by = ? AND named_by <> infohash',
  list: `SELECT id, infohash, name, reason, blocked_at AS blockedAtUnixSeconds FROM blocked_infohashes
    WHERE id < ? AND infohash = named_by ORDER BY id DESC LIMIT ?`,
  before: 'SELECT id, infohash FROM blocked_infohashes WHERE id < ? ORDER BY id DESC LIMIT ?',
  removeReason: 'DELETE FROM blocked_infohashes WHERE reason = ? AND reason > 0',
  oldestDerived: `DELETE FROM blocked_infohashes
    WHERE id = (SELECT min(id) FROM blocked_infohashes WHERE reason > 0)`,
  count: 'SELECT count(*) FROM blocked_infohashes',
  countDerived: 'SELECT count(*) FROM blocked_infohashes WHERE reason > 0',
} as const;

type QueryName = keyof typeof BLOCKED_QUERIES;

export interface BlockedLimits {
  readonly byPersonMax: number;
  readonly derivedMax: number;
}

/** What is blocked at once: a torrent by all of its infohashes. */
export interface Blocking {
  /** 20 bytes each, the primary one first. */
  readonly infohashes: readonly Uint8Array[];
  readonly reason: BlockReason;
  readonly name: string | null;
  readonly atUnixSeconds: number;
}

export class BlockedTable {
  readonly #statements: Record<QueryName, CatalogueStatement>;
  readonly #limits: BlockedLimits;
  #count = 0;
  #derivedCount = 0;
  #isCounted = false;
  #evictedCount = 0;
  #refusedCount = 0;

  /** `database` is the writer's connection. Only tests hand in other limits. */
  constructor(
    database: CatalogueDatabase,
    limits: BlockedLimits = { byPersonMax: BLOCKED_BY_PERSON_MAX, derivedMax: BLOCKED_DERIVED_MAX },
  ) {
    this.#limits = limits;
    this.#statements = Object.fromEntries(
      Object.entries(BLOCKED_QUERIES).map(([name, sql]) => [name, database.prepare(sql)]),
    ) as Record<QueryName, CatalogueStatement>;
    for (const name of ['has', 'count', 'countDerived'] as const) this.#statements[name].pluck();
  }

  /** Infohashes, both of a hybrid counted. */
  get count(): number {
    if (!this.#isCounted) {
      this.#count = this.#statements.count.get() as number;
      this.#derivedCount = this.#statements.countDerived.get() as number;
      this.#isCounted = true;
    }
    return this.#count;
  }

  /** Entries that went because there were too many of lists and words. */
  get evictedCount(): number {
    return this.#evictedCount;
  }

  /** Infohashes that could not be blocked because the person had blocked too many already. */
  get refusedCount(): number {
    return this.#refusedCount;
  }

  /** Within the caller's transaction. False when all of them were blocked before, or there is no room for more. */
  add({ infohashes, reason, name, atUnixSeconds }: Blocking): boolean {
    if (reason === 'person' && this.count - this.#derivedCount >= this.#limits.byPersonMax) {
      this.#refusedCount++;
      return false;
    }
    assert(this.count >= 0, 'they are counted before they change');
    let isChanged = false;
    for (const infohash of infohashes) {
      const wasBlocked = this.#statements.has.get(infohash) !== undefined;
      const order = REASONS.indexOf(reason);
      const { changes } = this.#statements.add.run(infohash, infohashes[0], order, name, atUnixSeconds);
      if (changes === 0) continue;
      isChanged = true;
      if (!wasBlocked) this.#count++;
      if (!wasBlocked && order > 0) this.#derivedCount++;
      if (wasBlocked && order === 0) this.#derivedCount--; // its reason was a lesser one
    }
    this.#evict();
    return isChanged;
  }

  /** Within the caller's transaction. False when it was not blocked. Takes a hybrid's other infohash with it. */
  remove(infohash: Uint8Array): boolean {
    if (this.count === 0) return false;
    const found = this.#statements.entryOf.get(infohash) as { namedBy: Uint8Array; reason: number } | undefined;
    if (found === undefined) return false;
    const { namedBy, reason } = found;
    const removed = this.#statements.removeTwins.run(namedBy).changes + this.#statements.remove.run(namedBy).changes;
    this.#count -= removed;
    if (reason > 0) this.#derivedCount -= removed;
    return true;
  }

  has(infohash: Uint8Array): boolean {
    return this.count > 0 && this.#statements.has.get(infohash) !== undefined;
  }

  /** Null: it is not blocked. */
  reasonOf(infohash: Uint8Array): BlockReason | null {
    if (this.count === 0) return null;
    const found = this.#statements.entryOf.get(infohash) as { reason: number } | undefined;
    return found === undefined ? null : (REASONS[found.reason] ?? 'person');
  }

  /** Newest first; `beforeId` null: from the newest on. */
  list({ beforeId, limit }: { beforeId: number | null; limit: number }): BlockedEntry[] {
    const rows = this.#statements.list.all(beforeId ?? Number.MAX_SAFE_INTEGER, limit);
    return (rows as (Omit<BlockedEntry, 'reason'> & { reason: number })[]).map((row) => ({
      ...row,
      infohash: new Uint8Array(row.infohash), // of its own memory: it goes to another thread
      reason: REASONS[row.reason] ?? 'person',
    }));
  }

  /** The infohashes themselves, packed, newest first, at most `limit`, for the engine's filter. */
  before(id: number, limit: number): { readonly infohashes: Uint8Array<ArrayBuffer>; readonly lastId: number } {
    const rows = this.#statements.before.all(id, limit) as { id: number; infohash: Uint8Array }[];
    const infohashes = new Uint8Array(Buffer.concat(rows.map(({ infohash }) => infohash)));
    return { infohashes, lastId: rows.at(-1)?.id ?? 0 };
  }

  /** Within the caller's transaction: what only a word has blocked may come again. */
  removeWords(): void {
    const removed = this.#statements.removeReason.run(REASONS.indexOf('word')).changes;
    this.#count = this.count - removed;
    this.#derivedCount -= removed;
  }

  /** A transaction around one of ours was rolled back: what was counted in it is counted anew when next asked. */
  undone(): void {
    this.#isCounted = false;
  }

  checkInvariants(): void {
    assert(this.count === this.#statements.count.get(), 'the blocked infohashes are counted right');
    assert(this.#derivedCount === this.#statements.countDerived.get(), 'and those of lists and words');
    assert(this.#derivedCount <= this.#limits.derivedMax, 'what lists and words block is bounded');
  }

  #evict(): void {
    for (; this.#derivedCount > this.#limits.derivedMax; this.#evictedCount++) {
      this.#statements.oldestDerived.run();
      this.#derivedCount--;
      this.#count--;
    }
  }
}
