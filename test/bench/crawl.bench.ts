// What a crawl brings for its packets: the strategies of main/scrape/strategy.ts with the production node, against a plain
// random walk and a crawl with bitmagnet's published parameters, each alone in the same seeded world, 30 simulated minutes at
// the balanced pace. CRAWL_SEEDS=1,2,3 and CRAWL_WORLDS=... choose; default: one seed, the world of the goals.
// Goals: our default at least 2 times bitmagnet's strategy per packet and 3 times the random walk; no `interval` broken.
import { createSeededRandom } from '../../main/base/random.ts';
import { PACE_PROFILES } from '../../main/scrape/pace-profiles.ts';
import { type Strategy, STRATEGY_DEFAULT } from '../../main/scrape/strategy.ts';
import { createCrawlWorld, CrawlNetwork, type CrawlWorld } from '../simulation/crawl/crawl-network.ts';
import { startProductionCrawl } from '../simulation/crawl/production-crawl.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';
import { firstInfohashLines } from './crawl/first-infohash.ts';
import { PipelineCrawl } from './crawl/pipeline-crawl.ts';
import { RandomWalk } from './crawl/random-walk.ts';
import { RivalClient } from './crawl/rival-client.ts';

export const name = 'crawl';

const MINUTES = 30;
const MINUTE_MS = 60_000;
const EARLY_MINUTES = 5;
/** Rivals are given so many contacts, for which ours has to ask a router. */
const ACQUAINTANCES = 24;
const RIVAL_TIMEOUT_MS = 4_000;
const OURS: readonly Strategy[] = ['converge', 'random-needles', 'stratified-needles', 'spread'];
const RIVALS = ['random walk', 'random walk, no address twice', 'bitmagnet'] as const;

const WORLDS = {
  goal: { nodeCount: 10_000, deadShare: 0.5, samplingShare: 0.4, infohashCount: 200_000 },
  harsh: { nodeCount: 15_000, deadShare: 0.7, samplingShare: 0.3, infohashCount: 200_000 },
  wide: { nodeCount: 40_000, deadShare: 0.5, samplingShare: 0.4, infohashCount: 200_000 },
} as const;
type WorldName = keyof typeof WORLDS;

interface Result {
  readonly side: string;
  readonly coverage: number;
  readonly packets: number;
  readonly perThousand: number;
  readonly perThousandDiscovering: number;
  readonly earlyPerThousandDiscovering: number;
  readonly newAddresses: number;
  readonly duplicates: number;
  readonly violations: number;
}

export async function run(): Promise<string[]> {
  const seeds = (process.env['CRAWL_SEEDS'] ?? '1').split(',').map(Number);
  const worlds = (process.env['CRAWL_WORLDS'] ?? 'goal').split(',').filter((text): text is WorldName => text in WORLDS);
  const lines: string[] = [];
  for (const worldName of worlds) {
    for (const seed of seeds) lines.push(...(await compare(worldName, seed)));
  }
  lines.push('', ...(await firstInfohashLines(createCrawlWorld({ seed: seeds[0]!, ...WORLDS.goal }))));
  return lines;
}

async function compare(worldName: WorldName, seed: number): Promise<string[]> {
  const options = WORLDS[worldName];
  const world = createCrawlWorld({ seed, ...options });
  const results: Result[] = [];
  for (const side of [...OURS, ...RIVALS]) results.push(await crawl(world, side));
  const { nodeCount, deadShare, samplingShare, infohashCount } = options;
  return [
    '',
    `World '${worldName}', seed ${seed}: ${nodeCount} nodes, ${deadShare * 100}% dead, ${samplingShare * 100}% of the live answer BEP 51, ${infohashCount} infohashes; ${MINUTES} minutes`,
    `${'unique infohashes per 1,000 packets'.padEnd(32)}    all  discovery  (first ${EARLY_MINUTES} min)  coverage   packets  new addresses  duplicates  interval broken`,
    ...results.map(row),
    ...goals(results),
  ];
}

async function crawl(world: CrawlWorld, side: (typeof OURS)[number] | (typeof RIVALS)[number]): Promise<Result> {
  const clock = new SimulatedClock();
  const network = new CrawlNetwork(world, clock);
  const stop = await start(world, network, clock, side);
  const { tally } = network;
  clock.advance(EARLY_MINUTES * MINUTE_MS);
  const earlyPerThousandDiscovering = (1000 * tally.found.size) / tally.discoveryCount;
  clock.advance((MINUTES - EARLY_MINUTES) * MINUTE_MS);
  await stop();
  return {
    side,
    coverage: tally.found.size / world.numberOf.size,
    packets: tally.packetCount,
    perThousand: (1000 * tally.found.size) / tally.packetCount,
    perThousandDiscovering: (1000 * tally.found.size) / tally.discoveryCount,
    earlyPerThousandDiscovering,
    newAddresses: tally.newAddressCount,
    duplicates: 1 - tally.found.size / tally.infohashCount,
    violations: tally.intervalViolations,
  };
}

async function start(
  world: CrawlWorld,
  network: CrawlNetwork,
  clock: SimulatedClock,
  side: string,
): Promise<() => Promise<void>> {
  const { seed } = world;
  const strategy = OURS.find((ours) => ours === side);
  if (strategy !== undefined) {
    const ours = await startProductionCrawl(network, clock, { seed, strategy, pace: 'balanced' });
    return ours.stop;
  }
  const isPipeline = side === 'bitmagnet';
  const random = createSeededRandom(seed + 1);
  const { newAddressesPerSecond, packetsPerSecond, perAddressPerSecond } = PACE_PROFILES.balanced;
  const rates = { newAddressesPerSecond, packetsPerSecond, perAddressPerSecond, perAddressBurst: isPipeline ? 4 : 3 };
  const client = await RivalClient.open(network, clock, random, { rates, timeoutMs: RIVAL_TIMEOUT_MS });
  const acquaintances = network.acquaintances(ACQUAINTANCES);
  if (isPipeline) new PipelineCrawl(client, clock, random, acquaintances);
  else new RandomWalk(client, clock, random, { acquaintances, hasMemory: side !== 'random walk' });
  return () => Promise.resolve();
}

function row(result: Result): string {
  const isDefault = result.side === STRATEGY_DEFAULT;
  return [
    `${result.side}${isDefault ? ' (default)' : ''}`.padEnd(32),
    result.perThousand.toFixed(0).padStart(7),
    result.perThousandDiscovering.toFixed(0).padStart(11),
    result.earlyPerThousandDiscovering.toFixed(0).padStart(15),
    `${(100 * result.coverage).toFixed(1)}%`.padStart(10),
    String(result.packets).padStart(10),
    String(result.newAddresses).padStart(15),
    `${(100 * result.duplicates).toFixed(1)}%`.padStart(12),
    String(result.violations).padStart(17),
  ].join('');
}

function goals(results: readonly Result[]): string[] {
  const of = (side: string) => results.find((result) => result.side === side)!;
  const ours = of(STRATEGY_DEFAULT);
  return (['bitmagnet', 'random walk', 'random walk, no address twice'] as const).map((side) => {
    const rival = of(side);
    const all = (ours.perThousand / rival.perThousand).toFixed(2);
    const discovery = (ours.perThousandDiscovering / rival.perThousandDiscovering).toFixed(2);
    const early = (ours.earlyPerThousandDiscovering / rival.earlyPerThousandDiscovering).toFixed(2);
    return `${STRATEGY_DEFAULT} against ${side}: ${discovery}x per discovery packet (${early}x in the first ${EARLY_MINUTES} minutes), ${all}x per packet of any kind`;
  });
}
