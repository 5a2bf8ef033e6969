// What is kept and what is not, in the real window: the safety list before anything is asked for, quota, blocked words and
// infohashes, theme, and at the end everything deleted, twice. One app on a small swarm; the steps stand in order. Only the
// system's own dialog is stood in for.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  launchApp,
  startSwarmProcess,
  temporaryFolder,
  type AppUnderTest,
  type RunningSwarm,
  type SwarmTorrent,
  type TemporaryFolder,
} from './app-under-test.ts';

const UNTIL_SEEN = { timeout: 60_000 };
const UNLISTED = 12;

let folder: TemporaryFolder;
let swarm: RunningSwarm;
let session: AppUnderTest;
let listFile: string;
let listed: readonly SwarmTorrent[];

const announced = (torrent: SwarmTorrent): readonly string[] =>
  (torrent as SwarmTorrent & { announcedHex: readonly string[] }).announcedHex;
const digestOf = (infohashHex: string): string =>
  createHash('sha256').update(Buffer.from(infohashHex, 'hex')).digest('hex');
const setting = (name: string) => session.page.getByTestId(`setting-${name}`);
const control = (name: string) => setting(name).locator('input, select, textarea').first();
const stored = async (): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(path.join(folder.path, 'profile', 'settings.json'), 'utf8')) as Record<string, unknown>;

interface Status {
  readonly torrentCount: number;
  readonly metadataTried: number;
  readonly state: string;
}
const status = async (): Promise<Status> =>
  session.page.evaluate(async () => {
    const { lanternfish } = globalThis as unknown as {
      lanternfish: { getStart(): Promise<{ value: { status: Status } }> };
    };
    return (await lanternfish.getStart()).value.status;
  });
const found = async (text: string): Promise<{ totalCount: number; names: string[] }> =>
  session.page.evaluate(async (asked) => {
    const { lanternfish } = globalThis as unknown as {
      lanternfish: { search(input: object): Promise<{ value: { totalCount: number; rows: { name: string }[] } }> };
    };
    const { value } = await lanternfish.search({
      ...{ text: asked, sort: 'newest', isReversed: false, contentType: null },
      ...{ list: null, showsAdult: false, limit: 100, cursor: null, isFast: false },
    });
    return { totalCount: value.totalCount, names: value.rows.map(({ name }) => name) };
  }, text);

beforeAll(async () => {
  folder = await temporaryFolder('storing');
  swarm = await startSwarmProcess(['--nodes', '20', '--torrents', '40', '--seeders', '4']);
  listed = swarm.torrents.slice(UNLISTED);
  listFile = path.join(folder.path, 'never.txt');
  await writeFile(listFile, ['# never', 'no digest', ...listed.flatMap(announced).map(digestOf)].join('\n'));
  session = await launchApp(folder.path, [
    ...swarm.bootstrap.map((contact) => `--bootstrap=${contact}`),
    ...['--bind=127.0.0.1', '--allow-local-addresses', '--pace=fast'],
  ]);
  await session.app.evaluate(({ dialog }, chosen) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [chosen] });
  }, listFile);
});

afterAll(async () => {
  expect(session.complaints).toEqual([]);
  await session.quit();
  await swarm.stop();
  await folder.remove();
});

it('what is on the safety list is never asked for', async () => {
  const { page } = session;
  await page.getByTestId('notice-later').click();
  await page.getByTestId('open-settings').click();
  await page.getByTestId('choose-safety-list').click();
  await page.getByTestId('safety-list-facts').filter({ hasText: '1 line passed over' }).waitFor(UNTIL_SEEN);
  expect(await page.getByTestId('safety-list-facts').innerText()).toContain(
    `${listed.flatMap(announced).length} entries`,
  );
  expect(await setting('safetyListPath').getByRole('alert').innerText()).toContain('no SHA-256');
  await page.keyboard.press('Escape');
  await page.getByTestId('pause-toggle').click();
  await page.getByTestId('notice-accept').click();
  await expect.poll(async () => (await status()).torrentCount, UNTIL_SEEN).toBe(UNLISTED);
  const { names } = await found('');
  expect(names.filter((name) => listed.some((torrent) => torrent.name === name))).toEqual([]);
  // Each that was not listed was asked for once; nobody was asked for a listed one.
  expect((await status()).metadataTried).toBeLessThanOrEqual(
    swarm.torrents.slice(0, UNLISTED).flatMap(announced).length,
  );
});

it('a torrent that the list names later goes when it is read again, and the list can be removed', async () => {
  const { page } = session;
  const [gone] = swarm.torrents as [SwarmTorrent];
  await page.getByTestId('open-settings').click();
  await writeFile(listFile, [gone, ...listed].flatMap(announced).map(digestOf).join('\n'));
  await page.getByTestId('read-safety-list').click();
  await expect.poll(async () => (await found('')).names, UNTIL_SEEN).not.toContain(gone.name);
  await expect.poll(() => setting('safetyListPath').getByRole('alert').count(), UNTIL_SEEN).toBe(0);
  await page.getByTestId('remove-safety-list').click();
  await page.getByTestId('choose-safety-list').waitFor();
  await expect.poll(stored).toMatchObject({ safetyListPath: null });
});

it('another quota is what the crawl page measures by', async () => {
  const { page } = session;
  await control('quotaBytes').selectOption({ index: 1 });
  await expect.poll(stored).toMatchObject({ quotaBytes: 2_000_000_000 });
  await page.getByTestId('open-crawl').click();
  await page
    .getByTestId('crawl')
    .getByText(/of 2(\.0)? GB/)
    .first()
    .waitFor(UNTIL_SEEN);
  await page.getByTestId('open-settings').click();
});

