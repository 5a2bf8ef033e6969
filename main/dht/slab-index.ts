// From a key (id, address, subnet) to the place of its record in a slab, in constant time and some 3 bytes a record (6 in a
// very large slab): open addressing over a typed array that holds places only; keys stay in the slab and are read back when needed.
// The hash is keyed, because ids and addresses are chosen by strangers.
import { assert } from '../base/assert.ts';
import type { KeyedHash } from '../base/keyed-hash.ts';

const CELLS_MIN = 16;
const FULL_SHARE = 0.75;
const GROWTH = 1.25;
/** Up to this record two bytes a cell suffice. */
const SHORT_RECORD_MAX = 0xfffe;

export class SlabIndex {
  /** Place + 1; 0 is free. Never more than three quarters full, as searching in vain takes long then. */
  #cells: Uint16Array | Int32Array = new Uint16Array(CELLS_MIN);
  #count = 0;
  readonly #hash: KeyedHash;
  readonly #writeKey: (record: number, into: Uint8Array) => void;
  readonly #scratch: Uint8Array;

  /** `writeKey` writes the `keyBytes` bytes of the key of `record`. */
  constructor(hash: KeyedHash, keyBytes: number, writeKey: (record: number, into: Uint8Array) => void) {
    this.#hash = hash;
    this.#writeKey = writeKey;
    this.#scratch = new Uint8Array(keyBytes);
  }

  get count(): number {
    return this.#count;
  }

  /** The record with this key, or -1. */
  find(key: Uint8Array): number {
    for (let cell = this.#homeOf(key); this.#cells[cell] !== 0; cell = this.#after(cell)) {
      const record = this.#cells[cell]! - 1;
      this.#writeKey(record, this.#scratch);
      if (sameKey(this.#scratch, key)) return record;
    }
    return -1;
  }

  /** No record with the same key may be in. */
  add(record: number): void {
    const wasWide = this.#cells instanceof Int32Array;
    const isWide = wasWide || record > SHORT_RECORD_MAX;
    if (isWide !== wasWide || this.#count + 1 > FULL_SHARE * this.#cells.length) this.#enlarge(isWide);
    this.#place(record);
    this.#count++;
  }

  remove(record: number): void {
    this.#writeKey(record, this.#scratch);
    let hole = this.#homeOf(this.#scratch);
    while (this.#cells[hole] !== record + 1) {
      assert(this.#cells[hole] !== 0, 'only a record of this index can leave it');
      hole = this.#after(hole);
    }
    // Whoever stands behind the hole because it was taken moves up: no tombstones.
    for (let cell = this.#after(hole); this.#cells[cell] !== 0; cell = this.#after(cell)) {
      this.#writeKey(this.#cells[cell]! - 1, this.#scratch);
      const home = this.#homeOf(this.#scratch);
      if (this.#stepsFrom(home, cell) < this.#stepsFrom(hole, cell)) continue;
      this.#cells[hole] = this.#cells[cell]!;
      hole = cell;
    }
    this.#cells[hole] = 0;
    this.#count--;
  }

  clear(): void {
    this.#cells = new Uint16Array(CELLS_MIN);
    this.#count = 0;
  }

  checkInvariants(): void {
    let taken = 0;
    const key = new Uint8Array(this.#scratch.length);
    for (const cell of this.#cells) {
      if (cell === 0) continue;
      taken++;
      this.#writeKey(cell - 1, key);
      assert(this.find(key) === cell - 1, 'every record of an index is found by its key');
    }
    assert(taken === this.#count && taken <= FULL_SHARE * this.#cells.length, 'the index counts its records');
  }

  #homeOf(key: Uint8Array): number {
    this.#hash.digest(key);
    return Math.floor((this.#hash.low / 2 ** 32) * this.#cells.length);
  }

  #after(cell: number): number {
    return cell + 1 === this.#cells.length ? 0 : cell + 1;
  }

  #stepsFrom(cell: number, to: number): number {
    return to >= cell ? to - cell : to - cell + this.#cells.length;
  }

  #place(record: number): void {
    this.#writeKey(record, this.#scratch);
    let cell = this.#homeOf(this.#scratch);
    while (this.#cells[cell] !== 0) cell = this.#after(cell);
    this.#cells[cell] = record + 1;
  }

  #enlarge(isWide: boolean): void {
    const old = this.#cells;
    const cellCount = Math.ceil(old.length * GROWTH);
    this.#cells = isWide ? new Int32Array(cellCount) : new Uint16Array(cellCount);
    for (const cell of old) if (cell !== 0) this.#place(cell - 1);
  }
}

function sameKey(a: Uint8Array, b: Uint8Array): boolean {
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
