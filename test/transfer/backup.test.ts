// Backup while the crawler writes, restore with its checks, and what is left when either does not come to its end.
import Database from 'better-sqlite3';
import { copyFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openCatalogue, openCatalogueReader } from '../../main/catalogue/open-catalogue.ts';
import { swapBack, swapPreparedIn } from '../../main/catalogue/replace-catalogue.ts';
import { toCatalogueRow } from '../../main/store/catalogue-row.ts';
import { madeTorrent } from '../catalogue/support.ts';
import { exportJob, startRig, storedTorrents, temporaryFolder } from './support.ts';

const countIn = (databasePath: string): number => {
  const reader = openCatalogueReader({ databasePath, nativeBinding: null });
  const count = reader.count();
  reader.close();
  return count;
};

function makeCatalogue(databasePath: string, from: number, to: number): void {
  const catalogue = openCatalogue({ databasePath, nativeBinding: null });
  for (let seed = from; seed < to; seed += 500) {
    const seeds = Array.from({ length: Math.min(500, to - seed) }, (_, index) => seed + index);
    catalogue.insertMany(seeds.map((each) => toCatalogueRow(madeTorrent(each))));
  }
  catalogue.close();
}

describe('a backup', () => {
  test("is one moment of a catalogue that goes on, checked, in one file of one's own", async () => {
    const folder = temporaryFolder();
    makeCatalogue(join(folder, 'catalogue.db'), 0, 3000);
    const rig = startRig(folder);
    const target = join(folder, 'backup.lanternfish');
    let committed = 0;
    const other = openCatalogue({ databasePath: rig.databasePath, nativeBinding: null });
    onTestFinished(() => other.abandon());
    // Another connection commits between the steps: without a held view each of them would start the copy again.
    const writing = setInterval(() => other.insertMany([toCatalogueRow(madeTorrent(`late ${committed++}`))]), 1);
    const result = await rig.result({ kind: 'backup', targetPath: target });
    clearInterval(writing);
    expect(result).toMatchObject({ torrentCount: countIn(target), sizeBytes: statSync(target).size });
    expect(committed).toBeGreaterThan(countIn(target) - 3000);
    expect(countIn(rig.databasePath)).toBe(3000 + committed);
    expect(
      readdirSync(folder)
        .filter((name) => name.startsWith('backup'))
        .filter((name) => !/-(wal|shm)$/.test(name)),
    ).toEqual(['backup.lanternfish']);
    expect(statSync(target).mode & 0o077).toBe(0);
    const sound = new Database(target).pragma('integrity_check', { simple: true });
    expect(sound).toBe('ok');
  });

  test('that is cancelled, or has no folder to go to, leaves nothing and what was there', async () => {
    const folder = temporaryFolder();
    makeCatalogue(join(folder, 'catalogue.db'), 0, 3000);
    const rig = startRig(folder);
    const target = join(folder, 'backup.db');
    writeFileSync(target, 'mine');
    const word = await rig.run({ kind: 'backup', targetPath: target }, (_, cancel) => cancel());
    expect(word.type).toBe('cancelled');
    expect(statSync(target).size).toBe(4);
    expect(readdirSync(folder).filter((name) => name.includes('part'))).toEqual([]);
    const lost = await rig.run({ kind: 'backup', targetPath: join(folder, 'gone', 'backup.db') });
    expect(lost).toMatchObject({ type: 'failed', problem: expect.stringMatching(/catalogue is as it was/) });
  });
});

describe('an export', () => {
  test('that is cancelled leaves nothing and what was there', async () => {
    const folder = temporaryFolder();
    makeCatalogue(join(folder, 'catalogue.db'), 0, 5000);
    const rig = startRig(folder);
    const target = join(folder, 'all.jsonl');
    writeFileSync(target, 'mine');
    const word = await rig.run(exportJob(target), (_, cancel) => cancel());
    expect(word.type).toBe('cancelled');
    expect(statSync(target).size).toBe(4);
    expect(readdirSync(folder).filter((name) => name.includes('part'))).toEqual([]);
  });

  test('never replaces the catalogue, or what is no file', async () => {
    const rig = startRig();
    for (const target of [rig.databasePath, `${rig.databasePath}-wal`, dirname(rig.databasePath)]) {
      const word = await rig.run({ ...exportJob(target), format: 'csv' });
      expect(word).toMatchObject({ type: 'failed', problem: expect.stringMatching(/Nothing was written/) });
    }
    expect(countIn(rig.databasePath)).toBe(0);
  });
});

