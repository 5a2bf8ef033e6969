// The search thread without its thread: opens the catalogue when there is one, answers requests (the newest of each box
// first to last, older ones are given up), and does the upkeep of the index while nobody waits.
// Whatever goes wrong inside a request becomes `request-failed` with a sentence; the thread lives on.
import type { Clock, Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Port } from '../base/port.ts';
import type { CatalogueReader } from '../catalogue/catalogue-reader.ts';
import { openCatalogueReader } from '../catalogue/open-catalogue.ts';
import { NameIndex } from '../search/name-index.ts';
import { tellDamage } from './damage.ts';
import { IndexUpkeep, isUrgent } from './index-upkeep.ts';
import { quickAnswer } from './quick-answers.ts';
import { isSameCatalogue, SnapshotKeeper } from './snapshot-keeper.ts';
import { SearchProblem, StoreSearch } from './store-search.ts';
import type { SearchCommand, SearchEvent, StoreOptions } from './store-contract.ts';
import type { SearchToWriter, WriterToSearch } from './writer-search-contract.ts';

/** How often a catalogue that is not there yet is looked for. */
const OPEN_EVERY_MS = 250;
/** Requests that came before the catalogue was open wait this long. */
const WAIT_FOR_CATALOGUE_MS = 5000;
/** More than one window can ask at once; beyond it requests are refused. */
const WAITING_REQUESTS_MAX = 500;
/** A request that has run this long lets messages in; so does the work without which older torrents cannot be found. */
const SLICE_MS = 6;
/** A keystroke may come while work is done that nobody waits for, and then waits itself: short slices, a quarter of one core. */
const IDLE_SLICE_MS = 1.5;
const REST_MS = 5;
/** With nothing to do, how often it is looked whether suggestions are due. */
const LOOK_EVERY_MS = 2000;

type Request = Extract<SearchCommand, { readonly requestId: number }>;

export interface SearchServiceDependencies {
  readonly options: StoreOptions;
  readonly clock: Clock;
  readonly log: Log;
  readonly post: (event: SearchEvent) => void;
  /** Names kept in memory. */
  readonly windowRows: number;
}

export class SearchService {
  readonly #dependencies: SearchServiceDependencies;
  #writer: Port<WriterToSearch, SearchToWriter> | null = null;
  #reader: CatalogueReader | null = null;
  #search: StoreSearch | null = null;
  #index: NameIndex | null = null;
  #upkeep: IndexUpkeep | null = null;
  readonly #snapshots: SnapshotKeeper;
  #windowRows: number;
  readonly #waiting: { readonly request: Request; readonly cameAtMs: number }[] = [];
  #isDraining = false;
  #openTimer: Timer | null = null;
  #upkeepTimer: Timer | null = null;
  #upkeepDueAtMs = 0;
  #isStopped = false;

  constructor(dependencies: SearchServiceDependencies) {
    this.#dependencies = dependencies;
    const { clock, log, options } = dependencies;
    this.#windowRows = dependencies.windowRows;
    this.#snapshots = new SnapshotKeeper({ clock, log, databasePath: options.databasePath });
  }

  start(): void {
    this.#tryOpen();
  }

