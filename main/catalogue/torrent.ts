// What a torrent is once its metadata has been verified. Plain data: it crosses thread ports as it is.
// Names here are already safe to show (wire/info-dictionary.ts cleaned them); they are still other people's words.

export interface TorrentFile {
  /** Path inside the torrent with `/` between parts, cleaned: no `..`, no drive letters, no control or bidi characters. */
  readonly path: string;
  readonly sizeBytes: number;
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

/** The 20 bytes that name the torrent in links and in the DHT: v1 if there is one, else v2 cut to 20 (BEP 52). */
export function primaryInfohash(torrent: Pick<Torrent, 'infohashV1' | 'infohashV2'>): Uint8Array {
  const infohash = torrent.infohashV1 ?? torrent.infohashV2?.subarray(0, 20);
  if (!infohash) throw new TypeError('a torrent has at least one infohash');
  return infohash;
}
