// A list of any length: where a reader is in it, which rows of it are loaded, what is selected, what is known of who has it.
import { beforeEach, describe, expect, test } from 'vitest';
import { HealthWatch, STALE_AFTER_SECONDS } from '../../renderer/search/health-watch.svelte.ts';
import { PAGE_ROWS, PAGES_KEPT_MAX, ResultPages } from '../../renderer/search/result-pages.svelte.ts';
import { HEIGHT_MAX_PX, ScaledScroll } from '../../renderer/search/scaled-scroll.ts';
import { SearchController } from '../../renderer/search/search-controller.svelte.ts';
import { SELECTED_MAX } from '../../renderer/search/selection.svelte.ts';
import { healthText } from '../../renderer/shared/health-text.ts';
import { FakeApi, FakeClock, page, row, rows } from './fake-window.ts';

let api: FakeApi;
let clock: FakeClock;
beforeEach(() => {
  api = new FakeApi();
  clock = new FakeClock();
});

describe('a list that is taller than an element can be', () => {
  const ROW_PX = 56;
  const COUNT = 1_000_000;
  function million(): ScaledScroll {
    const scroll = new ScaledScroll();
    scroll.resize(COUNT * ROW_PX, 800);
    return scroll;
  }

  test('is an element of a height that can be drawn, and a short one is as tall as its rows', () => {
    expect(million().heightPx).toBe(HEIGHT_MAX_PX);
    const short = new ScaledScroll();
    short.resize(40 * ROW_PX, 800);
    expect([short.heightPx, short.scrolled(300), short.topPx, short.shiftPx]).toEqual([2240, 300, 300, 0]);
  });

  test('the wheel moves the rows by just so much, wherever the reader is', () => {
    const scroll = million();
    scroll.scrolled(scroll.moveTo(30_000_000));
    const before = scroll.topPx;
    for (let step = 0; step < 20; step++) scroll.scrolled(scroll.scrollTopPx + 100);
    expect(scroll.topPx - before).toBe(2000);
  });

  test('a dragged thumb moves by its share, to the very ends', () => {
    const scroll = million();
    scroll.scrolled(HEIGHT_MAX_PX / 2);
    expect(scroll.topPx / (COUNT * ROW_PX)).toBeCloseTo(0.5, 3);
    scroll.scrolled(HEIGHT_MAX_PX - 800);
    expect(scroll.topPx).toBe(COUNT * ROW_PX - 800);
    scroll.scrolled(0);
    expect(scroll.topPx).toBe(0);
  });

  test('every row can be reached by small steps, though the thumb would be at its end before', () => {
    const scroll = million();
    scroll.scrolled(scroll.moveTo(COUNT * ROW_PX - 100_000));
    for (let step = 0; step < 2000 && scroll.topPx < COUNT * ROW_PX - 800; step++) {
      const wanted = Math.min(scroll.scrollTopPx + 120, HEIGHT_MAX_PX - 800);
      scroll.scrolled(wanted);
    }
    expect(scroll.topPx).toBe(COUNT * ROW_PX - 800);
    for (let step = 0; step < 2000; step++) scroll.scrolled(Math.max(0, scroll.scrollTopPx - 120));
    // Less than a step may be lost where the thumb was put right.
    expect(Math.abs(scroll.topPx - (COUNT * ROW_PX - 800 - 2000 * 120))).toBeLessThan(120);
  });

  test('at rest the thumb is where the reader is, and no row moves for it', () => {
    const scroll = million();
    scroll.scrolled(scroll.moveTo(20_000_000));
    for (let step = 0; step < 50; step++) scroll.scrolled(scroll.scrollTopPx + 100);
    const { topPx } = scroll;
    const wanted = scroll.settle();
    expect(wanted / (HEIGHT_MAX_PX - 800)).toBeCloseTo(topPx / (COUNT * ROW_PX - 800), 3);
    expect([scroll.scrolled(wanted), scroll.topPx]).toEqual([wanted, topPx]);
  });
});

