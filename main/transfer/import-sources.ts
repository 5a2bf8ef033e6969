// The files of an import as rows, one kind after another, each with the place where it stands and how far into the file that
// is. Text is read in chunks; nothing is ever read as a whole but a .torrent file, which is bounded.
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { APPLICATION_ID } from '../catalogue/migrations.ts';
import { openForImport, type CatalogueDatabase } from '../catalogue/open-database.ts';
import { fileKind, HEAD_BYTES, type FileKind } from './file-kind.ts';
import type { Place } from './import-tally.ts';
import { catalogueRows } from './lanternfish-file.ts';
import { isMagnetico, magneticoRows, newestMagneticoId } from './magnetico.ts';
import { readCsvHeader, readCsvRecord, readJsonLine, readMagnetLine, type ReadRow } from './read-row.ts';
import { RecordSplitter, type RawRecord } from './record-splitter.ts';
import { readTorrentFile, TORRENT_FILE_BYTES_MAX } from './torrent-file.ts';

export interface SourceRow {
  readonly row: ReadRow;
  readonly place: Place;
  /** Bytes of the file that have been read. */
  readonly doneBytes: number;
}

export interface SourceFile {
  readonly path: string;
  readonly sizeBytes: number;
}

export interface SourceOptions {
  readonly nativeBinding: string | null;
  readonly nowUnixSeconds: number;
}

const CHUNK_BYTES = 256 * 1024;
/** A list of 2,000 files as JSON inside CSV comes to some 3 MB at the most. */
const RECORD_BYTES_MAX = 8 * 1024 * 1024;

/** Rejects with what the file system or SQLite says of a file that cannot be read. */
export async function* sourceRows(file: SourceFile, options: SourceOptions): AsyncGenerator<SourceRow> {
  const handle = await open(file.path, 'r');
  try {
    const head = new Uint8Array(HEAD_BYTES);
    const { bytesRead } = await handle.read(head, 0, HEAD_BYTES, 0);
    const kind = fileKind(head.subarray(0, bytesRead));
    if (kind === null) yield whole(file, { kind: 'skipped', reason: 'unknown-format' });
    else if (kind === 'torrent') yield whole(file, await torrentRow(handle, file, options));
    else if (kind === 'sqlite') yield* databaseRows(file, options);
    else yield* textRows(handle, file, kind, options);
  } finally {
    await handle.close();
  }
}

function whole(file: SourceFile, row: ReadRow): SourceRow {
  return { row, place: { fileName: path.basename(file.path), line: null }, doneBytes: file.sizeBytes };
}

async function torrentRow(handle: FileHandle, file: SourceFile, options: SourceOptions): Promise<ReadRow> {
  if (file.sizeBytes > TORRENT_FILE_BYTES_MAX) return { kind: 'skipped', reason: 'too-large' };
  // Not readFile: a file that grows meanwhile, or has no end, is read as far as it was.
  const bytes = new Uint8Array(file.sizeBytes);
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
  return readTorrentFile(bytes.subarray(0, bytesRead), options.nowUnixSeconds);
}

async function* textRows(
  handle: FileHandle,
  file: SourceFile,
  kind: Exclude<FileKind, 'torrent' | 'sqlite'>,
  { nowUnixSeconds }: SourceOptions,
): AsyncGenerator<SourceRow> {
  const fileName = path.basename(file.path);
  const splitter = new RecordSplitter({ isQuoted: kind === 'csv', recordBytesMax: RECORD_BYTES_MAX });
  const read = kind === 'csv' ? csvReader(nowUnixSeconds) : lineReader(kind, nowUnixSeconds);
  let doneBytes = 0;
  for await (const records of recordsOf(handle, splitter, (bytes) => (doneBytes += bytes))) {
    for (const { bytes, line } of records) {
      const row: ReadRow | null = bytes === null ? { kind: 'skipped', reason: 'too-large' } : read(textOf(bytes, line));
      if (row !== null) yield { row, place: { fileName, line }, doneBytes };
    }
  }
}

async function* recordsOf(
  handle: FileHandle,
  splitter: RecordSplitter,
  onRead: (bytes: number) => void,
): AsyncGenerator<RawRecord[]> {
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (;;) {
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES);
    if (bytesRead === 0) break;
    onRead(bytesRead);
    yield splitter.push(chunk.subarray(0, bytesRead));
  }
  yield splitter.end();
}

function textOf(bytes: Uint8Array, line: number): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return line === 1 ? text.replace(/^\ufeff/, '') : text;
}

/** Null for lines that say nothing: empty ones, and comments. */
function lineReader(kind: 'json-lines' | 'magnets', nowUnixSeconds: number): (text: string) => ReadRow | null {
  return (text) => {
    if (text.trim() === '' || text.startsWith('#')) return null;
    return kind === 'magnets' ? readMagnetLine(text) : readJsonLine(text, nowUnixSeconds);
  };
}

/** The first record names the columns. */
function csvReader(nowUnixSeconds: number): (text: string) => ReadRow | null {
  let layout: ReturnType<typeof readCsvHeader> = null;
  return (text) => {
    if (text === '') return null;
    if (layout === null) {
      layout = readCsvHeader(text);
      return layout === null ? { kind: 'skipped', reason: 'unknown-format' } : null;
    }
    return readCsvRecord(text, layout, nowUnixSeconds);
  };
}

function* databaseRows(file: SourceFile, options: SourceOptions): Generator<SourceRow> {
  const fileName = path.basename(file.path);
  const database = openForImport(file.path, options.nativeBinding);
  try {
    if (Number(database.pragma('application_id', { simple: true })) === APPLICATION_ID) {
      database.close();
      for (const { row, done } of catalogueRows(file.path, options.nativeBinding)) {
        yield { row, place: { fileName, line: null }, doneBytes: Math.floor(file.sizeBytes * done) };
      }
    } else if (isMagnetico(database)) yield* fromMagnetico(database, file, options);
    else yield whole(file, { kind: 'skipped', reason: 'unknown-format' });
  } finally {
    database.close();
  }
}

function* fromMagnetico(
  database: CatalogueDatabase,
  { path: filePath, sizeBytes }: SourceFile,
  { nowUnixSeconds }: SourceOptions,
): Generator<SourceRow> {
  const newestId = newestMagneticoId(database) ?? 1;
  const fileName = path.basename(filePath);
  for (const { row, id } of magneticoRows(database, nowUnixSeconds)) {
    const doneBytes = Math.min(sizeBytes, Math.max(0, Math.floor((sizeBytes * id) / newestId)));
    yield { row, place: { fileName, line: id }, doneBytes };
  }
}
