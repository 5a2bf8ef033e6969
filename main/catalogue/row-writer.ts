// Writes the rows of single torrents: new ones, and what is learnt of one that was found again. Within the caller's
// transaction; catalogue.ts decides which of the two it is.
import { assert } from '../base/assert.ts';
import { bytesEqual } from '../base/bytes.ts';
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import type { CatalogueReader } from './catalogue-reader.ts';
import { packFiles } from './file-list.ts';
import { isShown } from './marks.ts';
import type { CatalogueDatabase, CatalogueStatement } from './open-database.ts';
import type { TokenTable, TokenTexts } from './token-table.ts';
import { primaryInfohash, type Torrent } from './torrent.ts';

/** A torrent with what search/ makes of it. */
export interface CatalogueRow extends Torrent, TokenTexts {
  /** Index into store-contract's CONTENT_TYPES. */
  readonly contentType: number;
  /** Only when rows are taken over from another file. */
  readonly timesSeen?: number;
  readonly lastSeenAtUnixSeconds?: number;
  /** Bits of marks.ts. */
  readonly marks?: number;
}

type StoredKeys = { infohash: Uint8Array; infohashV2: Uint8Array | null };

const WRITER_QUERIES = {
  insert: `INSERT INTO torrents(infohash, infohash_v2, name, size_bytes, file_count, content_type, is_private,
    peers_seen, times_seen, discovered_at, last_seen_at, marks) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  insertAlias: 'INSERT OR REPLACE INTO infohash_aliases(infohash, torrent_id) VALUES(?, ?)',
  insertFiles: 'INSERT INTO torrent_files(id, files) VALUES(?, ?)',
  seenAgain: `UPDATE torrents SET peers_seen = max(peers_seen, ?), times_seen = times_seen + ?,
    discovered_at = min(discovered_at, ?), last_seen_at = max(last_seen_at, ?) WHERE id = ? RETURNING peers_seen`,
  listOf: `SELECT file_count AS fileCount, marks, EXISTS(SELECT 1 FROM torrent_files WHERE torrent_files.id = torrents.id)
    AS isThere FROM torrents WHERE id = ?`,
  setCounts: `UPDATE torrents SET file_count = ?, content_type = ?,
    size_bytes = CASE WHEN size_bytes = 0 THEN ? ELSE size_bytes END WHERE id = ?`,
  keys: 'SELECT infohash, infohash_v2 AS infohashV2 FROM torrents WHERE id = ?',
  setKeys: 'UPDATE torrents SET infohash = ?, infohash_v2 = ? WHERE id = ?',
} as const;

type QueryName = keyof typeof WRITER_QUERIES;

export class RowWriter {
  readonly #statements: Record<QueryName, CatalogueStatement>;
  readonly #tables: { readonly reader: CatalogueReader; readonly tokens: TokenTable };

  constructor(database: CatalogueDatabase, tables: { readonly reader: CatalogueReader; readonly tokens: TokenTable }) {
    this.#tables = tables;
    this.#statements = Object.fromEntries(
      Object.entries(WRITER_QUERIES).map(([name, sql]) => [name, database.prepare(sql)]),
    ) as Record<QueryName, CatalogueStatement>;
  }

  /** The rows that the torrent's infohashes lead to, oldest first: none, one, or two that were not known to be one. */
  find(row: CatalogueRow): number[] {
    const ids: number[] = [];
    for (const infohash of [row.infohashV1, cutV2(row.infohashV2)]) {
      const id = infohash && this.#tables.reader.findId(infohash);
      if (id !== null && !ids.includes(id)) ids.push(id);
    }
    return ids.sort((a, b) => a - b);
  }

  /** Returns the new row's id. */
  insert(row: CatalogueRow): number {
    assert(row.infohashV1 === null || row.infohashV1.length === IDENTIFIER_BYTES, 'a v1 infohash has 20 bytes');
    assert(row.infohashV2 === null || row.infohashV2.length === 32, 'a v2 infohash has 32 bytes');
    const lastSeenAt = row.lastSeenAtUnixSeconds ?? row.discoveredAtUnixSeconds;
    const { lastInsertRowid } = this.#statements.insert.run(
      primaryInfohash(row),
      row.infohashV2,
      row.name,
      row.sizeBytes,
      row.fileCount,
      row.contentType,
      row.isPrivate ? 1 : 0,
      row.peersSeen,
      row.timesSeen ?? 1,
      row.discoveredAtUnixSeconds,
      lastSeenAt,
      row.marks ?? 0,
    );
    const id = Number(lastInsertRowid);
    if (row.infohashV1 && row.infohashV2) this.#statements.insertAlias.run(cutV2(row.infohashV2), id);
    if (!isNamedByRow(row)) this.#statements.insertFiles.run(id, packFiles(row.files));
    if (isShown(row.marks ?? 0)) this.#tables.tokens.insert(id, row);
    return id;
  }

  /** The most peers ever named stand for it: one lookup may have reached only a node that knew few. Returns how many. */
  seenAgain(id: number, row: CatalogueRow): number {
    const seenAt = row.lastSeenAtUnixSeconds ?? row.discoveredAtUnixSeconds;
    const again = this.#statements.seenAgain.get(
      row.peersSeen,
      row.timesSeen ?? 1,
      row.discoveredAtUnixSeconds,
      seenAt,
      id,
    );
    const { peers_seen: peersSeen } = again as { peers_seen: number };
    if (row.files.length > 0) this.#giveFiles(id, row);
    const stored = this.#statements.keys.get(id) as StoredKeys;
    const storedCut = cutV2(stored.infohashV2);
    const storedV1 = storedCut && bytesEqual(stored.infohash, storedCut) ? null : stored.infohash;
    const infohashV1 = storedV1 ?? row.infohashV1;
    const infohashV2 = stored.infohashV2 ?? row.infohashV2;
    if (infohashV1 === storedV1 && infohashV2 === stored.infohashV2) return peersSeen;
    this.#statements.setKeys.run(primaryInfohash({ infohashV1, infohashV2 }), infohashV2, id);
    if (infohashV1 && infohashV2) this.#statements.insertAlias.run(cutV2(infohashV2), id);
    return peersSeen;
  }

  /** A list of files that nobody knew when the row was stored: an import knew only the name, or the list was lost to damage. */
  #giveFiles(id: number, row: CatalogueRow): void {
    const stored = this.#statements.listOf.get(id) as { fileCount: number; marks: number; isThere: number };
    const isOther = stored.fileCount > 0 && stored.fileCount !== row.fileCount;
    if (stored.isThere !== 0 || stored.fileCount === 1 || isOther) return;
    this.#statements.setCounts.run(row.fileCount, row.contentType, row.sizeBytes, id);
    if (!isNamedByRow(row)) this.#statements.insertFiles.run(id, packFiles(row.files));
    if (isShown(stored.marks)) this.#tables.tokens.addPaths(id, row.pathTokens);
  }
}

/** The 20 bytes that a v2 infohash goes by in the DHT. */
export function cutV2(infohashV2: Uint8Array | null): Uint8Array | null {
  return infohashV2 === null ? null : infohashV2.subarray(0, IDENTIFIER_BYTES);
}

/** A single file with the torrent's name and size: the row says it all (see CatalogueReader). */
function isNamedByRow({ files, name, sizeBytes, fileCount }: CatalogueRow): boolean {
  if (files.length !== 1 || fileCount !== 1) return files.length === 0 && fileCount !== 1;
  return files[0]!.path === name && files[0]!.sizeBytes === sizeBytes && files[0]!.attributes === undefined;
}