  connectWriter(port: Port<WriterToSearch, SearchToWriter>): void {
    this.#writer?.close(); // of a writer that has been started again
    this.#writer = port;
    this.#upkeep?.writerChanged();
    port.on((message) => {
      if (this.#isStopped) return;
      if (message.type === 'catalogue-ready') this.#catalogueReady();
      else if (message.type === 'tokens-filled') this.#search?.forgetPaths();
      else if (message.type === 'changed') this.#upkeep?.change(message);
      else if (message.type === 'merged') this.#upkeep?.merged(message.mergeId, message.segment);
      else this.#upkeep?.addSegment(message.segment);
      this.#scheduleUpkeep(0);
    });
  }

  receive(request: Request): void {
    if (this.#waiting.length >= WAITING_REQUESTS_MAX) {
      this.#fail(request, 'Too many searches are waiting. Try again in a moment.');
      return;
    }
    if (request.type === 'search') this.#supersede(request.box);
    this.#waiting.push({ request, cameAtMs: this.#dependencies.clock.nowMs() });
    // Not at once: of the messages that are here already, a later one may overtake this one.
    setImmediate(() => void this.#drain());
  }

  /** Answers what waits, saves the index where that is worth it, and says `stopped`. */
  stop(): void {
    this.#isStopped = true;
    this.#openTimer?.cancel();
    this.#upkeepTimer?.cancel();
    for (const { request } of this.#waiting.splice(0)) this.#fail(request, 'Lanternfish is closing.');
    this.#writer?.close();
    const [index, reader, isBuilt] = [this.#index, this.#reader, this.#upkeep?.isBaseBuilt === true];
    const saved = index !== null && reader !== null && isBuilt ? this.#saveNames(index, reader) : null;
    this.#reader?.close();
    this.#reader = null;
    const stopped = (): void => this.#dependencies.post({ type: 'stopped' });
    if (saved === null) stopped();
    else void saved.then(stopped);
  }

  /** Another number of names is to be kept in memory. */
  setWindowRows(windowRows: number): void {
    this.#windowRows = windowRows;
    this.#index?.setWindowRows(windowRows);
    this.#upkeep?.fillWindow();
    this.#scheduleUpkeep(0);
  }

  checkInvariants(): void {
    this.#upkeep?.checkInvariants();
  }

  // -------------------------------------------------------------- requests

  /** Of several searches of one box only the newest is worth its time. */
  #supersede(box: string): void {
    for (let index = this.#waiting.length - 1; index >= 0; index--) {
      const { request } = this.#waiting[index]!;
      if (request.type !== 'search' || request.box !== box) continue;
      this.#waiting.splice(index, 1);
      this.#dependencies.post({ type: 'superseded', requestId: request.requestId });
    }
  }

  async #drain(): Promise<void> {
    if (this.#isDraining) return;
    this.#isDraining = true;
    while (this.#search !== null && !this.#isStopped && this.#waiting.length > 0) {
      await this.#answer(this.#waiting.shift()!.request, this.#search);
    }
    this.#isDraining = false;
    // The next keystroke may be on its way, but work that is due is not put off for ever.
    this.#scheduleUpkeep(Math.max(0, Math.min(REST_MS, this.#upkeepDueAtMs - this.#dependencies.clock.nowMs())));
  }

  async #answer(request: Request, search: StoreSearch): Promise<void> {
    const { post, log } = this.#dependencies;
    const { requestId } = request;
    try {
      if (request.type === 'rows-at') {
        const rows = await search.rowsAt(request.request, this.#pauseFor(request));
        return post(rows === null ? { type: 'superseded', requestId } : { type: 'rows', requestId, rows });
      }
      if (request.type !== 'search') return post(quickAnswer(search, request));
      const page = await search.page(request.request, this.#pauseFor(request));
      post(page === null ? { type: 'superseded', requestId } : { type: 'page', requestId, page });
    } catch (error) {
      if (error instanceof SearchProblem) return this.#fail(request, error.message);
      tellDamage(this.#writer, error);
      log.error(`A search failed: ${(error instanceof Error ? error.stack : null) ?? String(error)}`);
      this.#fail(request, 'The search failed. Try again; if it keeps failing, start Lanternfish again.');
    }
  }

  #fail({ requestId }: Request, problem: string): void {
    this.#dependencies.post({ type: 'request-failed', requestId, problem });
  }

  /** Lets messages in now and then; false when a newer search of the same box has come by then. */
  #pauseFor(request: Extract<Request, { readonly box: string }>): () => Promise<boolean> {
    const { clock } = this.#dependencies;
    let sliceStartMs = clock.nowMs();
    return async () => {
      if (clock.nowMs() - sliceStartMs >= SLICE_MS) {
        await new Promise((resolve) => setImmediate(resolve));
        sliceStartMs = clock.nowMs();
      }
      const isOvertaken = this.#waiting.some(
        ({ request: later }) => later.type === 'search' && later.box === request.box,
      );
      return !isOvertaken && !this.#isStopped;
    };
  }

  // -------------------------------------------------------------- the catalogue

  #tryOpen(): void {
    const { options, clock } = this.#dependencies;
    this.#openTimer = null;
    try {
      this.#use(openCatalogueReader(options));
    } catch (error) {
      // Not there yet, or not migrated yet: the writer is about to make it, or says itself why it cannot.
      this.#refuseOldRequests(error);
      this.#openTimer = clock.setTimer(OPEN_EVERY_MS, () => this.#tryOpen());
    }
  }

  #refuseOldRequests(reason: unknown): void {
    const nowMs = this.#dependencies.clock.nowMs();
    while (this.#waiting.length > 0 && nowMs - this.#waiting[0]!.cameAtMs >= WAIT_FOR_CATALOGUE_MS) {
      const { request } = this.#waiting.shift()!;
      this.#dependencies.log.warn(`No catalogue to search in: ${String(reason)}`);
      this.#fail(request, 'The catalogue is not open, so nothing can be searched yet. Try again in a moment.');
    }
  }

