// Seeders as a column of the index: counted where somebody has counted, else the peers a torrent was found with. They change
// while searching goes on, and are the same after a start.
import { expect, test } from 'vitest';
import { systemClock } from '../../main/base/clock.ts';
import { memoryPorts, threadPort } from '../../main/base/port.ts';
import type { EngineToWriter, WriterToEngine } from '../../main/store/store-contract.ts';
import { StoreWriter } from '../../main/store/store-writer.ts';
import { madeTorrent, packed, temporaryPath } from '../catalogue/support.ts';
import { startSearch, until } from './search-support.ts';

const START = 1_790_000_001;
const FOUND_WITH = [40, 30, 20, 10];

test('a count that comes in moves the torrent in the list, in the filter, and after a start', async () => {
  const path = temporaryPath();
  const writer = new StoreWriter({
    options: { databasePath: path, nativeBinding: null },
    clock: systemClock,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    post: () => undefined,
  });
  writer.start();
  const [writerEnd, engineEnd] = memoryPorts<EngineToWriter, WriterToEngine>();
  engineEnd.on(() => undefined);
  writer.connectEngine(writerEnd);
  const search = startSearch(path);
  await search.ready;
  const { port1, port2 } = new MessageChannel();
  writer.connectSearch(threadPort(port1 as never));
  search.service.connectWriter(threadPort(port2 as never));
  const torrents = FOUND_WITH.map((peersSeen, seed) => ({ ...madeTorrent(seed), name: `found ${seed}`, peersSeen }));
  engineEnd.post({ type: 'store', torrents });
  const bySeeders = async (text = '', asked = search): Promise<string> => {
    const { rows } = await asked.page({ text, sort: 'peers' });
    return rows.map(({ name }) => name.slice('found '.length)).join('');
  };
  await until(async () => (await bySeeders()) === '0123');

  const count = { source: 'dht', leechers: 0, checkedAtUnixSeconds: START } as const;
  const infohashes = torrents.map(({ infohashV1 }) => infohashV1!);
  engineEnd.post({
    type: 'health',
    reports: [
      { infohash: infohashes[3]!, seeders: 500, ...count },
      { infohash: infohashes[1]!, seeders: 0, ...count },
      { infohash: infohashes[1]!, seeders: 25, ...count, source: 'tracker' },
    ],
  });
  engineEnd.post({ type: 'dead', infohashes: packed([infohashes[0]!]) });
  await until(async () => (await bySeeders()) === '3120');
  expect(await bySeeders('seeds:>20 ')).toBe('31');
  expect(await bySeeders('seeds:500')).toBe('3');
  expect(await bySeeders('seeds:<1 ')).toBe('0');

  // Found again with fewer peers than were counted: the count stands. Found at all: not dead, and nobody has counted it.
  engineEnd.post({
    type: 'store',
    torrents: [
      { ...torrents[3]!, peersSeen: 2 },
      { ...torrents[0]!, peersSeen: 1 },
    ],
  });
  await until(async () => (await bySeeders()) === '3012');
  writer.stop();

  const again = startSearch(path);
  await again.ready;
  expect(await bySeeders('', again)).toBe('3012');
  expect(await bySeeders('seeds:>20 ', again)).toBe('301');
});
