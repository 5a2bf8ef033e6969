// Who has what is on screen: within its budget, fresh counts not asked again, and what nobody has is told.
import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../main/base/random.ts';
import type { HealthReport } from '../../main/catalogue/torrent.ts';
import { FRESH_MS, HealthChecker, START_EVERY_MS, type SwarmScraper } from '../../main/health/health-checker.ts';
import { Counters } from '../../main/stats/counters.ts';
import { ManualClock } from '../metadata/manual-clock.ts';

type Size = { seedCount: number; leechCount: number } | null;

function setUp() {
  const clock = new ManualClock();
  const counters = new Counters();
  const reports: HealthReport[] = [];
  const said: string[] = [];
  const asked: { infohash: Uint8Array; end: (size: Size) => void }[] = [];
  const state = { canScrape: true, isNetworkUp: true, peers: [] as unknown[] };
  const node: SwarmScraper = {
    scrapeSwarm: (infohash, end) => {
      if (state.isNetworkUp) counters.repliesReceived++;
      if (state.canScrape) asked.push({ infohash, end });
      return state.canScrape;
    },
    lookupPeers: (_infohash, onDone) => {
      clock.setTimer(100, () => {
        if (state.isNetworkUp) counters.repliesReceived++;
        onDone(state.peers);
      });
      return true;
    },
  };
  const checker = new HealthChecker({
    clock,
    counters,
    askTrackers: (infohashes) => said.push(`trackers ${infohashes.length}`),
    onReport: (report) => reports.push(report),
    onUnseen: (_infohash, failureCount) => said.push(`unseen ${failureCount}`),
    onSeen: () => said.push('seen'),
  });
  checker.join(node);
  return { clock, counters, reports, said, asked, state, checker };
}

const infohashes = (count: number, from = 0): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => createSeededRandom(from + index).bytes(20));

describe('HealthChecker', () => {
  it('starts one in two seconds, two at once, and reports what is counted with its source and time', () => {
    const { checker, clock, asked, reports, said } = setUp();
    checker.check(infohashes(5));
    expect(said).toEqual(['trackers 5']);
    clock.advance(20_000);
    expect(asked).toHaveLength(2);
    asked[0]!.end({ seedCount: 12, leechCount: 3 });
    expect(reports).toEqual([
      {
        infohash: asked[0]!.infohash,
        source: 'dht',
        seeders: 12,
        leechers: 3,
        checkedAtUnixSeconds: clock.nowUnixSeconds(),
      },
    ]);
    clock.advance(START_EVERY_MS);
    expect(asked).toHaveLength(3);
    checker.checkInvariants();
  });

  it('what is on screen now takes the place of what was, and fresh counts are not asked again', () => {
    const { checker, clock, asked, said } = setUp();
    checker.check(infohashes(1));
    clock.advance(1000);
    asked[0]!.end({ seedCount: 1, leechCount: 0 });
    checker.check(infohashes(50, 100));
    checker.check(infohashes(2));
    clock.advance(10_000);
    expect(asked.map(({ infohash }) => infohash)).toEqual(infohashes(2));
    expect(said.filter((what) => what.startsWith('trackers'))).toEqual(['trackers 1', 'trackers 50', 'trackers 1']);
    asked[1]!.end(null);
    clock.advance(FRESH_MS);
    checker.check(infohashes(2));
    clock.advance(10_000);
    expect(asked.length).toBeGreaterThan(2);
  });

  it('says that nobody has it only when no node counts and no node names anybody', () => {
    const { checker, clock, asked, said, state, reports } = setUp();
    checker.recheck(infohashes(1)[0]!, 2);
    clock.advance(1000);
    asked[0]!.end(null);
    clock.advance(1000);
    expect(said).toEqual(['trackers 1', 'unseen 3']);
    expect(reports).toMatchObject([{ seeders: 0, leechers: 0 }]);
    state.peers = [{}];
    checker.recheck(infohashes(1, 7)[0]!, 2);
    clock.advance(5000);
    asked[1]!.end({ seedCount: 0, leechCount: 0 });
    clock.advance(1000);
    expect(said).toEqual(['trackers 1', 'unseen 3', 'trackers 1', 'seen']);
  });

  it('says nothing of anybody when not one node answers: our own network is down', () => {
    const { checker, clock, asked, said, state, reports } = setUp();
    const [infohash] = infohashes(1) as [Uint8Array];
    state.isNetworkUp = false;
    checker.recheck(infohash, 3);
    clock.advance(1000);
    asked[0]!.end(null);
    clock.advance(1000);
    expect([said, reports]).toEqual([['trackers 1'], []]);
    state.isNetworkUp = true;
    checker.check([infohash]); // not taken for looked at
    clock.advance(START_EVERY_MS);
    asked[1]!.end(null);
    clock.advance(1000);
    expect(said.at(-1)).toBe('unseen 1');
  });

  it('whoever a tracker knows is not dead, though no node knows anybody', () => {
    const { checker, clock, asked, said, reports } = setUp();
    const [infohash] = infohashes(1) as [Uint8Array];
    checker.recheck(infohash, 3);
    clock.advance(1000);
    checker.counted(infohash, { seeders: 4, leechers: 0 });
    asked[0]!.end(null);
    clock.advance(1000);
    expect(said).toEqual(['trackers 1', 'seen']);
    expect(reports.map(({ source, seeders }) => [source, seeders])).toEqual([
      ['tracker', 4],
      ['dht', 0],
    ]);
    clock.advance(FRESH_MS);
    checker.recheck(infohash, 3);
    clock.advance(START_EVERY_MS);
    asked[1]!.end(null);
    clock.advance(1000);
    expect(said.slice(2)).toEqual(['trackers 1', 'unseen 4']);
    checker.checkInvariants();
  });

  it('a pause ends what is under way without a word, and leaves no timer', () => {
    const { checker, clock, asked, said, reports } = setUp();
    checker.check(infohashes(9));
    clock.advance(1000);
    checker.pause();
    asked[0]!.end(null);
    expect(clock.alarmCount).toBe(0);
    expect([said, reports]).toEqual([['trackers 9'], []]);
    checker.resume();
    clock.advance(5000);
    expect(asked.length).toBeGreaterThan(1);
  });

  it('is bounded: a screen of 200, 64 rechecks', () => {
    const { checker, counters, clock, asked } = setUp();
    checker.check(infohashes(500));
    for (const infohash of infohashes(80, 1000)) checker.recheck(infohash, 1);
    expect(counters.overflows.get('health-rechecks')).toBe(16);
    checker.checkInvariants();
    clock.advance(1000);
    asked[0]!.end({ seedCount: 1, leechCount: 1 });
    checker.checkInvariants();
  });

  it('a node that cannot be asked now is asked later', () => {
    const { checker, clock, asked, state } = setUp();
    state.canScrape = false;
    checker.check(infohashes(1));
    clock.advance(5000);
    state.canScrape = true;
    clock.advance(1000);
    expect(asked).toHaveLength(1);
  });
});
