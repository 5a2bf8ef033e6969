// Renders the drawings in resources/ to the PNGs beside them. Run by a developer after changing a drawing, since the PNGs
// are committed:  npx electron scripts/render-icons.mjs  (with a display; --no-sandbox as root). Runs inside Electron,
// because Chromium draws SVG better than anything we would install for it.
import { app, BrowserWindow } from 'electron';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const RESOURCES = join(import.meta.dirname, '..', 'resources');
const APP_SIZES = [16, 32, 48, 64, 128, 256, 512];
const TRAY_STATES = ['running', 'paused', 'trouble'];
/** Points; a panel on a fine screen takes the `@2x` beside it. */
const TRAY_SIZE = 32;

void app.whenReady().then(async () => {
  const window = new BrowserWindow({ show: false, webPreferences: { sandbox: true } });
  await window.loadURL('data:text/html,<title>icons</title>');
  for (const size of APP_SIZES) await render(window, 'icon.svg', `icons/${size}x${size}.png`, size);
  for (const state of TRAY_STATES) {
    await render(window, `drawings/tray-${state}.svg`, `tray/${state}.png`, TRAY_SIZE);
    await render(window, `drawings/tray-${state}.svg`, `tray/${state}@2x.png`, 2 * TRAY_SIZE);
  }
  app.quit();
});

/**
 * @param {BrowserWindow} window
 * @param {string} drawing
 * @param {string} picture
 * @param {number} size pixels of both sides
 */
async function render(window, drawing, picture, size) {
  const svg = await readFile(join(RESOURCES, drawing), 'utf8');
  const source = `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
  const script = `(async () => {
    const image = new Image(${size}, ${size});
    image.src = ${JSON.stringify(source)};
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = ${size};
    canvas.getContext('2d').drawImage(image, 0, 0, ${size}, ${size});
    return canvas.toDataURL('image/png').split(',')[1];
  })()`;
  const target = join(RESOURCES, picture);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, Buffer.from(await window.webContents.executeJavaScript(script), 'base64'));
}
