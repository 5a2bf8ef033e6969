// Seven simulated days at the balanced pace, with everything that days bring: nodes that come, go, move and lie, surges,
// outages, sleep, a new address of ours, pauses, strangers. Memory must be flat, every queue within its limit, and the manners
// those of the first minute. A failure prints SEED=...; `SEED=... npm test -- long test/long/seven-days` replays it.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { simulationSeed } from '../simulation/simulated-nodes.ts';
import { LivingWorld, MINUTE_MS } from './living-world.ts';

const seed = simulationSeed(20_260_777);
const HOUR_MS = 60 * MINUTE_MS;
const DAYS = Number(process.env['DAYS'] ?? 7);
const LIMIT_MS = 3_600_000;
/** Above the end of the first day, when the filters of 24 hours and the marks of a day are all there. */
const GROWTH_BYTES_MAX = 6 * 2 ** 20;

setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc') as () => void;

interface Day {
  readonly heldBytes: number;
  readonly packetsOut: number;
  readonly samples: number;
  readonly stored: number;
  readonly packetsToOneMax: number;
  readonly nodes: number;
  readonly cpuSeconds: number;
}

let world: LivingWorld;
const days: Day[] = [];
beforeAll(() => {
  world = new LivingWorld({ seed, nodeCount: 2_000, newTorrentEveryMs: 10_000 });
});
afterAll(() => world.stop());

function heldBytes(): number {
  for (let index = 0; index < 3; index++) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** What happens on the `day`-th day beside the usual, in the middle of it. */
async function passNoon(day: number): Promise<void> {
  const { network, discovery, clock } = world;
  // Every day a surge of newcomers: the pace goes to its ceiling.
  network.birthsPerMinute = 1_500;
  await world.pass(10 * MINUTE_MS);
  network.birthsPerMinute = 30;
  if (day % 7 === 1) {
    network.isDown = true;
    await world.pass(3 * HOUR_MS);
    network.isDown = false;
  } else if (day % 7 === 2) {
    network.externalHost = '99.7.7.7'; // our provider gave us another address
    await world.pass(HOUR_MS);
  } else if (day % 7 === 3) {
    clock.sleep(8 * HOUR_MS);
    discovery.networkChanged();
  } else if (day % 7 === 4) {
    discovery.pause();
    await world.pass(HOUR_MS);
    discovery.resume();
  } else if (day % 7 === 5) {
    for (let outage = 0; outage < 20; outage++) {
      network.isDown = outage % 2 === 0;
      await world.pass(3 * MINUTE_MS);
    }
    network.isDown = false;
  }
}

async function passDay(day: number): Promise<void> {
  const { clock, discovery, manners, network } = world;
  const startedAtMs = clock.nowMs();
  const { user, system } = process.cpuUsage();
  const before = { sent: network.sentCount, stored: world.storedCount, samples: discovery.status().samplesAnswered };
  await world.pass(12 * HOUR_MS);
  discovery.checkInvariants();
  await passNoon(day);
  await world.pass(24 * HOUR_MS - (clock.nowMs() - startedAtMs));
  discovery.checkInvariants();
  const cpu = process.cpuUsage();
  const { packetsToOneMax } = manners;
  manners.forgetDay(clock.nowMs());
  days.push({
    heldBytes: heldBytes(),
    packetsOut: network.sentCount - before.sent,
    samples: discovery.status().samplesAnswered - before.samples,
    stored: world.storedCount - before.stored,
    packetsToOneMax,
    nodes: discovery.status().nodes,
    cpuSeconds: Math.round((cpu.user + cpu.system - user - system) / 1e5) / 10,
  });
}

describe(`seven days (SEED=${seed})`, () => {
  test('pass, and every day ends with all structures in order', { timeout: LIMIT_MS }, async () => {
    await world.start();
    for (let day = 0; day < DAYS; day++) await passDay(day);
    console.table(days.map((day) => ({ ...day, heldMiB: Math.round(day.heldBytes / 2 ** 18) / 4 })));
    console.info(JSON.stringify({ methods: world.manners.byMethod, warnings: [...world.warnings] }));
    expect(days).toHaveLength(DAYS);
  });

  test('memory is flat', () => {
    const [first, ...later] = days.map((day) => day.heldBytes);
    for (const bytes of later) expect((bytes - first!) / 2 ** 20).toBeLessThan(GROWTH_BYTES_MAX / 2 ** 20);
    // Nor does it climb slowly: the last two days hold no more than the two after the first.
    const [second, third] = later;
    expect(Math.min(...later.slice(-2)) - Math.max(second!, third!)).toBeLessThan(2 ** 20);
  });

  test('the crawl goes on to the last day: nodes are met, infohashes sampled, torrents stored', () => {
    for (const [day, { samples, stored, nodes }] of days.entries()) {
      expect(samples, `day ${day}`).toBeGreaterThan(5_000);
      expect(stored, `day ${day}`).toBeGreaterThan(500);
      expect(nodes, `day ${day}`).toBeGreaterThan(50);
    }
    expect(world.saveCount).toBeGreaterThan(DAYS * 120);
  });

  test('the manners of the first minute are those of the last: I8, I11, I12, R4', () => {
    expect(world.manners.problems).toEqual([]);
  });

  test('no queue is left full, and what hit a limit was counted', () => {
    const { scrape, metadata, store, dht } = world.discovery.engineCounters();
    expect(scrape[0]!.triageWaiting).toBeLessThan(8_000);
    expect(scrape[0]!.getPeersWaiting).toBeLessThan(1_600);
    expect(scrape[0]!.lookupsWaiting).toBeLessThanOrEqual(200);
    expect(metadata.queued).toBeLessThan(1_600);
    expect(metadata.heldBytes).toBeLessThan(64 * 2 ** 20);
    expect(store.waiting).toBeLessThan(500);
    expect(dht.nodes[0]!.queriesInFlight).toBeLessThanOrEqual(512);
    expect(dht.nodes[0]!.openAddresses).toBeLessThanOrEqual(20 * 120 * 2);
    expect(scrape[0]!.cooldownBytes).toBeLessThanOrEqual(24 * 2 ** 20);
  });

  test('I10: stopped, nothing of it is left', async () => {
    const { clock, discovery, network, seeders } = world;
    await discovery.stop();
    expect([network.isOpen, seeders.openCount]).toEqual([false, 0]);
    const sentCount = network.sentCount;
    await world.pass(10 * MINUTE_MS);
    expect(network.sentCount).toBe(sentCount);
    // The world's own two clocks tick on.
    expect(clock.pendingCount).toBe(2);
  });
});
