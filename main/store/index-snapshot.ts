// The name index as a file beside the catalogue, so that a start needs not make it again from a million names. Written as a
// new file that then takes the place of the old one; anything that is not exactly as it was written is not used.
//
//   "LFnames3", header bytes (u32), header (JSON), padding to 8; then the columns of one segment after another, each padded to 8
import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { replaceFile } from '../base/replace-file.ts';
import { SEGMENT_COLUMNS, SEGMENT_ROWS_MAX, type SegmentData } from '../search/index-segment.ts';
import type { MergePart } from '../search/segment-merge.ts';
import { TOKENISER_VERSION } from '../search/tokens.ts';

const MAGIC = 'LFnames3';
const PREFIX_BYTES = 16;
/** A few hundred segments with a hundred bytes each. */
const HEADER_BYTES_MAX = 4 * 1024 * 1024;
/** A segment of 65,536 rows has 5 to 9 MB. */
const SEGMENT_BYTES_MAX = 256 * 1024 * 1024;
const ALIGN_BYTES = 8;

/** Rows by which a snapshot is recognised as one of this catalogue. */
export interface SampleRow {
  readonly id: number;
  readonly infohashHex: string;
}

export interface Snapshot {
  /** Oldest first. */
  readonly parts: readonly MergePart[];
  readonly samples: readonly SampleRow[];
  /** False: the catalogue had no rows below the first. */
  readonly hasOlder: boolean;
}

interface SegmentHeader {
  readonly rowCount: number;
  /** Elements of each column, in the order of COLUMNS. */
  readonly lengths: readonly number[];
  readonly checksum: number;
}
interface Header {
  readonly tokeniser: number;
  readonly samples: readonly SampleRow[];
  readonly hasOlder: boolean;
  readonly segments: readonly SegmentHeader[];
}

type Column = Float64Array | Uint32Array | Uint16Array | Uint8Array;
type ColumnType = { new (buffer: ArrayBuffer, at: number, length: number): Column; readonly BYTES_PER_ELEMENT: number };
const COLUMNS = [...SEGMENT_COLUMNS, 'gone'] as const;
const TYPES: Readonly<Record<(typeof COLUMNS)[number], ColumnType>> = {
  sizes: Float64Array,
  ids: Uint32Array,
  fileCounts: Uint32Array,
  times: Uint32Array,
  pairsLow: Uint32Array,
  pairsHigh: Uint32Array,
  nameStarts: Uint32Array,
  termStarts: Uint32Array,
  postingStarts: Uint32Array,
  peers: Uint16Array,
  postings: Uint16Array,
  types: Uint8Array,
  nameBytes: Uint8Array,
  termBytes: Uint8Array,
  gone: Uint32Array,
};

/** `pause` is awaited between two segments, each some milliseconds of work. Rejects with what the file system says. */
export async function writeSnapshot(path: string, snapshot: Snapshot, pause: () => Promise<void>): Promise<void> {
  await replaceFile(path, async (file) => {
    const segments: SegmentHeader[] = [];
    // What may change while it is written is copied; the rest never changes.
    const bodies = snapshot.parts.map(({ data, gone }) => ({
      ...data,
      peers: data.peers.slice(),
      gone: gone?.slice(),
    }));
    for (const body of bodies) {
      const columns = columnsOf(body);
      const checksum = columns.reduce((sum, column) => crc32(bytesOf(column), sum), 0);
      segments.push({ rowCount: body.rowCount, lengths: columns.map(({ length }) => length), checksum });
      await pause();
    }
    const { samples, hasOlder } = snapshot;
    const header = Buffer.from(JSON.stringify({ tokeniser: TOKENISER_VERSION, samples, hasOlder, segments }));
    const prefix = Buffer.alloc(padded(PREFIX_BYTES + header.length));
    prefix.write(MAGIC, 0, 'latin1');
    prefix.writeUInt32LE(header.length, MAGIC.length);
    header.copy(prefix, PREFIX_BYTES);
    await file.write(prefix);
    for (const body of bodies) {
      const buffers = columnsOf(body).flatMap((column) => [bytesOf(column), padding(column.byteLength)]);
      await file.writev(buffers.filter(({ length }) => length > 0));
    }
  });
}

