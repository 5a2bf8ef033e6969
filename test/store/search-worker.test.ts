// The real threads: writer and search joined over a MessageChannel on one file, as the session joins them.
import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import type { SearchCommand, SearchEvent, WriterEvent } from '../../main/store/store-contract.ts';
import { madeTorrent, openAt, temporaryPath } from '../catalogue/support.ts';
import { firstPage, sleep, storeAndTell, until } from './search-support.ts';

function startWorker(name: 'search-worker' | 'writer-worker', databasePath: string): Worker {
  const worker = new Worker(new URL(`../../main/store/${name}.ts`, import.meta.url), {
    workerData: { databasePath, nativeBinding: null },
  });
  onTestFinished(async () => {
    await worker.terminate();
  });
  return worker;
}

function asker(worker: Worker) {
  let lastRequestId = 0;
  return (text: string): Promise<SearchEvent> => {
    const requestId = ++lastRequestId;
    const command: SearchCommand = { type: 'search', requestId, box: 'b', request: { ...firstPage, text } };
    return new Promise((resolve) => {
      const receive = (event: SearchEvent): void => {
        if (!('requestId' in event) || event.requestId !== requestId) return;
        worker.off('message', receive);
        resolve(event);
      };
      worker.on('message', receive);
      worker.postMessage(command);
    });
  };
}

const countIn = (event: SearchEvent): number => (event.type === 'page' ? event.page.totalCount : -1);

test('a torrent is found within a second of being handed to the writer, also before anything was there', async () => {
  const databasePath = temporaryPath();
  const search = startWorker('search-worker', databasePath);
  const ask = asker(search);
  const early = ask('made'); // waits until there is a catalogue
  const writer = startWorker('writer-worker', databasePath);
  const engine = new MessageChannel();
  const { port1, port2 } = new MessageChannel();
  writer.postMessage({ type: 'connect-engine', port: engine.port1 }, [engine.port1]);
  writer.postMessage({ type: 'connect-search', port: port1 }, [port1]);
  search.postMessage({ type: 'connect-writer', port: port2 }, [port2]);
  expect(countIn(await early)).toBe(0);
  const logged: string[] = [];
  search.on('message', (event: SearchEvent) => {
    if (event.type === 'log') logged.push(event.message);
  });

  const waitsMs: number[] = [];
  for (let count = 1; count <= 12; count++) {
    const handedInAtMs = performance.now();
    engine.port2.postMessage({ type: 'store', torrents: [madeTorrent(count, { name: `Made thing${count}` })] });
    while (countIn(await ask(`thing${count} `)) !== 1) await sleep(5);
    waitsMs.push(performance.now() - handedInAtMs);
  }
  expect(waitsMs.sort((a, b) => a - b)[6]).toBeLessThan(1000);
  expect(countIn(await ask('made'))).toBe(12);
  expect(logged).toEqual([]);

  const stopped = Promise.all([once(search, 'exit'), once(writer, 'exit')]);
  writer.postMessage({ type: 'stop' });
  search.postMessage({ type: 'stop' });
  expect(await stopped).toEqual([[0], [0]]);
});

test('searches what is there without a writer, and ends by itself', async () => {
  const databasePath = temporaryPath();
  const catalogue = openAt(databasePath);
  storeAndTell(
    catalogue,
    Array.from({ length: 30 }, (_, seed) => madeTorrent(seed)),
    null,
  );
  const search = startWorker('search-worker', databasePath);
  const events: (SearchEvent | WriterEvent)[] = [];
  search.on('message', (event: SearchEvent) => events.push(event));
  expect(countIn(await asker(search)('made torrent'))).toBe(30);
  await until(() => events.some((event) => event.type === 'ready'));
  expect(events).toContainEqual({ type: 'ready', indexedCount: 30 });
  const ended = once(search, 'exit');
  search.postMessage({ type: 'stop' });
  expect(await ended).toEqual([0]);
  expect(events.at(-1)).toEqual({ type: 'stopped' });
});
