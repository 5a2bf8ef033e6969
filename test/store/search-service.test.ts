// What the window gets from the search thread, on a real catalogue: with everything in memory, with most of it only on
// disk, and while rows come in.
import { existsSync, renameSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import { type Clock, systemClock } from '../../main/base/clock.ts';
import { nameMatches } from '../../main/search/name-match.ts';
import { parseQuery } from '../../main/search/search-query.ts';
import { CONTENT_TYPES, SORT_ORDERS } from '../../main/store/store-contract.ts';
import { madeTorrent, ManualClock, openAt, sha256Of, temporaryPath } from '../catalogue/support.ts';
import { Corpus } from '../bench/corpus.ts';
import { firstPage, searchMostlyOnDisk, startSearch, storeAndTell, until, writerPorts } from './search-support.ts';

const corpus = new Corpus(11);
const torrents = Array.from({ length: 400 }, (_, index) => corpus.torrent(index));
const names = torrents.map(({ name }) => name);

/** A catalogue of `torrents` and a search on it whose base is built. */
async function searchOver({ windowRows }: { windowRows?: number } = {}) {
  const path = temporaryPath();
  const catalogue = openAt(path);
  for (let from = 0; from < torrents.length; from += 100) {
    storeAndTell(catalogue, torrents.slice(from, from + 100), null);
  }
  const search = startSearch(path, windowRows === undefined ? {} : { windowRows });
  await search.ready;
  return { catalogue, path, ...search };
}

/** Half a page's time is over each time that somebody looks. */
function hastyClock(): Clock {
  let nowMs = 0;
  return { ...systemClock, nowMs: () => (nowMs += 40) };
}

const matching = (text: string): string[] => names.filter((name) => nameMatches(parseQuery(text), name)).sort();

test('while the index is still being read, types are not counted rather than some of them', async () => {
  const path = temporaryPath();
  storeAndTell(openAt(path), torrents, null);
  const { rows, countsByType } = await startSearch(path).page({ limit: 50 });
  expect(rows).toHaveLength(50);
  const counted = countsByType && Object.values(countsByType).reduce((sum, count) => sum + count, 0);
  expect([null, torrents.length]).toContain(counted);
});

describe.each([
  ['all in memory', searchOver],
  ['mostly on disk', () => searchMostlyOnDisk(torrents)],
  ['mostly on a slow disk, no page of which is whole', () => searchMostlyOnDisk(torrents, { clock: hastyClock() })],
])('%s', (_, start) => {
  const TEXTS = [
    '',
    '1080p',
    's',
    'the ',
    'web dl',
    '"web dl"',
    '-1080p',
    'house -"web dl"',
    '第',
    '話',
    'ка',
    '2160p hevc',
  ];

  test('every sort visits every match once, in pages of any size', async () => {
    const { allRows } = await start();
    for (const text of TEXTS) {
      const expected = matching(text);
      for (const sort of SORT_ORDERS) {
        const rows = await allRows({ text, sort, limit: sort === 'newest' ? 7 : 50 });
        const byName = rows.filter((row) => expected.includes(row.name));
        expect(byName.map((row) => row.name).sort()).toEqual(expected);
        expect(new Set(rows.map((row) => row.infohashHex)).size).toBe(rows.length);
      }
    }
  });

  test('two lists that are read in turn do not disturb each other', async () => {
    const { page } = await start();
    const found = new Map<string, string[]>();
    let open = ['1080p', 'the '].map((text) => ({ text, cursor: null as string | null }));
    while (open.length > 0) {
      const next: typeof open = [];
      for (const { text, cursor } of open) {
        const { rows, nextCursor } = await page({ text, cursor, limit: 7 });
        found.set(text, [...(found.get(text) ?? []), ...rows.map(({ name }) => name)]);
        if (nextCursor !== null) next.push({ text, cursor: nextCursor });
      }
      open = next;
    }
    for (const [text, list] of found) {
      expect(list.filter((name) => matching(text).includes(name)).sort()).toEqual(matching(text));
    }
  });

  test('rows that come while a list is read neither repeat nor shift it', async () => {
    const { allRows, catalogue } = await start();
    let seed = 10_000;
    for (const sort of SORT_ORDERS) {
      const before = catalogue.count;
      const rows = await allRows({ text: '', sort, limit: 60 }, () => {
        storeAndTell(catalogue, [corpus.torrent(seed++)], null);
      });
      expect(new Set(rows.map((row) => row.infohashHex)).size).toBe(rows.length);
      expect(rows.length).toBeGreaterThanOrEqual(Math.min(before, 400));
    }
  });

  test('a type is a filter of the same list, and counts say so', async () => {
    const { page, allRows } = await start();
    const { totalCount, totalIsExact, countsByType } = await page({ text: '1080p' });
    expect(totalCount).toBe(matching('1080p').length);
    for (const contentType of CONTENT_TYPES) {
      const rows = await allRows({ text: '1080p', contentType });
      expect(rows.every((row) => row.contentType === contentType)).toBe(true);
      if (totalIsExact) expect(rows.length).toBe(countsByType![contentType]);
    }
  });

  test('phrases are precise', async () => {
    const { allRows } = await start();
    for (const name of names.slice(0, 60)) {
      const words = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
      if (words.length < 3) continue;
      const text = `"${words[1]} ${words[2]}"`;
      const rows = (await allRows({ text })).filter((row) => matching(text).includes(row.name));
      expect(rows.map((row) => row.name)).toContain(name);
      expect(rows.length).toBe(matching(text).length);
    }
  });

  test('any text is answered', async () => {
    const { page } = await start();
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc
        .array(fc.constantFrom('"', '-', ' ', '*', 'a', 'AND', 'NOT', '(', ')', ':', '^', '1080p', '東', "'", '+'))
        .map((parts) => parts.join('')),
    );
    await fc.assert(
      fc.asyncProperty(text, fc.constantFrom(...SORT_ORDERS), async (query, sort) => {
        const { rows, totalCount, totalIsExact } = await page({ text: query, sort });
        if (totalIsExact) expect(totalCount).toBeGreaterThanOrEqual(rows.length);
      }),
      { numRuns: 150 },
    );
  });
});

