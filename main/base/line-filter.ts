// A bloom filter (bloom-filter.ts) whose members lie in two lines of 64 bytes each, six bits in either ("blocked": Putze, Sanders
// and Singler 2007). Of twenty sampled infohashes each would touch ten lines of memory that no cache holds, and waiting for
// these was most of what a filter cost; two lines are asked for at once. Lines fill unevenly, which the twelve bits make up for:
// with 33.6 bits a member p is 1.0e-6 (ten places anywhere: 1.3e-6), with 16.8 it is 3.8e-4 (3.3e-4).
import { assert } from './assert.ts';
import type { KeyedHash } from './keyed-hash.ts';

const LINE_BITS = 512;
const LINE_WORDS = LINE_BITS / 32;
const PLACES_PER_LINE = 6;
/** Each half of the digest's lower half chooses a line. */
const LINES_MAX = 2 ** 16;
const PLACE_MASK = LINE_BITS - 1;

/** The halves of a keyed hash: a KeyedHash after its digest. All filters that are asked with it share the hashing. */
export type Digest = Pick<KeyedHash, 'low' | 'high'>;

export class LineFilter {
  readonly #lineMask: number;
  /** Not allocated before the first member, as many filters stay empty for hours. */
  #words: Int32Array | null = null;
  #bitsSet = 0;
  #addedCount = 0;

  /** `bitCount` is a power of two, up to 4 MiB. Who adds and asks hashes with one key, which strangers do not know. */
  constructor(bitCount: number) {
    const lineCount = bitCount / LINE_BITS;
    assert((lineCount & (lineCount - 1)) === 0 && lineCount >= 1 && lineCount <= LINES_MAX, 'lines are a power of two');
    this.#lineMask = lineCount - 1;
  }

  get bitCount(): number {
    return (this.#lineMask + 1) * LINE_BITS;
  }

  /** How many were new when they were added. */
  get addedCount(): number {
    return this.#addedCount;
  }

  /** Share of the bits that are set. */
  get fill(): number {
    return this.#bitsSet / this.bitCount;
  }

  /** The chance that a stranger is taken for a member. */
  get falsePositiveRate(): number {
    return expectedLineFilterRate(this.#addedCount, this.bitCount);
  }

  get allocatedBytes(): number {
    return this.#words === null ? 0 : this.#words.byteLength;
  }

  /** Test-and-set: true if the member was not in the filter; it is afterwards. */
  add({ low, high }: Digest): boolean {
    const words = (this.#words ??= new Int32Array(this.bitCount / 32));
    const line = this.#lineStart(low >>> 16);
    const otherLine = this.#lineStart(low);
    const places = mix(high | 0);
    const morePlaces = mix(places);
    const otherPlaces = mix(morePlaces);
    const setCount =
      setThree(words, line, places) +
      setThree(words, otherLine, otherPlaces) +
      setThree(words, line, morePlaces) +
      setThree(words, otherLine, mix(otherPlaces));
    this.#bitsSet += setCount;
    if (setCount > 0) this.#addedCount++;
    return setCount > 0;
  }

  has({ low, high }: Digest): boolean {
    const words = this.#words;
    if (words === null) return false;
    const line = this.#lineStart(low >>> 16);
    const otherLine = this.#lineStart(low);
    const places = mix(high | 0);
    const morePlaces = mix(places);
    const otherPlaces = mix(morePlaces);
    return (
      hasThree(words, line, places) &&
      hasThree(words, otherLine, otherPlaces) &&
      hasThree(words, line, morePlaces) &&
      hasThree(words, otherLine, mix(otherPlaces))
    );
  }

  /**
   * Reads something of both lines that a member lies in and gives it back, so that nobody leaves the reading out: asked for
   * several members one after the other, their lines come from memory at the same time, and `add` and `has` find them near.
   */
  touch({ low }: Digest): number {
    const words = this.#words;
    if (words === null) return 0;
    return words[this.#lineStart(low >>> 16)]! | words[this.#lineStart(low)]!;
  }

  checkInvariants(): void {
    let count = 0;
    for (const word of this.#words ?? []) for (let rest = word; rest !== 0; rest &= rest - 1) count++;
    assert(count === this.#bitsSet, 'the count of set bits is wrong');
  }

  #lineStart(line: number): number {
    return (line & this.#lineMask) * LINE_WORDS;
  }
}

/** The next word of places. Murmur3's multiplier: a word that is evenly spread stays so, as this can be undone. */
function mix(word: number): number {
  return Math.imul(word ^ (word >>> 15), 0x85ebca6b);
}

/** Sets the three places of nine bits that `places` begins with; returns how many were not set. */
function setThree(words: Int32Array, line: number, places: number): number {
  return setOne(words, line, places >>> 23) + setOne(words, line, places >>> 14) + setOne(words, line, places >>> 5);
}

/** Whether a bit is set already is chance, which no processor foresees: it is written in either case. */
function setOne(words: Int32Array, line: number, place: number): number {
  const at = line + ((place & PLACE_MASK) >>> 5);
  const word = words[at]!;
  words[at] = word | (1 << (place & 31));
  return 1 - ((word >>> (place & 31)) & 1);
}

function hasThree(words: Int32Array, line: number, places: number): boolean {
  const first = words[line + ((places >>> 28) & 15)]! >>> ((places >>> 23) & 31);
  const second = words[line + ((places >>> 19) & 15)]! >>> ((places >>> 14) & 31);
  const third = words[line + ((places >>> 10) & 15)]! >>> ((places >>> 5) & 31);
  return (first & second & third & 1) === 1;
}

/**
 * The chance that a stranger is taken for one of `memberCount` members: how many halves of members a line holds follows Poisson's
 * law, and in each of his two lines all of the stranger's places must be set.
 */
export function expectedLineFilterRate(memberCount: number, bitCount: number): number {
  const mean = (2 * memberCount * LINE_BITS) / bitCount;
  const unset = (1 - 1 / LINE_BITS) ** PLACES_PER_LINE;
  let chance = Math.exp(-mean);
  let rate = 0;
  for (let halves = 0; halves < mean + 12 * Math.sqrt(mean) + 20; halves++) {
    rate += chance * (1 - unset ** halves) ** PLACES_PER_LINE;
    chance *= mean / (halves + 1);
  }
  return rate ** 2;
}
