// The packaged app over a catalogue that is not as it should be: it opens, says so in the window, keeps the file, and finds what
// could be saved. What is saved of which damage is for test/store/ to say.
import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../main/catalogue/open-database.ts';
import { oldCatalogue } from '../end-to-end/old-catalogue.ts';
import { startPackaged, type PackagedApp } from './packaged-process.ts';

const SEEN = { timeout: 30_000 } as const;
const TORRENTS = 120;
const PAGE_BYTES = 4096;

describe('the packaged app, over a catalogue', () => {
  let folder: string;
  let app: PackagedApp | null = null;

  const start = async (): Promise<PackagedApp> =>
    (app = await startPackaged(process.env['LANTERNFISH_PACKAGED_APP'] ?? '', folder));
  const names = async (): Promise<string[]> =>
    (await readdir(folder)).filter((name) => name.startsWith('catalogue.db'));

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lanternfish-troubled-'));
    await oldCatalogue(folder, TORRENTS);
  });

  afterEach(async () => {
    await app?.quit();
    app = null;
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  test('that is damaged: says what was saved and where the damaged file is, and finds it', async () => {
    const file = await open(path.join(folder, 'catalogue.db'), 'r+');
    await file.write(Buffer.alloc(PAGE_BYTES, 0xa5), 0, PAGE_BYTES, 0); // its header, and with it the schema
    await file.close();
    const { page } = await start();
    const said = page.getByTestId('mended');
    await said.filter({ hasText: /damaged/ }).waitFor(SEEN);
    expect(await said.innerText()).toMatch(new RegExp(`\\b${TORRENTS} torrents`));
    await page.getByTestId('search-box').fill('tidal lantern');
    await page.getByTestId('result-row').first().waitFor(SEEN);
    expect((await names()).filter((name) => name.startsWith('catalogue.db.damaged-'))).toHaveLength(1);
  });

  test('of a newer version: says so, and leaves it alone', async () => {
    const database = openDatabase({ path: path.join(folder, 'catalogue.db'), nativeBinding: null, role: 'writer' });
    database.pragma('user_version = 999');
    database.close();
    const { page } = await start();
    await page
      .getByText(/written by a newer Lanternfish/)
      .first()
      .waitFor(SEEN);
    expect((await names()).filter((name) => name.includes('damaged'))).toEqual([]);
  });
});
