// Query plans of what runs often (protocol.md R14): no statement sorts or scans the table where an index or the order of
// ids answers. Over a filled and analysed catalogue, since SQLite plans by its statistics.
import { expect, test } from 'vitest';
import { READER_QUERIES } from '../../main/catalogue/catalogue-reader.ts';
import { madeRow, openAt, sha256Of, temporaryPath } from '../catalogue/support.ts';

/** Who has it is looked up for each row that is read, never joined or sorted by. */
const SEEDERS = [/^CORRELATED SCALAR SUBQUERY \d$/, /^SEARCH torrent_health USING INTEGER PRIMARY KEY \(rowid=\?\)$/];

const EXPECTED: Record<keyof typeof READER_QUERIES, RegExp[]> = {
  rowById: [/^SEARCH torrents USING INTEGER PRIMARY KEY \(rowid=\?\)$/, ...SEEDERS],
  rowsByIds: [
    /^SEARCH torrents USING INTEGER PRIMARY KEY \(rowid=\?\)$/,
    /^LIST SUBQUERY \d$/,
    /^SCAN json_each VIRTUAL TABLE INDEX 1:$/,
    ...SEEDERS,
  ],
  latestPage: [/^SEARCH torrents USING INTEGER PRIMARY KEY \(rowid<\?\)$/, ...SEEDERS],
  seedersBetween: [/^SEARCH torrents USING INTEGER PRIMARY KEY \(rowid>\? AND rowid<\?\)$/, ...SEEDERS],
  seedersOf: [
    /^SEARCH torrents USING INTEGER PRIMARY KEY \(rowid=\?\)$/,
    /^LIST SUBQUERY \d$/,
    /^SCAN json_each VIRTUAL TABLE INDEX 1:$/,
    ...SEEDERS,
  ],
  rowsBetween: [/^SEARCH torrents USING INTEGER PRIMARY KEY \(rowid>\? AND rowid<\?\)$/, ...SEEDERS],
  idByInfohash: [
    /^COMPOUND QUERY$/,
    /^LEFT-MOST SUBQUERY$/,
    /^SEARCH torrents USING COVERING INDEX sqlite_autoindex_torrents_1 \(infohash=\?\)$/,
    /^UNION ALL$/,
    /^SEARCH infohash_aliases USING PRIMARY KEY \(infohash=\?\)$/,
  ],
  idsByInfohashRange: [
    /^SEARCH torrents USING COVERING INDEX sqlite_autoindex_torrents_1 \(infohash>\? AND infohash<\?\)$/,
  ],
  idsByAliasRange: [/^SEARCH infohash_aliases USING PRIMARY KEY \(infohash>\? AND infohash<\?\)$/],
  // The warm start: out of the index of infohashes alone, which is there anyway; no row is read.
  primaryAfter: [/^SEARCH torrents USING COVERING INDEX sqlite_autoindex_torrents_1 \(infohash>\?\)$/],
  aliasesAfter: [/^SEARCH infohash_aliases USING PRIMARY KEY \(infohash>\?\)$/],
  // Of a catalogue several times as large, in the table's own order: without a sort and without a second index to keep.
  latestInfohashes: [/^SEARCH torrents USING INTEGER PRIMARY KEY \(rowid<\?\)$/],
  details: [/^SEARCH torrents USING INTEGER PRIMARY KEY \(rowid=\?\)$/, ...SEEDERS],
  files: [/^SEARCH torrent_files USING INTEGER PRIMARY KEY \(rowid=\?\)$/],
  sightings: [/^SEARCH torrent_sightings USING INTEGER PRIMARY KEY \(rowid=\?\)$/],
  starred: [/^SCAN torrents USING INDEX torrents_starred$/],
  unshown: [/^SEARCH torrents USING COVERING INDEX torrents_unshown \(marks>\? AND marks<\?\)$/],
  newestId: [/^SEARCH torrents$/],
  count: [/^SCAN torrents USING COVERING INDEX sqlite_autoindex_torrents_1$/],
};

test.each([0, 2000])('R14 every query has the plan it was made for, with %i torrents', (count) => {
  const catalogue = openAt(temporaryPath());
  catalogue.insertMany(
    Array.from({ length: count }, (_, index) =>
      madeRow(index, index % 9 === 0 ? { infohashV2: sha256Of(`${index}`) } : {}),
    ),
  );
  const { database } = catalogue.reader;
  database.exec('ANALYZE');
  for (const [name, sql] of Object.entries(READER_QUERIES)) {
    const parameters = Array.from(sql.matchAll(/\?/g), () => 1);
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as { detail: string }[];
    const details = plan.map(({ detail }) => detail);
    expect(details.join('\n'), name).not.toMatch(/TEMP B-TREE|AUTOMATIC/);
    const expected = EXPECTED[name as keyof typeof READER_QUERIES];
    expect(details, name).toEqual(expected.map((line) => expect.stringMatching(line)));
  }
});
