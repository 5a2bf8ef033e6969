import { describe, expect, it } from 'vitest';
import { CrawlHistory, HISTORY_MINUTES, type CrawlTotals } from '../../main/session/crawl-history.ts';
import { CRAWL_MINUTES } from '../../preload/crawl-contract.ts';

const MINUTE_MS = 60_000;
const totals = (count: number): CrawlTotals => ({
  sampled: count * 10,
  fresh: count * 5,
  tried: count * 2,
  fetched: count,
  packets: count * 20,
});

describe('CrawlHistory', () => {
  it('says what grew in each minute, the oldest first, and a gap where nobody counted', () => {
    const history = new CrawlHistory();
    history.add(totals(3), 0);
    history.add(totals(5), 30_000);
    history.add(totals(6), MINUTE_MS);
    history.add(totals(10), 3 * MINUTE_MS); // the machine slept for a minute
    const minutes = history.minutes(3 * MINUTE_MS);
    expect(minutes).toHaveLength(HISTORY_MINUTES);
    expect(minutes.slice(-4).map((minute) => minute?.fetched ?? null)).toEqual([5, 1, null, 4]);
    expect(minutes.slice(0, -4).every((minute) => minute === null)).toBe(true);
  });

  it('goes on with an engine that counts from zero again', () => {
    const history = new CrawlHistory();
    history.add(totals(100), 0);
    history.add(totals(2), 1000);
    history.add(totals(5), 2000);
    expect(history.minutes(2000).at(-1)).toEqual(totals(105));
  });

  it('keeps an hour and no more', () => {
    const history = new CrawlHistory();
    for (let minute = 0; minute < 200; minute++) history.add(totals(minute), minute * MINUTE_MS);
    const minutes = history.minutes(199 * MINUTE_MS);
    expect(minutes.map((minute) => minute?.fetched)).toEqual(Array.from({ length: 60 }, () => 1));
    expect(history.minutes(400 * MINUTE_MS).every((minute) => minute === null)).toBe(true);
  });

  it('says how many packets left a second over the last minute', () => {
    const history = new CrawlHistory();
    for (let second = 0; second <= 300; second++) history.add(totals(second < 240 ? second : 240), second * 1000);
    expect(history.packetsPerSecond(300_000)).toBeCloseTo(0, 0);
    const other = new CrawlHistory();
    for (let second = 0; second <= 300; second++) other.add(totals(second), second * 1000);
    expect(other.packetsPerSecond(300_000)).toBeCloseTo(20, 0);
  });

  it('is as long as the window expects', () => {
    expect(HISTORY_MINUTES).toBe(CRAWL_MINUTES);
  });
});
