// One export, import, backup or restore at a time, as a promise: starts a thread for it, ends the thread with it. A restore
// goes on after its thread has checked the file: the store is closed, the files change places, and the store opens again; if
// it does not, they change back.
import type {
  CatalogueFacts,
  ImportSummary,
  MoveJob,
  TransferCommand,
  TransferEvent,
  TransferJob,
  TransferProgress,
  TransferResult,
} from '../transfer/transfer-contract.ts';
import type { SupervisedWorker } from './supervised-worker.ts';

/** Long enough to take back what was half written, and for a page check that cannot be interrupted. */
const STOP_LIMIT_MS = 4_000;

type Worker = Pick<SupervisedWorker<TransferCommand, TransferEvent>, 'start' | 'post' | 'stop'>;
type LastWord = Extract<TransferEvent, { type: 'done' | 'failed' | 'cancelled' }>;
type Swapped = Extract<TransferEvent, { type: 'swapped' }>;

export type TransferOutcome =
  | {
      readonly kind: 'done';
      readonly result: TransferResult;
      /** After a restore: where the catalogue of before is kept. */
      readonly asidePath: string | null;
    }
  | { readonly kind: 'cancelled'; readonly summary: ImportSummary | null }
  | { readonly kind: 'failed'; readonly problem: string; readonly summary: ImportSummary | null };

/** Which folder counts. */
export interface DataPlace {
  /** Of a folder that is used as it is. */
  readonly taken: { readonly targetDir: string; readonly sizeBytes: number };
  readonly takeOver: () => Promise<void>;
  readonly giveBack: () => Promise<void>;
}

export interface TransferHost {
  /** A thread that is not started yet. `onFell`: it ended without a word. */
  readonly createWorker: (onEvent: (event: TransferEvent) => void, onFell: () => void) => Worker;
  /** Joins the started thread to the writer. */
  readonly joinWriter: (worker: Worker) => void;
  /** Resolves when the catalogue is open (null) or cannot be opened (a sentence). */
  readonly whenStoreIsOpen: () => Promise<string | null>;
  /** Closes the writer, and unless `keepsSearch` the search: then nobody has the catalogue open when it resolves. */
  readonly closeStore: (keepsSearch?: boolean) => Promise<void>;
  readonly openStore: () => Promise<string | null>;
  readonly onLog: (event: Extract<TransferEvent, { type: 'log' }>) => void;
}

export class TransferClient {
  readonly #host: TransferHost;
  #running: { readonly worker: Worker; readonly jobId: number } | null = null;
  #isEnding = false;
  #isMoving = false;
  #nextJobId = 1;
  #onLastWord: (event: LastWord) => void = () => undefined;
  #onSwapped: (event: Swapped) => void = () => undefined;

  constructor(host: TransferHost) {
    this.#host = host;
  }

  get isRunning(): boolean {
    return this.#running !== null || this.#isMoving;
  }

