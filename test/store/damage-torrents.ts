// The torrents of damage.test.ts, the same in both of its processes.
import { createHash } from 'node:crypto';
import type { Torrent } from '../../main/catalogue/torrent.ts';

/** Its files do not compress, so that a small disk is full soon. */
export function childTorrent(seed: number): Torrent {
  const digest = (text: string): string => createHash('sha512').update(`${seed} ${text}`).digest('base64url');
  return {
    infohashV1: new Uint8Array(createHash('sha1').update(`child ${seed}`).digest()),
    infohashV2: null,
    name: `Lantern number${seed} shines`,
    sizeBytes: 3000 + seed,
    fileCount: 3,
    files: ['a', 'b', 'c'].map((name) => ({ path: `${digest(name)}/${name}.bin`, sizeBytes: 1000 })),
    isPrivate: false,
    peersSeen: 3,
    discoveredAtUnixSeconds: 1_790_000_000 + seed,
  };
}
