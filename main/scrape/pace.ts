// How fast we may speak: profiles, and the controller that looks for what this network bears (protocol.md, 5.1 to 5.3).
// What hurts a home router is new addresses a second, each an entry in its NAT table. Additive increase while all is
// well, halving on a signal. A full NAT table gives no error: it shows as replies that stop coming.
// Here is arithmetic only; ScrapeLoop feeds it and hands `rates` to the node's send budget.
import { assert } from '../base/assert.ts';
import { type Pace, PACE_PROFILES, type PaceProfile, profileOf } from './pace-profiles.ts';
import { RateCap } from './rate-cap.ts';
import { ReplyWatch } from './reply-watch.ts';

/** Without a signal the rate grows by 1/s this often (fast: by 5/s), so gentle reaches balanced in 2 minutes. */
export const INCREASE_EVERY_MS = 10_000;
const INCREASE_SHARE = 0.05;
/** A rate that was not used proves nothing: below this share of it there is no increase. */
const USED_SHARE_MIN = 0.5;
export const HOLD_AFTER_SIGNAL_MS = 60_000;
const FLOOR_PER_SECOND = 1;
/** So many halvings without a calm stretch between them mean that something is badly wrong: stop and say so. */
const HALVINGS_MAX = 3;
export const REST_MS = 5 * 60_000;
/** Replies are judged over this window, by the queries that ended in it; fewer than this say nothing. */
export const REPLY_WINDOW_MS = 20_000;
const ENDED_MIN = 20;
/** Of a new window in an average. */
const AVERAGE_WEIGHT = 0.2;
/** protocol.md 5.3: answers that take twice as long wait in somebody's queue, ours or the router's. */
const SLOW_FACTOR = 2;
const ROUND_TRIPS_MAX = 512;
/** A tick this late means that our own thread is behind. */
const TICK_LAG_MS_MAX = 100;
/** A gap this long is not lag but a machine that slept. */
const SLEEP_GAP_MS = 5000;
/** One late tick is chance (a save, a collection); this share of late ticks in a window is not. */
const LATE_SHARE_MAX = 0.01;
const LATE_TICKS_MIN = 5;

export type PaceSignal = 'replies-fell' | 'replies-slow' | 'send-errors' | 'thread-late';
export interface Rates {
  newAddressesPerSecond: number;
  packetsPerSecond: number;
  perAddressPerSecond: number;
  perAddressBurst: number;
}

/**
 * Running totals of the samples asked; the controller takes the differences itself. Samples and nothing else, because they
 * go to new addresses: in front of a full NAT table everybody spoken to before still answers.
 */
export interface PaceObservation {
  readonly askedCount: number;
  readonly repliedCount: number;
  readonly timedOutCount: number;
  readonly sendErrors: number;
}

/** The controller as people see it. */
export interface PaceFigures {
  /** `holding`: halved after a signal, waiting whether it helps. `resting`: nothing is sampled for some minutes. */
  readonly state: 'rising' | 'at-ceiling' | 'holding' | 'resting';
  /** Allowed now, and at most at this pace. */
  readonly newAddressesPerSecond: number;
  readonly ceilingPerSecond: number;
  /** Share of samples that are answered, smoothed over windows of 20 s; null before the first window. */
  readonly replyRatio: number | null;
  /** What made it halve its rate the last time (null: nothing yet), and how often anything did. */
  readonly lastSignal: PaceSignal | null;
  readonly lastSignalAgoSeconds: number | null;
  readonly signals: number;
}

export class PaceController {
  /** Of the profile's rates: two families of addresses that crawl beside each other have half of them each (BEP 32). */
  share = 1;
  #pace: Pace;
  #profile: PaceProfile;
  #perSecond: number;
  #holdUntilMs: number;
  #restUntilMs = 0;
  #halvings = 0;
  #lastSignal: PaceSignal | null = null;
  /** The latest ever, for people; `#lastSignal` ends with the trouble. */
  #latest: { readonly signal: PaceSignal; readonly atMs: number } | null = null;
  #signalCount = 0;
  #replyRatio: number | null = null;
  readonly #watch = new ReplyWatch();
  readonly #cap = new RateCap();
  /** Of this window. */
  readonly #roundTripsMs: number[] = [];
  #usualRoundTripMs: number | null = null;
  #windowStartMs: number;
  #windowTicks = 0;
  #windowLateTicks = 0;
  #windowStart: PaceObservation;
  #seen: PaceObservation;
  /** Samples asked when the last increase was decided. */
  #askedAtHold = 0;
  #lastTickMs: number;
  readonly #onRest: () => void;
  readonly #startsFast: boolean;

