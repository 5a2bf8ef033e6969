// What a damaged catalogue still holds goes into a new one, table by table: torrents with their marks, sightings and health, the
// retry ladder, what is invalid, and last what is blocked.
import { bytesEqual } from '../base/bytes.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { type Salvaged, salvagePages } from '../catalogue/salvage-pages.ts';
import type { SalvagedBlock, SalvagedTorrent } from '../catalogue/salvage-records.ts';
import { primaryInfohash, type HealthReport } from '../catalogue/torrent.ts';
import { toCatalogueRow } from './catalogue-row.ts';

/** Rows of one transaction. */
const BATCH_ROWS = 1000;

/** `catalogue` is new and empty. Throws what writing throws; what cannot be read at `path` is passed over. */
export function salvageInto(catalogue: Catalogue, path: string): void {
  const salvaged = salvagePages(path);
  if (salvaged === null) return;
  try {
    for (const torrents of batchesOf(salvaged.torrents())) takeTorrents(catalogue, torrents);
    for (const entries of batchesOf(salvaged.retries())) catalogue.retries.add(entries);
    for (const infohashes of batchesOf(salvaged.invalid())) catalogue.retries.addInvalid(infohashes);
    takeBlocked(catalogue, salvaged);
  } finally {
    salvaged.close();
  }
}

function takeTorrents(catalogue: Catalogue, torrents: readonly SalvagedTorrent[]): void {
  catalogue.insertMany(torrents.map(toCatalogueRow));
  const reports: HealthReport[] = [];
  const dead: Uint8Array[] = [];
  for (const { health, ...torrent } of torrents) {
    const infohash = primaryInfohash(torrent);
    for (const source of ['dht', 'tracker'] as const) {
      const counted = health?.[source];
      if (counted) reports.push({ infohash, source, ...counted });
    }
    if (health?.isDead === true) dead.push(infohash);
  }
  if (reports.length > 0) catalogue.recordHealth(reports);
  if (dead.length > 0) catalogue.markDead(dead);
}

/** Last: rows blocked a moment ago are among those read, and what is blocked is not stored. */
function takeBlocked(catalogue: Catalogue, salvaged: Salvaged): void {
  for (const blocks of batchesOf(withTwins(salvaged.blocked()))) {
    const { reader, blocked } = catalogue;
    reader.database.transaction(() => blocks.forEach((block) => blocked.add(block))).immediate();
    for (const { infohashes, reason, atUnixSeconds } of blocks) {
      const ids = infohashes.flatMap((infohash) => reader.findId(infohash) ?? []);
      if (ids.length > 0) catalogue.block(ids, reason, atUnixSeconds);
    }
  }
}

interface Blocking extends Pick<SalvagedBlock, 'reason' | 'name' | 'atUnixSeconds'> {
  readonly infohashes: readonly Uint8Array[];
}

/** The other infohash of a hybrid stays named by the primary one. */
function* withTwins(blocks: Iterable<SalvagedBlock>): Generator<Blocking, void, undefined> {
  for (const { infohash, namedBy, ...rest } of blocks) {
    yield { ...rest, infohashes: bytesEqual(infohash, namedBy) ? [infohash] : [namedBy, infohash] };
  }
}

function* batchesOf<Entry>(entries: Iterable<Entry>): Generator<Entry[], void, undefined> {
  let batch: Entry[] = [];
  for (const entry of entries) {
    batch.push(entry);
    if (batch.length < BATCH_ROWS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
