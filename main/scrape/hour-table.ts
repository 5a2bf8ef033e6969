// The addresses asked within one hour, each with its minute. While the hour runs: open addressing in two typed arrays.
// Once it is over: frozen into the form it is saved in, 5 bytes an address in order, found by halving. So saving 24 old
// hours copies nothing, however full they are; an index of where each first part of the addresses begins saves most halvings, for
// everybody who is named to us is looked up in all 24 hours. Only grows; dropped as a whole when too old. Used by cooldown.ts alone.
import { assert } from '../base/assert.ts';

const PLACES_AT_START = 256;
/** Above this a bloom filter is smaller: 131,072 x 5 bytes = 640 KiB. */
const PLACES_MAX = 2 ** 17;
export const HOUR_TABLE_BYTES_MAX = PLACES_MAX * 5;
/** Filled to three quarters at most, or probing gets long. */
export const HOUR_TABLE_MEMBERS_MAX = (PLACES_MAX * 3) / 4;
/** 4 bytes of key (big-endian) and one of minute. */
const PACKED_BYTES = 5;
/** The index tells about so many members apart, by so many first bits of their keys at most: 16 KiB. */
const INDEXED_TOGETHER = 8;
const INDEX_BITS_MAX = 12;
export const HOUR_INDEX_BYTES_MAX = 4 * (2 ** INDEX_BITS_MAX + 1);
/** No address has this key (address-key.ts). */
const EMPTY = 0;

export class HourTable {
  #keys = new Uint32Array(PLACES_AT_START);
  #minutes = new Uint8Array(PLACES_AT_START);
  #size = 0;
  /** The members in order of key; null while the table is open. */
  #packed: Uint8Array | null = null;
  /** Of the packed members: how many come before those whose keys begin with these bits. */
  #index = new Uint32Array(0);
  #indexShift = 0;

  get size(): number {
    return this.#size;
  }

