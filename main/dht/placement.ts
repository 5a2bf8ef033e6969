// Which node gets which place in a routing table: the buckets, the indexes and the one rule that both inserting and
// asking beforehand follow, so that "will you take it?" and "take it" cannot disagree.
import { assert } from '../base/assert.ts';
import type { NodeContact } from '../base/contact.ts';
import { IDENTIFIER_BITS, sharedPrefixBits, type NodeId } from '../base/identifier.ts';
import { IndexedHeap } from '../base/indexed-heap.ts';
import { Bucket } from './bucket.ts';
import { NodeIndex } from './node-index.ts';
import { NodeSlab, type NodeFacts } from './node-slab.ts';
import type { RoutingTableOptions, TableNode } from './routing-table-contract.ts';

/** Nobody honest shares 50 bits with us (8 million nodes: about 23): deeper nodes share one bucket (libtorrent: a prank). */
export const DEPTHS = 50;
/** Bytes of an id that decide its depth. */
const DEPTH_BYTES = Math.ceil(DEPTHS / 8);

/** What would be done with a node, and who leaves for it. One object, used again for every question. */
export interface Plan {
  action: 'reject' | 'cache' | 'update' | 'place' | 'reuse';
  depth: number;
  /** Records; of 'update' the one to update. */
  readonly leaving: number[];
}

export class Placement {
  selfId: NodeId;
  readonly slab: NodeSlab;
  readonly index: NodeIndex;
  readonly buckets = new Array<Bucket | null>(DEPTHS).fill(null);
  /** On top the bucket that gives way: the shallowest, and of equals the emptiest. */
  readonly reuseOrder = new IndexedHeap<Bucket, 'heapPlace'>(
    'heapPlace',
    (a, b) => a.depth - b.depth || a.count - b.count,
  );
  readonly #bucketSizeAt: (depth: number) => number;
  readonly #bucketsMax: number;
  readonly #replacementsMax: number;
  readonly #acceptsUnanswered: boolean;
  readonly #plan: Plan = { action: 'reject', depth: 0, leaving: [] };

  constructor(options: Omit<RoutingTableOptions, 'clock' | 'onRetired'>) {
    const { selfId, bucketSize, random } = options;
    this.selfId = selfId;
    this.#bucketSizeAt = typeof bucketSize === 'number' ? () => bucketSize : bucketSize;
    this.#bucketsMax = options.bucketsMax ?? DEPTHS;
    this.#replacementsMax = options.replacementsMax ?? 0;
    this.#acceptsUnanswered = options.acceptsUnanswered ?? false;
    this.slab = new NodeSlab(options.family ?? 4);
    this.index = new NodeIndex(this.slab, random, options.isOnePerSubnet ?? true, (record) => this.depthOf(record));
  }

  /** What to do with `node`. The answer is valid until the next question; nothing changes. */
  planFor(node: NodeContact, hasAnswered: boolean, nowMs: number): Plan {
    const plan = this.#plan;
    plan.action = 'reject';
    plan.leaving.length = 0;
    if (!this.index.load(node.id, node.contact)) return plan;
    const sharedBits = sharedPrefixBits(this.selfId, node.id);
    if (sharedBits === IDENTIFIER_BITS) return plan;
    plan.depth = Math.min(sharedBits, DEPTHS - 1);
    const sameHost = this.index.findByHost();
    const sameId = this.index.findById();
    if (sameHost !== -1 && sameHost === sameId && this.index.isSamePort(sameHost)) {
      plan.action = 'update';
      plan.leaving.push(sameHost);
    } else if (this.#claimsAllow(plan, hasAnswered, sameHost, sameId, nowMs)) {
      plan.action = this.#placeFor(plan, hasAnswered);
    }
    return plan;
  }

  /** Adds the node that `planFor` was last asked about; its bucket has room. */
  put(depth: number, facts: NodeFacts, nowMs: number): number {
    const bucket = this.#bucketAt(depth, nowMs);
    const record = this.slab.allocate(this.index.question);
    this.slab.setFacts(record, facts);
    if (this.slab.isBad(record)) bucket.badCount++;
    this.slab.slots[record] = bucket.add(record, this.slab.idHeadOf(record));
    this.slab.queriedOrder.addUntouched(record);
    this.index.add(record);
    this.reuseOrder.update(bucket);
    bucket.changedAtMs = nowMs;
    return record;
  }

  remove(record: number): void {
    const bucket = this.bucketOf(record);
    if (this.slab.isBad(record)) bucket.badCount--;
    const slot = this.slab.slots[record]!;
    const moved = bucket.removeAt(slot);
    if (moved !== -1) this.slab.slots[moved] = slot;
    this.index.remove(record);
    this.slab.queriedOrder.remove(record);
    this.slab.free(record);
    this.reuseOrder.update(bucket);
    this.releaseIfEmpty(bucket);
  }

  bucketOf(record: number): Bucket {
    return this.buckets[this.depthOf(record)]!;
  }

  /** Which bucket `record` is in: by its id, for reading that costs no more than another column would. */
  depthOf(record: number): number {
    const { selfId } = this;
    const { compact, stride } = this.slab;
    const at = record * stride;
    for (let index = 0; index < DEPTH_BYTES; index++) {
      const difference = compact[at + index]! ^ selfId[index]!;
      if (difference !== 0) return Math.min(index * 8 + Math.clz32(difference) - 24, DEPTHS - 1);
    }
    return DEPTHS - 1;
  }

