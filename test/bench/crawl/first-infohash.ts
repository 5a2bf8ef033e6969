// How soon after the start the first infohash comes: with one router known (cold), and with the tables of an earlier run
// that ended an hour ago (warm). Production node and scrape loop.
import { CrawlNetwork, type CrawlWorld } from '../../simulation/crawl/crawl-network.ts';
import { startProductionCrawl } from '../../simulation/crawl/production-crawl.ts';
import { SimulatedClock } from '../../simulation/simulated-clock.ts';

const EARLIER_RUN_MS = 20 * 60_000;
const AWAY_MS = 60 * 60_000;
const PATIENCE_MS = 120_000;
const RUNS = 20;

export interface FirstInfohash {
  readonly coldMs: number;
  readonly warmMs: number;
}

/** One cold start, and a warm one from what it had saved by `earlierRunMs`, `awayMs` later. */
export async function measureFirstInfohash(
  world: CrawlWorld,
  seed: number,
  { earlierRunMs = EARLIER_RUN_MS, awayMs = AWAY_MS } = {},
): Promise<FirstInfohash> {
  const clock = new SimulatedClock();
  const network = new CrawlNetwork(world, clock);
  const crawl = await startProductionCrawl(network, clock, { seed, pace: 'balanced' });
  clock.advance(earlierRunMs);
  const coldMs = network.tally.firstInfohashAtMs ?? Infinity;
  const saved = { table: crawl.node.save(), scrape: crawl.loop.save() };
  await crawl.stop();
  clock.advance(awayMs);
  const foundBefore = network.tally.found.size;
  const startedAtMs = clock.nowMs();
  const again = await startProductionCrawl(network, clock, { seed: seed + 1, pace: 'balanced', saved });
  while (network.tally.found.size === foundBefore && clock.nowMs() - startedAtMs < PATIENCE_MS) clock.advance(50);
  const warmMs = clock.nowMs() - startedAtMs;
  await again.stop();
  return { coldMs, warmMs };
}

export async function firstInfohashLines(world: CrawlWorld): Promise<string[]> {
  const runs: FirstInfohash[] = [];
  for (let seed = 1; seed <= RUNS; seed++)
    runs.push(await measureFirstInfohash(world, seed, { earlierRunMs: 240_000 }));
  const line = (text: string, times: number[], goalSeconds: number) => {
    const sorted = times.toSorted((a, b) => a - b);
    const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))]! / 1000).toFixed(2);
    return `${text}: median ${at(0.5)} s, worst of ${RUNS} ${at(1)} s (goal: ${goalSeconds} s)`;
  };
  return [
    line(
      'First infohash after a cold start (one router known)',
      runs.map(({ coldMs }) => coldMs),
      20,
    ),
    line(
      'First infohash after a warm start (saved an hour ago)',
      runs.map(({ warmMs }) => warmMs),
      5,
    ),
  ];
}
