/* global innerWidth */
// Pictures of the real window for whoever judges its looks: every surface, in four widths and three themes, into
// .cache/pictures/. The catalogue is made up (Corpus), nothing is sent: the crawl is paused.
//   xvfb-run -a -s '-screen 0 3840x2400x24' node scripts/dev/window-pictures.mjs [surface ...] [--width=900] [--theme=dark]
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron } from 'playwright-core';
import { oldCatalogue } from '../../test/end-to-end/old-catalogue.ts';
import { prepareWindow } from '../prepare-window.mjs';
import { ROOT } from '../terminal.mjs';

const WIDTHS = [720, 900, 1600, 3840];
const HEIGHTS = { 720: 480, 900: 700, 1600: 1000, 3840: 2160 };
const THEMES = ['light', 'dark', 'high-contrast'];
const OUT = join(ROOT, '.cache', 'pictures');
const TORRENTS = 4_000;
const SETTLE_MS = 350;

const box = (page) => page.getByTestId('search-box');
const rows = (page) => page.getByTestId('result-row');
const more = async (page, entry) => {
  await page.getByRole('button', { name: 'More' }).click();
  if (entry) await page.getByRole('menuitem', { name: entry }).click();
};
const search = async (page, text) => {
  await box(page).fill(text);
  await page.locator(`[data-testid=results][data-answers='${text}']`).waitFor();
};

/** name -> how it is reached from the list. */
const SURFACES = {
  list: async (page) => {
    await rows(page).nth(3).waitFor();
    await page.keyboard.press('Escape');
    for (const key of ['ArrowDown', 'ArrowDown', 'Shift+ArrowDown']) await page.keyboard.press(key);
  },
  search: (page) => search(page, 'type:video dark'),
  'no-results': (page) => search(page, 'zzqxy no such torrent'),
  details: async (page) => {
    await search(page, 'tidal lantern');
    await rows(page).first().click();
    await page.getByTestId('file-row').first().waitFor();
  },
  filters: (page) => page.getByRole('button', { name: /^Filters/ }).click(),
  menu: (page) => more(page, null),
  crawl: (page) => page.keyboard.press('Control+Shift+K'),
  settings: (page) => page.keyboard.press('Control+,'),
  about: async (page) => {
    await page.keyboard.press('Control+,');
    await page.getByPlaceholder('Find a setting').fill('licence');
  },
  shortcuts: async (page) => {
    await rows(page).first().click();
    await page.keyboard.press('?');
  },
  export: (page) => page.keyboard.press('Control+e'),
  magnet: async (page) => {
    await rows(page).first().click();
    await page.keyboard.press('o');
  },
  'backed-up': async (page) => {
    await more(page, 'Back up…');
    await page.locator('[data-testid=transfer][data-state=done]').waitFor();
  },
  restore: async (page) => {
    await more(page, 'Restore a backup…');
    await page.getByTestId('restore-confirm').waitFor();
  },
  saved: async (page) => {
    for (const text of [
      'dark type:video',
      'a search with a much longer text than fits beside its three buttons flac',
    ]) {
      await search(page, text);
      await page.getByTestId('open-saved').click();
      await page.getByTestId('save-search').click();
      await page.keyboard.press('Escape');
    }
    await page.getByTestId('open-saved').click();
  },
  delete: async (page) => {
    await page.keyboard.press('Control+,');
    await page.getByTestId('delete-everything').click();
  },
  move: async (page) => {
    await page.keyboard.press('Control+,');
    await page.getByTestId('move-data').click();
    await page.getByTestId('move-confirm').waitFor();
  },
};
/** Those that are there before there are torrents. */
const FIRST = {
  'first-run': (page) => page.getByTestId('notice').waitFor(),
  'not-started': (page) => page.getByTestId('notice-later').click(),
};

const args = process.argv.slice(2);
const chosen = (name) => args.filter((one) => one.startsWith(`--${name}=`)).map((one) => one.split('=')[1]);
const names = args.filter((one) => !one.startsWith('--'));
const isWanted = (name) => names.length === 0 || names.includes(name);
const widths = chosen('width').length > 0 ? chosen('width').map(Number) : WIDTHS;
const themes = chosen('theme').length > 0 ? chosen('theme') : THEMES;

const { env, args: launchArgs } = await prepareWindow({ accept: true });
await mkdir(OUT, { recursive: true });
const folder = await mkdtemp(join(tmpdir(), 'lanternfish-pictures-'));
try {
  await oldCatalogue(join(folder, 'old'), TORRENTS);
  if (Object.keys(FIRST).some(isWanted)) await take(join(folder, 'new'), FIRST);
  if (Object.keys(SURFACES).some(isWanted)) await take(join(folder, 'old'), SURFACES);
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function take(dataDir, surfaces) {
  const switches = launchArgs.slice(1); // behind Electron's own launcher
  const app = await _electron.launch({
    ...(env.ELECTRON_OVERRIDE_DIST_PATH ? { executablePath: join(env.ELECTRON_OVERRIDE_DIST_PATH, 'electron') } : {}),
    args: [...switches, '--disable-gpu', `--data-dir=${dataDir}`, '--bind=127.0.0.1', '--bootstrap=127.0.0.1:9'],
    cwd: ROOT,
    colorScheme: null,
    env,
  });
  const page = await app.firstWindow();
  await app.evaluate(
    ({ dialog }, [filePath, targetDir]) => {
      dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath });
      dialog.showOpenDialog = (...asked) => {
        const isFolder = asked.at(-1).properties.includes('openDirectory');
        return Promise.resolve({ canceled: false, filePaths: [isFolder ? targetDir : filePath] });
      };
    },
    [join(folder, 'kept.lanternfish'), folder],
  );
  for (const [name, open] of Object.entries(surfaces)) {
    if (!isWanted(name)) continue;
    if (surfaces !== FIRST) {
      await page.reload();
      await rows(page).first().waitFor();
    }
    await open(page);
    for (const width of widths) {
      await app.evaluate(
        ({ BrowserWindow }, size) => BrowserWindow.getAllWindows()[0].setContentSize(...size),
        [width, HEIGHTS[width] ?? 1000],
      );
      await page.waitForFunction((px) => innerWidth === px, width);
      for (const theme of themes) {
        await page.evaluate(`void window.lanternfish.changeSettings({ theme: '${theme}' })`);
        await page.waitForTimeout(SETTLE_MS);
        await page.screenshot({ path: join(OUT, `${name}-${width}-${theme}.png`) });
      }
    }
    process.stdout.write(`${name}\n`);
  }
  await app.close();
}
