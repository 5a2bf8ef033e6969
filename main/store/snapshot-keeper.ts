// When the name index is written to its file and when a file is believed. A snapshot is of this catalogue when the rows it
// names are the same there; what has changed since is found by index-upkeep.ts.
import { bytesEqual, toHex } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { CatalogueReader } from '../catalogue/catalogue-reader.ts';
import type { NameIndex } from '../search/name-index.ts';
import { readSnapshot, type SampleRow, type Snapshot, writeSnapshot } from './index-snapshot.ts';

/** Fewer names are read from the catalogue as fast. */
const ROWS_MIN = 5000;
const WRITE_EVERY_MS = 3_600_000;
/** After the first build, once the first minute's searches are over. */
const FIRST_WRITE_AFTER_MS = 5000;
const SAMPLES = 32;
/** Of the newest rows more: a restored backup differs from the file there. */
const NEWEST_SAMPLES = 8;

export interface SnapshotKeeperDependencies {
  readonly databasePath: string;
  readonly clock: Clock;
  readonly log: Log;
}

export class SnapshotKeeper {
  readonly #dependencies: SnapshotKeeperDependencies;
  readonly #path: string;
  #writtenHighId = 0;
  #notBeforeMs = 0;
  #writing: Promise<void> | null = null;

  constructor(dependencies: SnapshotKeeperDependencies) {
    this.#dependencies = dependencies;
    this.#path = `${dependencies.databasePath}.names`;
    this.#notBeforeMs = dependencies.clock.nowMs() + FIRST_WRITE_AFTER_MS;
  }

  /** The snapshot of `reader`'s catalogue, or null. Never rejects. */
  async read(reader: CatalogueReader): Promise<Snapshot | null> {
    const { clock, log } = this.#dependencies;
    const unusable = (reason: string): void => log.warn(`The saved index of names is made anew: ${reason}.`);
    const snapshot = await readSnapshot(this.#path, unusable);
    if (snapshot === null) return null;
    if (!isOf(reader, snapshot)) {
      unusable('it is of another catalogue');
      return null;
    }
    this.#writtenHighId = snapshot.parts.at(-1)?.data.ids.at(-1) ?? 0;
    this.#notBeforeMs = clock.nowMs() + WRITE_EVERY_MS;
    return snapshot;
  }

  isDue(index: NameIndex): boolean {
    return this.#writing === null && this.#dependencies.clock.nowMs() >= this.#notBeforeMs && this.#isWorthIt(index);
  }

  /** Writes what `index` holds now; null when that is not worth it. Resolves when it is done or has failed, which is logged. */
  write(index: NameIndex, reader: CatalogueReader, pause: () => Promise<void>): Promise<void> | null {
    if (this.#writing !== null || !this.#isWorthIt(index)) return this.#writing;
    const { clock, log } = this.#dependencies;
    const highId = index.highId;
    this.#notBeforeMs = clock.nowMs() + WRITE_EVERY_MS;
    const snapshot = { parts: index.parts, samples: samplesOf(index, reader), hasOlder: index.hasOlder };
    this.#writing = writeSnapshot(this.#path, snapshot, pause)
      .then(() => void (this.#writtenHighId = highId))
      .catch((error: unknown) => log.warn(`The index of names could not be saved: ${String(error)}`))
      .finally(() => (this.#writing = null));
    return this.#writing;
  }

  #isWorthIt({ rowCount, highId }: NameIndex): boolean {
    return rowCount >= ROWS_MIN && highId > this.#writtenHighId;
  }
}

function samplesOf(index: NameIndex, reader: CatalogueReader): SampleRow[] {
  const ids = index.parts.flatMap(({ data }) => [data.ids[0]!, data.ids.at(-1)!]);
  const step = Math.max(1, Math.floor(ids.length / SAMPLES));
  const newest = index.parts.at(-1)?.data.ids.slice(-NEWEST_SAMPLES) ?? [];
  const asked = new Set([...ids.filter((_, at) => at % step === 0), ...newest]);
  return reader.rowsByIds(asked).map(({ id, infohash }) => ({ id, infohashHex: toHex(infohash) }));
}

function isOf(reader: CatalogueReader, { samples, parts }: Snapshot): boolean {
  const expected = new Map(samples.map(({ id, infohashHex }) => [id, infohashHex]));
  const rows = reader.rowsByIds(expected.keys());
  const highId = parts.at(-1)?.data.ids.at(-1) ?? 0;
  // Rows may have gone since, so not all samples need be there; none may be another torrent.
  return (
    rows.length > 0 &&
    reader.newestId() >= highId &&
    rows.every(({ id, infohash }) => expected.get(id) === toHex(infohash))
  );
}

/** One file, and the same rows as far as the newest one tells. Names and ids never change within one catalogue. */
export function isSameCatalogue(before: CatalogueReader, after: CatalogueReader): boolean {
  if (before.fileIdentity !== after.fileIdentity) return false;
  const newestId = before.newestId();
  if (newestId === 0) return after.newestId() === 0;
  const [rowBefore] = before.rowsByIds([newestId]);
  const [rowAfter] = after.rowsByIds([newestId]);
  return rowBefore !== undefined && rowAfter !== undefined && bytesEqual(rowBefore.infohash, rowAfter.infohash);
}
