// All that is counted (protocol.md 6.7), gathered from the rooms when it is to be posted.
import type { DhtNode } from '../dht/dht-node.ts';
import type { MetadataFetcher } from '../metadata/metadata-fetcher.ts';
import { type CustomPace, type Pace, profileOf } from '../scrape/pace-profiles.ts';
import type { ScrapeLoop } from '../scrape/scrape-loop.ts';
import type { Counters } from '../stats/counters.ts';
import { CLIENT_VERSIONS_SHOWN, type EngineCounters } from './engine-contract.ts';
import { PerMinute } from './per-minute.ts';
import type { StoreLink } from './store-link.ts';

export interface CountedParts {
  readonly counters: Counters;
  readonly metadata: MetadataFetcher;
  readonly store: StoreLink;
}

/** One family of addresses. */
export interface CountedCrawl {
  readonly node: Pick<DhtNode, 'figures'>;
  readonly scrape: Pick<ScrapeLoop, 'figures' | 'clientVersions'>;
}

export class CountersReader {
  readonly #parts: CountedParts;
  readonly #newAddresses = new PerMinute();
  readonly #saved = new PerMinute();
  readonly #dialled = new PerMinute();

  constructor(parts: CountedParts) {
    this.#parts = parts;
  }

  /** `crawls`: the families that have started, the main one first. */
  read(crawls: readonly CountedCrawl[], pace: Pace, nowMs: number, uptimeMs: number): EngineCounters {
    const { counters, metadata, store } = this.#parts;
    return {
      atUptimeMs: uptimeMs,
      budget: budgetOf(pace),
      dht: {
        nodes: crawls.map(({ node }) => node.figures()),
        queriesSentBy: { ...counters.queriesSentBy },
        queriesReceivedBy: { ...counters.queriesReceivedBy },
        queriesAnswered: counters.queriesAnswered,
        repliesReceived: counters.repliesReceived,
        errorsReceivedByCode: counters.errorsReceived.toObject(),
        queryTimeouts: counters.queryTimeouts,
        newAddressesPerSecond: this.#newAddresses.read(counters.newAddresses, nowMs) / 60,
      },
      scrape: crawls.map(({ scrape }) => scrape.figures()),
      infohashes: {
        raw: counters.infohashesSeen,
        new: counters.infohashesNew,
        repeated: counters.infohashesRepeated,
        known: counters.infohashesKnown,
      },
      peersFound: counters.peersFound,
      metadata: {
        queued: metadata.queuedCount,
        connections: metadata.connectionCount,
        dialled: counters.peersDialled,
        failuresBy: counters.metadataFailures.toObject(),
        dialledPerMinute: this.#dialled.read(counters.peersDialled, nowMs),
        byStage: counters.metadataByStage.toObject(),
        byTransport: counters.metadataByTransport.toObject(),
        utpPacketsOut: counters.foreignPacketsOut,
        utpPacketsIn: counters.foreignPacketsIn,
        receivedBytes: counters.metadataBytes,
        peerBytesIn: counters.peerBytesIn,
        bytesPerStoredTorrent: store.storedCount === 0 ? null : Math.round(counters.peerBytesIn / store.storedCount),
        dead: counters.torrentsDead,
        heldBytes: metadata.heldBytes,
      },
      store: {
        waiting: store.waitingCount,
        saved: store.storedCount,
        savedPerMinute: this.#saved.read(store.storedCount, nowMs),
      },
      // They share one memory, and with it these.
      clientVersions: crawls[0] === undefined ? [] : clientVersions(crawls[0].scrape),
    };
  }
}

function budgetOf(pace: Pace): CustomPace {
  const { newAddressesPerSecond, packetsPerSecond, tcpNewPerSecond, tcpOpenMax } = profileOf(pace);
  return {
    newAddressesPerSecond,
    packetsPerSecond,
    newConnectionsPerSecond: tcpNewPerSecond,
    connectionsMax: tcpOpenMax,
  };
}

function clientVersions({ clientVersions: versions }: CountedCrawl['scrape']): EngineCounters['clientVersions'] {
  // Without the raw bytes: a terminal should not print what a stranger sent.
  return versions
    .rows()
    .slice(0, CLIENT_VERSIONS_SHOWN)
    .map(({ version: _raw, ...row }) => row);
}
