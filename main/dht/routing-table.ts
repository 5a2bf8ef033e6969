// Kademlia's table of nodes (BEP 5, "Routing Table"): the node keeps one around its own id, the scraper one around each
// needle. Nothing on a packet's path looks at more than a bucket or two, most of it at none.
//
// Where this differs from BEP 5:
// - Splitting the bucket that holds our id, again and again, ends in one bucket for each number of shared bits. Here a
//   bucket is made when the first node of its depth comes: depths may be missing, and no node ever has to be moved.
// - Who has not answered us waits as a replacement (libtorrent: "pinged"); a table may be told otherwise.
// - One node an address, and one a /24 (v6: /64) in each bucket, so that nobody fills a bucket from one network.
// - A table may have a limit of buckets: then a new, deeper one takes the place of the shallowest, whose good nodes are
//   handed to onRetired (the user's "retire good vector").
import { assert } from '../base/assert.ts';
import { bytesEqual } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import type { Contact, NodeContact } from '../base/contact.ts';
import { asNodeId, IDENTIFIER_BYTES, type NodeId } from '../base/identifier.ts';
import type { Bucket } from './bucket.ts';
import type { SavedTable } from './dht-contract.ts';
import { NearestNodes } from './nearest-nodes.ts';
import {
  BAD_AFTER_FAILURES,
  factsOf,
  GOOD_FOR_MS,
  NODE_FLAGS,
  sampleFlags,
  savedToNode,
  type NodeFacts,
} from './node-slab.ts';
import { Placement, type Plan } from './placement.ts';
import type { InsertOutcome, RoutingTableOptions, Sighting, TableNode } from './routing-table-contract.ts';

export type * from './routing-table-contract.ts';

/** libtorrent's first buckets are larger: half of all lookups start in the first. Then BEP 5's K. */
export function mainBucketSize(depth: number): number {
  return depth < 4 ? 128 >> depth : 8;
}

/** What a node's own table is made of. */
export const MAIN_TABLE = { bucketSize: mainBucketSize, replacementsMax: 8 } as const;

/** A node that stays bad with nobody waiting for its place leaves at last. */
const REMOVED_AFTER_FAILURES = 2 * BAD_AFTER_FAILURES;

export class RoutingTable {
  readonly #clock: Clock;
  readonly #onRetired: (node: TableNode) => void;
  readonly #placement: Placement;
  readonly #nearest: NearestNodes;

  constructor(options: RoutingTableOptions) {
    this.#clock = options.clock;
    this.#onRetired = options.onRetired ?? (() => undefined);
    this.#placement = new Placement(options);
    this.#nearest = new NearestNodes(this.#placement);
  }

  get selfId(): NodeId {
    return this.#placement.selfId;
  }

  get nodeCount(): number {
    return this.#placement.slab.count;
  }

  get bucketCount(): number {
    return this.#placement.reuseOrder.size;
  }

  insert(node: NodeContact, sighting: Sighting): InsertOutcome {
    const { hasAnswered, roundTripMs = 0, supportsSamples } = sighting;
    const nowMs = this.#clock.nowMs();
    const heardAtMs = hasAnswered ? nowMs : -Infinity;
    const samples = supportsSamples === undefined ? 0 : sampleFlags(supportsSamples);
    const flags = (hasAnswered ? NODE_FLAGS.hasAnswered : 0) | samples;
    return this.#insert(node, { flags, failCount: 0, roundTripMs, heardAtMs }, nowMs);
  }

  /** True exactly when insert would say 'inserted', 'updated' or 'replaced'. Changes nothing. */
  willAccept(node: NodeContact, sighting: Pick<Sighting, 'hasAnswered'> = { hasAnswered: true }): boolean {
    const { action } = this.#placement.planFor(node, sighting.hasAnswered, this.#clock.nowMs());
    return action !== 'reject' && action !== 'cache';
  }

  find(contact: Contact): TableNode | null {
    const record = this.#recordOf(contact);
    return record === -1 ? null : this.#placement.slab.toNode(record, this.#clock.nowMs());
  }

  /** Whether a node with another id than `node` says is known at its address and port. */
  isSomebodyElse(node: NodeContact): boolean {
    const record = this.#recordOf(node.contact);
    return record !== -1 && !this.#placement.slab.hasId(record, node.id);
  }

  findById(id: Uint8Array): TableNode | null {
    const record = this.#placement.index.findByIdBytes(id);
    return record === -1 ? null : this.#placement.slab.toNode(record, this.#clock.nowMs());
  }

