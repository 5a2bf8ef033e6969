// What crawling and idling cost: our node in Node and in a worker of the Electron runtime, against a simulated network in
// another process whose round trips take 20 to 300 ms. The product's own scrape loop where its limits allow the pace
// (it samples a node, then asks it for the peers of what it sampled), else the product's node, asked for samples by a loop
// like the scraper's. Shares of one core are CPU time of all threads over wall time.
import { choosePort, compile, SimulatedNetwork, type NetworkOptions } from './dht/native.ts';
import { atLeast, atMost } from './dht/report.ts';
import { presentSides, Side, SIDE_NAMES, type SideKind } from './dht/side.ts';

export const name = 'dht-crawl';

const NODES = 100_000;
const ROUND_TRIPS = { delayMinMs: 20, delayMaxMs: 300 };
const PACES = [
  { driver: 'product', queriesPerSecond: 100, goalPercent: 3 },
  { driver: 'product', queriesPerSecond: 500, goalPercent: 6 },
  { driver: 'node', queriesPerSecond: 100, goalPercent: 3 },
  { driver: 'node', queriesPerSecond: 500, goalPercent: 6 },
  { driver: 'node', queriesPerSecond: 2_000, goalPercent: 10 },
  { driver: 'node', queriesPerSecond: 8_000, goalPercent: 25 },
] as const;
const JOIN_MS = 5_000;
const WARM_UP_SECONDS = 5;
const SECONDS = 8;
const IDLE_SECONDS = 20;
const IDLE_GOAL_PERCENT = 0.5;
const IDLE_GOAL_WAKE_UPS = 10;
const DELAY_GOAL_MS = 20;
/** All answers come within the 50 ms in which the thread is blocked. */
const BURST_ROUND_TRIPS = { delayMinMs: 5, delayMaxMs: 40 };
const BURST = { answers: 150, blockedMs: 50 };
const BURSTS = 10;

export async function run(): Promise<string[]> {
  const lines: string[] = [];
  const program = compile('simulated-network.c');
  if (program === null) return ['skipped: no C compiler on Linux here'];
  for (const kind of presentSides(['node', 'electron'], lines)) {
    lines.push(...(await measureIdle(program, kind)));
    for (const pace of PACES) lines.push(...(await measureCrawl(program, kind, pace)));
    lines.push(...(await measureBurst(program, kind)));
  }
  return lines;
}

async function measureIdle(program: string, kind: SideKind): Promise<string[]> {
  return withSide(program, kind, { ...ROUND_TRIPS, nodes: NODES }, true, async (side) => {
    // Joined, with a table, and nothing to do but to keep it.
    await sleep(4 * JOIN_MS);
    const [cpuUs, wakeUps] = [side.cpuUs(), side.wakeUps()];
    await sleep(IDLE_SECONDS * 1000);
    const percent = (side.cpuUs() - cpuUs) / (IDLE_SECONDS * 1e4);
    const wakeUpsPerSecond = (side.wakeUps() - wakeUps) / IDLE_SECONDS;
    return [
      atMost(`idle: ${SIDE_NAMES[kind]}, share of a core`, percent, IDLE_GOAL_PERCENT, ' %'),
      atMost(`idle: ${SIDE_NAMES[kind]}, wake-ups a second`, wakeUpsPerSecond, IDLE_GOAL_WAKE_UPS, ''),
    ];
  });
}

async function measureCrawl(program: string, kind: SideKind, pace: (typeof PACES)[number]): Promise<string[]> {
  const { driver, queriesPerSecond, goalPercent } = pace;
  const crawl = { do: 'crawl', driver, queriesPerSecond } as const;
  return withSide(program, kind, { ...ROUND_TRIPS, nodes: NODES }, false, async (side) => {
    await side.tell({ ...crawl, seconds: WARM_UP_SECONDS });
    const cpuUs = side.cpuUs();
    const result = await side.tell({ ...crawl, seconds: SECONDS });
    const percent = (side.cpuUs() - cpuUs) / (SECONDS * 1e4);
    const real = Math.round(result.queriesPerSecond!);
    const title = `crawl, ${driver}, ${queriesPerSecond} queries/s (${real} sent): ${SIDE_NAMES[kind]}`;
    const lines = [atMost(title, percent, goalPercent, ' %')];
    if (queriesPerSecond !== 500) return lines;
    const { delayP99Ms = Number.NaN } = await side.tell({ ...crawl, seconds: SECONDS, measuresDelay: true });
    lines.push(atMost(`  loop delay p99 meanwhile`, delayP99Ms, DELAY_GOAL_MS, ' ms'));
    return lines;
  });
}

async function measureBurst(program: string, kind: SideKind): Promise<string[]> {
  return withSide(program, kind, { ...BURST_ROUND_TRIPS, nodes: NODES }, false, async (side) => {
    let heard = 0;
    for (let count = 0; count < BURSTS; count++) heard += (await side.tell({ do: 'burst', ...BURST })).heard!;
    const title = `${BURST.answers} answers while the thread is blocked for ${BURST.blockedMs} ms: ${SIDE_NAMES[kind]}`;
    return [atLeast(title, heard / BURSTS, BURST.answers, '')];
  });
}

async function withSide(
  program: string,
  kind: SideKind,
  options: NetworkOptions,
  isIdle: boolean,
  use: (side: Side) => Promise<string[]>,
): Promise<string[]> {
  const network = await SimulatedNetwork.start(program, options);
  let side: Side | null = null;
  try {
    side = await Side.start(kind, { host: '127.8.21.1', port: choosePort(), bootstrap: network.bootstrap, isIdle });
    if (!isIdle) await side.tell({ do: 'meet' });
    await sleep(JOIN_MS);
    return await use(side);
  } finally {
    side?.stop();
    network.stop();
  }
}

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