  #use(reader: CatalogueReader): void {
    const index = new NameIndex({ windowRows: this.#windowRows });
    this.#reader = reader;
    this.#index = index;
    this.#search = null;
    this.#upkeep = null;
    void this.#snapshots.read(reader).then((snapshot) => {
      // Closed, or another catalogue came in its place, while the file was read.
      if (this.#reader !== reader || this.#isStopped) return;
      for (const { data, gone } of snapshot?.parts.toReversed() ?? []) index.addOlder(data, gone);
      if (snapshot !== null && !snapshot.hasOlder && !index.isFull) index.markComplete();
      this.#serve(reader, index);
    });
  }

  #serve(reader: CatalogueReader, index: NameIndex): void {
    const { clock, log, post } = this.#dependencies;
    const search = new StoreSearch(reader, index, clock);
    this.#search = search;
    this.#upkeep = new IndexUpkeep({
      clock,
      reader,
      index,
      search,
      requestMerge: (mergeId, parts) => {
        this.#writer?.post({ type: 'merge', mergeId, parts });
        return this.#writer !== null;
      },
      onBaseBuilt: () => post({ type: 'ready', indexedCount: index.rowCount }),
      onFailure: (job, error) => {
        log.error(`Index upkeep (${job}) failed: ${String(error)}`);
        tellDamage(this.#writer, error);
      },
    });
    void this.#drain();
  }

  /** The writer has opened the catalogue, perhaps a new file in the place of a damaged one. */
  #catalogueReady(): void {
    this.#openTimer?.cancel();
    const before = this.#reader;
    if (before === null || this.#index === null) return this.#tryOpen();
    let after: CatalogueReader;
    try {
      after = openCatalogueReader(this.#dependencies.options);
    } catch (error) {
      this.#dependencies.log.warn(`The catalogue could not be opened again: ${String(error)}`);
      return;
    }
    const wasEmptied = this.#index.rowCount > 0 && after.newestId() === 0;
    if (!wasEmptied && isSameCatalogue(before, after)) {
      after.close();
      this.#upkeep?.catchUp();
      return;
    }
    this.#use(after);
    before.close();
  }

  // -------------------------------------------------------------- upkeep

  #scheduleUpkeep(delayMs: number): void {
    if (this.#isStopped || this.#upkeep === null) return;
    const { clock } = this.#dependencies;
    this.#upkeepDueAtMs = clock.nowMs() + delayMs;
    this.#upkeepTimer?.cancel();
    this.#upkeepTimer = clock.setTimer(delayMs, () => this.#runUpkeep());
  }

  /** Lets searches in between its steps. Null when there is nothing to save. */
  #saveNames(index: NameIndex, reader: CatalogueReader): Promise<void> | null {
    return this.#snapshots.write(index, reader, () => new Promise((resolve) => setImmediate(resolve)));
  }

  /** Works for one slice, rests, and goes on. Rests longer for work that nobody will notice. */
  #runUpkeep(): void {
    const { clock } = this.#dependencies;
    if (this.#isStopped || this.#upkeep === null) return;
    if (this.#isDraining) return; // #drain schedules it again
    const startedAtMs = clock.nowMs();
    let job = this.#upkeep.step();
    while (job !== null && clock.nowMs() - startedAtMs < (isUrgent(job) ? SLICE_MS : IDLE_SLICE_MS)) {
      job = this.#upkeep.step();
    }
    if (job === null) {
      const [index, reader] = [this.#index, this.#reader];
      if (index !== null && reader !== null && this.#snapshots.isDue(index)) void this.#saveNames(index, reader);
      return this.#scheduleUpkeep(LOOK_EVERY_MS);
    }
    this.#scheduleUpkeep(isUrgent(job) ? 0 : REST_MS);
  }
}
