// Which files of a data folder are ours to move: the catalogue with what lies beside it, and the tables of nodes. Whatever else
// somebody keeps there is neither copied nor removed.
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

/** The catalogue itself; a folder that has it holds data. */
export const CATALOGUE_NAME = 'catalogue.db';
/** In a folder that data was moved to, until what it was copied from is gone. */
export const MOVED_FROM_NAME = 'moved-from.json';
/** SQLite makes it anew; a copy would be of another moment. */
const NOT_COPIED = /^catalogue\.db-shm$/;
const OURS = /^(catalogue\.db([-.].*)?|dht-state\.benc.*)$/;

export interface DataFile {
  readonly name: string;
  readonly sizeBytes: number;
}

/** Files to be copied, the catalogue last. */
export async function dataFiles(folder: string): Promise<DataFile[]> {
  const files: DataFile[] = [];
  for (const name of await ourNames(folder)) {
    if (NOT_COPIED.test(name)) continue;
    files.push({ name, sizeBytes: (await stat(path.join(folder, name))).size });
  }
  return files.toSorted((a, b) => Number(a.name === CATALOGUE_NAME) - Number(b.name === CATALOGUE_NAME));
}

/** Every file of ours in `folder`. */
export async function ourNames(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && OURS.test(entry.name)).map(({ name }) => name);
}
