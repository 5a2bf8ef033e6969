import { beforeEach, describe, expect, it } from 'vitest';
import { WindowNews } from '../../main/app/window-news.ts';
import { STATUS_EVERY_MS, type StatusDto } from '../../preload/ipc-contract.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';

describe('WindowNews', () => {
  let clock: SimulatedClock;
  let status: StatusDto;
  let shown: StatusDto[];
  let added: number[];
  let news: WindowNews;

  beforeEach(() => {
    clock = new SimulatedClock();
    status = { state: 'running', torrentCount: 0 } as StatusDto;
    shown = [];
    added = [];
    news = new WindowNews(clock, {
      status: () => status,
      show: (shownStatus) => shown.push(shownStatus),
      showAdded: (count) => added.push(count),
    });
  });

  it('shows figures at most twice a second, and the last ones always', () => {
    for (let torrentCount = 1; torrentCount <= 40; torrentCount++) {
      status = { ...status, torrentCount };
      news.changed();
      clock.advance(50);
    }
    clock.advance(STATUS_EVERY_MS);
    expect(shown.length).toBeLessThanOrEqual(6);
    expect(shown.at(-1)?.torrentCount).toBe(40);
  });

  it('shows a changed state at once', () => {
    news.changed();
    clock.advance(10);
    status = { ...status, state: 'paused' };
    news.changed();
    expect(shown.map(({ state }) => state)).toEqual(['running', 'paused']);
  });

  it('adds up new torrents in between and loses none', () => {
    for (let index = 0; index < 10; index++) {
      news.torrentsAdded(3);
      clock.advance(100);
    }
    clock.advance(STATUS_EVERY_MS);
    expect(added.reduce((sum, count) => sum + count, 0)).toBe(30);
    expect(added.length).toBeLessThanOrEqual(4);
  });

  it('is still when nothing changes', () => {
    news.changed();
    clock.advance(60_000);
    expect(shown).toHaveLength(1);
  });
});
