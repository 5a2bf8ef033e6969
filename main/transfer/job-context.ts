// What a job is handed: where the catalogue is, the way to the writer, and how it is told to stop. A job is an async function
// that throws JobCancelled or TransferProblem; everything else it throws is a fault of ours or of the disk.
import type { Clock } from '../base/clock.ts';
import type { StoreOptions } from '../store/store-contract.ts';
import type { TransferProgress } from './transfer-contract.ts';
import { JobCancelled } from './transfer-problem.ts';
import type { WriterLink } from './writer-link.ts';

/** A job that has run this long lets messages in: a cancel, or an answer of the writer. */
const SLICE_MS = 10;
/** The window draws no more often. */
const PROGRESS_EVERY_MS = 100;

export interface JobContextOptions {
  readonly store: StoreOptions;
  readonly clock: Clock;
  /** Null where nothing is written to the catalogue. */
  readonly writer: WriterLink | null;
  readonly onProgress: (progress: TransferProgress) => void;
}

export class JobContext {
  readonly store: StoreOptions;
  readonly clock: Clock;
  readonly writer: WriterLink | null;
  readonly #onProgress: (progress: TransferProgress) => void;
  #isCancelled = false;
  #sliceStartMs: number;
  #toldAtMs = -Infinity;

  constructor({ store, clock, writer, onProgress }: JobContextOptions) {
    this.store = store;
    this.clock = clock;
    this.writer = writer;
    this.#onProgress = onProgress;
    this.#sliceStartMs = clock.nowMs();
  }

  cancel(): void {
    this.#isCancelled = true;
  }

  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** Throws JobCancelled when the person has had enough. */
  check(): void {
    if (this.#isCancelled) throw new JobCancelled();
  }

  /** To be called between two small steps: lets messages in now and then, and throws JobCancelled after a cancel. */
  async breathe(): Promise<void> {
    if (this.clock.nowMs() - this.#sliceStartMs >= SLICE_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      this.#sliceStartMs = this.clock.nowMs();
    }
    this.check();
  }

  /** Told at most every PROGRESS_EVERY_MS; `isLast` always. */
  progress(progress: TransferProgress, isLast = false): void {
    const nowMs = this.clock.nowMs();
    if (!isLast && nowMs - this.#toldAtMs < PROGRESS_EVERY_MS) return;
    this.#toldAtMs = nowMs;
    this.#onProgress(progress);
  }
}
