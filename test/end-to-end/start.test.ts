// What the window shows before its script runs: its head, drawn as the script will draw it, so that nothing jumps.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchApp, temporaryFolder, type AppUnderTest, type TemporaryFolder } from './app-under-test.ts';

let folder: TemporaryFolder;
let running: AppUnderTest;

beforeAll(async () => {
  folder = await temporaryFolder('start');
  await mkdir(path.join(folder.path, 'profile'), { recursive: true });
  const settings = { consentAtUnixSeconds: 1, isPaused: true, theme: 'light' };
  await writeFile(path.join(folder.path, 'profile', 'settings.json'), JSON.stringify(settings));
  running = await launchApp(folder.path, ['--bind=127.0.0.1', '--bootstrap=127.0.0.1:9']);
});

afterAll(async () => {
  await running.quit();
  await folder.remove();
});

it(
  'paints the head of the window without a script, pixel by pixel where the script draws it',
  { timeout: 90_000 },
  async () => {
    const { app, page, complaints } = running;
    await page.getByTestId('pause-toggle').waitFor();
    expect(await page.locator('#start-head').count()).toBe(0);
    for (const width of [720, 1200, 1600]) expect(await differenceAt(app, width)).toEqual({ width, pixels: 0 });
    expect(complaints).toEqual([]);
  },
);

/** How many pixels of the head differ between the window and one whose page may not run scripts. */
async function differenceAt(app: AppUnderTest['app'], widthPx: number): Promise<{ width: number; pixels: number }> {
  return app.evaluate(async ({ BrowserWindow }, width) => {
    const [drawn] = BrowserWindow.getAllWindows();
    if (!drawn) throw new Error('no window');
    const rest = (forMs: number) => new Promise((resolve) => setTimeout(resolve, forMs));
    const webPreferences = { javascript: false, sandbox: true };
    const still = new BrowserWindow({ show: false, frame: false, webPreferences });
    try {
      await still.loadURL(drawn.webContents.getURL());
      const pictures: Buffer[] = [];
      for (const window of [still, drawn]) {
        window.setMinimumSize(400, 300);
        window.setContentBounds({ x: 0, y: 0, width, height: 700 });
        window.show();
        await window.webContents.insertCSS('* { caret-color: transparent !important }'); // it blinks
        await rest(1_000);
        window.webContents.focus();
        await rest(500);
        const picture = await window.webContents.capturePage({ x: 0, y: 0, width, height: 57 });
        pictures.push(picture.toBitmap());
      }
      const [first, second] = pictures as [Buffer, Buffer];
      let pixels = 0;
      // The edges of round corners come out a shade darker or lighter from one window to the next.
      const isOther = (at: number): boolean => Math.abs((first[at] ?? 0) - (second[at] ?? 0)) > 16;
      for (let at = 0; at < first.length; at += 4) if ([0, 1, 2].some((colour) => isOther(at + colour))) pixels++;
      return { width: second.length / 4 / 57, pixels };
    } finally {
      still.destroy();
    }
  }, widthPx);
}