describe('what else a query can be', () => {
  test('an infohash or a magnet link leads to its torrent', async () => {
    const { page, catalogue, ask } = await searchOver();
    const infohashV2 = sha256Of('v2');
    storeAndTell(catalogue, [madeTorrent('hybrid', { infohashV2 })], null);
    const hex = toHex(torrents[5]!.infohashV1!);
    for (const text of [hex, hex.toUpperCase(), `magnet:?xt=urn:btih:${hex}&dn=x`]) {
      expect((await page({ text })).rows.map((row) => row.name)).toEqual([names[5]]);
    }
    for (const text of [toHex(infohashV2), `magnet:?xt=urn:btmh:1220${toHex(infohashV2)}`]) {
      expect((await page({ text })).rows[0]!.name).toContain('hybrid');
    }
    expect((await page({ text: 'f'.repeat(40) })).rows).toEqual([]);
    const event = await ask({ type: 'details', infohashHex: hex });
    expect(event).toMatchObject({
      type: 'details',
      details: { name: names[5], infohashV1Hex: hex, infohashV2Hex: null },
    });
    expect(await ask({ type: 'details', infohashHex: 'zz' })).toMatchObject({ details: null });
    expect(await ask({ type: 'details', infohashHex: '00'.repeat(20) })).toMatchObject({ details: null });
  });

  test('words of file names, alone and with words of the name', async () => {
    const path = temporaryPath();
    const catalogue = openAt(path);
    const files = [
      { path: 'disc 1/uncommon whistle.flac', sizeBytes: 10 },
      { path: 'disc 2/東京音楽.flac', sizeBytes: 10 },
    ];
    storeAndTell(
      catalogue,
      [madeTorrent('a', { name: 'Collected Songs', files }), madeTorrent('b', { name: 'Other' })],
      null,
    );
    const { ready, page } = startSearch(path);
    await ready;
    const found = async (text: string) => (await page({ text, sort: 'relevance' })).rows.map((row) => row.name);
    for (const text of ['whistle', 'whis', 'uncommon whistle', 'collected whistle', '"uncommon whistle"', '京音楽']) {
      expect([text, await found(text)]).toEqual([text, ['Collected Songs']]);
    }
    for (const text of ['"whistle uncommon"', 'other whistle', 'whistle -songs', '京楽音']) {
      expect([text, await found(text)]).toEqual([text, []]);
    }
    expect((await page({ text: 'whistle' })).totalCount).toBe(1);
    expect((await page({ text: 'whistle', contentType: 'book' })).rows).toEqual([]);
  });

  test('highlights, best match first', async () => {
    const { page } = await searchOver();
    const { rows } = await page({ text: names[0]!.split('.')[0]!, sort: 'relevance' });
    for (const row of rows.filter(({ matches }) => matches.length > 0)) {
      expect(row.name.slice(row.matches[0], row.matches[1])).toMatch(/\S/);
    }
    expect(rows[0]!.matches.length).toBeGreaterThan(0);
  });

  test('few hundred torrents are enough for titles and spellings', async () => {
    const { ask, page } = await searchOver();
    await until(async () => {
      const event = await ask({ type: 'suggest', text: 'ho' });
      return event.type === 'suggestions' && event.titles.length > 0;
    });
    await until(async () => (await page({ text: 'huose 1080' })).didYouMean.includes('house 1080'));
  });
});

