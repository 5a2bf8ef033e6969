// The person's marks from the writer to the search: hidden and blocked torrents leave it at once, shown ones come back,
// wherever their rows are by then: in a segment, left behind by a merge, on disk, in a snapshot.
import { describe, expect, it } from 'vitest';
import type { Mark } from '../../main/catalogue/torrent.ts';
import type { StoreRequest } from '../../main/store/owner-contract.ts';
import { COMMIT_EVERY_MS, WAITING_TORRENTS_MAX } from '../../main/store/store-contract.ts';
import { madeTorrent, openAt, packed, sha1Of, temporaryPath } from '../catalogue/support.ts';
import { startSearch, until, writerPorts } from './search-support.ts';
import { startWriter } from './writer-support.ts';

const v1 = (seed: number | string) => sha1Of(`v1 ${seed}`);

/** A writer with `count` torrents, joined to a search whose upkeep runs by the real clock. */
async function joined({ count, windowRows }: { count: number; windowRows?: number }) {
  const path = temporaryPath();
  const under = startWriter(path);
  const { writerEnd, searchEnd } = writerPorts();
  const search = startSearch(path, windowRows === undefined ? {} : { windowRows });
  search.service.connectWriter(searchEnd);
  under.writer.connectSearch(writerEnd);
  await search.ready;
  const store = (from: number, to: number): void => {
    for (let at = from; at < to; at += WAITING_TORRENTS_MAX / 5) {
      const torrents = Array.from({ length: Math.min(WAITING_TORRENTS_MAX / 5, to - at) }, (_, index) =>
        madeTorrent(at + index),
      );
      under.send({ type: 'store', torrents });
      under.clock.advance(COMMIT_EVERY_MS);
    }
  };
  store(0, count);
  let lastRequestId = 0;
  const ask = (request: Omit<Extract<StoreRequest, { type: 'mark' }>, 'type' | 'requestId'>): Uint8Array => {
    const requestId = ++lastRequestId;
    under.writer.request({ type: 'mark', requestId, ...request });
    const answer = under.events.find((event) => 'requestId' in event && event.requestId === requestId);
    if (answer?.type !== 'marked') throw new Error(`${answer?.type ?? 'nothing'} instead of an answer`);
    return answer.changed;
  };
  const mark = (name: Mark, isOn: boolean, seeds: readonly (number | string)[]) =>
    ask({ mark: name, isOn, infohashes: packed(seeds.map(v1)) });
  const countOf = async (text = 'made'): Promise<number> => (await search.page({ text })).totalCount;
  await until(async () => (await countOf()) === count);
  return { ...under, search, store, mark, countOf, path };
}

const settled = (read: () => Promise<number>, wanted: number) => until(async () => (await read()) === wanted);

describe.each([
  ['in memory', undefined],
  ['on disk', 1],
])('marked torrents, %s', (_, windowRows) => {
  it('leave the search at once and come back', async () => {
    const { mark, countOf, search, store } = await joined({
      count: 300,
      ...(windowRows === undefined ? {} : { windowRows }),
    });
    expect(mark('hide', true, [5, 6, 250])).toHaveLength(60);
    await settled(countOf, 297);
    mark('block', true, [7]);
    await settled(countOf, 296);
    expect((await search.page({ text: '"torrent 6"' })).totalCount).toBe(0);
    expect((await search.allRows({})).map(({ name }) => name)).not.toContain(madeTorrent(7).name);
    store(300, 310);
    await settled(countOf, 306);
    expect(mark('hide', false, [5, 6, 250, 251])).toHaveLength(60);
    mark('block', false, [7]);
    await settled(countOf, 310);
    expect((await search.page({ text: '"torrent 6"' })).rows).toHaveLength(1);
    expect(await search.allRows({})).toHaveLength(310);
    search.service.checkInvariants();
  });
});