describe('a restore', () => {
  test('puts the backup in place and keeps what was there, until it is undone', async () => {
    const [folder, elsewhere] = [temporaryFolder(), temporaryFolder()];
    const backup = join(elsewhere, 'backup.db');
    makeCatalogue(backup, 0, 700);
    const rig = startRig(folder);
    await rig.import(await listOf(elsewhere));
    const before = storedTorrents(rig.databasePath);
    expect(await rig.result({ kind: 'restore', sourcePath: backup })).toMatchObject({ torrentCount: 700 });
    expect(() => swapPreparedIn(rig.databasePath, null, 5), 'while it is open').toThrow(/Another program/);
    rig.writer.stop();
    const asidePath = swapPreparedIn(rig.databasePath, null, 5);
    expect(asidePath).toBe(`${rig.databasePath}.before-restore-5`);
    expect(countIn(rig.databasePath)).toBe(700);
    expect(storedTorrents(asidePath)).toEqual(before);
    swapBack(rig.databasePath, asidePath);
    expect(storedTorrents(rig.databasePath)).toEqual(before);
  });

  test.each([
    ['no database', (path: string) => writeFileSync(path, 'hello'), /no catalogue at all/],
    [
      "another program's",
      (path: string) => {
        rmSync(path);
        new Database(path).exec('CREATE TABLE x(y)').close();
      },
      /no Lanternfish catalogue/,
    ],
    ['cut off', (path: string) => truncateSync(path, statSync(path).size - 20_000), /damaged/],
    ['of a newer version', (path: string) => new Database(path).pragma('user_version = 99'), /newer Lanternfish/],
    [
      'with a trigger of its own',
      (path: string) =>
        void new Database(path)
          .exec('CREATE TRIGGER evil AFTER INSERT ON torrents BEGIN DELETE FROM torrents; END')
          .close(),
      /evil.*tampered/,
    ],
    [
      'with a view for a table',
      (path: string) =>
        void new Database(path).exec('DROP TABLE torrent_health; CREATE VIEW torrent_health AS SELECT 1 AS id').close(),
      /torrent_health/,
    ],
  ])('refuses a file that is %s, and changes nothing', async (_, spoil, sentence) => {
    const folder = temporaryFolder();
    const rig = startRig(folder);
    const backup = join(temporaryFolder(), 'backup.db');
    makeCatalogue(backup, 0, 600);
    spoil(backup);
    const word = await rig.run({ kind: 'restore', sourcePath: backup });
    expect(word).toMatchObject({ type: 'failed', problem: expect.stringMatching(sentence) });
    expect(word.type === 'failed' && word.problem).toMatch(/has not been changed/);
    expect(readdirSync(folder).filter((name) => name.includes('restoring'))).toEqual([]);
  });

  test('refuses the catalogue itself, and what is not there', async () => {
    const rig = startRig();
    expect(await rig.run({ kind: 'restore', sourcePath: rig.databasePath })).toMatchObject({
      type: 'failed',
      problem: expect.stringMatching(/in use now/),
    });
    expect(await rig.run({ kind: 'restore', sourcePath: '/nowhere/x' })).toMatchObject({ type: 'failed' });
  });

  test.each([1, 2])('takes a file of version %d and keeps no copy of it', async (version) => {
    const folder = temporaryFolder();
    const backup = join(folder, `old-${version}.db`);
    copyFileSync(join(import.meta.dirname, '..', 'fixtures', 'catalogue', `catalogue-v${version}.db`), backup);
    const rig = startRig(folder);
    const result = await rig.result({ kind: 'restore', sourcePath: backup });
    rig.writer.stop();
    swapPreparedIn(rig.databasePath, null, 5);
    expect(result).toMatchObject({ torrentCount: countIn(rig.databasePath) });
    expect(countIn(rig.databasePath)).toBeGreaterThan(0);
    expect(readdirSync(folder).filter((name) => name.includes('before-format'))).toEqual([]);
  });

  test('of a damaged catalogue works: the damaged one is kept aside', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'catalogue.db');
    writeFileSync(path, 'not a database at all');
    const backup = join(folder, 'backup.db');
    makeCatalogue(backup, 0, 5);
    copyFileSync(backup, `${path}.restoring`);
    const asidePath = swapPreparedIn(path, null, 7);
    expect(countIn(path)).toBe(5);
    expect(statSync(asidePath).size).toBe(21);
  });
});

async function listOf(folder: string): Promise<string> {
  const path = join(folder, 'list.jsonl');
  writeFileSync(
    path,
    Array.from({ length: 30 }, (_, index) =>
      JSON.stringify({ infohash: String(index).padStart(40, '0'), name: `n ${index}` }),
    ).join('\n'),
  );
  return Promise.resolve(path);
}
