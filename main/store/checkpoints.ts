// When the writer moves its log into the database: between commits, as soon as there is so much of it.
import type { Log } from '../base/log.ts';
import { asCatalogueProblem, type CatalogueProblemKind } from '../catalogue/catalogue-problem.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';

/** 1.5 MB, some milliseconds: the whole log of 20 commits, as it was, took up to 0.2 s at once. */
export const LOG_PAGES_MAX = 400;

/** Then the log keeps what is in it until the next one. */
const PASSING_PROBLEMS: ReadonlySet<CatalogueProblemKind> = new Set(['full', 'locked']);

export class Checkpoints {
  readonly #databasePath: string;
  readonly #log: Log;

  constructor(databasePath: string, log: Log) {
    this.#databasePath = databasePath;
    this.#log = log;
  }

  /** A checkpoint that cannot run now (a reader is busy, no room) is no failure: the log keeps everything. */
  committed(catalogue: Catalogue): void {
    if (catalogue.log.pages() < LOG_PAGES_MAX) return;
    try {
      catalogue.log.checkpoint('PASSIVE');
    } catch (error) {
      const problem = asCatalogueProblem(error, this.#databasePath);
      if (!PASSING_PROBLEMS.has(problem.kind)) throw error;
      this.#log.warn(`The log was not moved into the catalogue yet: ${problem.kind}`);
    }
  }
}
