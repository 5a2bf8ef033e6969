// SIGKILL at any moment of a move: the next start finds the whole catalogue in the folder that its settings name.
import Database from 'better-sqlite3';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../main/base/clock.ts';
import { foldersFor, removeMovedFrom } from '../../main/app/data-place.ts';
import { SettingsFile } from '../../main/app/settings-file.ts';
import { openCatalogue } from '../../main/catalogue/open-catalogue.ts';
import { toCatalogueRow } from '../../main/store/catalogue-row.ts';
import { madeTorrent } from '../catalogue/support.ts';

const CHILD = path.join(import.meta.dirname, 'move-kill-child.ts');
const KILLS = 6;
const COUNT = 2000;

test('a catalogue survives kills while it is moved', { timeout: 180_000 }, async () => {
  const root = mkdtempSync(path.join(tmpdir(), 'lanternfish-move-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const [profileDir, first, second] = ['profile', 'first', 'second'].map((name) => path.join(root, name)) as [
    string,
    string,
    string,
  ];
  const dataDir = path.join(first, 'data');
  for (const folder of [profileDir, first, second, dataDir]) mkdirSync(folder);
  const catalogue = openCatalogue({ databasePath: path.join(dataDir, 'catalogue.db'), nativeBinding: null });
  catalogue.insertMany(Array.from({ length: COUNT }, (_, seed) => toCatalogueRow(madeTorrent(seed))));
  catalogue.close();
  let moves = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const child = spawn(process.execPath, [CHILD, profileDir, first, second], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    const exited = once(child, 'exit');
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    // Every other time in the first move, else in the second.
    while (said.split('\n').length - 1 < 1 + (kill % 2))
      await Promise.race([
        once(child.stdout, 'data'),
        exited.then(() => expect.fail(`the mover ended by itself: ${said}`)),
      ]);
    await new Promise((resolve) => setTimeout(resolve, (kill * 331) % 1300));
    child.kill('SIGKILL');
    await exited;
    moves += said.trimEnd().split('\n').length - 1;
    const { settings } = SettingsFile.read(path.join(profileDir, 'settings.json'));
    const { folders, notice } = await foldersFor({ profileDir, dataDir }, settings.dataDir, systemClock);
    expect(notice).toBeNull();
    const database = new Database(path.join(folders.dataDir, 'catalogue.db'));
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(database.prepare('SELECT count(*) FROM torrents').pluck().get()).toBe(COUNT);
    database.close();
    await removeMovedFrom(folders.dataDir);
  }
  expect(moves).toBeGreaterThan(0);
  // What is left behind is at most one copy that was cut short, under a name of its own.
  const left = [first, second].flatMap((folder) => readdirSync(folder)).filter((name) => name.endsWith('.arriving'));
  expect(left.length).toBeLessThanOrEqual(2);
});