/** Null when there is none, or none that can be used. Never rejects. */
export async function readSnapshot(path: string, onUnusable: (reason: string) => void): Promise<Snapshot | null> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return null;
  try {
    const { size } = await file.stat();
    const prefix = await readExactly(file, 0, PREFIX_BYTES);
    const headerBytes = prefix?.readUInt32LE(MAGIC.length) ?? 0;
    if (prefix?.toString('latin1', 0, MAGIC.length) !== MAGIC || headerBytes > HEADER_BYTES_MAX) throw notOurs();
    const header = parseHeader(await readExactly(file, PREFIX_BYTES, headerBytes));
    if (header === null) throw notOurs();
    if (header.tokeniser !== TOKENISER_VERSION) throw new Error('it was made by another version');
    const parts: MergePart[] = [];
    let at = padded(PREFIX_BYTES + headerBytes);
    for (const segment of header.segments) {
      const bytes = bodyBytes(segment);
      const body = bytes > SEGMENT_BYTES_MAX || at + bytes > size ? null : await readExactly(file, at, bytes);
      const part = body === null ? null : partOf(segment, body);
      if (part === null) throw new Error('it is damaged');
      parts.push(part);
      at += bytes;
    }
    return { parts, samples: header.samples, hasOlder: header.hasOlder };
  } catch (error) {
    onUnusable(error instanceof Error ? error.message : String(error));
    return null;
  } finally {
    await file.close();
  }
}

const notOurs = (): Error => new Error('it is no index of names');

type Handle = Awaited<ReturnType<typeof open>>;

/** Null when the file ends before. The bytes have a buffer of their own, so that a segment can go without the others. */
async function readExactly(file: Handle, at: number, length: number): Promise<Buffer | null> {
  const bytes = Buffer.from(new ArrayBuffer(length));
  for (let read = 0; read < length;) {
    const { bytesRead } = await file.read(bytes, read, length - read, at + read);
    if (bytesRead === 0) return null;
    read += bytesRead;
  }
  return bytes;
}

function parseHeader(bytes: Buffer | null): Header | null {
  const value = JSON.parse(bytes?.toString('utf8') ?? 'null') as Partial<Header> | null;
  if (!Array.isArray(value?.segments) || !Array.isArray(value.samples) || typeof value.hasOlder !== 'boolean')
    return null;
  const isCount = (count: unknown): boolean => Number.isSafeInteger(count) && (count as number) >= 0;
  const areCounts = (value.segments as readonly SegmentHeader[]).every(
    ({ rowCount, lengths }) =>
      rowCount <= SEGMENT_ROWS_MAX && lengths.length === COLUMNS.length && lengths.every(isCount),
  );
  return areCounts ? (value as Header) : null;
}

function bodyBytes({ lengths }: SegmentHeader): number {
  return COLUMNS.reduce((sum, name, index) => sum + padded(lengths[index]! * TYPES[name].BYTES_PER_ELEMENT), 0);
}

function partOf({ rowCount, lengths, checksum }: SegmentHeader, body: Buffer): MergePart | null {
  const columns: Partial<Record<(typeof COLUMNS)[number], Column>> = {};
  let at = 0;
  let found = 0;
  for (const [index, name] of COLUMNS.entries()) {
    const column = new TYPES[name](body.buffer as ArrayBuffer, at, lengths[index]!);
    found = crc32(bytesOf(column), found);
    columns[name] = column;
    at += padded(column.byteLength);
  }
  const { gone, ...data } = columns;
  if (found !== checksum || data.ids?.length !== rowCount) return null;
  return { data: { rowCount, ...data } as SegmentData, gone: gone!.length === 0 ? null : (gone as Uint32Array) };
}

function columnsOf(body: SegmentData & { readonly gone?: Uint32Array | undefined }): Column[] {
  return [...SEGMENT_COLUMNS.map((name) => body[name]), body.gone ?? new Uint32Array(0)];
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Column): Buffer => Buffer.from(buffer, byteOffset, byteLength);
const padded = (bytes: number): number => Math.ceil(bytes / ALIGN_BYTES) * ALIGN_BYTES;
const padding = (bytes: number): Buffer => Buffer.alloc(padded(bytes) - bytes);
