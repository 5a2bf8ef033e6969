// Two answers to "have we met this infohash?", each a bloom filter under a key of this installation.
//   recent: sampled in the last 12 to 24 hours, whatever came of it. One whose fetch failed, or that a liar made collide,
//           may come back after that: it heals by itself.
//   known:  stored, or proven invalid. Filled at start from the newest million of the catalogue, then as torrents come.
// A `known` hit is only "probably": triage confirms some of them with the store when it has little else to ask.
import { assert } from '../base/assert.ts';
import { BloomFilter } from '../base/bloom-filter.ts';
import { HASH_KEY_BYTES } from '../base/keyed-hash.ts';
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import type { Random } from '../base/random.ts';
import type { Counters } from '../stats/counters.ts';

/** 4 MiB. With 10 places: p = 1e-6 at 1,000,000 members, 3.3e-4 at 2,000,000 (protocol.md, R13). */
const FILTER_BITS = 2 ** 25;
const FILTER_PLACES = 10;
/** A generation takes no more than this, so p stays below 3.3e-4 each. */
export const KNOWN_MEMBERS_PER_FILTER = 2_000_000;
/** 16 million torrents in 32 MiB. Beyond, the oldest generation goes, and the store answers for it exactly. */
const KNOWN_FILTERS_MAX = 8;
/** Two generations of 12 hours. At 53 infohashes/s each holds 2.3 million: together p = 1e-3. */
const RECENT_GENERATION_MS = 12 * 3600 * 1000;

/** Infohashes that enter the `known` filter in one tick: about 10 ms. A million takes 5 s. */
const WARM_UP_PER_TICK = 10_000;
/** 4 million infohashes waiting to enter it. */
const WARM_UP_BYTES_MAX = 80 * 2 ** 20;

/** Bencodable. The filters themselves are not saved: `known` is refilled from the catalogue, `recent` may start empty. */
export interface SavedInfohashKeys {
  readonly recent: Uint8Array;
  readonly known: Uint8Array;
}

/** How full a filter is. Of several generations: members of all, the rest of the newest. */
export interface FilterFigures {
  readonly members: number;
  /** Share of the bits that are set. */
  readonly fill: number;
  /** The chance that a stranger is taken for a member of any generation. */
  readonly falsePositiveRate: number;
}

export class RecentInfohashes {
  #key: Uint8Array;
  #current: BloomFilter;
  #previous: BloomFilter;
  #startedAtMs: number;

  constructor(key: Uint8Array, nowMs: number) {
    this.#key = key;
    this.#current = newFilter(key);
    this.#previous = newFilter(key);
    this.#startedAtMs = nowMs;
  }

  /** Test-and-set: true if `infohash` was not met in the last 12 to 24 hours. It is now. */
  insert(infohash: Uint8Array, nowMs: number): boolean {
    if (nowMs - this.#startedAtMs >= RECENT_GENERATION_MS) this.#rotate(nowMs);
    return !this.#previous.has(infohash) && this.#current.add(infohash);
  }

  figures(): FilterFigures {
    return figuresOf([this.#previous, this.#current]);
  }

  #rotate(nowMs: number): void {
    // After a whole generation without a single call the elder one is too old as well.
    const isLongOver = nowMs - this.#startedAtMs >= 2 * RECENT_GENERATION_MS;
    this.#previous = isLongOver ? newFilter(this.#key) : this.#current;
    this.#current = newFilter(this.#key);
    this.#startedAtMs = nowMs;
  }
}

export class KnownInfohashes {
  readonly #key: Uint8Array;
  /** Newest last; only that one takes members. */
  readonly #filters: BloomFilter[];
  readonly #counters: Counters;
  readonly #warmUps: Uint8Array[] = [];
  #warmUpBytes = 0;
  #warmUpAt = 0;

  constructor(key: Uint8Array, counters: Counters) {
    this.#key = key;
    this.#counters = counters;
    this.#filters = [newFilter(key)];
  }

  /** Queues `infohashes` (n x 20 bytes): they enter in slices, tick by tick, as a million at once would block the thread. */
  warmUp(infohashes: Uint8Array): void {
    if (this.#warmUpBytes + infohashes.length > WARM_UP_BYTES_MAX) {
      this.#counters.overflows.count('warm-up');
      return;
    }
    this.#warmUps.push(infohashes);
    this.#warmUpBytes += infohashes.length;
  }

  get isWarmingUp(): boolean {
    return this.#warmUps.length > 0;
  }

  tick(): void {
    for (let count = 0; count < WARM_UP_PER_TICK && this.#warmUps.length > 0;) {
      const infohashes = this.#warmUps[0]!;
      for (; count < WARM_UP_PER_TICK && this.#warmUpAt < infohashes.length; count++) {
        this.add(infohashes, this.#warmUpAt, IDENTIFIER_BYTES);
        this.#warmUpAt += IDENTIFIER_BYTES;
      }
      if (this.#warmUpAt < infohashes.length) return;
      this.#warmUps.shift();
      this.#warmUpBytes -= infohashes.length;
      this.#warmUpAt = 0;
    }
  }

  add(infohashes: Uint8Array, start = 0, count = infohashes.length): void {
    let newest = this.#filters[this.#filters.length - 1]!;
    if (newest.addedCount >= KNOWN_MEMBERS_PER_FILTER) {
      newest = newFilter(this.#key);
      this.#filters.push(newest);
      if (this.#filters.length > KNOWN_FILTERS_MAX) this.#filters.shift();
    }
    newest.add(infohashes, start, count);
  }

  has(infohash: Uint8Array): boolean {
    return this.#filters.some((filter) => filter.has(infohash));
  }

  figures(): FilterFigures {
    return figuresOf(this.#filters);
  }

  checkInvariants(): void {
    assert(this.#filters.length >= 1 && this.#filters.length <= KNOWN_FILTERS_MAX, 'too many generations');
  }
}

export function newInfohashKeys(random: Random): SavedInfohashKeys {
  return { recent: random.bytes(HASH_KEY_BYTES), known: random.bytes(HASH_KEY_BYTES) };
}

function newFilter(key: Uint8Array): BloomFilter {
  return new BloomFilter({ bitCount: FILTER_BITS, placeCount: FILTER_PLACES, key });
}

/** Newest last. */
function figuresOf(filters: readonly BloomFilter[]): FilterFigures {
  return {
    members: filters.reduce((sum, { addedCount }) => sum + addedCount, 0),
    fill: filters.at(-1)!.fill,
    falsePositiveRate: 1 - filters.reduce((none, filter) => none * (1 - filter.falsePositiveRate), 1),
  };
}
