// The infohashes of a sample, side by side in a piece of memory that some dozens of samples share. Nearly all of them are
// looked at once, in a filter, and forgotten: an array of its own for each, 250 bytes, was half of the garbage of a crawl.
// Whoever keeps one keeps a copy, so no infohash holds the memory of the others.
import { assert } from '../base/assert.ts';
import { asInfohash, IDENTIFIER_BYTES, type Infohash } from '../base/identifier.ts';

/** Forty samples of 20 infohashes. */
const SHARED_BYTES = 16_384;
/** In one list; a datagram has room for a quarter. */
export const INFOHASHES_MAX = Math.floor(SHARED_BYTES / IDENTIFIER_BYTES);

let shared = new Uint8Array(SHARED_BYTES);
let sharedUsed = 0;

export class InfohashList implements Iterable<Infohash> {
  /** Where they lie: `length` times 20 bytes from `start` on, never written to again. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly length: number;

  private constructor(bytes: Uint8Array, start: number, length: number) {
    this.bytes = bytes;
    this.start = start;
    this.length = length;
  }

  /**
   * A copy of those of the `count` infohashes from `start` of `bytes` on that are neither zero nor there before. Each that is
   * left out is told to `onZero` or `onRepeated`.
   */
  static of(bytes: Uint8Array, start: number, count: number, onZero = noop, onRepeated = noop): InfohashList {
    const bytesMax = count * IDENTIFIER_BYTES;
    assert(bytesMax <= SHARED_BYTES, 'a list of infohashes fits the memory that lists share');
    if (sharedUsed + bytesMax > SHARED_BYTES) {
      shared = new Uint8Array(SHARED_BYTES);
      sharedUsed = 0;
    }
    const into = shared;
    const first = sharedUsed;
    let to = first;
    for (let index = 0, from = start; index < count; index++, from += IDENTIFIER_BYTES) {
      let ored = 0;
      for (let byte = 0; byte < IDENTIFIER_BYTES; byte++) {
        const value = bytes[from + byte]!;
        into[to + byte] = value;
        ored |= value;
      }
      if (ored === 0) onZero();
      else if (isAmong(into, first, to)) onRepeated();
      else to += IDENTIFIER_BYTES;
    }
    sharedUsed = to;
    return new InfohashList(into, first, (to - first) / IDENTIFIER_BYTES);
  }

  /** Where the infohash with this number begins in `bytes`. */
  startOf(index: number): number {
    return this.start + index * IDENTIFIER_BYTES;
  }

  /** Writes the infohash with this number over `into`. */
  copyTo(into: Uint8Array, index: number): void {
    assert(index >= 0 && index < this.length, 'a list has the infohashes it has');
    const from = this.startOf(index);
    for (let byte = 0; byte < IDENTIFIER_BYTES; byte++) into[byte] = this.bytes[from + byte]!;
  }

  /** A copy of the infohash with this number. */
  at(index: number): Infohash {
    const copy = new Uint8Array(IDENTIFIER_BYTES);
    this.copyTo(copy, index);
    return asInfohash(copy);
  }

  /** Copies of all. */
  *[Symbol.iterator](): Iterator<Infohash> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }
}

/** Whether the infohash at `at` is among those from `start` on. Fifty at most: comparing beats hashing. */
function isAmong(bytes: Uint8Array, start: number, at: number): boolean {
  const firstByte = bytes[at];
  for (let earlier = start; earlier < at; earlier += IDENTIFIER_BYTES) {
    if (bytes[earlier] !== firstByte) continue;
    let index = 1;
    while (index < IDENTIFIER_BYTES && bytes[earlier + index] === bytes[at + index]) index++;
    if (index === IDENTIFIER_BYTES) return true;
  }
  return false;
}

function noop(): void {}
