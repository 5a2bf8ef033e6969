// Takes the demo's picture: drives the real window until it has something to show, then writes what it shows.
import path from 'node:path';
import { _electron } from 'playwright-core';
import { ROOT } from './terminal.mjs';

/** A picture is taken when so many torrents are there, or when this long has passed. */
const TORRENTS_WANTED = 250;
const WAIT_LIMIT_MS = 60_000;
const POLL_MS = 250;
/** Fades and the details pane have ended by then. */
const SETTLE_MS = 600;

/**
 * @typedef {object} Picture
 * @property {string} screenshot the file to write
 * @property {string} search what to type; empty shows the newest
 * @property {number} width of the window's content
 * @property {number} height of the window's content
 */

/**
 * Starts the app with `args`, waits for results, opens the details of the first, and writes the picture.
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {Picture} picture
 */
export async function takePicture(args, env, picture) {
  const runtime = env.ELECTRON_OVERRIDE_DIST_PATH;
  const app = await _electron.launch({
    ...(runtime ? { executablePath: path.join(runtime, 'electron') } : {}),
    args: [...args, '--disable-gpu'],
    cwd: ROOT,
    colorScheme: null, // as the app's own setting says
    env: /** @type {Record<string, string>} */ (env),
  });
  try {
    const page = await app.firstWindow();
    const { width, height } = picture;
    await app.evaluate(
      ({ BrowserWindow }, size) => BrowserWindow.getAllWindows()[0]?.setContentSize(size.width, size.height),
      {
        width,
        height,
      },
    );
    const endMs = performance.now() + WAIT_LIMIT_MS;
    const total = page.getByTestId('status-total');
    await total.waitFor({ timeout: WAIT_LIMIT_MS });
    const count = async () => Number((await total.innerText()).replace(/\D/g, ''));
    while ((await count()) < TORRENTS_WANTED && performance.now() < endMs) await page.waitForTimeout(POLL_MS);
    if (picture.search !== '') await page.getByTestId('search-box').fill(picture.search);
    await page.getByTestId('result-row').first().waitFor();
    await page.waitForTimeout(SETTLE_MS);
    await page.getByTestId('result-row').first().click();
    await page.getByTestId('details-name').waitFor();
    await page.waitForTimeout(SETTLE_MS);
    await page.screenshot({ path: picture.screenshot });
  } finally {
    await app.close();
  }
}
