// The face of the node; its body follows.
import type { Contact, NodeContact } from '../base/contact.ts';
import type { NodeId } from '../base/identifier.ts';
import type { DhtDependencies, DhtOptions, NodeQuery, QueryOutcome, SavedTable } from './dht-contract.ts';
import type { PeerStore } from './peer-store.ts';
import type { SendBudget } from './rate-limits.ts';
import type { RoutingTable } from './routing-table.ts';

export type * from './dht-contract.ts';

export declare class DhtNode {
  constructor(dependencies: DhtDependencies, options: DhtOptions);
  start(saved?: SavedTable | null): Promise<void>;
  stop(): Promise<void>;
  /** From this call on not one datagram leaves, until resume. Pending queries end as 'cancelled'. */
  pause(): void;
  resume(): void;
  readonly isPaused: boolean;
  readonly nodeId: NodeId;
  readonly localPort: number;
  readonly table: RoutingTable;
  readonly budget: SendBudget;
  /** What we serve; the demo swarm adds to it. */
  readonly peerStore: PeerStore;
  readonly queriesInFlight: number;
  /** Nothing heard for a minute of asking: failures say nothing about nodes now. */
  readonly isSilent: boolean;
  /** False: not sent (budget, paused, forbidden or router address, too many in flight), and onOutcome is never called. */
  query(contact: Contact, query: NodeQuery, onOutcome: (outcome: QueryOutcome) => void): boolean;
  /** Iterative get_peers, at most 40 queries. False: too many lookups already, or paused. */
  lookupPeers(infohash: Uint8Array, onDone: (peers: Contact[]) => void): boolean;
  onNodes: (nodes: readonly NodeContact[], from: NodeContact) => void;
  onRetired: (node: NodeContact) => void;
  onIdChanged: (id: NodeId) => void;
  save(): SavedTable;
  checkInvariants(): void;
}
