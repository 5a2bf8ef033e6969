// The one window of the app over its life: made, closed, made anew, told things while it is there.
import { dialog, type BrowserWindow } from 'electron';
import path from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { EventName, Events } from '../../preload/ipc-contract.ts';
import type { Settings } from '../../preload/settings-contract.ts';
import { sendEvent } from './ipc-handlers.ts';
import { createWindow, reloadWhenFallen } from './window.ts';

export interface MainWindowOptions {
  readonly clock: Clock;
  readonly outDir: string;
  readonly resourcesDir: string;
  /** Text size and contrast, as they are now. */
  readonly settings: () => Pick<Settings, 'fontSizePercent' | 'theme'>;
  /** Called for each window that is made. */
  readonly onMade: (window: BrowserWindow) => void;
  /** It can be seen (again). */
  readonly onShown: () => void;
}

/** A window that cannot be painted must not keep the crawler from working. */
const FIRST_PAINT_LIMIT_MS = 3_000;

export class MainWindow {
  readonly #options: MainWindowOptions;
  #window: BrowserWindow | null = null;

  constructor(options: MainWindowOptions) {
    this.#options = options;
  }

  get isVisible(): boolean {
    return this.#window !== null && !this.#window.isDestroyed() && this.#window.isVisible();
  }

  /** For a dialog of the system over it; null: there is no window. */
  get parent(): BrowserWindow | null {
    return this.#window !== null && !this.#window.isDestroyed() ? this.#window : null;
  }

  /** Text and controls in the wanted size, now. */
  setZoom(): void {
    this.parent?.webContents.setZoomFactor(this.#zoomFactor());
  }

  #zoomFactor(): number {
    return this.#options.settings().fontSizePercent / 100;
  }

  /** Tells the window something, if it is there to hear it. */
  send<Name extends EventName>(name: Name, payload: Events[Name]): void {
    sendEvent(this.#window, name, payload);
  }

  /** Shows the window and tells it something, also where it has to load first. */
  openWith<Name extends EventName>(name: Name, payload: Events[Name]): void {
    this.open();
    const contents = this.parent?.webContents;
    if (contents?.isLoading()) contents.once('did-finish-load', () => this.send(name, payload));
    else this.send(name, payload);
  }

  /** Resolves when the window has been painted for the first time, or after a while in which it was not. */
  async painted(): Promise<void> {
    const window = this.#window;
    await new Promise<void>((resolve) => {
      const limit = this.#options.clock.setTimer(FIRST_PAINT_LIMIT_MS, resolve);
      window?.once('ready-to-show', () => {
        limit.cancel();
        resolve();
      });
    });
  }

  /** Shows the window, made anew if it was closed, with the search box ready. `isMinimised` holds for a new one. */
  open({ isMinimised = false } = {}): void {
    if (this.#window && !this.#window.isDestroyed()) {
      if (this.#window.isMinimized()) this.#window.restore();
      this.#window.show();
      this.#window.focus();
      this.send('focusSearch', null);
      return;
    }
    const { outDir, resourcesDir, clock, settings, onMade, onShown } = this.#options;
    const window = createWindow(
      path.join(outDir, 'preload', 'preload.cjs'),
      path.join(resourcesDir, 'icons', '256x256.png'),
      { isMinimised, isHighContrast: settings().theme === 'high-contrast', zoomFactor: () => this.#zoomFactor() },
    );
    this.#window = window;
    reloadWhenFallen(
      window,
      () => clock.nowMs(),
      () => {
        dialog.showErrorBox(
          'Lanternfish',
          'The window failed several times. Discovery goes on; restart Lanternfish to see it.',
        );
      },
    );
    window.on('show', onShown);
    onMade(window);
  }
}