describe('pages in the middle', () => {
  test('are loaded two at a time, the latest in sight first, and those nobody sees any more not at all', async () => {
    const asked: number[] = [];
    const answers: (() => void)[] = [];
    const pages = new ResultPages(clock, (offset, limit) => {
      asked.push(offset);
      return new Promise((resolve) => answers.push(() => resolve(rows(offset, limit))));
    });
    pages.need(1000, 1010);
    pages.need(5000, 5010);
    pages.need(9000, 9010);
    pages.need(70_050, 70_150);
    expect(asked).toEqual([1000, 5000]);
    for (let at = 0; at < 4; at++) {
      answers[at]?.();
      for (let turn = 0; turn < 3; turn++) await Promise.resolve();
    }
    expect(asked).toEqual([1000, 5000, 70_000, 70_100]);
    expect([pages.at(70_123)?.infohashHex, pages.at(9000)]).toEqual([row(70_123).infohashHex, undefined]);
  });

  test('are bounded, and the one that was seen longest ago goes', async () => {
    const pages = new ResultPages(clock, (offset, limit) => Promise.resolve(rows(offset, limit)));
    for (let at = 0; at <= PAGES_KEPT_MAX; at++) {
      pages.need(at * PAGE_ROWS, at * PAGE_ROWS);
      for (let turn = 0; turn < 3; turn++) await Promise.resolve();
      pages.need(0, 0);
    }
    expect([pages.droppedCount, pages.at(0)?.name, pages.at(PAGE_ROWS)]).toEqual([1, 'Torrent 0', undefined]);
  });

  test('what came to nothing is asked for again while it is in sight', async () => {
    let asked = 0;
    const pages = new ResultPages(clock, () => Promise.resolve(asked++ === 0 ? null : [row(7)]));
    pages.need(0, 0);
    for (let turn = 0; turn < 3; turn++) await Promise.resolve();
    expect([asked, pages.at(0)]).toEqual([1, undefined]);
    clock.pass(250);
    for (let turn = 0; turn < 3; turn++) await Promise.resolve();
    expect([asked, pages.at(0)]).toEqual([2, row(7)]);
  });
});

async function longList(reachableCount: number): Promise<SearchController> {
  const search = new SearchController(api.api, clock);
  void search.run();
  const first = { rows: rows(0, PAGE_ROWS), nextCursor: 'c', totalCount: reachableCount, reachableCount };
  await api.last('search').succeed(page(first));
  return search;
}

describe('a search of a million', () => {
  test('End selects the last row before it is loaded, and its torrent when it is', async () => {
    const search = await longList(1_000_000);
    expect(search.length).toBe(1_000_000);
    search.cursor.select(search.length - 1);
    expect([search.cursor.index, search.cursor.infohashHex]).toEqual([999_999, null]);
    void search.reached(999_999, 999_985);
    expect(api.last('rowsAt').input).toMatchObject({ offset: 999_900, limit: PAGE_ROWS, cursor: 'c' });
    await api.last('rowsAt').succeed({ rows: rows(999_900, PAGE_ROWS), tailCursor: 't' });
    expect(search.cursor.infohashHex).toBe(row(999_999).infohashHex);
    expect(api.count('search')).toBe(1); // exact: nothing comes behind
  });

  test('what only the disk knows comes behind the last place', async () => {
    const search = new SearchController(api.api, clock);
    void search.run();
    const first = { rows: rows(0, PAGE_ROWS), nextCursor: 'c', totalCount: 300, reachableCount: 300 };
    await api.last('search').succeed(page({ ...first, totalIsExact: false }));
    void search.reached(299, 285);
    await api.last('rowsAt').succeed({ rows: rows(200, PAGE_ROWS), tailCursor: 't' });
    expect(api.last('search').input).toMatchObject({ cursor: 't' });
    await api.last('search').succeed(page({ rows: rows(300, 40), nextCursor: null }));
    expect([search.length, search.at(330)]).toEqual([340, row(330)]);
    expect(search.facts).toMatchObject({ totalIsExact: true, totalCount: 340 });
  });

  test('a range over rows that are not loaded reads them; all of a million is cut, and says so', async () => {
    const search = await longList(1_000_000);
    search.cursor.select(98);
    const extended = search.cursor.extendTo(103);
    await api.last('rowsAt').succeed({ rows: rows(100, 4), tailCursor: 't' });
    await extended;
    expect(search.cursor.selection.infohashesHex).toEqual(rows(98, 6).map(({ infohashHex }) => infohashHex));
    const all = search.cursor.selectAll();
    for (let at = PAGE_ROWS; at <= SELECTED_MAX; at += 200) {
      await api.last('rowsAt').succeed({ rows: rows(at, Math.min(200, SELECTED_MAX + 1 - at)), tailCursor: 't' });
    }
    await all;
    expect([search.cursor.selection.count, search.cursor.selection.isCut]).toEqual([SELECTED_MAX, true]);
  });
});

