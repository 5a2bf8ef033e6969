// Home routers: every new address takes a place in a table for two minutes, and a full table drops what is new without a
// word (protocol.md 5.1). The scraper has to find out from the answers that are missing, and to stay below it.
// A failure prints SEED=...; `SEED=... npx vitest run test/simulation/crawl-nat.test.ts` replays it.
import { describe, expect, it, vi } from 'vitest';
import type { Pace } from '../../main/scrape/pace-profiles.ts';
import { createCrawlWorld, CrawlNetwork } from './crawl/crawl-network.ts';
import { startProductionCrawl } from './crawl/production-crawl.ts';
import { SimulatedClock } from './simulated-clock.ts';
import { simulationSeed } from './simulated-nodes.ts';

// Seconds on a quiet machine; a busy one must not fail them.
vi.setConfig({ testTimeout: 180_000 });

const seed = simulationSeed(20_260_802);

interface Router {
  readonly pace: Pace;
  readonly entries: number;
  /** Places that the household's other flows take. */
  readonly taken: number;
  readonly nodeCount: number;
  readonly settleMinutes: number;
}

describe(`behind a router (SEED=${seed})`, () => {
  it.each<[string, Router]>([
    ['1,024', { pace: 'balanced', entries: 1_024, taken: 0, nodeCount: 30_000, settleMinutes: 9 }],
    [
      '16,384, most of them taken',
      { pace: 'fast', entries: 16_384, taken: 12_000, nodeCount: 30_000, settleMinutes: 8 },
    ],
  ])('settles below a table of %s entries', async (_name, { pace, entries, taken, nodeCount, settleMinutes }) => {
    const world = createCrawlWorld({ seed, nodeCount, deadShare: 0.5, samplingShare: 0.4, infohashCount: 2_000 });
    const clock = new SimulatedClock();
    const network = new CrawlNetwork(world, clock, entries - taken);
    const { loop, node, stop } = await startProductionCrawl(network, clock, { seed, pace });
    clock.advance(settleMinutes * 60_000);
    expect(network.tally.natRefusedCount).toBeGreaterThan(0); // it had to find out
    const before = { refused: network.tally.natRefusedCount, sent: network.tally.packetCount };
    let fullest = 0;
    for (let second = 0; second < 180; second++) {
      clock.advance(1_000);
      fullest = Math.max(fullest, network.natEntryCount);
    }
    loop.checkInvariants();
    expect(fullest).toBeLessThan(entries - taken);
    expect(network.tally.natRefusedCount).toBe(before.refused);
    // And it goes on: at least half of what would fit is used.
    expect(node.budget.rates.newAddressesPerSecond * 120).toBeGreaterThan(0.4 * (entries - taken));
    expect(network.tally.packetCount).toBeGreaterThan(before.sent + 180);
    await stop();
  });
});
