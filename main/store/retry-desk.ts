// The writer's part in the metadata pipeline: the retry ladder, what is invalid, and who has a torrent. What comes while the
// catalogue cannot be written is kept, bounded, and written when it can. Apart from store-writer.ts, which commits torrents.
import { assert } from '../base/assert.ts';
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { SeedersOfRow } from '../catalogue/catalogue-reader.ts';
import type { Sighting } from '../catalogue/sighting-table.ts';
import { IS_KNOWN, IS_NEW, IS_RESTING } from './store-contract.ts';
import type { EngineToWriter, WriterToEngine } from './store-contract.ts';

/** Messages kept while nothing can be written; each is a batch of at most a hundred or so. */
const WAITING_MAX = 256;
/** Entries handed out at once, whatever is asked for. */
const DUE_MAX = 64;

export type RetryMessage = Extract<
  EngineToWriter,
  { type: 'retry-add' | 'retry-remove' | 'retry-take' | 'invalid' | 'health' | 'alive' | 'dead' | 'sightings' }
>;
type Written = Exclude<RetryMessage, { type: 'retry-take' }>;

export class RetryDesk {
  readonly #waiting: Written[] = [];
  #droppedCount = 0;

  /** Messages that found no room while nothing could be written. What was in them is found again by sampling. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** `catalogue` null: it cannot be written now. Throws what the database throws; the message is then tried again. */
  receive(catalogue: Catalogue | null, message: Written): SeedersOfRow[] {
    if (this.#waiting.length === WAITING_MAX) {
      this.#waiting.shift();
      this.#droppedCount++;
    }
    this.#waiting.push(message);
    return catalogue ? this.flush(catalogue) : [];
  }

  /** Writes what waits, in order. Returns the rows of which another number of seeders is known now. */
  flush(catalogue: Catalogue): SeedersOfRow[] {
    const changed: SeedersOfRow[] = [];
    for (let message = this.#waiting[0]; message !== undefined; message = this.#waiting[0]) {
      changed.push(...write(catalogue, message));
      this.#waiting.shift();
    }
    return changed;
  }

  /** The answer to `retry-take`. */
  due(catalogue: Catalogue | null, limit: number, nowUnixSeconds: number): WriterToEngine {
    if (!catalogue) return { type: 'retry-due', entries: [], waitingCount: 0, evictedCount: 0 };
    this.flush(catalogue);
    const { retries } = catalogue;
    const due = retries.takeDue(nowUnixSeconds, Math.max(0, Math.min(limit, DUE_MAX)));
    // A list or a block that came after they were put on the ladder.
    const refused = due.filter(({ infohash }) => isRefused(catalogue, infohash));
    if (refused.length > 0) retries.remove(refused.map(({ infohash }) => infohash));
    const entries = due.filter((entry) => !refused.includes(entry));
    return { type: 'retry-due', entries, waitingCount: retries.count, evictedCount: retries.evictedCount };
  }

  checkInvariants(): void {
    assert(this.#waiting.length <= WAITING_MAX, 'what waits for the retry ladder is bounded');
  }
}

/** One byte for each of the n x 20 bytes asked about. Being asked about is one more node that sampled it. */
export function answerKnown(
  catalogue: Catalogue,
  infohashes: Uint8Array,
  nowUnixSeconds: number,
): Uint8Array<ArrayBuffer> {
  const flags = catalogue.reader.areKnown(infohashes);
  const resting: Uint8Array[] = [];
  unpacked(infohashes).forEach((infohash, index) => {
    if (flags[index] !== IS_NEW) return;
    if (isRefused(catalogue, infohash) || catalogue.retries.isInvalid(infohash)) flags[index] = IS_KNOWN;
    else if (catalogue.retries.isResting(infohash, nowUnixSeconds)) {
      flags[index] = IS_RESTING;
      resting.push(infohash);
    }
  });
  catalogue.retries.sampledAgain(resting);
  return flags;
}

/** Blocked, or on the safety list: not to be asked for. */
export function isRefused(catalogue: Catalogue, infohash: Uint8Array): boolean {
  return catalogue.blocked.has(infohash) || catalogue.judge({ name: null, infohashes: [infohash] }) !== null;
}

function write(catalogue: Catalogue, message: Written): readonly SeedersOfRow[] {
  switch (message.type) {
    case 'retry-add':
      catalogue.retries.add(message.entries);
      return [];
    case 'retry-remove':
      catalogue.retries.remove(unpacked(message.infohashes));
      return [];
    case 'invalid':
      catalogue.retries.addInvalid(unpacked(message.infohashes));
      return [];
    case 'health':
      return catalogue.recordHealth(message.reports);
    case 'alive':
      return catalogue.markAlive(unpacked(message.infohashes));
    case 'dead':
      return catalogue.markDead(unpacked(message.infohashes));
    case 'sightings':
      recordSightings(catalogue, message);
      return [];
  }
}

/** What is not stored is passed over: the engine's filter takes a few strangers for known ones. */
function recordSightings(
  catalogue: Catalogue,
  { infohashes, times, lastAtUnixSeconds }: Extract<EngineToWriter, { type: 'sightings' }>,
): void {
  const sightings: Sighting[] = [];
  unpacked(infohashes).forEach((infohash, index) => {
    const id = catalogue.reader.findId(infohash);
    if (id !== null) sightings.push({ id, times: times[index] ?? 0, lastAtUnixSeconds });
  });
  catalogue.recordSightings(sightings);
}

/** The infohashes packed in `packed`; a stray rest is left out. */
export function unpacked(packed: Uint8Array): Uint8Array[] {
  const infohashes: Uint8Array[] = [];
  for (let at = 0; at + IDENTIFIER_BYTES <= packed.length; at += IDENTIFIER_BYTES) {
    infohashes.push(packed.subarray(at, at + IDENTIFIER_BYTES));
  }
  return infohashes;
}
