// The data folder is moved in the real window: everything is found where it went, the old place is empty, a folder that is
// missing at the start is said. And the adult-name filter over what was imported. Only the system's dialogs are stood in for.
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchApp, temporaryFolder, type AppUnderTest, type TemporaryFolder } from './app-under-test.ts';

const UNTIL_SEEN = { timeout: 60_000 };
const NAMES = [
  'Quiet Harbour 1080p',
  'Essex Sex Education Handbook',
  'Lantern Weekly XXX 720p',
  'Lantern Amateur Porn 2019',
  'Lantern Almanac 2020',
];

let folder: TemporaryFolder;
let session: AppUnderTest;
let dataDir: string;
let elsewhere: string;

/** Nothing is asked of any network here: the notice is put off. */
const launch = async (): Promise<void> => {
  session = await launchApp(dataDir, ['--bind=127.0.0.1', '--bootstrap=127.0.0.1:9']);
  await session.page.getByTestId('notice-later').click();
};
const answerDialogs = (chosen: string): Promise<void> =>
  session.app.evaluate(({ dialog }, file) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [file] });
  }, chosen);
const settings = async (): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(path.join(dataDir, 'profile', 'settings.json'), 'utf8')) as Record<string, unknown>;
const searchFor = async (text: string): Promise<void> => {
  await session.page.keyboard.press('/');
  await session.page.getByTestId('search-box').fill(text);
};
const shown = () => session.page.getByTestId('result-row').allInnerTexts();

beforeAll(async () => {
  folder = await temporaryFolder('data-folder');
  [dataDir, elsewhere] = [path.join(folder.path, 'here'), path.join(folder.path, 'elsewhere')];
  for (const made of [dataDir, elsewhere]) await mkdir(made);
  const lines = NAMES.map((name, index) =>
    JSON.stringify({ infohash: String(index).repeat(40), name, sizeBytes: 5000 + index }),
  );
  await writeFile(path.join(folder.path, 'list.jsonl'), lines.join('\n'));
  await launch();
});

afterAll(async () => {
  expect(session.complaints).toEqual([]);
  await session.quit();
  await folder.remove();
});

it('adult names are hidden on wish, counted, and shown for one search', async () => {
  const { page } = session;
  await answerDialogs(path.join(folder.path, 'list.jsonl'));
  await page.getByTestId('open-settings').click();
  await page.getByTestId('setting-exportData').getByRole('button').nth(1).click();
  await page.locator('[data-testid=transfer][data-state=done]').waitFor(UNTIL_SEEN);
  await page.getByTestId('setting-hideAdultNames').getByRole('switch').check();
  await page.keyboard.press('Escape');
  await expect.poll(async () => (await shown()).length, UNTIL_SEEN).toBe(3);
  expect((await shown()).join()).toContain('Essex');
  await searchFor('porn');
  await page.getByTestId('no-results').getByTestId('adult-hidden').filter({ hasText: '1 hidden' }).waitFor(UNTIL_SEEN);
  await page.getByTestId('show-adult').click();
  await expect.poll(async () => (await shown()).join(), UNTIL_SEEN).toContain('Porn');
  await searchFor('lantern');
  await expect.poll(async () => (await shown()).length, UNTIL_SEEN).toBe(1);
  await page.getByTestId('adult-hidden').filter({ hasText: '2 hidden' }).click();
  await expect.poll(async () => (await shown()).length, UNTIL_SEEN).toBe(3);
  await searchFor('');
});

it('a folder that makes no sense is refused with a sentence', async () => {
  const { page } = session;
  await answerDialogs(dataDir);
  await page.getByTestId('open-settings').click();
  await page.getByTestId('move-data').click();
  await page.getByTestId('move-refused').filter({ hasText: 'in use' }).waitFor(UNTIL_SEEN);
  await page.getByTestId('move-cancel').click();
});

it('the data is moved and used where it is', async () => {
  const { page } = session;
  await answerDialogs(elsewhere);
  const target = path.join(elsewhere, 'Lanternfish');
  await page.getByTestId('move-data').click();
  expect(await page.getByTestId('move-target').innerText()).toBe(target);
  await page.getByTestId('move-confirm').click();
  await page.locator('[data-testid=transfer][data-state=done]').filter({ hasText: 'this folder' }).waitFor(UNTIL_SEEN);
  expect(await page.getByTestId('setting-dataDir').innerText()).toContain(target);
  expect(await settings()).toMatchObject({ dataDir: target });
  await expect.poll(() => existsSync(path.join(dataDir, 'catalogue.db'))).toBe(false);
  expect(await readdir(dataDir)).toContain('profile');
  expect(existsSync(path.join(target, 'moved-from.json'))).toBe(false);
  await page.keyboard.press('Escape');
  await searchFor('quiet');
  await expect.poll(async () => (await shown()).join(), UNTIL_SEEN).toContain('Quiet Harbour');
});

it('after a restart it is there; and where its folder is gone, that is said and the app works', async () => {
  await session.quit();
  await launch();
  await expect.poll(async () => (await shown()).length, UNTIL_SEEN).toBe(3);
  await session.quit();
  await rename(elsewhere, `${elsewhere}-unplugged`);
  await launch();
  await session.page.getByTestId('mended').filter({ hasText: 'is not there' }).waitFor(UNTIL_SEEN);
  await session.page.getByTestId('open-settings').click();
  await session.page.getByTestId('setting-dataDir').waitFor(UNTIL_SEEN);
  await session.quit();
  await rename(`${elsewhere}-unplugged`, elsewhere);
  await launch();
  await expect.poll(async () => (await shown()).length, UNTIL_SEEN).toBe(3);
});
