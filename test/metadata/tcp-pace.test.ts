// The controller of new TCP connections: starts low, grows when used and answered, halves when answers stop, rests.
import { describe, expect, it } from 'vitest';
import { REST_MS, TcpPace } from '../../main/metadata/tcp-pace.ts';

const BALANCED = { newConnectionsPerSecond: 5, connectionsMax: 48 };

/** Dials at full rate for `seconds`, `unansweredShare` of it in vain; returns the rate after each second. */
function drive(
  pace: TcpPace,
  state: { nowMs: number; dialled: number; unanswered: number },
  seconds: number,
  unansweredShare: number,
) {
  const rates: number[] = [];
  for (let second = 0; second < seconds; second++) {
    state.nowMs += 1000;
    const { newConnectionsPerSecond } = pace.limits(state.nowMs);
    state.dialled += newConnectionsPerSecond;
    state.unanswered += newConnectionsPerSecond * unansweredShare;
    pace.tick(state.nowMs, state);
    pace.checkInvariants();
    rates.push(pace.limits(state.nowMs).newConnectionsPerSecond);
  }
  return rates;
}

describe('TcpPace', () => {
  it('starts at 2 a second and reaches the profile while half of the peers are dead, with no signal', () => {
    const pace = new TcpPace(BALANCED, 0);
    expect(pace.limits(0)).toEqual({ newConnectionsPerSecond: 2, connectionsMax: 19 });
    const rates = drive(pace, { nowMs: 0, dialled: 0, unanswered: 0 }, 120, 0.5);
    expect(rates.at(-1)).toBe(5);
    expect(pace.limits(120_000).connectionsMax).toBe(48);
    expect(pace.signalCount).toBe(0);
  });

  it("starts at the profile on a network of one's own, and still halves when answers stop", () => {
    const pace = new TcpPace(BALANCED, 0, true);
    expect(pace.limits(0)).toEqual(BALANCED);
    const state = { nowMs: 0, dialled: 0, unanswered: 0 };
    drive(pace, state, 60, 0);
    drive(pace, state, 30, 1);
    expect(pace.limits(state.nowMs).newConnectionsPerSecond).toBe(2.5);
  });

  it('does not grow while the rate is not used', () => {
    const pace = new TcpPace(BALANCED, 0);
    for (let second = 1; second <= 300; second++) pace.tick(second * 1000, { dialled: second / 4, unanswered: 0 });
    expect(pace.limits(300_000).newConnectionsPerSecond).toBe(2);
  });

  it('halves when answers stop, holds for a minute, rests after three times, and comes back', () => {
    const pace = new TcpPace(BALANCED, 0);
    const state = { nowMs: 0, dialled: 0, unanswered: 0 };
    drive(pace, state, 120, 0.5);
    const fallen = drive(pace, state, 40, 1);
    expect(fallen.at(-1)).toBe(2.5);
    drive(pace, state, 260, 1);
    expect(pace.signalCount).toBeGreaterThanOrEqual(2);
    const before = pace.signalCount;
    drive(pace, state, REST_MS / 1000 + 400, 0.5);
    expect(pace.limits(state.nowMs).newConnectionsPerSecond).toBeGreaterThan(2);
    expect(pace.signalCount).toBeLessThanOrEqual(before + 1);
  });

  it('settles below what a router bears', () => {
    const pace = new TcpPace({ newConnectionsPerSecond: 15, connectionsMax: 150 }, 0);
    const state = { nowMs: 0, dialled: 0, unanswered: 0 };
    let worst = 0;
    for (let minute = 0; minute < 60; minute++) {
      const rate = pace.limits(state.nowMs).newConnectionsPerSecond;
      // Above 8 a second its table is full: almost nothing passes.
      drive(pace, state, 60, rate > 8 ? 0.95 : 0.5);
      if (minute > 20) worst = Math.max(worst, rate);
    }
    expect(pace.signalCount).toBeGreaterThan(0);
    expect(worst).toBeLessThan(15);
  });

  it('a smaller profile holds at once', () => {
    const pace = new TcpPace(BALANCED, 0);
    drive(pace, { nowMs: 0, dialled: 0, unanswered: 0 }, 120, 0.3);
    pace.setCeiling({ newConnectionsPerSecond: 2, connectionsMax: 16 });
    expect(pace.limits(120_000)).toEqual({ newConnectionsPerSecond: 2, connectionsMax: 16 });
  });
});
