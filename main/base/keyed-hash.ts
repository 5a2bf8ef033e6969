// HalfSipHash-2-4 with 64 bits of output (Aumasson and Bernstein; public domain): a keyed hash for short inputs that
// someone else may choose. Murmur-like mixes fall to collisions that hold for every seed, so a stranger could craft a
// fabricated infohash that hides a real one from a bloom filter; without the key of this one he cannot.
import { assert } from './assert.ts';

export const HASH_KEY_BYTES = 8;

export class KeyedHash {
  /** The two halves of the last digest, each 0 to 2^32 - 1. */
  low = 0;
  high = 0;
  readonly #key0: number;
  readonly #key1: number;

  constructor(key: Uint8Array) {
    assert(key.length === HASH_KEY_BYTES, `a hash key has ${HASH_KEY_BYTES} bytes, not ${key.length}`);
    this.#key0 = wordAt(key, 0);
    this.#key1 = wordAt(key, 4);
  }

  /** Hashes `count` bytes of `bytes` from `start` into `low` and `high`. Allocates nothing. */
  digest(bytes: Uint8Array, start = 0, count = bytes.length - start): void {
    let v0 = this.#key0;
    let v1 = this.#key1 ^ 0xee;
    let v2 = 0x6c796765 ^ this.#key0;
    let v3 = 0x74656462 ^ this.#key1;
    const end = start + count;
    const wordsEnd = end - (count & 3);
    // The last word holds the tail and the length; the three stages after it are the two halves of the finalization.
    for (let at = start, stage = 0; stage < 3;) {
      let rounds = 2;
      let word = 0;
      if (at < wordsEnd) {
        word = wordAt(bytes, at);
        at += 4;
      } else if (stage === 0) {
        word = count << 24;
        for (let index = wordsEnd; index < end; index++) word |= bytes[index]! << (8 * (index - wordsEnd));
        stage = 1;
      } else {
        if (stage === 1) v2 ^= 0xee;
        else v1 ^= 0xdd;
        rounds = 4;
        stage++;
      }
      v3 ^= word;
      for (let round = 0; round < rounds; round++) {
        v0 = (v0 + v1) | 0;
        v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
        v0 = (v0 << 16) | (v0 >>> 16);
        v2 = (v2 + v3) | 0;
        v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
        v0 = (v0 + v3) | 0;
        v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
        v2 = (v2 + v1) | 0;
        v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
        v2 = (v2 << 16) | (v2 >>> 16);
      }
      v0 ^= word;
      if (rounds === 4) {
        if (stage === 2) this.low = (v1 ^ v3) >>> 0;
        else this.high = (v1 ^ v3) >>> 0;
      }
    }
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
