// The face of the routing table; its body follows in the next commit.
import type { Clock } from '../base/clock.ts';
import type { Contact, NodeContact } from '../base/contact.ts';
import type { NodeId } from '../base/identifier.ts';
import type { Random } from '../base/random.ts';
import type { SavedTable } from './dht-contract.ts';

export type NodeState = 'good' | 'questionable' | 'bad';

/** A node as the table knows it at the moment of asking: a copy, not a handle. */
export interface TableNode extends NodeContact {
  readonly state: NodeState;
  /** Whether it answers sample_infohashes; null: never asked. */
  readonly supportsSamples: boolean | null;
  readonly failCount: number;
  readonly roundTripMs: number;
}

export interface Sighting {
  /** It answered a query of ours (now); otherwise somebody, maybe itself, says that it exists. */
  readonly hasAnswered: boolean;
  readonly roundTripMs?: number;
  readonly supportsSamples?: boolean;
}

export type InsertOutcome = 'inserted' | 'updated' | 'replaced' | 'cached' | 'rejected';

export interface RoutingTableOptions {
  readonly selfId: NodeId;
  readonly clock: Clock;
  /** Keys the hash tables, so that nobody can choose ids that collide. */
  readonly random: Random;
  readonly family?: 4 | 6;
  /** Nodes in the bucket at a depth (shared prefix bits with selfId). */
  readonly bucketSize: number | ((depth: number) => number);
  /** Buckets at most; beyond it a deeper bucket takes the place of the shallowest. Default 50. */
  readonly bucketsMax?: number;
  /** Known replacements a bucket. Default 0. */
  readonly replacementsMax?: number;
  /** False (default): only nodes that answered us get in, others wait as replacements. */
  readonly acceptsUnanswered?: boolean;
  /** Failures in a row that make a node bad. Default 3. */
  readonly failuresMax?: number;
  /** True (default): one address of a /24 (v6: /64) a bucket. */
  readonly isOnePerSubnet?: boolean;
  /** A good node left because its bucket gave way to a deeper one. */
  readonly onRetired?: (node: TableNode) => void;
}

export declare class RoutingTable {
  constructor(options: RoutingTableOptions);
  readonly selfId: NodeId;
  readonly nodeCount: number;
  insert(node: NodeContact, sighting: Sighting): InsertOutcome;
  /** True exactly when insert would say 'inserted', 'updated' or 'replaced'. */
  willAccept(node: NodeContact, sighting: Sighting): boolean;
  find(contact: Contact): TableNode | null;
  findById(id: Uint8Array): TableNode | null;
  /** The nearest by XOR, nearest first; `isGood` leaves out all others. */
  closest(target: Uint8Array, count: number, isGood?: boolean): TableNode[];
  /** A query is on its way to it: it goes to the end of the timeout queue. */
  queried(contact: Contact): void;
  /** It sent us a query. */
  heard(contact: Contact, id: Uint8Array): void;
  /** A query to it timed out. */
  failed(contact: Contact): 'kept' | 'removed' | 'unknown';
  setSupportsSamples(contact: Contact, supports: boolean): void;
  remove(contact: Contact): boolean;
  /** The node whose last query is longest ago, and when that was. */
  oldestQueried(): { node: TableNode; lastQueriedAtMs: number } | null;
  nodes(): Iterable<TableNode>;
  save(): SavedTable;
  /** As is: same id, same buckets. The table must be empty. */
  restore(saved: SavedTable): void;
  /** Every node through insert: after a change of id. */
  reinsert(saved: SavedTable): void;
  checkInvariants(): void;
}
