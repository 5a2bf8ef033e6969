// Everything that is left of a damaged catalogue, out of its bare pages: a lost inner page, root or header costs nothing, a lost
// leaf what was in it. Pages that were free are passed over, so that what was deleted stays deleted. Never writes, and never
// throws for what it finds. What can no longer be read by SQLite is found by what its records look like.
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import { unpackFiles } from './file-list.ts';
import { APPLICATION_ID } from './migrations.ts';
import { PageFile } from './page-file.ts';
import { type Cell, cellAt, cellsOf, isBlob, isNull, isText, isWhole, type Value, valuesOf } from './page-records.ts';
import { readBlocked, readHealth, readRetry, readTorrent, type SalvagedTorrent } from './salvage-records.ts';
import type { SalvagedBlock } from './salvage-records.ts';
import type { RetryEntry, TorrentFile, TorrentHealth } from './torrent.ts';

/** Full-text tables hold blobs like file lists; but from here on their ids begin (segment x 2^37), and ours never get there. */
const FULL_TEXT_ID_MIN = 2 ** 37;
const PLACE_FACTOR = 8192;

type Table = 'torrents' | 'blobs' | 'health' | 'sightings' | 'blocked' | 'retries';

export interface Salvaged {
  /** Oldest first. */
  torrents(): Generator<SalvagedTorrent, void, undefined>;
  blocked(): Generator<SalvagedBlock, void, undefined>;
  retries(): Generator<RetryEntry, void, undefined>;
  /** Infohashes proved to be nonsense. */
  invalid(): Generator<Uint8Array, void, undefined>;
  close(): void;
}

/** Null when the file cannot be read, or says that it is not ours. A second or two a gigabyte before the first row. */
export function salvagePages(path: string): Salvaged | null {
  let file: PageFile;
  try {
    file = new PageFile(path);
  } catch {
    return null;
  }
  if (file.applicationId === null || file.applicationId === APPLICATION_ID) return new PageSalvage(file);
  file.close();
  return null;
}

class PageSalvage implements Salvaged {
  readonly #file: PageFile;
  readonly #places: Record<Table, Places>;

  constructor(file: PageFile) {
    this.#file = file;
    const places = (): Places => new Places();
    this.#places = {
      torrents: places(),
      blobs: places(),
      health: places(),
      sightings: places(),
      blocked: places(),
      retries: places(),
    };
    for (let number = 1; number <= file.pageCount; number++) {
      const page = file.isFree(number) ? null : file.read(number);
      if (page === null) continue;
      for (const cell of cellsOf(page, number)) {
        const table = tableOf(cell);
        if (table !== null) this.#places[table].add(cell.rowId ?? 0, number * PLACE_FACTOR + cell.pointer);
      }
    }
    for (const table of Object.values(this.#places)) table.sort();
  }

  *torrents(): Generator<SalvagedTorrent, void, undefined> {
    let lastId = -1;
    for (const { id, place } of this.#places.torrents.all()) {
      if (id === lastId) continue; // an older version of the same row
      const row = this.#read(place, (values) => readTorrent(id, values));
      if (row === null) continue;
      lastId = id;
      yield { ...row, ...this.#sightingsOf(id, row), files: this.#filesOf(row), health: this.#healthOf(id) };
    }
  }

  *blocked(): Generator<SalvagedBlock, void, undefined> {
    for (const { place } of this.#places.blocked.all()) {
      const block = this.#read(place, readBlocked);
      if (block !== null) yield block;
    }
  }

  *retries(): Generator<RetryEntry, void, undefined> {
    for (const { place } of this.#places.retries.all()) {
      const entry = this.#read(place, readRetry);
      if (entry !== null) yield entry;
    }
  }

  *invalid(): Generator<Uint8Array, void, undefined> {
    for (const { place } of this.#places.blobs.all()) {
      const blob = this.#read(place, ([, value]) => (value instanceof Uint8Array ? value : null));
      if (blob?.length === IDENTIFIER_BYTES && unpackFiles(blob) === null) yield blob;
    }
  }

  close(): void {
    this.#file.close();
  }

  /** A lost list does not cost the row. */
  #filesOf({ id, fileCount, name, sizeBytes }: { id: number; fileCount: number; name: string; sizeBytes: number }) {
    for (const place of this.#places.blobs.of(id)) {
      const blob = this.#read(place, ([, value]) => (value instanceof Uint8Array ? value : null));
      const files: TorrentFile[] | null = blob === null ? null : unpackFiles(blob);
      if (files !== null && files.length <= fileCount) return files;
    }
    return fileCount === 1 ? [{ path: name, sizeBytes }] : [];
  }

  #healthOf(id: number): TorrentHealth | null {
    for (const place of this.#places.health.of(id)) {
      const health = this.#read(place, readHealth);
      if (health !== null) return health;
    }
    return null;
  }

