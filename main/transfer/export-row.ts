// A stored torrent as a record of an export. JSON Lines and CSV carry the same fields; read-row.ts reads both back.
import { toHex } from '../base/bytes.ts';
import type { StoredDetails } from '../catalogue/catalogue-reader.ts';
import { magnetLink } from '../catalogue/magnet-link.ts';
import type { SwarmCount, TorrentFile, TorrentHealth } from '../catalogue/torrent.ts';
import { contentTypeNamed } from '../store/catalogue-row.ts';
import { csvRecord } from './csv-format.ts';

export interface ExportedTorrent {
  readonly details: StoredDetails;
  readonly health: TorrentHealth | null;
  readonly isStarred: boolean;
}

/** In the order of the columns; `files` is last, so that the others can be seen beside each other. */
export const CSV_COLUMNS = [
  ...['infohash', 'infohashV1', 'infohashV2', 'name', 'sizeBytes', 'fileCount', 'contentType', 'isPrivate'],
  ...['peersSeen', 'timesSeen', 'firstSeenAt', 'lastSeenAt', 'dhtSeeders', 'dhtLeechers', 'dhtCheckedAt'],
  ...['trackerSeeders', 'trackerLeechers', 'trackerCheckedAt', 'isDead', 'isStarred', 'files'],
] as const;

export const csvHeader = (): string => `${CSV_COLUMNS.join(',')}\r\n`;

/** One JSON object with its line end. */
export function jsonLine({ details, health, isStarred }: ExportedTorrent, withFiles: boolean): string {
  const row = {
    ...namesOf(details),
    name: details.name,
    sizeBytes: details.sizeBytes,
    fileCount: details.fileCount,
    contentType: contentTypeNamed(details.contentType),
    isPrivate: details.isPrivate,
    peersSeen: details.peersSeen,
    timesSeen: details.timesSeen,
    firstSeenAt: isoTime(details.discoveredAtUnixSeconds),
    lastSeenAt: isoTime(details.lastSeenAtUnixSeconds),
    health: health && { dht: countOf(health.dht), tracker: countOf(health.tracker), isDead: health.isDead },
    isStarred,
    ...(withFiles ? { files: details.files } : {}),
  };
  return `${JSON.stringify(row)}\n`;
}

/** One CSV record with its line end, in the order of CSV_COLUMNS. */
export function csvLine({ details, health, isStarred }: ExportedTorrent, withFiles: boolean): string {
  const { infohash, infohashV1, infohashV2 } = namesOf(details);
  return csvRecord([
    ...[infohash, infohashV1, infohashV2, details.name, details.sizeBytes, details.fileCount],
    ...[contentTypeNamed(details.contentType), details.isPrivate, details.peersSeen, details.timesSeen],
    ...[isoTime(details.discoveredAtUnixSeconds), isoTime(details.lastSeenAtUnixSeconds)],
    ...countCells(health?.dht ?? null),
    ...countCells(health?.tracker ?? null),
    ...[health?.isDead ?? null, isStarred, withFiles ? filesCell(details.files) : null],
  ]);
}

export function magnetLine({ details }: ExportedTorrent): string {
  const { infohashV1, infohashV2 } = namesOf(details);
  return `${magnetLink({ infohashV1Hex: infohashV1, infohashV2Hex: infohashV2, name: details.name })}\n`;
}

function namesOf(details: StoredDetails) {
  const { infohash, infohashV1, infohashV2 } = details;
  return {
    infohash: toHex(infohash),
    infohashV1: infohashV1 && toHex(infohashV1),
    infohashV2: infohashV2 && toHex(infohashV2),
  };
}

function countOf(count: SwarmCount | null) {
  return count && { seeders: count.seeders, leechers: count.leechers, checkedAt: isoTime(count.checkedAtUnixSeconds) };
}

function countCells(count: SwarmCount | null): (string | number | null)[] {
  return count ? [count.seeders, count.leechers, isoTime(count.checkedAtUnixSeconds)] : [null, null, null];
}

const filesCell = (files: readonly TorrentFile[]): string => JSON.stringify(files);

const isoTime = (unixSeconds: number): string => new Date(unixSeconds * 1000).toISOString().replace('.000Z', 'Z');
