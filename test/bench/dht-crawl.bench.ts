// What crawling and idling cost: our node in Node and in a worker of the Electron runtime, against a simulated network in
// another process whose round trips take 20 to 300 ms. The product's own scrape loop as fast as its limits allow (it samples
// a node, then asks it for the peers of what it sampled, one a second), and the product's node at every pace, asked for samples
// by a loop like the scraper's. Beside them node:dgram and our own socket alone at the same pace: the floors. At a low pace
// nearly every answer is a wake-up of its own, and that is most of the cost. Shares of one core are CPU time of all threads
// over wall time.
import { choosePort, compile, SimulatedNetwork, type NetworkOptions } from './dht/native.ts';
import { atLeast, atMost, floor, median } from './dht/report.ts';
import { isBare, presentSides, Side, SIDE_NAMES, type BareKind, type SideKind } from './dht/side.ts';

export const name = 'dht-crawl';

const NODES = 100_000;
const ROUND_TRIPS = { delayMinMs: 20, delayMaxMs: 300 };
const PACES = [
  { queriesPerSecond: 100, goalPercent: 3 },
  { queriesPerSecond: 500, goalPercent: 6 },
  { queriesPerSecond: 2_000, goalPercent: 10 },
  { queriesPerSecond: 8_000, goalPercent: 25 },
] as const;
type Pace = (typeof PACES)[number];
/** Beyond it the goal of this pace says nothing about what was really sent. */
const SENT_SHARE_MIN = 0.9;
const DELAY_AT_PACE = 500;
const JOIN_MS = 5_000;
/** An app runs for hours: at 100 queries a second its code is compiled after some minutes, and interpreted before. */
const HOT = { queriesPerSecond: 4_000, seconds: 6 };
/** The scrape loop, too; and it hurries for ten seconds after a start. */
const PRODUCT_HOT = { queriesPerSecond: 500, seconds: 12 };
/** A socket alone has little to compile. */
const BARE_HOT = { seconds: 2 };
const WARM_UP_SECONDS = 1;
/** Of each pace, in turn with the floors; medians count. */
const ROUNDS = 3;
const BARE_ROUNDS = 2;
const SECONDS = 2;
const PRODUCT_SECONDS = 5;
const IDLE_SECONDS = 15;
const IDLE_GOAL_PERCENT = 0.5;
const IDLE_GOAL_WAKE_UPS = 10;
const DELAY_GOAL_MS = 20;
/** All answers come within the 50 ms in which the thread is blocked. */
const BURST_ROUND_TRIPS = { delayMinMs: 5, delayMaxMs: 40 };
const BURST = { answers: 150, blockedMs: 50 };
const BURSTS = 5;
const BARE: Readonly<Record<'node' | 'electron', readonly BareKind[]>> = {
  node: ['bare-node', 'native-node'],
  electron: ['bare-electron', 'native-electron'],
};

export async function run(): Promise<string[]> {
  const lines: string[] = [];
  const program = compile('simulated-network.c');
  if (program === null) return ['skipped: no C compiler on Linux here'];
  const kinds = presentSides(['node', 'electron'], lines) as ('node' | 'electron')[];
  const all = kinds.flatMap((kind) => [kind, ...presentSides(BARE[kind], lines)]);
  const idleLines = await withSides(program, all, { ...ROUND_TRIPS, nodes: NODES }, true, async (idle) => {
    // They idle meanwhile: V8 takes a minute to put the heap of a new process in order, which an app does once.
    for (const kind of kinds) {
      lines.push(...(await measurePaces(program, kind)));
      lines.push(...(await measureBurst(program, kind)));
    }
    return measureIdle(idle);
  });
  return [...lines, ...idleLines];
}

/** All at once: together they do next to nothing. */
async function measureIdle(sides: readonly Side[]): Promise<string[]> {
  const before = sides.map((side) => [side.cpuUs(), side.wakeUps()] as const);
  await sleep(IDLE_SECONDS * 1000);
  return sides.flatMap((side, index) => {
    const [cpuUs, wakeUps] = before[index]!;
    const percent = (side.cpuUs() - cpuUs) / (IDLE_SECONDS * 1e4);
    const wakeUpsPerSecond = (side.wakeUps() - wakeUps) / IDLE_SECONDS;
    const judge = isBare(side.kind) ? floor : atMost;
    return [
      judge(`idle: ${SIDE_NAMES[side.kind]}, share of a core`, percent, IDLE_GOAL_PERCENT, ' %'),
      judge(`idle: ${SIDE_NAMES[side.kind]}, wake-ups a second`, wakeUpsPerSecond, IDLE_GOAL_WAKE_UPS, ''),
    ];
  });
}

