// A .torrent file: written whole or not at all, and over another file only where the person said so.
import { rm, stat, writeFile } from 'node:fs/promises';
import { replaceFile } from '../base/replace-file.ts';

/** A torrent of BEP 3 around an info dictionary, whose bytes stay as they are. No tracker is known, so none is named. */
export function torrentAround(info: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from('d4:info'), info, Buffer.from('e')]);
}

export async function fileExists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** `mayReplace`: the person was asked and agreed. Rejects with EEXIST where a file came meanwhile, and as the disk does. */
export async function writeTorrentFile(path: string, bytes: Uint8Array, mayReplace: boolean): Promise<void> {
  if (mayReplace) {
    return replaceFile(path, (file) => file.writeFile(bytes), `${path}.lanternfish-part`);
  }
  try {
    await writeFile(path, bytes, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await rm(path, { force: true });
    throw error;
  }
}
