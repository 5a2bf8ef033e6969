// Collects what was read until a batch is worth a commit, keeps a few batches on their way to the writer, and books their
// answers. Memory stays bounded: whoever reads waits while the writer is behind.
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import { IMPORT_BATCH_ROWS_MAX, type ImportedTorrent } from '../store/store-contract.ts';
import type { ImportTally, Place } from './import-tally.ts';
import { TransferProblem } from './transfer-problem.ts';
import type { ReadRow } from './read-row.ts';
import type { SkipReason } from './transfer-contract.ts';
import type { WriterLink } from './writer-link.ts';

/** Text of one batch, roughly: a thousand lists of two thousand files would be a gigabyte. */
const BATCH_CHARACTERS_MAX = 2 * 1024 * 1024;
/** The writer works on one while the next is read. */
const BATCHES_UNDER_WAY_MAX = 2;

export class ImportBatcher {
  readonly #writer: WriterLink;
  readonly #tally: ImportTally;
  #torrents: ImportedTorrent[] = [];
  #torrentPlaces: Place[] = [];
  #characters = 0;
  #infohashes: Uint8Array[] = [];
  #infohashPlaces: Place[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #failure: Error | null = null;

  constructor(writer: WriterLink, tally: ImportTally) {
    this.#writer = writer;
    this.#tally = tally;
  }

  /** Takes what was read. Rejects when the writer could not store an earlier batch. */
  async add(row: ReadRow, place: Place): Promise<void> {
    if (row.kind === 'skipped') return this.#tally.skip(place, row.reason);
    if (row.kind === 'infohash') {
      this.#infohashes.push(row.infohash);
      this.#infohashPlaces.push(place);
    } else {
      this.#torrents.push(row.torrent);
      this.#torrentPlaces.push(place);
      this.#characters += charactersOf(row.torrent);
    }
    const isFull = this.#torrents.length >= IMPORT_BATCH_ROWS_MAX || this.#characters >= BATCH_CHARACTERS_MAX;
    if (isFull || this.#infohashes.length >= IMPORT_BATCH_ROWS_MAX) await this.#send();
  }

  /** Everything that was added is stored when this resolves. */
  async finish(): Promise<void> {
    await this.#send();
    await this.settle();
    this.#throwFailure();
  }

  /** Waits for the answers to what was sent, whatever they are; what was only collected is let go. */
  async settle(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #send(): Promise<void> {
    if (this.#torrents.length > 0) this.#start(this.#sendTorrents(this.#torrents, this.#torrentPlaces));
    if (this.#infohashes.length > 0) this.#start(this.#sendInfohashes(this.#infohashes, this.#infohashPlaces));
    this.#torrents = [];
    this.#torrentPlaces = [];
    this.#characters = 0;
    this.#infohashes = [];
    this.#infohashPlaces = [];
    while (this.#underWay.size >= BATCHES_UNDER_WAY_MAX) await Promise.race(this.#underWay);
    this.#throwFailure();
  }

  #start(batch: Promise<void>): void {
    const settled = batch
      .catch((error: unknown) => {
        this.#failure ??= error instanceof Error ? error : new Error(String(error));
      })
      .finally(() => this.#underWay.delete(settled));
    this.#underWay.add(settled);
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  async #sendTorrents(torrents: readonly ImportedTorrent[], places: readonly Place[]): Promise<void> {
    const reply = await this.#writer.import(torrents);
    if (reply.problem !== null) throw new TransferProblem(reply.problem);
    this.#skipAll(places, reply.blocked, 'blocked');
    this.#skipAll(places, reply.twofold, 'two-torrents');
    this.#tally.forgotten(reply.forgottenCount);
    this.#tally.newCount += reply.newCount;
    this.#tally.mergedCount += torrents.length - reply.newCount - reply.blocked.length - reply.twofold.length;
  }

  async #sendInfohashes(infohashes: readonly Uint8Array[], places: readonly Place[]): Promise<void> {
    const packed = new Uint8Array(infohashes.length * IDENTIFIER_BYTES);
    infohashes.forEach((infohash, index) => packed.set(infohash, index * IDENTIFIER_BYTES));
    const reply = await this.#writer.queue(packed);
    if (reply.problem !== null) throw new TransferProblem(reply.problem);
    this.#skipAll(places, reply.blocked, 'blocked');
    this.#skipAll(places, reply.invalid, 'invalid');
    this.#skipAll(places, reply.noRoom, 'no-room');
    this.#tally.mergedCount += reply.known.length;
    this.#tally.queuedCount +=
      infohashes.length - reply.known.length - reply.blocked.length - reply.invalid.length - reply.noRoom.length;
  }

  #skipAll(places: readonly Place[], indexes: readonly number[], reason: SkipReason): void {
    for (const index of indexes) this.#tally.skip(places[index]!, reason);
  }
}

function charactersOf({ name, files }: ImportedTorrent): number {
  return files.reduce((sum, { path }) => sum + path.length + 16, name.length + 100);
}
