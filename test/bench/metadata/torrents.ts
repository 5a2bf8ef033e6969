// Torrents whose info dictionaries have about the size that is asked for: many pieces, one file.
import { createHash } from 'node:crypto';
import bencode from 'bencode';
import { createSeededRandom } from '../../../main/base/random.ts';

export interface BenchTorrent {
  readonly info: Uint8Array;
  readonly infohash: Uint8Array;
}

export function benchTorrents(count: number, sizeBytes: number): BenchTorrent[] {
  const random = createSeededRandom(sizeBytes);
  return Array.from({ length: count }, (_, index) => {
    const pieceCount = Math.floor((sizeBytes - 100) / 20);
    const info = bencode.encode({
      length: pieceCount * 16_384,
      name: `Bench ${sizeBytes} ${index}`,
      'piece length': 16_384,
      pieces: Buffer.from(random.bytes(pieceCount * 20)),
    });
    return { info, infohash: createHash('sha1').update(info).digest() };
  });
}
