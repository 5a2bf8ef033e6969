// Opens the catalogue for the writer whatever state it is in: a damaged file is set aside and what can be read of it goes
// into a new one. Slow only in that case.
import type { Catalogue } from '../catalogue/catalogue.ts';
import { asCatalogueProblem } from '../catalogue/catalogue-problem.ts';
import {
  clearCheckMark,
  finishReplacing,
  markForCheck,
  rebuildingPath,
  removeUnfinishedRebuild,
  replaceDamaged,
} from '../catalogue/database-files.ts';
import { openCatalogue } from '../catalogue/open-catalogue.ts';
import type { Log } from '../base/log.ts';
import { TOKENISER_VERSION } from '../search/tokens.ts';
import { salvageInto } from './salvage-into.ts';
import type { StoreOptions } from './store-contract.ts';

export interface OpenedCatalogue {
  readonly catalogue: Catalogue;
  /** A sentence for the person when something was repaired, else null. */
  readonly notice: string | null;
}

/** Throws only `CatalogueProblem`. */
export function openOrRecover(options: StoreOptions, log: Log, nowUnixSeconds: number): OpenedCatalogue {
  try {
    finishReplacing(options.databasePath);
    return { catalogue: openCatalogue(options), notice: null };
  } catch (error) {
    const problem = asCatalogueProblem(error, options.databasePath);
    if (problem.kind !== 'damaged') throw problem;
    log.warn(problem.message);
    return rebuild(options, log, nowUnixSeconds);
  }
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
