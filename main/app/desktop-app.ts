// The app once Electron is ready: settings, threads, window and tray, held together by one state. `main.ts` starts it.
import { app, nativeTheme, powerMonitor } from 'electron';
import path from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { EngineOptions } from '../engine/engine-contract.ts';
import { CrawlHistory } from '../session/crawl-history.ts';
import { Session } from '../session/session.ts';
import type { StatusDto } from '../../preload/ipc-contract.ts';
import type { TransferCommandName } from '../../preload/transfer-contract.ts';
import { applySettings, policyOf, settingAppliers, themeSourceOf } from './apply-settings.ts';
import { canStartWithComputer, setStartWithComputer } from './autostart.ts';
import { Background } from './background.ts';
import { consentCalls } from './consent-calls.ts';
import { clientCalls } from './client-calls.ts';
import { crawlCalls } from './crawl-calls.ts';
import type { DataFolders } from './data-folders.ts';
import { DataMover } from './data-mover.ts';
import { engineOptions, withoutOverridden } from './engine-options.ts';
import { handleCalls, type CallHandlers } from './ipc-handlers.ts';
import { isSentence } from './known-problems.ts';
import type { LaunchAction, LaunchOptions } from './launch-options.ts';
import type { LogFile } from './log-file.ts';
import { MainWindow } from './main-window.ts';
import { Pausing } from './pausing.ts';
import { showNotification } from './notification.ts';
import { runtimeNotice, udpBinding } from './runtime-notice.ts';
import { saveCalls } from './save-calls.ts';
import { SavedSearches } from './saved-searches.ts';
import { settingsCalls } from './settings-calls.ts';
import type { SettingsFile } from './settings-file.ts';
import { crawlTotals, healthFoundDto, statusDto } from './status-dto.ts';
import { systemCalls } from './system-calls.ts';
import { torrentCalls } from './torrent-calls.ts';
import { transferCalls } from './transfer-calls.ts';
import { Updates } from './updates.ts';
import { WindowNews } from './window-news.ts';

export interface DesktopAppOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly logFile: LogFile;
  readonly launch: LaunchOptions;
  readonly folders: DataFolders;
  /** A sentence about where the data is, if it is not where the person chose. */
  readonly placeNotice: string | null;
  readonly settings: SettingsFile;
  /** Folder of the built workers, preload and renderer. */
  readonly outDir: string;
  readonly resourcesDir: string;
  readonly nativeBinding: string | null;
}

export class DesktopApp {
  readonly #options: DesktopAppOptions;
  readonly #session: Session;
  readonly #history = new CrawlHistory();
  readonly #windowNews: WindowNews;
  readonly #window: MainWindow;
  readonly #background: Background;
  readonly #pausing: Pausing;
  readonly #savedSearches: SavedSearches;
  readonly #updates: Updates;
  #launch: LaunchOptions;

