// The writer while the quota makes it forget: how long each of its turns takes while 100 torrents a second come in, and whether
// the catalogue stays below its limit. The real writer over a copy of the kept corpus, its timers and its port timed.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Clock, systemClock } from '../../../main/base/clock.ts';
import { silentLog } from '../../../main/base/log.ts';
import type { Port } from '../../../main/base/port.ts';
import { databaseBytes, fileBytes } from '../../../main/catalogue/database-files.ts';
import type { Torrent } from '../../../main/catalogue/torrent.ts';
import { NO_POLICY, type StoreStatus } from '../../../main/store/owner-contract.ts';
import type { EngineToWriter, WriterToEngine } from '../../../main/store/store-contract.ts';
import { StoreWriter } from '../../../main/store/store-writer.ts';
import type { SearchToWriter, WriterToSearch } from '../../../main/store/writer-search-contract.ts';
import type { SourceOrder } from './source-child.ts';

const BATCH = 25;
const BATCH_EVERY_MS = 250;
const LOOK_EVERY_MS = 250;
const LOG_BYTES = 8e6;

export interface ForgetOrder {
  /** The first torrent of the corpus that comes in. */
  readonly from: number;
  readonly seconds: number;
  /** How much of what it takes now the catalogue may take in the end. */
  readonly quotaShare: number;
}

/** Writes to the catalogue at `databasePath`. Times are of single turns, in milliseconds. */
export async function measureForgetting(databasePath: string, { from, seconds, quotaShare }: ForgetOrder) {
  const turns = new Turns();
  const statuses: StoreStatus[] = [];
  const engine = receiver<EngineToWriter, WriterToEngine>(turns);
  const writer = new StoreWriter({
    options: { databasePath, nativeBinding: null },
    clock: turns.clock,
    log: { ...silentLog, warn: console.error, error: console.error },
    post: (event) => {
      if (event.type === 'store-status') statuses.push(event.status);
    },
  });
  writer.start();
  writer.connectEngine(engine.port);
  writer.connectSearch(receiver<SearchToWriter, WriterToSearch>(turns).port);
  const bytesAtStart = databaseBytes(databasePath);
  const quotaBytes = Math.round(bytesAtStart * quotaShare) + 2 * fileBytes(`${databasePath}.names`);
  writer.setPolicy({ ...NO_POLICY, quotaBytes });
  const storedCount = await feed(from, seconds, engine.receive);
  const bytesAtEnd = databaseBytes(databasePath);
  const { forgottenCount } = statuses.at(-1)!;
  writer.stop();
  return {
    cpuMs: turns.cpuMs,
    wallMs: turns.wallMs,
    storedCount,
    forgottenCount,
    quotaBytes,
    bytesAtStart,
    bytesAtEnd,
    excessBytes: excessOf(statuses),
    bytesWhenClosed: databaseBytes(databasePath),
  };
}

/** How far it was above its limit after it had come below it by as much as the log may take; null: it did not yet. */
function excessOf(statuses: readonly StoreStatus[]): number | null {
  const over = statuses.map(({ usedBytes, quotaBytes }) => usedBytes - (quotaBytes ?? 0));
  const below = over.findIndex((bytes) => bytes < -LOG_BYTES);
  return below < 0 ? null : Math.max(0, ...over.slice(below));
}

/** Hands in the corpus as the engine does. What comes is made in another process. */
async function feed(from: number, seconds: number, receive: (message: EngineToWriter) => void): Promise<number> {
  const source = fork(fileURLToPath(new URL('source-child.ts', import.meta.url)), { serialization: 'advanced' });
  const endMs = performance.now() + seconds * 1000;
  let storedCount = 0;
  while (performance.now() < endMs) {
    const nextMs = performance.now() + BATCH_EVERY_MS;
    source.send({ from: from + storedCount, count: BATCH } satisfies SourceOrder);
    const [torrents] = (await once(source, 'message')) as [Torrent[]];
    storedCount += torrents.length;
    receive({ type: 'store', torrents });
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, nextMs - performance.now())));
  }
  await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  source.disconnect();
  return storedCount;
}

/** Every callback of a timer and every message is a turn. */
class Turns {
  readonly cpuMs: number[] = [];
  readonly wallMs: number[] = [];
  readonly clock: Clock = {
    ...systemClock,
    setTimer: (delayMs, callback) => systemClock.setTimer(delayMs, () => this.time(callback)),
    setRepeating: (intervalMs, callback) => systemClock.setRepeating(intervalMs, () => this.time(callback)),
  };

  time(act: () => void): void {
    const before = process.threadCpuUsage();
    const startedAtMs = performance.now();
    act();
    const { user, system } = process.threadCpuUsage(before);
    this.cpuMs.push((user + system) / 1000);
    this.wallMs.push(performance.now() - startedAtMs);
  }
}

function receiver<Incoming, Outgoing>(turns: Turns) {
  let receive: (message: Incoming) => void = () => undefined;
  const port: Port<Incoming, Outgoing> = {
    post: () => undefined,
    on: (receiver) => (receive = receiver),
    close: () => undefined,
  };
  return { port, receive: (message: Incoming) => turns.time(() => receive(message)) };
}
