// What an answer costs: our node (serving, its limits lifted) in Node and in a worker of the Electron runtime, libtorrent
// with its limits lifted, and npm bittorrent-dht. Each is a process of its own that has joined the same simulated network
// and holds the same announced peers; one load generator asks them in turn, in interleaved rounds. Beside them node:dgram
// and our own socket alone, in both runtimes: they answer with ready-made bytes as long as a pong or eight nodes, which is the
// floor for ours.
import { createSeededRandom } from '../../main/base/random.ts';
import { compile, choosePort, generateLoad, SimulatedNetwork } from './dht/native.ts';
import { atLeast, atMost, floor, median, medianRatio } from './dht/report.ts';
import { isBare, presentSides, Side, SIDE_NAMES, type SideKind } from './dht/side.ts';

export const name = 'dht-responder';

const ROUNDS = 7;
const SLICE_MS = 400;
const WARM_UP_MS = 1_500;
const JOIN_MS = 6_000;
const NODES = 100_000;
const ANNOUNCED = 100;
/** A table fills by being used. */
const LOOKUPS_TO_MEET_NODES = 400;
const SIDES: readonly SideKind[] = [
  ...(['node', 'electron', 'bare-node', 'bare-electron', 'native-node', 'native-electron'] as const),
  ...(['libtorrent', 'bittorrent-dht'] as const),
];
const METHODS = ['ping', 'find_node', 'get_peers', 'sample_infohashes'] as const;
type Method = (typeof METHODS)[number];
const GOALS: Readonly<Record<Method, { libtorrent: number; bittorrentDht: number | null }>> = {
  ping: { libtorrent: 1.5, bittorrentDht: 2 },
  find_node: { libtorrent: 0.9, bittorrentDht: 10 },
  get_peers: { libtorrent: 0.9, bittorrentDht: 10 },
  sample_infohashes: { libtorrent: 0.9, bittorrentDht: null }, // it does not answer it
};
const REPLY_BYTES_MAX = 1_400;
const REPLY_NODES_MAX = 8;

type Costs = Map<SideKind, Map<Method, number[]>>;

export async function run(): Promise<string[]> {
  const lines: string[] = [];
  const network = compile('simulated-network.c');
  const generator = compile('load-generator.c');
  if (network === null || generator === null) return ['skipped: no C compiler on Linux here'];
  const simulated = await SimulatedNetwork.start(network, { nodes: NODES });
  const sides: Side[] = [];
  try {
    for (const kind of presentSides(SIDES, lines)) {
      const host = `127.8.${1 + sides.length}.1`;
      sides.push(await Side.start(kind, { host, port: choosePort(), bootstrap: simulated.bootstrap }));
    }
    return [...lines, ...(await compare(sides, generator))];
  } finally {
    for (const side of sides) side.stop();
    simulated.stop();
  }
}

async function compare(sides: readonly Side[], generator: string): Promise<string[]> {
  const lines: string[] = [];
  const infohashes = infohashesOf(5, ANNOUNCED);
  await new Promise((resolve) => setTimeout(resolve, JOIN_MS));
  for (const side of sides) {
    if (!isBare(side.kind)) {
      await side.tell({ do: 'lookups', infohashes: infohashesOf(6, LOOKUPS_TO_MEET_NODES) });
      const { answers } = await generateLoad(generator, side.options, 'announce', 0, infohashes);
      const { nodes } = await side.tell({ do: 'nodes' });
      lines.push(`${SIDE_NAMES[side.kind]} holds ${nodes} nodes and ${answers} announced peers`);
    }
    for (const method of METHODS)
      if (answersTo(side, method)) await generateLoad(generator, side.options, method, WARM_UP_MS);
  }
  const costs: Costs = new Map(sides.map(({ kind }) => [kind, new Map(METHODS.map((method) => [method, []]))]));
  let longestReplyBytes = 0;
  let mostNodes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (const method of METHODS) {
      for (const side of sides.filter((each) => answersTo(each, method))) {
        const before = side.cpuUs();
        const load = await generateLoad(generator, side.options, method, SLICE_MS);
        costs
          .get(side.kind)!
          .get(method)!
          .push((side.cpuUs() - before) / load.answers);
        if (!isOurs(side.kind)) continue;
        longestReplyBytes = Math.max(longestReplyBytes, load.longestReplyBytes);
        mostNodes = Math.max(mostNodes, load.mostNodes);
      }
    }
  }
  lines.push('CPU us an answer, medians; ratios are medians of the rounds', ...table(costs), ...ratios(costs));
  lines.push(atMost('longest reply', longestReplyBytes, REPLY_BYTES_MAX, ' B'));
  lines.push(atMost('most nodes in a reply', mostNodes, REPLY_NODES_MAX, ''));
  return lines;
}

function table(costs: Costs): string[] {
  return [...costs].map(([kind, byMethod]) => {
    const cells = [...byMethod].filter(([, values]) => values.length > 0);
    return `  ${SIDE_NAMES[kind].padEnd(22)} ${cells.map(([method, us]) => `${method} ${median(us).toFixed(1)}`).join(', ')}`;
  });
}

function ratios(costs: Costs): string[] {
  const lines: string[] = [];
  for (const [kind, ours] of costs) {
    if (!isOurs(kind) && !isBare(kind)) continue;
    for (const method of METHODS) {
      const us = ours.get(method)!;
      const libtorrent = costs.get('libtorrent')?.get(method);
      const bittorrentDht = costs.get('bittorrent-dht')?.get(method);
      const goals = GOALS[method];
      if (libtorrent !== undefined) {
        const title = `${method}: ${SIDE_NAMES[kind]} / libtorrent`;
        lines.push((isBare(kind) ? floor : atMost)(title, medianRatio(us, libtorrent), goals.libtorrent, 'x'));
      }
      if (bittorrentDht !== undefined && goals.bittorrentDht !== null) {
        const title = `${method}: bittorrent-dht / ${SIDE_NAMES[kind]}`;
        const ratio = medianRatio(bittorrentDht, us);
        const { bittorrentDht: goal } = goals;
        lines.push(isBare(kind) ? floor(title, ratio, goal, 'x', true) : atLeast(title, ratio, goal, 'x'));
      }
    }
  }
  return lines;
}

function isOurs(kind: SideKind): boolean {
  return kind === 'node' || kind === 'electron';
}

function answersTo(side: Side, method: Method): boolean {
  return side.kind !== 'bittorrent-dht' || method !== 'sample_infohashes';
}

function infohashesOf(seed: number, count: number): string[] {
  const random = createSeededRandom(seed);
  return Array.from({ length: count }, () => Buffer.from(random.bytes(20)).toString('hex'));
}
