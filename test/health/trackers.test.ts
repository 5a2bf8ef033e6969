// Real UDP to a scripted tracker on loopback; the clock is moved by hand.
import { afterEach, describe, expect, it } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import { silentLog } from '../../main/base/log.ts';
import { openUdpSocket } from '../../main/dht/udp-socket.ts';
import { CONNECTION_ID_MS, FIRST_TIMEOUT_MS, REST_MS, TrackerClient } from '../../main/health/tracker-client.ts';
import { Trackers } from '../../main/health/trackers.ts';
import { Counters } from '../../main/stats/counters.ts';
import { ManualClock } from '../metadata/manual-clock.ts';
import { until } from '../metadata/test-rig.ts';
import { honest, ScriptedTracker } from './scripted-tracker.ts';

const toStop: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of toStop.splice(0).reverse()) await thing.stop();
});

const infohash = (seed: number): Uint8Array => createSeededRandom(seed).bytes(20);

async function setUp(port: number | null) {
  const counters = new Counters();
  const clock = new ManualClock();
  const counted: string[] = [];
  let openCount = 0;
  const trackers = new Trackers(
    {
      clock,
      random: createSeededRandom(3),
      log: silentLog,
      counters,
      openSocket: (options) => {
        openCount++;
        return openUdpSocket(options);
      },
      resolveHost: () => Promise.resolve(['127.0.0.1']),
      mayConnect: () => true,
      onCount: (of, { seeders, leechers }) => counted.push(`${toHex(of)} ${seeders} ${leechers}`),
    },
    { bindHost: '127.0.0.1', trackers: port === null ? [] : [{ host: 'tracker.invalid', port }] },
  );
  toStop.push(trackers);
  await Promise.resolve();
  return { counters, clock, counted, trackers, openCount: () => openCount };
}

async function newTracker() {
  const tracker = new ScriptedTracker();
  toStop.push(tracker);
  return { tracker, port: await tracker.listen() };
}

describe('trackers', () => {
  it('are not asked, and no socket is opened, when none was turned on', async () => {
    const { trackers, openCount } = await setUp(null);
    await trackers.ask([infohash(1)]);
    expect([trackers.isOn, openCount()]).toEqual([false, 0]);
  });

  it('are asked for a connection id once, then for 72 at once', async () => {
    const { tracker, port } = await newTracker();
    const { trackers, counted } = await setUp(port);
    const asked = Array.from({ length: 100 }, (_, index) => infohash(index));
    await trackers.ask(asked);
    await until(() => counted.length === 100, 'all were counted');
    expect(counted.sort()).toEqual(asked.map((of) => `${toHex(of)} ${of[0]} ${of[1]}`).sort());
    expect(tracker.heard.map((query) => query.length)).toEqual([16, 16 + 72 * 20, 16 + 28 * 20]);
    trackers.checkInvariants();
    await trackers.ask([infohash(500)]);
    await until(() => counted.length === 101, 'one more');
    expect(tracker.heard).toHaveLength(4); // the connection id is still good
  });

  it('turned on and off while running: only those of now are asked, and off means that not one packet leaves', async () => {
    const first = await newTracker();
    const second = await newTracker();
    const { trackers, counted, openCount } = await setUp(null);
    await trackers.set([{ host: 'tracker.invalid', port: first.port }]);
    await trackers.ask([infohash(1)]);
    await until(() => counted.length === 1, 'the first has counted');
    await trackers.set([{ host: '127.0.0.1', port: second.port }]);
    const heardByFirst = first.tracker.heard.length;
    await trackers.ask([infohash(2)]);
    await until(() => counted.length === 2, 'the second has counted');
    expect(first.tracker.heard).toHaveLength(heardByFirst);
    await trackers.set([]);
    await trackers.ask([infohash(3)]);
    expect([trackers.isOn, openCount(), counted.length]).toEqual([false, 2, 2]);
    expect(second.tracker.heard).toHaveLength(2);
  });

  it('turned off while their socket is being opened: it is closed, and nothing is sent', async () => {
    const { tracker, port } = await newTracker();
    const { trackers, counted } = await setUp(port);
    const asking = trackers.ask([infohash(1)]);
    await trackers.set([]);
    await asking;
    await trackers.set([{ host: '127.0.0.1', port }]);
    await trackers.ask([infohash(2)]);
    await until(() => counted.length === 1, 'asked again');
    expect(counted).toEqual([`${toHex(infohash(2))} ${infohash(2)[0]} ${infohash(2)[1]}`]);
    expect(tracker.heard).toHaveLength(2);
  });

  it('pause closes the socket; the next question opens another', async () => {
    const { port } = await newTracker();
    const { trackers, counted, openCount } = await setUp(port);
    await trackers.ask([infohash(1)]);
    await until(() => counted.length === 1, 'counted');
    await trackers.pause();
    await trackers.ask([infohash(2)]);
    await until(() => counted.length === 2, 'counted again');
    expect(openCount()).toBe(2);
  });

  it.each<[string, (query: Buffer) => Buffer, string]>([
    ['a wrong transaction', (query) => flipped(honest(query), 5), 'dropped tracker-transaction'],
    [
      'a count short',
      (query) => (query.length > 16 ? honest(query).subarray(0, -12) : honest(query)),
      'malformed tracker-bad-length',
    ],
    ['garbage', () => Buffer.from('hello'), 'malformed tracker-too-short'],
    ['a scrape in place of a connection', (query) => flipped(honest(query), 3, 2), 'malformed tracker-bad-length'],
    ['an error', (query) => flipped(honest(query), 3, 3), 'dropped tracker-error'],
  ])('that answer with %s are counted and change nothing', async (_what, answer, reason) => {
    const { tracker, port } = await newTracker();
    const { trackers, counters, counted } = await setUp(port);
    tracker.answer = answer;
    await trackers.ask([infohash(1), infohash(2)]);
    const [kind, name] = reason.split(' ') as ['dropped' | 'malformed', string];
    await until(() => counters[kind].get(name) > 0, reason);
    expect(counted).toEqual([]);
    trackers.checkInvariants();
  });
});

function flipped(bytes: Buffer, at: number, value = bytes[at]! ^ 0xff): Buffer {
  bytes[at] = value;
  return bytes;
}

describe('a silent tracker', () => {
  it('is asked again after 15 and 30 s, given up after 60 more, and left alone for ten minutes', () => {
    const clock = new ManualClock();
    const sentAtMs: number[] = [];
    const client = new TrackerClient({
      clock,
      random: createSeededRandom(1),
      counters: new Counters(),
      contact: { host: '127.0.0.1', port: 1 },
      send: () => sentAtMs.push(clock.nowMs()),
      onCount: () => undefined,
    });
    const startMs = clock.nowMs();
    client.ask([infohash(1)]);
    clock.advance(7 * FIRST_TIMEOUT_MS);
    client.ask([infohash(2)]);
    expect(sentAtMs.map((ms) => ms - startMs)).toEqual([0, FIRST_TIMEOUT_MS, 3 * FIRST_TIMEOUT_MS]);
    clock.advance(REST_MS);
    client.ask([infohash(2)]);
    expect(sentAtMs).toHaveLength(4);
    client.checkInvariants();
    client.stop();
    expect(clock.alarmCount).toBe(0);
    expect(CONNECTION_ID_MS).toBe(60_000);
  });
});
