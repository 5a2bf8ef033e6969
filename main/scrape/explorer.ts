// Keeps every needle table supplied with candidates, for nobody samples from an empty heap. First what the tables hold
// already and may be asked again (the user's note: "seed(local_routing_table, ih, last_sample_infohashes=<24h, heap)"),
// then find_node, to nodes that do not speak BEP 51 before all others: they are good for nothing else.
import { assert } from '../base/assert.ts';
import type { NodeContact } from '../base/contact.ts';
import type { Random } from '../base/random.ts';
import type { QueryOutcome } from '../dht/dht-node.ts';
import type { FindNodeRests } from './find-node-rests.ts';
import { type NeedleTable, randomIdWithPrefix } from './needle-table.ts';
import type { NeedleTables } from './needle-tables.ts';
import type { ScrapeDht } from './scrape-dht.ts';

/** A table with as many candidates needs no help (protocol.md 6.2a, step 4). */
export const CANDIDATES_WANTED = 32;
const SEED_EVERY_MS = 30_000;
const SEEDS_FROM_MAIN = 16;
const FIND_NODE_EVERY_MS = 1000;
/** Each one that brings nobody new doubles the wait, up to this: what is known by now is all there is. */
const FIND_NODE_EVERY_MS_MAX = 64_000;
/** With not one candidate in any table there is nothing better to spend packets on. */
const FIND_NODE_STARVED_MS = 250;
export interface ExplorerDependencies {
  readonly random: Random;
  readonly dht: ScrapeDht;
  readonly tables: NeedleTables;
  readonly rests: FindNodeRests;
}

export class Explorer {
  readonly #dependencies: ExplorerDependencies;
  #askedAtMs = -Infinity;
  #vainCount = 0;
  #next = 0;

  constructor(dependencies: ExplorerDependencies) {
    this.#dependencies = dependencies;
  }

  /** Looks after one table, the next one each time. To be called every tick. */
  tick(nowMs: number): void {
    const { all } = this.#dependencies.tables;
    this.#next = (this.#next + 1) % all.length;
    const table = all[this.#next]!;
    if (table.candidates.size >= CANDIDATES_WANTED) return;
    if (nowMs - table.seededAtMs >= SEED_EVERY_MS) this.#seed(table, nowMs);
    const isStarved = this.#dependencies.tables.candidateCount === 0;
    const shortestMs = isStarved ? FIND_NODE_STARVED_MS : FIND_NODE_EVERY_MS;
    const waitMs = Math.min(FIND_NODE_EVERY_MS_MAX, shortestMs * 2 ** this.#vainCount);
    if (table.candidates.size >= CANDIDATES_WANTED || nowMs - this.#askedAtMs < waitMs) return;
    this.#explore(table, nowMs);
  }

  /** Everybody heard of is a candidate. */
  hear(): boolean {
    return false;
  }

  checkInvariants(): void {
    assert(this.#vainCount >= 0, 'searches in vain are counted');
  }

  #seed(table: NeedleTable, nowMs: number): void {
    const { dht, tables } = this.#dependencies;
    table.seededAtMs = nowMs;
    const own = table.routing.closest(table.needle, CANDIDATES_WANTED);
    for (const node of [...own, ...dht.table.closest(table.needle, SEEDS_FROM_MAIN)]) {
      if (node.supportsSamples !== false) tables.offer(node, null);
    }
  }

  /** Looks at a random place in the table's part of the key space, so that in time none is left out. */
  #explore(table: NeedleTable, nowMs: number): void {
    const { dht, tables, random, rests } = this.#dependencies;
    const target = randomIdWithPrefix(table.needle, Math.floor(Math.log2(tables.all.length)), random);
    const node = this.#helperFor(table, target, nowMs);
    if (node === null) return;
    const candidatesBefore = tables.candidateCount;
    const onOutcome = (outcome: QueryOutcome) => {
      if (outcome.kind === 'timeout' && !dht.isSilent) tables.timedOut(node);
      // The reply's nodes have been offered by now, see Learner. A node that is dead says nothing about the others.
      if (outcome.kind !== 'reply') return;
      this.#vainCount = tables.candidateCount > candidatesBefore ? 0 : this.#vainCount + 1;
    };
    rests.mark(node.contact.host, nowMs);
    if (dht.query(node.contact, { method: 'find_node', target }, onOutcome)) this.#askedAtMs = nowMs;
  }

  /** The nearest to `target` that is worth nothing for sampling, else the nearest of the main table, or null. */
  #helperFor(table: NeedleTable, target: Uint8Array, nowMs: number): NodeContact | null {
    const { dht, rests } = this.#dependencies;
    const isRested = ({ contact }: NodeContact) =>
      !rests.isResting(contact.host, nowMs) && dht.budget.canSend(contact, nowMs) === 'yes';
    const mute = table.routing.closest(target, CANDIDATES_WANTED).filter((node) => node.supportsSamples === false);
    return [...mute, ...dht.table.closest(target, SEEDS_FROM_MAIN)].find(isRested) ?? null;
  }
}
