// The user's first loop around all its needles (R1): each table's needle is converged on, then its candidates are sampled
// by the Sampler, nearest first; when all are, the needle has served and a new one takes its place.
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import type { NodeContact } from '../base/contact.ts';
import { compareDistance } from '../base/identifier.ts';
import type { Random } from '../base/random.ts';
import type { QueryOutcome } from '../dht/dht-node.ts';
import { type AskVerdict, Convergence } from './convergence.ts';
import type { Cooldown } from './cooldown.ts';
import type { FindNodeRests } from './find-node-rests.ts';
import { type NeedleTable, targetFor } from './needle-table.ts';
import type { NeedleTables } from './needle-tables.ts';
import type { Referrers } from './referrers.ts';
import type { ScrapeDht } from './scrape-dht.ts';

/** From the main table, and as many from hearsay. */
const SEEDS = 16;
/** Contacts named while other needles were harvested, the newest: the next search begins with the nearest of them too. */
const HEARSAY_MAX = 512;

export interface ConvergerDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly dht: ScrapeDht;
  readonly tables: NeedleTables;
  readonly cooldown: Cooldown;
  readonly referrers: Referrers;
  readonly rests: FindNodeRests;
}

export class Converger {
  readonly #dependencies: ConvergerDependencies;
  readonly #searches = new Map<NeedleTable, Convergence>();
  /** By host, oldest first. */
  readonly #hearsay = new Map<string, NodeContact>();

  constructor(dependencies: ConvergerDependencies) {
    this.#dependencies = dependencies;
  }

  tick(): void {
    for (const table of this.#dependencies.tables.all) {
      const search = this.#searches.get(table);
      if (search === undefined) {
        if (table.candidates.size === 0) this.#begin(table);
      } else if (search.tick()) {
        table.isConverging = false;
        this.#searches.delete(table);
      }
    }
  }

  /** Only whom its own search met is sampled (R1), or it would never be done with a needle: these are seeds of the next. */
  hear(nodes: readonly NodeContact[]): boolean {
    for (const node of nodes) {
      this.#hearsay.delete(node.contact.host);
      this.#hearsay.set(node.contact.host, node);
    }
    for (const oldest of this.#hearsay.keys()) {
      if (this.#hearsay.size <= HEARSAY_MAX) break;
      this.#hearsay.delete(oldest);
    }
    return true;
  }

  checkInvariants(): void {
    assert(this.#hearsay.size <= HEARSAY_MAX, 'more hearsay than kept');
    for (const search of this.#searches.values()) search.checkInvariants();
  }

  /** A table that was sampled empty gives way to a fresh needle; one that never was begins with its own. */
  #begin(spent: NeedleTable): void {
    const { clock, dht, tables, cooldown } = this.#dependencies;
    if (dht.table.nodeCount === 0 && this.#hearsay.size === 0) return;
    const table = spent.seededAtMs === -Infinity ? spent : tables.renew(spent);
    table.seededAtMs = clock.nowMs();
    table.isConverging = true;
    const { needle } = table;
    const heard = [...this.#hearsay.values()].sort((a, b) => compareDistance(needle, a.id, b.id)).slice(0, SEEDS);
    for (const { contact } of heard) this.#hearsay.delete(contact.host);
    const search = new Convergence({
      clock,
      needle,
      seeds: [...dht.table.closest(needle, SEEDS), ...heard],
      ask: (node, onOutcome) => this.#ask(node, needle, onOutcome),
      isResting: (host) => cooldown.isResting(host),
      onMet: (node, from) => this.#met(table, node, from),
      onDead: (node) => this.#dead(table, node),
    });
    this.#searches.set(table, search);
  }

  #ask({ contact, id }: NodeContact, needle: Uint8Array, onOutcome: (outcome: QueryOutcome) => void): AskVerdict {
    const { clock, random, dht, rests } = this.#dependencies;
    const nowMs = clock.nowMs();
    if (rests.isResting(contact.host, nowMs)) return 'unfit';
    if (dht.isPaused || dht.isSilent || dht.budget.canSend(contact, nowMs) !== 'yes') return 'not-now';
    // Not the needle itself: with dead nodes among those nearest to it everybody would name the same eight.
    const target = targetFor(needle, id, random);
    if (!dht.query(contact, { method: 'find_node', target }, onOutcome)) return 'unfit';
    rests.mark(contact.host, nowMs);
    return 'sent';
  }

  #met(table: NeedleTable, node: NodeContact, from: NodeContact | null): void {
    const { tables, referrers } = this.#dependencies;
    const referrer = from === null ? null : referrers.withRoom(from.contact.host);
    if (from === null || referrer !== null) tables.offerTo(table, node, referrer);
  }

  #dead(table: NeedleTable, node: NodeContact): void {
    const { dht, tables } = this.#dependencies;
    if (dht.isSilent) return;
    tables.timedOut(node);
    tables.drop(table, node);
  }
}
