// The addresses asked within one hour, each with its minute: open addressing in two typed arrays, 5 bytes a place.
// Only grows; the whole table is dropped when its hour is too old to matter. Used by cooldown.ts alone.
import { assert } from '../base/assert.ts';

const PLACES_AT_START = 256;
/** Above this a bloom filter is smaller: 131,072 x 5 bytes = 640 KiB. */
const PLACES_MAX = 2 ** 17;
export const HOUR_TABLE_BYTES_MAX = PLACES_MAX * 5;
/** Filled to three quarters at most, or probing gets long. */
export const HOUR_TABLE_MEMBERS_MAX = (PLACES_MAX * 3) / 4;
const PACKED_BYTES = 5;
/** No address has this key (address-key.ts). */
const EMPTY = 0;

export class HourTable {
  #keys = new Uint32Array(PLACES_AT_START);
  #minutes = new Uint8Array(PLACES_AT_START);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get allocatedBytes(): number {
    return this.#keys.length * 5;
  }

  /** Notes `minute` (0 to 59) for `key`; false, and nothing changed, when there is no room for another key. */
  set(key: number, minute: number): boolean {
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
    const place = this.#placeOf(key);
    return this.#keys[place] === EMPTY ? null : this.#minutes[place]!;
  }

  forEach(visit: (key: number, minute: number) => void): void {
    for (let place = 0; place < this.#keys.length; place++) {
      if (this.#keys[place] !== EMPTY) visit(this.#keys[place]!, this.#minutes[place]!);
    }
  }

  /** 4 bytes of key (big-endian) and one of minute for each. */
  pack(): Uint8Array {
    const packed = new Uint8Array(this.#size * PACKED_BYTES);
    let at = 0;
    this.forEach((key, minute) => {
      packed[at] = key >>> 24;
      packed[at + 1] = key >>> 16;
      packed[at + 2] = key >>> 8;
      packed[at + 3] = key;
      packed[at + 4] = minute;
      at += PACKED_BYTES;
    });
    return packed;
  }

  /** What pack() gave, or null when it is damaged. */
  static unpack(packed: Uint8Array): HourTable | null {
    if (packed.length % PACKED_BYTES !== 0 || packed.length / PACKED_BYTES > HOUR_TABLE_MEMBERS_MAX) return null;
    const table = new HourTable();
    for (let at = 0; at < packed.length; at += PACKED_BYTES) {
      const key = ((packed[at]! << 24) | (packed[at + 1]! << 16) | (packed[at + 2]! << 8) | packed[at + 3]!) >>> 0;
      const minute = packed[at + 4]!;
      if (key === EMPTY || minute > 59) return null;
      table.set(key, minute);
    }
    return table;
  }

  checkInvariants(): void {
    let size = 0;
    this.forEach((key, minute) => {
      assert(this.get(key) === minute && minute < 60, 'a key cannot be found from its hash');
      size++;
    });
    assert(size === this.#size && size <= (this.#keys.length * 3) / 4, 'the table is miscounted or too full');
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