describe('selection', () => {
  test('of single rows, of ranges that turn round, and none of an older search', async () => {
    const search = await longList(PAGE_ROWS);
    const { cursor } = search;
    const chosen = () => cursor.selection.infohashesHex.map((hex) => parseInt(hex, 16)).sort((a, b) => a - b);
    cursor.select(5);
    await cursor.extendTo(7);
    await cursor.extendTo(4);
    expect(chosen()).toEqual([4, 5]);
    cursor.toggle(9);
    cursor.toggle(4);
    expect([chosen(), cursor.index]).toEqual([[5, 9], 4]);
    cursor.moveOnly(20);
    expect([chosen(), cursor.index]).toEqual([[5, 9], 20]);
    cursor.select(21);
    expect(chosen()).toEqual([21]);
    search.setText('x');
    await api.last('search').succeed(page({ rows: rows(21, 3) }));
    expect([chosen(), cursor.index]).toEqual([[], 0]);
  });
});

describe('who has what is on screen', () => {
  const counted = (checkedAtUnixSeconds: number) => ({ seeders: 3, leechers: 1, checkedAtUnixSeconds });

  test('is looked for once rows have rested, and only where figures are old', () => {
    const watch = new HealthWatch(api.api, clock);
    const now = clock.nowUnixSeconds();
    const [old, fresh, never] = rows(1, 3);
    const health = (at: number) => ({ dht: counted(at), tracker: null, isDead: false });
    const inSight = [
      { ...old!, health: health(now - STALE_AFTER_SECONDS - 1) },
      { ...fresh!, health: health(now - 60) },
      never!,
    ];
    watch.inSight(inSight);
    clock.pass(700);
    watch.inSight(inSight);
    clock.pass(700);
    expect(api.count('checkHealth')).toBe(0);
    clock.pass(100);
    expect(api.last('checkHealth').input).toEqual({ infohashesHex: [old!.infohashHex, never!.infohashHex] });
    expect(watch.isAsking(never!.infohashHex)).toBe(true);
    watch.found([{ infohashHex: never!.infohashHex, source: 'dht', ...counted(now) }]);
    expect([watch.isAsking(never!.infohashHex), watch.of(never!)?.dht?.seeders]).toEqual([false, 3]);
    clock.pass(60_000);
    expect(watch.isAsking(old!.infohashHex)).toBe(false);
  });

  test('a finding of one source leaves the other, and whoever is counted is not dead', () => {
    const watch = new HealthWatch(api.api, clock);
    const [one] = rows(1, 1);
    const infohashHex = one!.infohashHex;
    watch.found([{ infohashHex, source: 'tracker', ...counted(10) }]);
    watch.found([{ infohashHex, source: 'dht', ...counted(20) }]);
    expect(watch.of(one!)).toEqual({ dht: counted(20), tracker: counted(10), isDead: false });
  });

  test('is said with who counted and when, never as a bare number', () => {
    const now = 1_700_000_000;
    const say = (health: Parameters<typeof healthText>[0]['health']) => healthText({ health, peersSeen: 4 }, now);
    expect(say(null)).toMatchObject({ figure: '4 peers', origin: 'when found', tone: 'unknown' });
    const both = { dht: counted(now - 300), tracker: counted(now - 7200), isDead: false };
    expect(say(both)).toMatchObject({ figure: '3 seeders', origin: 'DHT, 5 min ago', tone: 'alive' });
    expect(say({ ...both, dht: null })).toMatchObject({ origin: 'Tracker, 2 hr ago' });
    const none = { seeders: 0, leechers: 0, checkedAtUnixSeconds: now };
    expect(say({ dht: none, tracker: null, isDead: false })).toMatchObject({ figure: 'Nobody found', tone: 'nobody' });
    expect(say({ dht: null, tracker: null, isDead: true })).toMatchObject({ tone: 'nobody' });
  });
});
