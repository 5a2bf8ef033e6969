// Two answers to "have we met this infohash?", each a filter under a key of this installation.
//   recent: sampled in the last 12 to 24 hours, whatever came of it. One whose fetch failed, or that a liar made collide,
//           may come back after that: it heals by itself.
//   known:  stored, or proven invalid. Filled at start from the newest million of the catalogue, then as torrents come.
// A `known` hit is only "probably": triage confirms some of them with the store when it has little else to ask.
import { assert } from '../base/assert.ts';
import { LineFilter } from '../base/line-filter.ts';
import { HASH_KEY_BYTES, KeyedHash } from '../base/keyed-hash.ts';
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import type { Random } from '../base/random.ts';
import type { Counters } from '../stats/counters.ts';
import { INFOHASHES_MAX, type InfohashList } from '../wire/infohash-list.ts';

/** 4 MiB: p = 1.0e-6 at 1,000,000 members (protocol.md, R13), 3.8e-4 at 2,000,000. */
export const FILTER_BITS = 2 ** 25;
/** A generation takes no more than this, so p stays below 4e-4 each. */
export const KNOWN_MEMBERS_PER_FILTER = 2_000_000;
/** 16 million torrents in 32 MiB. Beyond, the oldest generation goes, and the store answers for it exactly. */
const KNOWN_FILTERS_MAX = 8;
/** Two generations of 12 hours. At 53 infohashes/s each holds 2.3 million: together p = 1.1e-3. */
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
  /** Of no use to anybody, but without it what lookAhead reads would be left out. */
  touched = 0;
  readonly #hash: KeyedHash;
  #current: LineFilter;
  #previous: LineFilter;
  #startedAtMs: number;
  /** Of the sample that was looked at ahead: how many, and the halves of their digests. */
  #aheadCount = 0;
  readonly #aheadLows = new Uint32Array(INFOHASHES_MAX);
  readonly #aheadHighs = new Uint32Array(INFOHASHES_MAX);
  readonly #ahead = { low: 0, high: 0 };

  constructor(key: Uint8Array, nowMs: number) {
    this.#hash = new KeyedHash(key);
    this.#current = newFilter();
    this.#previous = newFilter();
    this.#startedAtMs = nowMs;
  }

  /** Test-and-set: true if the infohash at `start` of `bytes` was not met in the last 12 to 24 hours. It is now. */
  insert(bytes: Uint8Array, nowMs: number, start = 0): boolean {
    if (nowMs - this.#startedAtMs >= RECENT_GENERATION_MS) this.#rotate(nowMs);
    this.#hash.digest(bytes, start, IDENTIFIER_BYTES);
    return !this.#previous.has(this.#hash) && this.#current.add(this.#hash);
  }

  /**
   * Hashes a sample, and lets the memory that all of its infohashes will need come at once: to wait for it twenty times, one
   * after the other, is most of what they cost. Then insertAhead takes them one by one.
   */
  lookAhead({ bytes, start, length }: InfohashList): void {
    const hash = this.#hash;
    this.#aheadCount = length;
    for (let index = 0, at = start; index < length; index++, at += IDENTIFIER_BYTES) {
      hash.digest(bytes, at, IDENTIFIER_BYTES);
      this.#aheadLows[index] = hash.low;
      this.#aheadHighs[index] = hash.high;
      this.touched ^= this.#current.touch(hash) ^ this.#previous.touch(hash);
    }
  }

  /** `insert` of the infohash with this number of the sample that was looked at ahead. */
  insertAhead(index: number, nowMs: number): boolean {
    assert(index < this.#aheadCount, 'what is inserted was looked at ahead');
    if (nowMs - this.#startedAtMs >= RECENT_GENERATION_MS) this.#rotate(nowMs);
    const ahead = this.#ahead;
    ahead.low = this.#aheadLows[index]!;
    ahead.high = this.#aheadHighs[index]!;
    return !this.#previous.has(ahead) && this.#current.add(ahead);
  }

  figures(): FilterFigures {
    return figuresOf([this.#previous, this.#current]);
  }

  #rotate(nowMs: number): void {
    // After a whole generation without a single call the elder one is too old as well.
    const isLongOver = nowMs - this.#startedAtMs >= 2 * RECENT_GENERATION_MS;
    this.#previous = isLongOver ? newFilter() : this.#current;
    this.#current = newFilter();
    this.#startedAtMs = nowMs;
  }
}

export class KnownInfohashes {
  readonly #hash: KeyedHash;
  /** Newest last; only that one takes members. */
  readonly #filters: LineFilter[];
  readonly #counters: Counters;
  readonly #warmUps: Uint8Array[] = [];
  #warmUpBytes = 0;
  #warmUpAt = 0;

  constructor(key: Uint8Array, counters: Counters) {
    this.#hash = new KeyedHash(key);
    this.#counters = counters;
    this.#filters = [newFilter()];
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
      newest = newFilter();
      this.#filters.push(newest);
      if (this.#filters.length > KNOWN_FILTERS_MAX) this.#filters.shift();
    }
    this.#hash.digest(infohashes, start, count);
    newest.add(this.#hash);
  }

  has(infohash: Uint8Array): boolean {
    this.#hash.digest(infohash);
    for (const filter of this.#filters) if (filter.has(this.#hash)) return true;
    return false;
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

function newFilter(): LineFilter {
  return new LineFilter(FILTER_BITS);
}

/** Newest last. */
function figuresOf(filters: readonly LineFilter[]): FilterFigures {
  return {
    members: filters.reduce((sum, { addedCount }) => sum + addedCount, 0),
    fill: filters.at(-1)!.fill,
    falsePositiveRate: 1 - filters.reduce((none, filter) => none * (1 - filter.falsePositiveRate), 1),
  };
}