it('a blocked word takes its torrents away, and gives them back with the word', async () => {
  const { names } = await found('');
  const [word, name] = names
    .flatMap((each) => /[A-Za-z]{6,}/.exec(each) ?? [])
    .flatMap((found) => [found, names.find((each) => each.includes(found))!]) as [string, string];
  const countBefore = names.length;
  await control('blockedWords').fill(word);
  await session.page.getByTestId('apply-blocked-words').click();
  await expect.poll(async () => (await found('')).names, UNTIL_SEEN).not.toContain(name);
  await control('blockedWords').fill('');
  await expect.poll(() => session.page.getByTestId('apply-blocked-words').isEnabled()).toBe(true);
  await session.page.getByTestId('apply-blocked-words').click();
  await expect.poll(async () => (await found('')).totalCount, UNTIL_SEEN).toBe(countBefore);
});

it('an infohash is blocked by hand, allowed again, and that taken back', async () => {
  const { page } = session;
  const torrent = swarm.torrents[1]!;
  await control('blockedInfohashes').fill('ab');
  await setting('blockedInfohashes').getByRole('alert').waitFor();
  await control('blockedInfohashes').fill(torrent.infohashHex.toUpperCase());
  await setting('blockedInfohashes').locator('button[type=submit]').click();
  const entries = page.getByTestId('blocked-infohash').filter({ hasText: torrent.name });
  await entries.first().waitFor(UNTIL_SEEN);
  expect((await found('')).names).not.toContain(torrent.name);
  await entries.getByRole('button').click();
  await expect.poll(async () => (await found('')).names, UNTIL_SEEN).toContain(torrent.name);
  await page.getByTestId('undo').click();
  await entries.first().waitFor(UNTIL_SEEN);
  expect((await found('')).names).not.toContain(torrent.name);
});

it('a theme is drawn at once', async () => {
  const background = () => session.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await control('theme').selectOption({ label: 'Light' });
  await expect.poll(background).toBe('rgb(247, 249, 251)');
  await control('theme').selectOption({ label: 'Dark' });
  await expect.poll(background).toBe('rgb(11, 22, 32)');
});

it('an order is turned around by choosing it again', async () => {
  const { page } = session;
  await page.keyboard.press('Escape');
  await page.setViewportSize({ width: 1600, height: 900 });
  const head = page.getByRole('columnheader').filter({ hasText: 'Size' });
  const sizes = () => page.getByTestId('result-row').allInnerTexts();
  await head.getByRole('button').click();
  await expect.poll(() => head.getAttribute('aria-sort')).toBe('descending');
  const falling = await sizes();
  await head.getByRole('button').click();
  await expect.poll(() => head.getAttribute('aria-sort')).toBe('ascending');
  await expect.poll(async () => (await sizes())[0]).toBe(falling.at(-1));
});

it('everything is deleted after a typed word: the list is empty at once, the crawl rests, blocks stay', async () => {
  const { page } = session;
  const { torrentCount } = await status();
  await page.getByTestId('open-settings').click();
  await page.getByTestId('delete-everything').click();
  expect(await page.evaluate(() => document.activeElement?.getAttribute('data-testid'))).toBe('delete-keep');
  expect(await page.getByTestId('delete-confirm').isDisabled()).toBe(true);
  await page.keyboard.press('Escape');
  expect((await status()).torrentCount).toBe(torrentCount);
  await page.getByTestId('delete-everything').click();
  await page.getByTestId('delete-word').fill('delete');
  await page.getByTestId('delete-confirm').click();
  await page.getByTestId('delete-done').filter({ hasText: 'Discovering is paused' }).waitFor(UNTIL_SEEN);
  expect(await status()).toMatchObject({ torrentCount: 0, state: 'paused' });
  expect(await page.getByTestId('blocked-infohash').count()).toBeGreaterThan(0);
  const bytes = await readFile(path.join(folder.path, 'catalogue.db'));
  expect(swarm.torrents.filter(({ name }) => bytes.includes(name))).toEqual([]);
  expect(existsSync(path.join(folder.path, 'catalogue.db.names'))).toBe(false);
  await page.getByTestId('delete-close').click();
  await page.keyboard.press('Escape');
  await page.getByTestId('first-minute').waitFor(UNTIL_SEEN);
  expect(await page.getByTestId('result-row').count()).toBe(0);
});

it('forgotten altogether, it asks for consent again, and then finds anew, but not what is blocked', async () => {
  const { page } = session;
  await page.getByTestId('open-settings').click();
  await page.getByTestId('delete-everything').click();
  await page.getByTestId('delete-forgets-all').check();
  await page.getByTestId('delete-word').fill('delete');
  await page.getByTestId('delete-confirm').click();
  await page.getByTestId('delete-done').filter({ hasText: 'first day' }).waitFor(UNTIL_SEEN);
  await page.getByTestId('delete-close').click();
  await page.getByTestId('notice').waitFor(UNTIL_SEEN);
  expect(await stored()).toMatchObject({ consentAtUnixSeconds: null, theme: 'system', quotaBytes: 10_000_000_000 });
  expect(existsSync(path.join(folder.path, 'dht-state.benc'))).toBe(false);
  expect((await status()).state).toBe('awaiting-consent');
  await page.getByTestId('notice-accept').click();
  await page.getByTestId('result-row').nth(5).waitFor(UNTIL_SEEN);
  expect((await found('')).names).not.toContain(swarm.torrents[1]!.name);
});
