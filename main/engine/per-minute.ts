// How much a counter that only grows has grown in the last minute, without keeping every event.

const WINDOW_MS = 60_000;
/** One reading every 2 s is kept: 31 numbers. */
const STEP_MS = 2_000;

export class PerMinute {
  #readings: { readonly atMs: number; readonly count: number }[] = [];

  /** Takes the counter's value now and returns its growth over the last 60 s (or since the first reading). */
  read(count: number, nowMs: number): number {
    const last = this.#readings.at(-1);
    if (!last || nowMs - last.atMs >= STEP_MS) this.#readings.push({ atMs: nowMs, count });
    // Keep one reading older than the window: it is the base line.
    while (this.#readings.length > 1 && nowMs - this.#readings[1]!.atMs >= WINDOW_MS) this.#readings.shift();
    return count - this.#readings[0]!.count;
  }
}
