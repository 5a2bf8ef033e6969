// Rows by their place: the same list as page after page, whatever it is sorted by, however the index is cut.
import { expect, test } from 'vitest';
import { SORT_ORDERS } from '../../main/store/store-contract.ts';
import { Corpus } from '../bench/corpus.ts';
import { openAt, temporaryPath } from '../catalogue/support.ts';
import { startSearch, storeAndTell } from './search-support.ts';

const corpus = new Corpus(11);
const COUNT = 1200;

async function filledSearch() {
  const databasePath = temporaryPath();
  const catalogue = openAt(databasePath);
  storeAndTell(
    catalogue,
    Array.from({ length: COUNT }, (_, index) => corpus.torrent(index)),
    null,
  );
  catalogue.close();
  const search = startSearch(databasePath);
  await search.ready;
  return search;
}

test('the n-th row is the one that page after page comes to', async () => {
  const search = await filledSearch();
  const word = /[a-z]{4,}/i.exec(corpus.torrent(3).name)![0].slice(0, 2);
  for (const text of ['', word, 'size:>1']) {
    for (const sort of SORT_ORDERS) {
      const all = (await search.allRows({ text, sort })).map(({ infohashHex }) => infohashHex);
      const first = await search.page({ text, sort, limit: 1 });
      expect(first.reachableCount).toBeGreaterThan(0);
      expect(first.reachableCount).toBeLessThanOrEqual(all.length);
      if (first.nextCursor === null) continue;
      // The best hundred are ordered by their names as well, which only the first pages know.
      for (const offset of [100, 517, first.reachableCount - 3].filter(
        (at) => at >= 100 && at < first.reachableCount,
      )) {
        const event = await search.ask({
          type: 'rows-at',
          box: 'box',
          request: { text, sort, contentType: null, limit: 50, cursor: first.nextCursor, offset },
        });
        if (event.type !== 'rows') throw new Error(event.type);
        const found = event.rows.rows.map((row) => row?.infohashHex);
        expect([text, sort, offset, found]).toEqual([
          ...[text, sort, offset],
          all.slice(offset, Math.min(offset + 50, first.reachableCount)),
        ]);
      }
    }
  }
});

test('every order but the best match can be read from its end, page by page and by place', async () => {
  const search = await filledSearch();
  for (const sort of SORT_ORDERS) {
    const request = { text: 'size:>1', sort, contentType: null };
    const all = (await search.allRows(request)).map(({ infohashHex }) => infohashHex);
    const reversed = await search.allRows({ ...request, isReversed: true });
    // Without words the best match is the newest, and that has an end.
    expect(reversed.map(({ infohashHex }) => infohashHex)).toEqual(all.toReversed());
    const { nextCursor } = await search.page({ ...request, isReversed: true, limit: 1 });
    const event = await search.ask({
      type: 'rows-at',
      box: 'box',
      request: { ...request, isReversed: true, limit: 20, cursor: nextCursor!, offset: 300 },
    });
    if (event.type !== 'rows') throw new Error(event.type);
    expect(event.rows.rows.map((row) => row?.infohashHex)).toEqual(all.toReversed().slice(300, 320));
  }
});

test('a list whose rows only their names decide says that it has no places', async () => {
  const search = await filledSearch();
  const [first, second] = corpus
    .torrent(5)
    .name.split(/[^A-Za-z0-9]+/)
    .filter(Boolean);
  const page = await search.page({ text: `"${first} ${second}"` });
  expect(page.reachableCount).toBe(0);
  const request = { text: `"${first} ${second}"`, sort: 'newest', contentType: null, limit: 5, offset: 0 } as const;
  const refused = await search.ask({ type: 'rows-at', box: 'box', request: { ...request, cursor: '1_1_9_0_0_0' } });
  expect(refused).toMatchObject({ type: 'request-failed', problem: expect.stringMatching(/\.$/) });
});

test('links are told in the order asked for, without what is not stored', async () => {
  const search = await filledSearch();
  const { rows } = await search.page({ limit: 3 });
  const asked = [rows[2]!.infohashHex, 'f'.repeat(40), 'no hex', rows[0]!.infohashHex];
  const event = await search.ask({ type: 'links', infohashesHex: asked });
  expect(event).toMatchObject({ links: [{ infohashHex: asked[0], name: rows[2]!.name }, { infohashHex: asked[3] }] });
});
