// axe-core over every surface of the real window, in light, dark and high contrast: no violations. One app on a small swarm;
// the steps build on each other, so they stand in order. Dialogs and errors are in dialogs.test.ts.
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  launchApp,
  startSwarmProcess,
  temporaryFolder,
  type AppUnderTest,
  type RunningSwarm,
  type TemporaryFolder,
} from './app-under-test.ts';
import { violations, violationsInThemes } from './axe.ts';

let folder: TemporaryFolder;
let swarm: RunningSwarm;
let session: AppUnderTest;

beforeAll(async () => {
  folder = await temporaryFolder('accessibility');
  swarm = await startSwarmProcess(['--nodes', '20', '--torrents', '40', '--seeders', '4']);
  const contacts = swarm.bootstrap.map((contact) => `--bootstrap=${contact}`);
  session = await launchApp(folder.path, [...contacts, '--bind=127.0.0.1', '--allow-local-addresses', '--pace=fast']);
});

afterAll(async () => {
  await session.quit();
  await swarm.stop();
  await folder.remove();
});

async function expectNoViolations(): Promise<void> {
  expect(await violationsInThemes(session.page)).toEqual([]);
}

it('the notice', async () => {
  await session.page.getByTestId('notice').waitFor();
  await expectNoViolations();
});

it('what stands there after "Not now"', async () => {
  await session.page.getByTestId('notice-later').click();
  await session.page.getByTestId('not-started').waitFor();
  await expectNoViolations();
});

it('the list, with words found in names and in files', async () => {
  const { page } = session;
  await page.getByTestId('pause-toggle').click();
  await page.getByTestId('notice-accept').click();
  await page.getByTestId('result-row').nth(8).waitFor({ timeout: 30_000 });
  await expectNoViolations();
  await page.getByTestId('search-box').fill('e');
  await page.locator('[data-testid=result-row] mark').first().waitFor();
  await expectNoViolations();
});

it('the details', async () => {
  const { page } = session;
  await page.getByTestId('search-box').fill('');
  await page.getByTestId('result-row').first().click();
  await page.getByTestId('file-row').first().waitFor();
  await expectNoViolations();
  await page.keyboard.press('Escape');
});

it('the crawl page', async () => {
  const { page } = session;
  await page.getByTestId('open-crawl').click();
  await page.getByTestId('budget-newAddresses').waitFor({ timeout: 30_000 });
  await expectNoViolations();
});

it('the settings, all of them', async () => {
  const { page } = session;
  await page.getByTestId('open-settings').click();
  await page.getByTestId('setting-pace').getByRole('radio').nth(3).check();
  await page.getByTestId('setting-newAddressesPerSecond').waitFor();
  await expectNoViolations();
  await page.keyboard.press('Escape');
  await page.getByTestId('result-row').first().waitFor();
});

it('a torrent client set up, with its button beside a torrent and in the bar of a selection', async () => {
  const { page } = session;
  await page.getByTestId('open-settings').click();
  await page.getByTestId('setting-torrentClient').getByRole('combobox').selectOption({ label: 'qBittorrent' });
  const address = page.getByTestId('setting-clientAddress').getByRole('textbox');
  await address.fill('http://127.0.0.99:59321'); // nobody is there
  await address.press('Enter');
  await page.getByTestId('test-client').click();
  await page.getByTestId('client-found').getByText('Nothing answers').waitFor();
  await expectNoViolations();
  await page.keyboard.press('Escape');
  await page.getByTestId('result-row').first().click();
  await page.getByTestId('send-to-client').waitFor();
  await page.keyboard.press('Shift+ArrowDown');
  await page.getByTestId('selection-send').waitFor();
  await expectNoViolations();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
});

it('the question before a .torrent is saved while paused', async () => {
  const { page } = session;
  await page.keyboard.press('Control+Shift+P');
  await page.locator('[data-testid=status-state][data-state=paused]').waitFor();
  await page.getByTestId('result-row').first().click();
  await page.getByTestId('save-torrent').click();
  await page.getByTestId('resume-and-save').waitFor();
  await expectNoViolations();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+Shift+P');
  await page.keyboard.press('Escape');
});

it('the menu', async () => {
  const { page } = session;
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menu').waitFor();
  await expectNoViolations();
  await page.keyboard.press('Escape');
});

it('no results', async () => {
  const { page } = session;
  await page.getByTestId('search-box').fill('zzqxy no such torrent');
  await page.getByTestId('no-results').waitFor();
  await expectNoViolations();
  await page.getByTestId('search-box').fill('');
  await page.getByTestId('result-row').first().waitFor();
});

it('saved searches: none, one, one being renamed, one deleted', async () => {
  const { page } = session;
  await page.keyboard.press('Control+s');
  await page.getByTestId('saved-searches').waitFor();
  await expectNoViolations();
  await page.keyboard.press('Escape');
  await page.getByTestId('search-box').fill('a saved search');
  await page.keyboard.press('Control+s');
  await page.getByTestId('save-search').click();
  await page.getByTestId('saved-search').waitFor();
  await page.evaluate(async () => {
    const { lanternfish } = globalThis as unknown as {
      lanternfish: {
        getStart(): Promise<{ value: { settings: { savedSearches: object[] } } }>;
        changeSettings(change: object): Promise<unknown>;
      };
    };
    const { savedSearches } = (await lanternfish.getStart()).value.settings;
    await lanternfish.changeSettings({
      savedSearches: savedSearches.map((one) => ({ ...one, unseenCount: 12, text: 'x' })),
    });
  });
  await page.getByTestId('saved-badge').waitFor();
  await expectNoViolations();
  await page.getByTestId('rename-search').click();
  await page.getByTestId('saved-name').waitFor();
  await expectNoViolations();
  await page.keyboard.press('Enter');
  await page.getByTestId('delete-search').click();
  await page.getByTestId('undo-delete-search').waitFor();
  await expectNoViolations();
  await page.keyboard.press('Escape');
  await page.getByTestId('search-box').fill('');
});

it('paused', async () => {
  const { page } = session;
  await page.keyboard.press('Control+Shift+P');
  await page.locator('[data-testid=status-state][data-state=paused]').waitFor();
  await expectNoViolations();
});

it('the sheet of keys', async () => {
  const { page } = session;
  await page.getByTestId('result-row').first().click();
  await page.keyboard.press('?');
  await page.getByTestId('shortcut-sheet').waitFor();
  await expectNoViolations();
});

it('finds what is wrong when something is', async () => {
  await session.page.evaluate(() => {
    document.querySelector<HTMLElement>('dialog[open] h2')!.style.color = '#888';
  });
  expect((await violations(session.page)).join()).toContain('color-contrast');
});
