// Where catalogue and tables are: the system's place, or the folder that the person chose. Found at the start (a drive may be
// missing), looked at before a move, tidied afterwards.
import { mkdir, readFile, readdir, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Clock, Timer } from '../base/clock.ts';
import { CATALOGUE_NAME, dataFiles, MOVED_FROM_NAME, ourNames } from '../transfer/data-files.ts';
import type { DataFolders } from './data-folders.ts';

/** Made in the folder that the person chooses, so that our files are not strewn among others. */
const OWN_FOLDER = 'Lanternfish';

/** A folder of a network that is gone may not answer for minutes, a disk that sleeps needs some seconds. */
const ANSWER_WITHIN_MS = 10_000;

/**
 * The folders to use, and a sentence where they are not the ones that the person chose, or do not answer in time. Never rejects.
 * Only tests hand in another `isThere`.
 */
export async function foldersFor(
  folders: DataFolders,
  chosenDir: string | null,
  clock: Clock,
  isThere: (folder: string) => Promise<boolean> = hasCatalogue,
): Promise<{ readonly folders: DataFolders; readonly notice: string | null }> {
  if (chosenDir === null) return { folders, notice: null };
  if (await inTime(isThere(chosenDir), clock)) return { folders: { ...folders, dataDir: chosenDir }, notice: null };
  return {
    folders,
    notice:
      `The data folder ${chosenDir} is not there; perhaps its drive is not connected. What is in it is not touched. ` +
      `Until then Lanternfish uses ${folders.dataDir}. Connect it and start again, or choose a folder in the settings.`,
  };
}

/** False where there is no answer yet. */
async function inTime(answer: Promise<boolean>, clock: Clock): Promise<boolean> {
  let timer: Timer | null = null;
  const late = new Promise<boolean>((resolve) => {
    timer = clock.setTimer(ANSWER_WITHIN_MS, () => resolve(false));
  });
  return Promise.race([answer, late]).finally(() => timer?.cancel());
}

export type PlacePlan =
  | { readonly kind: 'move'; readonly targetDir: string; readonly sizeBytes: number }
  /** It has a catalogue already; nothing is copied, and the present one stays where it is. */
  | { readonly kind: 'use'; readonly targetDir: string; readonly sizeBytes: number }
  | { readonly kind: 'refused'; readonly problem: string };

/** What choosing `chosenDir` would mean while `currentDir` is in use. Leaves nothing behind. Never rejects. */
export async function planMove(chosenDir: string, currentDir: string): Promise<PlacePlan> {
  const refused = (problem: string): PlacePlan => ({ kind: 'refused', problem: `${problem} Nothing was changed.` });
  const own = path.join(chosenDir, OWN_FOLDER);
  if (path.resolve(chosenDir) === path.resolve(currentDir) || path.resolve(own) === path.resolve(currentDir)) {
    return refused('This is the folder that is in use.');
  }
  if (isWithin(chosenDir, currentDir)) return refused('This folder is inside the one that is in use.');
  const unwritable = await whyUnwritable(chosenDir);
  if (unwritable !== null) return refused(`Nothing can be written into ${chosenDir} (${unwritable}).`);
  for (const found of [chosenDir, own]) {
    if (!(await hasCatalogue(found))) continue;
    if (await isLeftOver(found, currentDir)) await removeOurs(found);
    else return { kind: 'use', targetDir: found, sizeBytes: await sizeOf(found) };
  }
  const names = await readdir(own).catch(() => []);
  if (names.length > 0) return refused(`${own} is there already and has other files in it. Choose another folder.`);
  return { kind: 'move', targetDir: own, sizeBytes: await sizeOf(currentDir) };
}

/**
 * Removes what `dataDir` was copied from, once, if that is as it was when it was copied: now, or at the next start after a kill.
 * Never rejects; what cannot be removed stays.
 */
export async function removeMovedFrom(dataDir: string): Promise<void> {
  const mark = path.join(dataDir, MOVED_FROM_NAME);
  try {
    const from = readMark(await readFile(mark, 'utf8').catch(() => 'null'));
    if (from === null || !(await hasCatalogue(dataDir))) return;
    if (path.resolve(from.folder) !== path.resolve(dataDir)) {
      const present = new Map(
        (await dataFiles(from.folder).catch(() => [])).map((file) => [file.name, file.sizeBytes]),
      );
      const isSame = from.files.every(({ name, sizeBytes }) => (present.get(name) ?? sizeBytes) === sizeBytes);
      if (isSame) await removeOurs(from.folder);
    }
    await rm(mark, { force: true });
  } catch {
    return; // a drive that went away in the middle: the next start tries again
  }
}

/** Our files, and the folder if nothing else is in it. */
async function removeOurs(folder: string): Promise<void> {
  // The catalogue first: half of a folder must never look like a whole one.
  const names = (await ourNames(folder).catch(() => [])).toSorted((a) => (a === CATALOGUE_NAME ? -1 : 1));
  for (const name of names) await rm(path.join(folder, name), { force: true });
  await rm(path.join(folder, MOVED_FROM_NAME), { force: true });
  await rmdir(folder).catch(() => undefined);
}

/** A copy that was made of `currentDir` and never taken over. */
async function isLeftOver(folder: string, currentDir: string): Promise<boolean> {
  const from = readMark(await readFile(path.join(folder, MOVED_FROM_NAME), 'utf8').catch(() => 'null'));
  return from !== null && path.resolve(from.folder) === path.resolve(currentDir);
}

function readMark(text: string): { folder: string; files: { name: string; sizeBytes: number }[] } | null {
  try {
    const value = JSON.parse(text) as { folder?: unknown; files?: unknown } | null;
    if (typeof value?.folder !== 'string' || !path.isAbsolute(value.folder) || !Array.isArray(value.files)) return null;
    return { folder: value.folder, files: value.files as { name: string; sizeBytes: number }[] };
  } catch {
    return null;
  }
}

async function hasCatalogue(folder: string): Promise<boolean> {
  const found = await stat(path.join(folder, CATALOGUE_NAME)).catch(() => null);
  return found?.isFile() === true;
}

async function sizeOf(folder: string): Promise<number> {
  const files = await dataFiles(folder).catch(() => []);
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** Null when something can be written there; else what the system says. */
async function whyUnwritable(folder: string): Promise<string | null> {
  const probe = path.join(folder, `${OWN_FOLDER}.try`);
  await rmdir(probe).catch(() => undefined); // of a look that a kill cut short
  try {
    await mkdir(probe);
    await rmdir(probe);
    return null;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

function isWithin(folder: string, parent: string): boolean {
  const relative = path.relative(parent, folder);
  return relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative);
}
