// Another file takes the place of the catalogue, which is kept under another name. At every moment there is a whole catalogue
// under the catalogue's name, so that a kill in the middle finds the old one or the new one. Nobody may have it open.
import { existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import { asCatalogueProblem, CatalogueProblem } from './catalogue-problem.ts';
import { finishReplacing, rebuildingPath } from './database-files.ts';
import { openDatabase, type CatalogueDatabase } from './open-database.ts';

const COMPANIONS = ['-wal', '-shm'];

/** Where a backup is copied and checked before it takes the place of the catalogue. */
export const preparedPath = (path: string): string => `${path}.restoring`;

/** Takes away what a restore that was cut short has left. */
export function removePrepared(path: string): void {
  for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(preparedPath(path) + ending, { force: true });
}

/** Swaps the prepared file in. Returns where the catalogue of before is now. Throws `CatalogueProblem` or what the disk says. */
export function swapPreparedIn(path: string, nativeBinding: string | null, nowUnixSeconds: number): string {
  proveAlone(path, nativeBinding);
  let stamp = nowUnixSeconds;
  while (existsSync(`${path}.before-restore-${stamp}`)) stamp++;
  const asidePath = `${path}.before-restore-${stamp}`;
  for (const ending of COMPANIONS) if (existsSync(path + ending)) renameSync(path + ending, asidePath + ending);
  if (!existsSync(path)) renameSync(preparedPath(path), path);
  else if (linked(path, asidePath)) renameSync(preparedPath(path), path);
  else {
    // A disk without links: for a moment there is no catalogue, and the next start knows what to do about it.
    renameSync(preparedPath(path), rebuildingPath(path));
    renameSync(path, asidePath);
    finishReplacing(path);
  }
  return asidePath;
}

/** Undoes `swapPreparedIn`: the new file could not be opened after all. */
export function swapBack(path: string, asidePath: string): void {
  for (const ending of COMPANIONS) rmSync(path + ending, { force: true });
  if (existsSync(asidePath)) renameSync(asidePath, path);
  for (const ending of COMPANIONS) if (existsSync(asidePath + ending)) renameSync(asidePath + ending, path + ending);
}

/**
 * Throws when anybody, in this process or another, has the catalogue open: his next commit would go into a file that is no
 * longer the catalogue. Closing again as the only one also empties the log and takes it away. A damaged file is nobody's.
 */
function proveAlone(path: string, nativeBinding: string | null): void {
  if (!existsSync(path)) return;
  let database: CatalogueDatabase | null = null;
  try {
    database = openDatabase({ path, role: 'writer', nativeBinding });
    database.pragma('busy_timeout = 1000');
    database.pragma('locking_mode = EXCLUSIVE');
    database.exec('BEGIN EXCLUSIVE; COMMIT');
  } catch (error) {
    const problem = asCatalogueProblem(error, path);
    if (problem.kind !== 'locked') return;
    throw new CatalogueProblem(
      'locked',
      'Another program has the catalogue open, perhaps a second Lanternfish. Nothing was replaced. Close it and restore again.',
    );
  } finally {
    database?.close();
  }
}

function linked(path: string, asidePath: string): boolean {
  try {
    linkSync(path, asidePath);
    return true;
  } catch {
    return false;
  }
}
