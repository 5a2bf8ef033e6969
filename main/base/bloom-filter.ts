// A set of byte strings that may say "yes" wrongly, never "no" wrongly, in a fixed number of bits.
// Places come from a keyed hash of all the bytes (keyed-hash.ts), so nobody without the key can aim at one.
// For n members in m bits with k places each, a stranger is taken for a member with p = (1 - e^(-kn/m))^k.
import { assert } from './assert.ts';
import { KeyedHash } from './keyed-hash.ts';

export interface BloomFilterOptions {
  readonly bitCount: number;
  /** How many bits each member sets. */
  readonly placeCount: number;
  /** HASH_KEY_BYTES random bytes. */
  readonly key: Uint8Array;
}

export class BloomFilter {
  readonly bitCount: number;
  readonly placeCount: number;
  readonly #hash: KeyedHash;
  /** Of a power of two: what its remainder keeps, at a tenth of the price. 0: it is none. */
  readonly #mask: number;
  /** Not allocated before the first member, as many filters stay empty for hours. */
  #bits: Uint8Array | null = null;
  #bitsSet = 0;
  #addedCount = 0;

  constructor({ bitCount, placeCount, key }: BloomFilterOptions) {
    assert(Number.isInteger(bitCount) && bitCount >= 8 && bitCount <= 2 ** 31, 'a filter has 8 to 2^31 bits');
    assert(Number.isInteger(placeCount) && placeCount >= 1 && placeCount <= 32, 'a member sets 1 to 32 bits');
    this.bitCount = bitCount;
    this.placeCount = placeCount;
    this.#hash = new KeyedHash(key);
    this.#mask = (bitCount & (bitCount - 1)) === 0 ? bitCount - 1 : 0;
  }

  /** How many were new when they were added. */
  get addedCount(): number {
    return this.#addedCount;
  }

  /** The chance that a stranger is taken for a member, from the bits really set. */
  get falsePositiveRate(): number {
    return this.fill ** this.placeCount;
  }

  /** Share of the bits that are set. */
  get fill(): number {
    return this.#bitsSet / this.bitCount;
  }

  get allocatedBytes(): number {
    return this.#bits === null ? 0 : this.#bits.length;
  }

  /** Test-and-set: true if `count` bytes of `bytes` from `start` were not in the filter; they are afterwards. */
  add(bytes: Uint8Array, start = 0, count = bytes.length - start): boolean {
    const bits = (this.#bits ??= new Uint8Array(Math.ceil(this.bitCount / 8)));
    this.#hash.digest(bytes, start, count);
    let place = this.#remainder(this.#hash.low);
    let step = this.#remainder(this.#hash.high);
    let setCount = 0;
    for (let index = 1; index <= this.placeCount; index++) {
      const byte = bits[place >>> 3]!;
      setCount += 1 - ((byte >>> (place & 7)) & 1);
      // Whether a bit is set is chance, which no processor foresees: it is written in either case.
      bits[place >>> 3] = byte | (1 << (place & 7));
      // "Enhanced double hashing" (Dillinger and Manolios 2004): the growing step keeps two members that agree in one
      // place from agreeing in the following ones too.
      place = this.#remainder(place + step);
      step = this.#remainder(step + index);
    }
    this.#bitsSet += setCount;
    if (setCount > 0) this.#addedCount++;
    return setCount > 0;
  }

  has(bytes: Uint8Array, start = 0, count = bytes.length - start): boolean {
    const bits = this.#bits;
    if (bits === null) return false;
    this.#hash.digest(bytes, start, count);
    let place = this.#remainder(this.#hash.low);
    let step = this.#remainder(this.#hash.high);
    for (let index = 1; index <= this.placeCount; index++) {
      if ((bits[place >>> 3]! & (1 << (place & 7))) === 0) return false;
      place = this.#remainder(place + step);
      step = this.#remainder(step + index);
    }
    return true;
  }

  /** Empties it and gives its memory back. */
  clear(): void {
    this.#bits = null;
    this.#bitsSet = 0;
    this.#addedCount = 0;
  }

  /** The bits themselves, not a copy; no bytes when nothing was added. */
  bytes(): Uint8Array {
    return this.#bits ?? new Uint8Array(0);
  }

  /** Takes over a copy of `bytes`, as bytes() gave them under the same key; false if the length does not fit. */
  restore(bytes: Uint8Array): boolean {
    if (bytes.length === 0) {
      this.clear();
      return true;
    }
    if (bytes.length !== Math.ceil(this.bitCount / 8)) return false;
    this.#bits = Uint8Array.from(bytes);
    this.#bitsSet = countBits(this.#bits);
    // n = -(m / k) ln(1 - X / m): what the fill says about how many were added (Swamidass and Baldi 2007).
    const freeShare = Math.max(1, this.bitCount - this.#bitsSet) / this.bitCount;
    this.#addedCount = Math.round((-this.bitCount / this.placeCount) * Math.log(freeShare));
    return true;
  }

  checkInvariants(): void {
    assert(this.#bitsSet === (this.#bits === null ? 0 : countBits(this.#bits)), 'the count of set bits is wrong');
  }

  #remainder(value: number): number {
    const mask = this.#mask;
    return mask === 0 ? (value % this.bitCount) | 0 : value & mask;
  }
}

/** The textbook chance that a stranger is taken for one of `memberCount` members. */
export function expectedFalsePositiveRate(memberCount: number, bitCount: number, placeCount: number): number {
  return (1 - Math.exp((-placeCount * memberCount) / bitCount)) ** placeCount;
}

const BITS_OF_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0;
  for (let rest = byte; rest > 0; rest >>= 1) count += rest & 1;
  return count;
});

function countBits(bytes: Uint8Array): number {
  let count = 0;
  for (let index = 0; index < bytes.length; index++) count += BITS_OF_BYTE[bytes[index]!]!;
  return count;
}
