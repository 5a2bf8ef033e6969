// Every surface of the real window as people with other needs have it: dialogs and errors under axe-core in three themes, by
// the keyboard alone, twice as large in the narrowest window, in colours that the system forces, without motion, from right to
// left. One app over a catalogue with a past that stays paused; the steps build on each other.
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchApp, temporaryFolder, type AppUnderTest, type TemporaryFolder } from './app-under-test.ts';
import { setTheme, violations, violationsInThemes } from './axe.ts';
import { oldCatalogue } from './old-catalogue.ts';

let folder: TemporaryFolder;
let session: AppUnderTest;

const press = (key: string): Promise<void> => session.page.keyboard.press(key);
const shows = (testid: string): Promise<void> => session.page.getByTestId(testid).first().waitFor({ timeout: 15_000 });
const choose = async (entry: string): Promise<void> => {
  await session.page.getByRole('button', { name: 'More' }).click();
  await session.page.getByRole('menuitem', { name: entry }).click();
};
const send = (event: string, payload: object): Promise<void> =>
  session.app.evaluate(
    ({ BrowserWindow }, [name, value]) => {
      BrowserWindow.getAllWindows()[0]!.webContents.send(`lanternfish:event:${name}`, value);
    },
    [event, payload] as const,
  );

/** How each surface is reached from the list, and left again. */
const SURFACES: Readonly<Record<string, { open(): Promise<void>; close(): Promise<void> }>> = {
  list: { open: () => shows('result-row'), close: () => Promise.resolve() },
  details: {
    open: async () => {
      await session.page.getByTestId('result-row').first().click();
      await shows('file-row');
    },
    close: async () => {
      await session.page.locator('[role=listbox]').first().focus();
      await press('Escape');
      await session.page.getByTestId('details-name').waitFor({ state: 'hidden' });
    },
  },
  crawl: {
    open: async () => {
      await press('Control+Shift+K');
      await shows('disk');
    },
    close: () => press('Escape'),
  },
  settings: {
    open: async () => {
      await press('Control+,');
      await shows('setting-pace');
    },
    close: () => press('Escape'),
  },
};

beforeAll(async () => {
  folder = await temporaryFolder('surfaces');
  await oldCatalogue(path.join(folder.path, 'data'), 120);
  session = await launchApp(path.join(folder.path, 'data'), ['--bind=127.0.0.1', '--bootstrap=127.0.0.1:9']);
  await shows('result-row');
  await session.app.evaluate(
    ({ dialog }, filePath) => {
      dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath });
      dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [filePath] });
    },
    path.join(folder.path, 'kept.lanternfish'),
  );
});

afterAll(async () => {
  await session.quit();
  await folder.remove();
});

describe('without violations in light, dark and high contrast', () => {
  it('the question before a magnet is opened', async () => {
    await session.page.getByTestId('result-row').first().click();
    await shows('details-name');
    await press('o');
    await shows('magnet-cancel');
    expect(await violationsInThemes(session.page)).toEqual([]);
    await press('Escape');
    await press('Escape');
  });

  it('the export, its outcome, and the question before a backup is restored', async () => {
    const { page } = session;
    await press('Control+e');
    await shows('export-go');
    expect(await violationsInThemes(page)).toEqual([]);
    await press('Escape');
    await choose('Back up…');
    await page.locator('[data-testid=transfer][data-state=done]').waitFor();
    expect(await violationsInThemes(page)).toEqual([]);
    // Both have files in their names.
    await SURFACES['details']!.open();
    expect(await violations(page)).toEqual([]);
    await SURFACES['details']!.close();
    await page.getByTestId('transfer').getByRole('button', { name: 'Close' }).click();
    await choose('Restore a backup…');
    await shows('restore-confirm');
    expect(await violationsInThemes(page)).toEqual([]);
    await press('Escape');
  });

  it('a new version, in each of its states', async () => {
    for (const update of [
      { state: 'available', version: '9.9.9' },
      { state: 'downloading', version: '9.9.9', percent: 40 },
      { state: 'ready', version: '9.9.9' },
      { state: 'failed', problem: 'The new version could not be checked.' },
    ]) {
      await send('update', update);
      await shows(`update-${update.state}`);
      expect(await violations(session.page), update.state).toEqual([]);
    }
    expect(await violationsInThemes(session.page)).toEqual([]);
    await send('update', { state: 'idle' });
  });

  it('a search that failed', async () => {
    const { app, page } = session;
    // What answers the window's searches is private to the app: it is kept and put back.
    await app.evaluate(({ ipcMain }) => {
      const channel = 'lanternfish:call:search';
      const handlers = (ipcMain as unknown as { _invokeHandlers: Map<string, unknown> })._invokeHandlers;
      (globalThis as unknown as { kept: unknown }).kept = handlers.get(channel);
      ipcMain.removeHandler(channel);
      ipcMain.handle(channel, () => ({ ok: false, problem: 'The search was interrupted. Try again.' }));
    });
    await page.reload();
    await shows('search-failed');
    expect(await violationsInThemes(page)).toEqual([]);
    await app.evaluate(({ ipcMain }) => {
      const { kept } = globalThis as unknown as { kept: unknown };
      (ipcMain as unknown as { _invokeHandlers: Map<string, unknown> })._invokeHandlers.set(
        'lanternfish:call:search',
        kept,
      );
    });
    await page.getByTestId('search-failed').getByRole('button').first().click();
    await shows('result-row');
  });
});