describe('hidden torrents', () => {
  it('come back although a merge has left their rows behind', async () => {
    const { mark, countOf, search, clock } = await joined({ count: 2000 });
    const half = Array.from({ length: 1000 }, (_, index) => 2 * index);
    mark('hide', true, half);
    await settled(countOf, 1000);
    const seen = Array.from({ length: 5 }, () => 0);
    for (const at of seen.keys()) {
      await new Promise((resolve) => setTimeout(resolve, 60)); // upkeep asks the writer to merge the sparse segments
      clock.advance(100);
      seen[at] = await countOf();
    }
    expect(seen).toEqual(seen.map(() => 1000));
    mark('hide', false, half);
    await settled(countOf, 2000);
    expect(await search.allRows({})).toHaveLength(2000);
    search.service.checkInvariants();
  });

  it('are listed on request, found by their infohash, and told apart', async () => {
    const { mark, search } = await joined({ count: 30 });
    mark('star', true, [1, 2, 3]);
    mark('hide', true, [3, 4]);
    mark('open', true, [1]);
    const starred = await search.page({ list: 'starred' });
    expect(starred.rows.map(({ name, isStarred, wasOpened }) => [name, isStarred, wasOpened])).toEqual([
      [madeTorrent(2).name, true, false],
      [madeTorrent(1).name, true, true],
    ]);
    expect(starred.totalCount).toBe(2);
    const hidden = await search.allRows({ list: 'hidden', limit: 1 });
    expect(hidden.map(({ name, isHidden }) => [name, isHidden])).toEqual([
      [madeTorrent(4).name, true],
      [madeTorrent(3).name, true],
    ]);
    expect((await search.page({ list: 'hidden', text: '"torrent 4"' })).rows).toHaveLength(1);
    const hex = Buffer.from(v1(4)).toString('hex');
    expect((await search.page({ text: hex })).rows).toMatchObject([{ isHidden: true }]);
    expect(await search.ask({ type: 'details', infohashHex: hex })).toMatchObject({ details: { isHidden: true } });
    mark('block', true, [4]);
    expect((await search.page({ text: hex })).rows).toEqual([]);
    expect(await search.ask({ type: 'details', infohashHex: hex })).toMatchObject({ details: null });
    expect((await search.page({ list: 'hidden' })).totalCount).toBe(1);
  });

  it('are as the catalogue has them after a start from a snapshot that knows better', async () => {
    const { mark, search, path, writer } = await joined({ count: 6000 });
    mark('hide', true, [10, 11]);
    await until(async () => (await search.page({ text: 'made' })).totalCount === 5998);
    search.stop();
    await until(() => search.events.some(({ type }) => type === 'stopped'));
    mark('hide', false, [10]);
    mark('hide', true, [12, 13]);
    writer.stop();
    const again = startSearch(path);
    await again.ready;
    await until(async () => (await again.page({ text: 'made' })).totalCount === 5997);
    const names = (await again.allRows({})).map(({ name }) => name);
    expect([10, 11, 12, 13].map((seed) => names.includes(madeTorrent(seed).name))).toEqual([true, false, false, false]);
    again.service.checkInvariants();
  });
});

describe('blocked torrents', () => {
  it('are known to the engine, refused when they come, and listed', () => {
    const path = temporaryPath();
    const { writer, clock, send, toEngine, events } = startWriter(path);
    send({ type: 'store', torrents: [madeTorrent(1), madeTorrent(2)] });
    clock.advance(COMMIT_EVERY_MS);
    const infohashes = packed([v1(1), v1('never met')]);
    writer.request({ type: 'mark', requestId: 1, mark: 'block', isOn: true, infohashes });
    expect(toEngine.at(-1)).toEqual({ type: 'blocked', infohashes });
    send({ type: 'are-known', questionId: 1, infohashes: packed([v1('never met'), v1('other')]) });
    expect(toEngine.at(-1)).toMatchObject({ isKnown: Uint8Array.of(1, 0) });
    send({ type: 'store', torrents: [madeTorrent('never met'), madeTorrent(3)] });
    clock.advance(COMMIT_EVERY_MS);
    expect(toEngine.at(-1)).toMatchObject({ type: 'stored', storedCount: 1 });
    writer.request({ type: 'list-blocked', requestId: 2, beforeId: null, limit: 1 });
    expect(events.at(-1)).toMatchObject({ type: 'blocked-list', nextBeforeId: 2, totalCount: 2, entries: [{ id: 2 }] });
    writer.stop();
    const again = startWriter(path);
    again.send({ type: 'are-known', questionId: 1, infohashes: packed([v1('never met'), v1(1)]) });
    expect(again.toEngine.at(-1)).toMatchObject({ isKnown: Uint8Array.of(1, 1) });
  });

  it('are refused in a sentence while the catalogue cannot be written', () => {
    const path = temporaryPath();
    openAt(path).close();
    const { writer, events } = startWriter(path, () => {
      throw Object.assign(new Error('locked'), { code: 'SQLITE_BUSY' });
    });
    writer.request({ type: 'mark', requestId: 7, mark: 'block', isOn: true, infohashes: v1(1) });
    expect(events.at(-1)).toMatchObject({
      type: 'store-request-failed',
      requestId: 7,
      problem: expect.stringContaining('not open'),
    });
  });
});