async function measurePaces(program: string, kind: 'node' | 'electron'): Promise<string[]> {
  return withSides(
    program,
    [kind, ...presentSides(BARE[kind], [])],
    { ...ROUND_TRIPS, nodes: NODES },
    false,
    async (sides) => {
      const lines: string[] = [];
      for (const side of sides) {
        await side.tell({ do: 'crawl', driver: 'node', ...HOT, ...(isBare(side.kind) ? BARE_HOT : {}) });
      }
      for (const pace of PACES) lines.push(...(await measurePace(sides, pace)));
      // What the scraper's own courtesy lets through: one query a second to a node, and no new sample while 2,000 infohashes wait.
      await sides[0]!.tell({ do: 'crawl', driver: 'product', ...PRODUCT_HOT });
      for (const queriesPerSecond of [100, 500]) {
        const { percent, sent } = await measureCrawl(sides[0]!, 'product', queriesPerSecond);
        const title = `crawl, the scrape loop allowed ${queriesPerSecond} queries/s (${sent} sent): ${SIDE_NAMES[kind]}`;
        lines.push(atMost(title, percent, PACES.find((pace) => pace.queriesPerSecond >= sent)!.goalPercent, ' %'));
      }
      return lines;
    },
  );
}

async function measurePace(sides: readonly Side[], { queriesPerSecond, goalPercent }: Pace): Promise<string[]> {
  const rounds = new Map(sides.map((side) => [side, [] as { percent: number; sent: number }[]]));
  for (let round = 0; round < ROUNDS; round++)
    for (const [side, results] of rounds) {
      if (isBare(side.kind) && round >= BARE_ROUNDS) continue;
      results.push(await measureCrawl(side, 'node', queriesPerSecond));
    }
  const lines: string[] = [];
  for (const [side, results] of rounds) {
    const percent = median(results.map((result) => result.percent));
    const sent = median(results.map((result) => result.sent));
    const isSent = sent >= SENT_SHARE_MIN * queriesPerSecond;
    const title = `crawl, ${queriesPerSecond} queries/s (${sent} sent): ${SIDE_NAMES[side.kind]}`;
    if (isBare(side.kind)) lines.push(floor(title, percent, goalPercent, ' %'));
    else lines.push(atMost(isSent ? title : `${title}, TOO FEW`, isSent ? percent : Infinity, goalPercent, ' %'));
  }
  if (queriesPerSecond !== DELAY_AT_PACE) return lines;
  const crawl = { do: 'crawl', driver: 'node', queriesPerSecond, seconds: SECONDS, measuresDelay: true } as const;
  const { delayP99Ms = Number.NaN } = await sides[0]!.tell(crawl);
  return [...lines, atMost(`  loop delay p99 meanwhile`, delayP99Ms, DELAY_GOAL_MS, ' ms')];
}

async function measureCrawl(
  side: Side,
  driver: 'product' | 'node',
  queriesPerSecond: number,
): Promise<{ percent: number; sent: number }> {
  const seconds = driver === 'product' ? PRODUCT_SECONDS : SECONDS;
  const crawl = { do: 'crawl', driver, queriesPerSecond } as const;
  if (!isBare(side.kind)) await side.tell({ ...crawl, seconds: WARM_UP_SECONDS });
  const cpuUs = side.cpuUs();
  const result = await side.tell({ ...crawl, seconds });
  return { percent: (side.cpuUs() - cpuUs) / (seconds * 1e4), sent: Math.round(result.queriesPerSecond!) };
}

async function measureBurst(program: string, kind: SideKind): Promise<string[]> {
  return withSides(program, [kind], { ...BURST_ROUND_TRIPS, nodes: NODES }, false, async ([side]) => {
    let heard = 0;
    for (let count = 0; count < BURSTS; count++) heard += (await side!.tell({ do: 'burst', ...BURST })).heard!;
    const title = `${BURST.answers} answers while the thread is blocked for ${BURST.blockedMs} ms: ${SIDE_NAMES[kind]}`;
    return [atLeast(title, heard / BURSTS, BURST.answers, '')];
  });
}

async function withSides(
  program: string,
  kinds: readonly SideKind[],
  options: NetworkOptions,
  isIdle: boolean,
  use: (sides: readonly Side[]) => Promise<string[]>,
): Promise<string[]> {
  const network = await SimulatedNetwork.start(program, options);
  const sides: Side[] = [];
  try {
    for (const kind of kinds) {
      const host = `127.8.${(isIdle ? 31 : 21) + sides.length}.1`;
      sides.push(await Side.start(kind, { host, port: choosePort(), bootstrap: network.bootstrap, isIdle }));
    }
    if (!isIdle) for (const side of sides) await side.tell({ do: 'meet' });
    await sleep(JOIN_MS);
    return await use(sides);
  } finally {
    for (const side of sides) side.stop();
    network.stop();
  }
}

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