  /** The nearest by XOR, nearest first; `onlyGood` leaves out all others. */
  closest(target: Uint8Array, count: number, onlyGood = false): TableNode[] {
    const nowMs = this.#clock.nowMs();
    const found = this.#nearest.search(target, 0, count, onlyGood, nowMs);
    return Array.from(this.#nearest.records.subarray(0, found), (record) => this.#placement.slab.toNode(record, nowMs));
  }

  /** Whether it knows at least `count` good nodes. */
  hasGood(count: number): boolean {
    return this.#nearest.search(this.selfId, 0, count, true, this.#clock.nowMs()) === count;
  }

  /** Writes the nearest good (or all) nodes to the target at `at` in compact form, by pairs of bytes; returns how many. */
  writeClosest(target: Uint8Array, at: number, count: number, into: Uint16Array, nowMs: number, all = false): number {
    const found = this.#nearest.search(target, at, count, !all, nowMs);
    const { nodeBytes, stride, compactPairs } = this.#placement.slab;
    const pairs = nodeBytes / 2;
    for (let place = 0, to = 0; place < found; place++) {
      const from = (this.#nearest.records[place]! * stride) / 2;
      for (let index = 0; index < pairs; index++) into[to++] = compactPairs[from + index]!;
    }
    return found;
  }

  /** A query is on its way to it: it goes to the end of the timeout queue. */
  queried(contact: Contact): void {
    const record = this.#recordOf(contact);
    if (record !== -1) this.#placement.slab.queriedOrder.touch(record, this.#clock.nowMs());
  }

  /** It asked us something: that keeps a node good that has answered us once. False: not in the table. */
  heard(contact: Contact, nowMs = this.#clock.nowMs()): boolean {
    const record = this.#recordOf(contact);
    if (record === -1) return false;
    const { slab } = this.#placement;
    if (slab.has(record, NODE_FLAGS.hasAnswered)) slab.heardAtMs[record] = nowMs;
    return true;
  }

  /** A query to it got no answer. The unproven leave at once, a bad one when somebody waits, or at long last. */
  failed(contact: Contact): 'kept' | 'removed' | 'unknown' {
    const record = this.#recordOf(contact);
    if (record === -1) return 'unknown';
    const { slab } = this.#placement;
    const bucket = this.#placement.bucketOf(record);
    const failures = slab.countFailure(record);
    if (failures === BAD_AFTER_FAILURES) bucket.badCount++;
    const isUnproven = !slab.has(record, NODE_FLAGS.hasAnswered);
    const isAwaited = slab.isBad(record) && bucket.replacements.some(({ hasAnswered }) => hasAnswered);
    if (!isUnproven && !isAwaited && failures < REMOVED_AFTER_FAILURES) return 'kept';
    this.#placement.remove(record);
    this.#promoteIn(bucket);
    return 'removed';
  }

  setSupportsSamples(contact: Contact, supports: boolean): void {
    const record = this.#recordOf(contact);
    if (record !== -1) this.#placement.slab.setSupportsSamples(record, sampleFlags(supports));
  }

  remove(contact: Contact): boolean {
    const record = this.#recordOf(contact);
    if (record === -1) return false;
    const bucket = this.#placement.bucketOf(record);
    this.#placement.remove(record);
    this.#promoteIn(bucket);
    return true;
  }

  /** The node whose last query is longest ago and when that was (-Infinity: never), or null when the table is empty. */
  oldestQueried(): { readonly node: TableNode; readonly lastQueriedAtMs: number } | null {
    const { slab } = this.#placement;
    const record = slab.queriedOrder.oldest;
    if (record < 0) return null;
    const lastQueriedAtMs = slab.queriedOrder.touchedAtMs(record);
    return { node: slab.toNode(record, this.#clock.nowMs()), lastQueriedAtMs };
  }

  /** A depth whose bucket has not changed for 15 minutes (BEP 5), counted as changed from now on; -1: none. */
  takeStaleDepth(): number {
    const nowMs = this.#clock.nowMs();
    for (const bucket of this.#placement.reuseOrder.values()) {
      if (nowMs - bucket.changedAtMs < GOOD_FOR_MS) continue;
      bucket.changedAtMs = nowMs;
      return bucket.depth;
    }
    return -1;
  }

  /** Takes out the first node that waits unproven and was last seen at `seenUntilMs` or earlier, or null. */
  takeUnproven(seenUntilMs: number): NodeContact | null {
    for (const bucket of this.#placement.reuseOrder.values()) {
      const unproven = bucket.takeUnproven(seenUntilMs);
      if (unproven === null) continue;
      this.#placement.releaseIfEmpty(bucket);
      return unproven;
    }
    return null;
  }

  *nodes(): Iterable<TableNode> {
    const nowMs = this.#clock.nowMs();
    for (const record of this.#placement.records()) yield this.#placement.slab.toNode(record, nowMs);
  }

  /** Their contacts alone: half the work. */
  *contacts(): Iterable<Contact> {
    for (const record of this.#placement.records()) yield this.#placement.slab.contactOf(record);
  }

  save(): SavedTable {
    const nowMs = this.#clock.nowMs();
    const nodes = Array.from(this.#placement.records(), (record) => this.#placement.slab.toSaved(record, nowMs));
    return { selfId: this.selfId.slice(), nodes };
  }

  /** As is: same id, same buckets, same slots, nobody judged again. What cannot be (a file may lie) is left out. */
  restore(saved: SavedTable): void {
    assert(this.nodeCount === 0 && bytesEqual(saved.selfId, this.selfId), 'only an empty table of that id is restored');
    const nowMs = this.#clock.nowMs();
    for (const node of saved.nodes) {
      if (node.id.length !== IDENTIFIER_BYTES) continue;
      const plan = this.#placement.planFor({ id: asNodeId(node.id), contact: node.contact }, true, nowMs);
      if (plan.action === 'place' && plan.leaving.length === 0)
        this.#placement.put(plan.depth, factsOf(node, nowMs), nowMs);
    }
  }

  /** Every node through insert: after a change of id. A good one that finds no place is retired. */
  reinsert(saved: SavedTable): void {
    const nowMs = this.#clock.nowMs();
    for (const node of saved.nodes) {
      if (node.id.length !== IDENTIFIER_BYTES) continue;
      const facts = factsOf(node, nowMs);
      const outcome = this.#insert({ id: asNodeId(node.id), contact: node.contact }, facts, nowMs);
      const isGood = node.failCount === 0 && nowMs - facts.heardAtMs < GOOD_FOR_MS;
      if (isGood && (outcome === 'rejected' || outcome === 'cached')) this.#onRetired(savedToNode(node));
    }
  }

  /** Another id for the same table: all nodes are inserted again. */
  changeSelfId(selfId: NodeId): void {
    const saved = this.save();
    this.#placement.clear();
    this.#placement.selfId = selfId;
    this.reinsert(saved);
  }

  checkInvariants(): void {
    this.#placement.checkInvariants();
  }

  #insert(node: NodeContact, facts: NodeFacts, nowMs: number): InsertOutcome {
    const hasAnswered = (facts.flags & NODE_FLAGS.hasAnswered) !== 0;
    const plan = this.#placement.planFor(node, hasAnswered, nowMs);
    switch (plan.action) {
      case 'reject':
        return 'rejected';
      case 'cache':
        this.#placement.cache(plan.depth, node, hasAnswered, facts.roundTripMs, nowMs);
        return 'cached';
      case 'update':
        if (hasAnswered) this.#noteAnswer(plan.leaving[0]!, facts, nowMs);
        return 'updated';
      default:
        return this.#enter(plan, facts, nowMs);
    }
  }

  #enter(plan: Plan, facts: NodeFacts, nowMs: number): InsertOutcome {
    const isReplacing = plan.action === 'reuse' || plan.leaving.length > 0;
    for (const record of plan.leaving) this.#placement.remove(record);
    const retired = plan.action === 'reuse' ? this.#placement.makeRoomForBucket(nowMs) : [];
    const record = this.#placement.put(plan.depth, facts, nowMs);
    // Whoever has just answered was just asked.
    if (facts.heardAtMs === nowMs) this.#placement.slab.queriedOrder.touch(record, nowMs);
    for (const node of retired) this.#onRetired(node);
    return isReplacing ? 'replaced' : 'inserted';
  }

  #noteAnswer(record: number, facts: NodeFacts, nowMs: number): void {
    const bucket = this.#placement.bucketOf(record);
    if (this.#placement.slab.isBad(record)) bucket.badCount--;
    this.#placement.slab.noteAnswer(record, facts);
    bucket.changedAtMs = nowMs;
  }

  /** Somebody left the bucket: the best of those who wait there takes the place. */
  #promoteIn(bucket: Bucket): void {
    const next = bucket.takeProvenReplacement();
    if (next === null) return;
    const { roundTripMs, seenAtMs: heardAtMs } = next;
    const facts = { flags: NODE_FLAGS.hasAnswered, failCount: 0, roundTripMs, heardAtMs };
    this.#insert(next, facts, this.#clock.nowMs());
    this.#placement.releaseIfEmpty(bucket);
  }

  #recordOf(contact: Contact): number {
    return this.#placement.index.load(null, contact) ? this.#placement.index.findByContact() : -1;
  }
}
