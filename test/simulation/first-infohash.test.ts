// The first minute of a user: something has to be found within 5 s of a start with saved tables, and within 20 s of a first
// start that knows one router only. Production node and scrape loop among 10,000 simulated nodes, half of them dead.
// A failure prints SEED=...; `SEED=... npx vitest run test/simulation/first-infohash.test.ts` replays it.
import { describe, expect, it, vi } from 'vitest';
import { measureFirstInfohash } from '../bench/crawl/first-infohash.ts';
import { createCrawlWorld } from './crawl/crawl-network.ts';
import { simulationSeed } from './simulated-nodes.ts';

vi.setConfig({ testTimeout: 180_000 });

const seed = simulationSeed(20_260_803);
const RUNS = 5;

describe(`the first infohash (SEED=${seed})`, () => {
  it('comes within 20 s of a cold start, and within 5 s of a warm one', async () => {
    const world = createCrawlWorld({
      ...{ seed, nodeCount: 10_000, deadShare: 0.5, samplingShare: 0.4, infohashCount: 20_000 },
    });
    const warmMs: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const first = await measureFirstInfohash(world, seed + run, { earlierRunMs: 120_000 });
      expect(first.coldMs).toBeLessThan(20_000);
      warmMs.push(first.warmMs);
    }
    // Four of five nodes asked are dead or do not sample: luck has a part in it, and one start in twenty takes longer.
    warmMs.sort((a, b) => a - b);
    expect(warmMs[RUNS - 2]).toBeLessThan(5_000);
    expect(warmMs[0]).toBeLessThan(1_500);
  });
});
