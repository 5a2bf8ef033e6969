// Another file takes the place of the catalogue, which is kept under another name. At every moment there is a whole catalogue
// under the catalogue's name, so that a kill in the middle finds the old one or the new one. Nobody may have it open.
import { existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import { CatalogueProblem } from './catalogue-problem.ts';
import { fileBytes, finishReplacing, rebuildingPath } from './database-files.ts';

/** Where a backup is copied and checked before it takes the place of the catalogue. */
export const preparedPath = (path: string): string => `${path}.restoring`;

/** Takes away what a restore that was cut short has left. */
export function removePrepared(path: string): void {
  for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(preparedPath(path) + ending, { force: true });
}

/** Swaps the prepared file in. Returns where the catalogue of before is now. Throws `CatalogueProblem` or what the disk says. */
export function swapPreparedIn(path: string, nowUnixSeconds: number): string {
  emptyLogOnly(path);
  let stamp = nowUnixSeconds;
  while (existsSync(`${path}.before-restore-${stamp}`)) stamp++;
  const asidePath = `${path}.before-restore-${stamp}`;
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
  for (const ending of ['-wal', '-shm']) rmSync(path + ending, { force: true });
  if (existsSync(asidePath)) renameSync(asidePath, path);
}

/** A log that still holds something belongs to somebody who has the catalogue open; applied to another file it would ruin it. */
function emptyLogOnly(path: string): void {
  if (fileBytes(`${path}-wal`) > 0) {
    throw new CatalogueProblem(
      'locked',
      'Another program has the catalogue open, so nothing was replaced. Close it and restore again.',
    );
  }
  for (const ending of ['-wal', '-shm']) rmSync(path + ending, { force: true });
}

function linked(path: string, asidePath: string): boolean {
  try {
    linkSync(path, asidePath);
    return true;
  } catch {
    return false;
  }
}
