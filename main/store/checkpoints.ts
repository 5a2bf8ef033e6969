// When the writer moves its log into the database: between commits, every so many of them.
import type { Log } from '../base/log.ts';
import { asCatalogueProblem, type CatalogueProblemKind } from '../catalogue/catalogue-problem.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';

/** search.md section 10. */
const COMMITS_PER_CHECKPOINT = 20;

/** Then the log keeps what is in it until the next one. */
const PASSING_PROBLEMS: ReadonlySet<CatalogueProblemKind> = new Set(['full', 'locked']);

export class Checkpoints {
  readonly #databasePath: string;
  readonly #log: Log;
  #commits = 0;

  constructor(databasePath: string, log: Log) {
    this.#databasePath = databasePath;
    this.#log = log;
  }

  /** A checkpoint that cannot run now (a reader is busy, no room) is no failure: the log keeps everything. */
  committed(catalogue: Catalogue): void {
    this.#commits++;
    if (this.#commits < COMMITS_PER_CHECKPOINT) return;
    this.#commits = 0;
    try {
      catalogue.checkpoint('PASSIVE');
    } catch (error) {
      const problem = asCatalogueProblem(error, this.#databasePath);
      if (!PASSING_PROBLEMS.has(problem.kind)) throw error;
      this.#log.warn(`The log was not moved into the catalogue yet: ${problem.kind}`);
    }
  }
}
