// A magnetico database becomes ours, whichever of its versions wrote it; a hostile or damaged one costs nothing but itself.
import Database from 'better-sqlite3';
import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import { sha1Of } from '../catalogue/support.ts';
import { makeMagnetico, type MagneticoTorrent } from './magnetico-fixture.ts';
import { startRig, storedTorrents, temporaryFolder } from './support.ts';

const AT = 1_600_000_000;
const made = (seed: number, changes: Partial<MagneticoTorrent> = {}): MagneticoTorrent => ({
  infohash: sha1Of(`magnetico ${seed}`),
  name: `Old Torrent ${seed}`,
  size: 30,
  at: AT + seed,
  files: [
    { path: `folder/${seed}.mkv`, size: 20 },
    { path: 'readme.txt', size: 10 },
  ],
  ...changes,
});
const pathOf = (name = 'database.sqlite3'): string => join(temporaryFolder(), name);
const stored = (databasePath: string, seed: number) => storedTorrents(databasePath).get(toHex(made(seed).infohash));

describe.each([1, 3] as const)('version %d', (version) => {
  test('is taken over with files, times and seeders', async () => {
    const path = pathOf();
    const torrents = Array.from({ length: 2500 }, (_, seed) => made(seed, seed % 3 === 0 ? { seeders: seed } : {}));
    makeMagnetico(path, version, torrents);
    const before = readFileSync(path);
    const rig = startRig();
    expect(await rig.import(path)).toMatchObject({ newCount: 2500, mergedCount: 0, skippedCount: 0 });
    expect(stored(rig.databasePath, 9)).toMatchObject({
      details: { name: 'Old Torrent 9', sizeBytes: 30, fileCount: 2, discoveredAtUnixSeconds: AT + 9 },
      health: version === 1 ? null : { tracker: { seeders: 9, leechers: 1, checkedAtUnixSeconds: AT + 69 } },
    });
    expect(stored(rig.databasePath, 10)?.details.files).toEqual([
      { path: 'folder/10.mkv', sizeBytes: 20 },
      { path: 'readme.txt', sizeBytes: 10 },
    ]);
    expect(readFileSync(path).equals(before), 'the file is only read').toBe(true);
    expect(rig.progress.at(-1)).toMatchObject({ unit: 'bytes', done: before.length, total: before.length });
  });
});

describe('what makes no sense', () => {
  test('is skipped by itself, with its number', async () => {
    const path = pathOf();
    makeMagnetico(path, 1, [
      made(1),
      made(2, { infohash: new Uint8Array(19) }),
      made(3, { name: 'x'.repeat(100_000) }),
      made(4, { files: [{ path: 'a', size: -5 }] }),
      made(5, { name: new Uint8Array([0xff, 0xfe]) }),
      made(6, { name: '../../\u202egnp.exe', files: [] }),
      made(7, { files: [{ path: '../../../etc/passwd\0', size: 30 }] }),
    ]);
    const rig = startRig();
    const summary = await rig.import(path);
    // A name that cannot be read is fetched anew.
    expect(summary).toMatchObject({ newCount: 3, queuedCount: 2, skippedCount: 2 });
    expect(summary.skipped.map(({ line, reason }) => [line, reason])).toEqual([
      [2, 'bad-infohash'],
      [4, 'bad-field'],
    ]);
    expect(stored(rig.databasePath, 6)?.details.name).toBe('gnp.exe');
    expect(stored(rig.databasePath, 7)?.details.files).toEqual([{ path: 'etc/passwd', sizeBytes: 30 }]);
  });

  test.each([
    [
      'views that run for ever',
      `CREATE VIEW torrents AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
         SELECT i AS id, randomblob(20) AS info_hash, 'x' AS name, 1 AS total_size, 1 AS discovered_on FROM n;
       CREATE TABLE files(torrent_id, size, path);`,
    ],
    [
      'columns that are computed',
      `CREATE TABLE torrents(id INTEGER PRIMARY KEY, info_hash BLOB, name TEXT AS (hex(zeroblob(100000000))), total_size, discovered_on);
       CREATE TABLE files(torrent_id, size, path); INSERT INTO torrents(info_hash) VALUES(randomblob(20));`,
    ],
    [
      'a virtual table',
      `CREATE VIRTUAL TABLE torrents USING fts5(id, info_hash, name, total_size, discovered_on); CREATE TABLE files(torrent_id, size, path);`,
    ],
    ['no files table', `CREATE TABLE torrents(id INTEGER PRIMARY KEY, info_hash, name, total_size, discovered_on);`],
  ])('%s: the whole file is refused', async (_, sql) => {
    const path = pathOf();
    new Database(path).exec(sql).close();
    expect(await startRig().import(path)).toMatchObject({
      newCount: 0,
      skipped: [{ line: null, reason: 'unknown-format' }],
    });
  });

  test('a file that is damaged in the middle gives what can be read', async () => {
    const path = pathOf();
    makeMagnetico(
      path,
      3,
      Array.from({ length: 3000 }, (_, seed) => made(seed)),
    );
    const file = openSync(path, 'r+');
    const { size } = statSync(path);
    for (let at = Math.floor(size / 2); at < size / 2 + 40_000; at += 8)
      writeSync(file, Buffer.alloc(8, 0x5a), 0, 8, at);
    closeSync(file);
    const rig = startRig();
    const word = await rig.run({ kind: 'import', paths: [path] });
    expect(word.type).toBe('done');
    rig.writer.checkInvariants();
  });

  test('a file that is cut off, or only says that it is a database', async () => {
    const rig = startRig();
    const path = pathOf();
    new Database(path).exec('CREATE TABLE x(y)').close();
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.alloc(4000, 1), 0, 4000, 60);
    closeSync(file);
    expect(await rig.import(path)).toMatchObject({ newCount: 0, skipped: [{ reason: 'damaged' }] });
  });
});
