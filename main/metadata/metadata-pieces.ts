// The pieces of one info dictionary while one peer sends them (BEP 9). All pieces come from the same peer, so a wrong
// hash always has one author. Blocks are copied as they arrive: a peer that only claims 10 MiB costs nothing.
import { assert } from '../base/assert.ts';
import { METADATA_BLOCK_BYTES } from '../wire/peer-wire.ts';

/** protocol.md 2.6: what bitmagnet and others take; the largest honest ones seen are far smaller. */
export const METADATA_BYTES_MAX = 10 * 1024 * 1024;
/** All unfinished metadata together. */
export const METADATA_BYTES_IN_FLIGHT_MAX = 64 * 1024 * 1024;
/**
 * libtorrent answers at once up to 10 pieces, and the rest on its one-second tick (speed.md 5). With 4, the usual 200 KB
 * wait four times for a far peer; with 8, twice.
 */
const PIECES_IN_FLIGHT_MAX = 8;

/** Counts the bytes that all MetadataPieces of a fetcher hold. */
export class MetadataMemory {
  #heldBytes = 0;

  get heldBytes(): number {
    return this.#heldBytes;
  }

  get isFull(): boolean {
    return this.#heldBytes + METADATA_BLOCK_BYTES > METADATA_BYTES_IN_FLIGHT_MAX;
  }

  take(bytes: number): boolean {
    if (this.#heldBytes + bytes > METADATA_BYTES_IN_FLIGHT_MAX) return false;
    this.#heldBytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    assert(bytes <= this.#heldBytes, 'no more metadata bytes are given back than were taken');
    this.#heldBytes -= bytes;
  }
}

/** `bad-piece`: not what was asked for, the peer is at fault. `no-memory`: METADATA_BYTES_IN_FLIGHT_MAX is reached. */
export type PieceOutcome = 'taken' | 'bad-piece' | 'no-memory';

export class MetadataPieces {
  readonly sizeBytes: number;
  readonly pieceCount: number;
  readonly #memory: MetadataMemory;
  /** Sparse until a block has come: `undefined` not asked for, `null` asked for. */
  readonly #blocks: (Uint8Array | null)[] = [];
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

  /** The next piece to ask for, now marked as asked for; null while enough are on their way or all have been. */
  nextRequest(): number | null {
    const askedCount = this.#blocks.length;
    if (askedCount === this.pieceCount || askedCount - this.#receivedCount >= PIECES_IN_FLIGHT_MAX) return null;
    this.#blocks.push(null);
    return askedCount;
  }

  /** Takes one data message. Every number in it comes from the peer. */
  receive(piece: number, totalSizeBytes: number, block: Uint8Array): PieceOutcome {
    // -1 (not an integer), duplicates and pieces never asked for all end here: only `null` marks an open request.
    if (totalSizeBytes !== this.sizeBytes || this.#blocks[piece] !== null) return 'bad-piece';
    if (block.length !== this.#expectedBytes(piece)) return 'bad-piece';
    if (!this.#memory.take(block.length)) return 'no-memory';
    this.#blocks[piece] = new Uint8Array(block); // not slice(): of a Buffer that is a view, and keeps the whole chunk
    this.#heldBytes += block.length;
    this.#receivedCount++;
    return 'taken';
  }

  /** The dictionary's blocks in their order. Call once, when complete; release() afterwards all the same. */
  takeBlocks(): Uint8Array[] {
    assert(this.isComplete, 'metadata is taken when every piece has come');
    return [...(this.#blocks as Uint8Array[])];
  }

  /** Forgets every block and gives its memory back; calling it again does nothing. */
  release(): void {
    this.#memory.giveBack(this.#heldBytes);
    this.#heldBytes = 0;
    this.#blocks.length = 0;
    this.#receivedCount = 0;
  }

  checkInvariants(): void {
    const received = this.#blocks.filter((block) => block !== null);
    assert(this.#blocks.length <= this.pieceCount, 'no piece beyond the last was asked for');
    assert(received.length === this.#receivedCount, 'the received pieces are counted right');
    assert(this.#blocks.length - received.length <= PIECES_IN_FLIGHT_MAX, 'few pieces are in flight');
    assert(received.reduce((sum, block) => sum + block.length, 0) === this.#heldBytes, 'held bytes are counted right');
  }

  #expectedBytes(piece: number): number {
    const isLast = piece === this.pieceCount - 1;
    return isLast ? this.sizeBytes - piece * METADATA_BLOCK_BYTES : METADATA_BLOCK_BYTES;
  }
}
