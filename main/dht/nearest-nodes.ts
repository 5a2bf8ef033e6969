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

/** The table that is searched, as it is at the moment of searching. */
export interface NearestSource {
  readonly selfId: Uint8Array;
  /** By depth. */
  readonly buckets: readonly (Bucket | null)[];
  readonly slab: NodeSlab;
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
  /** Depths that #widen looks at. */
  readonly #order = new Uint8Array(256);
  readonly #target = new Uint8Array(20);
  /** Its first 32 bits, turned. */
  #targetHead = 0;
  #found = 0;
  #wanted = 0;
  #onlyGood = false;
  #nowMs = 0;
  readonly #source: NearestSource;

  constructor(source: NearestSource) {
    this.#source = source;
  }

  /** Fills `records` with the nearest to the 20 bytes at `targetStart` and returns how many, `count` at most. */
  search(target: Uint8Array, targetStart: number, count: number, onlyGood: boolean, nowMs: number): number {
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
    const { selfId, buckets } = this.#source;
    const depth = Math.min(sharedPrefixBits(selfId, this.#target), buckets.length - 1);
    // Nearly always enough; whatever is called from one place only, the engine can make one piece of.
    if (!this.#take(buckets[depth]!)) this.#widen(depth);
    return this.#found;
  }

  /** The bucket at `depth` had too few: the others in the order of their distance. */
  #widen(depth: number): void {
    const { selfId, buckets } = this.#source;
    const order = this.#order;
    const deepest = buckets.length - 1;
    let length = 0;
    if (depth < deepest) {
      for (let deeper = depth + 1; deeper < deepest; deeper++)
        if (buckets[deeper] !== null && this.#differsAt(selfId, deeper)) order[length++] = deeper;
      order[length++] = deepest;
      for (let deeper = deepest - 1; deeper > depth; deeper--)
        if (buckets[deeper] !== null && !this.#differsAt(selfId, deeper)) order[length++] = deeper;
    }
    for (let shallower = depth - 1; shallower >= 0; shallower--) order[length++] = shallower;
    for (let index = 0; index < length; index++) if (this.#take(buckets[order[index]!]!)) return;
  }

  #differsAt(selfId: Uint8Array, bit: number): boolean {
    return (((selfId[bit >> 3]! ^ this.#target[bit >> 3]!) << (bit & 7)) & 0x80) !== 0;
  }

  /** Adds the nearest of `bucket` behind those found; true when there are enough. */
  #take(bucket: Bucket | null): boolean {
    if (bucket === null) return false;
    const first = this.#found;
    for (let limit = this.#guess(bucket); ; limit = FARTHEST) {
      if (this.#sort(bucket, first, this.#gather(bucket, limit))) return true;
      if (limit === FARTHEST) return false;
    }
  }

  /** How far away the nearest of `bucket` are at most, most likely: its ids are spread evenly behind the bits they share. */
  #guess({ count, depth, heads }: Bucket): number {
    const wanted = this.#wanted - this.#found;
    const freeBits = HEAD_BITS - 1 - depth;
    if (count < CROWDED * wanted || freeBits < 1) return FARTHEST;
    const width = 2 ** freeBits;
    const nearest = (heads[0]! ^ this.#targetHead) & -width;
    return Math.min(FARTHEST, nearest + Math.floor((width / count) * EXPECTED * wanted));
  }

  /**
   * The slots of those not farther away than `limit`, into #slots; returns how many. Who is near is a matter of chance, which
   * no processor foresees: every slot is written, and only the place of the next one depends on it.
   */
  #gather({ heads, count }: Bucket, limit: number): number {
    // One more than there are: the last is written too when it is not taken.
    if (this.#slots.length <= count) this.#slots = new Uint16Array(count + 1);
    const slots = this.#slots;
    const targetHead = this.#targetHead;
    const nearest = limit >> 1;
    let gathered = 0;
    for (let slot = 0; slot < count; slot++) {
      slots[gathered] = slot;
      // 1 or 0 by the sign of a difference; halves, so that it cannot overflow.
      gathered += 1 + (((nearest - ((heads[slot]! ^ targetHead) >> 1)) | 0) >> 31);
    }
    return gathered;
  }

  /** The nearest of those gathered take their places from `first` on; false when these were too few. */
  #sort(bucket: Bucket, first: number, gathered: number): boolean {
    const { heads } = bucket;
    const { records } = this;
    const slots = this.#slots;
    const { slab } = this.#source;
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
    const { compact, stride } = this.#source.slab;
    for (let index = 4; index < 20; index++) {
      const target = this.#target[index]!;
      const difference = (compact[record * stride + index]! ^ target) - (compact[than * stride + index]! ^ target);
      if (difference !== 0) return difference < 0;
    }
    return false;
  }
}
