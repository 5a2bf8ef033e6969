// What the engine counts. Plain fields, so that counting on a packet path costs an increment.

/** Different reasons kept apart before the rest is counted as `other`. */
const REASONS_MAX = 128;

/** Counts by reason, bounded: reasons come from a closed set in the code, and still a limit holds. */
export class ReasonCounts {
  readonly #counts = new Map<string, number>();

  count(reason: string): void {
    const key = this.#counts.has(reason) || this.#counts.size < REASONS_MAX ? reason : 'other';
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  get(reason: string): number {
    return this.#counts.get(reason) ?? 0;
  }

  total(): number {
    let sum = 0;
    for (const count of this.#counts.values()) sum += count;
    return sum;
  }

  toObject(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** By KRPC method, in plain fields: counted for each datagram. `unknown` is whatever nobody has named in a BEP. */
export interface MethodCounts {
  ping: number;
  find_node: number;
  get_peers: number;
  announce_peer: number;
  sample_infohashes: number;
  unknown: number;
}

/** One set per engine. Every field only grows. */
export class Counters {
  packetsOut = 0;
  packetsIn = 0;
  /** Of these, datagrams of another protocol than KRPC on the same socket: uTP. */
  foreignPacketsOut = 0;
  foreignPacketsIn = 0;
  queriesAnswered = 0;
  queriesSent = 0;
  repliesReceived = 0;
  queryTimeouts = 0;
  /** Addresses that had no packet from us for two minutes when they got one: each an entry in a router's table. */
  newAddresses = 0;
  samplesAsked = 0;
  samplesAnswered = 0;
  infohashesSeen = 0;
  infohashesNew = 0;
  /** Seen, but sampled already in the last 12 to 24 hours. */
  infohashesRepeated = 0;
  /** Seen, and stored or proven invalid: by the filter in memory or by the store itself. */
  infohashesKnown = 0;
  peersFound = 0;
  metadataTried = 0;
  metadataFetched = 0;
  /** Connections begun to peers, whether or not they answered. */
  peersDialled = 0;
  /** Stored torrents that nobody had at any rung of the retry ladder. */
  torrentsDead = 0;
  /** Bytes that peers sent, whatever came of it. */
  peerBytesIn = 0;
  /** Info dictionaries that came complete, in bytes. */
  metadataBytes = 0;
  /** Queries of ours and of others, by method. We send no announce_peer: there is no encoder for it. */
  readonly queriesSentBy: MethodCounts = noMethods();
  readonly queriesReceivedBy: MethodCounts = noMethods();
  /** KRPC errors that answered a query of ours, by code. */
  readonly errorsReceived = new ReasonCounts();
  /** Datagrams and fields that were not what the protocol says, by reason. */
  readonly malformed = new ReasonCounts();
  /** Correct datagrams that were not served or used, by reason (rate limit, unknown transaction, bogon, ...). */
  readonly dropped = new ReasonCounts();
  /** Why fetching metadata from one peer ended without success, by reason. */
  readonly metadataFailures = new ReasonCounts();
  /** How each connection to a peer ended, by transport and reason: `mse complete`, `tcp refused`. */
  readonly metadataByTransport = new ReasonCounts();
  /** Torrents fetched, by the stage that named the peer which delivered (metadata/fetch-queue.ts). */
  readonly metadataByStage = new ReasonCounts();
  /** Limits that were hit, by the name of the queue or map. */
  readonly overflows = new ReasonCounts();
}

function noMethods(): MethodCounts {
  return { ping: 0, find_node: 0, get_peers: 0, announce_peer: 0, sample_infohashes: 0, unknown: 0 };
}
