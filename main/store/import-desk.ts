// The writer's part in an import: batches of torrents that merge by infohash, and infohashes that are to be fetched. Reading
// the files is the transfer thread's; this is what only the one writer may do. Apart from store-writer.ts, which commits finds.
import { toHex } from '../base/bytes.ts';
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import { asCatalogueProblem } from '../catalogue/catalogue-problem.ts';
import type { SeedersOfRow } from '../catalogue/catalogue-reader.ts';
import type { Catalogue, InsertOutcome } from '../catalogue/catalogue.ts';
import { POPULARITY_MAX, RETRY_ROWS_MAX } from '../catalogue/retry-table.ts';
import { primaryInfohash, type HealthReport, type HealthSource } from '../catalogue/torrent.ts';
import type { StoredDetails } from '../catalogue/catalogue-reader.ts';
import { toCatalogueRow, tokenTexts } from './catalogue-row.ts';
import { isRefused } from './retry-desk.ts';
import type { ImportedTorrent, TransferToWriter, WriterToTransfer } from './store-contract.ts';

/** Of the retry ladder, so much may be filled by hand: what the crawl has found keeps the rest. */
const QUEUED_MAX = RETRY_ROWS_MAX / 2;
const SOURCES: readonly HealthSource[] = ['dht', 'tracker'];

export interface Imported {
  readonly reply: WriterToTransfer;
  /** What the search has to hear of; null when no torrent was written. */
  readonly outcome: InsertOutcome | null;
  /** What the database threw; then nothing of the batch was stored. */
  readonly error: unknown;
}

/** `catalogue` null: nothing can be written now. Never throws. */
export function answerImport(
  catalogue: Catalogue | null,
  message: TransferToWriter,
  nowUnixSeconds: number,
  databasePath: string,
): Imported {
  const refused = (problem: string, error: unknown): Imported => ({
    reply: refusal(message, problem),
    outcome: null,
    error,
  });
  if (!catalogue) return refused('Nothing can be stored at the moment. The status of Lanternfish says why.', null);
  try {
    if (message.type === 'import') return { ...importTorrents(catalogue, message, nowUnixSeconds), error: null };
    return { reply: queueInfohashes(catalogue, message, nowUnixSeconds), outcome: null, error: null };
  } catch (error) {
    return refused(asCatalogueProblem(error, databasePath).message, error);
  }
}

/** Nothing of the batch was stored, and why. */
export function refusal({ type, batchId }: TransferToWriter, problem: string): WriterToTransfer {
  return type === 'import'
    ? { type: 'imported', batchId, newCount: 0, forgottenCount: 0, blocked: [], twofold: [], problem }
    : { type: 'queued', batchId, known: [], blocked: [], invalid: [], noRoom: [], problem };
}

function importTorrents(
  catalogue: Catalogue,
  { batchId, torrents }: Extract<TransferToWriter, { type: 'import' }>,
  nowUnixSeconds: number,
): Omit<Imported, 'error'> {
  const blocked = indexesOf(torrents, (torrent) => isBlocked(catalogue, torrent));
  const left = new Set(blocked);
  const twofold = indexesOf(torrents, (torrent, index) => !left.has(index) && idsOf(catalogue, torrent).length > 1);
  for (const index of twofold) left.add(index);
  const taken = torrents.filter((_, index) => !left.has(index));
  const deadBefore = taken.filter((torrent) => isDead(catalogue, torrent)).map(primaryInfohash);
  const outcome = catalogue.insertMany(withMissingSightings(catalogue, taken).map(toCatalogueRow));
  const counted = recordHealth(catalogue, taken, outcome, deadBefore);
  const infohashes = taken.filter(({ isStarred }) => isStarred).map(primaryInfohash);
  if (infohashes.length > 0) catalogue.mark({ mark: 'star', isOn: true, infohashes, nowUnixSeconds }, tokensOf);
  const newCount = outcome.inserted.length;
  const withCounted = { ...outcome, foundAgain: [...outcome.foundAgain, ...counted] };
  const reply = { type: 'imported', batchId, newCount, forgottenCount: 0, blocked, twofold, problem: null } as const;
  return { reply, outcome: withCounted };
}

/** Importing a file a second time must not count its sightings twice. */
function withMissingSightings(catalogue: Catalogue, torrents: readonly ImportedTorrent[]): ImportedTorrent[] {
  const seen = new Set<string>();
  return torrents.map((torrent) => {
    const key = toHex(primaryInfohash(torrent));
    const isRepeated = seen.has(key);
    seen.add(key);
    const [id] = idsOf(catalogue, torrent);
    const stored = id === undefined ? null : catalogue.reader.detailsById(id, { withFiles: false });
    const counted = isRepeated ? torrent.timesSeen : (stored?.timesSeen ?? 0);
    return { ...torrent, timesSeen: Math.max(0, torrent.timesSeen - counted) };
  });
}

