// Moves the log into the database now and then, after the commit has been told to everybody: it may take 60 ms.
import type { Log } from '../base/log.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { asCatalogueProblem, PASSING_PROBLEMS } from '../catalogue/catalogue-problem.ts';

/** search.md section 10. */
const COMMITS_PER_CHECKPOINT = 20;

export class Checkpointer {
  readonly #databasePath: string;
  readonly #log: Log;
  #commits = 0;

  constructor(databasePath: string, log: Log) {
    this.#databasePath = databasePath;
    this.#log = log;
  }

  /** To be called after each commit. A checkpoint that cannot run now (a reader is busy, no room) is no failure: the log keeps everything. */
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
