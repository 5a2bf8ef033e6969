// The process that retry-kill.test.ts kills: the real writer thread, its retry ladder filled without end; prints each count
// that the writer has reported. Run by Node directly: `node retry-kill-child.ts <database path>`.
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { RetryEntry } from '../../main/catalogue/torrent.ts';
import type { EngineToWriter, WriterEvent, WriterToEngine } from '../../main/store/store-contract.ts';

const BATCH = 50;
const [, , databasePath] = process.argv;
const worker = new Worker(new URL('../../main/store/writer-worker.ts', import.meta.url), {
  workerData: { databasePath, nativeBinding: null },
});
const { port1, port2 } = new MessageChannel();
let seed = 0;

function nextEntry(): RetryEntry {
  const infohash = new Uint8Array(createHash('sha1').update(`retry ${seed++}`).digest());
  return { infohash, purpose: 'metadata', failureCount: 2, popularity: 3, dueAtUnixSeconds: 1_790_000_000 };
}

const send = (): void => {
  const messages: EngineToWriter[] = [
    { type: 'retry-add', entries: Array.from({ length: BATCH }, nextEntry) },
    { type: 'retry-take', limit: 0 },
  ];
  for (const message of messages) port2.postMessage(message);
};

/** Synchronously, so that what was told is outside this process before it can be killed; a full pipe is not waited for. */
function report(count: number): void {
  try {
    writeSync(1, `${count}\n`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
}

port2.on('message', (reply: WriterToEngine) => {
  if (reply.type !== 'retry-due') return;
  report(reply.waitingCount);
  send();
});
worker.on('message', (event: WriterEvent) => {
  if (event.type === 'failed') throw new Error(event.problem);
  if (event.type !== 'ready') return;
  worker.postMessage({ type: 'connect-engine', port: port1 }, [port1]);
  send();
});
