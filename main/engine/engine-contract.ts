// What the engine thread and the thread that started it say to each other. Types and limits only.
// `engine-worker.ts` is one end, Electron's main thread or the headless command the other.
import type { MessagePort } from 'node:worker_threads';
import type { HealthReport } from '../catalogue/torrent.ts';
import type { DhtFigures } from '../dht/dht-contract.ts';
import type { CustomPace } from '../scrape/pace-profiles.ts';
import type { ScrapeFigures } from '../scrape/scrape-contract.ts';
import type { VersionRow } from '../stats/client-versions.ts';

export const PACES = ['gentle', 'balanced', 'fast'] as const;
export type PaceName = (typeof PACES)[number];
/** A profile, or limits of the person's own. */
export type Pace = PaceName | CustomPace;

/** The one crawl state that window, tray and terminal draw. */
export type CrawlState =
  | 'starting' //   sockets are being opened, saved tables read
  | 'joining' //    running, but nobody has answered yet
  | 'running'
  | 'no-reply' //   running, nothing heard for NO_REPLY_AFTER_MS: is the network up?
  | 'paused' //     no packet leaves until resumed
  | 'stopped' //    clean end
  | 'failed'; //    see EngineStatus.problem

/** Whether the IPv6 DHT is crawled, beside the other or alone. */
export type Ipv6State =
  | 'running'
  | 'not-available' // wanted, but this machine has no global unicast address now, or it cannot be used
  | 'off'; //          an IPv4 address was chosen to be bound to, or IPv6 is not wanted

/** With no reply from the network for this long, window and terminal say so and name the demo. */
export const NO_REPLY_AFTER_MS = 30_000;
/** Infohashes of one `check-health`: a screen full. */
export const CHECK_INFOHASHES_MAX = 200;
/** How often the engine posts its status. */
export const STATUS_INTERVAL_MS = 500;

/** The counters as plain values; each only grows. */
export interface CountedStatus {
  readonly packetsOut: number;
  readonly packetsIn: number;
  readonly samplesAsked: number;
  readonly samplesAnswered: number;
  readonly infohashesSeen: number;
  readonly infohashesNew: number;
  readonly metadataTried: number;
  readonly metadataFetched: number;
  readonly malformed: Readonly<Record<string, number>>;
  readonly dropped: Readonly<Record<string, number>>;
  readonly metadataFailures: Readonly<Record<string, number>>;
  readonly overflows: Readonly<Record<string, number>>;
}

export interface EngineStatus extends CountedStatus {
  readonly state: CrawlState;
  /** A sentence for the person when state is `failed` or `no-reply`, else null. */
  readonly problem: string | null;
  readonly pace: PaceName | 'custom';
  /** Good and questionable nodes in the main table and in the needle tables, each counted once. */
  readonly nodes: number;
  /** Of those, by family of addresses (BEP 32). */
  readonly nodes4: number;
  readonly nodes6: number;
  readonly ipv6: Ipv6State;
  /** Infohashes sampled, and torrents fetched, in the last 60 s. */
  readonly sampledPerMinute: number;
  readonly newPerMinute: number;
  /** The bogon filter lets private and loopback addresses through. */
  readonly localAddressesAllowed: boolean;
  /** We answer queries (not read-only, BEP 43). */
  readonly isServing: boolean;
  readonly port: number;
  readonly nodeIdHex: string;
  readonly uptimeMs: number;
}

/**
 * Everything else that is counted (protocol.md 6.7), posted every COUNTERS_INTERVAL_MS and not with each status: too much
 * for twice a second. All of it is bounded. Counts only grow, since the engine started; the rest is as of now.
 */
export interface EngineCounters {
  readonly atUptimeMs: number;
  /** What the pace allows at most, of both families of addresses together. */
  readonly budget: CustomPace;
  readonly dht: {
    /** One for each family of addresses. */
    readonly nodes: readonly DhtFigures[];
    /** Queries by method, of ours and of others; announce_peer is never sent. */
    readonly queriesSentBy: Readonly<Record<string, number>>;
    readonly queriesReceivedBy: Readonly<Record<string, number>>;
    /** Answers of ours to others. */
    readonly queriesAnswered: number;
    /** How queries of ours ended: with a reply, with a KRPC error by its code, with nothing. */
    readonly repliesReceived: number;
    readonly errorsReceivedByCode: Readonly<Record<string, number>>;
    readonly queryTimeouts: number;
    /** Packets to addresses without one in the last two minutes, each an entry in a router's table; mean of the last minute. */
    readonly newAddressesPerSecond: number;
  };
  /** Of each family of addresses, as `dht.nodes` are; none until the socket is open. */
  readonly scrape: readonly ScrapeFigures[];
  /** Of the infohashes sampled: all, new, sampled before in the last 12 to 24 hours, stored or invalid. */
  readonly infohashes: {
    readonly raw: number;
    readonly new: number;
    readonly repeated: number;
    readonly known: number;
  };
  /** Contacts of peers that nodes named. */
  readonly peersFound: number;
  readonly metadata: {
    /** Infohashes waiting for peers to be asked or being fetched. */
    readonly queued: number;
    /** Connections, open and half-open. */
    readonly connections: number;
    /** Connections begun, and why they ended without success. */
    readonly dialled: number;
    readonly failuresBy: Readonly<Record<string, number>>;
    /** Connections (flows) begun in the last 60 s. */
    readonly dialledPerMinute: number;
    /** Torrents fetched, by the stage that named the peer: `sampling-node`, `other-nodes`, `lookup`, `retry`. */
    readonly byStage: Readonly<Record<string, number>>;
    /** How each connection ended, by transport: `tcp refused`, `mse complete`. Several may be tried for one peer. */
    readonly byTransport: Readonly<Record<string, number>>;
    /** Datagrams of uTP on the DHT's socket; part of all its packets. */
    readonly utpPacketsOut: number;
    readonly utpPacketsIn: number;
    /** Info dictionaries received complete, and parts of unfinished ones held in memory. */
    readonly receivedBytes: number;
    /** Everything that peers sent, also in vain; and that for each torrent stored, null before the first. */
    readonly peerBytesIn: number;
    readonly bytesPerStoredTorrent: number | null;
    /** Stored torrents that nobody had at any rung of the retry ladder. */
    readonly dead: number;
    readonly heldBytes: number;
  };
  readonly store: {
    /** Torrents on their way to the catalogue or waiting in it. */
    readonly waiting: number;
    /** Torrents committed, and of those the ones of the last 60 s. */
    readonly saved: number;
    readonly savedPerMinute: number;
  };
  /** Who answers sample_infohashes, by client version (R15): the CLIENT_VERSIONS_SHOWN asked most. */
  readonly clientVersions: readonly Omit<VersionRow, 'version'>[];
}