  #sightingsOf(id: number, row: SalvagedTorrent): Pick<SalvagedTorrent, 'timesSeen' | 'lastSeenAtUnixSeconds'> {
    const { timesSeen, lastSeenAtUnixSeconds } = row;
    for (const place of this.#places.sightings.of(id)) {
      const [, times, lastAt] = this.#read(place, (values) => values) ?? [];
      if (typeof times !== 'number' || typeof lastAt !== 'number' || times < 0 || lastAt < 0) continue;
      return { timesSeen: timesSeen + times, lastSeenAtUnixSeconds: Math.max(lastSeenAtUnixSeconds, lastAt) };
    }
    return { timesSeen, lastSeenAtUnixSeconds };
  }

  #read<Read>(place: number, from: (values: readonly Value[]) => Read | null): Read | null {
    const number = Math.floor(place / PLACE_FACTOR);
    const page = this.#file.read(number);
    if (page === null) return null;
    const cell = cellAt(page, number, place % PLACE_FACTOR);
    const values = cell === null ? null : valuesOf(this.#file, cell);
    return values === null ? null : from(values);
  }
}

function tableOf({ rowId, types }: Cell): Table | null {
  if (rowId === null) {
    const [infohash, ...numbers] = types;
    return types.length === 5 && isBlob(infohash, IDENTIFIER_BYTES) && numbers.every(isWhole) ? 'retries' : null;
  }
  const [id, first, second, third, fourth, fifth] = types;
  if (!isNull(id) || rowId < 1 || rowId >= FULL_TEXT_ID_MIN) return null;
  const isInfohash = isBlob(first, IDENTIFIER_BYTES);
  switch (types.length) {
    case 2:
      return isBlob(first) ? 'blobs' : null;
    case 3:
      return isWhole(first) && isWhole(second) ? 'sightings' : null;
    case 6: {
      const isNamed = isBlob(second, IDENTIFIER_BYTES) && isWhole(third) && (isNull(fourth) || isText(fourth));
      return isInfohash && isNamed && isWhole(fifth) ? 'blocked' : null;
    }
    case 8:
      return types.slice(1).every((type) => isNull(type) || isWhole(type)) ? 'health' : null;
    case 12: // before version 3
    case 14: {
      const hasName = (isNull(second) || isBlob(second, 32)) && isText(third);
      return isInfohash && hasName && types.slice(4).every(isWhole) ? 'torrents' : null;
    }
    default:
      return null;
  }
}

/** Where the records of one table are, by id: 16 bytes each. */
class Places {
  #ids = new Float64Array(1024);
  #places = new Float64Array(1024);
  #count = 0;

  add(id: number, place: number): void {
    if (this.#count === this.#ids.length) {
      this.#ids = grown(this.#ids);
      this.#places = grown(this.#places);
    }
    this.#ids[this.#count] = id;
    this.#places[this.#count++] = place;
  }

  sort(): void {
    const order = Uint32Array.from({ length: this.#count }, (_, index) => index);
    const [ids, places] = [this.#ids, this.#places];
    order.sort((a, b) => ids[a]! - ids[b]! || places[a]! - places[b]!);
    this.#ids = Float64Array.from(order, (index) => ids[index]!);
    this.#places = Float64Array.from(order, (index) => places[index]!);
  }

  *all(): Generator<{ readonly id: number; readonly place: number }, void, undefined> {
    for (let index = 0; index < this.#count; index++) yield { id: this.#ids[index]!, place: this.#places[index]! };
  }

  of(id: number): number[] {
    let [low, high] = [0, this.#count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ids[middle]! < id) low = middle + 1;
      else high = middle;
    }
    let end = low;
    while (end < this.#count && this.#ids[end] === id) end++;
    return [...this.#places.subarray(low, end)];
  }
}

function grown(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * array.length);
  larger.set(array);
  return larger;
}
