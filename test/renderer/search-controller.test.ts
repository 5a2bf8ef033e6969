// The search of the window: latest keystroke wins, pages, arrivals while browsing.
import { beforeEach, describe, expect, test } from 'vitest';
import { PAGE_ROWS } from '../../renderer/search/result-pages.svelte.ts';
import { firstRows, LOADED_ROWS_MAX, REST_AFTER_MS } from '../../renderer/search/list-limits.ts';
import { SearchController } from '../../renderer/search/search-controller.svelte.ts';
import { FakeApi, FakeClock, page, row, rows } from './fake-window.ts';

let api: FakeApi;
let clock: FakeClock;
let search: SearchController;
beforeEach(() => {
  api = new FakeApi();
  clock = new FakeClock();
  search = new SearchController(api.api, clock);
});

async function browse(count: number, nextCursor: string | null = null): Promise<void> {
  void search.run();
  await api.last('search').succeed(page({ rows: rows(0, count), nextCursor, totalCount: 5000 }));
}

describe('typing', () => {
  test('asks at every keystroke, newest without words and best match with them', () => {
    void search.run();
    search.setText('d');
    search.setText('de');
    const asked = { isReversed: false, contentType: null, list: null, showsAdult: false };
    const firstPage = { limit: PAGE_ROWS, cursor: null, isFast: true };
    const typed = { ...firstPage, limit: firstRows(0) };
    expect(api.calls.map((call) => call.input)).toEqual([
      { text: '', sort: 'newest', ...asked, ...firstPage },
      { text: 'd', sort: 'relevance', ...asked, ...typed },
      { text: 'de', sort: 'relevance', ...asked, ...typed },
    ]);
  });

  test('asks for as many rows as can be seen', async () => {
    await browse(100);
    void search.reached(79, 20);
    search.setText('d');
    expect(api.last('search').input).toMatchObject({ limit: firstRows(60) });
    expect([firstRows(60), firstRows(1000)]).toEqual([70, PAGE_ROWS]);
  });

  test('the latest wins, whatever order answers arrive in', async () => {
    search.setText('d');
    const older = api.last('search');
    search.setText('de');
    await api.last('search').succeed(page({ rows: [row(2)] }));
    await older.succeed(page({ rows: [row(1)] }));
    expect(search.rows).toEqual([row(2)]);
    expect(search.answeredText).toBe('de');
  });

  test('old rows stay until the answer is there', async () => {
    await browse(3);
    search.setText('x');
    expect(search.rows).toHaveLength(3);
    await api.last('search').succeed(page({ rows: [] }));
    expect(search.rows).toHaveLength(0);
  });

  test('a page that ended before anything was found is no answer: the next one is asked for, as long as nothing else is', async () => {
    await browse(3);
    search.setText('rare');
    await api.last('search').succeed(page({ rows: [], isPartial: true, nextCursor: 'disk' }));
    await api.last('search').succeed(page({ rows: [], nextCursor: 'further down' }));
    expect(search.rows).toHaveLength(3);
    expect(api.last('search').input).toMatchObject({ text: 'rare', cursor: 'further down', isFast: false });
    await api.last('search').succeed(page({ rows: [row(9)], nextCursor: 'more' }));
    expect(search.rows).toEqual([row(9)]);

    clock.pass(REST_AFTER_MS);
    await api.last('search').succeed(page({ rows: [], nextCursor: 'and more' }));
    expect(api.last('search').input).toMatchObject({ cursor: 'and more' });
    search.setText('other');
    const asked = api.calls.length;
    await api.calls.at(-2)!.succeed(page({ rows: [], nextCursor: 'nobody waits for this' }));
    expect(api.calls).toHaveLength(asked);
  });

  test('an answer that was overtaken elsewhere changes nothing', async () => {
    await browse(3);
    search.setText('x');
    await api.last('search').succeed(null);
    expect(search.rows).toHaveLength(3);
  });

  test('a chosen order is kept while words are refined and forgotten with them', () => {
    search.setText('a');
    search.setSort('size');
    search.setText('ab');
    expect(search.sort).toBe('size');
    search.setText('');
    expect(search.sort).toBe('newest');
  });

  test('an order chosen again is turned around, and best match has no other end', () => {
    const asked = () => api.last('search').input as { sort: string; isReversed: boolean };
    search.setSort('size');
    expect(asked()).toMatchObject({ sort: 'size', isReversed: false });
    search.setSort('size');
    expect(asked()).toMatchObject({ sort: 'size', isReversed: true });
    search.setSort('files');
    expect(asked()).toMatchObject({ sort: 'files', isReversed: false });
    search.setSort('files');
    search.setText('a');
    expect(asked()).toMatchObject({ sort: 'files', isReversed: true });
    search.setSort('relevance');
    search.setSort('relevance');
    expect(asked()).toMatchObject({ sort: 'relevance', isReversed: false });
    search.setSort('newest');
    search.setSort('newest');
    expect(search.isBrowsingNewest).toBe(false);
    search.setText('');
    expect(asked()).toMatchObject({ sort: 'newest', isReversed: false });
  });

  test('a problem is said, the rows stay, and the next answer clears it', async () => {
    await browse(3);
    search.setText('x');
    await api.last('search').fail('The index is closed.');
    expect(search.problem).toBe('The index is closed.');
    expect(search.rows).toHaveLength(3);
    search.setText('xy');
    await api.last('search').succeed(page({ rows: [] }));
    expect(search.problem).toBeNull();
  });

  test('a sign of work shows after 300 ms, not before, and goes with the answer', async () => {
    search.setText('slow');
    clock.pass(299);
    expect(search.busy.isShown).toBe(false);
    clock.pass(1);
    expect(search.busy.isShown).toBe(true);
    await api.last('search').succeed(page({ rows: [] }));
    expect(search.busy.isShown).toBe(false);
  });

  test('the count is read out once, after the typing stopped', async () => {
    search.setText('a');
    await api.last('search').succeed(page({ rows: rows(0, 2) }));
    clock.pass(500);
    search.setText('ab');
    await api.last('search').succeed(page({ rows: rows(0, 1) }));
    clock.pass(500);
    expect(search.announcer.line).toBe('');
    clock.pass(300);
    expect(search.announcer.line).toBe('1 result');
  });

  test('counts by type stay where an answer did not count them', async () => {
    const countsByType = { video: 1, audio: 2, book: 3, software: 4, game: 5, image: 0, archive: 0, other: 6 };
    void search.run();
    await api.last('search').succeed(page({ rows: [row(1)], countsByType }));
    search.setContentType('audio');
    await api.last('search').succeed(page({ rows: [row(1)] }));
    expect(search.facts.countsByType).toEqual(countsByType);
  });
});

