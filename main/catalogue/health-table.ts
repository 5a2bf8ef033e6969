// Who has a torrent, as rows: one for each torrent that somebody looked at, with each source's count and its time.
// Read by the search thread on its own connection, written by the writer on its one.
import type { CatalogueDatabase, CatalogueStatement } from './open-database.ts';
import type { HealthSource, SwarmCount, TorrentHealth } from './torrent.ts';

export const HEALTH_QUERIES = {
  byId: `SELECT dht_seeders AS dhtSeeders, dht_leechers AS dhtLeechers, dht_checked_at AS dhtCheckedAt,
    tracker_seeders AS trackerSeeders, tracker_leechers AS trackerLeechers, tracker_checked_at AS trackerCheckedAt,
    is_dead AS isDead FROM torrent_health WHERE id = ?`,
  amongIds: 'SELECT id FROM torrent_health WHERE id IN (SELECT value FROM json_each(?))',
  dht: `INSERT INTO torrent_health(id, dht_seeders, dht_leechers, dht_checked_at, is_dead) VALUES(?, ?, ?, ?, 0)
    ON CONFLICT(id) DO UPDATE SET dht_seeders = excluded.dht_seeders, dht_leechers = excluded.dht_leechers,
      dht_checked_at = excluded.dht_checked_at,
      is_dead = CASE WHEN excluded.dht_seeders + excluded.dht_leechers > 0 THEN 0 ELSE is_dead END`,
  tracker: `INSERT INTO torrent_health(id, tracker_seeders, tracker_leechers, tracker_checked_at, is_dead)
    VALUES(?, ?, ?, ?, 0)
    ON CONFLICT(id) DO UPDATE SET tracker_seeders = excluded.tracker_seeders,
      tracker_leechers = excluded.tracker_leechers, tracker_checked_at = excluded.tracker_checked_at,
      is_dead = CASE WHEN excluded.tracker_seeders + excluded.tracker_leechers > 0 THEN 0 ELSE is_dead END`,
  dead: `INSERT INTO torrent_health(id, is_dead) VALUES(?, 1) ON CONFLICT(id) DO UPDATE SET is_dead = 1`,
  alive: 'UPDATE torrent_health SET is_dead = 0 WHERE id = ?',
  remove: 'DELETE FROM torrent_health WHERE id = ?',
} as const;

interface HealthRow {
  readonly dhtSeeders: number | null;
  readonly dhtLeechers: number | null;
  readonly dhtCheckedAt: number | null;
  readonly trackerSeeders: number | null;
  readonly trackerLeechers: number | null;
  readonly trackerCheckedAt: number | null;
  readonly isDead: number;
}

export class HealthReader {
  readonly #byId: CatalogueStatement;
  readonly #amongIds: CatalogueStatement;

  constructor(database: CatalogueDatabase) {
    this.#byId = database.prepare(HEALTH_QUERIES.byId);
    this.#amongIds = database.prepare(HEALTH_QUERIES.amongIds).pluck();
  }

  /** Which of `ids` somebody has looked at. */
  amongIds(ids: readonly number[]): number[] {
    return this.#amongIds.all(JSON.stringify(ids)) as number[];
  }

  /** Null when nobody has looked yet. */
  get(id: number): TorrentHealth | null {
    const row = this.#byId.get(id) as HealthRow | undefined;
    if (!row) return null;
    return {
      dht: swarmCount(row.dhtSeeders, row.dhtLeechers, row.dhtCheckedAt),
      tracker: swarmCount(row.trackerSeeders, row.trackerLeechers, row.trackerCheckedAt),
      isDead: row.isDead !== 0,
    };
  }
}

/** Of a page of rows at once: nobody has looked at most of them, and asking for each took as long as reading them. */
export function healthOfRows(reader: HealthReader, ids: readonly number[]): Map<number, TorrentHealth> {
  const found = new Map<number, TorrentHealth>();
  for (const id of reader.amongIds(ids)) {
    const health = reader.get(id);
    if (health !== null) found.set(id, health);
  }
  return found;
}

export class HealthTable extends HealthReader {
  readonly #statements: Record<'dht' | 'tracker' | 'dead' | 'alive' | 'remove', CatalogueStatement>;

  /** `database` is the writer's connection. */
  constructor(database: CatalogueDatabase) {
    super(database);
    const prepare = (name: keyof typeof HEALTH_QUERIES): CatalogueStatement => database.prepare(HEALTH_QUERIES[name]);
    this.#statements = {
      dht: prepare('dht'),
      tracker: prepare('tracker'),
      dead: prepare('dead'),
      alive: prepare('alive'),
      remove: prepare('remove'),
    };
  }

  /** A count above zero takes back that the torrent is dead. */
  set(id: number, source: HealthSource, { seeders, leechers, checkedAtUnixSeconds }: SwarmCount): void {
    this.#statements[source].run(id, seeders, leechers, checkedAtUnixSeconds);
  }

  markDead(id: number): void {
    this.#statements.dead.run(id);
  }

  /** Somebody was found to have it by other ways than counting. */
  markAlive(id: number): void {
    this.#statements.alive.run(id);
  }

  remove(id: number): void {
    this.#statements.remove.run(id);
  }
}

function swarmCount(seeders: number | null, leechers: number | null, checkedAt: number | null): SwarmCount | null {
  if (seeders === null || leechers === null || checkedAt === null) return null;
  return { seeders, leechers, checkedAtUnixSeconds: checkedAt };
}
