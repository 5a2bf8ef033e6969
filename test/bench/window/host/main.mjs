// The app that Electron runs when a window is measured, the empty one and ours alike: says when the window was painted first,
// then does what LANTERNFISH_BENCH_TASK asks and says what came of it, as lines `BENCH {...}`.
import { app, BrowserWindow, ipcMain } from 'electron';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { profiled } from './profile.mjs';
import { WATCH } from './watch.mjs';

const { LANTERNFISH_BENCH_TASK: task, LANTERNFISH_BENCH_TEXTS: texts, LANTERNFISH_BENCH_MAIN: main } = process.env;
/** The crawl is under way when so many packets have been sent in a second, or when this is over. */
const CRAWL_READY_MS = 30_000;
const say = (/** @type {object} */ what) =>
  process.stdout.write(`BENCH ${JSON.stringify({ ...what, atUnixMs: Date.now() })}\n`);
const nowMs = () => performance.timeOrigin + performance.now();
const webPreferences = { sandbox: true, contextIsolation: true, spellcheck: false };

/** When each search reached the app's main thread, and when it left it again with its answer. */
const searches = /** @type {{ begunMs: number, endedMs: number }[]} */ ([]);
const handle = ipcMain.handle.bind(ipcMain);
ipcMain.handle = (channel, listener) =>
  handle(channel, async (...args) => {
    const begunMs = nowMs();
    const answer = /** @type {unknown} */ (await listener(...args));
    if (channel.endsWith(':search')) searches.push({ begunMs, endedMs: nowMs() });
    return answer;
  });

app.once('browser-window-created', (_event, window) => {
  window.once('ready-to-show', () => {
    say({ event: 'painted' });
    void perform(window).catch((/** @type {unknown} */ error) => say({ event: 'failed', reason: String(error) }));
  });
});

if (task === 'empty') void app.whenReady().then(() => emptyWindow('<p>empty</p>'));
else await import(main ?? ''); // our own entry, as Electron would load it

/** What the app's window is measured against: the same window with nothing in it. */
function emptyWindow(/** @type {string} */ content) {
  const window = new BrowserWindow({ width: 1200, height: 800, show: false, webPreferences });
  window.once('ready-to-show', () => window.show());
  void window.loadURL(`data:text/html,<title>empty</title>${content}`);
  return window;
}

async function perform(/** @type {BrowserWindow} */ window) {
  if (task === 'empty') return;
  const contents = window.webContents;
  await contents.executeJavaScript(`new Promise((resolve) => {
    const look = () => document.querySelector('[data-testid=result-row]') ? resolve() : requestAnimationFrame(look);
    look();
  })`);
  say({ event: 'rows' });
  if (task !== 'type') return;
  await untilCrawling(contents);
  say({ event: 'typed', ...(await profiled(() => typed(window, window))) });
  say({ event: 'floor', ...(await typedIntoEmptyWindow(window)) });
}

/** The same keys into a window with nothing but a box, while this window, out of sight, asks for each of them what it would ask. */
async function typedIntoEmptyWindow(/** @type {BrowserWindow} */ ours) {
  const empty = emptyWindow('<input>');
  await new Promise((resolve) => empty.once('show', () => resolve(undefined)));
  ours.hide();
  await sleep(1_000);
  const question = { sort: 'relevance', isReversed: false, contentType: null, list: null, showsAdult: false };
  return typed(empty, ours, async (text) => {
    const asked = JSON.stringify({ ...question, text, limit: 100, cursor: null, isFast: true });
    await ours.webContents.executeJavaScript(
      `void window.lanternfish.search(${asked}), void window.lanternfish.suggest({ text: ${JSON.stringify(text)} })`,
    );
  });
}

/** CPU time so far of a process and of its first thread, which in a renderer is the page's. */
function cpuMs(/** @type {number} */ pid) {
  const of = (/** @type {string} */ file) => {
    const fields = readFileSync(file, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10; // ticks of 10 ms
  };
  return { process: of(`/proc/${pid}/stat`), thread: of(`/proc/${pid}/task/${pid}/stat`) };
}

/** @param {Electron.WebContents} contents */
function statusOf(contents) {
  return contents.executeJavaScript('window.lanternfish.getStart().then((answer) => answer.value.status)');
}

/** It runs, and sends as much as it did a moment ago.
 * @param {Electron.WebContents} contents */
async function untilCrawling(contents) {
  const endMs = Date.now() + 2 * CRAWL_READY_MS;
  while ((await statusOf(contents)).state !== 'running' && Date.now() < endMs) await sleep(1_000);
  await sleep(CRAWL_READY_MS);
}

/**
 * Types like a quick person while the crawler works; the page itself notes how long each of its frames took.
 * @param {BrowserWindow} window Where it is typed.
 * @param {BrowserWindow} ours Where the app is asked what it did meanwhile.
 * @param {(text: string) => Promise<void>} onText
 */
async function typed(window, ours, onText = () => Promise.resolve()) {
  const contents = window.webContents;
  const before = await statusOf(ours.webContents);
  window.focus();
  contents.focus();
  await contents.executeJavaScript(WATCH);
  searches.length = 0;
  const cpuBefore = cpuMs(contents.getOSProcessId());
  const startedAtMs = Date.now();
  let keys = 0;
  for (const text of /** @type {string[]} */ (JSON.parse(texts ?? '[]'))) {
    let soFar = '';
    for (const keyCode of text) {
      contents.sendInputEvent({ type: 'keyDown', keyCode });
      contents.sendInputEvent({ type: 'char', keyCode });
      contents.sendInputEvent({ type: 'keyUp', keyCode });
      keys++;
      soFar += keyCode;
      void onText(soFar);
      await sleep(110);
    }
    await sleep(400);
    for (let letter = 0; letter < text.length; letter++) {
      contents.sendInputEvent({ type: 'keyDown', keyCode: 'Backspace' });
      contents.sendInputEvent({ type: 'keyUp', keyCode: 'Backspace' });
      keys++;
      soFar = soFar.slice(0, -1);
      void onText(soFar);
      await sleep(40);
    }
  }
  const cpuAfter = cpuMs(contents.getOSProcessId());
  const { frames, answers, longTasks } = await contents.executeJavaScript('window.bench');
  const left = await contents.executeJavaScript('document.querySelector("input").value');
  const after = await statusOf(ours.webContents);
  return {
    frames,
    answers,
    longTasks,
    searches: [...searches],
    keys,
    left,
    seconds: (Date.now() - startedAtMs) / 1000,
    pageCpuMs: cpuAfter.thread - cpuBefore.thread,
    rendererCpuMs: cpuAfter.process - cpuBefore.process,
    packetsOut: after.packetsOut - before.packetsOut,
    pace: await ours.webContents.executeJavaScript('window.lanternfish.getCrawl().then((answer) => answer.value.now)'),
    torrents: after.torrentCount - before.torrentCount,
  };
}
