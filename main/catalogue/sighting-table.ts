// How often nodes named a torrent that is stored, and when last. Counted apart from `torrents`, since it changes all day.
import type { CatalogueDatabase, CatalogueStatement } from './open-database.ts';

export const SIGHTING_QUERIES = {
  add: `INSERT INTO torrent_sightings(id, times, last_at) VALUES(?, ?, ?)
    ON CONFLICT(id) DO UPDATE SET times = times + excluded.times, last_at = max(last_at, excluded.last_at)`,
} as const;

export interface Sighting {
  readonly id: number;
  readonly times: number;
  readonly lastAtUnixSeconds: number;
}

export class SightingTable {
  readonly #add: CatalogueStatement;

  constructor(database: CatalogueDatabase) {
    this.#add = database.prepare(SIGHTING_QUERIES.add);
  }

  /** Within the caller's transaction; the rows are there. */
  add({ id, times, lastAtUnixSeconds }: Sighting): void {
    this.#add.run(id, times, lastAtUnixSeconds);
  }
}
