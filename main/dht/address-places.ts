// From an address to its place in somebody's columns, without holes: the last one takes the place that becomes free.
// An IPv4 address is four bytes here, found by open addressing; as a text, kept for minutes and looked up for every packet,
// it cost several times as much. The few others are looked up as texts.
import { assert } from '../base/assert.ts';
import { ipv4Parts, readIpv4 } from '../wire/compact-contacts.ts';

const CELLS_AT_FIRST = 128;
const PLACES_AT_FIRST = 64;
/** Knuth's multiplier; the key decides what becomes of it. */
const SPREAD = 0x9e37_79b1;

export class AddressPlaces {
  /** Place + 1; 0 is free. At most half full. */
  #cells = new Int32Array(CELLS_AT_FIRST);
  #shift = 32 - Math.log2(CELLS_AT_FIRST);
  /** By place; of those that are no IPv4 address it is 0, which is none. */
  #addresses = new Int32Array(PLACES_AT_FIRST);
  readonly #places6 = new Map<string, number>();
  readonly #hosts6 = new Map<number, string>();
  #count = 0;
  /** The key and a factor made of it: 32 bits are a small number only where they lie in such an array. */
  readonly #secrets: Int32Array;

  /** `key`: 32 random bits, so that nobody can choose addresses that fall on one another. */
  constructor(key: number) {
    this.#secrets = Int32Array.of(key, (Math.imul(key, SPREAD) ^ SPREAD) | 1);
  }

  get count(): number {
    return this.#count;
  }

  /** The place of `host`, or -1. */
  find(host: string): number {
    const address = addressOf(host);
    if (address === 0) return this.#places6.get(host) ?? -1;
    const cells = this.#cells;
    const mask = cells.length - 1;
    const home = Math.imul(address ^ this.#secrets[0]!, this.#secrets[1]!) >>> this.#shift;
    for (let cell = home; cells[cell] !== 0; cell = (cell + 1) & mask) {
      const place = cells[cell]! - 1;
      if (this.#addresses[place] === address) return place;
    }
    return -1;
  }

  /** Gives `host`, which has none, the next place. */
  add(host: string): number {
    const place = this.#count++;
    if (place === this.#addresses.length) this.#addresses = enlarged(this.#addresses);
    const address = addressOf(host);
    this.#addresses[place] = address;
    if (address === 0) {
      this.#places6.set(host, place);
      this.#hosts6.set(place, host);
      return place;
    }
    if (2 * this.#count > this.#cells.length) this.#spread();
    else this.#fill(place);
    return place;
  }

  /** Takes it away; the last place is `place` from now on, and there is no last one. */
  remove(place: number): void {
    const last = --this.#count;
    this.#leave(place);
    if (place === last) return;
    const address = this.#addresses[last]!;
    if (address === 0) {
      const host = this.#hosts6.get(last)!;
      this.#hosts6.delete(last);
      this.#hosts6.set(place, host);
      this.#places6.set(host, place);
    } else this.#cells[this.#cellOf(last)] = place + 1;
    this.#addresses[place] = address;
  }

  checkInvariants(): void {
    let taken = 0;
    for (const cell of this.#cells) {
      if (cell === 0) continue;
      taken++;
      const address = this.#addresses[cell - 1]! >>> 0;
      const host = [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
      assert(cell <= this.#count && this.find(host) === cell - 1, 'an address is found at its place');
    }
    for (const [host, place] of this.#places6)
      assert(this.#hosts6.get(place) === host && this.#addresses[place] === 0, 'a host knows its place');
    assert(taken + this.#places6.size === this.#count, 'every place is taken');
    assert(this.#places6.size === this.#hosts6.size, 'every host has one place');
  }

  /** The cell of whoever is at `place`, unless others were there before. */
  #homeOf(place: number): number {
    return Math.imul(this.#addresses[place]! ^ this.#secrets[0]!, this.#secrets[1]!) >>> this.#shift;
  }

  #cellOf(place: number): number {
    let cell = this.#homeOf(place);
    while (this.#cells[cell] !== place + 1) cell = (cell + 1) & (this.#cells.length - 1);
    return cell;
  }

  #fill(place: number): void {
    let cell = this.#homeOf(place);
    while (this.#cells[cell] !== 0) cell = (cell + 1) & (this.#cells.length - 1);
    this.#cells[cell] = place + 1;
  }

  /** Twice as many cells, all filled anew. */
  #spread(): void {
    this.#cells = new Int32Array(2 * this.#cells.length);
    this.#shift--;
    for (let place = 0; place < this.#count; place++) if (this.#addresses[place] !== 0) this.#fill(place);
  }

  #leave(place: number): void {
    if (this.#addresses[place] === 0) {
      this.#places6.delete(this.#hosts6.get(place)!);
      this.#hosts6.delete(place);
      return;
    }
    const cells = this.#cells;
    const mask = cells.length - 1;
    let hole = this.#cellOf(place);
    // Whoever stands behind the hole because it was taken moves up: no tombstones.
    for (let cell = (hole + 1) & mask; cells[cell] !== 0; cell = (cell + 1) & mask) {
      const home = this.#homeOf(cells[cell]! - 1);
      if (((cell - home) & mask) < ((cell - hole) & mask)) continue;
      cells[hole] = cells[cell]!;
      hole = cell;
    }
    cells[hole] = 0;
  }
}

/** The four bytes of an IPv4 address as a number, signed; 0 for what is none (and for 0.0.0.0, which nobody is sent to). */
function addressOf(host: string): number {
  if (!readIpv4(host)) return 0;
  return (ipv4Parts[0]! << 24) | (ipv4Parts[1]! << 16) | (ipv4Parts[2]! << 8) | ipv4Parts[3]!;
}

function enlarged(column: Int32Array): Int32Array<ArrayBuffer> {
  const into = new Int32Array(2 * column.length);
  into.set(column);
  return into;
}
