// What the store's two threads hear and say. Types and limits only.
//   engine  <-> writer   EngineToWriter / WriterToEngine   over a MessageChannel
//   transfer <-> writer  import-contract.ts                  over a MessageChannel
//   owner   <-> writer   WriterCommand / WriterEvent       (owner = Electron's main thread, or the headless command)
//   writer  <-> search   writer-search-contract.ts          over a MessageChannel
//   owner   <-> search   SearchCommand / SearchEvent
import type { MessagePort } from 'node:worker_threads';
import type { MarkedList, ShownMarks, StorePolicy, StoreRequest, StoreStatus, WriterAnswer } from './owner-contract.ts';
import type { Hiding } from './owner-contract.ts';
import type { SavedMatch, WatchedSearch } from './saved-contract.ts';
import type { HealthReport, RetryEntry, Torrent, TorrentFile, TorrentHealth } from '../catalogue/torrent.ts';

/** Torrents wait at most this long before they are committed: with what a commit takes, they are found within 300 ms. */
export const COMMIT_EVERY_MS = 100;
export const COMMIT_TORRENTS_MAX = 200;
/** Torrents that may wait for a commit; the engine stops fetching above it. */
export const WAITING_TORRENTS_MAX = 500;
/** Rows in one page of results. */
export const PAGE_ROWS_MAX = 200;
export const QUERY_CHARACTERS_MAX = 1000;

/** Torrents of one `links` question: a multiple selection is asked in such portions. */
export const LINKS_MAX = 500;

/** How many names may be kept in memory. */
export const NAMES_IN_MEMORY = [250_000, 1_000_000, 3_000_000] as const;
export const NAMES_IN_MEMORY_DEFAULT = 1_000_000;
/** Measured (`npm run bench -- search`): the name, dictionary, postings, columns and orders of one torrent. */
const BYTES_PER_NAME = 125;

/** The choices with what each costs. */
export const namesInMemoryChoices = (): { names: number; megabytes: number }[] =>
  NAMES_IN_MEMORY.map((names) => ({ names, megabytes: Math.round((names * BYTES_PER_NAME) / 1e6) }));

/** workerData of both store workers. */
export interface StoreOptions {
  readonly databasePath: string;
  /** A better_sqlite3.node built for this runtime, or null for the package's own. */
  readonly nativeBinding: string | null;
  /** Names that the search keeps in memory (the writer does not look at it); a million where nothing is said. */
  readonly namesInMemory?: number;
  /** Only the writer looks at it; without: no limit, nothing blocked. */
  readonly policy?: StorePolicy;
}

// ---------------------------------------------------------------- engine <-> writer

export type EngineToWriter =
  | { readonly type: 'store'; readonly torrents: readonly Torrent[] }
  /** `infohashes`: n x 20 bytes packed. Answered by `known`. */
  | { readonly type: 'are-known'; readonly questionId: number; readonly infohashes: Uint8Array }
  /** Asks for what is blocked and the newest `limit` infohashes, sent as `warm-up` chunks, newest first. */
  | { readonly type: 'warm-up'; readonly limit: number }
  | { readonly type: 'retry-add'; readonly entries: readonly RetryEntry[] }
  /** Done with: found, or tried often enough. n x 20 bytes packed. */
  | { readonly type: 'retry-remove'; readonly infohashes: Uint8Array }
  /** Answered by `retry-due`, also when nothing is. What is handed out is not due again for an hour. */
  | { readonly type: 'retry-take'; readonly limit: number }
  /** Proved by their hash and nonsense: from now on `known`. n x 20 bytes packed. */
  | { readonly type: 'invalid'; readonly infohashes: Uint8Array }
  | { readonly type: 'health'; readonly reports: readonly HealthReport[] }
  /** Somebody has them, though nobody was counted. n x 20 bytes packed. */
  | { readonly type: 'alive'; readonly infohashes: Uint8Array }
  /** Nobody had them at any rung of the ladder. n x 20 bytes packed. */
  | { readonly type: 'dead'; readonly infohashes: Uint8Array }
  /** How often nodes sampled each of them lately (`times` in the same order). n x 20 bytes packed. */
  | {
      readonly type: 'sightings';
      readonly infohashes: Uint8Array;
      readonly times: Uint16Array;
      readonly lastAtUnixSeconds: number;
    };

/** What `known` says of an infohash. */
export const IS_NEW = 0;
/** The catalogue has it, or it is blocked or proved invalid. */
export const IS_KNOWN = 1;
/** It waits on the retry ladder for a time that has not come. */
export const IS_RESTING = 2;

