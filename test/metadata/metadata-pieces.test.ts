import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import {
  METADATA_BYTES_IN_FLIGHT_MAX,
  METADATA_BYTES_MAX,
  MetadataMemory,
  MetadataPieces,
} from '../../main/metadata/metadata-pieces.ts';

const BLOCK = 16_384;
const PEER = { host: '127.0.0.1', port: 1 };
const OTHER = { host: '127.0.0.2', port: 1 };

describe('MetadataPieces', () => {
  it('asks for at most eight pieces at a time, in order, each once', () => {
    const pieces = new MetadataPieces(10 * BLOCK, new MetadataMemory());
    const asked = Array.from({ length: 9 }, () => pieces.nextRequest(PEER));
    expect(asked).toEqual([0, 1, 2, 3, 4, 5, 6, 7, null]);
    expect(pieces.receive(PEER, 2, 10 * BLOCK, new Uint8Array(BLOCK))).toBe('taken');
    expect([1, 2].map(() => pieces.nextRequest(PEER))).toEqual([8, null]);
  });

  it('puts pieces together in whichever order they come, and gives the memory back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 * BLOCK }), fc.nat(), (sizeBytes, seed) => {
        const random = createSeededRandom(seed);
        const whole = random.bytes(sizeBytes);
        const memory = new MetadataMemory();
        const pieces = new MetadataPieces(sizeBytes, memory);
        const asked: number[] = [];
        while (!pieces.isComplete) {
          for (let piece = pieces.nextRequest(PEER); piece !== null; piece = pieces.nextRequest(PEER))
            asked.push(piece);
          const [piece] = asked.splice(random.below(asked.length), 1) as [number];
          const block = whole.slice(piece * BLOCK, (piece + 1) * BLOCK);
          expect(pieces.receive(PEER, piece, sizeBytes, block)).toBe('taken');
          block.fill(0); // the caller's buffer is used again
          expect(pieces.receive(PEER, piece, sizeBytes, block)).toBe('bad-piece');
          pieces.checkInvariants();
        }
        expect(toHex(Buffer.concat(pieces.take().blocks))).toBe(toHex(whole));
        pieces.release();
        pieces.release();
        expect(memory.heldBytes).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it.each([-1, 1.5, NaN, Infinity, 2 ** 53, 4, -0.5])('refuses piece %s', (piece) => {
    const pieces = new MetadataPieces(3 * BLOCK, new MetadataMemory());
    while (pieces.nextRequest(PEER) !== null);
    expect(pieces.receive(PEER, piece, 3 * BLOCK, new Uint8Array(BLOCK))).toBe('bad-piece');
    pieces.checkInvariants();
  });

  it('takes no more than METADATA_BYTES_IN_FLIGHT_MAX over all', () => {
    const memory = new MetadataMemory();
    expect(memory.take(METADATA_BYTES_IN_FLIGHT_MAX - BLOCK)).toBe(true);
    expect(memory.isFull).toBe(false);
    const pieces = new MetadataPieces(METADATA_BYTES_MAX, memory);
    pieces.nextRequest(PEER);
    pieces.nextRequest(PEER);
    expect(pieces.receive(PEER, 0, METADATA_BYTES_MAX, new Uint8Array(BLOCK))).toBe('taken');
    expect(memory.isFull).toBe(true);
    expect(pieces.receive(PEER, 1, METADATA_BYTES_MAX, new Uint8Array(BLOCK))).toBe('no-memory');
    pieces.release();
    expect(memory.isFull).toBe(false);
  });
});

describe('a block in a chunk of the socket', () => {
  it('is copied out of it, so that 16 KiB do not keep 64 alive', () => {
    const chunk = Buffer.alloc(65_536, 7);
    const pieces = new MetadataPieces(100, new MetadataMemory());
    pieces.nextRequest(PEER);
    expect(pieces.receive(PEER, 0, 100, chunk.subarray(50, 150))).toBe('taken');
    chunk.fill(0);
    const [whole] = pieces.take().blocks;
    expect([whole!.buffer.byteLength, whole![0], whole![99]]).toEqual([100, 7, 7]);
  });
});

describe('pieces of several peers', () => {
  const newPieces = (pieceCount: number) => new MetadataPieces(pieceCount * BLOCK, new MetadataMemory());
  const askAll = (pieces: MetadataPieces, peer: typeof PEER): number[] => {
    const asked: number[] = [];
    for (let piece = pieces.nextRequest(peer); piece !== null; piece = pieces.nextRequest(peer)) asked.push(piece);
    return asked;
  };
  const block = (): Uint8Array => new Uint8Array(BLOCK);

  it('are asked of each once, and twice only at the end, when the other one is late', () => {
    const pieces = newPieces(20);
    expect(askAll(pieces, PEER)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(askAll(pieces, OTHER)).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
    for (let piece = 8; piece < 16; piece++) expect(pieces.receive(OTHER, piece, 20 * BLOCK, block())).toBe('taken');
    expect(askAll(pieces, OTHER)).toEqual([16, 17, 18, 19, 0, 1, 2, 3]);
    expect(pieces.receive(OTHER, 0, 20 * BLOCK, block())).toBe('taken');
    // It was asked of the slow one, too: no fault of his.
    expect(pieces.receive(PEER, 0, 20 * BLOCK, block())).toBe('repeated');
    expect(pieces.receive(PEER, 0, 20 * BLOCK, block())).toBe('bad-piece');
    expect(pieces.receive(PEER, 9, 20 * BLOCK, block())).toBe('bad-piece'); // never asked of this one
    pieces.checkInvariants();
  });

  it('what somebody leaves behind is asked of the next one, and it is known who gave what', () => {
    const pieces = newPieces(9);
    askAll(pieces, PEER);
    for (const piece of [0, 3]) pieces.receive(PEER, piece, 9 * BLOCK, block());
    expect(askAll(pieces, PEER)).toEqual([8]);
    pieces.leave(PEER);
    expect(pieces.isAsked).toBe(false);
    pieces.checkInvariants();
    expect(askAll(pieces, OTHER).toSorted()).toEqual([1, 2, 4, 5, 6, 7, 8]);
    for (const piece of [1, 2, 4, 5, 6, 7, 8]) pieces.receive(OTHER, piece, 9 * BLOCK, block());
    expect(pieces.isComplete).toBe(true);
    expect(
      pieces
        .take()
        .givenBy.map((peer) => (peer === PEER ? 'a' : 'b'))
        .join(''),
    ).toBe('abbabbbbb');
  });

  it('in any order of asking, answering and leaving: all pieces come, none is forgotten, memory adds up', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.nat(), (pieceCount, seed) => {
        const random = createSeededRandom(seed);
        const memory = new MetadataMemory();
        const pieces = new MetadataPieces(pieceCount * BLOCK, memory);
        const peers = [PEER, OTHER, { ...PEER }].map((peer) => ({ peer, open: [] as number[] }));
        for (let step = 0; step < 2000 && !pieces.isComplete; step++) {
          const { peer, open } = peers[random.below(peers.length)]!;
          const action = random.below(20);
          if (action === 0) {
            pieces.leave(peer);
            open.length = 0;
          } else if (action < 10) open.push(...askAll(pieces, peer));
          else if (open.length > 0) {
            const [piece] = open.splice(random.below(open.length), 1) as [number];
            expect(['taken', 'repeated']).toContain(pieces.receive(peer, piece, pieceCount * BLOCK, block()));
          }
          pieces.checkInvariants();
        }
        expect(pieces.isComplete).toBe(true);
        expect(memory.heldBytes).toBe(pieceCount * BLOCK);
        pieces.release();
        expect(memory.heldBytes).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('memory that nobody needs is given back before anybody is refused', () => {
    const memory = new MetadataMemory();
    const idle = new MetadataPieces(METADATA_BYTES_MAX, memory);
    askAll(idle, PEER);
    idle.receive(PEER, 0, METADATA_BYTES_MAX, block());
    idle.leave(PEER);
    memory.take(METADATA_BYTES_IN_FLIGHT_MAX - BLOCK);
    memory.reclaim = () => idle.release();
    const pieces = new MetadataPieces(BLOCK, memory);
    askAll(pieces, OTHER);
    expect(pieces.receive(OTHER, 0, BLOCK, block())).toBe('taken');
    expect(idle.receivedBytes).toBe(0);
  });
});
