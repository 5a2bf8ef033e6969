// The records in the leaves of a database's trees, read from bare pages (page-file.ts): which columns of which types there are
// tells of which table a record is, so that no schema and no inner page is needed. Every length is checked before it is used.
import { PAGE_BYTES, type PageFile } from './page-file.ts';

/** Kinds of pages that hold records; a table WITHOUT ROWID is an index, whose inner pages hold some, too. */
const TABLE_LEAF = 13;
const INDEX_LEAF = 10;
const INDEX_INNER = 2;
/** Of the first page so much is the file's header. */
const FILE_HEADER_BYTES = 100;
const CELLS_MAX = PAGE_BYTES / 4;
/** No file list is larger (file-list.ts); what says that it is has a damaged length. */
const PAYLOAD_BYTES_MAX = 64 * 1024 * 1024;
const COLUMNS_MAX = 64;

export type Value = number | string | Uint8Array | null;

export interface Cell {
  readonly page: number;
  /** Where the cell begins, within the page. */
  readonly pointer: number;
  /** Where the payload begins, within the page. */
  readonly at: number;
  readonly payloadBytes: number;
  /** Null in an index. */
  readonly rowId: number | null;
  /** SQLite's serial types of the columns. */
  readonly types: readonly number[];
}

/** The cells of a page that make sense; none for a page of another kind. */
export function* cellsOf(page: Buffer, number: number): Generator<Cell, void, undefined> {
  const start = number === 1 ? FILE_HEADER_BYTES : 0;
  const kind = page[start]!;
  if (kind !== TABLE_LEAF && kind !== INDEX_LEAF && kind !== INDEX_INNER) return;
  const cellCount = page.readUInt16BE(start + 3);
  if (cellCount > CELLS_MAX) return;
  const pointers = start + (kind === INDEX_INNER ? 12 : 8);
  for (let index = 0; index < cellCount; index++) {
    const pointer = page.readUInt16BE(pointers + 2 * index);
    const cell = pointer < pointers + 2 * cellCount ? null : cellAt(page, number, pointer);
    if (cell !== null) yield cell;
  }
}

/** The columns of a cell; null when a part of it is lost. */
export function valuesOf(file: PageFile, cell: Cell): Value[] | null {
  const payload = payloadOf(file, cell);
  if (payload === null) return null;
  let [at] = varint(payload, 0); // the length of the record's header: the first value lies behind it
  const values: Value[] = [];
  for (const type of cell.types) {
    const bytes = bytesOfType(type);
    if (at + bytes > payload.length) return null;
    values.push(valueOf(payload, at, type, bytes));
    at += bytes;
  }
  return at === payload.length ? values : null;
}

export const isText = (type: number | undefined): boolean => type !== undefined && type >= 13 && type % 2 === 1;
export const isBlob = (type: number | undefined, bytes?: number): boolean =>
  type !== undefined && type >= 12 && type % 2 === 0 && (bytes === undefined || type === 12 + 2 * bytes);
export const isWhole = (type: number | undefined): boolean =>
  type !== undefined && ((type >= 1 && type <= 6) || type === 8 || type === 9);
export const isNull = (type: number | undefined): boolean => type === 0;

/** The cell that begins at `pointer`, or null when there is none that makes sense. */
export function cellAt(page: Buffer, number: number, pointer: number): Cell | null {
  const kind = page[number === 1 ? FILE_HEADER_BYTES : 0]!;
  let at = pointer + (kind === INDEX_INNER ? 4 : 0);
  let rowId: number | null = null;
  const [payloadBytes, behindLength] = varint(page, at);
  at = behindLength;
  if (kind === TABLE_LEAF) [rowId, at] = varint(page, at);
  if (!(payloadBytes > 0 && payloadBytes <= PAYLOAD_BYTES_MAX) || Number.isNaN(rowId)) return null;
  const local = localBytes(payloadBytes, kind === TABLE_LEAF);
  if (at + local > PAGE_BYTES) return null;
  const types = typesOf(page.subarray(at, at + local));
  return types === null ? null : { page: number, pointer, at, payloadBytes, rowId, types };
}

/** Null when the record's header makes no sense, or does not fit its first page (none of ours is that long). */
function typesOf(local: Buffer): number[] | null {
  const [headerBytes, first] = varint(local, 0);
  if (!(headerBytes <= local.length)) return null;
  const types: number[] = [];
  for (let at = first; at < headerBytes && types.length <= COLUMNS_MAX;) {
    const [type, next] = varint(local, at);
    if (!(next <= headerBytes)) return null;
    types.push(type);
    at = next;
  }
  return types.length > COLUMNS_MAX ? null : types;
}

/** How much of a payload lies in the leaf itself (fileformat2, 1.6). */
function localBytes(payloadBytes: number, isTable: boolean): number {
  const most = isTable ? PAGE_BYTES - 35 : Math.floor(((PAGE_BYTES - 12) * 64) / 255) - 23;
  if (payloadBytes <= most) return payloadBytes;
  const least = Math.floor(((PAGE_BYTES - 12) * 32) / 255) - 23;
  const fitting = least + ((payloadBytes - least) % (PAGE_BYTES - 4));
  return fitting <= most ? fitting : least;
}

function payloadOf(file: PageFile, { page: number, at, payloadBytes, rowId }: Cell): Buffer | null {
  const page = file.read(number);
  if (page === null) return null;
  const local = localBytes(payloadBytes, rowId !== null);
  const parts = [Buffer.from(page.subarray(at, at + local))];
  let next = local < payloadBytes ? page.readUInt32BE(at + local) : 0;
  for (let left = payloadBytes - local; left > 0; left -= PAGE_BYTES - 4) {
    const overflow = file.read(next);
    if (overflow === null) return null;
    parts.push(Buffer.from(overflow.subarray(4, 4 + Math.min(left, PAGE_BYTES - 4))));
    next = overflow.readUInt32BE(0);
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

function bytesOfType(type: number): number {
  if (type >= 12) return Math.floor((type - 12) / 2);
  return [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0][type] ?? 0;
}

function valueOf(payload: Buffer, at: number, type: number, bytes: number): Value {
  if (isText(type)) return payload.toString('utf8', at, at + bytes);
  if (isBlob(type)) return new Uint8Array(payload.subarray(at, at + bytes));
  if (type === 8 || type === 9) return type - 8;
  if (type === 6) return Number(payload.readBigInt64BE(at));
  return type >= 1 && type <= 5 ? payload.readIntBE(at, bytes) : null;
}

/** The number and where the next byte is; NaN beyond 2^53 and beyond the end. */
function varint(bytes: Buffer, start: number): [number, number] {
  let value = 0;
  for (let at = start; at < start + 8; at++) {
    const byte = bytes[at];
    if (byte === undefined) break;
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return [Number.isSafeInteger(value) ? value : NaN, at + 1];
  }
  return [NaN, start];
}
