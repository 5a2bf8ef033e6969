// What a person does with torrents in the real window: keys, several at once, stars, hiding, blocking, variants, files, new
// arrivals, health, the crawl page. One app on a small swarm over a catalogue with a past; the steps build on each other.
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  launchApp,
  startSwarmProcess,
  temporaryFolder,
  type AppUnderTest,
  type RunningSwarm,
  type TemporaryFolder,
} from './app-under-test.ts';
import { oldCatalogue, VARIANTS } from './old-catalogue.ts';
import { until } from './tray-host.ts';

const OLD_TORRENTS = 300;
const SWARM_TORRENTS = 30;

let folder: TemporaryFolder;
let swarm: RunningSwarm;
let session: AppUnderTest;
let switches: string[];

const rows = (): Locator => session.page.getByTestId('result-row');
const activeRow = (): Locator => session.page.locator('[data-testid=result-row][data-active=true]');
const nameOf = async (row: Locator): Promise<string> => (await row.locator('bdi').first().innerText()).trim();
const press = (...keys: string[]): Promise<void> =>
  keys.reduce((before, key) => before.then(() => session.page.keyboard.press(key)), Promise.resolve());
const toast = (text: string | RegExp): Promise<void> =>
  session.page.getByTestId('toast').getByText(text).first().waitFor();
const search = async (text: string): Promise<void> => {
  await session.page.getByTestId('search-box').fill(text);
  await session.page.locator(`[data-testid=results][data-answers="${text}"]`).waitFor();
};
const showList = async (from: string, to: string): Promise<void> => {
  await session.page.getByRole('button', { name: new RegExp(`: ${from}$`) }).click();
  await session.page.getByRole('menuitemradio', { name: to }).click();
};
/** Which row keys act on, counted from one. */
const place = async (): Promise<number> => Number(await activeRow().getAttribute('aria-posinset'));

beforeAll(async () => {
  folder = await temporaryFolder('actions');
  await oldCatalogue(folder.path, OLD_TORRENTS);
  const size = ['--nodes', '20', '--torrents', String(SWARM_TORRENTS), '--seeders', '4', '--copies', '4'];
  swarm = await startSwarmProcess(size);
  const contacts = swarm.bootstrap.map((contact) => `--bootstrap=${contact}`);
  switches = [...contacts, '--bind=127.0.0.1', '--allow-local-addresses', '--pace=fast'];
  session = await launchApp(folder.path, switches);
  await rows().first().waitFor({ timeout: 30_000 });
});

afterAll(async () => {
  await session.quit();
  await swarm.stop();
  await folder.remove();
});

