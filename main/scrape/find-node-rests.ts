// Who was sent a find_node by the scraper lately. An address gets at most 25 packets a day from it (protocol.md 5.2): one
// sample, 20 get_peers, and these, at most once in six hours, so never more than four in 24.
// Two generations of a bloom filter: the rest takes 6 to 12 hours, and what it skips wrongly is one helper of many.
import { BloomFilter } from '../base/bloom-filter.ts';
import { HASH_KEY_BYTES, KeyedHash } from '../base/keyed-hash.ts';
import type { Random } from '../base/random.ts';
import { addressKey } from './address-key.ts';

export const FIND_NODE_REST_MS = 6 * 3_600_000;
/** 256 KiB. One find_node a second for six hours are 21,600 members: p below 1e-9; at 10 a second still 0.4%. */
const FILTER_BITS = 2 ** 21;
const FILTER_PLACES = 7;

export class FindNodeRests {
  readonly #key: Uint8Array;
  readonly #hash: KeyedHash;
  readonly #bytes = new Uint8Array(4);
  #current: BloomFilter;
  #previous: BloomFilter;
  #startedAtMs: number;

  constructor(random: Random, nowMs: number) {
    this.#key = random.bytes(HASH_KEY_BYTES);
    this.#hash = new KeyedHash(this.#key);
    this.#current = this.#newFilter();
    this.#previous = this.#newFilter();
    this.#startedAtMs = nowMs;
  }

  mark(host: string, nowMs: number): void {
    this.#rotate(nowMs);
    this.#current.add(this.#bytesOf(host));
  }

  isResting(host: string, nowMs: number): boolean {
    this.#rotate(nowMs);
    const bytes = this.#bytesOf(host);
    return this.#current.has(bytes) || this.#previous.has(bytes);
  }

  #rotate(nowMs: number): void {
    if (nowMs - this.#startedAtMs < FIND_NODE_REST_MS) return;
    // After two whole generations without a call the elder one is too old as well.
    this.#previous = nowMs - this.#startedAtMs >= 2 * FIND_NODE_REST_MS ? this.#newFilter() : this.#current;
    this.#current = this.#newFilter();
    this.#startedAtMs = nowMs;
  }

  #newFilter(): BloomFilter {
    return new BloomFilter({ bitCount: FILTER_BITS, placeCount: FILTER_PLACES, key: this.#key });
  }

  #bytesOf(host: string): Uint8Array {
    const key = addressKey(host, this.#hash);
    for (let index = 0; index < 4; index++) this.#bytes[index] = key >>> (8 * index);
    return this.#bytes;
  }
}
