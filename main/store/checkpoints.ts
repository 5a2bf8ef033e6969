// Moves the writer's log into the database as soon as there is so much of it; housekeeping.ts asks between commits.
import type { Log } from '../base/log.ts';
import { asCatalogueProblem, type CatalogueProblemKind } from '../catalogue/catalogue-problem.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';

/** 1 MB, some milliseconds and two waits for the disk. */
export const LOG_PAGES_MAX = 256;
/** While much comes in, as an import does: pages that are written again and again are moved once. With a commit's own, within housekeeping's LOG_BYTES. */
export const LOG_PAGES_MUCH = 1200;

/** Then the log keeps what is in it until the next one. */
const PASSING_PROBLEMS: ReadonlySet<CatalogueProblemKind> = new Set(['full', 'locked']);

export class Checkpoints {
  readonly #databasePath: string;
  readonly #log: Log;

  constructor(databasePath: string, log: Log) {
    this.#databasePath = databasePath;
    this.#log = log;
  }

  /**
   * False: there was too little to move. A checkpoint that cannot run now (a reader is busy, no room) is no failure: the log
   * keeps everything.
   */
  step(catalogue: Catalogue, pagesMax = LOG_PAGES_MAX): boolean {
    if (catalogue.log.pages() < pagesMax) return false;
    try {
      catalogue.log.checkpoint('PASSIVE');
    } catch (error) {
      const problem = asCatalogueProblem(error, this.#databasePath);
      if (!PASSING_PROBLEMS.has(problem.kind)) throw error;
      this.#log.warn(`The log was not moved into the catalogue yet: ${problem.kind}`);
    }
    return true;
  }
}