export type WriterToEngine =
  /** One byte for each infohash asked about: IS_NEW, IS_KNOWN or IS_RESTING. */
  | { readonly type: 'known'; readonly questionId: number; readonly isKnown: Uint8Array }
  | { readonly type: 'warm-up'; readonly infohashes: Uint8Array; readonly isLast: boolean }
  /** Blocked just now: known from here on, and what is being fetched of them is given up. n x 20 bytes packed. */
  | { readonly type: 'blocked'; readonly infohashes: Uint8Array }
  /** The most popular first. `evictedCount`: entries that went because the ladder was full, since the writer started. */
  | {
      readonly type: 'retry-due';
      readonly entries: readonly RetryEntry[];
      readonly waitingCount: number;
      readonly evictedCount: number;
    }
  /** Committed: `storedCount` torrents were new; `waitingCount` still wait (back-pressure). */
  | { readonly type: 'stored'; readonly storedCount: number; readonly waitingCount: number };

export { IMPORT_BATCH_ROWS_MAX } from './import-contract.ts';
export type * from './import-contract.ts';

// ---------------------------------------------------------------- owner <-> writer

export type WriterCommand =
  | { readonly type: 'connect-engine'; readonly port: MessagePort }
  | { readonly type: 'connect-search'; readonly port: MessagePort }
  | { readonly type: 'connect-transfer'; readonly port: MessagePort }
  | StoreRequest
  | { readonly type: 'set-policy'; readonly policy: StorePolicy }
  | { readonly type: 'stop' };

export type WriterEvent =
  | WriterAnswer
  | { readonly type: 'store-status'; readonly status: StoreStatus }
  | { readonly type: 'ready'; readonly torrentCount: number; readonly notice: string | null }
  | {
      readonly type: 'torrents-added';
      readonly addedCount: number;
      readonly torrentCount: number;
      readonly databaseBytes: number;
    }
  /** The catalogue cannot be used or written; `problem` is a sentence for the person. `isPassing`: `ready` may come by itself. */
  | { readonly type: 'failed'; readonly problem: string; readonly isPassing: boolean }
  | { readonly type: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly message: string }
  | { readonly type: 'stopped' };

// ---------------------------------------------------------------- owner <-> search

export type SortOrder = 'relevance' | 'newest' | 'size' | 'files' | 'peers';
export const SORT_ORDERS: readonly SortOrder[] = ['relevance', 'newest', 'size', 'files', 'peers'];

/** Stored by their place in this list: new ones come last. */
export const CONTENT_TYPES = ['video', 'audio', 'book', 'software', 'game', 'other', 'image', 'archive'] as const;
export type ContentType = (typeof CONTENT_TYPES)[number];

export interface SearchRequest extends Hiding {
  /** What the person typed; any string. At most QUERY_CHARACTERS_MAX characters are read. */
  readonly text: string;
  readonly sort: SortOrder;
  /** True: the smallest, fewest, oldest first. Not for `relevance`. Torrents that are only on disk come last all the same. */
  readonly isReversed?: boolean;
  readonly contentType: ContentType | null;
  /** 1 to PAGE_ROWS_MAX. */
  readonly limit: number;
  /** Null for the first page, else `nextCursor` of the page before; opaque. */
  readonly cursor: string | null;
  /**
   * True: answer with what is in memory, at once. If the disk may have more (`isPartial`), the next page, asked for by its
   * cursor, brings that and the whole figures; what was shown stays where it is.
   */
  readonly isFast?: boolean;
  /** Only what is starred, or only what is hidden, newest first whatever `sort` says. */
  readonly list?: MarkedList;
}

/** Rows out of the middle of a list of results. */
export interface RowsRequest
  extends Pick<SearchRequest, 'text' | 'sort' | 'isReversed' | 'contentType' | 'limit'>, Hiding {
  /** Any cursor of the list: it tells what the first page saw. */
  readonly cursor: string;
  /** From 0, below the list's `reachableCount`. */
  readonly offset: number;
}

export interface ResultRows {
  /** Null in the place of a row that has left the catalogue since. */
  readonly rows: readonly (ResultRow | null)[];
  /** Goes on behind the last row that can be reached by offset. */
  readonly tailCursor: string;
}

export interface ResultRow extends ShownMarks {
  readonly infohashHex: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly fileCount: number;
  readonly peersSeen: number;
  readonly discoveredAtUnixSeconds: number;
  readonly contentType: ContentType;
  /** Null when nobody has looked yet. */
  readonly health: TorrentHealth | null;
  /** [start, end) pairs of UTF-16 offsets into `name` that matched, flat, in order. */
  readonly matches: readonly number[];
  /** Where the words are that the name has none of; null otherwise, and from some rows of a page on. */
  readonly fileMatch: FileMatch | null;
}

