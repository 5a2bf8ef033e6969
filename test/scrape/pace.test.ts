import { describe, expect, it } from 'vitest';
import { HOLD_AFTER_SIGNAL_MS, INCREASE_EVERY_MS, PaceController, REST_MS } from '../../main/scrape/pace.ts';
import { type Pace, PACE_PROFILES } from '../../main/scrape/pace-profiles.ts';

const TICK_MS = 50;

/** A controller with a network that answers `ratio` of `perSecond` queries. */
function newNetwork(pace: Pace) {
  const state = { nowMs: 0, askedCount: 0, repliedCount: 0, timedOutCount: 0, sendErrors: 0, rests: 0 };
  const controller = new PaceController(pace, 0, () => state.rests++);
  const run = (seconds: number, ratio: number, perSecond = 20) => {
    for (let ms = 0; ms < seconds * 1000; ms += TICK_MS) {
      state.nowMs += TICK_MS;
      state.askedCount += (perSecond * TICK_MS) / 1000;
      state.repliedCount += (ratio * perSecond * TICK_MS) / 1000;
      state.timedOutCount += ((1 - ratio) * perSecond * TICK_MS) / 1000;
      controller.tick(state.nowMs, TICK_MS, state);
      controller.checkInvariants();
    }
  };
  return { controller, state, run, rate: () => controller.rates.newAddressesPerSecond };
}

