// The transfer thread without its thread: one job at a time, told as progress and one last word. Whatever breaks inside a job
// becomes a sentence; the thread lives on.
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Port } from '../base/port.ts';
import { CatalogueProblem } from '../catalogue/catalogue-problem.ts';
import { removePrepared, swapBack, swapPreparedIn } from '../catalogue/replace-catalogue.ts';
import type { StoreOptions, TransferToWriter, WriterToTransfer } from '../store/store-contract.ts';
import { runBackup } from './backup-job.ts';
import { runExport } from './export-job.ts';
import { runImport } from './import-job.ts';
import { ImportTally } from './import-tally.ts';
import { JobContext } from './job-context.ts';
import { JobCancelled, TransferProblem } from './transfer-problem.ts';
import { runMove } from './move-job.ts';
import { prepareRestore } from './restore-job.ts';
import type { TransferEvent, TransferJob, TransferResult } from './transfer-contract.ts';
import { WriterLink } from './writer-link.ts';

export interface TransferServiceDependencies {
  readonly options: StoreOptions;
  readonly clock: Clock;
  readonly log: Log;
  readonly post: (event: TransferEvent) => void;
}

export class TransferService {
  readonly #dependencies: TransferServiceDependencies;
  readonly #writer = new WriterLink();
  #running: { readonly jobId: number; readonly context: JobContext } | null = null;
  #ended: Promise<void> = Promise.resolve();

  constructor(dependencies: TransferServiceDependencies) {
    this.#dependencies = dependencies;
  }

  connectWriter(port: Port<WriterToTransfer, TransferToWriter>): void {
    this.#writer.connect(port);
  }

  start(jobId: number, job: TransferJob): void {
    const { options: store, clock, post } = this.#dependencies;
    if (this.#running) {
      const problem = 'Another export, import or backup is still running. Wait for it, or cancel it.';
      return post({ type: 'failed', jobId, problem, summary: null });
    }
    const context = new JobContext({
      store,
      clock,
      writer: this.#writer,
      onProgress: (progress) => post({ type: 'progress', jobId, progress }),
    });
    this.#running = { jobId, context };
    this.#ended = this.#run(jobId, job, context);
  }

  cancel(jobId: number): void {
    if (this.#running?.jobId === jobId) this.#running.context.cancel();
  }

  /** The prepared file takes the place of the catalogue, which nobody has open now. */
  swap(): void {
    const { options, clock, post } = this.#dependencies;
    try {
      const asidePath = swapPreparedIn(options.databasePath, options.nativeBinding, clock.nowUnixSeconds());
      post({ type: 'swapped', asidePath, problem: null });
    } catch (error) {
      post({ type: 'swapped', asidePath: null, problem: this.#sentence(error) });
    }
  }

  /** The new file could not be opened: back to the one of before. */
  swapBack(asidePath: string): void {
    const { options, post } = this.#dependencies;
    try {
      swapBack(options.databasePath, asidePath);
      post({ type: 'swapped', asidePath: null, problem: null });
    } catch (error) {
      post({ type: 'swapped', asidePath, problem: this.#sentence(error) });
    }
  }

  /** Cancels what runs, waits until it has cleaned up, and says `stopped`. */
  async stop(): Promise<void> {
    this.#running?.context.cancel();
    await this.#ended;
    this.#writer.close();
    this.#removePrepared();
    this.#dependencies.post({ type: 'stopped' });
  }

  /** A restore that nobody wanted in the end. */
  #removePrepared(): void {
    const { options, log } = this.#dependencies;
    try {
      removePrepared(options.databasePath);
    } catch (error) {
      log.warn(`The copy of a backup could not be taken away: ${String(error)}`);
    }
  }

  /** Never rejects. */
  async #run(jobId: number, job: TransferJob, context: JobContext): Promise<void> {
    const { post } = this.#dependencies;
    const tally = new ImportTally();
    const summary = () => (job.kind === 'import' ? tally.summary : null);
    let last: TransferEvent;
    try {
      last = { type: 'done', jobId, result: await this.#result(job, context, tally) };
    } catch (error) {
      last =
        error instanceof JobCancelled
          ? { type: 'cancelled', jobId, summary: summary() }
          : { type: 'failed', jobId, problem: this.#sentence(error), summary: summary() };
    }
    this.#running = null;
    post(last);
  }

  async #result(job: TransferJob, context: JobContext, tally: ImportTally): Promise<TransferResult> {
    switch (job.kind) {
      case 'export':
        return runExport(job, context);
      case 'backup':
        return runBackup(job, context);
      case 'restore':
        return prepareRestore(job, context);
      case 'move':
        return runMove(job, context);
      case 'import':
        await runImport(job, context, tally);
        return { kind: 'import', ...tally.summary };
    }
  }

  #sentence(error: unknown): string {
    if (error instanceof TransferProblem || error instanceof CatalogueProblem) return error.message;
    this.#dependencies.log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    const reason = error instanceof Error ? error.message : String(error);
    return `Something unexpected stopped it: ${reason}. What is stored in the catalogue is safe. Try again; if it comes back, please report it.`;
  }
}