  /**
   * Never rejects. `onProgress` is called some ten times a second. `confirmRestore`: a backup was found sound; false leaves
   * everything as it is.
   */
  async run(
    job: TransferJob,
    onProgress: (progress: TransferProgress) => void,
    confirmRestore: (facts: CatalogueFacts) => Promise<boolean> = () => Promise.resolve(true),
  ): Promise<TransferOutcome> {
    const failed = (problem: string): TransferOutcome => ({ kind: 'failed', problem, summary: null });
    if (this.#isEnding) return failed('Lanternfish is closing.');
    if (this.#running) return failed('Another export, import or backup is still running. Wait for it, or cancel it.');
    const jobId = this.#nextJobId++;
    const lastWord = new Promise<LastWord>((resolve) => (this.#onLastWord = resolve));
    const worker = this.#host.createWorker(
      (event) => this.#receive(event, onProgress),
      () => this.#fell(jobId),
    );
    this.#running = { worker, jobId };
    try {
      const problem = job.kind === 'import' ? await this.#host.whenStoreIsOpen() : null;
      if (problem !== null) return failed(problem);
      worker.start();
      if (job.kind === 'import') this.#host.joinWriter(worker);
      worker.post({ type: 'start', jobId, job });
      const word = await lastWord;
      const isRestore = word.type === 'done' && word.result.kind === 'restore';
      if (isRestore && !(await confirmRestore(word.result))) return { kind: 'cancelled', summary: null };
      return await this.#outcome(worker, word);
    } finally {
      await worker.stop({ type: 'stop' }, STOP_LIMIT_MS);
      this.#running = null;
    }
  }

  /**
   * Copies the data folder, found and searched meanwhile but not written, and has `place` make the copy the one that counts.
   * Without `job` there is nothing to copy. If the catalogue cannot be opened there, everything is as before.
   */
  async move(
    job: MoveJob | null,
    place: DataPlace,
    onProgress: (progress: TransferProgress) => void,
  ): Promise<TransferOutcome> {
    this.#isMoving = true;
    try {
      return await this.#move(job, place, onProgress);
    } finally {
      this.#isMoving = false;
    }
  }

  async #move(
    job: MoveJob | null,
    place: DataPlace,
    onProgress: (progress: TransferProgress) => void,
  ): Promise<TransferOutcome> {
    const { closeStore, openStore } = this.#host;
    await closeStore(true);
    const outcome: TransferOutcome =
      job === null
        ? { kind: 'done', result: { kind: 'move', ...place.taken }, asidePath: null }
        : await this.run(job, onProgress);
    await closeStore();
    if (outcome.kind === 'done') await place.takeOver();
    const problem = this.#isEnding ? null : await openStore();
    if (problem === null || outcome.kind !== 'done') return outcome;
    await closeStore();
    await place.giveBack();
    await openStore();
    return { kind: 'failed', problem: `${problem} Lanternfish uses the folder of before.`, summary: null };
  }

  /** What an import has stored by then stays. */
  cancel(): void {
    this.#running?.worker.post({ type: 'cancel', jobId: this.#running.jobId });
  }

  /** Lanternfish ends: what runs is cancelled and has cleaned up when this resolves, or after a few seconds. */
  async stop(): Promise<void> {
    this.#isEnding = true;
    await this.#running?.worker.stop({ type: 'stop' }, STOP_LIMIT_MS);
  }

  /** The writer was started (again) while a job runs. */
  writerStarted(): void {
    if (this.#running) this.#host.joinWriter(this.#running.worker);
  }

  #receive(event: TransferEvent, onProgress: (progress: TransferProgress) => void): void {
    if (event.type === 'progress') onProgress(event.progress);
    else if (event.type === 'log') this.#host.onLog(event);
    else if (event.type === 'swapped') this.#onSwapped(event);
    else if (event.type !== 'stopped') this.#onLastWord(event);
  }

  #fell(jobId: number): void {
    const problem =
      'A fault of Lanternfish ended it. What is stored is safe. Try again; if it comes back, please report it.';
    this.#onLastWord({ type: 'failed', jobId, problem, summary: null });
    this.#onSwapped({ type: 'swapped', asidePath: null, problem });
  }

  async #outcome(worker: Worker, word: LastWord): Promise<TransferOutcome> {
    if (word.type === 'cancelled') return { kind: 'cancelled', summary: word.summary };
    if (word.type === 'failed') return { kind: 'failed', problem: word.problem, summary: word.summary };
    if (word.result.kind !== 'restore' || this.#isEnding) return { kind: 'done', result: word.result, asidePath: null };
    return this.#exchange(worker, word.result);
  }

  async #exchange(worker: Worker, result: TransferResult): Promise<TransferOutcome> {
    await this.#host.closeStore();
    const { asidePath, problem } = await this.#swap(worker, { type: 'swap' });
    const openProblem = await this.#host.openStore();
    if (problem !== null) return { kind: 'failed', problem, summary: null };
    if (openProblem === null) return { kind: 'done', result, asidePath };
    await this.#host.closeStore();
    const back = asidePath === null ? null : await this.#swap(worker, { type: 'swap-back', asidePath });
    await this.#host.openStore();
    const where = back?.problem ? `It is at ${asidePath}.` : 'It is in use again.';
    return {
      kind: 'failed',
      problem: `The backup could not be opened after all: ${openProblem} Your catalogue of before is safe. ${where}`,
      summary: null,
    };
  }

  #swap(worker: Worker, command: Extract<TransferCommand, { type: 'swap' | 'swap-back' }>): Promise<Swapped> {
    const swapped = new Promise<Swapped>((resolve) => (this.#onSwapped = resolve));
    worker.post(command);
    return swapped;
  }
}
