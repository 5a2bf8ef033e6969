// Settings in the real window, each looked at where it takes effect: the socket that is bound, the page that is drawn, the
// file on disk. One app on a small swarm; the steps build on each other, so they stand in order.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  launchApp,
  startSwarmProcess,
  temporaryFolder,
  type AppUnderTest,
  type RunningSwarm,
  type TemporaryFolder,
} from './app-under-test.ts';

const UNTIL_SEEN = { timeout: 60_000 };

let folder: TemporaryFolder;
let swarm: RunningSwarm;
let session: AppUnderTest;
let switches: string[];
let settingsFile: string;

beforeAll(async () => {
  folder = await temporaryFolder('settings');
  settingsFile = path.join(folder.path, 'profile', 'settings.json');
  swarm = await startSwarmProcess(['--nodes', '20', '--torrents', '40', '--seeders', '4']);
  switches = [
    ...swarm.bootstrap.map((contact) => `--bootstrap=${contact}`),
    ...['--bind=127.0.0.1', '--allow-local-addresses', '--pace=fast'],
  ];
  session = await launchApp(folder.path, switches);
  await session.page.getByTestId('notice-accept').click();
  await session.page.getByTestId('result-row').nth(3).waitFor(UNTIL_SEEN);
});

afterAll(async () => {
  expect(session.complaints).toEqual([]);
  await session.quit();
  await swarm.stop();
  await folder.remove();
});

const stored = async (): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(settingsFile, 'utf8')) as Record<string, unknown>;
const control = (name: string) =>
  session.page.getByTestId(`setting-${name}`).locator('input, select, textarea').first();
const crawlText = () => session.page.getByTestId('crawl').innerText();

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

it('open by key, close by Esc, and give the search its focus back', async () => {
  const { page } = session;
  await page.keyboard.press('Control+,');
  await page.getByTestId('settings').waitFor();
  await page.keyboard.press('Escape');
  await page.getByTestId('settings').waitFor({ state: 'detached' });
  expect(await page.evaluate(() => document.activeElement?.getAttribute('data-testid'))).toBe('search-box');
});

it('the licences of the libraries are opened as a text of our own, and where they cannot be, it is said where they are', async () => {
  const { page, app } = session;
  await app.evaluate(({ shell }) => {
    const asked: string[] = [];
    Object.assign(globalThis, { asked });
    shell.openPath = (file: string) => Promise.resolve(asked.push(file) === 1 ? '' : 'nothing reads texts here');
  });
  await page.getByTestId('open-settings').click();
  await page.getByTestId('open-licences').click();
  await page.getByTestId('open-licences').click();
  await page.getByTestId('toast').getByText('licences.txt').waitFor(UNTIL_SEEN);
  const [file = '', again] = await app.evaluate(() => (globalThis as unknown as { asked: string[] }).asked);
  expect(await readFile(file, 'utf8')).toMatch(/^ {2}svelte \d/m);
  expect(again).toBe(file);
  await page.keyboard.press('Escape');
  await page.getByTestId('settings').waitFor({ state: 'detached' });
});

