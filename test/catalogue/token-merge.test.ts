// The segments of the full-text tables: no commit joins them, they are joined in steps of a few pages, what was deleted goes with
// it, and every word is found throughout.
import { expect, it } from 'vitest';
import type { Catalogue } from '../../main/catalogue/catalogue.ts';
import { MERGE_SETTINGS } from '../../main/catalogue/token-merge.ts';
import { madeRow, openAt, sha1Of, temporaryPath } from './support.ts';

const hex = (seed: string): string => Buffer.from(sha1Of(seed)).toString('hex');
/** Words that no other row has: what takes most room in these tables. */
const rareRow = (seed: number) => {
  const words = (kind: string): string => [0, 1, 2, 3].map((at) => hex(`${kind} ${seed}${'+'.repeat(at)}`)).join(' ');
  return madeRow(seed, { name: `${words('name')} common`, files: [{ path: `${words('path')}.bin`, sizeBytes: 9 }] });
};

const counted = ({ reader }: Catalogue, sql: string): number => reader.database.prepare(sql).pluck().get() as number;
const segments = (catalogue: Catalogue): number =>
  counted(catalogue, 'SELECT count(DISTINCT segid) FROM name_fts_idx') +
  counted(catalogue, 'SELECT count(DISTINCT segid) FROM path_fts_idx');
const tokenPages = (catalogue: Catalogue): number =>
  counted(catalogue, 'SELECT count(*) FROM name_fts_data') + counted(catalogue, 'SELECT count(*) FROM path_fts_data');
const found = ({ reader }: Catalogue, table: 'name_fts' | 'path_fts', word: string): number[] =>
  reader.database.prepare(`SELECT rowid FROM ${table} WHERE ${table} MATCH ?`).pluck().all(`"${word}"`) as number[];

function fill(catalogue: Catalogue, commits: number, rows: number): void {
  for (let at = 0; at < commits; at++)
    catalogue.insertMany(Array.from({ length: rows }, (_, index) => rareRow(at * rows + index)));
}

it('no commit joins them, also not one that deletes', () => {
  const catalogue = openAt(temporaryPath());
  fill(catalogue, 40, 5);
  expect(segments(catalogue)).toBe(80);
  catalogue.removeRows(Array.from({ length: 150 }, (_, index) => index + 1));
  expect(segments(catalogue)).toBe(80);
  while (catalogue.tokens.merge.step(4));
  expect(segments(catalogue)).toBeLessThan(2 * MERGE_SETTINGS.usermerge);
  expect(found(catalogue, 'name_fts', 'common')).toEqual(Array.from({ length: 50 }, (_, index) => index + 151));
  expect(catalogue.tokens.merge.step(4)).toBe(false);
});

it('a step writes as many pages as it was told and some more, and words are found in the middle of it', () => {
  const catalogue = openAt(temporaryPath());
  fill(catalogue, 20, 120);
  catalogue.log.checkpoint('TRUNCATE');
  const whole = tokenPages(catalogue);
  let most = 0;
  let steps = 0;
  for (let before = 0; catalogue.tokens.merge.step(2); steps++) {
    const pages = catalogue.log.pages();
    most = Math.max(most, pages - before);
    before = pages;
    if (steps % 10 !== 0) continue;
    for (const seed of [0, 777, 2399]) {
      expect(found(catalogue, 'name_fts', hex(`name ${seed}`))).toEqual([seed + 1]);
      expect(found(catalogue, 'path_fts', hex(`path ${seed}`))).toEqual([seed + 1]);
    }
  }
  expect(steps).toBeGreaterThan(20);
  expect(whole).toBeGreaterThan(200);
  expect(most, `of ${whole} pages`).toBeLessThan(whole / 2); // with what is left of the inputs, which are cut short
});

it('what was deleted is written out of a segment when it is half of it, or 60,000 rows, and its pages come back', () => {
  const catalogue = openAt(temporaryPath());
  catalogue.tokens.merge.fitTo(1600);
  fill(catalogue, 8, 200);
  while (catalogue.tokens.merge.step(16));
  const whole = tokenPages(catalogue);
  const remove = (from: number, to: number): void =>
    void catalogue.removeRows(Array.from({ length: to - from }, (_, index) => from + index));
  remove(1, 640);
  expect(catalogue.tokens.merge.step(16)).toBe(false); // not worth it yet
  remove(640, 900);
  while (catalogue.tokens.merge.step(16));
  expect(tokenPages(catalogue)).toBeLessThan(whole * 0.6);
  expect(found(catalogue, 'name_fts', 'common')).toHaveLength(1600 - 899);
  expect(found(catalogue, 'name_fts', hex('name 5'))).toEqual([]);
  expect(found(catalogue, 'name_fts', hex('name 1599'))).toEqual([1600]);
  catalogue.tokens.merge.fitTo(1_000_000); // 6% of it now
  remove(900, 930);
  expect(catalogue.tokens.merge.step(16)).toBe(false);
  remove(930, 990);
  expect(catalogue.tokens.merge.step(16)).toBe(true);
});

it('a file with the settings of an earlier version gets these', () => {
  const path = temporaryPath();
  const before = openAt(path);
  before.reader.database.exec("INSERT INTO name_fts(name_fts, rank) VALUES('automerge', 8)");
  before.close();
  const after = openAt(path);
  for (const [name, value] of Object.entries(MERGE_SETTINGS))
    expect(counted(after, `SELECT v FROM name_fts_config WHERE k = '${name}'`), name).toBe(value);
});

it('FTS5 finds what it deletes by id, in a new file and in one of an earlier version that was analysed while it was empty', () => {
  const path = temporaryPath();
  const plans = ({ reader }: Catalogue): unknown[] =>
    ['name_fts_data', 'path_fts_data'].map(
      (table) =>
        (
          reader.database.prepare(`EXPLAIN QUERY PLAN SELECT id FROM ${table} WHERE id >= ? AND id <= ?`).get(1, 2) as {
            detail: string;
          }
        ).detail,
    );
  const found = expect.stringMatching(/^SEARCH .* USING INTEGER PRIMARY KEY/);
  const catalogue = openAt(path);
  expect(plans(catalogue)).toEqual([found, found]);
  catalogue.reader.database.exec("UPDATE sqlite_stat1 SET stat = '2' WHERE idx IS NULL");
  catalogue.close();
  const again = openAt(path);
  expect(plans(again)).toEqual([found, found]);
  again.close();
  expect(plans(openAt(path)), 'after what closing does to the figures').toEqual([found, found]);
});
