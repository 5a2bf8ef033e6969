// Good nodes that lost their place in one table, kept until the next tick finds them another (the user's note: "retire
// good vector: routing_table_will_accept(node); dht::insert(best_match->routing_table, node)").
// Bounded: when it is full the oldest is dropped and counted.
import { assert } from '../base/assert.ts';
import { BoundedQueue } from '../base/bounded-queue.ts';
import type { NodeContact } from '../base/contact.ts';
import type { RoutingTable, Sighting } from '../dht/routing-table.ts';
import type { Counters } from '../stats/counters.ts';

export const RETIRED_MAX = 64;
/** The best match and the next best; a third would be too far away to be of use. */
const TABLES_TRIED = 2;

export interface RetiredNode extends NodeContact {
  readonly supportsSamples?: boolean | null;
  readonly roundTripMs?: number;
}

export class RetiredNodes {
  readonly #waiting = new BoundedQueue<RetiredNode>(RETIRED_MAX);
  readonly #counters: Counters;

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Nodes known not to support BEP 51 are of no use to the needle tables. */
  offer(node: RetiredNode): void {
    if (node.supportsSamples === false) return;
    if (this.#waiting.push(node) !== null) this.#counters.overflows.count('retired');
  }

  /** Places all that were waiting when it was called; those that no table accepts are dropped. Returns how many found a place. */
  placeAll(bestMatches: (id: Uint8Array, count: number) => readonly { readonly routing: RoutingTable }[]): number {
    let placedCount = 0;
    // Placing one may retire another: that one waits for the next call.
    for (let left = this.#waiting.size; left > 0; left--) {
      const node = this.#waiting.shift()!;
      const sighting = sightingOf(node);
      const table = bestMatches(node.id, TABLES_TRIED).find(({ routing }) => routing.willAccept(node, sighting));
      if (table === undefined) continue;
      table.routing.insert(node, sighting);
      placedCount++;
    }
    return placedCount;
  }

  clear(): void {
    this.#waiting.clear();
  }

  checkInvariants(): void {
    this.#waiting.checkInvariants();
    assert(this.#waiting.size <= RETIRED_MAX, 'too many retired nodes');
  }
}

/** A node that was good in one table counts as having answered in the next. */
export function sightingOf(node: RetiredNode): Sighting {
  return {
    hasAnswered: true,
    ...(typeof node.supportsSamples === 'boolean' ? { supportsSamples: node.supportsSamples } : {}),
    ...(node.roundTripMs === undefined ? {} : { roundTripMs: node.roundTripMs }),
  };
}
