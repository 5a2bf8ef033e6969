// The catalogue's files as files: the database, its -wal and -shm, copies and damaged ones kept aside, and the mark that
// asks for a check at the next start. The only file of this room that touches the file system directly.
import { chmodSync, closeSync, constants, copyFileSync, existsSync, mkdirSync, openSync, renameSync } from 'node:fs';
import { readdirSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Files that SQLite keeps beside a database in WAL mode. */
const COMPANIONS = ['-wal', '-shm'];

/** What somebody looks for and finds is nobody else's to read. */
const OWNER_ONLY_FOLDER = 0o700;
const OWNER_ONLY = 0o600;
/** Damaged catalogues kept aside; the oldest goes first. */
const ASIDE_MAX = 3;

export function makeFolderFor(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: OWNER_ONLY_FOLDER });
}

/** Makes the database, empty, if there is none: SQLite would make it readable by everybody. Its companions take its mode. */
export function makePrivateFile(path: string): void {
  closeSync(openSync(path, 'a', OWNER_ONLY));
}

/** A catalogue that an earlier version left readable by everybody is closed to others. */
export function keepFromOthers(path: string): void {
  for (const ending of ['', ...COMPANIONS]) {
    const mode = statSync(path + ending, { throwIfNoEntry: false })?.mode ?? 0;
    if ((mode & 0o077) === 0) continue;
    try {
      chmodSync(path + ending, mode & 0o700);
    } catch {
      return; // somebody else's file, or a disk without modes: it is used as it is
    }
  }
}

/** 0 when there is no such file. */
export function fileBytes(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Database and write-ahead log together: what the catalogue takes on the disk. */
export function databaseBytes(path: string): number {
  return fileBytes(path) + fileBytes(`${path}-wal`);
}

/** What an ordinary user may still write on the disk of the database; null where the system does not tell. */
export function freeBytes(path: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize;
  } catch {
    return null;
  }
}

/** Copies the database (its WAL must be empty) to `NAME.before-format-<version>`; shares blocks where the disk can. */
export function keepCopyBeforeMigration(path: string, nextVersion: number): string {
  const copyPath = `${path}.before-format-${nextVersion}`;
  copyFileSync(path, copyPath, constants.COPYFILE_FICLONE);
  return copyPath;
}

/**
 * Where a damaged catalogue is rebuilt. It takes the name of the catalogue only when it is complete, so that a rebuilding
 * that was cut short begins again from the damaged file, which has not been touched.
 */
export const rebuildingPath = (path: string): string => `${path}.rebuilding`;

/** Takes away what a rebuilding that was cut short has left. */
export function removeUnfinishedRebuild(path: string): void {
  for (const ending of ['', ...COMPANIONS]) rmSync(rebuildingPath(path) + ending, { force: true });
}

/**
 * Renames the database and its companions to `NAME.damaged-<unix seconds>`, never over an older one, and the rebuilt one
 * (closed) to `NAME`. Returns the path of the damaged one.
 */
export function replaceDamaged(path: string, nowUnixSeconds: number): string {
  let stamp = nowUnixSeconds;
  while (existsSync(`${path}.damaged-${stamp}`)) stamp++;
  const asidePath = `${path}.damaged-${stamp}`;
  for (const ending of [...COMPANIONS, '']) {
    if (existsSync(path + ending)) renameSync(path + ending, asidePath + ending);
  }
  finishReplacing(path);
  removeOldestAside(path);
  return asidePath;
}

/** Damaged ones would fill the disk, each as large as a catalogue. */
function removeOldestAside(path: string): void {
  const stamps = readdirSync(dirname(path)).flatMap((name) => {
    const [, stamp] = /\.damaged-(\d+)$/.exec(name) ?? [];
    return stamp !== undefined && name.startsWith(basename(path)) ? [Number(stamp)] : [];
  });
  for (const stamp of stamps.sort((a, b) => b - a).slice(ASIDE_MAX)) {
    for (const ending of ['', ...COMPANIONS]) rmSync(`${path}.damaged-${stamp}${ending}`, { force: true });
  }
}

/** Also at every start: between the two renames there is a moment without a catalogue. */
export function finishReplacing(path: string): void {
  if (!existsSync(path) && existsSync(rebuildingPath(path))) renameSync(rebuildingPath(path), path);
}

/** Everything beside the catalogue that has torrents in it: the index of names, copies and damaged files kept aside. */
export function removeKeptFiles(path: string): void {
  const kept =
    /^\.(names.*|before-(format|restore)-\d+.*|damaged-\d+.*|rebuilding.*|restoring.*|needs-check|was-checked)$/;
  for (const name of readdirSync(dirname(path))) {
    if (name.startsWith(basename(path)) && kept.test(name.slice(basename(path).length)))
      rmSync(join(dirname(path), name), { force: true });
  }
}

/** The database itself and its companions; nobody may have it open. */
export function removeDatabase(path: string): void {
  for (const ending of ['', ...COMPANIONS]) rmSync(path + ending, { force: true });
}

/**
 * Damage that shows only while running leaves this mark, so that the next opening reads the whole file. A check that found
 * nothing is remembered: what is reported after it is there all the same, and the file is made anew.
 */
export function markForCheck(path: string): void {
  writeFileSync(checkMark(path), 'SQLite reported damage in this catalogue; it is checked when it is opened next.\n');
}

export function isMarkedForCheck(path: string): boolean {
  return existsSync(checkMark(path));
}

/** A check since the last rebuilding has found nothing. */
export function wasCheckedInVain(path: string): boolean {
  return existsSync(checkedMark(path));
}

export function checkedInVain(path: string): void {
  renameSync(checkMark(path), checkedMark(path));
}

export function clearCheckMark(path: string): void {
  for (const mark of [checkMark(path), checkedMark(path)]) rmSync(mark, { force: true });
}

const checkMark = (path: string): string => `${path}.needs-check`;
const checkedMark = (path: string): string => `${path}.was-checked`;

export const FILE_GONE = 'gone';

/** Which file it is, whatever its name: changes when it is deleted, moved or replaced. */
export function fileIdentity(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? FILE_GONE : `${found.dev}:${found.ino};`;
}

/** Of an open database and its log. */
export const filesIdentity = (path: string): string => `${fileIdentity(path)} ${fileIdentity(`${path}-wal`)}`;

/** Held by the process that has the database open (`holdForOneProcess`); left behind by one that was killed. */
export const lockPath = (path: string): string => `${path}.lock`;

/** Whoever had it open was killed, and the log with the last commits is gone. To be asked before it is held again. */
export function isLogLost(path: string): boolean {
  return existsSync(lockPath(path)) && fileBytes(path) > 0 && !existsSync(`${path}-wal`);
}

/** False when the system does not let go of it. */
export function removeLock(path: string): boolean {
  try {
    rmSync(lockPath(path), { force: true });
    return true;
  } catch {
    return false;
  }
}