describe('requests', () => {
  test('the newest search of a box wins; other boxes are not touched', async () => {
    const { ask } = await searchOver();
    const search = (text: string, box: string) => ask({ type: 'search', box, request: { ...firstPage, text } });
    const answers = await Promise.all([
      search('a', 'one'),
      search('ab', 'one'),
      search('a', 'two'),
      search('abc', 'one'),
    ]);
    expect(answers.map((event) => event.type)).toEqual(['superseded', 'superseded', 'page', 'page']);
  });

  test('what cannot be answered is refused in a sentence, and the next is answered', async () => {
    const { ask, page, catalogue, logged } = await searchOver();
    const request = { ...firstPage, cursor: 'nonsense' };
    expect(await ask({ type: 'search', box: 'b', request })).toMatchObject({
      type: 'request-failed',
      problem: /Search again/,
    });
    catalogue.reader.database.exec('ALTER TABLE torrents RENAME TO elsewhere');
    const failed = await ask({ type: 'search', box: 'b', request: { ...firstPage, text: 'secret words' } });
    expect(failed).toMatchObject({ type: 'request-failed', problem: /Try again/ });
    expect(logged.join()).not.toContain('secret');
    catalogue.reader.database.exec('ALTER TABLE elsewhere RENAME TO torrents');
    expect((await page({ text: '' })).rows.length).toBe(50);
  });

  test('limits out of range are brought into it', async () => {
    const { page } = await searchOver();
    for (const [limit, expected] of [
      [0, 1],
      [-5, 1],
      [NaN, 1],
      [1e9, 200],
    ] as const) {
      expect((await page({ limit })).rows.length).toBe(expected);
    }
  });

  test('too many at once are refused, not collected', async () => {
    const { service, events } = await searchOver();
    for (let requestId = 0; requestId < 600; requestId++) service.receive({ type: 'suggest', requestId, text: 'x' });
    expect(events.filter((event) => event.type === 'request-failed').length).toBe(100);
  });

  test('before there is a catalogue they wait, some seconds', async () => {
    const path = temporaryPath();
    const clock = new ManualClock();
    const search = startSearch(path, { clock });
    const early = search.ask({ type: 'search', box: 'b', request: firstPage });
    clock.advance(6000);
    expect(await early).toMatchObject({ type: 'request-failed', problem: /not open/ });
    const late = search.page({});
    storeAndTell(openAt(path), torrents.slice(0, 10), null);
    clock.advance(500);
    expect((await late).rows.length).toBe(10);
  });

  test('closing answers what waits', async () => {
    const { service, ask, events, stop } = startSearch(temporaryPath());
    const asked = ask({ type: 'suggest', text: 'x' });
    stop();
    expect(await asked).toMatchObject({ type: 'request-failed' });
    expect(events.at(-1)).toEqual({ type: 'stopped' });
    service.checkInvariants();
  });
});

