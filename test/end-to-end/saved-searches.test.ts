// Saved searches in the real window, with a crawl that really finds matches and a desktop that really shows notifications.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SavedSearch } from '../../preload/settings-contract.ts';
import { launchApp, startSwarmProcess, temporaryFolder } from './app-under-test.ts';
import type { AppUnderTest, RunningSwarm, TemporaryFolder } from './app-under-test.ts';
import { startNotificationServer, type NotificationServer } from './notification-server.ts';
import { until } from './tray-host.ts';

let folder: TemporaryFolder;
let swarm: RunningSwarm;
let server: NotificationServer;
let session: AppUnderTest;

beforeAll(async () => {
  folder = await temporaryFolder('saved');
  server = await startNotificationServer();
  swarm = await startSwarmProcess(['--nodes', '20', '--torrents', '60', '--seeders', '4', '--base', '127.9']);
  const contacts = swarm.bootstrap.map((contact) => `--bootstrap=${contact}`);
  session = await launchApp(folder.path, [...contacts, '--bind=127.0.0.1', '--allow-local-addresses', '--pace=fast']);
  await session.page.getByTestId('notice-later').click();
});

afterAll(async () => {
  await session.quit();
  await swarm.stop();
  server.stop();
  await folder.remove();
});

const saved = async (): Promise<readonly SavedSearch[]> => {
  const file = path.join(folder.path, 'profile', 'settings.json');
  const text = await readFile(file, 'utf8').catch(() => '{"savedSearches":[]}'); // written at the first change
  return (JSON.parse(text) as { savedSearches: readonly SavedSearch[] }).savedSearches;
};
const row = (name: string) => session.page.getByTestId('saved-search').filter({ hasText: name });

it('says what the list is for while nothing is saved, and keeps what stands in the box', async () => {
  const { page } = session;
  await page.keyboard.press('Control+s');
  await page.getByTestId('saved-searches').getByText('Nothing saved yet').waitFor();
  await page.keyboard.press('Escape');
  await page.getByTestId('search-box').fill('e type:video');
  await page.keyboard.press('Control+s');
  await page.getByTestId('save-search').click();
  await row('e type:video').waitFor();
  expect(await page.getByTestId('save-search').count()).toBe(0);
  await until(async () => (await saved()).length === 1, 5_000, 'the file');
  expect((await saved())[0]).toMatchObject({ text: 'e type:video', notifies: true, unseenCount: 0 });
});

it('is renamed, made silent, deleted and had back', async () => {
  const { page } = session;
  await row('e type:video').getByTestId('rename-search').click();
  await page.getByTestId('saved-name').fill('My films');
  await page.keyboard.press('Enter');
  await row('My films').getByTestId('notify-search').click();
  await until(async () => (await saved())[0]?.notifies === false, 5_000, 'silence');
  await row('My films').getByTestId('notify-search').click();
  await row('My films').getByTestId('delete-search').click();
  await until(async () => (await saved()).length === 0, 5_000, 'the deletion');
  await page.keyboard.press('Control+z');
  await row('My films').waitFor();
  await row('My films').getByTestId('delete-search').click();
  await page.getByTestId('undo-delete-search').click();
  await row('My films').waitFor();
  expect((await saved())[0]).toMatchObject({ name: 'My films', text: 'e type:video', notifies: true });
  await page.keyboard.press('Escape');
});

it('offers to tell when something appears that nobody has yet', async () => {
  const { page } = session;
  await page.getByTestId('search-box').fill('qqnothing at all');
  await page.getByTestId('tell-me').click();
  await page.getByTestId('toast').getByText('Saved.').waitFor();
  await until(async () => (await saved()).length === 2, 5_000, 'the second one');
  await page.getByTestId('search-box').fill('');
});

it('tells of what the crawl finds, all of it in one notification, and a click leads to the search', async () => {
  const { page, app } = session;
  await page.getByTestId('pause-toggle').click();
  await page.getByTestId('notice-accept').click();
  await app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]!.hide();
  });
  await until(() => server.shown.length > 0, 90_000, 'a notification');
  const [first] = server.shown;
  expect(first!.title).toMatch(/^\d+ new torrents? for “My films”$/);
  expect(first!.body.split('\n').length).toBeLessThanOrEqual(4);
  // The crawl goes on, and nothing more is said for five minutes: only counted.
  const counted = async (): Promise<number> => (await saved())[0]!.unseenCount;
  const atFirst = Number(/^\d+/.exec(first!.title)![0]);
  expect(await counted()).toBeGreaterThanOrEqual(atFirst);
  await page.waitForTimeout(12_000);
  expect(server.shown).toHaveLength(1);

  server.click(first!.id);
  await until(
    () => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.isVisible()),
    10_000,
    'the window',
  );
  await until(async () => (await page.getByTestId('search-box').inputValue()) === 'e type:video', 5_000, 'the search');
  await page.getByTestId('result-row').first().waitFor();
  await until(async () => (await counted()) === 0, 5_000, 'what was seen');
});

it('shows how many are new beside each, until it is opened', async () => {
  const { page, app } = session;
  await page.getByTestId('search-box').fill('');
  const change = async (unseenCount: number): Promise<void> => {
    const searches = (await saved()).map((search) => ({ ...search, unseenCount }));
    await page.evaluate(`window.lanternfish.changeSettings(${JSON.stringify({ savedSearches: searches })})`);
  };
  await app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]!.focus();
  });
  await change(7);
  await page.getByTestId('open-saved').getByText('14').waitFor();
  await page.getByTestId('open-saved').click();
  expect(await row('My films').getByTestId('saved-badge').innerText()).toBe('7 new');
  await row('My films').locator('.open').click();
  await page.getByTestId('open-saved').getByText('7', { exact: true }).waitFor();
  expect((await saved()).map(({ unseenCount }) => unseenCount)).toEqual([0, 7]);
});
