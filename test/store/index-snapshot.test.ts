// The saved index of names: a start with it finds what a start without it finds, whatever happened to file and catalogue
// in between.
import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Torrent } from '../../main/catalogue/torrent.ts';
import { buildSegment } from '../../main/search/index-segment.ts';
import { NameIndex } from '../../main/search/name-index.ts';
import { readSnapshot, writeSnapshot } from '../../main/store/index-snapshot.ts';
import { madeTorrent, openAt, temporaryPath } from '../catalogue/support.ts';
import { Corpus } from '../bench/corpus.ts';
import { startSearch, storeAndTell, until, writerPorts } from './search-support.ts';

const corpus = new Corpus(5);
const made = (from: number, count: number): Torrent[] =>
  Array.from({ length: count }, (_, index) => ({ ...corpus.torrent(from + index), files: [] }));

/** A catalogue of 6,000 torrents and the snapshot that a search on it left behind. */
async function savedCatalogue() {
  const path = temporaryPath();
  const catalogue = openAt(path);
  for (let from = 0; from < 6000; from += 1000) storeAndTell(catalogue, made(from, 1000), null);
  await searchAndStop(path);
  expect(existsSync(`${path}.names`)).toBe(true);
  return { path, catalogue };
}

async function searchAndStop(path: string): Promise<void> {
  const { ready, service, events } = startSearch(path);
  await ready;
  service.stop();
  await until(() => events.at(-1)?.type === 'stopped');
}

/** What a search finds, and whether it complained about the snapshot. */
async function found(path: string) {
  const { ready, page, service, logged, stop } = startSearch(path);
  await ready;
  const { totalCount, countsByType } = await page({ text: '1080p ' });
  const everything = await page({});
  service.checkInvariants();
  const rows = await page({ sort: 'peers', limit: 3 });
  stop();
  return {
    facts: [totalCount, countsByType, everything.totalCount, rows.rows.map(({ name }) => name)],
    complained: logged.some((line) => line.includes('made anew')),
  };
}

describe('a start with a snapshot', () => {
  test('finds what a start without one finds', async () => {
    const { path } = await savedCatalogue();
    const withSnapshot = await found(path);
    expect(withSnapshot.complained).toBe(false);
    writeFileSync(`${path}.names`, '');
    const without = await found(path);
    expect(without).toEqual({ facts: withSnapshot.facts, complained: true });
  });

  test('catches up with what came, went and changed since', async () => {
    const { path, catalogue } = await savedCatalogue();
    storeAndTell(catalogue, made(6000, 300), null);
    const { database } = catalogue.reader;
    database.exec('DELETE FROM torrents WHERE id BETWEEN 100 AND 199');
    database.exec('UPDATE torrents SET peers_seen = 50000 WHERE id = 77');
    const { service, ready, page } = startSearch(path);
    const { writerEnd, searchEnd } = writerPorts();
    service.connectWriter(searchEnd);
    writerEnd.post({ type: 'catalogue-ready' });
    await ready;
    await until(async () => (await page({})).totalCount === 6200);
    expect((await page({ sort: 'peers', limit: 1 })).rows[0]!.name).toBe(corpus.name(76));
    service.checkInvariants();
    storeAndTell(catalogue, [madeTorrent('later', { name: 'Later Than All' })], writerEnd);
    await until(async () => (await page({ text: 'later than all' })).rows.length === 1);
  });

  test('a smaller window takes the newest of it, a larger one reads on', async () => {
    const { path } = await savedCatalogue();
    const small = startSearch(path, { windowRows: 2000 });
    await small.ready;
    expect(await small.page({ text: '', isFast: true })).toMatchObject({ isPartial: true });
    small.service.setWindowRows(1_000_000);
    await until(async () => (await small.page({ text: '', isFast: true })).totalCount === 6000);
    small.service.checkInvariants();
  });

  test('damage anywhere is seen, and the index is made anew', async () => {
    const { path } = await savedCatalogue();
    const expected = (await found(path)).facts;
    const file = `${path}.names`;
    const good = readFileSync(file);
    for (const at of [0, 9, 40, 300, good.length >> 1, good.length - 9]) {
      const bad = Buffer.from(good);
      bad[at] = bad[at]! ^ 0x55;
      writeFileSync(file, bad);
      const after = await found(path);
      expect([at, after]).toEqual([at, { facts: expected, complained: true }]);
    }
    writeFileSync(file, good);
    truncateSync(file, good.length - 100);
    expect(await found(path)).toEqual({ facts: expected, complained: true });
  });

  test('one of another catalogue is not believed', async () => {
    const { path } = await savedCatalogue();
    const other = temporaryPath();
    const catalogue = openAt(other);
    for (let from = 0; from < 6000; from += 1000) storeAndTell(catalogue, made(10_000 + from, 1000), null);
    writeFileSync(`${other}.names`, readFileSync(`${path}.names`));
    const after = await found(other);
    expect(after.complained).toBe(true);
    expect(after.facts[2]).toBe(6000);
  });
});

test('what is gone and what has more peers is kept', async () => {
  const path = `${temporaryPath()}.names`;
  const index = new NameIndex();
  const rows = made(0, 500).map((torrent, at) => ({ ...torrent, id: 3 * at + 1, contentType: 'video' as const }));
  index.addNewer(buildSegment(rows.slice(0, 300)).segment);
  index.addNewer(buildSegment(rows.slice(300)).segment);
  index.remove(4);
  index.setPeers(7, 4321);
  await writeSnapshot(path, { parts: index.parts, samples: [], hasOlder: true }, () => Promise.resolve());
  const snapshot = await readSnapshot(path, (reason) => expect.unreachable(reason));
  const again = new NameIndex();
  for (const { data, gone } of snapshot!.parts.toReversed()) again.addOlder(data, gone);
  again.checkInvariants();
  expect([again.rowCount, again.highId, again.typeOf(4)]).toEqual([499, index.highId, -1]);
  expect(again.segments[0]!.peers[2]).toBe(4321);
  expect(again.segments).toEqual(index.segments);
});

test('a folder that cannot be written is no reason to stop', async () => {
  const { ready, service, events, logged } = startSearch(await unwritable());
  await ready;
  service.stop();
  await until(() => events.at(-1)?.type === 'stopped');
  expect(logged.join()).toContain('could not be saved');
});

/** A catalogue whose snapshot cannot be written: a folder is in its place. */
async function unwritable(): Promise<string> {
  const { mkdirSync, rmSync } = await import('node:fs');
  const path = temporaryPath();
  const catalogue = openAt(path);
  for (let from = 0; from < 6000; from += 1000) storeAndTell(catalogue, made(from, 1000), null);
  mkdirSync(`${path}.names.new`);
  onTestFinished(() => rmSync(`${path}.names.new`, { recursive: true, force: true }));
  return path;
}
