// Time is handed in, so that a simulation can own it. This is the only file that may read the system's clock or set a timer.

export interface Timer {
  /** Stops the timer. Calling it again, or after it fired, does nothing. */
  cancel(): void;
}

export interface Clock {
  /** Monotonic milliseconds: for every age, deadline and rate. Unrelated to wall time. */
  nowMs(): number;
  /** Wall time in whole seconds since 1970: only for what is stored or shown. */
  nowUnixSeconds(): number;
  /** Calls `callback` once after `delayMs`. */
  setTimer(delayMs: number, callback: () => void): Timer;
  /** Calls `callback` every `intervalMs` until cancelled. */
  setRepeating(intervalMs: number, callback: () => void): Timer;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  nowUnixSeconds: () => Math.floor(Date.now() / 1000),
  setTimer: (delayMs, callback) => {
    const handle = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
  setRepeating: (intervalMs, callback) => {
    const handle = setInterval(callback, intervalMs);
    return { cancel: () => clearInterval(handle) };
  },
};
