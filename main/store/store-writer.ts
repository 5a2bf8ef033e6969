// The writer without its thread: collects torrents, commits them in batches, answers the engine, feeds the search thread.
// Commits are synchronous and may take 350 ms at worst; that is why this lives in a thread of its own (writer-worker.ts).
import { assert } from '../base/assert.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Port } from '../base/port.ts';
import type { Catalogue, InsertOutcome } from '../catalogue/catalogue.ts';
import { asCatalogueProblem, type CatalogueProblemKind } from '../catalogue/catalogue-problem.ts';
import { databaseBytes } from '../catalogue/database-files.ts';
import type { Torrent } from '../catalogue/torrent.ts';
import { toCatalogueRow } from './catalogue-row.ts';
import { Checkpoints, PASSING_PROBLEMS } from './checkpoints.ts';
import { answerImport } from './import-desk.ts';
import { EngineAnswers } from './engine-answers.ts';
import { Housekeeping } from './housekeeping.ts';
import type { StorePolicy, StoreRequest } from './owner-contract.ts';
import { answerOwner, deleteEverything } from './owner-desk.ts';
import { abandonQuietly, markForNextStart, openOrRecover } from './recover-catalogue.ts';
import { SearchLine } from './search-line.ts';
import type { SearchPort } from './segment-merger.ts';
import { TokenRefill } from './token-refill.ts';
import { COMMIT_EVERY_MS, COMMIT_TORRENTS_MAX, WAITING_TORRENTS_MAX } from './store-contract.ts';
import type { EngineToWriter, StoreOptions, WriterEvent, WriterToEngine } from './store-contract.ts';
import type { TransferToWriter, WriterToTransfer } from './store-contract.ts';

/** After a commit failed for want of room or a lock, the same batch is tried again. */
export const RETRY_AFTER_MS = 15_000;
/** The engine may send this much more than WAITING_TORRENTS_MAX before it hears that it should wait; the rest is dropped. */
export const WAITING_TORRENTS_HARD_MAX = 2 * WAITING_TORRENTS_MAX;

