// The pieces of one info dictionary (BEP 9), filled by every peer that names the same size for it: whoever is asked next gets
// what nobody else has been asked for, and near the end what another one is slow to send. It is known who gave which piece,
// so that a wrong hash has its suspects (job-blocks.ts). Blocks are copied as they arrive: a peer that only claims 10 MiB
// costs nothing.
import { assert } from '../base/assert.ts';
import type { Contact } from '../base/contact.ts';
import { METADATA_BLOCK_BYTES } from '../wire/peer-wire.ts';

/** protocol.md 2.6: what bitmagnet and others take; the largest honest ones seen are far smaller. */
export const METADATA_BYTES_MAX = 10 * 1024 * 1024;
/** All unfinished metadata together. */
export const METADATA_BYTES_IN_FLIGHT_MAX = 64 * 1024 * 1024;
/**
 * Asked of one peer at a time. libtorrent answers at once up to 10 pieces, and the rest on its one-second tick (speed.md 5).
 * With 4, the usual 200 KB wait four times for a far peer; with 8, twice.
 */
const PIECES_IN_FLIGHT_MAX = 8;

/** Counts the bytes that all MetadataPieces of a fetcher hold. */
export class MetadataMemory {
  #heldBytes = 0;
  /** Asked to give back what nobody is being asked for, before anybody is refused. */
  reclaim: () => void = () => undefined;

  get heldBytes(): number {
    return this.#heldBytes;
  }

  get isFull(): boolean {
    return this.#heldBytes + METADATA_BLOCK_BYTES > METADATA_BYTES_IN_FLIGHT_MAX;
  }

