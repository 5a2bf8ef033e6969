// What a routing table is made of, what it says about a node, and what it is told. Types only.
import type { Clock } from '../base/clock.ts';
import type { NodeContact } from '../base/contact.ts';
import type { NodeId } from '../base/identifier.ts';
import type { Random } from '../base/random.ts';

/** BEP 5: good answered us within 15 minutes, or once and asked us since; bad failed several times in a row. */
export type NodeState = 'good' | 'questionable' | 'bad';

/** A node as the table knows it at the moment of asking: a copy, not a handle. */
export interface TableNode extends NodeContact {
  readonly state: NodeState;
  readonly hasAnswered: boolean;
  /** Whether it answers sample_infohashes; null: never asked. */
  readonly supportsSamples: boolean | null;
  readonly failCount: number;
  /** Smoothed; 0: never measured. */
  readonly roundTripMs: number;
}

export interface Sighting {
  /** It answered a query of ours (now); otherwise somebody, maybe itself, says that it exists. */
  readonly hasAnswered: boolean;
  readonly roundTripMs?: number | undefined;
  readonly supportsSamples?: boolean | undefined;
}

export type InsertOutcome =
  | 'inserted' // into a free slot
  | 'updated' //  it was there
  | 'replaced' // a bad node, an older claim to its address or id, or the shallowest bucket gave way
  | 'cached' //   it waits as a replacement
  | 'rejected';

export interface RoutingTableOptions {
  readonly selfId: NodeId;
  readonly clock: Clock;
  /** Keys the hash tables, so that nobody can choose ids that collide. */
  readonly random: Random;
  /** Default 4. */
  readonly family?: 4 | 6;
  /** Nodes in the bucket at a depth (shared prefix bits with selfId). */
  readonly bucketSize: number | ((depth: number) => number);
  /** Buckets at most; beyond it a deeper bucket takes the place of the shallowest. Default: one for each depth. */
  readonly bucketsMax?: number;
  /** Replacements a bucket. Default 0. */
  readonly replacementsMax?: number;
  /** False (default): only nodes that answered us get in, others wait as replacements. */
  readonly acceptsUnanswered?: boolean;
  /** True (default): one address of a /24 (v6: /64) a bucket. */
  readonly isOnePerSubnet?: boolean;
  /** A good node left because its bucket gave way to a deeper one, or because the table's id changed. */
  readonly onRetired?: (node: TableNode) => void;
}
