// What the records of a damaged catalogue mean, column by column (migrations.ts). Null for what no catalogue would hold.
import { bytesEqual } from '../base/bytes.ts';
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import type { Value } from './page-records.ts';
import type { BlockReason, RetryEntry, SwarmCount, Torrent, TorrentHealth } from './torrent.ts';

export interface SalvagedTorrent extends Torrent {
  readonly id: number;
  /** Bits of marks.ts. */
  readonly marks: number;
  readonly timesSeen: number;
  readonly lastSeenAtUnixSeconds: number;
  readonly health: TorrentHealth | null;
}

export interface SalvagedBlock {
  readonly infohash: Uint8Array;
  /** The primary infohash of the torrent. */
  readonly namedBy: Uint8Array;
  readonly reason: BlockReason;
  readonly name: string | null;
  readonly atUnixSeconds: number;
}

const MARKS_MAX = 15;
const REASONS: readonly BlockReason[] = ['person', 'list', 'word'];

export function readTorrent(id: number, values: readonly Value[]): SalvagedTorrent | null {
  const [, infohash, infohashV2, name] = values;
  const numbers = values.slice(4).map(count);
  if (!(infohash instanceof Uint8Array) || typeof name !== 'string' || numbers.includes(null)) return null;
  const [sizeBytes, fileCount, , isPrivate, peersSeen, timesSeen, discoveredAt, lastSeenAt, marks = 0] =
    numbers as number[];
  const v2 = infohashV2 instanceof Uint8Array ? infohashV2 : null;
  const isV2Only = v2 !== null && bytesEqual(infohash, v2.subarray(0, IDENTIFIER_BYTES));
  return {
    id,
    infohashV1: isV2Only ? null : infohash,
    infohashV2: v2,
    name,
    sizeBytes: sizeBytes!,
    fileCount: fileCount!,
    files: [],
    isPrivate: isPrivate !== 0,
    peersSeen: peersSeen!,
    timesSeen: timesSeen!,
    discoveredAtUnixSeconds: discoveredAt!,
    lastSeenAtUnixSeconds: lastSeenAt!,
    marks: marks & MARKS_MAX,
    health: null,
  };
}

export function readHealth([, ...columns]: readonly Value[]): TorrentHealth | null {
  const numbers = columns.map(count);
  const [seeders, leechers, checkedAt, trackerSeeders, trackerLeechers, trackerCheckedAt, isDead] = numbers;
  if (isDead !== 0 && isDead !== 1) return null;
  return {
    dht: swarmCount(seeders, leechers, checkedAt),
    tracker: swarmCount(trackerSeeders, trackerLeechers, trackerCheckedAt),
    isDead: isDead === 1,
  };
}

export function readBlocked([, infohash, namedBy, order, name, at]: readonly Value[]): SalvagedBlock | null {
  const reason = REASONS[count(order) ?? -1];
  const atUnixSeconds = count(at);
  if (!(infohash instanceof Uint8Array) || !(namedBy instanceof Uint8Array)) return null;
  if (reason === undefined || atUnixSeconds === null) return null;
  return { infohash, namedBy, reason, name: typeof name === 'string' ? name : null, atUnixSeconds };
}

export function readRetry([infohash, ...columns]: readonly Value[]): RetryEntry | null {
  const [purpose, failureCount, popularity, dueAtUnixSeconds] = columns.map(count);
  if (!(infohash instanceof Uint8Array) || (purpose !== 0 && purpose !== 1)) return null;
  if (failureCount == null || popularity == null || dueAtUnixSeconds == null) return null;
  return { infohash, purpose: purpose === 0 ? 'metadata' : 'health', failureCount, popularity, dueAtUnixSeconds };
}

function swarmCount(
  seeders: number | null | undefined,
  leechers: number | null | undefined,
  checkedAtUnixSeconds: number | null | undefined,
): SwarmCount | null {
  if (seeders == null || leechers == null || checkedAtUnixSeconds == null) return null;
  return { seeders, leechers, checkedAtUnixSeconds };
}

/** Every number that a catalogue keeps is a whole one from 0 on. */
function count(value: Value | undefined): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}
