// A process with the real writer and search threads, joined as the app joins them, for damage.test.ts: it is told by messages
// what to store and what to search, and tells everything that the threads say.
import { MessageChannel, Worker } from 'node:worker_threads';
import type { SearchEvent, WriterEvent, WriterToEngine } from '../../main/store/store-contract.ts';
import { childTorrent } from './damage-torrents.ts';

export type Told =
  | { readonly type: 'store'; readonly from: number; readonly count: number }
  | { readonly type: 'search'; readonly text: string }
  | { readonly type: 'stop' };
export type Tells = WriterEvent | WriterToEngine | SearchEvent;

const workerData = { databasePath: process.argv[2]!, nativeBinding: null };
const workerOf = (name: string): Worker =>
  new Worker(new URL(`../../main/store/${name}-worker.ts`, import.meta.url), { workerData });
const writer = workerOf('writer');
const search = workerOf('search');
const tell = (message: Tells): void => {
  if (process.connected) process.send!(message);
};
process.on('disconnect', () => process.exit()); // the test is over
writer.on('message', tell);
search.on('message', tell);
const toSearch = new MessageChannel();
writer.postMessage({ type: 'connect-search', port: toSearch.port1 }, [toSearch.port1]);
search.postMessage({ type: 'connect-writer', port: toSearch.port2 }, [toSearch.port2]);
const engine = new MessageChannel();
writer.postMessage({ type: 'connect-engine', port: engine.port1 }, [engine.port1]);
engine.port2.on('message', tell);

let requestId = 0;
process.on('message', (told: Told) => {
  if (told.type === 'store') {
    const torrents = Array.from({ length: told.count }, (_, index) => childTorrent(told.from + index));
    engine.port2.postMessage({ type: 'store', torrents });
  } else if (told.type === 'search') {
    const request = { text: told.text, sort: 'newest', contentType: null, limit: 5, cursor: null };
    search.postMessage({ type: 'search', requestId: ++requestId, box: 'main', request });
  } else {
    search.postMessage({ type: 'stop' });
    writer.postMessage({ type: 'stop' });
    writer.once('exit', () => process.disconnect());
    engine.port2.close();
  }
});