type EnginePort = Port<EngineToWriter, WriterToEngine>;
type TransferPort = Port<TransferToWriter, WriterToTransfer>;

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
  #transfer: TransferPort | null = null;
  readonly #waiting: Torrent[] = [];
  readonly #answers: EngineAnswers;
  readonly #housekeeping: Housekeeping;
  #timer: Timer | null = null;
  #refill: TokenRefill | null = null;
  readonly #checkpoints: Checkpoints;
  /** What went wrong last and has not been put right; null while all is well. */
  #problemKind: CatalogueProblemKind | null = null;
  #droppedCount = 0;

  constructor(dependencies: StoreWriterDependencies) {
    this.#dependencies = dependencies;
    this.#search = new SearchLine(dependencies.clock);
    const failed = (error: unknown): void => this.#fail(error);
    this.#answers = new EngineAnswers(dependencies.clock, failed, (seeders) => this.#search.changed([], seeders));
    this.#housekeeping = new Housekeeping({
      ...dependencies,
      databasePath: dependencies.options.databasePath,
      post: (status) => dependencies.post({ type: 'store-status', status }),
      changed: (outcome) => this.#search.marked(outcome),
      roomChanged: () => this.#answerStored(0),
      checkpoint: (catalogue) => this.#checkpoints.committed(catalogue),
      failed,
    });
    this.#checkpoints = new Checkpoints(dependencies.options.databasePath, dependencies.log);
    if (dependencies.options.policy) this.#housekeeping.setPolicy(dependencies.options.policy);
  }

  /** Torrents that came while `waiting` was full and are lost until somebody finds them again. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** Opens the catalogue (repairs and migrates it if need be) and says `ready` or `failed`. */
  start(): void {
    const { options, clock, log, post, open = openOrRecover } = this.#dependencies;
    try {
      const { catalogue, notice } = open(options, log, clock.nowUnixSeconds());
      this.#catalogue = catalogue;
      this.#problemKind = null;
      post({ type: 'ready', torrentCount: catalogue.count, notice });
      this.#search.tell({ type: 'catalogue-ready' });
      this.#refillTokens(catalogue);
      this.#housekeeping.start(catalogue);
    } catch (error) {
      return this.#fail(error);
    }
    if (this.#waiting.length > 0) this.#commit(); // came while it could not be opened
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

  /** Each batch is answered once it is committed, or with the reason why it is not. */
  connectTransfer(port: TransferPort): void {
    this.#transfer?.close();
    this.#transfer = port;
    port.on((message) => port.post(this.#import(message)));
  }

  /** Commits what waits, empties the log, closes. Says `stopped` whatever happens. */
  stop(): void {
    if (this.#waiting.length > 0) this.#commit();
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
    this.#transfer?.close();
    this.#dependencies.post({ type: 'stopped' });
  }

  checkInvariants(): void {
    assert(this.#waiting.length <= WAITING_TORRENTS_HARD_MAX, 'the waiting list is bounded');
    assert(this.#waiting.length === 0 || this.#timer || !this.#catalogue, 'what waits has a time to be committed');
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
        return this.#answers.retry(this.#engine, this.#problemKind === null ? catalogue : null, message);
    }
  }

  #collect(torrents: readonly Torrent[]): void {
    const room = WAITING_TORRENTS_HARD_MAX - this.#waiting.length;
    for (const torrent of torrents.slice(0, room)) this.#waiting.push(torrent);
    if (torrents.length > room && this.#droppedCount === 0)
      this.#dependencies.log.warn('Torrents are dropped: storing is too slow.');
    this.#droppedCount += Math.max(0, torrents.length - room);
    if (!this.#catalogue || this.#problemKind !== null) return this.#answerStored(0);
    if (this.#waiting.length >= COMMIT_TORRENTS_MAX) this.#commit();
    else this.#timer ??= this.#dependencies.clock.setTimer(COMMIT_EVERY_MS, () => this.#commit());
  }

  /** At most COMMIT_TORRENTS_MAX in one transaction; what is left over gets the next. */
  #commit(): void {
    this.#cancelTimer();
    while (this.#catalogue && this.#waiting.length > 0) {
      try {
        const outcome = this.#catalogue.insertMany(this.#waiting.slice(0, COMMIT_TORRENTS_MAX).map(toCatalogueRow));
        this.#waiting.splice(0, COMMIT_TORRENTS_MAX);
        this.#recovered(this.#catalogue);
        this.#answerStored(outcome.inserted.length);
        this.#announce(this.#catalogue, outcome);
        this.#checkpoints.committed(this.#catalogue);
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

  #import(message: TransferToWriter): WriterToTransfer {
    const { clock, options } = this.#dependencies;
    const catalogue = this.#problemKind === null ? this.#catalogue : null;
    const { reply, outcome, error } = answerImport(catalogue, message, clock.nowUnixSeconds(), options.databasePath);
    if (error !== null) this.#fail(error);
    if (catalogue && outcome) this.#announce(catalogue, outcome, true);
    if (catalogue && error === null) this.#checkpoints.committed(catalogue);
    return reply;
  }

  #announce({ count: torrentCount }: Catalogue, outcome: InsertOutcome, isImported = false): void {
    const { options, post } = this.#dependencies;
    const { length: addedCount } = outcome.inserted;
    const size = databaseBytes(options.databasePath);
    if (addedCount > 0) post({ type: 'torrents-added', addedCount, torrentCount, databaseBytes: size });
    this.#search.stored(outcome, isImported);
  }

  /** Before the catalogue is open, and while it cannot be written, the engine hears that there is no room. */
  #answerStored(storedCount: number): void {
    const isBlocked = !this.#catalogue || this.#problemKind !== null || !this.#housekeeping.hasRoom;
    const waitingCount = isBlocked ? Math.max(this.#waiting.length, WAITING_TORRENTS_MAX) : this.#waiting.length;
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
    post(answered.answer);
    if (answered.marked) this.#search.marked(answered.marked);
    const { blocked: infohashes } = answered; // what is fetched already is refused when it comes
    if (infohashes.length > 0) this.#engine?.post({ type: 'warm-up', infohashes, isLast: false });
    if (answered.error !== null) this.#fail(answered.error);
  }

  #stopBackground(): void {
    this.#cancelTimer();
    this.#refill?.stop();
    this.#housekeeping.stop();
  }

  #deleteEverything({ requestId, keepsBlocked }: { readonly requestId: number; readonly keepsBlocked: boolean }): void {
    const { options, post } = this.#dependencies;
    this.#waiting.length = 0;
    this.#stopBackground();
    try {
      deleteEverything(this.#catalogue, options.databasePath, keepsBlocked);
      this.#catalogue = null;
      post({ type: 'emptied', requestId });
      this.start();
    } catch (error) {
      post({
        type: 'store-request-failed',
        requestId,
        problem: asCatalogueProblem(error, options.databasePath).message,
      });
      this.#fail(error);
    }
  }

  /**
   * Says once what is wrong. Full disks and locks pass: the batch stays and is tried again, and a second `ready` says
   * that it worked. A damaged or unwritable catalogue stays closed until the next start.
   */
  #fail(error: unknown): void {
    const { options, clock, post, log } = this.#dependencies;
    const problem = asCatalogueProblem(error, options.databasePath);
    if (problem.kind !== this.#problemKind) post({ type: 'failed', problem: problem.message });
    this.#problemKind = problem.kind;
    log.error(`${problem.kind}: ${problem.cause instanceof Error ? problem.cause.message : problem.message}`);
    if (PASSING_PROBLEMS.has(problem.kind)) {
      this.#cancelTimer();
      this.#timer = clock.setTimer(RETRY_AFTER_MS, () => this.#retry());
      return;
    }
    this.#stopBackground();
    if (problem.kind === 'damaged') markForNextStart(options.databasePath, log);
    const catalogue = this.#catalogue;
    this.#catalogue = null;
    if (catalogue) abandonQuietly(catalogue, log);
  }

  #retry(): void {
    this.#timer = null;
    if (!this.#catalogue) return this.start();
    if (this.#waiting.length > 0) return this.#commit();
    this.#recovered(this.#catalogue); // nothing to try it with: the next commit will tell
    this.#answerStored(0);
  }

  #recovered({ count }: Catalogue): void {
    if (this.#problemKind === null) return;
    this.#problemKind = null;
    if (this.#catalogue) this.#refillTokens(this.#catalogue); // it may have been cut short
    this.#dependencies.post({ type: 'ready', torrentCount: count, notice: 'Torrents are being stored again.' });
  }
}
