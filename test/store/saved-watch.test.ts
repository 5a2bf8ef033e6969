// Saved searches against torrents that were just found, on a real file: only new ones, by name and by filter, each once.
import { expect, test } from 'vitest';
import { memoryPorts } from '../../main/base/port.ts';
import { openCatalogueReader } from '../../main/catalogue/open-catalogue.ts';
import type { Torrent } from '../../main/catalogue/torrent.ts';
import { toCatalogueRow } from '../../main/store/catalogue-row.ts';
import { LOOK_EVERY_MS, ROWS_PER_LOOK_MAX, SavedWatch, WAITING_ROWS_MAX } from '../../main/store/saved-watch.ts';
import { SearchLine } from '../../main/store/search-line.ts';
import { type SavedMatch, WATCHED_MAX } from '../../main/store/saved-contract.ts';
import type { SearchToWriter, WriterToSearch } from '../../main/store/writer-search-contract.ts';
import { madeTorrent, openAt, temporaryPath } from '../catalogue/support.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';
import { sleep, until } from './search-support.ts';

/** The writer's own line to the search, and a watch that overhears it. */
function rig() {
  const databasePath = temporaryPath();
  const catalogue = openAt(databasePath);
  const clock = new SimulatedClock();
  const told: (readonly SavedMatch[])[] = [];
  const lookedUntil: number[] = [];
  const received: string[] = [];
  const logged: string[] = [];
  const note = (message: string): void => void logged.push(message);
  let readersOpened = 0;
  const watch = new SavedWatch({
    clock,
    log: { info: note, warn: note, error: note },
    openReader: () => {
      readersOpened++;
      return openCatalogueReader({ databasePath, nativeBinding: null });
    },
    onLooked: (untilId, matches) => {
      lookedUntil.push(untilId);
      if (matches.length > 0) told.push(matches);
    },
  });
  const line = new SearchLine(clock, () => undefined);
  const [writerEnd, searchEnd] = memoryPorts<SearchToWriter, WriterToSearch>();
  line.connect(writerEnd, true);
  watch.overhear(searchEnd).on((message) => received.push(message.type));
  const store = (torrents: readonly Torrent[], isImported = false): void =>
    line.stored(catalogue.insertMany(torrents.map(toCatalogueRow)), isImported);
  const pass = async (looks = 1): Promise<void> => {
    for (let look = 0; look < looks; look++) {
      await sleep(0);
      clock.advance(LOOK_EVERY_MS);
      await sleep(1);
    }
  };
  return { watch, told, lookedUntil, received, logged, store, pass, catalogue, readersOpened: () => readersOpened };
}

const search = (id: string, text: string, hidesAdult = false) => ({ id, text, hidesAdult });
const file = (path: string, sizeBytes = 5) => ({ path, sizeBytes });

test('new torrents are told with their count and names, and only once; what was there before is nothing new', async () => {
  const { watch, told, store, pass, received } = rig();
  store([madeTorrent('old', { name: 'Quiet harbour before' })]);
  await pass();
  watch.set(
    [search('a', 'quiet harbour'), search('b', 'nothing like it'), search('c', '"harbour lights" -dusk')],
    null,
  );
  await pass();
  expect(told).toEqual([]);
  store([
    madeTorrent('1', { name: 'Quiet Harbour Lights' }),
    madeTorrent('2', { name: 'Harbour Lights at dusk' }),
    madeTorrent('3', { name: 'Harbour so quiet' }),
  ]);
  await pass(3);
  expect(told).toEqual([
    [
      { id: 'a', count: 2, names: ['Harbour so quiet', 'Quiet Harbour Lights'] },
      { id: 'c', count: 1, names: ['Quiet Harbour Lights'] },
    ],
  ]);
  expect(received.filter((type) => type === 'segment')).toHaveLength(2); // the search thread hears all of it all the same
});

test('what the adult-name filter hides is not told, unless it was named by its infohash', async () => {
  const { watch, told, store, pass } = rig();
  const adult = madeTorrent('adult', { name: 'Quiet harbour porn' });
  const infohashHex = Buffer.from(adult.infohashV1!).toString('hex');
  watch.set([search('all', 'quiet'), search('clean', 'quiet', true), search('named', infohashHex, true)], null);
  store([adult, madeTorrent('plain', { name: 'Quiet harbour' })]);
  await pass(2);
  expect(told[0]?.map(({ id, count }) => [id, count])).toEqual([
    ['all', 2],
    ['clean', 1],
    ['named', 1],
  ]);
});

