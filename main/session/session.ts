// Starts the three threads, joins them, starts the fallen again, and keeps the one picture of how things stand that
// window, tray and terminal draw. Runs in Electron's main thread and in the headless command; imports neither.
import { MessageChannel } from 'node:worker_threads';
import { fromHex } from '../base/bytes.ts';
import type { HealthReport } from '../catalogue/torrent.ts';
import { CHECK_INFOHASHES_MAX } from '../engine/engine-contract.ts';
import type { EngineCommand, EngineEvent, EngineOptions, Pace, TrackerAddress } from '../engine/engine-contract.ts';
import { NAMES_IN_MEMORY_DEFAULT } from '../store/store-contract.ts';
import type { SearchCommand, SearchEvent, WriterCommand, WriterEvent } from '../store/store-contract.ts';
import { EngineThread } from './engine-thread.ts';
import { fallenSentence } from './fallen-sentence.ts';
import { Interruption } from './interruption.ts';
import { SearchClient } from './search-client.ts';
import { NO_STATUS, type SessionOptions, type SessionStatus, type WorkerName } from './session-contract.ts';
import { StoreClient } from './store-client.ts';
import { SupervisedWorker } from './supervised-worker.ts';
import { StoreGate } from './store-gate.ts';
import { TorrentFetches } from './torrent-fetches.ts';
import { TransferClient } from './transfer-client.ts';
import { transferHost } from './transfer-host.ts';

/** Saving tables, committing and checkpointing take well under this; after it the threads are ended by force. */
const STOP_LIMIT_MS = 4_000;

