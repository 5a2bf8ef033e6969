// A clock that a test owns: time passes only in advance(), and every timer fires at its own moment, in order.
import { assert } from '../../main/base/assert.ts';
import type { Clock, Timer } from '../../main/base/clock.ts';

interface Alarm {
  atMs: number;
  /** Alarms of one moment go off in the order in which they were set. */
  order: number;
  callback: (() => void) | null;
}

export class SimulatedClock implements Clock {
  /** Called after each timer that went off. */
  onEvent: (() => void) | null = null;
  #nowMs: number;
  #startUnixSeconds: number;
  #order = 0;
  /** A binary heap. */
  readonly #alarms: Alarm[] = [];

  constructor(startUnixSeconds = 1_700_000_000, startMs = 0) {
    this.#startUnixSeconds = startUnixSeconds;
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  nowUnixSeconds(): number {
    return this.#startUnixSeconds + Math.floor(this.#nowMs / 1000);
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const alarm: Alarm = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#push(alarm);
    return { cancel: () => (alarm.callback = null) };
  }

  setRepeating(intervalMs: number, callback: () => void): Timer {
    assert(intervalMs > 0, 'a repeating timer takes time');
    const alarm: Alarm = { atMs: this.#nowMs + intervalMs, order: this.#order++, callback: null };
    alarm.callback = () => {
      alarm.atMs += intervalMs;
      alarm.order = this.#order++;
      // Time may have been skipped: like a real interval, what was missed is not made up for.
      if (alarm.atMs <= this.#nowMs) alarm.atMs = this.#nowMs + intervalMs;
      this.#push(alarm);
      callback();
    };
    this.#push(alarm);
    return { cancel: () => (alarm.callback = null) };
  }

  /** Lets `durationMs` pass. */
  advance(durationMs: number): void {
    const untilMs = this.#nowMs + durationMs;
    for (let next = this.#alarms[0]; next !== undefined && next.atMs <= untilMs; next = this.#alarms[0]) {
      this.#pop();
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      if (next.callback === null) continue;
      next.callback();
      this.onEvent?.();
    }
    this.#nowMs = untilMs;
  }

  /** Lets time pass in steps until `isDone`, at most `limitMs`; returns how long it took, or throws. */
  advanceUntil(isDone: () => boolean, limitMs: number, stepMs = 100): number {
    const startMs = this.#nowMs;
    while (!isDone()) {
      assert(this.#nowMs - startMs < limitMs, `not done after ${limitMs} simulated ms`);
      this.advance(stepMs);
    }
    return this.#nowMs - startMs;
  }

  /** The machine slept: time passed and no timer ran. Those that were due run once, late, at the next advance. */
  sleep(durationMs: number): void {
    this.#nowMs += durationMs;
  }

  /** Somebody set the system's clock: wall time jumps, monotonic time does not. */
  jumpWallClock(seconds: number): void {
    this.#startUnixSeconds += seconds;
  }

  /** Timers that are set: nothing may be left after a stop. */
  get pendingCount(): number {
    return this.#alarms.filter(({ callback }) => callback !== null).length;
  }

  #push(alarm: Alarm): void {
    const heap = this.#alarms;
    let place = heap.push(alarm) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isEarlier(alarm, heap[parent]!)) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = alarm;
  }

  #pop(): void {
    const heap = this.#alarms;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isEarlier(heap[child + 1]!, heap[child]!)) child++;
      if (!isEarlier(heap[child]!, last)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
  }
}

function isEarlier(a: Alarm, b: Alarm): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
