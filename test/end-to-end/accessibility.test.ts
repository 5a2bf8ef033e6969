// axe-core over every surface of the real window, in light and in dark: no violations. One app on a small swarm; the steps
// build on each other, so they stand in order.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  launchApp,
  startSwarmProcess,
  temporaryFolder,
  type AppUnderTest,
  type RunningSwarm,
  type TemporaryFolder,
} from './app-under-test.ts';

/** Colours fade for at most this long after a surface or a theme changed; axe would measure what is in between. */
const SETTLE_MS = 300;

let folder: TemporaryFolder;
let swarm: RunningSwarm;
let session: AppUnderTest;
let axeSource: string;

beforeAll(async () => {
  axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
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

/** One line for each violation: rule, where, why. */
async function violations(): Promise<string[]> {
  // Through the driver, which the page's own policy does not bind.
  await session.page.evaluate(axeSource);
  const { violations: found } = await session.page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return found.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary ?? ''}`),
  );
}

async function setTheme(theme: 'light' | 'dark'): Promise<void> {
  const { page } = session;
  await page.evaluate(async (chosen) => {
    const api = (globalThis as unknown as { lanternfish: { changeSettings(input: object): Promise<unknown> } })
      .lanternfish;
    await api.changeSettings({ theme: chosen });
  }, theme);
  // Without this a theme that never changes would pass as two.
  await page.waitForFunction(
    (isDark) => matchMedia('(prefers-color-scheme: dark)').matches === isDark,
    theme === 'dark',
  );
  await page.waitForTimeout(SETTLE_MS);
}

async function expectNoViolations(): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await setTheme(theme);
    expect(await violations(), theme).toEqual([]);
  }
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

it('the settings, all of them, in high contrast too', async () => {
  const { page } = session;
  await page.getByTestId('open-settings').click();
  await page.getByTestId('setting-pace').getByRole('radio').nth(3).check();
  await page.getByTestId('setting-newAddressesPerSecond').waitFor();
  await expectNoViolations();
  await page.getByTestId('setting-theme').getByRole('combobox').selectOption({ label: 'High contrast' });
  await page.waitForFunction(() => document.documentElement.dataset['contrast'] === 'more');
  await page.waitForTimeout(SETTLE_MS);
  expect(await violations(), 'high contrast').toEqual([]);
  await page.keyboard.press('Escape');
  await page.getByTestId('result-row').first().waitFor();
  expect(await violations(), 'the list in high contrast').toEqual([]);
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
  expect((await violations()).join()).toContain('color-contrast');
});
