// Entry of the writer thread: the only one that writes the catalogue. Joins StoreWriter to its ports and nothing more.
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import { systemClock } from '../base/clock.ts';
import { createForwardingLog } from '../base/log.ts';
import { threadPort } from '../base/port.ts';
import { StoreWriter } from './store-writer.ts';
import type { StoreOptions, WriterCommand, WriterEvent } from './store-contract.ts';

/** Ports have no order among themselves: torrents sent before `stop` may arrive after it, on the engine's port. */
const LAST_TORRENTS_MS = 20;

assert(parentPort, 'writer-worker.ts runs as a worker thread');
const owner = threadPort<WriterCommand, WriterEvent>(parentPort);

const writer = new StoreWriter({
  options: workerData as StoreOptions,
  clock: systemClock,
  log: createForwardingLog((level, message) => owner.post({ type: 'log', level, message })),
  post: (event) => owner.post(event),
});

owner.on((command) => {
  switch (command.type) {
    case 'connect-engine':
      return writer.connectEngine(threadPort(command.port));
    case 'connect-search':
      return writer.connectSearch(threadPort(command.port));
    case 'connect-transfer':
      return writer.connectTransfer(threadPort(command.port));
    case 'set-policy':
      return writer.setPolicy(command.policy);
    case 'stop':
      return stopSoon();
    default:
      return writer.request(command);
  }
});
writer.start();

function stopSoon(): void {
  systemClock.setTimer(LAST_TORRENTS_MS, () => {
    writer.stop();
    owner.close();
  });
}
