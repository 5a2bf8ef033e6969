// The records of a table that are nearest to a target by XOR, without looking at more buckets than needed.
//
// Let d be the depth of the target (bits it shares with the table's id). Then, from near to far:
//   bucket d                   its nodes differ from the id where the target does, so they share more than d bits with it
//   buckets deeper than d      all share exactly d bits with the target. Bucket e differs from the deeper ones at bit e,
//                              so it is nearer than they are if the target has that bit other than the id, else farther
//   buckets d-1, d-2, ... 0    share exactly that many bits
// Depths without a bucket are skipped, and the deepest bucket, which is mixed, stays between nearer and farther ones.
import { sharedPrefixBits } from '../base/identifier.ts';
import type { Bucket } from './bucket.ts';
import { headOf, type NodeSlab } from './node-slab.ts';

export interface NearestQuestion {
  readonly selfId: Uint8Array;
  /** By depth. */
  readonly buckets: readonly (Bucket | null)[];
  readonly target: Uint8Array;
  /** Where the 20 bytes of the target start. */
  readonly targetStart: number;
  readonly count: number;
  readonly onlyGood: boolean;
  readonly nowMs: number;
}

/** Heads and distances are compared as signed numbers, which are cheaper: with the first bit turned, their order is the same. */
const TURNED = 0x8000_0000 | 0;
const FARTHEST = 0x7fff_ffff;
/** In a bucket with so many nodes for each one that is wanted, the nearest are looked for among those that are near. */
const CROWDED = 4;
/** How many times what is wanted to expect there: it suffices in 99 of 100 buckets. */
const EXPECTED = 2;
const HEAD_BITS = 32;

export class NearestNodes {
  /** The records found, nearest first. */
  records = new Int32Array(8);
  #distances = new Int32Array(8);
  /** Of the bucket that is looked at. */
  #slots = new Uint16Array(128);
  readonly #target = new Uint8Array(20);
  /** Its first 32 bits, turned. */
  #targetHead = 0;
  #found = 0;
  #wanted = 0;
  #onlyGood = false;
  #nowMs = 0;
  readonly #slab: NodeSlab;

  constructor(slab: NodeSlab) {
    this.#slab = slab;
  }

  /** Fills `records` and returns how many. */
  search({ selfId, buckets, target, targetStart, count, onlyGood, nowMs }: NearestQuestion): number {
    for (let index = 0; index < 20; index++) this.#target[index] = target[targetStart + index]!;
    this.#targetHead = headOf(this.#target, 0) ^ TURNED;
    this.#found = 0;
    this.#wanted = count;
    this.#onlyGood = onlyGood;
    this.#nowMs = nowMs;
    if (this.records.length < count) {
      this.records = new Int32Array(count);
      this.#distances = new Int32Array(count);
    }
    this.#visit(selfId, buckets);
    return this.#found;
  }

  #visit(selfId: Uint8Array, buckets: readonly (Bucket | null)[]): void {
    const deepest = buckets.length - 1;
    const depth = Math.min(sharedPrefixBits(selfId, this.#target), deepest);
    if (this.#take(buckets[depth]!)) return;
    if (depth < deepest) {
      for (let deeper = depth + 1; deeper < deepest; deeper++)
        if (this.#differsAt(selfId, deeper) && this.#take(buckets[deeper]!)) return;
      if (this.#take(buckets[deepest]!)) return;
      for (let deeper = deepest - 1; deeper > depth; deeper--)
        if (!this.#differsAt(selfId, deeper) && this.#take(buckets[deeper]!)) return;
    }
    for (let shallower = depth - 1; shallower >= 0; shallower--) if (this.#take(buckets[shallower]!)) return;
  }

  #differsAt(selfId: Uint8Array, bit: number): boolean {
    return (((selfId[bit >> 3]! ^ this.#target[bit >> 3]!) << (bit & 7)) & 0x80) !== 0;
  }

  /** Adds the nearest of `bucket` behind those found; true when there are enough. */
  #take(bucket: Bucket | null): boolean {
    if (bucket === null) return false;
    const first = this.#found;
    const guess = this.#guess(bucket);
    if (this.#sort(bucket, first, this.#gather(bucket, guess))) return true;
    return guess !== FARTHEST && this.#sort(bucket, first, this.#gather(bucket, FARTHEST));
  }

  /** How far away the nearest of `bucket` are at most, most likely: its ids are spread evenly behind the bits they share. */
  #guess({ count, depth, heads }: Bucket): number {
    const wanted = this.#wanted - this.#found;
    const freeBits = HEAD_BITS - 1 - depth;
    if (count < CROWDED * wanted || freeBits < 1) return FARTHEST;
    const width = 2 ** freeBits;
    const nearest = (heads[0]! ^ this.#targetHead) & -width;
    return nearest + Math.floor((width / count) * EXPECTED * wanted);
  }

  /** The slots of those not farther away than `limit`, into #slots; returns how many. Four at a time cost a third. */
  #gather({ heads, count }: Bucket, limit: number): number {
    if (this.#slots.length < count) this.#slots = new Uint16Array(count);
    const slots = this.#slots;
    const targetHead = this.#targetHead;
    let gathered = 0;
    let slot = 0;
    for (const end = count - 3; slot < end; slot += 4) {
      if ((heads[slot]! ^ targetHead) <= limit) slots[gathered++] = slot;
      if ((heads[slot + 1]! ^ targetHead) <= limit) slots[gathered++] = slot + 1;
      if ((heads[slot + 2]! ^ targetHead) <= limit) slots[gathered++] = slot + 2;
      if ((heads[slot + 3]! ^ targetHead) <= limit) slots[gathered++] = slot + 3;
    }
    for (; slot < count; slot++) if ((heads[slot]! ^ targetHead) <= limit) slots[gathered++] = slot;
    return gathered;
  }

  /** The nearest of those gathered take their places from `first` on; false when these were too few. */
  #sort(bucket: Bucket, first: number, gathered: number): boolean {
    const { heads } = bucket;
    const { records } = this;
    const slots = this.#slots;
    const slab = this.#slab;
    const distances = this.#distances;
    const targetHead = this.#targetHead;
    const wanted = this.#wanted;
    let farthest = FARTHEST;
    let found = first;
    for (let index = 0; index < gathered; index++) {
      const slot = slots[index]!;
      const distance = heads[slot]! ^ targetHead;
      // Once there are enough, most are out by this comparison.
      if (distance > farthest) continue;
      const record = bucket.recordAt(slot);
      if (this.#onlyGood && !slab.isGood(record, this.#nowMs)) continue;
      if (found === wanted && distance === farthest && !this.#isNearer(record, records[wanted - 1]!)) continue;
      let place = found < wanted ? found++ : wanted - 1;
      for (; place > first; place--) {
        const before = distances[place - 1]!;
        if (distance > before || (distance === before && !this.#isNearer(record, records[place - 1]!))) break;
        records[place] = records[place - 1]!;
        distances[place] = before;
      }
      records[place] = record;
      distances[place] = distance;
      if (found === wanted) farthest = distances[wanted - 1]!;
    }
    this.#found = found;
    return found === wanted;
  }

  /** Of two records with the same head. */
  #isNearer(record: number, than: number): boolean {
    const { compact, stride } = this.#slab;
    for (let index = 4; index < 20; index++) {
      const target = this.#target[index]!;
      const difference = (compact[record * stride + index]! ^ target) - (compact[than * stride + index]! ^ target);
      if (difference !== 0) return difference < 0;
    }
    return false;
  }
}
