// Iterative get_peers to the end, on a simulated network of 100,000 nodes in a process of its own: lookups a CPU second of
// the side that searches, messages a lookup (counted by the network), and whether the peers were found. Beside them
// node:dgram and our own socket alone, which exchange as many datagrams as our lookups do and look at none: the floor for ours.
import { createSystemRandom } from '../../main/base/random.ts';
import { choosePort, compile, SimulatedNetwork } from './dht/native.ts';
import { atLeast, atMost, floor, median, medianRatio } from './dht/report.ts';
import { isBare, presentSides, Side, SIDE_NAMES, type SideKind } from './dht/side.ts';

export const name = 'dht-lookup';

const NODES = 100_000;
const ROUNDS = 5;
const JOIN_MS = 6_000;
/** Enough for each side to fill a slice of some hundred milliseconds. */
const LOOKUPS: Readonly<Record<SideKind, number>> = {
  ...{ node: 600, electron: 600, 'bare-node': 600, 'bare-electron': 600, 'native-node': 600, 'native-electron': 600 },
  ...{ libtorrent: 300, 'bittorrent-dht': 40 },
};
const SIDES = Object.keys(LOOKUPS) as readonly SideKind[];
/** Tables fill, code warms: an app runs for hours, and a compiler that still works is measured with it. */
const WARM_UP_ROUNDS = 3;
/** The network has heard nothing for so long: what was under way is over. */
const QUIET_MS = 400;
const GOAL_LIBTORRENT = 2;
const GOAL_BITTORRENT_DHT = 15;
const GOAL_MESSAGES = 22;

interface Figures {
  readonly cpuUs: number[];
  readonly messages: number[];
  readonly found: number[];
}

const random = createSystemRandom();

export async function run(): Promise<string[]> {
  const lines: string[] = [];
  const program = compile('simulated-network.c');
  if (program === null) return ['skipped: no C compiler on Linux here'];
  const network = await SimulatedNetwork.start(program, { nodes: NODES });
  const sides: Side[] = [];
  try {
    for (const kind of presentSides(SIDES, lines)) {
      const host = `127.8.${11 + sides.length}.1`;
      sides.push(await Side.start(kind, { host, port: choosePort(), bootstrap: network.bootstrap }));
    }
    await new Promise((resolve) => setTimeout(resolve, JOIN_MS));
    return [...lines, ...(await compare(sides, network))];
  } finally {
    for (const side of sides) side.stop();
    network.stop();
  }
}

async function compare(sides: readonly Side[], network: SimulatedNetwork): Promise<string[]> {
  const figures = new Map<SideKind, Figures>(sides.map(({ kind }) => [kind, { cpuUs: [], messages: [], found: [] }]));
  for (let round = 0; round < WARM_UP_ROUNDS; round++)
    for (const side of sides) await measure(side, network, { cpuUs: [], messages: [], found: [] });
  for (let round = 0; round < ROUNDS; round++)
    for (const side of sides) await measure(side, network, figures.get(side.kind)!);
  return report(figures);
}

async function measure(side: Side, network: SimulatedNetwork, into: Figures): Promise<void> {
  const count = LOOKUPS[side.kind];
  const infohashes = Array.from({ length: count }, () => Buffer.from(random.bytes(20)).toString('hex'));
  const messagesBefore = await network.receivedCount();
  const before = side.cpuUs();
  const { found = 0 } = await side.tell({ do: 'lookups', infohashes });
  let messages = await untilQuiet(network);
  into.cpuUs.push((side.cpuUs() - before) / count);
  messages -= messagesBefore;
  into.messages.push(messages / count);
  into.found.push(found / count);
}

async function untilQuiet(network: SimulatedNetwork): Promise<number> {
  for (let before = -1; ;) {
    const received = await network.receivedCount();
    // Upkeep of all sides goes on: a datagram now and then is quiet.
    if (received - before < 20) return received;
    before = received;
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  }
}

function report(figures: ReadonlyMap<SideKind, Figures>): string[] {
  const lines: string[] = [];
  for (const [kind, { cpuUs, messages, found }] of figures) {
    const [us, each, share] = [median(cpuUs), median(messages), median(found)];
    lines.push(
      `${SIDE_NAMES[kind].padEnd(22)} ${Math.round(1e6 / us)} lookups a CPU second, ${each.toFixed(1)} messages a lookup ` +
        `(${(us / each).toFixed(1)} us each), ${(100 * share).toFixed(1)} % found`,
    );
  }
  for (const [kind, { cpuUs, messages, found }] of figures) {
    if (kind === 'libtorrent' || kind === 'bittorrent-dht') continue;
    const title = SIDE_NAMES[kind];
    const libtorrent = figures.get('libtorrent')?.cpuUs;
    const bittorrentDht = figures.get('bittorrent-dht')?.cpuUs;
    for (const [peer, theirs, goal] of [
      ['libtorrent', libtorrent, GOAL_LIBTORRENT],
      ['bittorrent-dht', bittorrentDht, GOAL_BITTORRENT_DHT],
    ] as const) {
      if (theirs === undefined) continue;
      const what = `lookups a CPU second: ${title} / ${peer}`;
      const ratio = medianRatio(theirs, cpuUs);
      lines.push(isBare(kind) ? floor(what, ratio, goal, 'x', true) : atLeast(what, ratio, goal, 'x'));
    }
    if (isBare(kind)) continue;
    lines.push(atMost(`messages a lookup: ${title}`, median(messages), GOAL_MESSAGES, ''));
    lines.push(atLeast(`found: ${title}`, Math.min(...found) * 100, 100, ' %'));
  }
  return lines;
}
