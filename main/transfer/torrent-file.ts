// A .torrent file as a torrent: the info dictionary is found by the scanner of the wire, hashed as it stands there, and read
// by the same parser that reads what peers send. Everything else in the file (trackers, comments, dates) is left alone.
import { hash } from 'node:crypto';
import {
  BencodeScanner,
  METADATA_SCAN_LIMITS,
  TOKEN_CLOSE,
  TOKEN_DICTIONARY,
  TOKEN_KEY,
} from '../wire/bencode-scanner.ts';
import { parseInfoDictionary } from '../wire/info-dictionary.ts';
import type { ReadRow } from './read-row.ts';
import type { SkipReason } from './transfer-contract.ts';

/** The piece layers of a v2 torrent lie beside the info dictionary and may be larger than it. */
export const TORRENT_FILE_BYTES_MAX = 64 * 1024 * 1024;
/** As for metadata from peers (protocol.md 2.6). */
const INFO_BYTES_MAX = 10 * 1024 * 1024;

/** `bytes`: the whole file. Never throws. */
export function readTorrentFile(bytes: Uint8Array, nowUnixSeconds: number): ReadRow {
  const skipped = (reason: SkipReason): ReadRow => ({ kind: 'skipped', reason });
  const raw = findInfo(bytes);
  if (raw === null) return skipped('damaged');
  if (raw.length > INFO_BYTES_MAX) return skipped('too-large');
  const parsed = parseInfoDictionary(raw);
  if (!parsed.ok) return skipped('bad-torrent');
  const { name, files, fileCount, sizeBytes, isPrivate, hasV1, hasV2 } = parsed.info;
  const torrent = {
    infohashV1: hasV1 ? new Uint8Array(hash('sha1', raw, 'buffer')) : null,
    infohashV2: hasV2 ? new Uint8Array(hash('sha256', raw, 'buffer')) : null,
    ...{ name, files, fileCount, sizeBytes, isPrivate },
    ...{ peersSeen: 0, timesSeen: 0, health: null, isStarred: false },
    discoveredAtUnixSeconds: nowUnixSeconds,
    lastSeenAtUnixSeconds: nowUnixSeconds,
  };
  return { kind: 'torrent', torrent };
}

/** The bytes of the first value under the key `info`, or null. What stands behind the outer dictionary does not matter. */
function findInfo(bytes: Uint8Array): Uint8Array | null {
  const scanner = new BencodeScanner(METADATA_SCAN_LIMITS);
  scanner.begin(bytes);
  if (scanner.next() !== TOKEN_DICTIONARY) return null;
  for (;;) {
    const token = scanner.next();
    if (token === TOKEN_CLOSE || token !== TOKEN_KEY) return null;
    const isInfo = scanner.dataIs('info');
    const start = scanner.position;
    if (!skipValue(scanner)) return null;
    if (isInfo) return bytes.slice(start, scanner.position);
  }
}

function skipValue(scanner: BencodeScanner): boolean {
  const { depth } = scanner;
  do scanner.next();
  while (scanner.depth > depth && scanner.problem === null);
  return scanner.problem === null;
}