describe('the list by keyboard', () => {
  it('moves by one, by a page, to the end and home again', async () => {
    await press('ArrowDown');
    expect(await place()).toBe(1);
    await press('ArrowDown', 'ArrowDown');
    expect(await place()).toBe(3);
    await press('PageDown');
    const paged = await place();
    expect(paged).toBeGreaterThan(6);
    await press('PageUp');
    expect(await place()).toBe(3);
    // What was loaded first ends sooner: then End goes on.
    const isAtEnd = async (): Promise<boolean> => {
      await press('End');
      return (await place()) === OLD_TORRENTS;
    };
    await until(isAtEnd, 20_000, 'the last row');
    expect(await activeRow().isVisible()).toBe(true);
    await press('Home');
    expect(await place()).toBe(1);
  });

  it('opens details by Enter with the focus in them, and looks quickly by Space with the focus in the list', async () => {
    const { page } = session;
    await press('Enter');
    await page.getByTestId('details-name').waitFor();
    await until(
      () => page.evaluate(() => document.activeElement?.closest('[data-testid=details]') !== null),
      20_000,
      'focus',
    );
    await press('Escape');
    await page.getByTestId('details').waitFor({ state: 'detached' });
    await press('Space');
    await page.getByTestId('details-name').waitFor();
    expect(await page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('listbox');
    await press('Space');
    await page.getByTestId('details').waitFor({ state: 'detached' });
  });

  it('selects several and copies their magnets', async () => {
    await press('Shift+ArrowDown', 'Shift+ArrowDown', 'Shift+ArrowDown');
    await session.page.getByTestId('selection-bar').getByText('4').waitFor();
    await press('Control+c');
    await toast(/4/);
    const copied = await session.app.evaluate(({ clipboard }) => clipboard.readText());
    expect(copied.split('\n')).toHaveLength(4);
    expect(new Set(copied.split('\n')).size).toBe(4);
    for (const line of copied.split('\n')) expect(line).toMatch(/^magnet:\?xt=urn:bt[im]h:/);
    await press('Escape');
    await session.page.getByTestId('selection-bar').waitFor({ state: 'detached' });
  });
});

describe('marks', () => {
  it('stars, takes it back by the toast, and lists what is starred', async () => {
    const { page } = session;
    await press('Home');
    const name = await nameOf(activeRow());
    await press('s');
    await activeRow().getByLabel('Starred').waitFor();
    await page.getByTestId('undo').click();
    await activeRow().getByLabel('Starred').waitFor({ state: 'detached' });
    await page.locator('[role=listbox]').focus();
    await press('s');
    await activeRow().getByLabel('Starred').waitFor();
    await showList('Everything', 'Starred');
    await until(async () => (await rows().count()) === 1, 20_000, 'one starred torrent');
    expect(await nameOf(rows().first())).toBe(name);
    await showList('Starred', 'Everything');
    await rows().nth(5).waitFor();
  });

  it('hides by Delete, takes it back by Ctrl+Z, and lists what is hidden', async () => {
    const { page } = session;
    await rows().nth(2).click();
    const name = await nameOf(activeRow());
    const isListed = async (): Promise<boolean> =>
      (await page.getByTestId('result-row').getByText(name, { exact: true }).count()) > 0;
    await page.locator('[role=listbox]').focus();
    await press('Delete');
    await until(async () => !(await isListed()), 20_000, 'the row to leave');
    await press('Control+z');
    await until(isListed, 20_000, 'the row to come back');
    await rows().getByText(name, { exact: true }).click();
    await page.locator('[role=listbox]').focus();
    await press('Delete');
    await until(async () => !(await isListed()), 20_000, 'the row to leave again');
    await press('Escape');
    await showList('Everything', 'Hidden');
    await until(isListed, 20_000, 'the hidden torrent in its list');
    await showList('Hidden', 'Everything');
    await rows().nth(5).waitFor();
  });
});

describe('details', () => {
  it('groups variants of one title and goes from one to the other', async () => {
    const { page } = session;
    await search('tidal lantern');
    expect(await rows().count()).toBe(VARIANTS.length);
    await rows().first().click();
    const before = await page.getByTestId('details-name').innerText();
    await page.getByTestId('variants').click();
    expect(await page.getByTestId('variant').count()).toBe(VARIANTS.length - 1);
    await page.getByTestId('variant').first().click();
    await until(async () => (await page.getByTestId('details-name').innerText()) !== before, 20_000, 'the variant');
    expect(await page.getByTestId('details-name').innerText()).toMatch(/^Tidal\.Lantern/);
  });

  it('searches inside the files of a torrent', async () => {
    const { page } = session;
    await search('collected sea charts');
    await rows().first().click();
    await page.getByTestId('file-search').fill('chart 117');
    const charts = page.getByTestId('file-row').filter({ hasText: /chart \d/ });
    await until(async () => (await charts.count()) === 1, 10_000, 'one file');
    expect(await charts.innerText()).toMatch(/chart 117/);
    await page.getByTestId('file-search').fill('no such chart');
    await page.getByText('No file matches').waitFor();
    await page.getByTestId('file-search').press('Escape');
    await page.getByTestId('file-row').nth(1).waitFor();
  });
});

describe('while it discovers', () => {
  it('counts what is new in a pill, and nothing moves under the pointer until it is pressed', async () => {
    const { page } = session;
    await search('');
    await page.getByTestId('details').getByRole('button', { name: /close/i }).click();
    await press('Control+Shift+P');
    await page.locator('[data-testid=status-state]:not([data-state=paused])').waitFor();
    await rows().nth(3).hover();
    const before = { name: await nameOf(rows().nth(3)), box: await rows().nth(3).boundingBox() };
    await page.getByTestId('new-pill').waitFor({ timeout: 60_000 });
    await until(
      async () => Number(await page.getByTestId('new-pill').getAttribute('data-value')) >= SWARM_TORRENTS / 2,
      60_000,
      'half of the swarm',
    );
    expect({ name: await nameOf(rows().nth(3)), box: await rows().nth(3).boundingBox() }).toEqual(before);
    await page.getByTestId('new-pill').click();
    await until(async () => (await nameOf(rows().nth(3))) !== before.name, 10_000, 'the newest rows');
    const ofSwarm = swarm.torrents.map((torrent) => torrent.infohashHex);
    expect(ofSwarm).toContain(await rows().first().getAttribute('data-infohash'));
  });

  it('looks who has a torrent when asked to', async () => {
    const { page } = session;
    await rows().first().click();
    await page.getByTestId('refresh-health').click();
    const isAsking = () => page.getByRole('button', { name: /^Looking/ }).count();
    const isCounted = () => page.getByTestId('details-health').getByText(/DHT/).count();
    await until(async () => (await isAsking()) + (await isCounted()) > 0, 10_000, 'somebody being asked');
    await press('Escape');
  });

  it('says on the crawl page what it does, in figures and in a diagnosis', async () => {
    const { page } = session;
    await page.getByTestId('open-crawl').click();
    await page.getByTestId('budget-newAddresses').waitFor({ timeout: 30_000 });
    expect((await page.getByTestId('crawl-sentence').innerText()).length).toBeGreaterThan(20);
    for (const name of ['sampled', 'fresh', 'fetched']) {
      const chart = page.getByTestId(`chart-${name}`);
      // The first whole minute may be a while off; then it says a number.
      await until(async () => (await chart.getAttribute('data-value')) !== null, 75_000, `a minute of ${name}`);
      expect(await chart.getAttribute('data-value'), name).toMatch(/^\d/);
    }
    await page.getByTestId('disk').waitFor();
    expect(await page.getByTestId('diagnosis').getByRole('listitem').count()).toBeGreaterThan(1);
    await press('Escape');
  });
});

it('blocks by key, and what is blocked never comes back, not to a crawler that has forgotten everything', async () => {
  const { page } = session;
  await until(
    async () => {
      await search('');
      const { torrentCount } = await status();
      return torrentCount >= OLD_TORRENTS + SWARM_TORRENTS / 2;
    },
    60_000,
    'the swarm in the catalogue',
  );
  await rows().first().click();
  const infohashHex = await rows().first().getAttribute('data-infohash');
  expect(swarm.torrents.map((torrent) => torrent.infohashHex)).toContain(infohashHex);
  await page.locator('[role=listbox]').focus();
  await press('Shift+Delete');
  await toast(/blocked/i);
  await until(async () => !(await isStored(infohashHex!)), 10_000, 'the blocked one to leave');
  expect(await session.quit()).toBe(0);

  await rm(path.join(folder.path, 'dht-state.benc'), { force: true }); // whom it sampled, what it saw
  session = await launchApp(folder.path, switches);
  await rows().first().waitFor({ timeout: 30_000 });
  // Each infohash of the swarm was told to it again.
  await until(async () => (await status()).infohashesSeen >= 2 * SWARM_TORRENTS, 90_000, 'a second crawl of the swarm');
  expect(await isStored(infohashHex!)).toBe(false);
});

async function status(): Promise<{ torrentCount: number; infohashesSeen: number }> {
  const answer: unknown = await session.page.evaluate('window.lanternfish.getStart()');
  return (answer as { value: { status: Awaited<ReturnType<typeof status>> } }).value.status;
}

async function isStored(infohashHex: string): Promise<boolean> {
  const answer: unknown = await session.page.evaluate(
    `window.lanternfish.getDetails({ infohashHex: '${infohashHex}' })`,
  );
  return (answer as { value: unknown }).value !== null;
}
