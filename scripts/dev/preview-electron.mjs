// An empty window of the wanted size, for preview-window.mjs to lead where it wants.
import { app, BrowserWindow } from 'electron';

const [width, height] = (process.argv.at(-1) ?? '').split('x').map(Number);
// Not awaited: Electron is not ready before this file has run to its end.
void app.whenReady().then(() => {
  const window = new BrowserWindow({ width, height, useContentSize: true, frame: false, show: true });
  void window.loadURL('about:blank');
});