describe('pages', () => {
  test('the next is asked for near the end, once, and rows stay unique', async () => {
    await browse(PAGE_ROWS, 'c1');
    void search.reached(20);
    expect(api.count('search')).toBe(1);
    void search.reached(80);
    void search.reached(85);
    expect(api.count('search')).toBe(2);
    expect(api.last('search').input).toMatchObject({ cursor: 'c1' });
    await api.last('search').succeed(page({ rows: rows(95, 100), nextCursor: null }));
    expect(search.rows).toHaveLength(195);
    expect(new Set(search.rows.map((one) => one.infohashHex)).size).toBe(195);
    void search.reached(194);
    expect(api.count('search')).toBe(2);
  });

  test('none is asked for while a new search is under way, which it would overtake', async () => {
    await browse(PAGE_ROWS, 'c1');
    search.setText('x');
    void search.reached(99);
    expect(api.count('search')).toBe(2);
  });

  test('one that belongs to an older search is dropped', async () => {
    await browse(PAGE_ROWS, 'c1');
    void search.reached(99);
    const older = api.last('search');
    search.setText('x');
    await api.last('search').succeed(page({ rows: [row(7)] }));
    await older.succeed(page({ rows: rows(500, 100) }));
    expect(search.rows).toEqual([row(7)]);
  });

  test(`end at ${LOADED_ROWS_MAX} rows`, async () => {
    await browse(PAGE_ROWS, 'more');
    for (let at = PAGE_ROWS; at < LOADED_ROWS_MAX + 300; at += 200) {
      void search.reached(search.rows.length - 1);
      await api.last('search').succeed(page({ rows: rows(at, 200), nextCursor: 'more' }));
    }
    expect(search.rows).toHaveLength(LOADED_ROWS_MAX);
    expect(search.isCapped).toBe(true);
    const askedCount = api.count('search');
    void search.reached(LOADED_ROWS_MAX - 1);
    expect(api.count('search')).toBe(askedCount);
  });
});

