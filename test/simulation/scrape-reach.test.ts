// The scraper on hundreds of production nodes: does it reach what they keep, is it polite, does pause mean pause?
// A failure prints SEED=...; `SEED=... npx vitest run test/simulation/scrape-reach.test.ts` replays it.
import { afterEach, describe, expect, it } from 'vitest';
import { toKey } from '../../main/base/bytes.ts';
import { decodeKrpc, KrpcMessage } from '../../main/wire/krpc-codec.ts';
import { ROUGH } from './simulated-network.ts';
import { simulationSeed } from './simulated-nodes.ts';
import { type Scraper, SimulatedSwarm } from './simulated-swarm.ts';

const seed = simulationSeed(20_260_731);
let swarm: SimulatedSwarm;
afterEach(() => swarm.stop());

interface Sent {
  readonly atMs: number;
  readonly host: string;
  readonly method: string;
}

/** Everything that leaves `host` from now on. */
function listen(host: string): Sent[] {
  const sent: Sent[] = [];
  const message = new KrpcMessage();
  swarm.network.onSent = ({ from, to, bytes, sentAtMs }) => {
    if (from.host !== host) return;
    expect(decodeKrpc(bytes, message)).toBeNull();
    sent.push({ atMs: sentAtMs, host: to.host, method: message.method });
  };
  return sent;
}

function countByHost(sent: readonly Sent[]): number[] {
  const counts = new Map<string, number>();
  for (const { host } of sent) counts.set(host, (counts.get(host) ?? 0) + 1);
  return [...counts.values()];
}

async function newSwarm(nodeCount: number, infohashCount: number): Promise<void> {
  swarm = new SimulatedSwarm(seed);
  await swarm.grow(nodeCount);
  swarm.place(infohashCount);
}

describe(`the scraper among 500 nodes (SEED=${seed})`, () => {
  it('reaches 95% of what is placed on the closest nodes within minutes, asking nobody twice', async () => {
    await newSwarm(500, 1000);
    const sent = listen('99.1.2.3');
    const scraper = await swarm.addScraper({ host: '99.1.2.3', pace: 'fast' });
    const tookMs = swarm.clock.advanceUntil(() => swarm.foundShare(scraper) >= 0.95, 4 * 60_000, 1000);
    swarm.checkInvariants();
    const samples = sent.filter(({ method }) => method === 'sample_infohashes');
    expect(Math.max(...countByHost(samples))).toBe(1);
    expect(samples.length).toBeGreaterThan(100);
    // get_peers goes to who sampled, at most 20 times (R2, 6.2a step 9).
    const sampled = new Set(samples.map(({ host }) => host));
    const asked = sent.filter(({ method }) => method === 'get_peers');
    expect(asked.filter(({ host }) => !sampled.has(host)).length).toBeLessThan(asked.length * 0.1); // lookups
    expect(scraper.counters.infohashesNew).toBeGreaterThanOrEqual(swarm.infohashes.length * 0.95);
    for (const [infohash, peers] of scraper.found) {
      expect(peers.length).toBe(1);
      expect(swarm.infohashes.some((placed) => toKey(placed) === infohash)).toBe(true);
    }
    expect(tookMs).toBeLessThan(4 * 60_000);
    expect(scraper.loop.clientVersions.rows()[0]).toMatchObject({ answered: scraper.counters.samplesAnswered });
  });

  it('keeps to its pace: addresses, packets, and once a second to a node', async () => {
    await newSwarm(500, 200);
    const sent = listen('99.1.2.3');
    const scraper = await swarm.addScraper({ host: '99.1.2.3', pace: 'gentle' });
    swarm.clock.advance(60_000);
    swarm.checkInvariants();
    const lastSentAtMs = new Map<string, number>();
    let newCount = 0;
    for (const { atMs, host } of sent) {
      if (atMs - (lastSentAtMs.get(host) ?? -Infinity) >= 120_000) newCount++;
      lastSentAtMs.set(host, atMs);
    }
    // 60 s at 8/s and a burst of 4.
    expect(newCount).toBeLessThanOrEqual(60 * 8 + 4);
    expect(sent.length).toBeLessThanOrEqual(60 * 30 + 15);
    expect(newCount).toBeGreaterThan(200);
    expect(scraper.found.size).toBeGreaterThan(50);
    // protocol.md 5.2: at most 25 packets to one address a day, from the scraper.
    const scrapes = sent.filter(({ method }) => method === 'sample_infohashes' || method === 'get_peers');
    expect(Math.max(...countByHost(scrapes))).toBeLessThanOrEqual(25);
  });

  it('sends not one datagram while paused, and goes on after resume', async () => {
    await newSwarm(500, 300);
    const sent = listen('99.1.2.3');
    const scraper = await swarm.addScraper({ host: '99.1.2.3', pace: 'fast' });
    swarm.clock.advance(5000);
    expect(sent.length).toBeGreaterThan(50);
    const pause = ({ loop, node }: Scraper) => {
      loop.pause();
      node.pause();
    };
    pause(scraper);
    const sentBefore = sent.length;
    const foundBefore = scraper.found.size;
    swarm.clock.advance(3 * 60_000);
    expect(sent.length).toBe(sentBefore);
    swarm.checkInvariants();
    scraper.node.resume();
    scraper.loop.resume();
    swarm.clock.advance(20_000);
    expect(sent.length).toBeGreaterThan(sentBefore + 100);
    expect(scraper.found.size).toBeGreaterThan(foundBefore);
    const samples = sent.filter(({ method }) => method === 'sample_infohashes');
    expect(Math.max(...countByHost(samples))).toBe(1);
    swarm.checkInvariants();
  });

  it('reaches most of it on a network that loses and reorders a tenth', async () => {
    await newSwarm(500, 300);
    swarm.network.conditions = ROUGH;
    const scraper = await swarm.addScraper({ host: '99.1.2.3', pace: 'fast' });
    swarm.clock.advance(90_000);
    swarm.checkInvariants();
    expect(swarm.foundShare(scraper)).toBeGreaterThan(0.9);
  });
});

describe(`the scraper behind a small router (SEED=${seed})`, () => {
  it('settles where the NAT table holds, though a full table reports no error', async () => {
    await newSwarm(1000, 100);
    const mappingsMax = 300;
    swarm.network.placeBehindNat('99.1.2.3', mappingsMax);
    const scraper = await swarm.addScraper({ host: '99.1.2.3', pace: 'gentle' });
    const { counters, node } = scraper;
    swarm.clock.advance(60_000);
    // 8/s for 120 s are 960 entries: most of what is asked by now is lost.
    expect(counters.queryTimeouts).toBeGreaterThan(50);
    swarm.clock.advance(150_000);
    expect(node.budget.rates.newAddressesPerSecond * 120).toBeLessThanOrEqual(mappingsMax);
    const before = { timeouts: counters.queryTimeouts, asked: counters.samplesAsked };
    swarm.clock.advance(30_000);
    expect(counters.samplesAsked - before.asked).toBeGreaterThan(20);
    expect(counters.queryTimeouts - before.timeouts).toBeLessThan((counters.samplesAsked - before.asked) * 0.2);
    swarm.checkInvariants();
  });
});
