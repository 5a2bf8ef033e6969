// Renders the drawings in resources/ to the pictures beside them. Run by a developer after changing a drawing, since the
// pictures are committed:  npx electron scripts/render-icons.mjs  (with a display; --no-sandbox as root). Runs inside
// Electron, because Chromium draws SVG better than anything we would install for it.
import { app, BrowserWindow } from 'electron';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { appleIcon, windowsIcon } from './icon-files.mjs';

const RESOURCES = join(import.meta.dirname, '..', 'resources');
const LINUX_SIZES = [16, 24, 32, 48, 64, 128, 256, 512, 1024];
const WINDOWS_SIZES = [16, 20, 24, 32, 40, 48, 64, 128, 256];
const WINDOWS_TRAY_SIZES = [16, 20, 24, 32, 40, 48];
const APPLE_SIZES = [16, 32, 64, 128, 256, 512, 1024];
/** Apple's own icons leave this much of the square free on each side. */
const APPLE_MARGIN = 0.09;
const TRAY_STATES = ['running', 'paused', 'trouble'];
/** Points; a panel on a fine screen takes the `@2x` beside it. */
const TRAY_SIZE = 32;
/** The menu bar of a Mac: black and clear, coloured by the system. The name says so to Electron. */
const TEMPLATE_SIZE = 16;

void app.whenReady().then(async () => {
  const window = new BrowserWindow({ show: false, webPreferences: { sandbox: true } });
  await window.loadURL('data:text/html,<title>icons</title>');
  const draw = drawer(window);

  const icon = await readFile(join(RESOURCES, 'icon.svg'), 'utf8');
  for (const size of LINUX_SIZES) await write(`icons/${size}x${size}.png`, (await draw(icon, size)).png);
  await write('icon.ico', windowsIcon(await all(WINDOWS_SIZES, (size) => draw(icon, size))));
  await write('icon.icns', appleIcon(await all(APPLE_SIZES, (size) => draw(icon, size, APPLE_MARGIN))));

  for (const state of TRAY_STATES) {
    const drawing = await readFile(join(RESOURCES, 'drawings', `tray-${state}.svg`), 'utf8');
    const template = drawing.replace(/#[0-9a-f]{6}/g, '#000000');
    await write(`tray/${state}.png`, (await draw(drawing, TRAY_SIZE)).png);
    await write(`tray/${state}@2x.png`, (await draw(drawing, 2 * TRAY_SIZE)).png);
    await write(`tray/${state}.ico`, windowsIcon(await all(WINDOWS_TRAY_SIZES, (size) => draw(drawing, size))));
    await write(`tray/${state}Template.png`, (await draw(template, TEMPLATE_SIZE)).png);
    await write(`tray/${state}Template@2x.png`, (await draw(template, 2 * TEMPLATE_SIZE)).png);
  }
  app.quit();
});

/**
 * Gives a function that draws SVG text as a square of `size` pixels, with `margin` (a part of it) left free on each side.
 * @param {BrowserWindow} window
 */
function drawer(window) {
  return async (/** @type {string} */ svg, /** @type {number} */ size, margin = 0) => {
    const source = `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
    const script = `(async () => {
      const inner = ${size} * (1 - 2 * ${margin});
      const image = new Image(inner, inner);
      image.src = ${JSON.stringify(source)};
      await image.decode();
      const canvas = document.createElement('canvas');
      canvas.width = canvas.height = ${size};
      const context = canvas.getContext('2d');
      context.drawImage(image, ${size} * ${margin}, ${size} * ${margin}, inner, inner);
      const pixels = context.getImageData(0, 0, ${size}, ${size}).data;
      let text = '';
      for (let at = 0; at < pixels.length; at += 4096) text += String.fromCharCode(...pixels.subarray(at, at + 4096));
      return [canvas.toDataURL('image/png').split(',')[1], btoa(text)];
    })()`;
    const [png, pixels] = await window.webContents.executeJavaScript(script);
    return { size, png: Buffer.from(png, 'base64'), pixels: Buffer.from(pixels, 'base64') };
  };
}

/**
 * @template T
 * @param {readonly number[]} sizes
 * @param {(size: number) => Promise<T>} make
 */
async function all(sizes, make) {
  const made = [];
  for (const size of sizes) made.push(await make(size)); // one window draws them: in turn
  return made;
}

/** @param {string} name @param {Uint8Array} bytes */
async function write(name, bytes) {
  const target = join(RESOURCES, name);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, bytes);
}