describe('arrivals', () => {
  test('are counted while the newest are browsed, and move nothing', async () => {
    await browse(PAGE_ROWS);
    search.torrentsAdded(5);
    search.torrentsAdded(7);
    clock.pass(10_000);
    expect(search.waitingNewCount).toBe(12);
    expect(search.rows).toEqual(rows(0, PAGE_ROWS));
  });

  test('come when asked for; those that arrive meanwhile keep waiting', async () => {
    await browse(PAGE_ROWS);
    search.torrentsAdded(12);
    const shown = search.showNew();
    search.torrentsAdded(3);
    await api.last('search').succeed(page({ rows: rows(1000, PAGE_ROWS) }));
    await shown;
    expect(search.rows[0]).toEqual(row(1000));
    expect(search.waitingNewCount).toBe(3);
    expect(search.scrollToTopRequests).toBe(2);
  });

  test('bring the figures up to date every three seconds; under words only those that match wait', async () => {
    search.setText('x');
    await api.last('search').succeed(page({ rows: rows(0, 50), totalCount: 50 }));
    for (let i = 0; i < 5; i += 1) {
      search.torrentsAdded(5);
      clock.pass(500);
    }
    expect([search.waitingNewCount, api.count('search')]).toEqual([0, 1]);
    clock.pass(500);
    expect(api.last('search').input).toEqual({
      text: 'x',
      sort: 'relevance',
      isReversed: false,
      contentType: null,
      list: null,
      showsAdult: false,
      limit: 1,
      cursor: null,
      isFast: false,
    });
    await api.last('search').succeed(page({ rows: rows(900, 1), totalCount: 52 }));
    expect([search.waitingNewCount, search.facts.totalCount]).toEqual([2, 52]);
    expect(search.rows).toEqual(rows(0, 50));
    expect(search.scrollToTopRequests).toBe(1);
    const shown = search.showNew();
    await api.last('search').succeed(page({ rows: rows(0, 52), totalCount: 52 }));
    await shown;
    expect([search.waitingNewCount, search.rows.length]).toEqual([0, 52]);
  });

  test('are not counted while a page or a search is under way, nor for words that changed meanwhile', async () => {
    await browse(50);
    search.setText('x');
    search.torrentsAdded(5);
    clock.pass(3000);
    expect(api.count('search')).toBe(2);
    await api.last('search').succeed(page({ rows: rows(0, 50), nextCursor: 'more', totalCount: 50 }));
    void search.reached(49);
    search.torrentsAdded(5);
    clock.pass(3000);
    expect(api.count('search')).toBe(3);
    await api.last('search').succeed(page({ rows: rows(50, 50) }));
    search.torrentsAdded(5);
    clock.pass(3000);
    const counting = api.last('search');
    search.setText('xy');
    await counting.succeed(page({ rows: [], totalCount: 60 }));
    expect([search.waitingNewCount, search.facts.totalCount]).toEqual([0, 50]);
  });

  test('fill the first screen by themselves, from below while somebody is in the list', async () => {
    await browse(3);
    search.isListInUse = true;
    search.torrentsAdded(2);
    clock.pass(2000);
    await api.last('search').succeed(page({ rows: [row(10), row(11), ...rows(0, 3)] }));
    expect(search.rows).toEqual([...rows(0, 3), row(10), row(11)]);
    search.isListInUse = false;
    search.torrentsAdded(1);
    clock.pass(2000);
    await api.last('search').succeed(page({ rows: [row(12), row(10), row(11), ...rows(0, 3)] }));
    expect(search.rows).toEqual([row(12), row(10), row(11), ...rows(0, 3)]);
    expect([search.waitingNewCount, search.scrollToTopRequests]).toEqual([0, 1]);
  });

  test('make a search without results look again, not more often than every two seconds', async () => {
    search.setText('rare');
    await api.last('search').succeed(page({ rows: [] }));
    for (let i = 0; i < 20; i += 1) {
      search.torrentsAdded(1);
      clock.pass(100);
    }
    expect(api.count('search')).toBe(2);
    await api.last('search').succeed(page({ rows: [row(1)] }));
    expect(search.rows).toEqual([row(1)]);
  });
});