/** How often the engine posts its counters. */
export const COUNTERS_INTERVAL_MS = 5_000;
export const CLIENT_VERSIONS_SHOWN = 20;

/** A UDP tracker (BEP 15). */
export interface TrackerAddress {
  readonly host: string;
  readonly port: number;
}

/** Handed to the engine worker as workerData. */
export interface EngineOptions {
  /** Folder for the saved tables; it exists and may be written. */
  readonly dataDir: string;
  readonly bootstrap: readonly { readonly host: string; readonly port: number }[];
  readonly bindHost: string;
  /** An IPv6 address to use beside it. Without: a global one if there is any, but only with bindHost 0.0.0.0. */
  readonly bindHost6?: string;
  /** False: no IPv6 beside IPv4. Default true. */
  readonly hasIpv6?: boolean;
  /** 0 lets the system choose; the chosen port is saved and tried again next time. */
  readonly port: number;
  readonly pace: Pace;
  readonly isServing: boolean;
  readonly localAddressesAllowed: boolean;
  readonly startPaused: boolean;
  /** The compiled UDP socket; null: node:dgram. Left out: what LANTERNFISH_UDP_BINDING says, else node:dgram. */
  readonly udpBinding?: string | null;
  /** UDP trackers that may be asked how many have a torrent (BEP 15). None, the default: none is ever asked. */
  readonly trackers?: readonly TrackerAddress[];
}

/** `connect-store` comes first and carries the engine's end of a MessageChannel to the writer (transferred). */
export type EngineCommand =
  | { readonly type: 'connect-store'; readonly port: MessagePort }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  | { readonly type: 'set-pace'; readonly pace: Pace }
  /** Who has these? n x 20 bytes packed, at most CHECK_INFOHASHES_MAX: what is on screen now, instead of what was asked before. */
  | { readonly type: 'check-health'; readonly infohashes: Uint8Array }
  /** Trackers that may be asked from now on, at most eight; none turns them off. */
  | { readonly type: 'set-trackers'; readonly trackers: readonly TrackerAddress[] }
  /** The info dictionary of a torrent by its infohashes (n x 20 bytes packed), for the person, before whatever the crawl wants. */
  | { readonly type: 'fetch-torrent'; readonly requestId: number; readonly infohashes: Uint8Array }
  | { readonly type: 'cancel-torrent'; readonly requestId: number }
  | { readonly type: 'network-changed' } //  after sleep, or when the system says so
  | { readonly type: 'stop' };

/** Nobody was found; nobody answered; nothing may be sent; too many are asked for at once. */
export type TorrentFailure = 'no-peers' | 'no-answer' | 'paused' | 'busy';

export type EngineEvent =
  | { readonly type: 'status'; readonly status: EngineStatus }
  | { readonly type: 'counters'; readonly counters: EngineCounters }
  | { readonly type: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly message: string }
  /** What `check-health` found, as it is found; it is in the catalogue, too. */
  | { readonly type: 'health'; readonly reports: readonly HealthReport[] }
  /** How many peers may have what `fetch-torrent` asks for. It ends in one of the two below, unless it is cancelled. */
  | { readonly type: 'torrent-peers'; readonly requestId: number; readonly peerCount: number }
  | { readonly type: 'torrent-fetched'; readonly requestId: number; readonly info: Uint8Array }
  | { readonly type: 'torrent-failed'; readonly requestId: number; readonly reason: TorrentFailure }
  | { readonly type: 'stopped' };

/** Public bootstrap routers that answered in 2026; asked only while fewer than 30 saved nodes answer (protocol.md 5.4). */
export const DEFAULT_BOOTSTRAP: EngineOptions['bootstrap'] = [
  { host: 'dht.libtorrent.org', port: 25401 },
  { host: 'dht.transmissionbt.com', port: 6881 },
  { host: 'router.bt.ouinet.work', port: 6881 },
  { host: 'router.silotis.us', port: 6881 }, // IPv6
];

/** Open to everybody and known for years; asked only when the person turned trackers on. */
export const PUBLIC_TRACKERS: readonly TrackerAddress[] = [
  { host: 'tracker.opentrackr.org', port: 1337 },
  { host: 'open.stealth.si', port: 80 },
  { host: 'tracker.torrent.eu.org', port: 451 },
  { host: 'exodus.desync.com', port: 6969 },
  { host: 'explodie.org', port: 6969 },
];
