// A small torrent whose content is real, so that a client can check it, seed it, and another one download it.
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import bencode from 'bencode';

const PIECE_BYTES = 16_384;

export interface SeededFile {
  readonly name: string;
  readonly infohash: string;
  readonly content: Buffer;
  /** The .torrent file. */
  readonly torrent: string;
}

/** Writes `home/files/NAME` and `home/NAME.torrent`. The content follows from the name. */
export async function makeSeededFile(home: string, name: string, sizeBytes = 100_000): Promise<SeededFile> {
  const content = Buffer.alloc(sizeBytes, `${name}\n`);
  const pieces: Buffer[] = [];
  for (let at = 0; at < content.length; at += PIECE_BYTES) {
    pieces.push(
      createHash('sha1')
        .update(content.subarray(at, at + PIECE_BYTES))
        .digest(),
    );
  }
  const info = { length: sizeBytes, name, 'piece length': PIECE_BYTES, pieces: Buffer.concat(pieces) };
  const torrent = path.join(home, `${name}.torrent`);
  await mkdir(path.join(home, 'files'), { recursive: true });
  await writeFile(path.join(home, 'files', name), content);
  await writeFile(torrent, bencode.encode({ info }));
  const infohash = createHash('sha1').update(bencode.encode(info)).digest('hex');
  return { name, infohash, content, torrent };
}