describe('selection', () => {
  test('is of a torrent, not of a place, and ends with it', async () => {
    await browse(5);
    search.cursor.select(2);
    search.setText('x');
    await api.last('search').succeed(page({ rows: rows(1, 4) }));
    expect(search.cursor.index).toBe(1);
    search.setText('xy');
    await api.last('search').succeed(page({ rows: rows(10, 4) }));
    expect(search.cursor.index).toBe(-1);
  });

  test('by Enter before the answer is there waits for it', async () => {
    await browse(5);
    search.setText('x');
    search.selectFirst();
    expect(search.cursor.index).toBe(-1);
    await api.last('search').succeed(page({ rows: rows(10, 4) }));
    expect(search.cursor.infohashHex).toBe(row(10).infohashHex);
  });

  test('stays inside the rows', async () => {
    await browse(5);
    expect(search.cursor.select(99)).toEqual(row(4));
    expect(search.cursor.select(-3)).toEqual(row(0));
    search.setText('x');
    await api.last('search').succeed(page({ rows: [] }));
    expect(search.cursor.select(0)).toBeNull();
  });
});

describe('two batches', () => {
  test('rows out of memory are shown at once, what the disk has goes below them with the whole figures', async () => {
    search.setText('x');
    await api.last('search').succeed(page({ rows: rows(0, 3), isPartial: true, nextCursor: 'c', totalCount: 3 }));
    expect(search.rows).toEqual(rows(0, 3));
    expect(api.count('search')).toBe(1);
    clock.pass(REST_AFTER_MS);
    expect(api.last('search').input).toMatchObject({ cursor: 'c', isFast: false });
    const facts = { totalCount: 5, didYouMean: ['y'] };
    await api.last('search').succeed(page({ rows: rows(3, 2), ...facts }));
    expect(search.rows).toEqual(rows(0, 5));
    expect(search.facts).toMatchObject({ ...facts, isPartial: false });
    expect(search.hasMore).toBe(false);
  });

  test('nothing in memory is no answer yet: what was shown stays until the disk has been asked', async () => {
    await browse(4);
    search.setText('x');
    await api.last('search').succeed(page({ rows: [], isPartial: true, nextCursor: 'c', totalCount: 0 }));
    expect([search.rows.length, search.answeredText]).toEqual([4, '']);
    await api.last('search').succeed(page({ rows: [row(9)] }));
    expect([search.rows, search.answeredText]).toEqual([[row(9)], 'x']);
  });

  test('a newer keystroke drops the second batch of an older one', async () => {
    search.setText('x');
    await api.last('search').succeed(page({ rows: rows(0, 1), isPartial: true, nextCursor: 'c' }));
    clock.pass(REST_AFTER_MS);
    const second = api.last('search');
    search.setText('xy');
    await api.last('search').succeed(page({ rows: rows(5, 1) }));
    await second.succeed(page({ rows: rows(7, 3) }));
    expect(search.rows).toEqual(rows(5, 1));
  });

  test('while keys come quickly the disk is not asked, whatever the list is short of', async () => {
    for (const [at, text] of ['x', 'xy', 'xyz'].entries()) {
      search.setText(text);
      await api.last('search').succeed(page({ rows: rows(at, 3), isPartial: true, nextCursor: 'c' }));
      void search.reached(2);
      clock.pass(REST_AFTER_MS - 1);
    }
    expect(api.calls.map((call) => (call.input as { isFast: boolean }).isFast)).toEqual([true, true, true]);
    clock.pass(1);
    expect(api.last('search').input).toMatchObject({ text: 'xyz', cursor: 'c', isFast: false });
    search.stop();
    expect(clock.timerCount).toBe(1); // what screen readers are told
  });
});