describe('by the keyboard alone', () => {
  it.each(Object.keys(SURFACES))('%s: Tab reaches whatever can be pressed or typed in', async (name) => {
    await SURFACES[name]!.open();
    expect(await unreachedByTab()).toEqual([]);
    await session.page.getByTestId('search-box').focus();
    await SURFACES[name]!.close();
  });
});

describe('twice as large in the narrowest window', () => {
  it.each(Object.keys(SURFACES))('%s: nothing that can be used sticks out', async (name) => {
    await setSize(720, 2);
    await SURFACES[name]!.open();
    expect(await sticksOut()).toEqual([]);
    await SURFACES[name]!.close();
    await setSize(1200, 1);
  });
});

it('shows focus and selection in colours that the system forces, and moves nothing where motion is not wanted', async () => {
  const { page } = session;
  await setTheme(page, 'light');
  await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
  await page.getByTestId('result-row').nth(1).click();
  await shows('details-name');
  const drawn = await page.evaluate(() => {
    const rows = [...document.querySelectorAll('[data-testid=result-row]')];
    const background = (row: Element | undefined) => row && getComputedStyle(row).backgroundColor;
    const moving = document.getAnimations().filter((one) => one.effect?.getComputedTiming().duration !== 0);
    const selected = rows.find((row) => row.getAttribute('aria-selected') === 'true');
    return { selected: background(selected), other: background(rows.at(-1)), moving: moving.length };
  });
  expect(drawn.selected).not.toBe(drawn.other);
  expect(drawn.moving).toBe(0);
  await page.locator('[role=listbox]').focus();
  await press('ArrowDown');
  const outline = await page.evaluate(
    () => getComputedStyle(document.querySelector('[data-testid=result-row][data-active=true]')!).outlineStyle,
  );
  expect(outline).toBe('solid');
  await press('Escape');
  await page.emulateMedia({ forcedColors: null, reducedMotion: null });
});

describe('from right to left', () => {
  it('turns the page around', async () => {
    await session.page.evaluate('void window.lanternfish.changeSettings({ language: "rtl-test" })');
    // The page is loaded anew.
    await session.page.waitForFunction(() => document.documentElement.dir === 'rtl', undefined, { timeout: 15_000 });
    await shows('result-row');
  });

  it.each(Object.keys(SURFACES))('%s: no violation, and nothing sticks out at 720 px', async (name) => {
    await setSize(720, 1);
    await SURFACES[name]!.open();
    expect(await violations(session.page)).toEqual([]);
    expect(await sticksOut()).toEqual([]);
    await SURFACES[name]!.close();
  });
});

it('wrote nothing to the console on the way', () => {
  expect(session.complaints).toEqual([]);
});

async function setSize(width: number, zoomFactor: number): Promise<void> {
  await session.app.evaluate(
    ({ BrowserWindow }, [widthPx, zoom]) => {
      const [window] = BrowserWindow.getAllWindows();
      window!.setContentSize(widthPx, 800);
      window!.webContents.setZoomFactor(zoom);
    },
    [width, zoomFactor] as const,
  );
  await session.page.waitForFunction((cssPx) => Math.abs(innerWidth - cssPx) <= 1, width / zoomFactor);
}

/** What can be used and is in sight, as a list of words for a failure. */
const USABLE = `(() => {
  const scope = document.querySelector('dialog[open]') ?? document;
  const all = scope.querySelectorAll('button, input, select, textarea, a[href], [tabindex="0"]');
  return [...all].filter((one) => one.tabIndex >= 0 && !one.disabled && !one.closest('[inert]') && one.checkVisibility({ visibilityProperty: true }));
})()`;
const NAMED = `(one) => (one.dataset.testid ?? one.getAttribute('aria-label') ?? one.innerText ?? one.tagName).slice(0, 60)`;

async function unreachedByTab(): Promise<string[]> {
  const { page } = session;
  const count = Number(await page.evaluate(`${USABLE}.length`));
  expect(count).toBeGreaterThan(5);
  await page.evaluate('window.reached = new Set([document.activeElement])');
  for (let step = 0; step < count + 10; step++) {
    await press('Tab');
    await page.evaluate('window.reached.add(document.activeElement)');
  }
  // Of a group of radio buttons the arrows reach the others.
  return page.evaluate<string[]>(
    `${USABLE}.filter((one) => !window.reached.has(one) && one.type !== 'radio').map(${NAMED})`,
  );
}

async function sticksOut(): Promise<string[]> {
  return session.page.evaluate<string[]>(`${USABLE}.filter((one) => {
    one.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    const { left, right, width } = one.getBoundingClientRect();
    return width > 0 && (left < -1 || right > innerWidth + 1);
  }).map(${NAMED})`);
}
