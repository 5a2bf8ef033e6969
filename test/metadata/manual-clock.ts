// A clock that stands still until a test moves it; the network around it is real.
import type { Clock, Timer } from '../../main/base/clock.ts';

interface Alarm {
  dueMs: number;
  readonly everyMs: number | null;
  readonly callback: () => void;
}

export class ManualClock implements Clock {
  #nowMs = 1_000_000;
  readonly #alarms = new Set<Alarm>();

  nowMs(): number {
    return this.#nowMs;
  }

  nowUnixSeconds(): number {
    return 1_700_000_000 + Math.floor(this.#nowMs / 1000);
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    return this.#add({ dueMs: this.#nowMs + delayMs, everyMs: null, callback });
  }

  setRepeating(intervalMs: number, callback: () => void): Timer {
    return this.#add({ dueMs: this.#nowMs + intervalMs, everyMs: intervalMs, callback });
  }

  /** Alarms set and not cancelled. */
  get alarmCount(): number {
    return this.#alarms.size;
  }

  /** Moves on by `ms` and rings what falls due, in order. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      let next: Alarm | null = null;
      for (const alarm of this.#alarms) if (alarm.dueMs <= endMs && (!next || alarm.dueMs < next.dueMs)) next = alarm;
      if (!next) break;
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      if (next.everyMs === null) this.#alarms.delete(next);
      else next.dueMs += next.everyMs;
      next.callback();
    }
    this.#nowMs = endMs;
  }

  #add(alarm: Alarm): Timer {
    this.#alarms.add(alarm);
    return { cancel: () => void this.#alarms.delete(alarm) };
  }
}
