// What the rooms above know of the DHT node: what it needs, what may be set, what is asked and how that ends.
// Types only; `dht-node.ts` passes them on, so that users of the node import one file.
import type { Clock } from '../base/clock.ts';
import type { Contact, NodeContact } from '../base/contact.ts';
import type { NodeId } from '../base/identifier.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Counters } from '../stats/counters.ts';
import type { KrpcReply } from '../wire/krpc-codec.ts';
import type { SendRates } from './rate-limits.ts';
import type { OpenDatagramSocket, UdpTransport } from './udp-socket.ts';

export interface DhtDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly counters: Counters;
  readonly openSocket: OpenDatagramSocket;
  /** All addresses of a name, as texts. Never called for a numeric address. May reject. */
  readonly resolveHost: (name: string) => Promise<string[]>;
}

export interface BootstrapHost {
  readonly host: string;
  readonly port: number;
  /** A node that somebody told us of, and no public router: it may enter the table and be sampled. */
  readonly isOrdinary?: boolean;
}

export interface DhtOptions {
  readonly bindHost: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** With port 0: the port of the last run, taken if it is free, so that whoever remembers us finds us. */
  readonly preferredPort?: number;
  /** Routers: asked at most once in ten minutes each, and never part of a table. */
  readonly bootstrap: readonly BootstrapHost[];
  /** False: read-only (BEP 43). We say `ro` in queries and answer none. */
  readonly isServing: boolean;
  /** Lets private and loopback addresses through, and many of them share a subnet: for tests and closed networks. */
  readonly localAddressesAllowed: boolean;
  /** null: the saved id, or a random one. */
  readonly nodeId: NodeId | null;
  /** Rates to start with; default: the gentle ones of rate-limits.ts. */
  readonly sendRates?: SendRates;
  /** Default QUERIES_IN_FLIGHT_MAX. */
  readonly queriesInFlightMax?: number;
  /** Answers whatever comes, at any rate: benches and tests only. */
  readonly hasNoInboundLimits?: boolean;
  /** BEP 51 `interval` we give while our sample is full; default 6 hours, its maximum. */
  readonly sampleIntervalSeconds?: number;
}

export type NodeQuery =
  | { readonly method: 'ping' }
  | { readonly method: 'find_node'; readonly target: Uint8Array }
  /** `wantsScrape`: filters instead of peers (BEP 33); many then send no peers. */
  | { readonly method: 'get_peers'; readonly infohash: Uint8Array; readonly wantsScrape?: boolean }
  | { readonly method: 'sample_infohashes'; readonly target: Uint8Array };

/** A reply without what may not be used. `nodes` are of the family of the node that asked, whatever their field is called. */
export type UsableReply = Omit<KrpcReply, 'nodes6'>;

/** How a query that was sent ended. Exactly one of these reaches the asker, once. */
export type QueryOutcome =
  | { readonly kind: 'reply'; readonly reply: UsableReply; readonly from: NodeContact; readonly roundTripMs: number }
  | { readonly kind: 'error'; readonly code: number } // the node answered with a KRPC error: it lives
  | { readonly kind: 'timeout' }
  | { readonly kind: 'cancelled' }; // paused, stopped, or the machine slept: says nothing about the node

/** How many addresses announced a torrent, estimated (BEP 33). */
export interface SwarmSize {
  /** They have all of it. */
  readonly seedCount: number;
  /** They have part of it. */
  readonly leechCount: number;
  /** Nodes whose filters were united; the more, the better the estimate. */
  readonly filterCount: number;
}

/** How the node is doing, for people who look: made when asked for, not on the path of a packet. */
export interface DhtFigures {
  /** What datagrams go through: `native`, the compiled socket, or `dgram`, of Node; null before there was one. */
  readonly transport: UdpTransport | null;
  readonly nodes: number;
  readonly queriesInFlight: number;
  /** Of the last 128 answers; null before the first. */
  readonly roundTripP50Ms: number | null;
  readonly roundTripP90Ms: number | null;
  /** How long an answer is waited for now. */
  readonly timeoutMs: number;
  /** Addresses spoken to in the last two minutes: entries in the table of a router in front of us. */
  readonly openAddresses: number;
  /** Infohashes that others announced here. */
  readonly storedInfohashes: number;
  /** Our address as others see it (BEP 42): the addresses named most, and how many networks spoke. */
  readonly externalAddress: {
    readonly votes: readonly { readonly host: string; readonly votes: number }[];
    readonly voters: number;
  };
}

/** Of a lookup for peers: whom it may begin with beside the main table, and whom it may ask at all. */
export interface PeerLookupOptions {
  readonly seeds?: readonly NodeContact[];
  readonly share?: {
    readonly mayAsk: (host: string) => boolean;
    readonly asked: (host: string) => void;
  };
}

/** One node as saved. */
export interface SavedNode {
  readonly id: Uint8Array;
  readonly contact: Contact;
  /** See NODE_FLAGS in node-slab.ts. */
  readonly flags: number;
  /** -1: never. */
  readonly lastHeardAgoSeconds: number;
  readonly failCount: number;
  readonly roundTripMs: number;
}

/** A whole routing table, levels and slots in order, so that restoring gives the same table. */
export interface SavedTable {
  readonly selfId: Uint8Array;
  readonly nodes: readonly SavedNode[];
}
