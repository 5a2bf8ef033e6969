// New versions of the app itself, by electron-updater: off until the person agrees, asked once a day, never downloaded or
// installed without a click. A build that names no update server (made from source, or by a store) has nothing to ask.
import { app } from 'electron';
import type { AppUpdater } from 'electron-updater';
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Clock, Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { UpdateDto } from '../../preload/ipc-contract.ts';

/** The start of the app is for the person, not for looking for another one. */
const FIRST_CHECK_AFTER_MS = 60_000;
const CHECK_EVERY_MS = 24 * 60 * 60_000;

export interface UpdatesOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly onChanged: () => void;
}

export class Updates {
  readonly #options: UpdatesOptions;
  readonly #canCheck = existsSync(path.join(process.resourcesPath, 'app-update.yml')) && app.isPackaged;
  #isWanted = false;
  #updater: AppUpdater | null = null;
  #timer: Timer | null = null;
  #state: UpdateDto;

  constructor(options: UpdatesOptions) {
    this.#options = options;
    this.#state = { state: this.#canCheck ? 'idle' : 'not-here' };
  }

  get state(): UpdateDto {
    return this.#state;
  }

  /** Follows the setting: looks soon and then daily, or never. */
  setWanted(isWanted: boolean): void {
    if (isWanted === this.#isWanted) return;
    this.#isWanted = isWanted;
    this.#timer?.cancel();
    this.#timer = null;
    if (isWanted && this.#canCheck) this.#checkAfter(FIRST_CHECK_AFTER_MS);
  }

  /** Looks now; also the answer to a click while the daily look is off. Never rejects: the state says how it went. */
  async check(): Promise<void> {
    if (!this.#canCheck || this.#state.state === 'downloading' || this.#state.state === 'ready') return;
    this.#change({ state: 'checking' });
    await this.#attempt(async (updater) => {
      const found = await updater.checkForUpdates();
      this.#change(
        found?.isUpdateAvailable
          ? { state: 'available', version: found.updateInfo.version }
          : { state: 'current', checkedAtUnixSeconds: this.#options.clock.nowUnixSeconds() },
      );
    });
  }

  /** Fetches what `check` found and compares it with its checksum (on Windows also with its signature). */
  async download(): Promise<void> {
    if (this.#state.state !== 'available') return;
    const { version } = this.#state;
    this.#change({ state: 'downloading', version, percent: 0 });
    await this.#attempt(async (updater) => {
      await updater.downloadUpdate();
      this.#change({ state: 'ready', version });
    });
  }

  /** Ends the app by its usual way, installs, starts the new one. */
  install(): void {
    if (this.#state.state === 'ready') this.#updater?.quitAndInstall(false, true);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #checkAfter(delayMs: number): void {
    this.#timer = this.#options.clock.setTimer(delayMs, () => {
      void this.check();
      this.#checkAfter(CHECK_EVERY_MS);
    });
  }

  async #attempt(step: (updater: AppUpdater) => Promise<void>): Promise<void> {
    try {
      await step((this.#updater ??= await this.#load()));
    } catch (error) {
      this.#options.log.warn(`Update: ${error instanceof Error ? error.message : String(error)}`);
      this.#change({ state: 'failed', problem: sentenceOf(error) });
    }
  }

  /** Loaded when it is needed first: most starts need it never. */
  async #load(): Promise<AppUpdater> {
    const { autoUpdater } = (await import('electron-updater')).default;
    autoUpdater.autoDownload = false;
    autoUpdater.autoInstallOnAppQuit = false;
    autoUpdater.logger = null;
    autoUpdater.on('download-progress', ({ percent }) => {
      if (this.#state.state !== 'downloading') return;
      const whole = Math.floor(percent);
      if (whole !== this.#state.percent) this.#change({ ...this.#state, percent: whole });
    });
    // Said by the promise of whoever asked; without a listener Node would throw it as well.
    autoUpdater.on('error', () => undefined);
    return autoUpdater;
  }

  #change(state: UpdateDto): void {
    this.#state = state;
    this.#options.onChanged();
  }
}

const REFUSED = 'The download is not what the update server promised. It was thrown away and nothing was installed.';
const PROBLEMS: Readonly<Record<string, string>> = {
  ERR_CHECKSUM_MISMATCH: REFUSED,
  ERR_UPDATER_INVALID_SIGNATURE: REFUSED,
  ERR_UPDATER_NO_CHECKSUM: 'The update server names no checksum for its download, so nothing was downloaded.',
  ERR_UPDATER_INVALID_UPDATE_INFO: 'The update server answered something that is no update.',
  ERR_UPDATER_CHANNEL_FILE_NOT_FOUND: 'The update server has no version for this system.',
};

function sentenceOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return PROBLEMS[code] ?? 'The update server could not be reached. Try again later.';
}
