// Takes one torrent out of every table that knows it. Within the caller's transaction; what it was found by may come again.
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import type { HealthTable } from './health-table.ts';
import type { CatalogueDatabase, CatalogueStatement } from './open-database.ts';
import type { RetryTable } from './retry-table.ts';
import type { TokenTable } from './token-table.ts';

const REMOVAL_QUERIES = {
  keys: 'SELECT infohash, infohash_v2 AS infohashV2 FROM torrents WHERE id = ?',
  row: 'DELETE FROM torrents WHERE id = ?',
  alias: 'DELETE FROM infohash_aliases WHERE infohash = ?',
  files: 'DELETE FROM torrent_files WHERE id = ?',
  sightings: 'DELETE FROM torrent_sightings WHERE id = ?',
} as const;

export interface RowTables {
  readonly tokens: TokenTable;
  readonly health: HealthTable;
  readonly retries: RetryTable;
}

export class RowRemoval {
  readonly #statements: Record<keyof typeof REMOVAL_QUERIES, CatalogueStatement>;
  readonly #tables: RowTables;

  constructor(database: CatalogueDatabase, tables: RowTables) {
    this.#tables = tables;
    this.#statements = Object.fromEntries(
      Object.entries(REMOVAL_QUERIES).map(([name, sql]) => [name, database.prepare(sql)]),
    ) as Record<keyof typeof REMOVAL_QUERIES, CatalogueStatement>;
  }

  /** The infohashes, of 20 bytes, that lead to the row, the primary one first; none when there is no such row. */
  infohashesOf(id: number): Uint8Array[] {
    const keys = this.#statements.keys.get(id) as { infohash: Buffer; infohashV2: Buffer | null } | undefined;
    if (keys === undefined) return [];
    const cut = keys.infohashV2?.subarray(0, IDENTIFIER_BYTES);
    return cut === undefined || keys.infohash.equals(cut) ? [keys.infohash] : [keys.infohash, cut];
  }

  has(id: number): boolean {
    return this.#statements.keys.get(id) !== undefined;
  }

  /** False when there is no such row. */
  remove(id: number): boolean {
    const infohashes = this.infohashesOf(id);
    const [, alias] = infohashes;
    if (alias !== undefined) this.#statements.alias.run(alias);
    this.#statements.files.run(id);
    this.#statements.sightings.run(id);
    this.#tables.tokens.remove(id);
    this.#tables.health.remove(id);
    this.#tables.retries.remove(infohashes); // nobody looks for peers of what is not stored
    return this.#statements.row.run(id).changes > 0;
  }
}
