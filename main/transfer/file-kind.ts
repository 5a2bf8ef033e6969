// What a file of an import is, told by how it begins and never by its name. Pure.
import { readInfohash } from '../search/query-infohash.ts';
import { readCsvHeader } from './read-row.ts';

export type FileKind = 'torrent' | 'json-lines' | 'csv' | 'magnets' | 'sqlite';

/** So much of a file is looked at. */
export const HEAD_BYTES = 64 * 1024;
const SQLITE_MAGIC = 'SQLite format 3\0';
/** A list may begin with some comments. */
const LINES_LOOKED_AT = 50;

/** Null: nothing that can be imported. `head`: the first HEAD_BYTES, or all of a shorter file. */
export function fileKind(head: Uint8Array): FileKind | null {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  if (bytes.toString('latin1', 0, SQLITE_MAGIC.length) === SQLITE_MAGIC) return 'sqlite';
  if (/^d\d+:/.test(bytes.toString('latin1', 0, 16))) return 'torrent';
  const lines = bytes
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .split(/\r?\n/, LINES_LOOKED_AT);
  const first = lines.find((line) => line.trim() !== '' && !line.startsWith('#'))?.trim();
  if (first === undefined) return null;
  if (first.startsWith('{')) return 'json-lines';
  if (readInfohash(first) !== null || /^magnet:\?/i.test(first)) return 'magnets';
  return readCsvHeader(lines[0]!) === null ? null : 'csv';
}
