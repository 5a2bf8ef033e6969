// How often one address may be asked in whole lookups. They all begin at the same few nodes of the main table, and those
// would hear from us hundreds of times a day (protocol.md 6.6, I8: at most 25 packets to one address in 24 hours; a sample
// and what follows it are 21 of them).
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';

/** Once in each half of a day; two lookups may hear of it at the same moment, so at most four times in any 24 hours. */
const GENERATION_MS = 12 * 3_600_000;
/** Lookups start every 5 s at most and ask 40 each, but few hosts twice: beyond this nobody new is asked till the next half. */
const HOSTS_MAX = 32_768;

export class LookupShare {
  readonly #clock: Clock;
  readonly #asked = new Set<string>();
  #startedAtMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAtMs = clock.nowMs();
  }

  mayAsk(host: string): boolean {
    this.#rotate();
    return this.#asked.size < HOSTS_MAX && !this.#asked.has(host);
  }

  asked(host: string): void {
    this.#rotate();
    if (this.#asked.size < HOSTS_MAX) this.#asked.add(host);
  }

  checkInvariants(): void {
    assert(this.#asked.size <= HOSTS_MAX, 'hosts asked in lookups keep their limit');
  }

  #rotate(): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#startedAtMs < GENERATION_MS) return;
    this.#asked.clear();
    this.#startedAtMs = nowMs;
  }
}