  /** Lets a node that may not enter yet wait at `depth`; makes the bucket if there is none. */
  cache(
    depth: number,
    { id, contact }: NodeContact,
    hasAnswered: boolean,
    roundTripMs: number,
    seenAtMs: number,
  ): void {
    const replacement = { id, contact, hasAnswered, roundTripMs, seenAtMs };
    this.#bucketAt(depth, seenAtMs).addReplacement(replacement, this.#replacementsMax);
  }

  /** If there are as many buckets as may be, empties the one that gives way and returns its good nodes. */
  makeRoomForBucket(nowMs: number): TableNode[] {
    const retired: TableNode[] = [];
    if (this.reuseOrder.size < this.#bucketsMax) return retired;
    const bucket = this.reuseOrder.top()!;
    while (bucket.count > 0) {
      const record = bucket.recordAt(bucket.count - 1);
      if (this.slab.isGood(record, nowMs)) retired.push(this.slab.toNode(record, nowMs));
      this.remove(record);
    }
    this.#release(bucket);
    return retired;
  }

  /** Everything goes, replacements too. */
  clear(): void {
    for (const bucket of this.buckets) {
      while (bucket !== null && bucket.count > 0) this.remove(bucket.recordAt(bucket.count - 1));
      if (bucket !== null) this.#release(bucket);
    }
  }

  /** In the order of depths and slots. */
  *records(): Iterable<number> {
    for (const bucket of this.buckets)
      for (let slot = 0; bucket !== null && slot < bucket.count; slot++) yield bucket.recordAt(slot);
  }

  releaseIfEmpty(bucket: Bucket): void {
    if (bucket.count === 0 && bucket.replacements.length === 0) this.#release(bucket);
  }

  checkInvariants(): void {
    this.slab.checkInvariants();
    this.index.checkInvariants();
    this.reuseOrder.checkInvariants();
    let records = 0;
    let present = 0;
    for (const [depth, bucket] of this.buckets.entries()) {
      if (bucket === null) continue;
      present++;
      assert(bucket.depth === depth && this.reuseOrder.has(bucket), 'a bucket stands at its depth and in the heap');
      bucket.checkInvariants();
      this.#checkBucket(bucket);
      records += bucket.count;
    }
    assert(records === this.slab.count, 'every record is in exactly one bucket');
    assert(present === this.reuseOrder.size && present <= this.#bucketsMax, 'buckets within their limit');
  }

  #checkBucket(bucket: Bucket): void {
    let badCount = 0;
    for (let slot = 0; slot < bucket.count; slot++) {
      const record = bucket.recordAt(slot);
      const id = this.slab.compact.subarray(record * this.slab.stride, record * this.slab.stride + 20);
      const sharedBits = sharedPrefixBits(this.selfId, id);
      assert(Math.min(sharedBits, DEPTHS - 1) === bucket.depth, 'a bucket holds ids of its depth');
      assert(this.depthOf(record) === bucket.depth && this.slab.slots[record] === slot, 'a record knows its slot');
      assert(bucket.heads[slot]! >>> 0 === this.slab.idHeadOf(record), 'a bucket knows the heads of its ids');
      if (this.slab.isBad(record)) badCount++;
    }
    assert(badCount === bucket.badCount, 'a bucket counts its bad records');
    assert(bucket.replacements.length <= this.#replacementsMax, 'replacements within their limit');
  }

  /**
   * One node an address, an id, and a subnet of a bucket. Who has answered us takes over what belongs to a bad node, its
   * own place when its id changed, and its own place when its port changed and the old one fell silent. Hearsay nothing.
   */
  #claimsAllow(plan: Plan, hasAnswered: boolean, sameHost: number, sameId: number, nowMs: number): boolean {
    const sameSubnet = this.index.findBySubnet(plan.depth);
    for (const record of [sameHost, sameId, sameSubnet]) {
      if (record === -1 || plan.leaving.includes(record)) continue;
      const isOwn =
        record === sameHost &&
        (this.index.isSamePort(record) || (record === sameId && !this.slab.isGood(record, nowMs)));
      if (!hasAnswered || !(isOwn || this.slab.isBad(record))) return false;
      plan.leaving.push(record);
    }
    return true;
  }

  #placeFor(plan: Plan, hasAnswered: boolean): Plan['action'] {
    const bucket = this.buckets[plan.depth] ?? null;
    const hasRoomForBucket = bucket !== null || this.reuseOrder.size < this.#bucketsMax;
    const otherwise = this.#replacementsMax > 0 && hasRoomForBucket ? 'cache' : 'reject';
    if (!hasAnswered && !this.#acceptsUnanswered) return otherwise;
    if (bucket === null) {
      if (hasRoomForBucket) return 'place';
      return hasAnswered && this.reuseOrder.top()!.depth < plan.depth ? 'reuse' : 'reject';
    }
    if (!bucket.isFull || plan.leaving.some((record) => this.depthOf(record) === plan.depth)) return 'place';
    if (bucket.badCount === 0) return otherwise;
    for (let slot = 0; slot < bucket.count; slot++) {
      if (!this.slab.isBad(bucket.recordAt(slot))) continue;
      plan.leaving.push(bucket.recordAt(slot));
      break;
    }
    return 'place';
  }

  #release(bucket: Bucket): void {
    if (this.buckets[bucket.depth] !== bucket) return;
    this.reuseOrder.remove(bucket);
    this.buckets[bucket.depth] = null;
  }

  #bucketAt(depth: number, nowMs: number): Bucket {
    const known = this.buckets[depth] ?? null;
    if (known !== null) return known;
    assert(this.reuseOrder.size < this.#bucketsMax, 'a bucket is made only below the limit');
    const bucket = new Bucket(depth, this.#bucketSizeAt(depth), nowMs);
    this.buckets[depth] = bucket;
    this.reuseOrder.push(bucket);
    return bucket;
  }
}