test('filters hold, also types and paths; a search for everything or for a beginning of infohashes waits for nothing', async () => {
  const { watch, told, store, pass } = rig();
  const film = madeTorrent('big', { name: 'Gull film', sizeBytes: 2e9, files: [file('film.mkv', 2e9)], fileCount: 1 });
  const infohashHex = Buffer.from(film.infohashV1!).toString('hex');
  watch.set(
    [
      search('big', 'size:>1gb'),
      search('type', 'gull type:video'),
      search('part', 'gull fi type:video'),
      search('ext', 'gull ext:flac'),
      search('none', '   '),
      search('prefix', `hash:${infohashHex.slice(0, 4)}`),
      search('whole', infohashHex),
      search('other', 'a'.repeat(40)),
    ],
    null,
  );
  store([film, madeTorrent('f', { name: 'Gull songs', sizeBytes: 5, files: [file('1.flac')], fileCount: 1 })]);
  await pass();
  expect(told).toEqual([
    [
      { id: 'big', count: 1, names: ['Gull film'] },
      { id: 'type', count: 1, names: ['Gull film'] },
      { id: 'part', count: 1, names: ['Gull film'] },
      { id: 'ext', count: 1, names: ['Gull songs'] },
      { id: 'whole', count: 1, names: ['Gull film'] },
    ],
  ]);
});

test('what the person imported or hid is not told', async () => {
  const { watch, told, store, pass, catalogue } = rig();
  watch.set([search('a', 'tide')], null);
  store([madeTorrent('own', { name: 'Tide of my own' })], true);
  store([madeTorrent('hidden', { name: 'Tide hidden' }), madeTorrent('shown', { name: 'Tide shown' })]);
  const infohashes = [madeTorrent('hidden').infohashV1!];
  catalogue.mark({ mark: 'hide', isOn: true, infohashes, nowUnixSeconds: 1 }, () => ({
    nameTokens: '',
    pathTokens: '',
  }));
  await pass(2);
  expect(told).toEqual([[{ id: 'a', count: 1, names: ['Tide shown'] }]]);
});

test('looks are bundled and bounded, and so are watched searches; nobody watched costs nothing', async () => {
  const { watch, told, store, pass, lookedUntil, readersOpened } = rig();
  store([madeTorrent('0', { name: 'Tide before' })]);
  await pass();
  expect(readersOpened()).toBe(0);
  watch.set(
    Array.from({ length: WATCHED_MAX + 50 }, (_, at) => search(String(at), 'tide')),
    null,
  );
  const many = Array.from({ length: ROWS_PER_LOOK_MAX + 20 }, (_, at) => madeTorrent(`n${at}`, { name: `Tide ${at}` }));
  for (let from = 0; from < many.length; from += 130) store(many.slice(from, from + 130));
  await pass();
  await until(() => told.length === 1);
  expect(told.map((matches) => [matches.length, matches[0]!.count])).toEqual([[WATCHED_MAX, ROWS_PER_LOOK_MAX]]);
  await pass();
  await until(() => told.length === 2);
  expect(told.map((matches) => matches[0]!.count)).toEqual([ROWS_PER_LOOK_MAX, 20]);
  expect(lookedUntil).toEqual([ROWS_PER_LOOK_MAX + 1, ROWS_PER_LOOK_MAX + 21]);
});

test('after a fall, rows since the last look are new, and those that the line has told of meanwhile are not told twice', async () => {
  const { watch, told, store, pass } = rig();
  store([madeTorrent('1', { name: 'Tide looked at' })]);
  store([madeTorrent('2', { name: 'Tide missed' })]);
  await pass();
  watch.set([search('a', 'tide')], null);
  store([madeTorrent('3', { name: 'Tide heard' })]);
  await sleep(0);
  watch.set([search('a', 'tide')], 1);
  await pass(3);
  expect(told.flat()).toEqual([
    { id: 'a', count: 1, names: ['Tide missed'] },
    { id: 'a', count: 1, names: ['Tide heard'] },
  ]);
});

test('too many that wait are let go, the oldest first, and counted', async () => {
  const { watch, store, pass } = rig();
  watch.set([search('a', 'tide')], -WAITING_ROWS_MAX - 7); // as if so many had come
  store([madeTorrent('1', { name: 'Tide' })]);
  await pass();
  expect(watch.skippedCount).toBeGreaterThanOrEqual(7);
});

test('a catalogue that cannot be read costs the notice, not the thread', async () => {
  const logged: string[] = [];
  const clock = new SimulatedClock();
  const note = (message: string): void => void logged.push(message);
  const watch = new SavedWatch({
    clock,
    log: { info: note, warn: note, error: note },
    openReader: () => {
      throw new Error('no such file');
    },
    onLooked: () => undefined,
  });
  watch.set([search('a', 'tide')], 5);
  expect(logged).toEqual([expect.stringContaining('no such file')]);
});
