// Staying and leaving: the tray, what closing the window means, and a quit that saves everything first.
import { app, dialog, type BrowserWindow } from 'electron';
import path from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { StatusDto } from '../../preload/ipc-contract.ts';
import type { SettingsFile } from './settings-file.ts';
import { AppTray, type TrayActions } from './tray.ts';

/** Saving and stopping usually take well under a second; a quit never takes longer than this. */
const QUIT_LIMIT_MS = 5_000;

export interface BackgroundOptions {
  readonly clock: Clock;
  readonly settings: SettingsFile;
  readonly resourcesDir: string;
  readonly trayActions: TrayActions;
  /** Saves and ends everything; may take its time. */
  readonly stop: () => Promise<void>;
}

export class Background {
  readonly #options: BackgroundOptions;
  #tray: AppTray | null = null;
  #isQuitting = false;
  #hasStopped = false;

  constructor(options: BackgroundOptions) {
    this.#options = options;
    app.on('before-quit', (event) => {
      this.#beforeQuit(event);
    });
  }

  /** Call where somebody shows tray icons (hasTrayHost). */
  addTray(): void {
    this.#tray ??= new AppTray(path.join(this.#options.resourcesDir, 'tray'), this.#options.trayActions);
  }

  show(status: StatusDto): void {
    this.#tray?.show(status);
  }

  /** Makes closing `window` hide it where a tray can bring it back; the first time the person is asked. */
  watchClosing(window: BrowserWindow): void {
    window.on('close', (event) => {
      if (this.#isQuitting) return;
      event.preventDefault();
      const { closesToTray, consentAtUnixSeconds } = this.#options.settings.settings;
      if (!this.#tray || closesToTray === false || consentAtUnixSeconds === null) app.quit();
      else if (closesToTray) window.hide();
      else void this.#ask(window);
    });
  }

  async #ask(window: BrowserWindow): Promise<void> {
    const { response } = await dialog.showMessageBox(window, {
      type: 'question',
      message: 'Keep discovering in the background?',
      detail: 'Lanternfish stays in the tray and goes on finding torrents. Pause or quit it there at any time.',
      buttons: ['Keep discovering', 'Quit', 'Cancel'],
      defaultId: 0,
      cancelId: 2,
    });
    if (response === 2) return;
    await this.#options.settings.change({ closesToTray: response === 0 });
    if (response === 0) window.hide();
    else app.quit();
  }

  /** Holds the first quit until everything is saved, and lets the second one through. */
  #beforeQuit(event: Electron.Event): void {
    this.#isQuitting = true;
    if (this.#hasStopped) return;
    event.preventDefault();
    const finish = (): void => {
      if (this.#hasStopped) return;
      this.#hasStopped = true;
      this.#tray?.destroy();
      app.quit();
    };
    const limit = this.#options.clock.setTimer(QUIT_LIMIT_MS, finish);
    void this.#options.stop().finally(() => {
      limit.cancel();
      finish();
    });
  }
}
