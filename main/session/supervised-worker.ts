// One worker thread that is started again when it falls, a few times, and then given up with a sentence.
// Knows nothing of what the worker does.
import { Worker, type Transferable } from 'node:worker_threads';
import type { Clock, Timer } from '../base/clock.ts';

/** After this many falls within RESTART_WINDOW_MS the worker stays down. */
const RESTARTS_MAX = 5;
const RESTART_WINDOW_MS = 5 * 60_000;
const RESTART_DELAY_FIRST_MS = 500;

/**
 * Of the youngest objects each thread keeps up to three times 16 MB where nothing is said, and what survives is copied while the
 * thread stands still: up to 40 ms while the suggestions are made.
 */
export const THREAD_LIMITS = { maxYoungGenerationSizeMb: 8 } as const;

export interface SupervisedWorkerOptions<Event> {
  readonly name: string;
  readonly path: string;
  readonly workerData: () => unknown;
  readonly clock: Clock;
  /** Called after each start, the first included: join its ports here. */
  readonly onStarted: () => void;
  readonly onEvent: (event: Event) => void;
  /** The thread ended without being asked to; `willRestart` false means it was given up. */
  readonly onFell: (reason: string, willRestart: boolean) => void;
}

export class SupervisedWorker<Command, Event extends { readonly type: string }> {
  readonly #options: SupervisedWorkerOptions<Event>;
  #worker: Worker | null = null;
  #isStopping = false;
  #restartTimer: Timer | null = null;
  #fellAtMs: number[] = [];

  constructor(options: SupervisedWorkerOptions<Event>) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#worker !== null;
  }

  /** Also after `stop`. */
  start(): void {
    this.#isStopping = false;
    const { path, name, workerData, onStarted, onEvent } = this.#options;
    const worker = new Worker(path, { name, workerData: workerData(), resourceLimits: THREAD_LIMITS });
    let lastError = 'it ended without a word';
    this.#worker = worker;
    worker.on('message', (event: Event) => {
      onEvent(event);
    });
    worker.on('error', (error) => {
      lastError = error instanceof Error ? (error.stack ?? error.message) : String(error);
    });
    worker.on('exit', (code) => {
      const isStopping = this.#isStopping || this.#worker !== worker;
      if (this.#worker === worker) this.#worker = null;
      if (!isStopping) this.#fell(`${lastError} (exit ${code})`);
    });
    onStarted();
  }

  /** False when the worker is down: then the command is lost, since a started worker is told everything again. */
  post(command: Command, transfer: readonly Transferable[] = []): boolean {
    this.#worker?.postMessage(command, transfer);
    return this.#worker !== null;
  }

  /** Sends `command` and resolves when the thread has ended, by force after `limitMs`. */
  async stop(command: Command, limitMs: number): Promise<void> {
    this.#isStopping = true;
    this.#restartTimer?.cancel();
    const worker = this.#worker;
    if (!worker) return;
    await new Promise<void>((resolve) => {
      const limit = this.#options.clock.setTimer(limitMs, () => {
        void worker.terminate();
      });
      worker.once('exit', () => {
        limit.cancel();
        resolve();
      });
      worker.postMessage(command);
    });
  }

  #fell(reason: string): void {
    const { clock, onFell } = this.#options;
    const nowMs = clock.nowMs();
    this.#fellAtMs = [...this.#fellAtMs.filter((fellAtMs) => nowMs - fellAtMs < RESTART_WINDOW_MS), nowMs];
    const willRestart = this.#fellAtMs.length <= RESTARTS_MAX;
    onFell(reason, willRestart);
    if (!willRestart) return;
    const delayMs = RESTART_DELAY_FIRST_MS * 2 ** (this.#fellAtMs.length - 1);
    this.#restartTimer = clock.setTimer(delayMs, () => {
      this.start();
    });
  }
}
