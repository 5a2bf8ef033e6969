// Opens the catalogue for the writer whatever state it is in: a damaged file is set aside and what can be read of it goes
// into a new one. Slow only in that case.
import type { Catalogue } from '../catalogue/catalogue.ts';
import { asCatalogueProblem, inUse } from '../catalogue/catalogue-problem.ts';
import {
  clearCheckMark,
  FILE_GONE,
  fileIdentity,
  finishReplacing,
  isLogLost,
  makeFolderFor,
  markForCheck,
  rebuildingPath,
  removeDatabase,
  removeUnfinishedRebuild,
  replaceDamaged,
} from '../catalogue/database-files.ts';
import { openCatalogue } from '../catalogue/open-catalogue.ts';
import { holdForOneProcess } from '../catalogue/open-database.ts';
import type { Log } from '../base/log.ts';
import { TOKENISER_VERSION } from '../search/tokens.ts';
import { salvageInto } from './salvage-into.ts';
import type { StoreOptions } from './store-contract.ts';

export interface OpenedCatalogue {
  readonly catalogue: Catalogue;
  /** A sentence for the person when something was repaired, else null. */
  readonly notice: string | null;
}

/** Holds the catalogue for this process until it is closed. Throws only `CatalogueProblem`. */
export function openOrRecover(options: StoreOptions, log: Log, nowUnixSeconds: number): OpenedCatalogue {
  const path = options.databasePath;
  let lock: { release(): void } | null = null;
  try {
    makeFolderFor(path);
    const wasLogLost = isLogLost(path);
    lock = holdForOneProcess(path, options.nativeBinding);
    if (lock === null) throw inUse(path);
    if (wasLogLost) markForCheck(path);
    const { catalogue, notice } = openHeld(options, log, nowUnixSeconds);
    catalogue.onClosed = () => lock?.release();
    return { catalogue, notice: notice ?? (wasLogLost ? LOG_LOST : null) };
  } catch (error) {
    lock?.release();
    throw asCatalogueProblem(error, path);
  }
}

function openHeld(options: StoreOptions, log: Log, nowUnixSeconds: number): OpenedCatalogue {
  const path = options.databasePath;
  finishReplacing(path);
  try {
    return { catalogue: openCatalogue(options), notice: null };
  } catch (error) {
    const problem = asCatalogueProblem(error, path);
    if (problem.kind !== 'damaged') throw problem;
    log.warn(problem.message);
    return rebuild(options, log, nowUnixSeconds);
  }
}

const LOG_LOST =
  'Lanternfish was ended without closing its catalogue, and the file with its last changes (catalogue.db-wal) is not there. Unless another program has moved them into the catalogue, torrents of the last minutes are missing. The rest was checked and is sound.';

/**
 * The files of an open catalogue were deleted or moved: what is open still has everything, and is written under its name again.
 * Closes `catalogue`. `identity`: of its file, when it was opened; another file in its place is kept aside. Returns a sentence for
 * the person; throws only `CatalogueProblem`.
 */
export function rescueOpen(catalogue: Catalogue, path: string, identity: string, nowUnixSeconds: number): string {
  try {
    makeFolderFor(path);
    removeUnfinishedRebuild(path);
    catalogue.reader.database.prepare('VACUUM INTO ?').run(rebuildingPath(path));
    catalogue.abandon();
    const isForeign = existsAsOther(path, identity);
    const asidePath = replaceDamaged(path, nowUnixSeconds);
    if (!isForeign) removeDatabase(asidePath); // what is left of files that were not complete any more
    const kept = isForeign ? ` The file that was put in its place is kept as ${asidePath}.` : '';
    return `Files of the catalogue (${path}) were deleted or moved while it was open. Nothing is lost: all ${catalogue.count.toLocaleString('en')} torrents were written there again.${kept}`;
  } catch (error) {
    throw asCatalogueProblem(error, path);
  }
}

function existsAsOther(path: string, identity: string): boolean {
  const found = fileIdentity(path);
  return found !== FILE_GONE && !identity.startsWith(found);
}

/** Saves what can be read into a new file, and only when that is complete lets it take the place of the damaged one. */
function rebuild(options: StoreOptions, log: Log, nowUnixSeconds: number): OpenedCatalogue {
  const path = options.databasePath;
  let rebuilt: Catalogue | null = null;
  try {
    removeUnfinishedRebuild(path);
    rebuilt = openCatalogue({ ...options, databasePath: rebuildingPath(path) });
    rebuilt.tokens.beginRefill(TOKENISER_VERSION);
    salvageInto(rebuilt, path);
    const salvagedCount = rebuilt.count;
    rebuilt.close();
    const asidePath = replaceDamaged(path, nowUnixSeconds);
    clearCheckMark(path);
    const notice = noticeOf(salvagedCount, asidePath);
    log.warn(notice);
    return { catalogue: openCatalogue(options), notice };
  } catch (error) {
    rebuilt?.abandon();
    throw asCatalogueProblem(error, path);
  }
}

function noticeOf(salvagedCount: number, asidePath: string): string {
  const saved =
    salvagedCount === 0
      ? 'None of its torrents could be read any more, so a new, empty catalogue was started'
      : `${salvagedCount.toLocaleString('en')} torrents could be read and are in a new catalogue`;
  return `The catalogue was damaged. ${saved}. The damaged file is kept as ${asidePath}; delete it if you do not need it.`;
}

/** The next start looks for damage before anything is written. */
export function markForNextStart(databasePath: string, log: Log): void {
  try {
    markForCheck(databasePath);
  } catch (error) {
    log.warn(`The next start will not know of the damage: ${String(error)}`);
  }
}

export function abandonQuietly(catalogue: Catalogue, log: Log): void {
  try {
    catalogue.abandon();
  } catch (error) {
    log.warn(`The catalogue did not close cleanly: ${String(error)}`);
  }
}
