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

describe('MetadataPieces', () => {
  it('asks for at most eight pieces at a time, in order, each once', () => {
    const pieces = new MetadataPieces(10 * BLOCK, new MetadataMemory());
    const asked = Array.from({ length: 9 }, () => pieces.nextRequest());
    expect(asked).toEqual([0, 1, 2, 3, 4, 5, 6, 7, null]);
    expect(pieces.receive(2, 10 * BLOCK, new Uint8Array(BLOCK))).toBe('taken');
    expect([1, 2].map(() => pieces.nextRequest())).toEqual([8, null]);
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
          for (let piece = pieces.nextRequest(); piece !== null; piece = pieces.nextRequest()) asked.push(piece);
          const [piece] = asked.splice(random.below(asked.length), 1) as [number];
          const block = whole.slice(piece * BLOCK, (piece + 1) * BLOCK);
          expect(pieces.receive(piece, sizeBytes, block)).toBe('taken');
          block.fill(0); // the caller's buffer is used again
          expect(pieces.receive(piece, sizeBytes, block)).toBe('bad-piece');
          pieces.checkInvariants();
        }
        expect(toHex(Buffer.concat(pieces.takeBlocks()))).toBe(toHex(whole));
        pieces.release();
        pieces.release();
        expect(memory.heldBytes).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it.each([-1, 1.5, NaN, Infinity, 2 ** 53, 4, -0.5])('refuses piece %s', (piece) => {
    const pieces = new MetadataPieces(3 * BLOCK, new MetadataMemory());
    while (pieces.nextRequest() !== null);
    expect(pieces.receive(piece, 3 * BLOCK, new Uint8Array(BLOCK))).toBe('bad-piece');
    pieces.checkInvariants();
  });

  it('takes no more than METADATA_BYTES_IN_FLIGHT_MAX over all', () => {
    const memory = new MetadataMemory();
    expect(memory.take(METADATA_BYTES_IN_FLIGHT_MAX - BLOCK)).toBe(true);
    expect(memory.isFull).toBe(false);
    const pieces = new MetadataPieces(METADATA_BYTES_MAX, memory);
    pieces.nextRequest();
    pieces.nextRequest();
    expect(pieces.receive(0, METADATA_BYTES_MAX, new Uint8Array(BLOCK))).toBe('taken');
    expect(memory.isFull).toBe(true);
    expect(pieces.receive(1, METADATA_BYTES_MAX, new Uint8Array(BLOCK))).toBe('no-memory');
    pieces.release();
    expect(memory.isFull).toBe(false);
  });
});

describe('a block in a chunk of the socket', () => {
  it('is copied out of it, so that 16 KiB do not keep 64 alive', () => {
    const chunk = Buffer.alloc(65_536, 7);
    const pieces = new MetadataPieces(100, new MetadataMemory());
    pieces.nextRequest();
    expect(pieces.receive(0, 100, chunk.subarray(50, 150))).toBe('taken');
    chunk.fill(0);
    const [whole] = pieces.takeBlocks();
    expect([whole!.buffer.byteLength, whole![0], whole![99]]).toEqual([100, 7, 7]);
  });
});
