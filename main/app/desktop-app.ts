// The app once Electron is ready: settings, threads, window and tray, held together by one state. `main.ts` starts it.
import { app, dialog, nativeTheme, powerMonitor, type BrowserWindow } from 'electron';
import path from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { EngineOptions } from '../engine/engine-contract.ts';
import { SearchProblem } from '../session/search-client.ts';
import { Session } from '../session/session.ts';
import { namesInMemoryChoices } from '../store/store-contract.ts';
import type { StatusDto } from '../../preload/ipc-contract.ts';
import { applySettings, settingAppliers, themeSourceOf } from './apply-settings.ts';
import { canStartWithComputer, setStartWithComputer } from './autostart.ts';
import { Background } from './background.ts';
import type { DataFolders } from './data-folders.ts';
import { engineOptions, withoutOverridden } from './engine-options.ts';
import { CallProblem, handleCalls, sendEvent, type CallHandlers } from './ipc-handlers.ts';
import type { LaunchOptions } from './launch-options.ts';
import { runtimeNotice } from './runtime-notice.ts';
import type { SettingsFile } from './settings-file.ts';
import { healthFoundDto, statusDto } from './status-dto.ts';
import { torrentCalls } from './torrent-calls.ts';
import { hasTrayHost } from './tray.ts';
import { WindowNews } from './window-news.ts';
import { createWindow, reloadWhenFallen } from './window.ts';

export interface DesktopAppOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly launch: LaunchOptions;
  readonly folders: DataFolders;
  readonly settings: SettingsFile;
  /** Folder of the built workers, preload and renderer. */
  readonly outDir: string;
  readonly resourcesDir: string;
  readonly nativeBinding: string | null;
}

export class DesktopApp {
  readonly #options: DesktopAppOptions;
  readonly #session: Session;
  readonly #windowNews: WindowNews;
  readonly #background: Background;
  #launch: LaunchOptions;
  #window: BrowserWindow | null = null;

