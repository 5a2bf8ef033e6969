// Entry of the search thread: reads the catalogue, never writes it, never touches the network. Joins SearchService to its
// ports and nothing more.
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import { systemClock } from '../base/clock.ts';
import { createForwardingLog } from '../base/log.ts';
import { threadPort } from '../base/port.ts';
import { openCatalogueReader } from '../catalogue/open-catalogue.ts';
import { SavedWatch } from './saved-watch.ts';
import { SearchService } from './search-service.ts';
import { NAMES_IN_MEMORY_DEFAULT } from './store-contract.ts';
import type { SearchCommand, SearchEvent, StoreOptions } from './store-contract.ts';

assert(parentPort, 'search-worker.ts runs as a worker thread');
const owner = threadPort<SearchCommand, SearchEvent>(parentPort);

const options = workerData as StoreOptions;
const log = createForwardingLog((level, message) => owner.post({ type: 'log', level, message }));
const watch = new SavedWatch({
  clock: systemClock,
  log,
  openReader: () => openCatalogueReader(options),
  onLooked: (untilId, matches) => owner.post({ type: 'saved-looked', untilId, matches }),
});
const service = new SearchService({
  options,
  windowRows: options.namesInMemory ?? NAMES_IN_MEMORY_DEFAULT,
  clock: systemClock,
  log,
  post: (event) => {
    owner.post(event);
    if (event.type === 'stopped') owner.close();
  },
});

owner.on((command) => {
  switch (command.type) {
    case 'connect-writer':
      return service.connectWriter(watch.overhear(threadPort(command.port)));
    case 'set-names-in-memory':
      return service.setWindowRows(command.names);
    case 'watch':
      return watch.set(command.searches, command.afterId);
    case 'stop':
      watch.stop();
      return service.stop();
    default:
      return service.receive(command);
  }
});
service.start();
