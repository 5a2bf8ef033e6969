// From a key (an id, an address) to the place of its record in a slab, in constant time and 4.3 to 4.9 bytes a record. Open
// addressing over one typed array: keys stay in the slab and are read there when needed, which is seldom, for reading a
// record somewhere in a large slab costs more than all else here.
//
// A cell is a place and how many steps it stands behind where its key belongs; whoever stands farther from home goes first
// (Celis's "Robin Hood hashing", 1986). So whoever is looked for stands among those of the same home and steps, his key is
// compared with one or two others, and a search in vain ends as soon as it has gone farther than the cell it looks at. It
// stays quick at nine tenths full, and removing needs no key at all.
// The hash is keyed, because ids and addresses are chosen by strangers.
import { assert } from '../base/assert.ts';
import type { KeyedHash } from '../base/keyed-hash.ts';

const CELLS_MIN = 16;
const FULL_SHARE = 0.92;
/** By an eighth: then little is empty right after growing, and as a table fills each record is placed again some 8 times. */
const GROWTH_SHIFT = 3;
/** The lower bits of a cell. */
const STEPS_BITS = 8;
const STEPS_MAX = 2 ** STEPS_BITS - 1;
/** Above them the place plus one, in 24 bits. 0: the cell is free. */
const RECORD_MAX = 2 ** 24 - 2;

/** The records whose keys are looked for; their memory may change place as the slab grows. */
export interface KeySource {
  readonly compact: Uint8Array;
  readonly stride: number;
}

export class SlabIndex {
  #cells = new Int32Array(CELLS_MIN);
  #limit = Math.floor(CELLS_MIN * FULL_SHARE);
  #count = 0;
  /** Nobody stands more steps from home. One more record makes it one more at most. */
  #farthest = 0;
  readonly #hash: KeyedHash;
  readonly #source: KeySource;
  readonly #keyStart: number;
  readonly #keyBytes: number;

  /** The key of a record is the `keyBytes` bytes at `keyStart` of it. */
  constructor(hash: KeyedHash, source: KeySource, keyStart: number, keyBytes: number) {
    this.#hash = hash;
    this.#source = source;
    this.#keyStart = keyStart;
    this.#keyBytes = keyBytes;
  }

  get count(): number {
    return this.#count;
  }

  /**
   * The record whose key is at `start` of `bytes`, or -1. Where several may have the same key, more bytes than the key's
   * can be `compared`, or one turned down by `accepts`.
   */
  find(bytes: Uint8Array, start: number, compared = this.#keyBytes, accepts?: (record: number) => boolean): number {
    const cells = this.#cells;
    let cell = this.#homeOf(bytes, start);
    for (let steps = 0; ; steps++) {
      const held = cells[cell]!;
      if (held === 0 || (held & STEPS_MAX) < steps) return -1;
      if ((held & STEPS_MAX) === steps) {
        const record = (held >>> STEPS_BITS) - 1;
        if (this.#hasKey(record, bytes, start, compared) && (accepts === undefined || accepts(record))) return record;
      }
      if (++cell === cells.length) cell = 0;
    }
  }

  add(record: number): void {
    assert(record <= RECORD_MAX, 'a place has three bytes');
    if (this.#count === this.#limit || this.#farthest >= STEPS_MAX - 1) this.#enlarge();
    this.#place(record);
    this.#count++;
  }

  remove(record: number): void {
    const cells = this.#cells;
    const { compact, stride } = this.#source;
    let hole = this.#homeOf(compact, record * stride + this.#keyStart);
    while (cells[hole]! >>> STEPS_BITS !== record + 1) {
      assert(cells[hole] !== 0, 'only a record of this index can leave it');
      hole = this.#after(hole);
    }
    // Whoever stands behind the hole and not at home moves up by a step.
    for (let cell = this.#after(hole); (cells[cell]! & STEPS_MAX) !== 0; cell = this.#after(cell)) {
      cells[hole] = cells[cell]! - 1;
      hole = cell;
    }
    cells[hole] = 0;
    this.#count--;
  }

  checkInvariants(): void {
    const { compact, stride } = this.#source;
    let taken = 0;
    for (const [cell, held] of this.#cells.entries()) {
      if (held === 0) continue;
      taken++;
      const record = (held >>> STEPS_BITS) - 1;
      const steps = held & STEPS_MAX;
      const start = record * stride + this.#keyStart;
      const home = this.#homeOf(compact, start);
      assert((home + steps) % this.#cells.length === cell, 'a cell knows how far from home it is');
      const before = this.#cells[cell === 0 ? this.#cells.length - 1 : cell - 1]!;
      assert(steps === 0 || (before !== 0 && (before & STEPS_MAX) >= steps - 1), 'who is farther from home goes first');
      const found = this.find(compact, start, this.#keyBytes, (other) => other === record);
      assert(found === record, 'every record of an index is found by its key');
    }
    assert(taken === this.#count && taken <= this.#limit && this.#farthest < STEPS_MAX, 'the index counts its records');
  }

  #homeOf(bytes: Uint8Array, start: number): number {
    this.#hash.digest(bytes, start, this.#keyBytes);
    return Math.floor((this.#hash.low / 2 ** 32) * this.#cells.length);
  }

  #hasKey(record: number, bytes: Uint8Array, start: number, count: number): boolean {
    const { compact, stride } = this.#source;
    const at = record * stride + this.#keyStart;
    for (let index = 0; index < count; index++) if (compact[at + index] !== bytes[start + index]) return false;
    return true;
  }

  #after(cell: number): number {
    return cell + 1 === this.#cells.length ? 0 : cell + 1;
  }

  #place(record: number): void {
    const cells = this.#cells;
    const { compact, stride } = this.#source;
    let held = (record + 1) << STEPS_BITS;
    for (let cell = this.#homeOf(compact, record * stride + this.#keyStart); ; cell = this.#after(cell), held++) {
      const other = cells[cell]!;
      const steps = held & STEPS_MAX;
      if (other !== 0 && (other & STEPS_MAX) >= steps) continue;
      cells[cell] = held;
      if (steps > this.#farthest) this.#farthest = steps;
      if (other === 0) return;
      held = other;
    }
  }

  #enlarge(): void {
    const old = this.#cells;
    const cellCount = old.length + Math.max(CELLS_MIN, old.length >> GROWTH_SHIFT);
    this.#cells = new Int32Array(cellCount);
    this.#limit = Math.floor(cellCount * FULL_SHARE);
    this.#farthest = 0;
    for (const held of old) if (held !== 0) this.#place((held >>> STEPS_BITS) - 1);
    assert(this.#farthest < STEPS_MAX, 'nobody is farther from home than a cell can say');
  }
}
