// How often one address may be asked in whole lookups. They all begin at the same few nodes of the main table, and those
// would hear from us hundreds of times a day (protocol.md 6.6, I8: at most 25 packets to one address in 24 hours; a sample
// and what follows it are 21 of them). The same infohash may be asked for again: the nodes nearest to it are the only ones
// that know its peers, and without them a second lookup an hour later, from the retry ladder, would be in vain.
import { assert } from '../base/assert.ts';
import { toKey } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import type { Infohash } from '../base/identifier.ts';

/** For one infohash in each half of a day; two lookups may hear of it at the same moment, so four in any 24 hours. */
const GENERATION_MS = 12 * 3_600_000;
/** Lookups start every 5 s at most and ask 40 each, but few hosts twice: beyond this nobody new is asked till the next half. */
const HOSTS_MAX = 32_768;

export class LookupShare {
  readonly #clock: Clock;
  /** By host: the infohash that it was asked for. */
  readonly #asked = new Map<string, string>();
  #startedAtMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAtMs = clock.nowMs();
  }

  /** As one lookup sees it. */
  of(infohash: Infohash): { mayAsk(host: string): boolean; asked(host: string): void } {
    const key = toKey(infohash);
    return {
      mayAsk: (host) => {
        this.#rotate();
        const other = this.#asked.get(host);
        return other === undefined ? this.#asked.size < HOSTS_MAX : other === key;
      },
      asked: (host) => {
        this.#rotate();
        if (this.#asked.size < HOSTS_MAX && !this.#asked.has(host)) this.#asked.set(host, key);
      },
    };
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
