// The app that Electron runs when a window is measured, the empty one and ours alike: says when the window was painted first,
// then does what LANTERNFISH_BENCH_TASK asks and says what came of it, as lines `BENCH {...}`.
import { app, BrowserWindow } from 'electron';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

const { LANTERNFISH_BENCH_TASK: task, LANTERNFISH_BENCH_TEXTS: texts, LANTERNFISH_BENCH_MAIN: main } = process.env;
const say = (/** @type {object} */ what) =>
  process.stdout.write(`BENCH ${JSON.stringify({ ...what, atUnixMs: Date.now() })}\n`);

/** Runs in the page: notes how long each frame took, each long task, and when the results of each keystroke could be seen. */
const WATCH = `(() => {
  const box = document.querySelector('[data-testid=search-box]');
  const bench = { frames: [], answersMs: [], longTasksMs: [] };
  let last = performance.now();
  const frame = (nowMs) => {
    bench.frames.push(nowMs - last);
    last = nowMs;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame((nowMs) => {
    last = nowMs;
    requestAnimationFrame(frame);
  });
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) bench.longTasksMs.push(duration);
  }).observe({ type: 'longtask' });
  // The latest key alone is answered; a task behind the frame that draws the answer runs when the frame has been handed over.
  let asked = null;
  box.addEventListener('input', ({ timeStamp }) => (asked = { text: box.value, atMs: timeStamp }), { capture: true });
  const answered = () => {
    if (asked === null || document.querySelector('[data-testid=results]')?.dataset.answers !== asked.text) return;
    const { atMs } = asked;
    asked = null;
    const channel = new MessageChannel();
    channel.port1.onmessage = () => bench.answersMs.push(performance.now() - atMs);
    requestAnimationFrame(() => channel.port2.postMessage(null));
  };
  const filter = { subtree: true, childList: true, attributeFilter: ['data-answers'] };
  new MutationObserver(answered).observe(document.querySelector('main'), filter);
  box.focus();
  window.bench = bench;
})()`;

app.on('browser-window-created', (_event, window) => {
  window.once('ready-to-show', () => {
    say({ event: 'painted' });
    void perform(window.webContents, window).catch((/** @type {unknown} */ error) =>
      say({ event: 'failed', reason: String(error) }),
    );
  });
});

if (task === 'empty') void app.whenReady().then(emptyWindow);
else await import(main ?? ''); // our own entry, as Electron would load it

/** What the app's window is measured against: the same window with nothing in it. */
function emptyWindow() {
  const webPreferences = { sandbox: true, contextIsolation: true, spellcheck: false };
  const window = new BrowserWindow({ width: 1200, height: 800, show: false, webPreferences });
  window.once('ready-to-show', () => window.show());
  void window.loadURL('data:text/html,<title>empty</title><p>empty</p>');
}

/**
 * @param {Electron.WebContents} contents
 * @param {Electron.BrowserWindow} window
 */
async function perform(contents, window) {
  if (task === 'empty') return;
  await contents.executeJavaScript(`new Promise((resolve) => {
    const look = () => document.querySelector('[data-testid=result-row]') ? resolve() : requestAnimationFrame(look);
    look();
  })`);
  say({ event: 'rows' });
  if (task === 'type') await type(contents, window);
}

/**
 * Types like a quick person while the crawler works; the page itself notes how long each of its frames took.
 * @param {Electron.WebContents} contents
 * @param {Electron.BrowserWindow} window
 */
async function type(contents, window) {
  const status = () =>
    contents.executeJavaScript('window.lanternfish.getStart().then((answer) => answer.value.status)');
  for (let waitedS = 0; (await status()).state !== 'running' && waitedS < 60; waitedS++) await sleep(1_000);
  const before = await status();
  window.focus();
  contents.focus();
  await contents.executeJavaScript(WATCH);
  const startedAtMs = Date.now();
  let keys = 0;
  for (const text of JSON.parse(texts ?? '[]')) {
    for (const keyCode of text) {
      contents.sendInputEvent({ type: 'keyDown', keyCode });
      contents.sendInputEvent({ type: 'char', keyCode });
      contents.sendInputEvent({ type: 'keyUp', keyCode });
      keys++;
      await sleep(110);
    }
    await sleep(400);
    for (let letter = 0; letter < text.length; letter++) {
      contents.sendInputEvent({ type: 'keyDown', keyCode: 'Backspace' });
      contents.sendInputEvent({ type: 'keyUp', keyCode: 'Backspace' });
      keys++;
      await sleep(40);
    }
  }
  const { frames, answersMs, longTasksMs } = await contents.executeJavaScript('window.bench');
  const typed = await contents.executeJavaScript('document.querySelector("[data-testid=search-box]").value');
  const after = await status();
  say({
    event: 'typed',
    frames,
    answersMs,
    longTasksMs,
    keys,
    left: typed,
    seconds: (Date.now() - startedAtMs) / 1000,
    packetsOut: after.packetsOut - before.packetsOut,
    torrents: after.torrentCount - before.torrentCount,
    state: after.state,
  });
}
