// What must hold between the tables of the catalogue, whatever was written: asserted by tests and by nobody else.
import { assert } from '../base/assert.ts';
import type { CatalogueDatabase } from './open-database.ts';

export function checkTables(database: CatalogueDatabase): void {
  const counted = (sql: string): number => database.prepare(sql).pluck().get() as number;
  assert(
    counted(`SELECT count(*) FROM infohash_aliases a LEFT JOIN torrents t ON t.id = a.torrent_id
      WHERE t.id IS NULL OR t.infohash_v2 IS NULL OR substr(t.infohash_v2, 1, 20) <> a.infohash`) === 0,
    'every alias is the cut v2 infohash of its row',
  );
  assert(
    counted(`SELECT count(*) FROM torrents t WHERE infohash_v2 IS NOT NULL AND substr(infohash_v2, 1, 20) <> infohash
      AND NOT EXISTS (SELECT 1 FROM infohash_aliases a WHERE a.infohash = substr(t.infohash_v2, 1, 20))`) === 0,
    'every hybrid has its alias',
  );
  assert(
    counted('SELECT count(*) FROM infohash_aliases WHERE infohash IN (SELECT infohash FROM torrents)') === 0,
    'no infohash is both primary and alias',
  );
  // While the tables are filled anew, rows between the two marks have none.
  const [filledTo, filledUntil] = ['tokens_filled_to', 'tokens_filled_until'].map((name) =>
    counted(`SELECT coalesce(max(value), -1) FROM settings WHERE name = '${name}'`),
  );
  assert(
    counted('SELECT count(*) FROM name_fts_docsize') ===
      counted(`SELECT count(*) FROM torrents
        WHERE marks < 4 AND (${filledTo} < 0 OR id <= ${filledTo} OR id > ${filledUntil})`),
    'every row that is shown has its name tokens',
  );
  assert(
    counted('SELECT count(*) FROM torrent_files WHERE id NOT IN (SELECT id FROM torrents)') === 0,
    'no file list without its row',
  );
  assert(
    counted('SELECT count(*) FROM torrent_health WHERE id NOT IN (SELECT id FROM torrents)') === 0,
    'nothing is said of the health of what is not stored',
  );
  assert(
    counted('SELECT count(*) FROM torrent_sightings WHERE id NOT IN (SELECT id FROM torrents)') === 0,
    'nothing is counted of what is not stored',
  );
  assert(
    counted(`SELECT count(*) FROM torrents WHERE (marks & 8) = 0
      AND infohash IN (SELECT infohash FROM blocked_infohashes)`) === 0,
    'no row is shown whose infohash is blocked',
  );
}
