// SIGKILL at any moment of a restore: afterwards there is a catalogue, whole, either the one of before or the restored one.
import Database from 'better-sqlite3';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { openCatalogue } from '../../main/catalogue/open-catalogue.ts';
import { openOrRecover } from '../../main/store/recover-catalogue.ts';
import { toCatalogueRow } from '../../main/store/catalogue-row.ts';
import { madeTorrent } from '../catalogue/support.ts';
import { temporaryFolder } from './support.ts';

const CHILD = join(import.meta.dirname, 'restore-kill-child.ts');
const KILLS = 5;

function makeCatalogue(databasePath: string, count: number): string {
  const catalogue = openCatalogue({ databasePath, nativeBinding: null });
  catalogue.insertMany(Array.from({ length: count }, (_, seed) => toCatalogueRow(madeTorrent(`${count} ${seed}`))));
  catalogue.close();
  return databasePath;
}

test('a catalogue survives kills while it is replaced', { timeout: 120_000 }, async () => {
  const folder = temporaryFolder();
  const databasePath = makeCatalogue(join(folder, 'here', 'catalogue.db'), 30);
  const sources = [10, 20].map((count) => makeCatalogue(join(folder, `${count}.db`), count));
  let restores = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const child = spawn(process.execPath, [CHILD, databasePath, ...sources], { stdio: ['ignore', 'pipe', 'inherit'] });
    // The first restore is under way from the first line on, or done: from there on any moment is as good as another.
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    restores += line.toString().trimEnd().split('\n').length;
    await new Promise((resolve) => setTimeout(resolve, (kill * 37) % 200));
    child.kill('SIGKILL');
    await once(child, 'exit');
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const { catalogue, notice } = openOrRecover({ databasePath, nativeBinding: null }, log, 1_790_000_000);
    expect(notice).toBeNull();
    expect([10, 20, 30]).toContain(catalogue.count);
    catalogue.checkInvariants();
    catalogue.close();
    const sound = new Database(databasePath, { readonly: true });
    expect(sound.pragma('quick_check', { simple: true })).toBe('ok');
    sound.close();
  }
  expect(restores).toBeGreaterThanOrEqual(KILLS);
  // The very first catalogue was put aside by the first restore and has been there ever since.
  const kept = readdirSync(dirname(databasePath)).filter((name) => /before-restore-\d+$/.test(name));
  expect(kept.length).toBeGreaterThanOrEqual(KILLS);
});