  take(bytes: number): boolean {
    if (this.#heldBytes + bytes > METADATA_BYTES_IN_FLIGHT_MAX) this.reclaim();
    if (this.#heldBytes + bytes > METADATA_BYTES_IN_FLIGHT_MAX) return false;
    this.#heldBytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    assert(bytes <= this.#heldBytes, 'no more metadata bytes are given back than were taken');
    this.#heldBytes -= bytes;
  }
}

/**
 * `repeated`: asked for, and somebody else was faster. `bad-piece`: not what was asked for, the peer is at fault.
 * `no-memory`: METADATA_BYTES_IN_FLIGHT_MAX is reached.
 */
export type PieceOutcome = 'taken' | 'repeated' | 'bad-piece' | 'no-memory';

/** A whole dictionary, not verified yet. */
export interface GivenBlocks {
  readonly blocks: readonly Uint8Array[];
  /** Who gave the block at the same place. */
  readonly givenBy: readonly Contact[];
}

export class MetadataPieces {
  readonly sizeBytes: number;
  readonly pieceCount: number;
  readonly #memory: MetadataMemory;
  /** Sparse until blocks have come. */
  readonly #blocks: Uint8Array[] = [];
  readonly #givenBy: Contact[] = [];
  /** Pieces that each peer was asked for and has not sent. Peers are told apart by the object. */
  readonly #asked = new Map<Contact, Set<number>>();
  /** No piece from here on was ever asked for. */
  #untouchedFrom = 0;
  /** Asked for, and whoever was asked has left. */
  readonly #dropped: number[] = [];
  #receivedCount = 0;
  #heldBytes = 0;

  /** `sizeBytes` from 1 to METADATA_BYTES_MAX. */
  constructor(sizeBytes: number, memory: MetadataMemory) {
    assert(Number.isInteger(sizeBytes) && sizeBytes > 0 && sizeBytes <= METADATA_BYTES_MAX, 'the size was checked');
    this.sizeBytes = sizeBytes;
    this.pieceCount = Math.ceil(sizeBytes / METADATA_BLOCK_BYTES);
    this.#memory = memory;
  }

  get isComplete(): boolean {
    return this.#receivedCount === this.pieceCount;
  }

  get receivedBytes(): number {
    return this.#heldBytes;
  }

  /** Whether somebody is being asked. */
  get isAsked(): boolean {
    return this.#asked.size > 0;
  }

  /** The next piece to ask `peer` for, now marked as asked for; null while enough are on their way or there is none. */
  nextRequest(peer: Contact): number | null {
    let asked = this.#asked.get(peer);
    if (!asked) this.#asked.set(peer, (asked = new Set()));
    if (asked.size >= PIECES_IN_FLIGHT_MAX) return null;
    const piece =
      this.#dropped.shift() ??
      (this.#untouchedFrom < this.pieceCount ? this.#untouchedFrom++ : this.#lateElsewhere(peer, asked));
    if (piece !== null) asked.add(piece);
    return piece;
  }

  /** Takes one data message of `peer`. Every number in it comes from the peer. */
  receive(peer: Contact, piece: number, totalSizeBytes: number, block: Uint8Array): PieceOutcome {
    // -1 (not an integer), second answers and pieces never asked for all end here.
    if (totalSizeBytes !== this.sizeBytes || !this.#asked.get(peer)?.has(piece)) return 'bad-piece';
    if (block.length !== this.#expectedBytes(piece)) return 'bad-piece';
    if (this.#blocks[piece] === undefined && !this.#memory.take(block.length)) return 'no-memory';
    this.#asked.get(peer)!.delete(piece);
    if (this.#blocks[piece] !== undefined) return 'repeated';
    this.#blocks[piece] = new Uint8Array(block); // not slice(): of a Buffer that is a view, and keeps the whole chunk
    this.#givenBy[piece] = peer;
    this.#heldBytes += block.length;
    this.#receivedCount++;
    return 'taken';
  }

  /** `peer` is asked no more: what it did not send is for others. What it sent stays. */
  leave(peer: Contact): void {
    const asked = this.#asked.get(peer);
    this.#asked.delete(peer);
    for (const piece of asked ?? [])
      if (this.#blocks[piece] === undefined && !this.#isAsked(piece)) this.#dropped.push(piece);
  }

  /** The dictionary's blocks in their order. Call once, when complete; release() afterwards all the same. */
  take(): GivenBlocks {
    assert(this.isComplete, 'metadata is taken when every piece has come');
    return { blocks: [...this.#blocks], givenBy: [...this.#givenBy] };
  }

  /** Forgets everything and gives the memory back; calling it again does nothing. */
  release(): void {
    this.#memory.giveBack(this.#heldBytes);
    this.#heldBytes = 0;
    this.#blocks.length = 0;
    this.#givenBy.length = 0;
    this.#dropped.length = 0;
    this.#asked.clear();
    this.#untouchedFrom = 0;
    this.#receivedCount = 0;
  }

  checkInvariants(): void {
    let [received, bytes] = [0, 0];
    for (const block of this.#blocks) {
      if (block === undefined) continue;
      received++;
      bytes += block.length;
    }
    assert(this.#untouchedFrom <= this.pieceCount, 'no piece beyond the last was asked for');
    assert(received === this.#receivedCount && bytes === this.#heldBytes, 'received pieces are counted right');
    for (const asked of this.#asked.values()) assert(asked.size <= PIECES_IN_FLIGHT_MAX, 'few pieces are in flight');
    for (const piece of this.#dropped)
      assert(this.#blocks[piece] === undefined, 'what has come is not asked for again');
    for (let piece = 0; piece < this.#untouchedFrom; piece++) {
      const isKnown = this.#blocks[piece] !== undefined || this.#isAsked(piece) || this.#dropped.includes(piece);
      assert(isKnown, 'no piece is forgotten');
    }
  }

  /** What another peer was asked for and has not sent yet: asking twice beats waiting for a slow one. */
  #lateElsewhere(peer: Contact, asked: ReadonlySet<number>): number | null {
    for (const [other, pieces] of this.#asked) {
      if (other === peer) continue;
      for (const piece of pieces) if (this.#blocks[piece] === undefined && !asked.has(piece)) return piece;
    }
    return null;
  }

  #isAsked(piece: number): boolean {
    for (const asked of this.#asked.values()) if (asked.has(piece)) return true;
    return false;
  }

  #expectedBytes(piece: number): number {
    const isLast = piece === this.pieceCount - 1;
    return isLast ? this.sizeBytes - piece * METADATA_BLOCK_BYTES : METADATA_BLOCK_BYTES;
  }
}
