// The engine's thread over the life of a session: started when the person has agreed, started anew with other options, ended
// for as long as something must not be disturbed. The newest options count, whoever gave them.
import type { EngineCommand, EngineOptions } from '../engine/engine-contract.ts';
import type { SupervisedWorker } from './supervised-worker.ts';

type Worker = Pick<SupervisedWorker<EngineCommand, never>, 'start' | 'post' | 'stop' | 'isRunning'>;

export interface EngineThreadParts {
  /** A thread that is not started yet, which asks `options` for its options when it is. */
  readonly create: (options: () => EngineOptions | null) => Worker;
  readonly stopLimitMs: number;
  /** The thread has ended, and will be started again. */
  readonly onRestart: () => void;
}

export class EngineThread {
  readonly #parts: EngineThreadParts;
  #worker: Worker | null = null;
  #options: EngineOptions | null = null;
  /** What is done while the thread is down, one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #waitingTurns = 0;
  #hasEnded = false;

  constructor(parts: EngineThreadParts) {
    this.#parts = parts;
  }

  get isRunning(): boolean {
    return this.#worker?.isRunning === true;
  }

  start(options: EngineOptions): void {
    this.#options = options;
    if (this.#waitingTurns === 0) this.#startWorker();
  }

  /** Starts the thread anew with other options. Where none was started it does nothing. */
  async restart(options: EngineOptions): Promise<void> {
    if (this.#options === null) return;
    this.#options = options;
    if (this.#waitingTurns === 0) await this.without(() => Promise.resolve());
  }

  /**
   * Ends the thread, does `task` while nothing is sent, fetched or handed to the store, and starts the thread again where there
   * was one, also when `task` rejects; then so does this.
   */
  without(task: () => Promise<void>): Promise<void> {
    this.#waitingTurns++;
    const done = this.#turn.then(async () => {
      await this.#stopWorker();
      try {
        await task();
      } finally {
        this.#waitingTurns--;
        if (this.#waitingTurns === 0 && this.#options !== null && !this.#hasEnded) {
          this.#parts.onRestart();
          this.#startWorker();
        }
      }
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** Ends the thread until somebody starts it, as before the person agreed. */
  async forget(): Promise<void> {
    this.#options = null;
    await this.#stopWorker();
    this.#parts.onRestart();
  }

  /** Ends it for good. */
  async end(): Promise<void> {
    this.#hasEnded = true;
    await this.#stopWorker();
  }

  /** Options that changed while it runs: `command` tells the thread, and one that is started again knows them, too. */
  change(options: Partial<EngineOptions>, command: EngineCommand): void {
    if (this.#options) this.#options = { ...this.#options, ...options };
    this.post(command);
  }

  /** False when there is no thread to hand it to. */
  post(command: EngineCommand, transfer: Parameters<Worker['post']>[1] = []): boolean {
    return this.#worker?.post(command, transfer) ?? false;
  }

  #startWorker(): void {
    this.#worker = this.#parts.create(() => this.#options);
    this.#worker.start();
  }

  async #stopWorker(): Promise<void> {
    const worker = this.#worker;
    await worker?.stop({ type: 'stop' }, this.#parts.stopLimitMs);
    if (this.#worker === worker) this.#worker = null;
  }
}
