// The adult-name filter through the search as a whole: rows, counts, types, places, suggestions and paging are those of a
// catalogue that never had such names, in memory and below the window, and what is hidden is counted.
import { describe, expect, it } from 'vitest';
import type { Torrent } from '../../main/catalogue/torrent.ts';
import { isAdultName } from '../../main/search/adult-names.ts';
import type { ResultPage, SearchRequest } from '../../main/store/store-contract.ts';
import { madeTorrent, openAt, temporaryPath } from '../catalogue/support.ts';
import { searchMostlyOnDisk, startSearch, storeAndTell } from './search-support.ts';

const COUNT = 900;

/** Every third is adult; every fifth only seems to be. */
function nameOf(index: number): string {
  const subject = `Deep Harbour Part ${index}`;
  if (index % 3 === 0) return `${subject} ${['XXX', 'Porn', 'Busty Stepmom'][index % 9 === 0 ? 0 : index % 2 ? 1 : 2]}`;
  return index % 5 === 0 ? `${subject} Essex Sex Education` : subject;
}

const torrents: Torrent[] = Array.from({ length: COUNT }, (_, index) => ({
  ...madeTorrent(index),
  name: nameOf(index),
  sizeBytes: 1000 + ((index * 7919) % 5000),
}));
const innocent = torrents.filter(({ name }) => !isAdultName(name));

async function searchOver(kept: readonly Torrent[]) {
  const databasePath = temporaryPath();
  const catalogue = openAt(databasePath);
  storeAndTell(catalogue, kept, null);
  catalogue.close();
  const search = startSearch(databasePath);
  await search.ready;
  return search;
}

const names = (rows: readonly { readonly name: string }[]): string[] => rows.map(({ name }) => name);
const facts = ({ totalCount, totalIsExact, countsByType, reachableCount }: ResultPage) => ({
  ...{ totalCount, totalIsExact, countsByType, reachableCount },
});

describe('with adult names hidden', () => {
  it('everything is as if they were not there', async () => {
    expect(torrents.length - innocent.length).toBe(300);
    const all = await searchOver(torrents);
    const clean = await searchOver(innocent);
    const requests: Partial<SearchRequest>[] = [
      ...[
        {},
        { text: 'deep' },
        { text: 'deep size:>3kb' },
        { text: '"harbour part"' },
        { text: 'porn' },
        { text: 'sex' },
      ],
      ...[
        { sort: 'size' as const },
        { sort: 'size' as const, isReversed: true },
        { text: 'harbour', sort: 'files' as const },
      ],
    ];
    for (const request of requests) {
      const hidden = await all.page({ ...request, hidesAdult: true });
      const expected = await clean.page(request);
      expect([request, facts(hidden)]).toEqual([request, facts(expected)]);
      expect([request, names(await all.allRows({ ...request, hidesAdult: true }))]).toEqual([
        request,
        names(await clean.allRows(request)),
      ]);
    }
  });

  it('what is hidden is counted, and shown where it is asked for', async () => {
    const search = await searchOver(torrents);
    const none = await search.page({ text: 'porn', hidesAdult: true });
    expect([none.rows, none.totalCount]).toEqual([[], 0]);
    const porn = torrents.filter(({ name }) => name.includes('Porn')).length;
    expect(none.adultHidden).toEqual({ count: porn, isExact: true });
    const shown = await search.page({ text: 'porn' });
    expect([shown.totalCount, shown.adultHidden]).toEqual([porn, null]);
    expect((await search.page({ text: '"busty stepmom"', hidesAdult: true })).adultHidden!.count).toBeGreaterThan(0);
  });

  it('rows by their place are of the same list', async () => {
    const search = await searchOver(torrents);
    const asked = { text: '', sort: 'size', contentType: null, hidesAdult: true } as const;
    const all = await search.allRows(asked);
    const first = await search.page({ ...asked, limit: 1 });
    expect(first.reachableCount).toBe(innocent.length);
    const request = { ...asked, limit: 50, cursor: first.nextCursor!, offset: 300 };
    const event = await search.ask({ type: 'rows-at', box: 'box', request });
    if (event.type !== 'rows') throw new Error(event.type);
    expect(event.rows.rows.map((row) => row?.name)).toEqual(names(all.slice(300, 350)));
  });

  it('holds below the window, too, and says where a count is only a lower bound', async () => {
    const search = await searchMostlyOnDisk(torrents);
    const found = await search.allRows({ text: 'harbour', sort: 'newest', hidesAdult: true });
    expect(names(found).toSorted()).toEqual(names(innocent).toSorted());
    const page = await search.page({ text: 'harbour', hidesAdult: true });
    expect(page.totalIsExact).toBe(false);
    expect(page.totalCount).toBeLessThanOrEqual(innocent.length);
    expect(page.adultHidden).toMatchObject({ isExact: false });
  });

  it('no title of theirs is suggested', async () => {
    const adult = { ...madeTorrent(5001), name: 'Moonlit Cavern XXX 1080p' };
    const search = await searchOver([...torrents, adult, { ...madeTorrent(5002), name: 'Moonlit Meadow 1080p' }]);
    const suggest = async (hidesAdult: boolean): Promise<readonly string[]> => {
      const event = await search.ask({ type: 'suggest', text: 'moonlit', hidesAdult });
      return event.type === 'suggestions' ? event.titles : [];
    };
    while ((await suggest(false)).length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await suggest(true)).toEqual(['Moonlit Meadow']);
  });
});
