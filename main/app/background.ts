// Staying and leaving: the tray, what closing the window means, and a quit that saves everything first.
import { app, dialog, type BrowserWindow } from 'electron';
import path from 'node:path';
import type { Clock, Timer } from '../base/clock.ts';
import type { StatusDto } from '../../preload/ipc-contract.ts';
import type { SettingsFile } from './settings-file.ts';
import { AppTray, hasTrayHost, type TrayActions } from './tray.ts';

/** Saving and stopping usually take well under a second; a quit never takes longer than this. */
const QUIT_LIMIT_MS = 5_000;

/** Rests between looks for a tray that was not there at first. */
const LOOK_AGAIN_AFTER_MS = [3_000, 5_000, 10_000, 30_000, 60_000] as const;

const WITH_TRAY = 'Lanternfish stays in the tray and goes on finding torrents. Pause or quit it there at any time.';
const WITHOUT_TRAY =
  'Lanternfish goes on finding torrents without a window. This desktop shows no tray: start Lanternfish again to see it, ' +
  'or right-click its icon in the menu to pause, resume or quit.';

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
  #looking: Timer | null = null;
  #isQuitting = false;
  #hasStopped = false;

  constructor(options: BackgroundOptions) {
    this.#options = options;
    app.on('before-quit', (event) => {
      this.#beforeQuit(event);
    });
  }

  /**
   * Puts the icon into the tray where somebody shows one; false where nobody does yet. Started with the computer the app may
   * be there before the panel, so it is looked for a few times more; `onLate` tells that it was found then.
   */
  async findTray(onLate: () => void): Promise<boolean> {
    if (await hasTrayHost()) {
      this.#addTray();
      return true;
    }
    this.#lookAgain([...LOOK_AGAIN_AFTER_MS], onLate);
    return false;
  }

  #lookAgain(delaysMs: number[], onLate: () => void): void {
    const delayMs = delaysMs.shift();
    if (delayMs === undefined || this.#isQuitting) return;
    this.#looking = this.#options.clock.setTimer(delayMs, () => {
      void hasTrayHost().then((hasHost) => {
        if (this.#isQuitting) return;
        if (!hasHost) {
          this.#lookAgain(delaysMs, onLate);
          return;
        }
        this.#addTray();
        onLate();
      });
    });
  }

  #addTray(): void {
    this.#tray ??= new AppTray(path.join(this.#options.resourcesDir, 'tray'), this.#options.trayActions);
  }

  get isQuitting(): boolean {
    return this.#isQuitting;
  }

  get hasTray(): boolean {
    return this.#tray !== null;
  }

  show(status: StatusDto): void {
    this.#tray?.show(status);
  }

  /** Makes closing `window` hide it; the first time the person is asked, since not every desktop shows a tray. */
  watchClosing(window: BrowserWindow): void {
    window.on('close', (event) => {
      if (this.#isQuitting) return;
      event.preventDefault();
      const { closesToTray, consentAtUnixSeconds } = this.#options.settings.settings;
      if (closesToTray === false || consentAtUnixSeconds === null) app.quit();
      else if (closesToTray) window.hide();
      else void this.#ask(window);
    });
  }

  async #ask(window: BrowserWindow): Promise<void> {
    const { response } = await dialog.showMessageBox(window, {
      type: 'question',
      message: 'Keep discovering in the background?',
      detail: this.#tray ? WITH_TRAY : WITHOUT_TRAY,
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
    this.#looking?.cancel();
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
