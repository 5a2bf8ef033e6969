// How many new TCP addresses a second this network bears (protocol.md 5.1 to 5.3): the profile of the crawl is the ceiling,
// connections that stop being answered are the signal. A controller of its own beside the scraper's, for a router may drop
// new TCP flows while UDP still passes. Additive increase, halving on a signal. Arithmetic only.
import { assert } from '../base/assert.ts';
import type { ConnectionLimits } from './dial-limits.ts';

/** Behind a router every profile begins here at most: what it bears is not known yet (protocol.md 5.2, gentle). */
const START_PER_SECOND = 2;
const FLOOR_PER_SECOND = 0.5;
export const INCREASE_EVERY_MS = 10_000;
const INCREASE_PER_SECOND_MIN = 0.5;
const INCREASE_SHARE = 0.05;
/** A rate that was not used proves nothing: below this share of it there is no increase. */
const USED_SHARE_MIN = 0.5;
export const WINDOW_MS = 20_000;
/** Connections begun in a window; fewer say nothing. */
const DIALLED_MIN = 20;
const FALLEN_SHARE = 0.5;
const RATIO_WEIGHT = 0.2;
export const HOLD_AFTER_SIGNAL_MS = 60_000;
/** So many halvings in a row, and nothing is dialled for a while. */
const HALVINGS_MAX = 3;
export const REST_MS = 5 * 60_000;
/** Open connections shrink with the rate, but a few are always worth having. */
const OPEN_MIN = 4;

/** Running totals of connections that ended; the controller takes the differences itself. */
export interface FlowTotals {
  readonly dialled: number;
  /** Never answered, not even refused. A full table of the router looks like this. */
  readonly unanswered: number;
}

export class TcpPace {
  #ceiling: ConnectionLimits;
  #perSecond: number;
  #holdUntilMs: number;
  #restUntilMs = 0;
  #halvings = 0;
  #signalCount = 0;
  #answeredRatio: number | null = null;
  #windowStartMs: number;
  #windowStart: FlowTotals = { dialled: 0, unanswered: 0 };
  #seen: FlowTotals = { dialled: 0, unanswered: 0 };
  #dialledAtHold = 0;

  /** `startsFast`: on a network of one's own there is no router to be gentle with. */
  constructor(ceiling: ConnectionLimits, nowMs: number, startsFast = false) {
    this.#ceiling = ceiling;
    this.#perSecond = Math.min(startsFast ? Infinity : START_PER_SECOND, ceiling.newConnectionsPerSecond);
    this.#holdUntilMs = nowMs + INCREASE_EVERY_MS;
    this.#windowStartMs = nowMs;
  }

  /** The person chose another profile: the ceiling changes at once. */
  setCeiling(ceiling: ConnectionLimits): void {
    this.#ceiling = ceiling;
    this.#perSecond = Math.min(this.#perSecond, ceiling.newConnectionsPerSecond);
  }

  /** How often the rate was halved. */
  get signalCount(): number {
    return this.#signalCount;
  }

  /** Once a second or so. True when `limits` may have changed. */
  tick(nowMs: number, totals: FlowTotals): boolean {
    const before = this.#perSecond;
    const wasResting = nowMs < this.#restUntilMs;
    this.#seen = { ...totals }; // the caller may reuse its object
    if (nowMs - this.#windowStartMs >= WINDOW_MS) this.#judgeWindow(nowMs);
    if (nowMs >= this.#holdUntilMs) this.#increase(nowMs);
    return this.#perSecond !== before || wasResting !== nowMs < this.#restUntilMs || wasResting;
  }

  limits(nowMs: number): ConnectionLimits {
    if (nowMs < this.#restUntilMs) return { newConnectionsPerSecond: 0, connectionsMax: 0 };
    const { connectionsMax, newConnectionsPerSecond } = this.#ceiling;
    const share = this.#perSecond / newConnectionsPerSecond;
    const open = Math.max(OPEN_MIN, Math.round(connectionsMax * share));
    return { newConnectionsPerSecond: this.#perSecond, connectionsMax: Math.min(connectionsMax, open) };
  }

  /** After a pause or a sleep: what was under way says nothing. */
  forgetPast(nowMs: number): void {
    this.#windowStartMs = nowMs;
    this.#windowStart = this.#seen;
  }

  checkInvariants(): void {
    const ceiling = this.#ceiling.newConnectionsPerSecond;
    assert(this.#perSecond <= ceiling && this.#perSecond > 0, 'the rate of new connections left its range');
  }

  #judgeWindow(nowMs: number): void {
    const dialled = this.#seen.dialled - this.#windowStart.dialled;
    const unanswered = this.#seen.unanswered - this.#windowStart.unanswered;
    this.#windowStartMs = nowMs;
    this.#windowStart = this.#seen;
    if (dialled < DIALLED_MIN) return;
    const ratio = Math.max(0, 1 - unanswered / dialled);
    const usual = this.#answeredRatio ?? ratio;
    this.#answeredRatio = usual + RATIO_WEIGHT * (ratio - usual);
    if (ratio < FALLEN_SHARE * usual) this.#signal(nowMs);
  }

  #signal(nowMs: number): void {
    if (this.#signalCount > 0 && nowMs < this.#holdUntilMs && this.#halvings > 0) return; // not felt yet
    this.#signalCount++;
    this.#halvings++;
    this.#perSecond = Math.max(Math.min(FLOOR_PER_SECOND, this.#perSecond), this.#perSecond / 2);
    this.#holdUntilMs = nowMs + HOLD_AFTER_SIGNAL_MS;
    if (this.#halvings < HALVINGS_MAX) return;
    this.#halvings = 0;
    this.#restUntilMs = nowMs + REST_MS;
    this.#holdUntilMs = this.#restUntilMs + INCREASE_EVERY_MS;
  }

  #increase(nowMs: number): void {
    const ceiling = this.#ceiling.newConnectionsPerSecond;
    const dialled = this.#seen.dialled - this.#dialledAtHold;
    this.#dialledAtHold = this.#seen.dialled;
    this.#holdUntilMs = nowMs + INCREASE_EVERY_MS;
    if (dialled < this.#perSecond * USED_SHARE_MIN * (INCREASE_EVERY_MS / 1000)) return;
    this.#perSecond = Math.min(ceiling, this.#perSecond + Math.max(INCREASE_PER_SECOND_MIN, ceiling * INCREASE_SHARE));
    if (this.#perSecond >= ceiling / 2) this.#halvings = 0;
  }
}
