// The node's one tick: it comes on the beat after the next thing is due, ten times a second at most and about once a second at least.
// A wake-up costs more than most of what a tick does, and a node that only keeps itself alive has little that is due.
import { BEAT_MS, beatFrom } from '../base/beat.ts';
import type { Clock, Timer } from '../base/clock.ts';

/** Between two ticks, more or less, however much is due: what waits for a tick waits in company. */
export const TICK_MS_MIN = BEAT_MS;
/** Shorter than every time-out of a query: a query that is sent between two ticks needs no tick of its own to be seen. */
export const TICK_MS_MAX = 1_000;

export class DueTicker {
  readonly #clock: Clock;
  readonly #tick: (lateMs: number) => number;
  #timer: Timer | null = null;
  #isRunning = false;
  /** When the tick comes that the timer is set for. */
  #dueAtMs = Infinity;
  #lastAtMs = -Infinity;

  /** `tick` is told by how much it comes too late, and answers when something is due next. */
  constructor(clock: Clock, tick: (lateMs: number) => number) {
    this.#clock = clock;
    this.#tick = tick;
  }

  /** Ticks from now on, the first time at once. */
  start(): void {
    this.#isRunning = true;
    this.dueAt(this.#clock.nowMs());
  }

  /** No tick and no timer, until it is started again. */
  stop(): void {
    this.#isRunning = false;
    this.#disarm();
  }

  /** Something is due then, perhaps earlier than what was known. From within a tick too. */
  dueAt(atMs: number): void {
    if (!this.#isRunning) return;
    const nowMs = this.#clock.nowMs();
    const isFree = atMs <= nowMs && nowMs - this.#lastAtMs >= TICK_MS_MIN;
    const dueAtMs = isFree ? nowMs : this.#beatFor(atMs, nowMs);
    if (dueAtMs >= this.#dueAtMs) return;
    // There is one timer, always: two would each go on to set the next one.
    this.#disarm();
    this.#dueAtMs = dueAtMs;
    this.#timer = this.#clock.setTimer(Math.ceil(dueAtMs - nowMs), () => this.#fire());
  }

  /** What is due later waits for company. */
  #beatFor(atMs: number, nowMs: number): number {
    const earliestMs = Math.max(nowMs, this.#lastAtMs + TICK_MS_MIN / 2);
    const latestMs = nowMs + TICK_MS_MAX - TICK_MS_MIN / 2;
    return beatFrom(Math.min(latestMs, Math.max(earliestMs, atMs)));
  }

  #fire(): void {
    const nowMs = this.#clock.nowMs();
    const lateMs = nowMs - this.#dueAtMs;
    this.#timer = null;
    this.#dueAtMs = Infinity;
    this.#lastAtMs = nowMs;
    this.dueAt(this.#tick(lateMs));
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#dueAtMs = Infinity;
  }
}
