// The filters of the query language through the search thread's service, on a real catalogue: all in memory, and with all
// but the newest rows only on disk, against a scan over the torrents themselves.
import { describe, expect, test } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import { systemClock } from '../../main/base/clock.ts';
import { contentTypeOf } from '../../main/search/content-type.ts';
import type { Torrent } from '../../main/catalogue/torrent.ts';
import { SORT_ORDERS } from '../../main/store/store-contract.ts';
import { madeTorrent, openAt, temporaryPath } from '../catalogue/support.ts';
import { startSearch, storeAndTell, until, writerPorts } from './search-support.ts';

const KINDS = [
  { name: 'Harbour lights', files: ['disc/01 gull.flac', 'disc/02 tide.flac', 'cover.jpg'] },
  { name: 'Harbour film 1080p', files: ['film.mkv', 'sample/clip.mkv', 'subs.srt'] },
  { name: 'Tide tables', files: ['tables.pdf'] },
  { name: 'Gull game FitGirl', files: ['setup.exe', 'data/sample.bin'] },
  { name: 'Holiday', files: ['photos.zip'] },
] as const;

const torrents: Torrent[] = Array.from({ length: 300 }, (_, index) => {
  const kind = KINDS[index % KINDS.length]!;
  const files = kind.files.map((path, at) => ({ path, sizeBytes: at === 0 ? 1000 * (1 + (index % 37)) : 1 }));
  return madeTorrent(`t${index}`, {
    name: kind.name,
    files,
    fileCount: files.length,
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    peersSeen: index % 13,
    discoveredAtUnixSeconds: 1_000_000 + index,
  });
});

async function start(windowRows: number) {
  const path = temporaryPath();
  const catalogue = openAt(path);
  const { writerEnd, searchEnd } = writerPorts();
  const search = startSearch(path, { windowRows });
  search.service.connectWriter(searchEnd);
  writerEnd.post({ type: 'catalogue-ready' });
  await search.ready;
  for (let from = 0; from < torrents.length; from += 20) {
    storeAndTell(catalogue, torrents.slice(from, from + 20), writerEnd);
  }
  await until(async () => (await search.page({ text: '' })).rows[0]?.infohashHex === hexOf(torrents.at(-1)!));
  return { catalogue, writerEnd, ...search };
}

const hexOf = ({ infohashV1 }: Torrent): string => toHex(infohashV1!);
const typeOf = ({ name, files }: Torrent): string => contentTypeOf(name, files);
const hasExtension = (torrent: Torrent, extension: string): boolean =>
  torrent.files.some(({ path }) => path.endsWith(`.${extension}`));
const hasWord = (torrent: Torrent, word: RegExp): boolean =>
  [torrent.name, ...torrent.files.map(({ path }) => path)].some((text) => word.test(text));

const QUESTIONS: readonly (readonly [string, (torrent: Torrent) => boolean])[] = [
  ['type:audio', (torrent) => typeOf(torrent) === 'audio'],
  ['-type:video,game,book', (torrent) => ['audio', 'archive'].includes(typeOf(torrent))],
  ['size:>20kB', ({ sizeBytes }) => sizeBytes > 20_000],
  ['files:2..3 seeds:5', ({ fileCount, peersSeen }) => fileCount >= 2 && fileCount <= 3 && peersSeen >= 5],
  ['ext:mkv', (torrent) => hasExtension(torrent, 'mkv')],
  ['ext:mkv,exe size:<10kB', (torrent) => torrent.sizeBytes < 10_000 && /film|game/.test(torrent.name)],
  ['harbour -ext:mkv ', ({ name }) => name === 'Harbour lights'],
  ['ext:flac ext:jpg', ({ name }) => name === 'Harbour lights'],
  ['ext:flac ext:mkv', () => false],
  ['path:sample', (torrent) => hasWord(torrent, /sample/)],
  ['path:gull', (torrent) => hasWord(torrent, /gull/i)],
  ['path:tide path:gull', ({ name }) => name === 'Harbour lights'],
  ['harbour OR tables -path:gull ', ({ name }) => name === 'Harbour film 1080p' || name === 'Tide tables'],
  ['"harbour film" OR holiday ', ({ name }) => name === 'Harbour film 1080p' || name === 'Holiday'],
];

describe.each([
  ['all in memory', 1000],
  ['mostly on disk', 40],
])('%s', (_, windowRows) => {
  test('filters give what a scan gives, in every order, in pages', async () => {
    const { allRows, page } = await start(windowRows);
    for (const [text, fits] of QUESTIONS) {
      const expected = torrents.filter(fits).map(hexOf).sort();
      for (const sort of SORT_ORDERS) {
        const rows = await allRows({ text, sort, limit: 60 });
        expect([text, sort, rows.map((row) => row.infohashHex).sort()]).toEqual([text, sort, expected]);
      }
      const { totalCount, totalIsExact } = await page({ text });
      if (totalIsExact) expect([text, totalCount]).toEqual([text, expected.length]);
      else expect(totalCount).toBeLessThanOrEqual(expected.length);
      if (windowRows > torrents.length) expect([text, totalIsExact]).toEqual([text, true]);
    }
  });

  test('a beginning of an infohash finds its torrents', async () => {
    const { page } = await start(windowRows);
    const hex = hexOf(torrents[7]!);
    for (const length of [1, 3, 8, 39]) {
      const expected = torrents.map(hexOf).filter((one) => one.startsWith(hex.slice(0, length)));
      const { rows } = await page({ text: `hash:${hex.slice(0, length)}` });
      expect(rows.map((row) => row.infohashHex).sort()).toEqual(expected.sort());
    }
  });

  test('the first batch is memory alone, the pages after it bring the rest and the whole figures', async () => {
    const { page } = await start(windowRows);
    const first = await page({ text: 'harbour ', isFast: true, limit: 200 });
    const seen = first.rows.map((row) => row.infohashHex);
    expect(first.isPartial).toBe(true); // few names match: the files have to be asked in any case
    let last = first;
    while (last.nextCursor !== null) {
      last = await page({ text: 'harbour ', cursor: last.nextCursor, limit: 200 });
      expect(last.isPartial).toBe(false);
      seen.push(...last.rows.map((row) => row.infohashHex));
    }
    expect(seen.length).toBe(new Set(seen).size);
    expect(seen.sort()).toEqual(
      torrents
        .filter(({ name }) => name.startsWith('Harbour'))
        .map(hexOf)
        .sort(),
    );
    expect(last.totalCount).toBe(seen.length);
  });
});

test('age is counted from now', async () => {
  const path = temporaryPath();
  const catalogue = openAt(path);
  const nowUnixSeconds = systemClock.nowUnixSeconds();
  const found = (name: string, hoursAgo: number) =>
    madeTorrent(name, { name, discoveredAtUnixSeconds: nowUnixSeconds - hoursAgo * 3600 });
  storeAndTell(catalogue, [found('old', 24 * 40), found('week', 24 * 6), found('fresh', 1)], null);
  const { ready, page } = startSearch(path);
  await ready;
  const namesOf = async (text: string) => (await page({ text })).rows.map((row) => row.name);
  expect(await namesOf('age:<2h')).toEqual(['fresh']);
  expect(await namesOf('age:7d')).toEqual(['fresh', 'week']);
  expect(await namesOf('age:>1mo')).toEqual(['old']);
});
