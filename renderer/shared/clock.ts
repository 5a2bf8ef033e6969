// The window's time, handed to controllers so that tests own it. The only file of the renderer that reads the system's
// clock or sets a timer; the same shape as base/clock.ts, which lives on the other side of the wall.

export interface Timer {
  cancel(): void;
}

export interface WindowClock {
  nowUnixSeconds(): number;
  setTimer(delayMs: number, callback: () => void): Timer;
  setRepeating(intervalMs: number, callback: () => void): Timer;
}

export const windowClock: WindowClock = {
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