  get allocatedBytes(): number {
    return (this.#packed?.length ?? this.#keys.length * 5) + this.#index.byteLength;
  }

  /** Notes `minute` (0 to 59) for `key`; false, and nothing changed, when there is no room for another key. */
  set(key: number, minute: number): boolean {
    if (this.#packed !== null) this.#thaw(this.#packed);
    let place = this.#placeOf(key);
    if (this.#keys[place] === EMPTY) {
      if (this.#size === HOUR_TABLE_MEMBERS_MAX) return false;
      if (this.#size === (this.#keys.length * 3) / 4) {
        this.#grow();
        place = this.#placeOf(key);
      }
      this.#keys[place] = key;
      this.#size++;
    }
    this.#minutes[place] = Math.max(this.#minutes[place]!, minute);
    return true;
  }

  /** The minute noted for `key`, or null. */
  get(key: number): number | null {
    if (this.#packed !== null) return this.#minuteIn(this.#packed, key);
    const place = this.#placeOf(key);
    return this.#keys[place] === EMPTY ? null : this.#minutes[place]!;
  }

  forEach(visit: (key: number, minute: number) => void): void {
    const packed = this.pack();
    for (let at = 0; at < packed.length; at += PACKED_BYTES) visit(keyAt(packed, at), packed[at + 4]!);
  }

  /** The hour is over: smaller from now on, and saved without a copy. */
  freeze(): void {
    this.#use(this.pack());
  }

  /** The members as they are saved; of a frozen table the bytes themselves. */
  pack(): Uint8Array {
    if (this.#packed !== null) return this.#packed;
    // Key and minute in one number, for a typed array sorts ten times as fast as one of pairs.
    const members = new Float64Array(this.#size);
    for (let place = 0, count = 0; place < this.#keys.length; place++) {
      if (this.#keys[place] !== EMPTY) members[count++] = this.#keys[place]! * 64 + this.#minutes[place]!;
    }
    members.sort();
    const packed = new Uint8Array(this.#size * PACKED_BYTES);
    for (let index = 0, at = 0; index < members.length; index++, at += PACKED_BYTES) {
      const key = Math.floor(members[index]! / 64);
      packed[at] = key >>> 24;
      packed[at + 1] = key >>> 16;
      packed[at + 2] = key >>> 8;
      packed[at + 3] = key;
      packed[at + 4] = members[index]! % 64;
    }
    return packed;
  }

  /** A frozen table of what pack() gave, or null when it is damaged. */
  static unpack(packed: Uint8Array): HourTable | null {
    if (packed.length % PACKED_BYTES !== 0 || packed.length / PACKED_BYTES > HOUR_TABLE_MEMBERS_MAX) return null;
    let before = EMPTY;
    for (let at = 0; at < packed.length; at += PACKED_BYTES) {
      const key = keyAt(packed, at);
      if (key <= before || packed[at + 4]! > 59) return null;
      before = key;
    }
    const table = new HourTable();
    table.#size = packed.length / PACKED_BYTES;
    table.#use(Uint8Array.from(packed));
    return table;
  }

  checkInvariants(): void {
    let size = 0;
    let before = EMPTY;
    this.forEach((key, minute) => {
      assert(key > before && minute < 60, 'keys are in order, and minutes are minutes');
      assert(this.get(key) === minute, 'a key cannot be found');
      before = key;
      size++;
    });
    assert(size === this.#size && size <= HOUR_TABLE_MEMBERS_MAX, 'the table is miscounted or too full');
    assert(this.#packed !== null || size <= (this.#keys.length * 3) / 4, 'probing would get long');
  }

  #use(packed: Uint8Array): void {
    this.#packed = packed;
    this.#keys = new Uint32Array(0);
    this.#minutes = new Uint8Array(0);
    const bits = Math.min(INDEX_BITS_MAX, Math.max(1, Math.ceil(Math.log2(this.#size / INDEXED_TOGETHER))));
    this.#indexShift = 32 - bits;
    this.#index = new Uint32Array(2 ** bits + 1);
    for (let at = 0; at < packed.length; at += PACKED_BYTES)
      this.#index[(keyAt(packed, at) >>> this.#indexShift) + 1]!++;
    for (let part = 1; part < this.#index.length; part++) this.#index[part]! += this.#index[part - 1]!;
  }

  #minuteIn(packed: Uint8Array, key: number): number | null {
    const part = key >>> this.#indexShift;
    let low = this.#index[part]!;
    let high = this.#index[part + 1]! - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = keyAt(packed, middle * PACKED_BYTES);
      if (found === key) return packed[middle * PACKED_BYTES + 4]!;
      if (found < key) low = middle + 1;
      else high = middle - 1;
    }
    return null;
  }

  #thaw(packed: Uint8Array): void {
    this.#packed = null;
    this.#index = new Uint32Array(0);
    this.#size = 0;
    this.#keys = new Uint32Array(PLACES_AT_START);
    this.#minutes = new Uint8Array(PLACES_AT_START);
    for (let at = 0; at < packed.length; at += PACKED_BYTES) this.set(keyAt(packed, at), packed[at + 4]!);
  }

  #placeOf(key: number): number {
    const mask = this.#keys.length - 1;
    let place = (Math.imul(key, 0x9e3779b1) >>> 15) & mask; // Fibonacci hashing: neighbours in one /24 spread
    while (this.#keys[place] !== EMPTY && this.#keys[place] !== key) place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    const keys = this.#keys;
    const minutes = this.#minutes;
    this.#keys = new Uint32Array(keys.length * 2);
    this.#minutes = new Uint8Array(keys.length * 2);
    for (let from = 0; from < keys.length; from++) {
      if (keys[from] === EMPTY) continue;
      const place = this.#placeOf(keys[from]!);
      this.#keys[place] = keys[from]!;
      this.#minutes[place] = minutes[from]!;
    }
  }
}

function keyAt(packed: Uint8Array, at: number): number {
  return ((packed[at]! << 24) | (packed[at + 1]! << 16) | (packed[at + 2]! << 8) | packed[at + 3]!) >>> 0;
}