export interface FileMatch {
  readonly path: string;
  /** As ResultRow's, into `path`. */
  readonly matches: readonly number[];
}

export interface ResultPage {
  readonly rows: readonly ResultRow[];
  /** Null when this is the last page. */
  readonly nextCursor: string | null;
  readonly totalCount: number;
  /** False: `totalCount` is a lower bound ('1,000+'). */
  readonly totalIsExact: boolean;
  /** The first so many can also be had by their place (RowsRequest); 0: only page after page. */
  readonly reachableCount: number;
  /** True: only what is in memory was asked (`isFast`); the next page has more rows or at least whole figures. */
  readonly isPartial: boolean;
  /** Matches by content type, before the type filter; null where it was not counted. */
  readonly countsByType: Readonly<Record<ContentType, number>> | null;
  /** Better spellings of the query, best first; only when there were few results. */
  readonly didYouMean: readonly string[];
  /** What `hidesAdult` has left out of this; null where it was not asked for. Not exact: at least so many. */
  readonly adultHidden: { readonly count: number; readonly isExact: boolean } | null;
}

export interface TorrentDetails extends ShownMarks {
  readonly infohashHex: string;
  readonly infohashV1Hex: string | null;
  readonly infohashV2Hex: string | null;
  readonly name: string;
  readonly sizeBytes: number;
  readonly fileCount: number;
  readonly files: readonly TorrentFile[];
  readonly peersSeen: number;
  readonly isPrivate: boolean;
  readonly discoveredAtUnixSeconds: number;
  readonly lastSeenAtUnixSeconds: number;
  /** How often nodes named it, or peers sent it. */
  readonly timesSeen: number;
  readonly contentType: ContentType;
  readonly typeReason: TypeReason;
  readonly health: TorrentHealth | null;
}

/** What a magnet link is made of. */
export type LinkFacts = Pick<TorrentDetails, 'infohashHex' | 'infohashV1Hex' | 'infohashV2Hex' | 'name'>;

/** Why a torrent counts as what it does: most of its bytes are such files, a word of its name says so, or nothing does. */
export type TypeReason =
  | { readonly kind: 'files'; readonly extension: string; readonly percent: number }
  | { readonly kind: 'name'; readonly word: string }
  | { readonly kind: 'nothing' };

export type SearchCommand =
  | { readonly type: 'connect-writer'; readonly port: MessagePort }
  /** A newer search of the same `box` makes the older one answer `superseded`. */
  | { readonly type: 'search'; readonly requestId: number; readonly box: string; readonly request: SearchRequest }
  | { readonly type: 'rows-at'; readonly requestId: number; readonly box: string; readonly request: RowsRequest }
  | { readonly type: 'suggest'; readonly requestId: number; readonly text: string; readonly hidesAdult?: boolean }
  | { readonly type: 'details'; readonly requestId: number; readonly infohashHex: string }
  | ({ readonly type: 'variants'; readonly requestId: number; readonly infohashHex: string } & Hiding)
  /** At most LINKS_MAX. */
  | { readonly type: 'links'; readonly requestId: number; readonly infohashesHex: readonly string[] }
  /** Keeps so many names in memory from now on. */
  | { readonly type: 'set-names-in-memory'; readonly names: number }
  /** Holds new torrents against these from now on, instead of others; rows after `afterId` are new, too. */
  | { readonly type: 'watch'; readonly searches: readonly WatchedSearch[]; readonly afterId: number | null }
  | { readonly type: 'stop' };

export type SearchEvent =
  | { readonly type: 'ready'; readonly indexedCount: number }
  | { readonly type: 'page'; readonly requestId: number; readonly page: ResultPage }
  | { readonly type: 'rows'; readonly requestId: number; readonly rows: ResultRows }
  | { readonly type: 'superseded'; readonly requestId: number }
  | { readonly type: 'suggestions'; readonly requestId: number; readonly titles: readonly string[] }
  | { readonly type: 'details'; readonly requestId: number; readonly details: TorrentDetails | null }
  | { readonly type: 'variants'; readonly requestId: number; readonly rows: readonly ResultRow[] }
  /** In the order asked for; without those that are not in the catalogue. */
  | { readonly type: 'links'; readonly requestId: number; readonly links: readonly LinkFacts[] }
  /** New torrents up to this row were held against the saved searches. */
  | { readonly type: 'saved-looked'; readonly untilId: number; readonly matches: readonly SavedMatch[] }
  /** A request that broke inside; the person sees `problem`, the thread lives on. */
  | { readonly type: 'request-failed'; readonly requestId: number; readonly problem: string }
  | { readonly type: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly message: string }
  | { readonly type: 'stopped' };
