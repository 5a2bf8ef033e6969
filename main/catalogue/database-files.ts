// The catalogue's files as files: the database, its -wal and -shm, copies and damaged ones kept aside, and the mark that
// asks for a check at the next start. The only file of this room that touches the file system directly.
import { constants, copyFileSync, existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Files that SQLite keeps beside a database in WAL mode. */
const COMPANIONS = ['-wal', '-shm'];

export function makeFolderFor(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
}

/** 0 when there is no such file. */
export function fileBytes(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Database and write-ahead log together: what the catalogue takes on the disk. */
export function databaseBytes(path: string): number {
  return fileBytes(path) + fileBytes(`${path}-wal`);
}

/** Copies the database (its WAL must be empty) to `NAME.before-format-<version>`; shares blocks where the disk can. */
export function keepCopyBeforeMigration(path: string, nextVersion: number): string {
  const copyPath = `${path}.before-format-${nextVersion}`;
  copyFileSync(path, copyPath, constants.COPYFILE_FICLONE);
  return copyPath;
}

/** Renames the database and its companions to `NAME.damaged-<unix seconds>`, never over an older one. */
export function moveAsideDamaged(path: string, nowUnixSeconds: number): string {
  let stamp = nowUnixSeconds;
  while (existsSync(`${path}.damaged-${stamp}`)) stamp++;
  const asidePath = `${path}.damaged-${stamp}`;
  renameSync(path, asidePath);
  for (const companion of COMPANIONS) {
    if (existsSync(path + companion)) renameSync(path + companion, asidePath + companion);
  }
  return asidePath;
}

/** Damage that shows only while running leaves this mark, so that the next start reads the whole file. */
export function markForCheck(path: string): void {
  writeFileSync(checkMark(path), 'SQLite reported damage in this catalogue; the next start checks it.\n');
}

export function isMarkedForCheck(path: string): boolean {
  return existsSync(checkMark(path));
}

export function clearCheckMark(path: string): void {
  rmSync(checkMark(path), { force: true });
}

const checkMark = (path: string): string => `${path}.needs-check`;
