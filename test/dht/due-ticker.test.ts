import { beforeEach, describe, expect, test } from 'vitest';
import { DueTicker } from '../../main/dht/due-ticker.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';

describe('due ticker', () => {
  let clock: SimulatedClock;
  let ticks: { atMs: number; lateMs: number }[];
  /** What a tick does besides, and when it says that something is due next. */
  let onTick: () => number;
  let ticker: DueTicker;
  beforeEach(() => {
    clock = new SimulatedClock();
    ticks = [];
    onTick = () => Infinity;
    ticker = new DueTicker(clock, (lateMs) => {
      ticks.push({ atMs: clock.nowMs(), lateMs });
      return onTick();
    });
  });
  const times = (): number[] => ticks.map(({ atMs }) => atMs);

  test('ticks at once, then once a second while nothing is due', () => {
    ticker.start();
    clock.advance(3_500);
    expect(times()).toEqual([0, 1_000, 2_000, 3_000]);
  });

  test('ten times a second while something is always due', () => {
    onTick = () => -Infinity;
    ticker.start();
    clock.advance(950);
    expect(times()).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900]);
  });

  test('on the beat when the next thing is due, or after it', () => {
    onTick = () => (ticks.length === 1 ? 730 : Infinity);
    ticker.start();
    clock.advance(800);
    expect(times()).toEqual([0, 800]);
  });

  test('woken: at once if it rested, else 100 ms after the last tick; a later time changes nothing', () => {
    ticker.start();
    clock.advance(400);
    ticker.dueAt(clock.nowMs());
    ticker.dueAt(700);
    clock.advance(50);
    ticker.dueAt(clock.nowMs());
    clock.advance(100);
    expect(times()).toEqual([0, 400, 500]);
  });

  test('a thread that is always late ticks as often all the same', () => {
    onTick = () => -Infinity;
    ticker.start();
    clock.advance(0);
    for (let beat = 1; beat <= 5; beat++) {
      clock.advance(100 * beat - 3 - clock.nowMs());
      clock.sleep(16);
      clock.advance(0);
    }
    expect(times()).toEqual([0, 113, 213, 313, 413, 513]);
  });

  test('woken from within its own tick, again and again, there is one timer all the same', () => {
    onTick = () => {
      for (let count = 0; count < 3; count++) ticker.dueAt(clock.nowMs());
      return Infinity;
    };
    ticker.start();
    clock.advance(10_000);
    expect([ticks.length, clock.pendingCount]).toEqual([101, 1]);
  });

  test('stopped, even by its own tick, it has no timer, no waking helps, and a start does', () => {
    onTick = () => {
      ticker.stop();
      ticker.dueAt(clock.nowMs());
      return clock.nowMs();
    };
    ticker.start();
    clock.advance(5_000);
    expect([ticks.length, clock.pendingCount]).toEqual([1, 0]);
    ticker.start();
    clock.advance(5_000);
    expect(ticks.length).toBe(2);
  });

  test('says how late it is, measured from when it was to come', () => {
    ticker.start();
    clock.advance(100);
    clock.sleep(1_500);
    clock.advance(0);
    expect(ticks.at(-1)).toEqual({ atMs: 1_600, lateMs: 600 });
  });
});
