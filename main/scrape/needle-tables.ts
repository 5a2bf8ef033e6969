// All needle tables together: which one a node belongs to, which one is asked next, and when a needle has served.
// Needles may be stratified: table i of n owns the i-th n-th of the key space and a random rest of the bits, so that they
// cover it evenly. Every node learnt anywhere belongs to the table whose needle is nearest to it.
import { assert } from '../base/assert.ts';
import { toHex } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import type { Contact, NodeContact } from '../base/contact.ts';
import { asNodeId, compareDistance, IDENTIFIER_BYTES, type NodeId } from '../base/identifier.ts';
import type { Random } from '../base/random.ts';
import type { SavedNode, SavedTable } from '../dht/dht-node.ts';
import type { TableNode } from '../dht/routing-table.ts';
import { type Candidate, newCandidate } from './candidates.ts';
import { NeedleIndex } from './needle-index.ts';
import { NeedleTable } from './needle-table.ts';
import type { Referrer, Referrers } from './referrers.ts';
import { type RetiredNode, RetiredNodes, sightingOf } from './retired-nodes.ts';
import type { Strategy } from './strategy.ts';
import type { Counters } from '../stats/counters.ts';

export const NEEDLES_MAX = 64;
/** R5: a needle is replaced when all three hold: it is old, it yields next to nothing, and less than the others. */
export const NEEDLE_AGE_MIN_MS = 60 * 60_000;
export const NEEDLE_NEW_MIN = 10;
/** One table a minute at most, or a quiet network would replace all at once. */
export const CYCLE_EVERY_MS = 60_000;
/** One table is recounted this often, all 16 within 16 s. */
const RECOUNT_EVERY_MS = 1_000;
/** One pick in so many is random, so that no table starves on a bad first impression. */
const RANDOM_PICK_ONE_IN = 10;
/** The golden ratio: steps of this part of the key space fall farther from all before them than any other's do. */
const SPREAD_STEP = Math.round((2 ** 32 * (Math.sqrt(5) - 1)) / 2);

export interface NeedleTablesOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Counters;
  readonly referrers: Referrers;
  readonly needleCount: number;
  /** Default 4. */
  readonly family?: 4 | 6 | undefined;
  readonly strategy: Strategy;
  readonly isOnePerSubnet: boolean;
  readonly isResting: (host: string) => boolean;
  readonly isInMainTable: (contact: Contact) => boolean;
}

/** One needle table, for people who look. */
export interface NeedleFigures {
  readonly needleHex: string;
  readonly nodes: number;
  readonly candidates: number;
  readonly newInfohashesIn10Min: number;
}

export class NeedleTables {
  readonly retired: RetiredNodes;
  readonly #options: NeedleTablesOptions;
  readonly #tables: NeedleTable[];
  readonly #needles: NeedleIndex;
  #cycledAtMs: number;
  #spreadHead: number;
  #countedNext = 0;
  #countedAtMs = -Infinity;

