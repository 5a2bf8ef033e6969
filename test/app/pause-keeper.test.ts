import { beforeEach, describe, expect, it } from 'vitest';
import { PauseKeeper, type PauseSettings } from '../../main/app/pause-keeper.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';

const HOUR_S = 3600;

describe('PauseKeeper', () => {
  let clock: SimulatedClock;
  let settings: PauseSettings;
  let changes: number;
  let keeper: PauseKeeper;

  const start = (given: Partial<PauseSettings> = {}): void => {
    settings = { ...settings, ...given };
    keeper = new PauseKeeper({
      clock,
      settings: () => settings,
      change: (change) => (settings = { ...settings, ...change }),
      minuteOfDay: () => Math.floor(clock.nowUnixSeconds() / 60) % 1440,
      onChanged: () => changes++,
    });
  };

  beforeEach(() => {
    clock = new SimulatedClock();
    changes = 0;
    settings = {
      isPaused: false,
      pausedUntilUnixSeconds: null,
      pauseOnBattery: false,
      pauseOnMetered: false,
      schedule: null,
    };
  });

  it('keeps what the person paused, whatever the system says meanwhile', () => {
    start({ pauseOnBattery: true });
    keeper.setPaused(true);
    keeper.setConditions({ isOnBattery: true });
    expect(keeper.reasons).toEqual(['person', 'battery']);
    keeper.setConditions({ isOnBattery: false });
    expect(keeper.reasons).toEqual(['person']);
    expect(settings.isPaused).toBe(true);
    keeper.setPaused(false);
    expect(keeper.isPaused).toBe(false);
  });

  it('pauses by itself only where the person wants it, and never writes that down as the person’s pause', () => {
    start();
    keeper.setConditions({ isOnBattery: true, isMetered: true });
    expect(keeper.reasons).toEqual([]);
    settings = { ...settings, pauseOnBattery: true, pauseOnMetered: true };
    keeper.look();
    expect(keeper.reasons).toEqual(['battery', 'metered']);
    expect(settings.isPaused).toBe(false);
  });

  it('lets the person resume in spite of a reason, until that reason comes again', () => {
    start({ pauseOnBattery: true });
    keeper.setConditions({ isOnBattery: true });
    keeper.setPaused(false);
    expect(keeper.isPaused).toBe(false);
    keeper.setConditions({ isOnBattery: false });
    keeper.setConditions({ isOnBattery: true });
    expect(keeper.reasons).toEqual(['battery']);
  });

  it('resumes by itself after an hour', () => {
    start();
    keeper.pauseFor(HOUR_S);
    expect(keeper.reasons).toEqual(['for-a-while']);
    clock.advance((HOUR_S - 2) * 1000);
    expect(keeper.isPaused).toBe(true);
    clock.advance(3_000);
    expect(keeper.isPaused).toBe(false);
    expect(settings.pausedUntilUnixSeconds).toBeNull();
  });

  it('goes on with an hour that a restart interrupted, and not beyond it', () => {
    start();
    keeper.pauseFor(HOUR_S);
    clock.advance(30 * 60_000);
    keeper.stop();
    start();
    expect(keeper.reasons).toEqual(['for-a-while']);
    clock.advance(31 * 60_000);
    expect(keeper.isPaused).toBe(false);

    keeper.pauseFor(HOUR_S);
    keeper.stop();
    clock.advance(2 * HOUR_S * 1000);
    start();
    expect(keeper.isPaused).toBe(false);
    expect(settings.pausedUntilUnixSeconds).toBeNull();
  });

  it('does not end a lasting pause when an hour ends', () => {
    start();
    keeper.pauseFor(HOUR_S);
    keeper.setPaused(true);
    clock.advance(2 * HOUR_S * 1000);
    expect(keeper.reasons).toEqual(['person']);
  });

  it.each([
    [9 * 60, 17 * 60, [12 * 60, 9 * 60, 17 * 60 - 1], [8 * 60 + 59, 17 * 60, 0]],
    [22 * 60, 6 * 60, [23 * 60, 0, 6 * 60 - 1], [6 * 60, 21 * 60 + 59, 12 * 60]],
    [600, 600, [], [600, 0]],
  ])('rests from %i to %i', (fromMinute, toMinute, inside, outside) => {
    let minute = 0;
    settings = { ...settings, schedule: { fromMinute, toMinute } };
    keeper = new PauseKeeper({
      clock,
      settings: () => settings,
      change: () => undefined,
      minuteOfDay: () => minute,
      onChanged: () => undefined,
    });
    for (const [minutes, isPaused] of [
      [inside, true],
      [outside, false],
    ] as const) {
      for (minute of minutes) {
        clock.advance(21_000); // by itself
        expect([minute, keeper.isPaused]).toEqual([minute, isPaused]);
      }
    }
  });

  it('tells of each change once, and sets no timer while nothing depends on the clock', () => {
    start({ pauseOnBattery: true });
    keeper.setConditions({ isOnBattery: true });
    keeper.setConditions({ isOnBattery: true });
    keeper.look();
    expect(changes).toBe(1);
    const before = clock.nowMs();
    clock.advance(10 * HOUR_S * 1000);
    expect(clock.nowMs()).toBeGreaterThan(before);
    expect(changes).toBe(1);
  });

  it('rests while the computer sleeps', () => {
    start();
    keeper.setConditions({ isAsleep: true });
    expect(keeper.isPaused).toBe(true);
    keeper.setConditions({ isAsleep: false });
    expect(keeper.isPaused).toBe(false);
  });
});