/**
 * The later count of each source stands; that nobody has it is believed of what was not known here before. To read of a
 * torrent in a file, unlike to fetch it, proves nobody alive: those of `deadBefore` stay dead unless a later count says more.
 */
function recordHealth(
  catalogue: Catalogue,
  torrents: readonly ImportedTorrent[],
  outcome: InsertOutcome,
  deadBefore: readonly Uint8Array[],
): SeedersOfRow[] {
  const changed = deadBefore.length > 0 ? catalogue.markDead(deadBefore) : [];
  const fresh = new Set(outcome.inserted.map(({ id }) => id));
  const reports: HealthReport[] = [];
  const dead: Uint8Array[] = [];
  for (const torrent of torrents) {
    const { health } = torrent;
    const [id] = health ? idsOf(catalogue, torrent) : [];
    if (!health || id === undefined) continue;
    const infohash = primaryInfohash(torrent);
    const stored = catalogue.health.get(id);
    for (const source of SOURCES) {
      const count = health[source];
      const storedAt = stored?.[source]?.checkedAtUnixSeconds ?? 0;
      if (count && count.checkedAtUnixSeconds > storedAt) reports.push({ infohash, source, ...count });
    }
    if (health.isDead && fresh.has(id)) dead.push(infohash);
  }
  if (reports.length > 0) changed.push(...catalogue.recordHealth(reports));
  if (dead.length > 0) changed.push(...catalogue.markDead(dead));
  return changed;
}

/** By the person, by the safety list, or because of a word in its name. */
function isBlocked({ blocked, judge }: Catalogue, torrent: ImportedTorrent): boolean {
  const infohashes = infohashesOf(torrent);
  return infohashes.some((each) => blocked.has(each)) || judge({ name: torrent.name, infohashes }) !== null;
}

function isDead(catalogue: Catalogue, torrent: ImportedTorrent): boolean {
  const [id] = idsOf(catalogue, torrent);
  return id !== undefined && catalogue.health.get(id)?.isDead === true;
}

/** The rows that its infohashes lead to: none, one, or two, which only metadata proved by its hash may join. */
function idsOf(catalogue: Catalogue, torrent: ImportedTorrent): number[] {
  return [...new Set(infohashesOf(torrent).flatMap((infohash) => catalogue.reader.findId(infohash) ?? []))];
}

function infohashesOf({ infohashV1, infohashV2 }: ImportedTorrent): Uint8Array[] {
  return [infohashV1, infohashV2?.subarray(0, IDENTIFIER_BYTES) ?? null].filter((infohash) => infohash !== null);
}

const tokensOf = ({ name, files }: StoredDetails) => tokenTexts(name, files);

/** Due at once and before everything else: the person asked for them. */
function queueInfohashes(
  catalogue: Catalogue,
  { batchId, infohashes: packed }: Extract<TransferToWriter, { type: 'queue' }>,
  dueAtUnixSeconds: number,
): WriterToTransfer {
  const { reader, retries } = catalogue;
  const infohashes = unpacked(packed);
  const flags = reader.areKnown(packed);
  const known = indexesOf(infohashes, (_, index) => flags[index] !== 0);
  const invalid = indexesOf(infohashes, (infohash) => retries.isInvalid(infohash));
  const blocked = indexesOf(infohashes, (infohash) => isRefused(catalogue, infohash));
  const out = new Set([...known, ...invalid, ...blocked]);
  const wanted = infohashes.map((infohash, index) => ({ infohash, index })).filter(({ index }) => !out.has(index));
  const room = Math.max(0, QUEUED_MAX - retries.countOfPopularity(POPULARITY_MAX));
  const taken = wanted.slice(0, room).map(({ infohash }) => infohash);
  retries.remove(taken); // from a later rung
  retries.add(
    taken.map((infohash) => ({
      infohash,
      purpose: 'metadata',
      failureCount: 0,
      popularity: POPULARITY_MAX,
      dueAtUnixSeconds,
    })),
  );
  const noRoom = wanted.slice(room).map(({ index }) => index);
  return { type: 'queued', batchId, ...exclusive(known, blocked, invalid), noRoom, problem: null };
}

/** Each counted for one reason only: what is blocked first. */
function exclusive(known: readonly number[], blocked: readonly number[], invalid: readonly number[]) {
  const first = new Set(blocked);
  const second = new Set([...blocked, ...invalid]);
  return {
    blocked,
    invalid: invalid.filter((index) => !first.has(index)),
    known: known.filter((index) => !second.has(index)),
  };
}

function unpacked(packed: Uint8Array): Uint8Array[] {
  const count = Math.floor(packed.length / IDENTIFIER_BYTES);
  return Array.from({ length: count }, (_, index) =>
    packed.subarray(index * IDENTIFIER_BYTES, (index + 1) * IDENTIFIER_BYTES),
  );
}

function indexesOf<Entry>(entries: readonly Entry[], isIt: (entry: Entry, index: number) => boolean): number[] {
  return entries.flatMap((entry, index) => (isIt(entry, index) ? [index] : []));
}