it('another port is another socket, and what was met stays met', async () => {
  const { page } = session;
  const port = await freePort();
  await page.getByTestId('open-settings').click();
  await control('port').fill('70000');
  await control('port').press('Enter');
  await page.getByTestId('setting-port').getByRole('alert').waitFor();
  await control('port').fill(String(port));
  await control('port').press('Enter');
  await page.getByTestId('open-crawl').click();
  await page
    .getByTestId('diagnosis-port')
    .filter({ hasText: String(port) })
    .waitFor(UNTIL_SEEN);
  await page.locator('[data-testid=status-state][data-state=running]').waitFor(UNTIL_SEEN);
  expect(Number(await page.getByTestId('status-nodes').getAttribute('data-value'))).toBeGreaterThan(0);
  expect(await stored()).toMatchObject({ port });
  // Somebody really sits there.
  const rival = createSocket('udp4').bind(port, '127.0.0.1');
  const [error] = (await once(rival, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('EADDRINUSE');
});

it('limits of one’s own are the budget that is shown', async () => {
  const { page } = session;
  await page.getByTestId('open-settings').click();
  await page.getByTestId('setting-pace').getByRole('radio').nth(3).check();
  await control('newAddressesPerSecond').fill('33');
  await control('newAddressesPerSecond').press('Enter');
  await page.getByTestId('open-crawl').click();
  await page.getByTestId('budget-newAddresses').filter({ hasText: 'of 33 a second' }).waitFor(UNTIL_SEEN);
  expect(await crawlText()).toMatch(/Discovering/);
});

it('an address that this machine does not have is said, with what to do, and undone', async () => {
  const { page } = session;
  await page.evaluate(() => {
    const { lanternfish } = globalThis as unknown as {
      lanternfish: { changeSettings(input: object): Promise<unknown> };
    };
    return lanternfish.changeSettings({ bindHost: '203.0.113.7' });
  });
  await page.locator('[data-testid=status-state][data-state=failed]').waitFor(UNTIL_SEEN);
  await page.getByTestId('open-settings').click();
  await page.getByTestId('settings-network').getByRole('alert').filter({ hasText: 'no such address' }).waitFor();
  await page.getByTestId('setting-bindHost').getByRole('button').click();
  await page.locator('[data-testid=status-state][data-state=failed]').waitFor({ state: 'detached', ...UNTIL_SEEN });
  expect(await stored()).toMatchObject({ bindHost: null });
});

it('a larger size is drawn at once, and Ctrl 0 takes it back', async () => {
  const { page } = session;
  const width = () => page.evaluate(() => window.innerWidth);
  const before = await width();
  await control('fontSizePercent').selectOption({ label: '150 %' });
  await expect.poll(width).toBeLessThan(before * 0.8);
  await page.keyboard.press('Control+0');
  await expect.poll(width).toBe(before);
});

it('high contrast is drawn', async () => {
  await control('theme').selectOption({ label: 'High contrast' });
  await expect
    .poll(() => session.page.evaluate(() => getComputedStyle(document.body).getPropertyValue('--hairline').length))
    .toBeGreaterThan(0);
  expect(await session.page.evaluate(() => document.documentElement.dataset['contrast'])).toBe('more');
});

it('the search finds settings, and says when there is none', async () => {
  const { page } = session;
  await page.getByTestId('find-setting').fill('battery pause');
  await page.getByTestId('setting-pauseOnBattery').waitFor();
  expect(await page.locator('[data-setting]').count()).toBe(1);
  await page.getByTestId('find-setting').fill('teapot');
  expect(await page.getByTestId('settings').innerText()).toContain('No setting matches “teapot”.');
  await page.getByTestId('find-setting').fill('');
});

it('from right to left everything is mirrored, and nothing is wider than the window', async () => {
  const { page } = session;
  await control('language').selectOption({ index: 2 });
  await page.waitForFunction(() => document.documentElement.dir === 'rtl');
  await page.getByTestId('result-row').first().waitFor(UNTIL_SEEN);
  for (const surface of ['search', 'crawl', 'settings']) {
    if (surface !== 'search') await page.getByTestId(`open-${surface}`).click();
    const [overflow, headerStart] = await page.evaluate(() => [
      document.documentElement.scrollWidth - window.innerWidth,
      document.querySelector('h1')!.getBoundingClientRect().left,
    ]);
    expect(overflow, surface).toBe(0);
    expect(headerStart, surface).toBeGreaterThan(400);
  }
  await control('language').selectOption({ index: 0 });
  await page.waitForFunction(() => document.documentElement.dir === 'ltr');
});

it('a damaged file is kept aside and said in the window', async () => {
  await session.quit();
  const settings = await stored();
  await writeFile(settingsFile, JSON.stringify({ ...settings, pace: 'warp' }));
  session = await launchApp(folder.path, switches);
  await session.page.getByTestId('mended').filter({ hasText: 'pace' }).waitFor(UNTIL_SEEN);
  expect(await readFile(`${settingsFile}.damaged`, 'utf8')).toContain('warp');
  await session.page.getByTestId('mended').getByRole('button').click();
  await session.page.getByTestId('mended').waitFor({ state: 'detached' });
});