  constructor(options: DesktopAppOptions) {
    this.#options = options;
    this.#launch = options.launch;
    this.#session = new Session({
      clock: options.clock,
      log: options.log,
      workerPath: (name) => path.join(options.outDir, 'main', `${name}.js`),
      store: {
        get databasePath() {
          return path.join(options.folders.dataDir, 'catalogue.db');
        },
        nativeBinding: options.nativeBinding,
        namesInMemory: options.settings.settings.namesInMemory,
        policy: policyOf(options.settings.settings),
      },
      hasSearch: true,
    });
    this.#session.onStatus = () => {
      const { engine } = this.#session.status;
      if (engine !== null) this.#history.add(crawlTotals(engine), options.clock.nowMs());
      this.#windowNews.changed();
    };
    this.#session.onTorrentsAdded = (addedCount) => this.#windowNews.torrentsAdded(addedCount);
    this.#session.onSearchReady = () => this.#windowNews.searchReady();
    this.#session.onHealth = (reports) => this.#window.send('healthFound', reports.map(healthFoundDto));
    this.#window = new MainWindow({
      clock: options.clock,
      outDir: options.outDir,
      resourcesDir: options.resourcesDir,
      settings: () => options.settings.settings,
      onMade: (window) => this.#background.watchClosing(window),
      onShown: () => this.#windowNews.showNow(),
    });
    this.#windowNews = new WindowNews(options.clock, {
      status: () => this.#status(),
      show: (status) => {
        this.#background.show(status);
        if (this.#window.isVisible) this.#window.send('status', status);
      },
      showAdded: (addedCount) => {
        this.#window.send('torrentsAdded', { addedCount, torrentCount: this.#session.status.torrentCount });
      },
    });
    this.#background = new Background({
      clock: options.clock,
      settings: options.settings,
      resourcesDir: options.resourcesDir,
      trayActions: {
        setPaused: (isPaused) => this.#pausing.setPaused(isPaused),
        pauseForAnHour: () => this.#pausing.pauseFor(60),
        open: () => this.open(),
        openSettings: () => this.#window.openWith('openSettings', null),
        quit: () => app.quit(),
      },
      stop: async () => {
        this.#windowNews.stop();
        this.#pausing.stop();
        await this.#savedSearches.stop();
        this.#updates.stop();
        await this.#session.stop();
        await options.logFile.flush();
      },
    });
    this.#savedSearches = new SavedSearches({
      clock: options.clock,
      settings: options.settings,
      search: this.#session.search,
      isWatched: () => this.#window.parent?.isFocused() === true,
      notify: (notice, searchId) => {
        showNotification(notice, () => this.#window.openWith('openSaved', { searchId }));
      },
    });
    this.#pausing = new Pausing({
      clock: options.clock,
      settings: options.settings,
      apply: (isPaused) => {
        this.#session.setPaused(isPaused);
        this.#windowNews.showNow();
      },
    });
    this.#updates = new Updates({
      clock: options.clock,
      log: options.log,
      onChanged: () => this.#window.send('update', this.#updates.state),
    });
  }

  /** Opens the window, the catalogue and the tray; starts the engine if the person agreed in an earlier run. */
  async start(): Promise<void> {
    const { settings, launch, log } = this.#options;
    this.#applyChanges();
    const isHidden = launch.isHidden || (settings.settings.startMinimised && launch.action === null);
    // Asked now: whoever agrees in the window meanwhile starts the engine there.
    const hadAgreed = settings.settings.consentAtUnixSeconds !== null;
    if (!isHidden) this.open(); // first: the threads would take the processors that draw it
    const opened = (isHidden ? Promise.resolve() : this.#window.painted()).then(() => {
      if (this.#background.isQuitting) return;
      this.#session.start();
      this.#savedSearches.settingsChanged();
    });
    handleCalls(this.#callHandlers(opened), log, isSentence);
    await opened;
    if (this.#background.isQuitting) return;
    if (hadAgreed) this.#session.startEngine(this.#engineOptions());
    powerMonitor.on('resume', () => this.#session.networkChanged());
    this.#updates.setWanted(settings.settings.updates);
    if (settings.settings.autostart) this.#setStartWithComputer(true); // the program may have moved since
    if (launch.action === 'resume' && hadAgreed) this.#pausing.setPaused(false);
    const showNow = (): void => this.#windowNews.showNow();
    if (await this.#background.findTray(showNow)) this.#windowNews.showNow();
    else if (isHidden) this.#window.open({ isMinimised: true });
  }

  /** What a second launch asks of this one: an action of the desktop entry, or else the window. */
  openOrDo(action: LaunchAction | null): void {
    if (action === null) this.open();
    else if (action === 'quit') app.quit();
    else if (this.#options.settings.settings.consentAtUnixSeconds === null) this.open();
    else this.#pausing.setPaused(action === 'pause');
  }

  open(): void {
    this.#window.open();
  }

  /** The menu bar's entries about files. */
  transfer(command: TransferCommandName): void {
    this.open();
    this.#window.send('transferCommand', command);
  }

  #callHandlers(opened: Promise<void>): CallHandlers {
    const { settings, clock, log, logFile, folders } = this.#options;
    const window = () => this.#window.parent;
    return {
      ...torrentCalls({ session: this.#session, opened, settings, log }),
      ...clientCalls({ search: this.#session.search, settings, folders }),
      ...saveCalls({
        session: this.#session,
        isPaused: () => this.#pausing.isPaused,
        window,
        send: (save) => this.#window.send('torrentSave', save),
      }),
      ...settingsCalls({ session: this.#session, settings, folders, logFile, pausing: this.#pausing, window }),
      ...crawlCalls({ clock, session: this.#session, history: this.#history, settings, folders }),
      ...systemCalls({
        session: this.#session,
        settings,
        logFile,
        updates: this.#updates,
        hasTray: () => this.#background.hasTray,
      }),
      ...transferCalls({
        session: this.#session,
        clock: this.#options.clock,
        window,
        hidesAdult: () => settings.settings.hideAdultNames,
        mover: new DataMover({
          ...{ session: this.#session, settings, folders, window },
          engineOptions: () => this.#engineOptions(),
        }),
        send: (transfer) => {
          this.#window.send('transfer', transfer);
        },
      }),
      getStart: () => ({
        status: this.#status(),
        settings: settings.settings,
        appVersion: app.getVersion(),
        runtimeNotice: runtimeNotice(),
        canStartWithComputer: canStartWithComputer(),
        update: this.#updates.state,
      }),
      ...consentCalls({
        ...{ clock, settings, pausing: this.#pausing },
        begin: () => {
          this.#session.startEngine(this.#engineOptions());
          this.#windowNews.showNow();
        },
      }),
      quit: () => {
        app.quit();
        return null;
      },
    };
  }

  #setStartWithComputer(isWanted: boolean): void {
    setStartWithComputer(isWanted).catch((error: unknown) => {
      this.#options.log.warn(`Starting with the computer: ${error instanceof Error ? error.message : String(error)}`);
    });
  }

  #engineOptions(): EngineOptions {
    const { folders, settings } = this.#options;
    const { isPaused: startPaused } = this.#pausing;
    return { ...engineOptions(this.#launch, folders, settings.settings), startPaused, udpBinding: udpBinding() };
  }

  /** From here on a changed setting reaches whoever owns it, and the window. */
  #applyChanges(): void {
    const { settings } = this.#options;
    const appliers = settingAppliers(this.#session, () => this.#engineOptions(), {
      pausing: this.#pausing,
      savedSearches: this.#savedSearches,
      updates: this.#updates,
      window: this.#window,
      setStartWithComputer: (isWanted) => {
        this.#setStartWithComputer(isWanted);
      },
    });
    nativeTheme.themeSource = themeSourceOf(settings.settings.theme);
    settings.onChanged = (now, before) => {
      this.#launch = withoutOverridden(this.#launch, now, before);
      applySettings(appliers, now, before);
      this.#window.send('settings', now);
      this.#windowNews.changed();
    };
  }

  #status(): StatusDto {
    const { consentAtUnixSeconds, pace } = this.#options.settings.settings;
    const { isPaused, facts } = this.#pausing;
    const hasAgreed = consentAtUnixSeconds !== null;
    const status = statusDto(this.#session.status, { hasAgreed, isPaused, pace, ...facts });
    const { problem, notice } = this.#options.settings;
    return {
      ...status,
      problem: status.problem ?? problem,
      notice: status.notice ?? this.#options.placeNotice ?? notice,
    };
  }
}
