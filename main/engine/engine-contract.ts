// What the engine thread and the thread that started it say to each other. Types and limits only.
// `engine-worker.ts` is one end, Electron's main thread or the headless command the other.
import type { MessagePort } from 'node:worker_threads';

export const PACES = ['gentle', 'balanced', 'fast'] as const;
export type Pace = (typeof PACES)[number];

/** The one crawl state that window, tray and terminal draw. */
export type CrawlState =
  | 'starting' //   sockets are being opened, saved tables read
  | 'joining' //    running, but nobody has answered yet
  | 'running'
  | 'no-reply' //   running, nothing heard for NO_REPLY_AFTER_MS: is the network up?
  | 'paused' //     no packet leaves until resumed
  | 'stopped' //    clean end
  | 'failed'; //    see EngineStatus.problem

/** With no reply from the network for this long, window and terminal say so and name the demo. */
export const NO_REPLY_AFTER_MS = 30_000;
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
  readonly pace: Pace;
  /** Good and questionable nodes in the main table and in the needle tables, each counted once. */
  readonly nodes: number;
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

/** Handed to the engine worker as workerData. */
export interface EngineOptions {
  /** Folder for the saved tables; it exists and may be written. */
  readonly dataDir: string;
  readonly bootstrap: readonly { readonly host: string; readonly port: number }[];
  readonly bindHost: string;
  /** 0 lets the system choose; the chosen port is saved and tried again next time. */
  readonly port: number;
  readonly pace: Pace;
  readonly isServing: boolean;
  readonly localAddressesAllowed: boolean;
  readonly startPaused: boolean;
}

/** `connect-store` comes first and carries the engine's end of a MessageChannel to the writer (transferred). */
export type EngineCommand =
  | { readonly type: 'connect-store'; readonly port: MessagePort }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  | { readonly type: 'set-pace'; readonly pace: Pace }
  | { readonly type: 'network-changed' } //  after sleep, or when the system says so
  | { readonly type: 'stop' };

export type EngineEvent =
  | { readonly type: 'status'; readonly status: EngineStatus }
  | { readonly type: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly message: string }
  | { readonly type: 'stopped' };

/** Public bootstrap routers that answered in 2026; asked only while fewer than 30 saved nodes answer (protocol.md 5.4). */
export const DEFAULT_BOOTSTRAP: EngineOptions['bootstrap'] = [
  { host: 'dht.libtorrent.org', port: 25401 },
  { host: 'dht.transmissionbt.com', port: 6881 },
  { host: 'router.bt.ouinet.work', port: 6881 },
];
