// The one window, and the rules that hold for anything Chromium may ever show: no node, no navigation, no new windows,
// no permissions (desktop.md 1.1).
import { app, BrowserWindow, nativeTheme, session } from 'electron';
import { APP_START_URL } from './app-protocol.ts';

/** The theme's background, so that the window does not flash before the first paint (look.md). */
const BACKGROUND = { light: '#F7F9FB', dark: '#0B1620' };
const HIGH_CONTRAST_BACKGROUND = { light: '#FFFFFF', dark: '#000000' };

/** Denies everything a page could ask for. Call before the first window. */
export function lockDown(): void {
  const { defaultSession } = session;
  defaultSession.setPermissionRequestHandler((_contents, _permission, decide) => {
    decide(false);
  });
  defaultSession.setPermissionCheckHandler(() => false);
  defaultSession.setDevicePermissionHandler(() => false);
  defaultSession.setDisplayMediaRequestHandler((_request, decide) => {
    decide({});
  });
  app.on('web-contents-created', (_event, contents) => {
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
    contents.on('will-frame-navigate', (event) => {
      if (event.url !== APP_START_URL) event.preventDefault();
    });
    contents.on('will-attach-webview', (event) => {
      event.preventDefault();
    });
  });
}

export interface WindowWishes {
  readonly isMinimised: boolean;
  readonly isHighContrast: boolean;
  /** 1: the usual size. Asked at each load. */
  readonly zoomFactor: () => number;
}

/** Makes the window, hidden until it can be painted; it shows itself then, or its entry in the panel. */
export function createWindow(
  preloadPath: string,
  iconPath: string,
  { isMinimised, isHighContrast, zoomFactor }: WindowWishes,
): BrowserWindow {
  const background = isHighContrast ? HIGH_CONTRAST_BACKGROUND : BACKGROUND;
  const window = new BrowserWindow({
    width: 1200,
    height: 800,
    minWidth: 720,
    minHeight: 480,
    show: false,
    title: 'Lanternfish',
    icon: iconPath,
    backgroundColor: nativeTheme.shouldUseDarkColors ? background.dark : background.light,
    // Newer than the test runtime: there it is ignored and the window starts at its default size.
    ...{ name: 'main', windowStatePersistence: true },
    webPreferences: {
      preload: preloadPath,
      sandbox: true,
      contextIsolation: true,
      spellcheck: false,
      zoomFactor: zoomFactor(),
    },
  });
  window.setMenuBarVisibility(false);
  window.once('ready-to-show', () => {
    if (isMinimised) window.minimize();
    else window.show();
  });
  // At each load, not only the first: Chromium remembers a factor for the page on its own account, and the settings are the truth.
  window.webContents.on('dom-ready', () => {
    window.webContents.setZoomFactor(zoomFactor());
  });
  window.on('page-title-updated', (event) => {
    event.preventDefault();
  });
  void window.loadURL(APP_START_URL);
  return window;
}

const RELOADS_MAX = 3;
const RELOAD_WINDOW_MS = 5 * 60_000;

/** Loads the page again when its process fell, three times in five minutes; then `onGivenUp`. */
export function reloadWhenFallen(window: BrowserWindow, nowMs: () => number, onGivenUp: () => void): void {
  let fellAtMs: number[] = [];
  window.webContents.on('render-process-gone', (_event, details) => {
    if (details.reason === 'clean-exit') return;
    fellAtMs = [...fellAtMs.filter((atMs) => nowMs() - atMs < RELOAD_WINDOW_MS), nowMs()];
    if (fellAtMs.length > RELOADS_MAX) onGivenUp();
    else window.reload();
  });
}
