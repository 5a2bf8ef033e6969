// Entry of the transfer thread, which lives as long as one job: reads and writes the person's files, reads the catalogue, and
// hands what it imports to the writer. Joins TransferService to its ports and nothing more.
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import { systemClock } from '../base/clock.ts';
import { createForwardingLog } from '../base/log.ts';
import { threadPort } from '../base/port.ts';
import type { StoreOptions } from '../store/store-contract.ts';
import type { TransferCommand, TransferEvent } from './transfer-contract.ts';
import { TransferService } from './transfer-service.ts';

assert(parentPort, 'transfer-worker.ts runs as a worker thread');
const owner = threadPort<TransferCommand, TransferEvent>(parentPort);

const service = new TransferService({
  options: workerData as StoreOptions,
  clock: systemClock,
  log: createForwardingLog((level, message) => owner.post({ type: 'log', level, message })),
  post: (event) => owner.post(event),
});

owner.on((command) => {
  switch (command.type) {
    case 'connect-writer':
      return service.connectWriter(threadPort(command.port));
    case 'start':
      return service.start(command.jobId, command.job);
    case 'cancel':
      return service.cancel(command.jobId);
    case 'swap':
      return service.swap();
    case 'swap-back':
      return service.swapBack(command.asidePath);
    case 'stop':
      return void service.stop().then(() => owner.close());
  }
});
