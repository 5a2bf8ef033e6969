// BEP 33 asked and answered by the production node: how many peers a torrent has, and what asking may cost.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GENTLE_RATES } from '../../main/dht/rate-limits.ts';
import type { SwarmSize } from '../../main/dht/dht-node.ts';
import { SimulatedNodes, simulationSeed } from './simulated-nodes.ts';

const seed = simulationSeed(33);
const SEEDS = 30;
const LEECHES = 150;

describe(`scrapeSwarm (SEED=${seed})`, () => {
  let nodes: SimulatedNodes;
  let infohash: Uint8Array;

  beforeEach(async () => {
    nodes = new SimulatedNodes(seed);
    await nodes.grow(60, { localAddressesAllowed: true });
    nodes.clock.advance(180_000);
    infohash = nodes.random.bytes(20);
    const holders = nodes.trueClosest(infohash, 8).map(({ node }) => node.peerStore);
    for (let index = 0; index < SEEDS + LEECHES; index++) {
      // Announced to four of the eight, as it happens: no node alone knows them all.
      const contact = { host: `80.1.${index >> 7}.${index & 127}`, port: 1000 + index };
      for (let turn = 0; turn < 4; turn++) holders[(index + turn) % 8]!.add(infohash, contact, index < SEEDS);
    }
  });

  afterEach(async () => {
    nodes.checkInvariants();
    await nodes.stop();
  });

  const scrape = (member = nodes.ordinary.at(-1)!, wanted = infohash) => {
    const sizes: (SwarmSize | null)[] = [];
    const isStarted = member.node.scrapeSwarm(wanted, (size) => sizes.push(size));
    return { sizes, isStarted };
  };

  test('the union of what the nearest nodes hold, once, near the truth', () => {
    const { sizes } = scrape();
    nodes.clock.advance(31_000);
    expect(sizes).toHaveLength(1);
    const { seedCount, leechCount, filterCount } = sizes[0]!;
    expect(Math.abs(seedCount - SEEDS)).toBeLessThanOrEqual(3);
    expect(Math.abs(leechCount - LEECHES)).toBeLessThanOrEqual(12);
    expect(filterCount).toBeGreaterThanOrEqual(6);
  });

  test('null when nobody announced it; refused when paused or when four run', () => {
    const { sizes } = scrape(undefined, nodes.random.bytes(20));
    nodes.clock.advance(31_000);
    expect(sizes).toEqual([null]);
    const started = Array.from({ length: 6 }, () => scrape());
    expect(started.map(({ isStarted }) => isStarted)).toEqual([true, true, true, true, false, false]);
    const { node } = nodes.ordinary.at(-1)!;
    node.pause();
    expect(started.slice(0, 4).every((running) => running.sizes.length === 1)).toBe(true);
    expect(scrape().isStarted).toBe(false);
    node.resume();
    expect(scrape().isStarted).toBe(true);
  });

  test('a node that claims everybody does not drown the others', () => {
    const liar = nodes.trueClosest(infohash, 1)[0]!;
    const full = { seeds: new Uint8Array(256).fill(255), peers: new Uint8Array(256).fill(255) };
    liar.node.peerStore.filtersOf = () => full;
    const { sizes } = scrape();
    nodes.clock.advance(31_000);
    expect(Math.abs(sizes[0]!.seedCount - SEEDS)).toBeLessThanOrEqual(4);
  });

  test('it leaves the budget to others: while somebody takes all there is, it asks at most one a second', async () => {
    const routers = nodes.members.slice(0, 2).map(({ contact }) => contact);
    const asker = nodes.create({ bootstrap: routers, sendRates: GENTLE_RATES, localAddressesAllowed: true });
    await asker.node.start();
    nodes.clock.advance(120_000);
    // The budget's view of time and of who was lately spoken to is its own: new addresses are what is scarce.
    const { sizes } = scrape(asker);
    const before = { nowMs: nodes.clock.nowMs(), scrapes: 0 };
    nodes.network.onSent = ({ from, bytes }) => {
      if (from.host === asker.contact.host && Buffer.from(bytes).includes('6:scrapei1e')) before.scrapes++;
    };
    for (let tick = 0; tick < 100; tick++) {
      const nowMs = nodes.clock.nowMs();
      for (let index = 0; asker.node.budget.newAddressesAvailable(nowMs) > 0; index++)
        asker.node.budget.spend({ host: `99.${tick}.${index}.1`, port: 1 }, nowMs);
      nodes.clock.advance(50);
    }
    expect(before.scrapes).toBeLessThanOrEqual(4 + 5 + 1);
    nodes.clock.advance(31_000);
    expect(sizes).toHaveLength(1);
  });
});