  constructor(options: DesktopAppOptions) {
    this.#options = options;
    this.#launch = options.launch;
    this.#session = new Session({
      clock: options.clock,
      log: options.log,
      workerPath: (name) => path.join(options.outDir, 'main', `${name}.js`),
      store: {
        databasePath: path.join(options.folders.dataDir, 'catalogue.db'),
        nativeBinding: options.nativeBinding,
        namesInMemory: options.settings.settings.namesInMemory,
      },
      hasSearch: true,
    });
    this.#session.onStatus = () => {
      this.#windowNews.changed();
    };
    this.#session.onTorrentsAdded = (addedCount) => {
      this.#windowNews.torrentsAdded(addedCount);
    };
    this.#session.onHealth = (reports) => {
      sendEvent(this.#window, 'healthFound', reports.map(healthFoundDto));
    };
    this.#windowNews = new WindowNews(options.clock, {
      status: () => this.#status(),
      show: (status) => {
        this.#background.show(status);
        if (this.#window?.isVisible()) sendEvent(this.#window, 'status', status);
      },
      showAdded: (addedCount) => {
        sendEvent(this.#window, 'torrentsAdded', { addedCount, torrentCount: this.#session.status.torrentCount });
      },
    });
    this.#background = new Background({
      clock: options.clock,
      settings: options.settings,
      resourcesDir: options.resourcesDir,
      trayActions: {
        setPaused: (isPaused) => {
          this.setPaused(isPaused);
        },
        open: () => {
          this.open();
        },
        quit: () => {
          app.quit();
        },
      },
      stop: () => {
        this.#windowNews.stop();
        return this.#session.stop();
      },
    });
  }

  /** Opens the catalogue, the window and the tray; starts the engine if the person agreed in an earlier run. */
  async start(): Promise<void> {
    const { settings, launch, log } = this.#options;
    this.#applyChanges();
    handleCalls(this.#callHandlers(), log, (error) => error instanceof SearchProblem);
    this.#session.start();
    if (settings.settings.consentAtUnixSeconds !== null) this.#session.startEngine(this.#engineOptions());
    powerMonitor.on('resume', () => {
      this.#session.networkChanged();
    });
    const trayHost = hasTrayHost();
    if (!launch.isHidden) this.open();
    if (await trayHost) {
      this.#background.addTray();
      this.#windowNews.showNow();
    } else if (launch.isHidden) this.open();
  }

  /** Shows the window, made anew if it was closed, with the search box ready. */
  open(): void {
    if (this.#window && !this.#window.isDestroyed()) {
      if (this.#window.isMinimized()) this.#window.restore();
      this.#window.show();
      this.#window.focus();
      sendEvent(this.#window, 'focusSearch', null);
      return;
    }
    const { outDir, resourcesDir, clock } = this.#options;
    const window = createWindow(
      path.join(outDir, 'preload', 'preload.cjs'),
      path.join(resourcesDir, 'icons', '256x256.png'),
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
    this.#background.watchClosing(window);
    window.on('show', () => {
      this.#windowNews.showNow();
    });
  }

  /** The one way to pause and resume: tray, window and second launch all come here. */
  setPaused(isPaused: boolean): void {
    const { settings } = this.#options;
    if (settings.settings.consentAtUnixSeconds === null) throw new CallProblem('Agree to the network notice first.');
    this.#session.setPaused(isPaused);
    void settings.change({ isPaused });
    this.#windowNews.showNow();
  }

  #callHandlers(): CallHandlers {
    const { settings, log } = this.#options;
    return {
      ...torrentCalls({ session: this.#session, settings, log }),
      getStart: () => ({
        status: this.#status(),
        settings: settings.settings,
        appVersion: app.getVersion(),
        runtimeNotice: runtimeNotice(),
        canStartWithComputer: canStartWithComputer(),
        namesInMemoryChoices: namesInMemoryChoices(),
      }),
      acceptNotice: (input) => this.#acceptNotice(input.startWithComputer),
      setPaused: ({ isPaused }) => {
        this.setPaused(isPaused);
        return null;
      },
      changeSettings: (change) => {
        void settings.change(change);
        return null;
      },
      quit: () => {
        app.quit();
        return null;
      },
    };
  }

  async #acceptNotice(startWithComputer: boolean): Promise<null> {
    const { settings, clock } = this.#options;
    if (settings.settings.consentAtUnixSeconds !== null) return null;
    // Consent is on disk before the first packet leaves.
    await settings.change({ consentAtUnixSeconds: clock.nowUnixSeconds(), isPaused: false });
    if (settings.problem !== null) throw new CallProblem(settings.problem);
    this.#session.startEngine(this.#engineOptions());
    this.#windowNews.showNow();
    if (startWithComputer) await setStartWithComputer(true);
    return null;
  }

  #engineOptions(): EngineOptions {
    const { folders, settings } = this.#options;
    return engineOptions(this.#launch, folders, settings.settings);
  }

  /** From here on a changed setting reaches whoever owns it, and the window. */
  #applyChanges(): void {
    const { settings } = this.#options;
    const appliers = settingAppliers(this.#session, () => this.#engineOptions());
    nativeTheme.themeSource = themeSourceOf(settings.settings.theme);
    settings.onChanged = (now, before) => {
      this.#launch = withoutOverridden(this.#launch, now, before);
      applySettings(appliers, now, before);
      sendEvent(this.#window, 'settings', now);
      this.#windowNews.changed();
    };
  }

  #status(): StatusDto {
    const { consentAtUnixSeconds, isPaused, pace } = this.#options.settings.settings;
    const status = statusDto(this.#session.status, { hasAgreed: consentAtUnixSeconds !== null, isPaused, pace });
    const { problem, notice } = this.#options.settings;
    return { ...status, problem: status.problem ?? problem, notice: status.notice ?? notice };
  }
}