describe('freshness', () => {
  test('rows are found once, however their segments come', async () => {
    const path = temporaryPath();
    const catalogue = openAt(path);
    storeAndTell(catalogue, torrents.slice(0, 50), null);
    const { service, ready, allRows, page } = startSearch(path);
    const { writerEnd, searchEnd } = writerPorts();
    service.connectWriter(searchEnd);
    // In transit while the base is read, lost, told twice, and in order.
    storeAndTell(catalogue, torrents.slice(50, 60), writerEnd);
    await ready;
    storeAndTell(catalogue, torrents.slice(60, 70), null);
    storeAndTell(catalogue, torrents.slice(70, 80), writerEnd);
    await until(async () => (await page({})).totalCount === 80);
    storeAndTell(catalogue, torrents.slice(80, 90), writerEnd);
    await until(async () => (await page({})).totalCount === 90);
    expect((await allRows({})).map((row) => row.name)).toEqual(names.slice(0, 90).reverse());
    service.checkInvariants();
  });

  test('rows that went and peers that came show at once, also while the base is read', async () => {
    const path = temporaryPath();
    const catalogue = openAt(path);
    storeAndTell(catalogue, torrents.slice(0, 50), null);
    const { service, ready, page } = startSearch(path);
    const { writerEnd, searchEnd } = writerPorts();
    service.connectWriter(searchEnd);
    const change = (id: number, peersId: number): void => {
      catalogue.reader.database.prepare('DELETE FROM torrents WHERE id = ?').run(id);
      catalogue.reader.database.prepare('UPDATE torrents SET peers_seen = 9999 WHERE id = ?').run(peersId);
      writerEnd.post({ type: 'changed', removedIds: [id], peers: [{ id: peersId, peersSeen: 9999 }] });
    };
    change(7, 8);
    await ready;
    await until(async () => (await page({})).totalCount === 49);
    change(9, 10);
    await until(async () => (await page({})).totalCount === 48);
    const { rows } = await page({ sort: 'peers', limit: 3 });
    expect(rows.slice(0, 2).map((row) => row.name)).toEqual([names[9], names[7]]);
    service.checkInvariants();
  });

  test('a writer that starts again tells what it wrote meanwhile', async () => {
    const path = temporaryPath();
    const catalogue = openAt(path);
    const { service, ready, page } = startSearch(path);
    await ready;
    storeAndTell(catalogue, torrents.slice(0, 20), null);
    const { writerEnd, searchEnd } = writerPorts();
    service.connectWriter(searchEnd);
    writerEnd.post({ type: 'catalogue-ready' });
    await until(async () => (await page({})).totalCount === 20);
  });

  test('a catalogue that was replaced is read anew', async () => {
    const { path, catalogue, service, page } = await searchOver();
    catalogue.close();
    for (const end of ['', '-wal', '-shm']) {
      if (existsSync(path + end)) renameSync(path + end, `${path}.damaged-1${end}`);
    }
    storeAndTell(openAt(path), torrents.slice(200, 230), null);
    const { writerEnd, searchEnd } = writerPorts();
    service.connectWriter(searchEnd);
    writerEnd.post({ type: 'catalogue-ready' });
    await until(async () => (await page({})).totalCount === 30);
  });
});
