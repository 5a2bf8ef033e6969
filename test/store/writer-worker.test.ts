// The real thread: joined over MessageChannels, with transferred segments, to its end.
import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import type { SegmentData } from '../../main/search/index-segment.ts';
import type { WriterEvent } from '../../main/store/store-contract.ts';
import { madeTorrent, openAt, sha1Of, temporaryPath } from '../catalogue/support.ts';

it('opens, stores, answers, feeds the search and ends by itself', async () => {
  const databasePath = temporaryPath();
  const worker = new Worker(new URL('../../main/store/writer-worker.ts', import.meta.url), {
    workerData: { databasePath, nativeBinding: null },
  });
  onTestFinished(async () => {
    await worker.terminate();
  });
  const ended = once(worker, 'exit');
  const events: WriterEvent[] = [];
  worker.on('message', (event: WriterEvent) => events.push(event));
  const engine = new MessageChannel();
  const search = new MessageChannel();
  worker.postMessage({ type: 'connect-engine', port: engine.port1 }, [engine.port1]);
  worker.postMessage({ type: 'connect-search', port: search.port1 }, [search.port1]);
  expect(await once(search.port2, 'message')).toEqual([{ type: 'catalogue-ready' }]);

  engine.port2.postMessage({ type: 'store', torrents: [madeTorrent(1), madeTorrent(2)] });
  expect(await once(engine.port2, 'message')).toEqual([{ type: 'stored', storedCount: 2, waitingCount: 0 }]);
  const [{ segment }] = (await once(search.port2, 'message')) as [{ segment: SegmentData }];
  expect([...segment.ids]).toEqual([1, 2]);
  engine.port2.postMessage({ type: 'are-known', questionId: 7, infohashes: sha1Of('v1 2') });
  expect(await once(engine.port2, 'message')).toEqual([{ type: 'known', questionId: 7, isKnown: Uint8Array.of(1) }]);
  engine.port2.postMessage({ type: 'warm-up', limit: 10 });
  let warmedBytes = 0;
  for (let isLast = false; !isLast;) {
    const [part] = (await once(engine.port2, 'message')) as [{ infohashes: Uint8Array; isLast: boolean }];
    warmedBytes += part.infohashes.length;
    ({ isLast } = part);
  }
  expect(warmedBytes).toBe(40);

  engine.port2.postMessage({ type: 'store', torrents: [madeTorrent(3)] });
  worker.postMessage({ type: 'stop' });
  expect(await ended).toEqual([0]);
  const told = events.map(({ type }) => type).filter((type) => type !== 'store-status');
  expect(told).toEqual(['ready', 'torrents-added', 'torrents-added', 'stopped']);
  expect(openAt(databasePath).count).toBe(3);
});
