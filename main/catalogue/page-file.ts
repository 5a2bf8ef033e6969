// The pages of a database file as they lie on the disk, without SQLite: for a file that it refuses to read. The newest committed
// version of a page may be in the write-ahead log. Format: sqlite.org/fileformat2.html. Nothing here believes what it reads.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

export const PAGE_BYTES = 4096;
const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC = 'SQLite format 3\0';
/** A trunk page of the list of free pages names at most so many. */
const LEAVES_PER_TRUNK_MAX = PAGE_BYTES / 4 - 2;

export class PageFile {
  /** Pages of the file itself, whole ones. */
  readonly pageCount: number;
  /** Null: the first page does not say, it is damaged itself. */
  readonly applicationId: number | null;
  readonly #file: number;
  readonly #log: number | null;
  /** Page number -> where its newest committed version begins in the log. */
  readonly #inLog: ReadonlyMap<number, number>;
  readonly #free: ReadonlySet<number>;
  readonly #kept = Buffer.alloc(PAGE_BYTES);
  #keptNumber = 0;

  /** Throws what the file system throws. */
  constructor(path: string) {
    this.#file = openSync(path, 'r');
    this.#log = tryToOpen(`${path}-wal`);
    this.#inLog = this.#log === null ? new Map() : committedFrames(this.#log);
    this.pageCount = Math.max(Math.floor(fstatSync(this.#file).size / PAGE_BYTES), ...this.#inLog.keys(), 0);
    const first = this.read(1);
    const isHeader = first?.toString('latin1', 0, MAGIC.length) === MAGIC && first.readUInt16BE(16) === PAGE_BYTES;
    this.applicationId = isHeader ? first.readUInt32BE(68) : null;
    this.#free = isHeader ? this.#freePages(first.readUInt32BE(32)) : new Set();
  }

  /** Numbers begin with 1. Null beyond the end. The buffer is good until the next call. */
  read(number: number): Buffer | null {
    if (number === this.#keptNumber) return this.#kept;
    if (number < 1 || number > this.pageCount) return null;
    const inLog = this.#inLog.get(number);
    const [file, position] =
      inLog === undefined || this.#log === null ? [this.#file, (number - 1) * PAGE_BYTES] : [this.#log, inLog];
    this.#keptNumber = 0;
    if (!readFully(file, this.#kept, position)) return null;
    this.#keptNumber = number;
    return this.#kept;
  }

  /** What was in it was deleted. */
  isFree(number: number): boolean {
    return this.#free.has(number);
  }

  close(): void {
    closeSync(this.#file);
    if (this.#log !== null) closeSync(this.#log);
  }

  #freePages(firstTrunk: number): Set<number> {
    const free = new Set<number>();
    for (let trunk = firstTrunk; trunk !== 0 && !free.has(trunk);) {
      const page = this.read(trunk);
      if (page === null) break;
      free.add(trunk);
      const leafCount = Math.min(page.readUInt32BE(4), LEAVES_PER_TRUNK_MAX);
      for (let leaf = 0; leaf < leafCount; leaf++) free.add(page.readUInt32BE(8 + 4 * leaf));
      trunk = page.readUInt32BE(0);
    }
    return free;
  }
}

function tryToOpen(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch {
    return null; // a database that was closed has none
  }
}

/** False for what is cut short or cannot be read. */
function readFully(file: number, into: Buffer, position: number): boolean {
  try {
    return readSync(file, into, 0, into.length, position) === into.length;
  } catch {
    return false;
  }
}

/** As far as checksums and salts agree: what comes behind was never committed, or is of a log before this one. */
function committedFrames(log: number): Map<number, number> {
  const committed = new Map<number, number>();
  const header = Buffer.alloc(WAL_HEADER_BYTES);
  if (!readFully(log, header, 0) || header.readUInt32BE(0) >>> 1 !== 0x377f0682 >>> 1) return committed;
  const isBigEndian = (header.readUInt32BE(0) & 1) === 1;
  let sums = checksum(header.subarray(0, 24), [0, 0], isBigEndian);
  if (sums[0] !== header.readUInt32BE(24) || header.readUInt32BE(8) !== PAGE_BYTES) return committed;
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + PAGE_BYTES);
  const uncommitted = new Map<number, number>();
  for (let at = WAL_HEADER_BYTES; readFully(log, frame, at); at += frame.length) {
    const isOfThisLog = frame.compare(header, 16, 24, 8, 16) === 0;
    sums = checksum(frame.subarray(0, 8), sums, isBigEndian);
    sums = checksum(frame.subarray(FRAME_HEADER_BYTES), sums, isBigEndian);
    if (!isOfThisLog || sums[0] !== frame.readUInt32BE(16) || sums[1] !== frame.readUInt32BE(20)) break;
    uncommitted.set(frame.readUInt32BE(0), at + FRAME_HEADER_BYTES);
    if (frame.readUInt32BE(4) === 0) continue;
    for (const [number, position] of uncommitted) committed.set(number, position);
    uncommitted.clear();
  }
  return committed;
}

function checksum(bytes: Buffer, [a, b]: readonly [number, number], isBigEndian: boolean): [number, number] {
  let [first, second] = [a, b];
  for (let at = 0; at < bytes.length; at += 8) {
    first = (first + (isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) + second) >>> 0;
    second = (second + (isBigEndian ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4)) + first) >>> 0;
  }
  return [first, second];
}
