// Entry of the search thread: reads the catalogue, never writes it, never touches the network. Joins SearchService to its
// ports and nothing more.
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import { systemClock } from '../base/clock.ts';
import { createForwardingLog } from '../base/log.ts';
import { threadPort } from '../base/port.ts';
import { SearchService } from './search-service.ts';
import type { SearchCommand, SearchEvent, StoreOptions } from './store-contract.ts';

assert(parentPort, 'search-worker.ts runs as a worker thread');
const owner = threadPort<SearchCommand, SearchEvent>(parentPort);

const service = new SearchService({
  options: workerData as StoreOptions,
  clock: systemClock,
  log: createForwardingLog((level, message) => owner.post({ type: 'log', level, message })),
  post: (event) => owner.post(event),
});

owner.on((command) => {
  switch (command.type) {
    case 'connect-writer':
      return service.connectWriter(threadPort(command.port));
    case 'stop':
      service.stop();
      return owner.close();
    default:
      return service.receive(command);
  }
});
service.start();