  constructor(options: NeedleTablesOptions) {
    assert(options.needleCount >= 1 && options.needleCount <= NEEDLES_MAX, `1 to ${NEEDLES_MAX} needles`);
    this.#options = options;
    this.retired = new RetiredNodes(options.counters);
    this.#cycledAtMs = options.clock.nowMs();
    this.#spreadHead = options.random.uint32();
    this.#tables = Array.from({ length: options.needleCount }, (_, stratum) =>
      this.#newTable(this.#newNeedle(stratum)),
    );
    this.#needles = new NeedleIndex(this.#tables.map(({ needle }) => needle));
  }

  get all(): readonly NeedleTable[] {
    return this.#tables;
  }

  get candidateCount(): number {
    return this.#tables.reduce((sum, table) => sum + table.candidates.size, 0);
  }

  /** Nodes that only the needle tables know. Newcomers count at once, who left when its table is recounted. */
  get ownNodeCount(): number {
    return this.#tables.reduce((sum, table) => sum + Math.min(table.ownNodeCount, table.routing.nodeCount), 0);
  }

  bestMatch(id: Uint8Array): NeedleTable {
    return this.#tables[this.#needles.nearest(id)]!;
  }

  /** The `count` tables with the needles nearest to `id`, nearest first. */
  bestMatches(id: Uint8Array, count: number): NeedleTable[] {
    return this.#tables.toSorted((a, b) => compareDistance(id, a.needle, b.needle)).slice(0, count);
  }

  /** Queues `node` as a candidate of its best match; false if it waits already, is too far away, or was asked lately. */
  offer(node: NodeContact, referrer: Referrer | null): boolean {
    return this.offerTo(this.bestMatch(node.id), node, referrer);
  }

  /** Queues `node` in `table` whatever it matches best: what a lookup towards the table's needle met. */
  offerTo({ candidates }: NeedleTable, node: NodeContact, referrer: Referrer | null): boolean {
    const { host } = node.contact;
    if (candidates.has(host) || !candidates.hasRoomFor(node.id) || this.#options.isResting(host)) return false;
    this.#add(candidates, newCandidate(node, referrer));
    return true;
  }

  /** The candidate to be asked next, taken out, and its table. Null when nobody waits anywhere. */
  takeNext(nowMs: number): { readonly table: NeedleTable; readonly candidate: Candidate } | null {
    const { random, strategy } = this.#options;
    const point = random.bytes(IDENTIFIER_BYTES);
    let table: NeedleTable | null = null;
    if (strategy === 'spread') {
      this.#spreadHead = (this.#spreadHead + SPREAD_STEP) >>> 0;
      new DataView(point.buffer, point.byteOffset).setUint32(0, this.#spreadHead);
      table = this.bestMatch(point);
    }
    if (table === null || table.candidates.size === 0) table = this.pick(nowMs);
    const candidate = table?.candidates.pop(point) ?? null;
    return table !== null && candidate !== null ? { table, candidate } : null;
  }

  /** A candidate that was taken out and could not be asked just now goes back. */
  putBack(table: NeedleTable, candidate: Candidate): void {
    this.#place(table.candidates, candidate);
  }

  /** `node` need not wait in `table` any longer: it is dead. */
  drop({ candidates }: NeedleTable, { contact }: NodeContact): void {
    const candidate = candidates.removeHost(contact.host);
    if (candidate !== null) this.#options.referrers.settle(candidate.referrer, false);
  }

  /** `node` answered a query of ours. */
  answered(node: NodeContact, roundTripMs: number, supportsSamples: boolean): void {
    const table = this.bestMatch(node.id);
    const outcome = table.routing.insert(node, { hasAnswered: true, roundTripMs, supportsSamples });
    if (outcome === 'inserted' && !this.#options.isInMainTable(node.contact)) table.ownNodeCount++;
  }

  timedOut(node: NodeContact): void {
    this.bestMatch(node.id).routing.failed(node.contact);
  }

  /** The table that promises most: candidates times share of new infohashes. Null when nobody waits anywhere. */
  pick(nowMs: number): NeedleTable | null {
    const filled = this.#tables.filter(({ candidates, isConverging }) => candidates.size > 0 && !isConverging);
    if (filled.length === 0) return null;
    const { random } = this.#options;
    if (random.below(RANDOM_PICK_ONE_IN) === 0) return filled[random.below(filled.length)]!;
    const promise = (table: NeedleTable) => table.candidates.size * table.newRatio(nowMs);
    return filled.reduce((best, table) => (promise(table) > promise(best) ? table : best));
  }

  offerRetired(node: RetiredNode): void {
    if (!this.#options.isResting(node.contact.host)) this.retired.offer(node);
  }

  /** Every tick: retired nodes find a place, one table is recounted, and once a minute one needle may be replaced. */
  tick(nowMs: number): void {
    if (this.retired.size > 0) this.retired.placeAll((id, count) => this.bestMatches(id, count));
    if (nowMs - this.#countedAtMs >= RECOUNT_EVERY_MS) {
      this.#countedAtMs = nowMs;
      this.#countedNext = (this.#countedNext + 1) % this.#tables.length;
      this.#recount(this.#tables[this.#countedNext]!);
    }
    // The first loop ends its needles itself, when they are harvested.
    if (this.#options.strategy === 'converge' || nowMs - this.#cycledAtMs < CYCLE_EVERY_MS) return;
    this.#cycledAtMs = nowMs;
    const spent = this.#spentTable(nowMs);
    if (spent !== null) this.renew(spent);
  }

  /** The saved needles with their buckets as they were. Other numbers of needles cannot be matched: see reinsert. */
  restore(saved: readonly SavedTable[]): void {
    const needles = new Set(saved.map(({ selfId }) => toHex(selfId)));
    if (needles.size !== this.#tables.length || saved.length !== this.#tables.length) {
      this.reinsert(saved.flatMap(({ nodes }) => nodes));
      return;
    }
    saved.forEach((table, stratum) => {
      for (const candidate of this.#tables[stratum]!.candidates.values()) this.#release(candidate);
      this.#put(stratum, this.#newTable(asNodeId(table.selfId))).routing.restore(table);
    });
    this.recountAll();
  }

  /** Every node through insert, into the table it matches best. */
  reinsert(nodes: readonly SavedNode[]): void {
    const byTable = new Map<NeedleTable, SavedNode[]>(this.#tables.map((table) => [table, []]));
    for (const node of nodes) byTable.get(this.bestMatch(node.id))!.push(node);
    for (const [{ needle, routing }, group] of byTable) routing.reinsert({ selfId: needle, nodes: group });
    this.recountAll();
  }

  recountAll(): void {
    for (const table of this.#tables) this.#recount(table);
  }

  figures(nowMs: number): NeedleFigures[] {
    return this.#tables.map((table) => ({
      needleHex: toHex(table.needle),
      nodes: table.routing.nodeCount,
      candidates: table.candidates.size,
      newInfohashesIn10Min: table.recentNew(nowMs),
    }));
  }

  checkInvariants(): void {
    this.retired.checkInvariants();
    const needles = new Set<string>();
    for (const table of this.#tables) {
      table.checkInvariants();
      needles.add(toHex(table.needle));
    }
    assert(needles.size === this.#tables.length, 'needles are distinct');
    this.#needles.checkInvariants(this.#tables.map(({ needle }) => needle));
  }

  #put(stratum: number, table: NeedleTable): NeedleTable {
    this.#tables[stratum] = table;
    this.#needles.set(stratum, table.needle);
    return table;
  }

  #spentTable(nowMs: number): NeedleTable | null {
    const yields = this.#tables.map((table) => table.recentNew(nowMs));
    const mean = yields.reduce((sum, count) => sum + count, 0) / yields.length;
    const isSpent = (table: NeedleTable, index: number) =>
      nowMs - table.bornAtMs >= NEEDLE_AGE_MIN_MS && yields[index]! < NEEDLE_NEW_MIN && yields[index]! < mean;
    return this.#tables.find(isSpent) ?? null;
  }

  /** A new needle in the same stratum; whoever the old table knew goes to the best match among all. Returns its table. */
  renew(spent: NeedleTable): NeedleTable {
    const stratum = this.#tables.indexOf(spent);
    const fresh = this.#put(stratum, this.#newTable(this.#newNeedle(stratum)));
    for (const node of spent.routing.nodes()) this.#handOver(node);
    for (const candidate of spent.candidates.best(spent.candidates.size)) {
      spent.candidates.remove(candidate);
      this.#place(this.bestMatch(candidate.node.id).candidates, candidate);
    }
    this.recountAll();
    return fresh;
  }

  #handOver(node: TableNode): void {
    if (node.state === 'bad') return;
    const sighting = sightingOf(node);
    const table = this.bestMatches(node.id, 2).find(({ routing }) => routing.willAccept(node, sighting));
    table?.routing.insert(node, sighting);
  }

  #newTable(needle: NodeId): NeedleTable {
    const { clock, random, family, isOnePerSubnet, strategy } = this.#options;
    const keepsNewest = strategy === 'spread';
    const onRetired = (node: TableNode) => this.offerRetired(node);
    return new NeedleTable({ needle, clock, random, family, isOnePerSubnet, keepsNewest, onRetired });
  }

  #newNeedle(stratum: number): NodeId {
    const { random, needleCount: count, strategy } = this.#options;
    const needle = random.bytes(IDENTIFIER_BYTES);
    if (strategy === 'converge' || strategy === 'random-needles') return asNodeId(needle);
    // The first 16 bits, as a number, fall into the stratum-th of `count` equal parts.
    const first = Math.floor(((stratum + random.fraction()) / count) * 65_536);
    needle[0] = first >>> 8;
    needle[1] = first;
    return asNodeId(needle);
  }

  /** For a candidate that no referrer has been charged for yet. */
  #add(candidates: NeedleTable['candidates'], candidate: Candidate): void {
    if (candidate.referrer !== null) this.#options.referrers.reserve(candidate.referrer);
    this.#place(candidates, candidate);
  }

  #place(candidates: NeedleTable['candidates'], candidate: Candidate): void {
    const out = candidates.add(candidate);
    if (out === null) return;
    this.#options.counters.overflows.count('candidates');
    this.#release(out);
  }

  #release(candidate: Candidate): void {
    this.#options.referrers.release(candidate.referrer);
  }

  #recount(table: NeedleTable): void {
    let count = 0;
    for (const contact of table.routing.contacts()) if (!this.#options.isInMainTable(contact)) count++;
    table.ownNodeCount = count;
  }
}
