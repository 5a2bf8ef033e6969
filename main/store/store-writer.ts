// The writer without its thread: collects torrents, commits them in batches, answers the engine, feeds the search thread.
// Commits are synchronous and may take 350 ms at worst; that is why this lives in a thread of its own (writer-worker.ts).
import { assert } from '../base/assert.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Port } from '../base/port.ts';
import type { Catalogue, InsertOutcome } from '../catalogue/catalogue.ts';
import { asCatalogueProblem } from '../catalogue/catalogue-problem.ts';
import { databaseBytes } from '../catalogue/database-files.ts';
import type { Torrent } from '../catalogue/torrent.ts';
import { toCatalogueRow } from './catalogue-row.ts';
import { EngineAnswers } from './engine-answers.ts';
import { Housekeeping } from './housekeeping.ts';
import type { StorePolicy, StoreRequest } from './owner-contract.ts';
import { answerOwner, deleteEverything } from './owner-desk.ts';
import { abandonQuietly, markForNextStart, openOrRecover, rescueOpen } from './recover-catalogue.ts';
import { SearchLine } from './search-line.ts';
import type { SearchPort } from './segment-merger.ts';
import { TokenRefill } from './token-refill.ts';
import { TransferLine } from './transfer-line.ts';
import { WaitingTorrents } from './waiting-torrents.ts';
import { RETRY_AFTER_MS, Troubles } from './troubles.ts';
import { COMMIT_EVERY_MS, COMMIT_TORRENTS_MAX, WAITING_TORRENTS_MAX } from './store-contract.ts';
import type { EngineToWriter, StoreOptions, WriterEvent, WriterToEngine } from './store-contract.ts';

type EnginePort = Port<EngineToWriter, WriterToEngine>;

export interface StoreWriterDependencies {
  readonly options: StoreOptions;
  readonly clock: Clock;
  readonly log: Log;
  readonly post: (event: WriterEvent) => void;
  /** Only tests hand in another, to make a disk full or a wait short. */
  readonly open?: typeof openOrRecover;
  readonly readFreeBytes?: (path: string) => number | null;
}

export class StoreWriter {
  readonly #dependencies: StoreWriterDependencies;
  #catalogue: Catalogue | null = null;
  #engine: EnginePort | null = null;
  readonly #search: SearchLine;
  readonly #transfer: TransferLine;
  readonly #waiting: WaitingTorrents;
  readonly #answers: EngineAnswers;
  readonly #housekeeping: Housekeeping;
  #timer: Timer | null = null;
  #refill: TokenRefill | null = null;
  readonly #troubles = new Troubles();

