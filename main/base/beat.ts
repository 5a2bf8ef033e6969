// Ticks that need not come at an exact moment come at the same ones: every 100 ms on the thread's clock. To wake up costs
// more than most of what is then done, and whoever wakes up together pays once.

export const BEAT_MS = 100;

/** The first beat at `atMs` or after it. Who ticks regularly names a moment before the one it wants: its timer may be late. */
export function beatFrom(atMs: number, everyMs = BEAT_MS): number {
  return Math.ceil(atMs / everyMs) * everyMs;
}