describe('PaceController', () => {
  it('starts gentle whatever the profile, but on a network of one’s own', () => {
    expect(newNetwork('gentle').controller.rates).toEqual({
      newAddressesPerSecond: 8,
      packetsPerSecond: 30,
      perAddressPerSecond: 1,
      perAddressBurst: 3,
    });
    expect(newNetwork('balanced').rate()).toBe(8);
    expect(newNetwork('fast').rate()).toBe(8);
    const own = new PaceController('fast', 0, () => undefined, true);
    expect(own.rates).toMatchObject({ newAddressesPerSecond: 50, packetsPerSecond: 200 });
    for (const { perAddressPerSecond, perAddressBurst } of Object.values(PACE_PROFILES)) {
      expect(perAddressPerSecond).toBeLessThanOrEqual(1);
      expect(perAddressBurst).toBeLessThanOrEqual(4);
    }
  });

  it('rises by one every 10 s to the ceiling of its profile and no further', () => {
    const { run, rate } = newNetwork('balanced');
    run(INCREASE_EVERY_MS / 1000, 0.5);
    expect(rate()).toBe(9);
    run(110, 0.5);
    expect(rate()).toBe(PACE_PROFILES.balanced.newAddressesPerSecond);
    run(60, 0.5);
    expect(rate()).toBe(20);
    const gentle = newNetwork('gentle');
    gentle.run(120, 0.5);
    expect(gentle.rate()).toBe(8);
  });

  it('does not rise on a rate that nobody used', () => {
    const { run, rate } = newNetwork('balanced');
    run(300, 1, 1);
    expect(rate()).toBe(8);
    run(INCREASE_EVERY_MS / 1000, 1);
    expect(rate()).toBe(9);
  });

  it('halves when replies stop coming, holds for a minute, then rises again', () => {
    const { controller, run, rate } = newNetwork('balanced');
    run(200, 0.5);
    run(20, 0.1);
    expect(controller.lastSignal).toBe('replies-fell');
    expect(rate()).toBe(10);
    run(HOLD_AFTER_SIGNAL_MS / 1000 - 5, 0.5);
    expect(rate()).toBe(10);
    run(20, 0.5);
    expect(rate()).toBeGreaterThan(10);
  });

  it('halves on a local send error, and once only within the hold', () => {
    const { state, run, rate } = newNetwork('balanced');
    run(200, 0.5);
    state.sendErrors = 3;
    run(1, 0.5);
    state.sendErrors = 9;
    run(1, 0.5);
    expect(rate()).toBe(10);
  });

  it('halves when its own thread is late again and again, not after one late tick or a sleep', () => {
    const { controller, state, run, rate } = newNetwork('balanced');
    run(200, 0.5);
    state.nowMs += 400;
    run(25, 0.5);
    state.nowMs += 3_600_000;
    run(25, 0.5);
    expect(rate()).toBe(20);
    for (let late = 0; late < 10; late++) {
      state.nowMs += 300;
      run(2, 0.5);
    }
    run(10, 0.5);
    expect(controller.lastSignal).toBe('thread-late');
    expect(rate()).toBe(10);
  });

  it('rests five minutes and says so after three halvings in a row', () => {
    const { controller, state, run, rate } = newNetwork('balanced');
    run(200, 0.5);
    for (let halving = 1; halving <= 3; halving++) {
      expect(controller.isResting(state.nowMs)).toBe(false);
      state.sendErrors++;
      run(HOLD_AFTER_SIGNAL_MS / 1000 - 1, 0.5);
      if (halving < 3) state.nowMs += 1500;
    }
    expect(rate()).toBe(2.5);
    expect(state.rests).toBe(1);
    expect(controller.isResting(state.nowMs)).toBe(true);
    run(REST_MS / 1000, 0.5);
    expect(controller.isResting(state.nowMs)).toBe(false);
  });

  it('never leaves the range from 1/s to the ceiling, and takes a new profile at once', () => {
    const { controller, state, run, rate } = newNetwork('gentle');
    for (let minute = 0; minute < 40; minute++) {
      state.sendErrors++;
      run(61, 0.5, 1);
    }
    expect(rate()).toBeGreaterThanOrEqual(1);
    controller.setPace('fast', state.nowMs);
    expect(rate()).toBe(8);
    expect(controller.isResting(state.nowMs)).toBe(false);
    controller.setPace('gentle', state.nowMs);
    expect(rate()).toBe(8);
  });

  it('gets used to fewer replies when they last, and does not rise while they are missing', () => {
    const { controller, state, run, rate } = newNetwork('balanced');
    run(200, 0.9);
    run(20, 0.3);
    expect(rate()).toBe(10);
    run(HOLD_AFTER_SIGNAL_MS / 1000 - 2, 0.3);
    expect(rate()).toBe(10);
    run(15 * 60, 0.3);
    expect(controller.isResting(state.nowMs)).toBe(false);
    expect(rate()).toBe(20);
  });

  it('notices a slow suffocation, keeps below what got through, and tries again later and later', () => {
    const { controller, state, run, rate } = newNetwork('balanced');
    // A router with room for 8.5 new addresses a second: what is above it is lost without a word.
    const capacity = 8.5;
    const seconds = (count: number) => {
      let above = 0;
      for (let second = 0; second < count; second++) {
        const asked = rate();
        run(1, 0.25 * Math.min(1, capacity / asked), asked);
        if (asked > capacity) above++;
      }
      return above / count;
    };
    seconds(300);
    expect(controller.lastSignal ?? controller.figures(state.nowMs).lastSignal).toBe('replies-fell');
    expect(seconds(300)).toBeLessThan(0.2);
    expect(seconds(3 * 3600)).toBeLessThan(0.25);
    expect(rate()).toBeGreaterThan(capacity / 2);
  });

  it('halves when answers take twice as long as usual', () => {
    const { controller, run, rate } = newNetwork('balanced');
    const answers = (count: number, ms: number) => {
      for (let index = 0; index < count; index++) controller.noteRoundTrip(ms);
    };
    for (let window = 0; window < 10; window++) {
      answers(50, 120);
      run(20, 0.5);
    }
    expect(rate()).toBe(20);
    answers(50, 300);
    run(20, 0.5);
    expect(controller.lastSignal).toBe('replies-slow');
    expect(rate()).toBe(10);
  });

  it('does not judge a handful of queries', () => {
    const { run, rate } = newNetwork('balanced');
    run(200, 0.5);
    run(60, 0, 0.8);
    expect(rate()).toBe(20);
  });
});
