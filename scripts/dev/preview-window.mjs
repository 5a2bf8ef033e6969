// Builds the window's page without Electron, serves it on loopback under the production CSP, and opens it in a Chromium
// that the developer has (CHROMIUM, else /usr/bin/chromium). For the scripts beside this one.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, relative, resolve } from 'node:path';
import { _electron, chromium } from 'playwright-core';
import { build } from 'vite';
import { DEFAULT_SETTINGS } from '../../main/app/settings-schema.ts';
import { installFakeApi } from './preview-api.mjs';
import { sampleTorrents } from './preview-torrents.mjs';

const root = resolve(import.meta.dirname, '../..');
const outDir = resolve(root, '.cache/preview-renderer');
/** What app-protocol.ts sends in production. */
const CSP = [
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'none'",
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "require-trusted-types-for 'script'; trusted-types svelte-trusted-html",
].join('; ');
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css' };

export const NOW_UNIX_SECONDS = Math.floor(Date.now() / 1000);
export const TORRENTS = sampleTorrents(640, NOW_UNIX_SECONDS);

export const RUNNING = {
  ...{ state: 'running', problem: null, notice: null, pace: 'balanced', localAddressesAllowed: false },
  ...{ pauseReasons: [], pausedUntilUnixSeconds: null, safetyList: null },
  ...{ nodes: 312, packetsOut: 48_120, packetsIn: 39_004, samplesAsked: 2_210, infohashesSeen: 61_002 },
  ...{ infohashesNew: 50_900, metadataTried: 6_120, metadataFetched: 4_800, sampledPerMinute: 1_240, newPerMinute: 41 },
  ...{ torrentCount: 48_213, databaseBytes: 1_204_000_000 },
};

const minute = (index) => ({
  sampled: 900 + Math.round(500 * Math.sin(index / 7) + 130 * Math.sin(index * 2.3)),
  fresh: 520 + Math.round(260 * Math.sin(index / 9) + 90 * Math.sin(index * 1.7)),
  tried: 90 + Math.round(20 * Math.sin(index / 5)),
  fetched: 38 + Math.round(18 * Math.sin(index / 6) + 5 * Math.sin(index * 3.1)),
  packets: 3_400,
});
export const CRAWL = {
  minutes: Array.from({ length: 60 }, (_, index) => (index < 6 || index === 31 ? null : minute(index))),
  now: {
    newAddresses: { perSecond: 17.6, ceilingPerSecond: 20 },
    packets: { perSecond: 56.3, ceilingPerSecond: 80 },
    connections: { perSecond: 2.4, ceilingPerSecond: 5 },
    ...{ allowedNewAddressesPerSecond: 20, pace: 'at-ceiling', replyRatio: 0.34, queriesReceived: 0 },
    ...{ lastSignal: 'replies-fell', lastSignalAgoSeconds: 400, torrentsWaiting: 2, uptimeSeconds: 4_000 },
    ...{ ipv6: 'not-available', nodes4: 312, nodes6: 0, port: 51_413 },
  },
  disk: { usedBytes: 1_204_000_000, quotaBytes: 10_000_000_000, freeBytes: 214_000_000_000 },
  clientVersions: ['LT 2.0.11', 'LT 1.2.19', 'UT 3.5.5', 'unheard', 'no version', 'TR 4.0.6', 'A2 1.37'].flatMap(
    (name, index) =>
      [name, `${name}.${index}`].map((full, place) => ({
        name: place === 0 ? name : full,
        ...{ asked: 4_210 - 500 * index - 40 * place, answered: name === 'unheard' ? 0 : 1_530 - 190 * index },
        ...{ infohashes: 20_100 - 2_000 * index, fresh: 12_400 - 1_300 * index },
      })),
  ),
};

export async function openPreview() {
  await build({
    ...{ configFile: false, root: resolve(root, 'renderer'), plugins: [svelte()], logLevel: 'error' },
    build: { target: 'chrome130', outDir, emptyOutDir: true, modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  });
  const server = createServer((request, response) => void answer(request, response));
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const browser = await openBrowser();
  const url = `http://127.0.0.1:${server.address().port}/`;
  return {
    /** A fresh window on `scenario`; everything the console or the CSP complains about is collected in `complaints`. */
    async open(scenario, { width = 1200, height = 800, theme = 'light' } = {}) {
      const { page, close } = await browser.newPage({ width, height, theme });
      const complaints = [];
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
      });
      await page.addInitScript(installFakeApi, {
        status: RUNNING,
        torrents: TORRENTS,
        crawl: CRAWL,
        ...scenario,
        defaults: DEFAULT_SETTINGS,
        settings: { ...DEFAULT_SETTINGS, ...scenario.settings },
      });
      await page.goto(url);
      return { page, complaints, close };
    },
    async close() {
      await browser.close();
      server.close();
    },
  };
}

/** A Chromium, or where there is none the Electron that the app runs on here (under xvfb-run, if there is no display). */
async function openBrowser() {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  const switches = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
  if (existsSync(executablePath)) {
    const browser = await chromium.launch({ executablePath, args: switches });
    return {
      newPage: async ({ width, height, theme }) => {
        const context = await browser.newContext({
          ...{ viewport: { width, height }, colorScheme: theme, locale: 'en-US', reducedMotion: 'reduce' },
        });
        return { page: await context.newPage(), close: () => context.close() };
      },
      close: () => browser.close(),
    };
  }
  const electronPath = process.env.ELECTRON ?? resolve(root, '.cache/electron-runtime/electron');
  return {
    newPage: async ({ width, height, theme }) => {
      const app = await _electron.launch({
        executablePath: electronPath,
        args: [...switches, resolve(import.meta.dirname, 'preview-electron.mjs'), `${width}x${height}`],
        colorScheme: theme,
      });
      const page = await app.firstWindow();
      await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: theme });
      return { page, close: () => app.close() };
    },
    close: () => Promise.resolve(),
  };
}

async function answer(request, response) {
  const path = new URL(request.url, 'http://localhost').pathname;
  const file = resolve(outDir, `.${path === '/' ? '/index.html' : path}`);
  if (relative(outDir, file).startsWith('..')) return response.writeHead(404).end();
  try {
    const body = await readFile(file);
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'image/x-icon', 'content-security-policy': CSP });
    response.end(body);
  } catch {
    response.writeHead(path === '/favicon.ico' ? 204 : 404).end();
  }
}
