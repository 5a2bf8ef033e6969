// When an infohash whose peers all failed may be tried again (protocol.md 6.2b): after 1 h, 6 h and 24 h, and each time
// only if some node samples it again meanwhile. Kept in memory and bounded: forgetting an entry costs one early retry.
import { assert } from '../base/assert.ts';
import { toKey } from '../base/bytes.ts';
import type { Infohash } from '../base/identifier.ts';

const HOUR_MS = 3_600_000;
const RETRY_AFTER_MS: readonly number[] = [1 * HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS];
/** The oldest entry goes when a new one comes. */
const ENTRIES_MAX = 8192;

interface Rung {
  failureCount: number;
  notBeforeMs: number;
}

export class RetryLadder {
  /** By infohash, the one that failed last at the end. */
  readonly #rungs = new Map<string, Rung>();

  mayTry(infohash: Infohash, nowMs: number): boolean {
    const rung = this.#rungs.get(toKey(infohash));
    return rung === undefined || nowMs >= rung.notBeforeMs;
  }

  failed(infohash: Infohash, nowMs: number): void {
    const failureCount = (this.#rungs.get(toKey(infohash))?.failureCount ?? 0) + 1;
    this.#set(infohash, { failureCount, notBeforeMs: nowMs + (RETRY_AFTER_MS[failureCount - 1] ?? Infinity) });
  }

  /** Its metadata is proved and makes no sense: it will be the same next time. */
  never(infohash: Infohash): void {
    this.#set(infohash, { failureCount: RETRY_AFTER_MS.length + 1, notBeforeMs: Infinity });
  }

  succeeded(infohash: Infohash): void {
    this.#rungs.delete(toKey(infohash));
  }

  checkInvariants(): void {
    assert(this.#rungs.size <= ENTRIES_MAX, 'the retry ladder keeps its limit');
  }

  #set(infohash: Infohash, rung: Rung): void {
    const key = toKey(infohash);
    this.#rungs.delete(key);
    if (this.#rungs.size === ENTRIES_MAX) {
      for (const oldest of this.#rungs.keys()) {
        this.#rungs.delete(oldest);
        break;
      }
    }
    this.#rungs.set(key, rung);
  }
}
