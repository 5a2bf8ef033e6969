// Keeps the catalogue in order and within its limits while everything else goes on: moves the log, joins the segments of the
// full-text tables, forgets torrents when the quota is reached, removes for good what was blocked, judges what is stored by the
// safety list and the blocked words, and watches the disk. All in steps of some milliseconds with rests between them.
import type { Clock, Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { MarkOutcome } from '../catalogue/mark-table.ts';
import { databaseBytes, fileBytes, filesIdentity, freeBytes } from '../catalogue/database-files.ts';
import { Checkpoints, LOG_PAGES_MAX, LOG_PAGES_MUCH } from './checkpoints.ts';
import { Judge } from './judge.ts';
import { NO_POLICY, type StorePolicy, type StoreStatus } from './owner-contract.ts';
import { spaceSentence } from './space-sentence.ts';
import { StepSize } from './step-size.ts';

/** How often the sizes are looked at and the status is posted. */
export const LOOK_EVERY_MS = 2000;
/** Rest after a step, as a multiple of what it took: a quarter of one core, and half of it while nothing can be stored. */
const REST_SHARE = 3;
const REST_SHARE_WITHOUT_ROOM = 1;
/** A step is made smaller when it takes longer than this. */
const STEP_MS = 4;
/** Rows forgotten in one step, and pages moved by it to join segments, or to give them back. */
const STEP_ROWS = { min: 8, max: 40, wantedMs: STEP_MS };
const MERGED_PAGES = { min: 2, max: 32, wantedMs: STEP_MS };
const SHRUNK_PAGES = { min: 8, max: 64, wantedMs: STEP_MS };
/** After each commit of an import: steps to join segments and their pages, and how long it is taken to go on. */
const MUCH_STEPS = 2;
export const MUCH_PAGES = 128;
const MUCH_MS = 1000;
/** Forgetting begins here and ends there, as shares of the quota: what comes meanwhile stays below it. */
const FORGET_FROM = 0.95;
const FORGET_TO = 0.93;
/** A log grows up to this between two checkpoints, beside the database (LOG_PAGES_MUCH). */
const LOG_BYTES = 8e6;
/** So often what was deleted or moved is written again in one run. */
const LOSSES_MAX = 5;
/** Below this the crawl waits, and goes on when there is some more (issue 5.7). */
export const FREE_BYTES_MIN = 500e6;
const FREE_BYTES_ENOUGH = 600e6;
/** So long a block can be taken back with the torrent as it was. */
export const UNDO_SECONDS = 600;

export interface HousekeepingDependencies {
  readonly databasePath: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly post: (status: StoreStatus) => void;
  /** Rows that the search shows no more, or again. */
  readonly changed: (outcome: MarkOutcome) => void;
  /** There is room again, or no more. */
  readonly roomChanged: () => void;
  readonly failed: (error: unknown) => void;
  /** The catalogue's files were deleted or moved while they were open. */
  readonly filesLost: (identity: string) => void;
  /** Only tests hand in another. */
  readonly readFreeBytes?: (path: string) => number | null;
}

export class Housekeeping {
  readonly #dependencies: HousekeepingDependencies;
  readonly #judge: Judge;
  readonly #checkpoints: Checkpoints;
  readonly #rows = new StepSize(STEP_ROWS);
  readonly #mergedPages = new StepSize(MERGED_PAGES);
  readonly #shrunkPages = new StepSize(SHRUNK_PAGES);
  #catalogue: Catalogue | null = null;
  #files = '';
  #losses = 0;
  #policy: StorePolicy = NO_POLICY;
  #looking: Timer | null = null;
  #working: Timer | null = null;
  #hasMovedLog = false;
  #muchUntilMs = -Infinity;
  #isForgetting = false;
  #isSpaceLow = false;
  #isQuotaReached = false;
  #forgottenCount = 0;
  #lastPosted = '';

  constructor(dependencies: HousekeepingDependencies) {
    this.#dependencies = dependencies;
    this.#judge = new Judge(dependencies);
    this.#checkpoints = new Checkpoints(dependencies.databasePath, dependencies.log);
  }

  /** False: nothing more should be stored for now. */
  get hasRoom(): boolean {
    return !this.#isSpaceLow && !this.#isQuotaReached;
  }

  /** False: what is on the safety list is not known yet. */
  get canJudge(): boolean {
    return this.#judge.canJudge;
  }

  /** Looks now, between two looks: why nothing more should be stored, as a sentence, or null. */
  roomProblem(): string | null {
    if (this.#catalogue !== null) this.#watchSpace(this.#catalogue);
    return spaceSentence(
      { isSpaceLow: this.#isSpaceLow, isQuotaReached: this.#isQuotaReached },
      this.#policy.quotaBytes,
    );
  }

  get forgottenCount(): number {
    return this.#forgottenCount;
  }

  /** `catalogue` is open from now on. */
  start(catalogue: Catalogue): void {
    this.stop();
    this.#catalogue = catalogue;
    this.#files = filesIdentity(this.#dependencies.databasePath);
    this.#judge.watch(catalogue);
    this.#look();
  }

  /** The catalogue is closed, or about to be. */
  stop(): void {
    this.#looking?.cancel();
    this.#working?.cancel();
    this.#looking = this.#working = null;
    this.#catalogue = null;
  }

  /** Something was stored. `isMuch`: more than the usual steps would keep up with. */
  committed(catalogue: Catalogue, { isMuch } = { isMuch: false }): void {
    const { clock } = this.#dependencies;
    if (isMuch) {
      this.#muchUntilMs = clock.nowMs() + MUCH_MS;
      for (let step = 0; step < MUCH_STEPS && catalogue.tokens.merge.step(MUCH_PAGES); step++);
      this.#checkpoints.step(catalogue, LOG_PAGES_MUCH);
    }
    if (this.#catalogue !== null) this.#working ??= clock.setTimer(0, () => this.#work());
  }

  setPolicy(policy: StorePolicy): void {
    this.#policy = policy;
    this.#judge.setPolicy(policy);
    this.#catalogue?.forgetting.beginAnew();
    if (this.#catalogue) this.#look();
  }

  get #quotaBytes(): number {
    return this.#policy.quotaBytes ?? Infinity;
  }

  #look(): void {
    const { clock, failed, filesLost, databasePath } = this.#dependencies;
    this.#looking?.cancel();
    this.#looking = clock.setTimer(LOOK_EVERY_MS, () => this.#look());
    try {
      if (this.#catalogue === null) return;
      // Not for ever: there may be disks whose files are never the same.
      if (filesIdentity(databasePath) !== this.#files && this.#losses++ < LOSSES_MAX) return filesLost(this.#files);
      this.#watchSpace(this.#catalogue);
      this.#catalogue.tokens.merge.fitTo(this.#catalogue.count);
      this.#judge.look();
      this.#tell(this.#catalogue);
      this.#working ??= clock.setTimer(0, () => this.#work());
    } catch (error) {
      failed(error);
    }
  }

  #work(): void {
    const { clock, failed } = this.#dependencies;
    this.#working = null;
    const catalogue = this.#catalogue;
    if (catalogue === null) return;
    const startedAtMs = clock.nowMs();
    try {
      if (!this.#moveLog(catalogue) && !this.#tidy(catalogue)) return;
    } catch (error) {
      return failed(error);
    }
    const restShare = this.#isQuotaReached ? REST_SHARE_WITHOUT_ROOM : REST_SHARE;
    this.#working = clock.setTimer(1 + restShare * (clock.nowMs() - startedAtMs), () => this.#work());
  }

  /** Every other step at most, so that the rest goes on while much comes in. */
  #moveLog(catalogue: Catalogue): boolean {
    const pagesMax = this.#dependencies.clock.nowMs() < this.#muchUntilMs ? LOG_PAGES_MUCH : LOG_PAGES_MAX;
    this.#hasMovedLog = !this.#hasMovedLog && this.#checkpoints.step(catalogue, pagesMax);
    return this.#hasMovedLog;
  }

  /** Forgetting comes last: what was deleted is out of the full-text tables before more is. */
  #tidy(catalogue: Catalogue): boolean {
    return this.#purge(catalogue) || this.#judge.step(catalogue) || this.#merge(catalogue) || this.#forget(catalogue);
  }

  /** Does `step`; if it had something to do, the next one is as large as this one allows. */
  #fitted(size: StepSize, step: (size: number) => boolean): boolean {
    const { clock } = this.#dependencies;
    const startedAtMs = clock.nowMs();
    const didSomething = step(size.size);
    if (didSomething) size.took(clock.nowMs() - startedAtMs);
    return didSomething;
  }

  #merge(catalogue: Catalogue): boolean {
    return this.#fitted(this.#mergedPages, (pages) => catalogue.tokens.merge.step(pages));
  }

  // -------------------------------------------------------------- forgetting

  /** What the catalogue takes on the disk, its index of names included. */
  #diskBytes(): number {
    const { databasePath } = this.#dependencies;
    return [`${databasePath}.names`, `${databasePath}.names.new`].reduce(
      (sum, path) => sum + fileBytes(path),
      databaseBytes(databasePath),
    );
  }

  /** What has to fit beside the database: its log, and the index of names, twice while it is being rewritten. */
  get #besideBytes(): number {
    return LOG_BYTES + 2 * fileBytes(`${this.#dependencies.databasePath}.names`);
  }

  /** One step. False when there is enough room, or nothing that may be forgotten. */
  #forget(catalogue: Catalogue): boolean {
    const { usedBytes, fileBytes: bytes } = catalogue.forgetting.sizes();
    const limitBytes = Math.max(0, this.#quotaBytes - this.#besideBytes);
    if (usedBytes > limitBytes * FORGET_FROM) this.#isForgetting = true;
    if (usedBytes <= limitBytes * FORGET_TO) this.#isForgetting = false;
    if (this.#isForgetting) this.#isForgetting = this.#fitted(this.#rows, (rows) => this.#forgetRows(catalogue, rows));
    if (this.#isForgetting) return true;
    if (bytes <= limitBytes * FORGET_FROM || bytes - usedBytes < SHRUNK_PAGES.max * 4096) return false;
    return this.#fitted(this.#shrunkPages, (pages) => catalogue.forgetting.shrink(pages));
  }

  /** False: there is nothing left that may be forgotten. */
  #forgetRows(catalogue: Catalogue, rows: number): boolean {
    const ids = catalogue.forgetting.next(this.#policy.forgetFirst, rows);
    const hiddenIds = catalogue.removeRows(ids);
    this.#forgottenCount += hiddenIds.length;
    if (hiddenIds.length > 0) this.#dependencies.changed({ changed: [], hiddenIds, shownIds: [] });
    return ids.length > 0;
  }

  /** Removes what was blocked so long ago that nobody takes it back. */
  #purge(catalogue: Catalogue): boolean {
    const before = this.#dependencies.clock.nowUnixSeconds() - UNDO_SECONDS;
    const ids = catalogue.marks.blockedBefore(before, this.#rows.size);
    return catalogue.removeRows(ids).length > 0;
  }

  // -------------------------------------------------------------- the disk

  #watchSpace(catalogue: Catalogue): void {
    const { databasePath, roomChanged, readFreeBytes = freeBytes } = this.#dependencies;
    const hadRoom = this.hasRoom;
    const free = readFreeBytes(databasePath) ?? Infinity;
    this.#isSpaceLow = free < (this.#isSpaceLow ? FREE_BYTES_ENOUGH : FREE_BYTES_MIN);
    const { usedBytes } = catalogue.forgetting.sizes();
    this.#isQuotaReached = usedBytes > this.#quotaBytes - this.#besideBytes;
    if (this.hasRoom !== hadRoom) roomChanged();
  }

  #tell(catalogue: Catalogue): void {
    const { databasePath, post, readFreeBytes = freeBytes } = this.#dependencies;
    const { marks, blocked } = catalogue;
    const usedBytes = this.#diskBytes();
    const state = { isSpaceLow: this.#isSpaceLow, isQuotaReached: this.#isQuotaReached };
    const status: StoreStatus = {
      ...state,
      usedBytes,
      quotaBytes: this.#policy.quotaBytes,
      freeBytes: readFreeBytes(databasePath),
      starredCount: marks.starredCount,
      hiddenCount: marks.hiddenCount,
      blockedCount: blocked.count,
      forgottenCount: this.#forgottenCount,
      refusedCount: catalogue.refusedCount,
      blockedEvictedCount: blocked.evictedCount,
      safetyList: this.#judge.safetyList,
      problem: spaceSentence(state, this.#policy.quotaBytes),
    };
    const text = JSON.stringify({ ...status, freeBytes: Math.round((status.freeBytes ?? 0) / 1e7) });
    if (text === this.#lastPosted) return;
    this.#lastPosted = text;
    post(status);
  }
}