export class Session {
  readonly #options: SessionOptions;
  readonly #writer: SupervisedWorker<WriterCommand, WriterEvent>;
  readonly #searchWorker: SupervisedWorker<SearchCommand, SearchEvent> | null;
  readonly search: SearchClient;
  /** What the person decides about torrents. */
  readonly store: StoreClient;
  readonly transfer: TransferClient;
  /** Info dictionaries for .torrent files. */
  readonly torrents = new TorrentFetches((command) => this.#engine.post(command));
  readonly #storeGate = new StoreGate();
  readonly #engine: EngineThread;
  #namesInMemory: number;
  /** What the writer had to mend at its start, and what fell a moment ago: the notice is the newer of the two. */
  #writerNotice: string | null = null;
  readonly #interruption: Interruption;
  /** The sentence about a thread that stays down; a catalogue that is well again does not take it back. */
  #givenUp: { readonly name: WorkerName; readonly problem: string } | null = null;
  #status: SessionStatus = NO_STATUS;

  /** Called after each change of `status`. */
  onStatus: () => void = () => undefined;
  /** What `checkHealth` found; it is in the catalogue, too. */
  onHealth: (reports: readonly HealthReport[]) => void = () => undefined;
  onTorrentsAdded: (addedCount: number) => void = () => undefined;
  /** The index in memory holds everything that it is going to: what was searched before may have more results. */
  onSearchReady: () => void = () => undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#interruption = new Interruption(options.clock, (sentence) =>
      this.#change({ notice: sentence ?? this.#writerNotice }),
    );
    this.#namesInMemory = options.store.namesInMemory ?? NAMES_IN_MEMORY_DEFAULT;
    this.#writer = this.#supervise<WriterCommand, WriterEvent>(
      'writer-worker',
      () => this.store.optionsOf(options.store),
      {
        onStarted: () => {
          this.#joinEngineAndWriter();
          this.#joinWriterAndSearch();
          this.transfer.writerStarted();
        },
        onEvent: (event) => this.#receiveFromWriter(event),
      },
    );
    this.#searchWorker = options.hasSearch
      ? this.#supervise<SearchCommand, SearchEvent>(
          'search-worker',
          () => ({ ...options.store, namesInMemory: this.#namesInMemory }),
          {
            onStarted: () => this.#joinWriterAndSearch(),
            onEvent: (event) => this.#receiveFromSearch(event),
          },
        )
      : null;
    this.#engine = new EngineThread({
      create: (workerData) =>
        this.#supervise<EngineCommand, EngineEvent>('engine-worker', workerData, {
          onStarted: () => this.#joinEngineAndWriter(),
          onEvent: (event) => this.#receiveFromEngine(event),
        }),
      stopLimitMs: STOP_LIMIT_MS,
      onRestart: () => this.#engineRestarts(),
    });
    this.store = new StoreClient((command) => this.#writer.post(command));
    this.search = new SearchClient((command) => this.#searchWorker?.post(command) ?? false);
    this.transfer = new TransferClient(
      transferHost({
        createWorker: (onEvent, onFell) =>
          this.#supervise('transfer-worker', () => options.store, { onStarted: () => undefined, onEvent, onFell }),
        writer: this.#writer,
        gate: this.#storeGate,
        closeStore: (keepsSearch) => this.#closeStore(keepsSearch),
        startStore: () => this.start(),
        log: options.log,
      }),
    );
  }

  get status(): SessionStatus {
    return this.#status;
  }

  /** Opens the catalogue and the search. Sends nothing to the network. */
  start(): void {
    this.#writer.start();
    this.#searchWorker?.start();
  }

  /** Starts the node and the scraper. Only after the person has agreed. */
  startEngine(engineOptions: EngineOptions): void {
    this.#engine.start(engineOptions);
  }

  /**
   * Starts the engine's thread anew with other options: another port or address. Its tables are saved and read again, so the
   * crawl goes on where it was. Before `startEngine` it does nothing; called again meanwhile, the newest options count.
   */
  restartEngine(engineOptions: EngineOptions): Promise<void> {
    return this.#engine.restart(engineOptions);
  }

  /** Does `task` while no engine runs, so that nothing is sent or stored by it; it goes on afterwards where it ran. */
  withoutEngine(task: () => Promise<void>): Promise<void> {
    return this.#engine.without(task);
  }

  /** Ends the engine; as before the person has agreed, nothing is sent until `startEngine`. */
  forgetEngine(): Promise<void> {
    return this.#engine.forget();
  }

  /** Stops or continues every outgoing packet; a restarted engine remembers it. */
  setPaused(isPaused: boolean): void {
    this.#engine.change({ startPaused: isPaused }, { type: isPaused ? 'pause' : 'resume' });
  }

  setPace(pace: Pace): void {
    this.#engine.change({ pace }, { type: 'set-pace', pace });
  }

  /** Trackers that may be asked how many have a torrent, from now on and after a restart of the engine; none: no tracker is. */
  setTrackers(trackers: readonly TrackerAddress[]): void {
    this.#engine.change({ trackers }, { type: 'set-trackers', trackers });
  }

  /** How many names the search keeps in memory, from now on and after a restart of its thread. */
  setNamesInMemory(names: number): void {
    this.#namesInMemory = names;
    this.#searchWorker?.post({ type: 'set-names-in-memory', names });
  }

  /** Asks who has the torrents that are on screen now (40 hexadecimal digits each); onHealth tells what is found. */
  checkHealth(infohashesHex: readonly string[]): void {
    const asked = infohashesHex.slice(0, CHECK_INFOHASHES_MAX).flatMap((hex) => fromHex(hex.slice(0, 40)) ?? []);
    this.#engine.post({ type: 'check-health', infohashes: new Uint8Array(Buffer.concat(asked)) });
  }

  /** After sleep, or when the system says that the network is another. */
  networkChanged(): void {
    this.#engine.post({ type: 'network-changed' });
  }

  /** Saves and ends everything, in the reverse order of start; resolves in any case, at the latest after a few seconds. */
  async stop(): Promise<void> {
    this.#interruption.stop();
    await Promise.all([this.#engine.end(), this.transfer.stop()]);
    await this.#closeStore();
    this.search.failAll('Lanternfish has ended.');
    this.store.failAll('Lanternfish has ended.');
  }

  async #closeStore(keepsSearch = false): Promise<void> {
    await Promise.all([
      this.#writer.stop({ type: 'stop' }, STOP_LIMIT_MS),
      keepsSearch ? null : this.#searchWorker?.stop({ type: 'stop' }, STOP_LIMIT_MS),
    ]);
  }

  #supervise<Command, Event extends { readonly type: string }>(
    name: WorkerName,
    workerData: () => unknown,
    handlers: {
      readonly onStarted: () => void;
      readonly onEvent: (event: Event) => void;
      readonly onFell?: () => void;
    },
  ): SupervisedWorker<Command, Event> {
    return new SupervisedWorker<Command, Event>({
      ...handlers,
      name,
      workerData,
      path: this.#options.workerPath(name),
      clock: this.#options.clock,
      onFell: (reason, willRestart) => {
        handlers.onFell?.();
        this.#options.log.error(`${name} fell: ${reason}`);
        if (name !== 'transfer-worker') this.#workerFell(name, willRestart);
      },
    });
  }

  #joinEngineAndWriter(): void {
    if (!this.#engine.isRunning || !this.#writer.isRunning) return;
    const { port1, port2 } = new MessageChannel();
    this.#writer.post({ type: 'connect-engine', port: port1 }, [port1]);
    this.#engine.post({ type: 'connect-store', port: port2 }, [port2]);
  }

  #joinWriterAndSearch(): void {
    if (!this.#searchWorker?.isRunning || !this.#writer.isRunning) return;
    const { port1, port2 } = new MessageChannel();
    this.#writer.post({ type: 'connect-search', port: port1 }, [port1]);
    this.#searchWorker.post({ type: 'connect-writer', port: port2 }, [port2]);
    this.search.watchAgain();
  }

  #receiveFromEngine(event: EngineEvent): void {
    if (this.torrents.receive(event)) return;
    if (event.type === 'status') this.#change({ engine: event.status });
    else if (event.type === 'health') this.onHealth(event.reports);
    else if (event.type === 'counters') this.#change({ counters: event.counters });
    else if (event.type === 'log') this.#options.log[event.level](event.message);
  }

  #receiveFromWriter(event: WriterEvent): void {
    if (this.store.receive(event)) return;
    switch (event.type) {
      case 'ready':
        this.#storeGate.open(null);
        this.#writerNotice = event.notice;
        this.#change({
          torrentCount: event.torrentCount,
          notice: this.#interruption.sentence ?? event.notice,
          problem: this.#givenUp?.problem ?? null,
          isProblemPassing: false,
        });
        if (event.notice) this.#options.log.warn(event.notice);
        break;
      case 'torrents-added':
        this.#change({ torrentCount: event.torrentCount, databaseBytes: event.databaseBytes });
        this.onTorrentsAdded(event.addedCount);
        break;
      case 'store-status':
        this.#change({ store: event.status, databaseBytes: event.status.usedBytes });
        break;
      case 'failed':
        this.#storeGate.open(event.problem);
        this.#options.log.error(event.problem);
        this.#change({ problem: event.problem, isProblemPassing: event.isPassing });
        break;
      case 'log':
        this.#options.log[event.level](event.message);
        break;
      case 'stopped':
        break;
    }
  }

  #receiveFromSearch(event: SearchEvent): void {
    if (this.search.receive(event)) return;
    if (event.type === 'ready') this.onSearchReady();
    if (event.type === 'log') this.#options.log[event.level](event.message);
  }

  /** Its figures are of before, and if it had been given up, that is forgiven. */
  #engineRestarts(): void {
    const isForgiven = this.#givenUp?.name === 'engine-worker';
    if (isForgiven) this.#givenUp = null;
    this.torrents.failAll();
    this.#change({ engine: null, counters: null, ...(isForgiven ? { problem: null } : {}) });
  }

  #workerFell(name: Exclude<WorkerName, 'transfer-worker'>, willRestart: boolean): void {
    if (name === 'writer-worker') this.store.failAll('The catalogue was interrupted. Try again.');
    if (name === 'search-worker') this.search.failAll('The search was interrupted. Try again.');
    if (name === 'engine-worker') this.torrents.failAll();
    if (name === 'engine-worker') this.#change({ engine: null, counters: null });
    const sentence = fallenSentence(name, willRestart);
    if (willRestart) return this.#interruption.say(sentence);
    this.#givenUp = { name, problem: sentence };
    this.#change({ problem: sentence, isProblemPassing: false });
  }

  #change(change: Partial<SessionStatus>): void {
    this.#status = { ...this.#status, ...change };
    this.onStatus();
  }
}
