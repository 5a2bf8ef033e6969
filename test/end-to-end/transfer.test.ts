// Files in the real window: dropped ones are imported, everything is exported, backed up and restored, and undone. The notice is
// put off, so nothing is sent. Only the system's own dialogs are stood in for; drops are real drag events of Chromium.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchApp, temporaryFolder, type AppUnderTest, type TemporaryFolder } from './app-under-test.ts';
import { until } from './tray-host.ts';

let folder: TemporaryFolder;
let session: AppUnderTest;
const fileIn = (name: string): string => path.join(folder.path, name);
const hex = (seed: number): string => seed.toString(16).padStart(40, '0');

/** Drags files over the window and lets them go, as a file manager does. */
async function drop(...files: string[]): Promise<void> {
  const { page } = session;
  const devtools = await page.context().newCDPSession(page);
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver'] as const) {
    await devtools.send('Input.dispatchDragEvent', { type, x: 300, y: 300, data });
  }
  await page.getByTestId('drop-zone').waitFor();
  await devtools.send('Input.dispatchDragEvent', { type: 'drop', x: 300, y: 300, data });
  await devtools.detach();
}

async function answerDialogs(filePath: string): Promise<void> {
  await session.app.evaluate(({ dialog }, chosen) => {
    dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath: chosen });
    dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [chosen] });
  }, filePath);
}

async function outcome(state: 'done' | 'failed' | 'cancelled'): Promise<string> {
  const { page } = session;
  await page.locator(`[data-testid=transfer][data-state=${state}]`).waitFor();
  const text = await page.getByTestId('transfer-outcome').innerText();
  await page.getByTestId('transfer').getByRole('button', { name: 'Close' }).click();
  return text;
}

async function choose(entry: string): Promise<void> {
  await session.page.getByRole('button', { name: 'More' }).click();
  await session.page.getByRole('menuitem', { name: entry }).click();
}

const total = async (): Promise<number> =>
  Number((await session.page.getByTestId('status-total').innerText()).replace(/\D/g, ''));

beforeAll(async () => {
  folder = await temporaryFolder('transfer');
  session = await launchApp(fileIn('data'), ['--bind=127.0.0.1']);
  await session.page.getByTestId('notice-later').click();
});

afterAll(async () => {
  await session.app.close();
  await folder.remove();
});

describe('files in the window', () => {
  it('dropped exports and magnet lists are imported and can be found', async () => {
    const { page } = session;
    const rows = Array.from({ length: 40 }, (_, seed) => ({
      infohash: hex(seed + 1),
      name: `Dropped Torrent ${seed}`,
    }));
    await writeFile(fileIn('some.jsonl'), `${rows.map((row) => JSON.stringify(row)).join('\n')}\nnonsense\n`);
    await writeFile(fileIn('links.txt'), `magnet:?xt=urn:btih:${hex(900)}\n`);
    await drop(fileIn('some.jsonl'), fileIn('links.txt'));
    expect(await outcome('done')).toMatch(/40 new, 1 to be fetched, 1 left out/);
    await until(async () => (await total()) === 40, 10_000, '40 torrents');
    await page.getByTestId('search-box').fill('dropped 17');
    await page.getByTestId('result-row').getByText('Torrent 17').waitFor();
  });

  it('what the search finds is exported, and then everything', async () => {
    const { page } = session;
    await answerDialogs(fileIn('found.csv'));
    await page.keyboard.press('Control+e');
    await page.getByTestId('export-go').click();
    expect(await outcome('done')).toMatch(/^1 torrent,/);
    expect(await readFile(fileIn('found.csv'), 'utf8')).toContain('Dropped Torrent 17');
    await answerDialogs(fileIn('all.jsonl'));
    await page.keyboard.press('Control+e');
    await page.getByTestId('export-everything').check();
    await page.getByTestId('export-jsonl').check();
    await page.getByTestId('export-go').click();
    expect(await outcome('done')).toMatch(/^40 torrents,/);
  });

  it('no file is replaced that the dialog has not asked about', async () => {
    const { app, page } = session;
    await writeFile(fileIn('taken.csv'), 'mine');
    await app.evaluate(({ dialog }, chosen) => {
      const asked: unknown[] = [];
      Object.assign(globalThis, { asked });
      // The person leaves the ending out, and closes the dialog when it names the file.
      dialog.showSaveDialog = (...handed: unknown[]) => {
        asked.push(handed.at(-1));
        return Promise.resolve(
          asked.length === 1 ? { canceled: false, filePath: chosen } : { canceled: true, filePath: '' },
        );
      };
    }, fileIn('taken'));
    await page.keyboard.press('Control+e');
    await page.getByTestId('export-csv').check();
    await page.getByTestId('export-go').click();
    const asked = (): Promise<{ defaultPath: string; properties: string[] }[]> =>
      app.evaluate(() => (globalThis as unknown as { asked: { defaultPath: string; properties: string[] }[] }).asked);
    await until(async () => (await asked()).length === 2, 10_000, 'the second question');
    const [first, second] = await asked();
    expect(first!.properties).toContain('showOverwriteConfirmation');
    expect(second!.defaultPath).toBe(fileIn('taken.csv'));
    expect(await readFile(fileIn('taken.csv'), 'utf8')).toBe('mine');
  });

  it('a backup is restored after a question, and undone', async () => {
    const { page } = session;
    await answerDialogs(fileIn('kept.lanternfish'));
    await choose('Back up…');
    expect(await outcome('done')).toMatch(/^40 torrents,.*checked/);
    await writeFile(fileIn('more.jsonl'), JSON.stringify({ infohash: hex(77), name: 'Only Later' }));
    await drop(fileIn('more.jsonl'));
    await outcome('done');
    await until(async () => (await total()) === 41, 10_000, '41 torrents');
    await choose('Restore a backup…');
    await page.getByTestId('restore-confirm').waitFor();
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-testid'))).toBe('restore-keep');
    await page.getByTestId('restore-confirm').click();
    await page.locator('[data-testid=transfer][data-state=done]').waitFor();
    await until(async () => (await total()) === 40, 15_000, '40 torrents again');
    await page.getByTestId('transfer-undo').click();
    await until(async () => (await total()) === 41, 15_000, '41 torrents again');
    expect(await outcome('done')).toMatch(/^41 torrents/);
  });

  it('a file that is no backup changes nothing and says so', async () => {
    await answerDialogs(fileIn('links.txt'));
    await choose('Restore a backup…');
    expect(await outcome('failed')).toMatch(/no catalogue at all.*has not been changed/);
    expect(await total()).toBe(41);
  });

  it('the window cannot name a file itself', async () => {
    const answer = await session.page.evaluate(() => {
      const { lanternfish } = globalThis as unknown as {
        lanternfish: { importDropped(files: readonly unknown[]): Promise<unknown> };
      };
      return lanternfish.importDropped([new File(['x'], '/etc/passwd')]);
    });
    expect(answer).toMatchObject({ ok: false });
  });

  it('writes nothing to the console', () => {
    expect(session.complaints).toEqual([]);
  });
});