  constructor(dependencies: StoreWriterDependencies) {
    const { options, clock, log, post } = dependencies;
    const { databasePath } = options;
    this.#dependencies = dependencies;
    this.#waiting = new WaitingTorrents(log);
    const failed = (error: unknown): void => this.#fail(error);
    this.#search = new SearchLine(clock, (code) => failed(Object.assign(new Error(code), { code })));
    this.#answers = new EngineAnswers(clock, failed, (seeders) => this.#search.changed([], seeders));
    this.#housekeeping = new Housekeeping({
      ...dependencies,
      databasePath,
      post: (status) => post({ type: 'store-status', status }),
      changed: (outcome) => this.#search.marked(outcome),
      roomChanged: () => this.#answerStored(0),
      failed,
      filesLost: (identity) => this.#rescue(identity),
    });
    this.#transfer = new TransferLine({
      databasePath,
      nowUnixSeconds: () => clock.nowUnixSeconds(),
      openCatalogue: () => this.#writable,
      committed: (catalogue, outcome) => {
        if (outcome) this.#announce(catalogue, outcome, true);
        this.#housekeeping.committed(catalogue, { isMuch: true });
      },
      failed,
      room: this.#housekeeping,
    });
    if (options.policy) this.#housekeeping.setPolicy(options.policy);
  }

  get droppedCount(): number {
    return this.#waiting.droppedCount;
  }

  /** Null while nothing can be written. */
  get #writable(): Catalogue | null {
    return this.#troubles.kind === null ? this.#catalogue : null;
  }

  /** Opens the catalogue (repairs and migrates it if need be) and says `ready` or `failed`. */
  start(rescued: string | null = null): void {
    const { options, clock, log, post, open = openOrRecover } = this.#dependencies;
    try {
      const { catalogue, notice } = open(options, log, clock.nowUnixSeconds());
      this.#catalogue = catalogue;
      this.#troubles.over();
      post({ type: 'ready', torrentCount: catalogue.count, notice: notice ?? rescued });
      this.#search.tell({ type: 'catalogue-ready' });
      this.#refillTokens(catalogue);
      this.#housekeeping.start(catalogue);
    } catch (error) {
      return this.#fail(error);
    }
    if (this.#waiting.count > 0) this.#commit(); // came while it could not be opened
  }

  #refillTokens(catalogue: Catalogue): void {
    const { clock, log } = this.#dependencies;
    const onDone = (): void => this.#search.tell({ type: 'tokens-filled' });
    this.#refill?.stop();
    this.#refill = TokenRefill.start({ catalogue, clock, log, onDone, onFailure: (error) => this.#fail(error) });
  }

  connectEngine(port: EnginePort): void {
    this.#engine?.close(); // of an engine that has been started again
    this.#engine = port;
    port.on((message) => this.#receive(message));
  }

  connectSearch(port: SearchPort): void {
    this.#search.connect(port, this.#catalogue !== null);
  }

  connectTransfer(port: Parameters<TransferLine['connect']>[0]): void {
    this.#transfer.connect(port);
  }

  /** Commits what waits, empties the log, closes. Says `stopped` whatever happens. */
  stop(): void {
    if (this.#waiting.count > 0) this.#commit();
    this.#stopBackground();
    try {
      this.#catalogue?.close();
    } catch (error) {
      this.#fail(error);
    }
    this.#catalogue = null;
    this.#cancelTimer(); // set by a last commit that failed
    this.#engine?.close();
    this.#search.close();
    this.#transfer.close();
    this.#dependencies.post({ type: 'stopped' });
  }

  checkInvariants(): void {
    this.#waiting.checkInvariants();
    assert(this.#waiting.count === 0 || this.#timer || !this.#catalogue, 'what waits has a time to be committed');
    this.#answers.checkInvariants();
    this.#catalogue?.checkInvariants();
  }

  #receive(message: EngineToWriter): void {
    const catalogue = this.#housekeeping.canJudge ? this.#catalogue : null;
    switch (message.type) {
      case 'store':
        return this.#collect(message.torrents);
      case 'are-known':
        return this.#answers.known(this.#engine, catalogue, message);
      case 'warm-up':
        return this.#answers.warmUp(this.#engine, () => this.#catalogue, message.limit);
      default:
        return this.#answers.retry(this.#engine, this.#writable === null ? null : catalogue, message);
    }
  }

  #collect(torrents: readonly Torrent[]): void {
    this.#waiting.add(torrents);
    if (!this.#writable) return this.#answerStored(0);
    if (this.#waiting.count >= COMMIT_TORRENTS_MAX) this.#commit();
    else this.#timer ??= this.#dependencies.clock.setTimer(COMMIT_EVERY_MS, () => this.#commit());
  }

  /** At most COMMIT_TORRENTS_MAX in one transaction; what is left over gets the next. */
  #commit(): void {
    this.#cancelTimer();
    while (this.#catalogue && this.#waiting.count > 0) {
      try {
        const outcome = this.#catalogue.insertMany(this.#waiting.next().map(toCatalogueRow));
        this.#waiting.committed();
        this.#recovered(this.#catalogue);
        this.#answerStored(outcome.inserted.length);
        this.#announce(this.#catalogue, outcome);
        this.#housekeeping.committed(this.#catalogue);
      } catch (error) {
        this.#fail(error);
        return this.#answerStored(0);
      }
    }
  }

  #cancelTimer(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #announce({ count: torrentCount }: Catalogue, outcome: InsertOutcome, isImported = false): void {
    const { options, post } = this.#dependencies;
    const facts = { addedCount: outcome.inserted.length, databaseBytes: databaseBytes(options.databasePath) };
    if (facts.addedCount > 0) post({ type: 'torrents-added', torrentCount, ...facts });
    this.#search.stored(outcome, isImported);
  }

  /** Before the catalogue is open, and while it cannot be written, the engine hears that there is no room. */
  #answerStored(storedCount: number): void {
    const isBlocked = !this.#writable || !this.#housekeeping.hasRoom;
    const waitingCount = isBlocked ? Math.max(this.#waiting.count, WAITING_TORRENTS_MAX) : this.#waiting.count;
    this.#engine?.post({ type: 'stored', storedCount, waitingCount });
  }

  setPolicy(policy: StorePolicy): void {
    this.#housekeeping.setPolicy(policy);
  }

  /** Always answers: what cannot be written now is refused with the sentence of its problem. */
  request(request: StoreRequest): void {
    const { clock, options, post } = this.#dependencies;
    if (request.type === 'delete-everything') return this.#deleteEverything(request);
    const answered = answerOwner(this.#catalogue, request, clock.nowUnixSeconds(), options.databasePath);
    if (answered.marked) this.#search.marked(answered.marked);
    post(answered.answer); // after the search heard of it: who has the answer asks that at once
    const { blocked: infohashes } = answered; // what is fetched already is refused when it comes
    if (infohashes.length > 0) this.#engine?.post({ type: 'blocked', infohashes });
    if (answered.error !== null) this.#fail(answered.error);
  }

  #stopBackground(): void {
    this.#cancelTimer();
    this.#refill?.stop();
    this.#housekeeping.stop();
  }

  #deleteEverything(request: Extract<StoreRequest, { type: 'delete-everything' }>): void {
    const { options, post } = this.#dependencies;
    this.#waiting.clear();
    this.#stopBackground();
    const { answer, error } = deleteEverything(this.#catalogue, request, options);
    post(answer);
    if (error !== null) return this.#fail(error);
    this.#catalogue = null;
    this.start();
  }

  /**
   * Says once what is wrong. What may pass or can be mended: the batch stays and is tried again, and a second `ready` says
   * that it worked. For the rest it stays closed until the next start.
   */
  #fail(error: unknown): void {
    const { options, clock, post, log } = this.#dependencies;
    const problem = asCatalogueProblem(error, options.databasePath);
    const isNews = problem.kind !== this.#troubles.kind;
    const { remedy, isPassing } = this.#troubles.met(problem.kind);
    if (isNews) post({ type: 'failed', problem: problem.message, isPassing });
    log.error(`${problem.kind}: ${problem.cause instanceof Error ? problem.cause.message : problem.message}`);
    if (remedy !== 'wait') {
      this.#stopBackground();
      if (problem.kind === 'damaged') markForNextStart(options.databasePath, log);
      if (this.#catalogue) abandonQuietly(this.#catalogue, log);
      this.#catalogue = null;
    }
    this.#cancelTimer();
    if (remedy === 'give-up') return;
    this.#timer = clock.setTimer(remedy === 'mend' ? 0 : RETRY_AFTER_MS, () => this.#retry());
  }

  /** Its files were deleted or moved while they were open. */
  #rescue(identity: string): void {
    const { options, clock } = this.#dependencies;
    if (this.#catalogue === null) return;
    this.#stopBackground();
    try {
      const notice = rescueOpen(this.#catalogue, options.databasePath, identity, clock.nowUnixSeconds());
      this.#catalogue = null;
      this.start(notice);
    } catch (error) {
      this.#fail(error);
      this.#cancelTimer();
      this.#timer = clock.setTimer(RETRY_AFTER_MS, () => this.#rescue(identity));
    }
  }

  #retry(): void {
    this.#timer = null;
    if (!this.#catalogue) return this.start();
    if (this.#waiting.count > 0) return this.#commit();
    this.#recovered(this.#catalogue); // nothing to try it with: the next commit will tell
    this.#answerStored(0);
  }

  #recovered({ count }: Catalogue): void {
    if (this.#troubles.kind === null) return;
    this.#troubles.over();
    if (this.#catalogue) this.#refillTokens(this.#catalogue); // it may have been cut short
    this.#dependencies.post({ type: 'ready', torrentCount: count, notice: 'Torrents are being stored again.' });
  }
}
