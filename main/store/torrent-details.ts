// One torrent as the window shows it, and what its link is made of: read from the catalogue by infohash.
import { fromHex, toHex } from '../base/bytes.ts';
import type { CatalogueReader, StoredDetails } from '../catalogue/catalogue-reader.ts';
import { BLOCKED } from '../catalogue/marks.ts';
import { explainContentType } from '../search/content-type.ts';
import { contentTypeNamed } from './catalogue-row.ts';
import { shownMarks } from './marked-page.ts';
import { type LinkFacts, LINKS_MAX, type TorrentDetails, type TypeReason } from './store-contract.ts';

/** Null for what is no infohash of a stored torrent. */
export function readDetails(reader: CatalogueReader, infohashHex: string): TorrentDetails | null {
  const id = idOf(reader, infohashHex);
  const stored = id === null ? null : withoutBlocked(reader.detailsById(id));
  if (stored === null) return null;
  return {
    ...hexNames(stored),
    ...shownMarks(stored.marks),
    lastSeenAtUnixSeconds: stored.lastSeenAtUnixSeconds,
    timesSeen: stored.timesSeen,
    name: stored.name,
    sizeBytes: stored.sizeBytes,
    fileCount: stored.fileCount,
    files: stored.files,
    peersSeen: stored.peersSeen,
    isPrivate: stored.isPrivate,
    discoveredAtUnixSeconds: stored.discoveredAtUnixSeconds,
    contentType: contentTypeNamed(stored.contentType),
    typeReason: reasonOf(stored),
    health: reader.health.get(stored.id),
  };
}

/** What the magnet links of these torrents are made of, in their order; those that are not stored are left out. */
export function readLinks(reader: CatalogueReader, infohashesHex: readonly string[]): LinkFacts[] {
  const found: LinkFacts[] = [];
  for (const infohashHex of infohashesHex.slice(0, LINKS_MAX)) {
    const id = idOf(reader, infohashHex);
    const stored = id === null ? null : withoutBlocked(reader.detailsById(id, { withFiles: false }));
    if (stored !== null) found.push({ ...hexNames(stored), name: stored.name });
  }
  return found;
}

/** A row that was blocked a moment ago is still there, for undo, and shown to nobody. */
function withoutBlocked(stored: StoredDetails | null): StoredDetails | null {
  return stored === null || stored.marks >= BLOCKED ? null : stored;
}

function idOf(reader: CatalogueReader, infohashHex: string): number | null {
  const infohash = fromHex(infohashHex);
  return infohash === null || infohash.length < 20 ? null : reader.findId(infohash.subarray(0, 20));
}

function hexNames({ infohash, infohashV1, infohashV2 }: StoredDetails): Omit<LinkFacts, 'name'> {
  return {
    infohashHex: toHex(infohash),
    infohashV1Hex: infohashV1 === null ? null : toHex(infohashV1),
    infohashV2Hex: infohashV2 === null ? null : toHex(infohashV2),
  };
}

/** Found again from what is stored; where a newer version would decide otherwise there is no reason to give. */
function reasonOf({ name, files, contentType }: StoredDetails): TypeReason {
  const explained = explainContentType(name, files);
  return explained.contentType === contentTypeNamed(contentType) ? explained.reason : { kind: 'nothing' };
}
