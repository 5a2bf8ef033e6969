// What a session is made of and how it says that things stand. Types, and the state before the start.
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { EngineCounters, EngineStatus } from '../engine/engine-contract.ts';
import type { StoreStatus } from '../store/owner-contract.ts';
import type { StoreOptions } from '../store/store-contract.ts';

export type WorkerName = 'engine-worker' | 'writer-worker' | 'search-worker' | 'transfer-worker';

export interface SessionOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** File of each worker: TypeScript beside the sources, JavaScript when bundled. */
  readonly workerPath: (name: WorkerName) => string;
  readonly store: StoreOptions;
  /** False for a crawler without a window: the index in memory would be for nobody. */
  readonly hasSearch: boolean;
}

export interface SessionStatus {
  /** Null until the person has agreed and the engine has spoken. */
  readonly engine: EngineStatus | null;
  /** What the engine counts beside its status, some seconds old; null until it has spoken. */
  readonly counters: EngineCounters | null;
  readonly torrentCount: number;
  readonly databaseBytes: number;
  /** A sentence when a thread was given up or the catalogue cannot be used, else null. */
  readonly problem: string | null;
  /** True: `problem` may go away by itself, and nothing needs to be ended for it. */
  readonly isProblemPassing: boolean;
  /** Sizes, limits, what is blocked; null until the writer has spoken. */
  readonly store: StoreStatus | null;
  /** A sentence about something that was mended (a damaged file put aside), or why the crawl waits for room, else null. */
  readonly notice: string | null;
}

/** Before anybody has spoken. */
export const NO_STATUS: SessionStatus = {
  engine: null,
  counters: null,
  torrentCount: 0,
  databaseBytes: 0,
  store: null,
  problem: null,
  isProblemPassing: false,
  notice: null,
};
