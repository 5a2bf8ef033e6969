// Another Lanternfish catalogue, or a backup of one, as rows of an import. Read as a damaged catalogue is read: whatever its
// version, stepping over what cannot be read, and believing nothing but what is checked here.
import type { StoredDetails } from '../catalogue/catalogue-reader.ts';
import { STARRED } from '../catalogue/marks.ts';
import { salvageRows } from '../catalogue/salvage.ts';
import { FILES_KEPT_MAX } from '../catalogue/torrent.ts';
import { cleanName, cleanPath } from '../wire/clean-name.ts';
import { FILES_MAX } from '../wire/info-file-list.ts';
import type { ReadRow } from './read-row.ts';

export interface CatalogueFileRow {
  readonly row: ReadRow;
  /** 0 to 1. */
  readonly done: number;
}

export function* catalogueRows(path: string, nativeBinding: string | null): Generator<CatalogueFileRow> {
  let count = 0;
  for (const details of salvageRows(path, nativeBinding)) {
    count++;
    // How many there are is not known: ids have few gaps, so that half of the way is a fair guess of the rest.
    yield { row: toRow(details), done: count / (count + 1000) };
  }
}

function toRow(details: StoredDetails): ReadRow {
  const { infohashV1, infohashV2, name, sizeBytes, fileCount, files, peersSeen, timesSeen } = details;
  const figures = [sizeBytes, fileCount, peersSeen, timesSeen, details.discoveredAtUnixSeconds];
  const fits = (bytes: unknown, length: number): boolean =>
    bytes === null || (bytes instanceof Uint8Array && bytes.length === length);
  if (!fits(infohashV1, 20) || !fits(infohashV2, 32) || (!infohashV1 && !infohashV2)) {
    return { kind: 'skipped', reason: 'bad-infohash' };
  }
  if (typeof name !== 'string' || !figures.every((figure) => Number.isSafeInteger(figure) && figure >= 0)) {
    return { kind: 'skipped', reason: 'bad-field' };
  }
  const torrent = {
    infohashV1: infohashV1 && new Uint8Array(infohashV1),
    infohashV2: infohashV2 && new Uint8Array(infohashV2),
    name: cleanName(name),
    sizeBytes,
    fileCount: Math.min(Math.max(fileCount, files.length), FILES_MAX),
    files: files.slice(0, FILES_KEPT_MAX).map((file) => ({ ...file, path: cleanPath(file.path.split('/')) })),
    isPrivate: details.isPrivate,
    peersSeen,
    timesSeen,
    discoveredAtUnixSeconds: details.discoveredAtUnixSeconds,
    lastSeenAtUnixSeconds: details.lastSeenAtUnixSeconds,
    health: null,
    isStarred: (details.marks & STARRED) !== 0,
  };
  return { kind: 'torrent', torrent };
}
