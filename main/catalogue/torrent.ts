// What a torrent is once its metadata has been verified. Plain data: it crosses thread ports as it is.
// Names here are already safe to show (wire/info-dictionary.ts cleaned them); they are still other people's words.

export interface TorrentFile {
  /** Path inside the torrent with `/` between parts, cleaned: no `..`, no drive letters, no control or bidi characters. */
  readonly path: string;
  readonly sizeBytes: number;
  /** BEP 47: some of `x` executable, `h` hidden, `l` a symbolic link, in this order; absent when none. */
  readonly attributes?: string;
  /** Where a symbolic link points, cleaned like a path: text to show, never a place to go to. */
  readonly linkTarget?: string;
}

export interface Torrent {
  /** 20 bytes, SHA-1 of the info dictionary; null for a pure v2 torrent. */
  readonly infohashV1: Uint8Array | null;
  /** 32 bytes, SHA-256 of the info dictionary; null for a pure v1 torrent (BEP 52). */
  readonly infohashV2: Uint8Array | null;
  readonly name: string;
  /** Sum over all files, pad files not counted. */
  readonly sizeBytes: number;
  /** All files but pad files, also those that `files` had no room for. */
  readonly fileCount: number;
  /** At most FILES_KEPT_MAX, in the torrent's order. */
  readonly files: readonly TorrentFile[];
  readonly isPrivate: boolean;
  /** Different peers that the DHT named for it when it was fetched. */
  readonly peersSeen: number;
  readonly discoveredAtUnixSeconds: number;
}

/** protocol.md 4.3: enough for every file tree that a person reads, bounded for those that nobody does. */
export const FILES_KEPT_MAX = 2000;

/** How many have a torrent, as one source counted at one time. */
export interface SwarmCount {
  readonly seeders: number;
  readonly leechers: number;
  readonly checkedAtUnixSeconds: number;
}

/** `dht`: BEP 33, filters of the nearest nodes. `tracker`: BEP 15, only when the person turned trackers on. */
export type HealthSource = 'dht' | 'tracker';

export interface TorrentHealth {
  readonly dht: SwarmCount | null;
  readonly tracker: SwarmCount | null;
  /** Nobody had it at any rung of the retry ladder. */
  readonly isDead: boolean;
}

/** One finding, on its way to the catalogue. */
export interface HealthReport extends SwarmCount {
  /** 20 bytes, either one of a hybrid. */
  readonly infohash: Uint8Array;
  readonly source: HealthSource;
}

/** What is tried again: to fetch the metadata, or to find anybody who has a torrent that is stored. */
export type RetryPurpose = 'metadata' | 'health';

/** One infohash on the retry ladder. When and how often is the engine's choice (metadata/retry-ladder.ts). */
export interface RetryEntry {
  /** 20 bytes. */
  readonly infohash: Uint8Array;
  readonly purpose: RetryPurpose;
  readonly failureCount: number;
  /** How many nodes sampled it. */
  readonly popularity: number;
  readonly dueAtUnixSeconds: number;
}

/** What the person can say of a torrent. `open`: its details or its magnet were opened, which keeps it from being forgotten early. */
export type Mark = 'star' | 'open' | 'hide' | 'block';

/** Who blocked an infohash: the person, the safety list, or a blocked word in the name. */
export type BlockReason = 'person' | 'list' | 'word';

/** An infohash that is never asked for and never stored again. */
export interface BlockedEntry {
  /** Rising with time. */
  readonly id: number;
  /** 20 bytes, the primary one of a hybrid. */
  readonly infohash: Uint8Array;
  /** Null where it was never known, or is not to be kept. */
  readonly name: string | null;
  readonly reason: BlockReason;
  readonly blockedAtUnixSeconds: number;
}

/** The 20 bytes that name the torrent in links and in the DHT: v1 if there is one, else v2 cut to 20 (BEP 52). */
export function primaryInfohash(torrent: Pick<Torrent, 'infohashV1' | 'infohashV2'>): Uint8Array {
  const infohash = torrent.infohashV1 ?? torrent.infohashV2?.subarray(0, 20);
  if (!infohash) throw new TypeError('a torrent has at least one infohash');
  return infohash;
}