  /** `startsFast`: on a network of one's own there is no router to be gentle with. */
  constructor(pace: Pace, nowMs: number, onRest: () => void, startsFast = false) {
    this.#pace = pace;
    this.#profile = profileOf(pace);
    this.#startsFast = startsFast;
    this.#perSecond = this.#startRate();
    this.#onRest = onRest;
    this.#seen = { askedCount: 0, repliedCount: 0, timedOutCount: 0, sendErrors: 0 };
    this.#windowStart = this.#seen;
    this.#windowStartMs = nowMs;
    this.#holdUntilMs = nowMs + INCREASE_EVERY_MS;
    this.#lastTickMs = nowMs;
  }

  get pace(): Pace {
    return this.#pace;
  }

  get lastSignal(): PaceSignal | null {
    return this.#lastSignal;
  }

  /** The person chose: the ceiling changes at once, the rate starts from the profile's beginning. */
  setPace(pace: Pace, nowMs: number): void {
    this.#pace = pace;
    this.#profile = profileOf(pace);
    this.#perSecond = this.#startRate();
    this.#holdUntilMs = nowMs + INCREASE_EVERY_MS;
    this.#restUntilMs = 0;
    this.#halvings = 0;
  }

  /** A sample was answered after so long. */
  noteRoundTrip(roundTripMs: number): void {
    if (this.#roundTripsMs.length < ROUND_TRIPS_MAX) this.#roundTripsMs.push(roundTripMs);
  }

  /** After a pause or a sleep: what happened before says nothing any more. */
  forgetPast(nowMs: number): void {
    this.#lastTickMs = nowMs;
    this.#watch.forgetRecent();
    this.#startWindow(nowMs);
  }

  /** Once a tick. `expectedGapMs` is how long the caller meant to wait since the last one. True when `rates` changed. */
  tick(nowMs: number, expectedGapMs: number, observation: PaceObservation): boolean {
    const before = this.#perSecond;
    const gapMs = nowMs - this.#lastTickMs;
    const sendErrors = observation.sendErrors - this.#seen.sendErrors;
    this.#seen = { ...observation }; // the caller may reuse its object
    if (gapMs > SLEEP_GAP_MS) this.forgetPast(nowMs);
    this.#lastTickMs = nowMs;
    this.#windowTicks++;
    if (gapMs <= SLEEP_GAP_MS && gapMs > expectedGapMs + TICK_LAG_MS_MAX) this.#windowLateTicks++;
    if (sendErrors > 0) this.#signal('send-errors', nowMs);
    if (nowMs - this.#windowStartMs >= REPLY_WINDOW_MS) this.#judgeWindow(nowMs);
    if (nowMs >= this.#holdUntilMs && !this.isResting(nowMs)) this.#increase(nowMs);
    return this.#perSecond !== before;
  }

  get rates(): Rates {
    const { newAddressesPerSecond, packetsPerSecond, perAddressPerSecond, perAddressBurst } = this.#profile;
    const share = (this.#perSecond / newAddressesPerSecond) * this.share;
    return {
      newAddressesPerSecond: this.#perSecond * this.share,
      // Replies to follow up (get_peers to the same node) cost no NAT entry, but they are not free either.
      packetsPerSecond: Math.max(4, packetsPerSecond * share),
      perAddressPerSecond,
      perAddressBurst,
    };
  }

  /** True for 5 minutes after the third halving in a row: nothing should be sampled. */
  isResting(nowMs: number): boolean {
    return nowMs < this.#restUntilMs;
  }

  figures(nowMs: number): PaceFigures {
    const { newAddressesPerSecond: ceiling } = this.#profile;
    const isHeld = this.#lastSignal !== null && nowMs < this.#holdUntilMs;
    const isAtCeiling = this.#perSecond >= ceiling;
    return {
      state: this.isResting(nowMs) ? 'resting' : isHeld ? 'holding' : isAtCeiling ? 'at-ceiling' : 'rising',
      newAddressesPerSecond: this.#perSecond,
      ceilingPerSecond: ceiling,
      replyRatio: this.#replyRatio,
      lastSignal: this.#latest?.signal ?? null,
      lastSignalAgoSeconds: this.#latest === null ? null : Math.round((nowMs - this.#latest.atMs) / 1000),
      signals: this.#signalCount,
    };
  }

  checkInvariants(): void {
    const ceiling = this.#profile.newAddressesPerSecond;
    assert(this.#perSecond >= FLOOR_PER_SECOND && this.#perSecond <= ceiling, 'the rate left its range');
    assert(this.#roundTripsMs.length <= ROUND_TRIPS_MAX, 'too many round trips kept');
    this.#watch.checkInvariants();
  }

  #judgeWindow(nowMs: number): void {
    if (this.#windowLateTicks >= LATE_TICKS_MIN && this.#windowLateTicks > this.#windowTicks * LATE_SHARE_MAX) {
      this.#signal('thread-late', nowMs);
    }
    this.#judgeReplies(nowMs);
    this.#judgeRoundTrips(nowMs);
    this.#startWindow(nowMs);
  }

  #judgeReplies(nowMs: number): void {
    const repliedCount = this.#seen.repliedCount - this.#windowStart.repliedCount;
    const endedCount = repliedCount + this.#seen.timedOutCount - this.#windowStart.timedOutCount;
    const askedCount = this.#seen.askedCount - this.#windowStart.askedCount;
    if (endedCount >= ENDED_MIN) this.#replyRatio = averaged(this.#replyRatio, repliedCount / endedCount);
    const haveFallen = this.#watch.judge({ askedCount, repliedCount, endedCount }, this.#cap.isOnTrial);
    if (haveFallen && this.#signal('replies-fell', nowMs))
      this.#cap.impose(this.#watch.passedPerSecond / this.share, nowMs);
    else if (this.#cap.endTrial(this.#watch.share, nowMs)) this.#watch.rebase();
  }

  #judgeRoundTrips(nowMs: number): void {
    if (this.#roundTripsMs.length < ENDED_MIN) return;
    const medianMs = this.#roundTripsMs.sort((a, b) => a - b)[this.#roundTripsMs.length >> 1]!;
    const isSlow = this.#usualRoundTripMs !== null && medianMs > SLOW_FACTOR * this.#usualRoundTripMs;
    this.#usualRoundTripMs = averaged(this.#usualRoundTripMs, medianMs);
    if (isSlow) this.#signal('replies-slow', nowMs);
  }

  /** All begin with gentle's rate, as the router is unknown. */
  #startRate(): number {
    const { newAddressesPerSecond } = this.#profile;
    const gentle = Math.min(PACE_PROFILES.gentle.newAddressesPerSecond, newAddressesPerSecond);
    return this.#startsFast ? Math.max(gentle, newAddressesPerSecond / 2) : gentle;
  }

  #startWindow(nowMs: number): void {
    this.#windowStartMs = nowMs;
    this.#windowStart = this.#seen;
    this.#windowTicks = 0;
    this.#windowLateTicks = 0;
    this.#roundTripsMs.length = 0;
  }

  /** False within the hold: the last halving has not shown its effect yet. */
  #signal(signal: PaceSignal, nowMs: number): boolean {
    if (this.#lastSignal !== null && nowMs < this.#holdUntilMs) return false;
    this.#lastSignal = signal;
    this.#latest = { signal, atMs: nowMs };
    this.#signalCount++;
    this.#perSecond = Math.max(FLOOR_PER_SECOND, this.#perSecond / 2);
    this.#holdUntilMs = nowMs + HOLD_AFTER_SIGNAL_MS;
    this.#halvings++;
    if (this.#halvings < HALVINGS_MAX) return true;
    this.#halvings = 0;
    this.#restUntilMs = nowMs + REST_MS;
    this.#holdUntilMs = this.#restUntilMs + INCREASE_EVERY_MS;
    this.#onRest();
    return true;
  }

  #increase(nowMs: number): void {
    const askedCount = this.#seen.askedCount - this.#askedAtHold;
    this.#askedAtHold = this.#seen.askedCount;
    const isUsed = askedCount >= this.#perSecond * this.share * USED_SHARE_MIN * (INCREASE_EVERY_MS / 1000);
    this.#holdUntilMs = nowMs + INCREASE_EVERY_MS;
    if (!isUsed) return;
    const ceiling = this.#profile.newAddressesPerSecond;
    this.#cap.lift(nowMs, ceiling);
    const highest = Math.max(FLOOR_PER_SECOND, Math.min(ceiling, this.#cap.perSecond));
    this.#perSecond = Math.min(highest, this.#perSecond + Math.max(1, ceiling * INCREASE_SHARE));
    this.#lastSignal = null;
    // Half of the ceiling reached again without a signal: the trouble is over.
    if (this.#perSecond >= ceiling / 2) this.#halvings = 0;
  }
}

function averaged(before: number | null, now: number): number {
  return before === null ? now : before + AVERAGE_WEIGHT * (now - before);
}
