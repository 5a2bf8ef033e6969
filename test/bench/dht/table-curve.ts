// The routing table as it grows: what finding the 8 closest, inserting, removing and touching a node cost from 1,000 to
// 1,000,000 nodes, and what a node and a seen infohash take in memory.
// A Kademlia table holds about as many nodes of each depth; so do these: 20 depths (a network of 8 million nodes has some
// 23), each with a twentieth of the nodes in a bucket that it fills.
import { asNodeId, type NodeId } from '../../../main/base/identifier.ts';
import type { NodeContact } from '../../../main/base/contact.ts';
import { HASH_KEY_BYTES } from '../../../main/base/keyed-hash.ts';
import { createSeededRandom, type Random } from '../../../main/base/random.ts';
import { systemClock } from '../../../main/base/clock.ts';
import { randomIdAtDepth } from '../../../main/dht/node-id.ts';
import { RoutingTable } from '../../../main/dht/routing-table.ts';
import { RecentInfohashes } from '../../../main/scrape/infohash-filters.ts';
import { atMost, median } from './report.ts';

const DEPTHS = 20;
const SIZES = [1_000, 10_000, 65_536, 100_000, 300_000, 1_000_000];
/** So many that their median is past whatever the engine still compiles anew. */
const ROUNDS = 25;
const OPERATIONS = 1_000;
/** Everything grows by an eighth or less at a time: over so large a share of the nodes, and at so many moments, memory is looked at. */
const LAST_SHARE = 1 / 8;
const LOOKS = 48;
const CLOSEST = 8;
const GOAL_CLOSEST_US = 2;
const GOAL_NODE_BYTES = 64;
/** What one generation of the filter is made for (infohash-filters.ts): 12 hours at 53 infohashes/s. */
const INFOHASHES = 2_300_000;
const STRANGERS = 200_000;
const GOAL_INFOHASH_BYTES = 16;
/** The cost at a million over that at a thousand: caches end, and nothing else may grow. */
const GOAL_GROWTH = 4;

interface Costs {
  readonly closestNs: number;
  readonly insertNs: number;
  readonly touchNs: number;
  readonly removeNs: number;
  /** Meanwhile, growing included. */
  readonly fillNs: number;
  readonly bytesPerNode: number;
  /** The most there was while the last eighth came in: right after something had grown. */
  readonly worstBytesPerNode: number;
}

/** The lines of this curve. */
export async function measure(): Promise<string[]> {
  const lines = ['CPU ns an operation, medians of rounds'];
  const seen = seenInfohashes(); // before anything large was thrown away
  for (let warmUp = 0; warmUp < 3; warmUp++) await measureTable(SIZES[1]!);
  const curve: (Costs & { readonly size: number })[] = [];
  for (const size of SIZES) curve.push({ size, ...(await measureTable(size)) });
  for (const { size, closestNs, insertNs, touchNs, removeNs, fillNs, bytesPerNode, worstBytesPerNode } of curve)
    lines.push(
      `  ${size.toLocaleString('en').padStart(9)} nodes: 8 closest ${ns(closestNs)}, insert ${ns(insertNs)}, ` +
        `touch ${ns(touchNs)}, remove ${ns(removeNs)}, fill ${ns(fillNs)}; ` +
        `${bytesPerNode.toFixed(1)} B a node, ${worstBytesPerNode.toFixed(1)} B at worst`,
    );
  const [small, medium] = curve;
  const large = curve.at(-1);
  lines.push(atMost('8 closest of 10,000 nodes', medium!.closestNs / 1000, GOAL_CLOSEST_US, ' us'));
  for (const operation of ['insertNs', 'touchNs', 'removeNs'] as const)
    lines.push(
      atMost(
        `${operation.slice(0, -2)}: cost at 1,000,000 nodes over 1,000`,
        large![operation] / small![operation],
        GOAL_GROWTH,
        'x',
      ),
    );
  for (const { size, worstBytesPerNode } of curve)
    lines.push(
      atMost(
        `memory of a known node, of ${size.toLocaleString('en')}, at worst`,
        worstBytesPerNode,
        GOAL_NODE_BYTES,
        ' B',
      ),
    );
  lines.push(
    atMost('memory of a seen infohash, in a filter of that many', seen.bytes, GOAL_INFOHASH_BYTES, ' B'),
    `    of ${STRANGERS.toLocaleString('en')} that were met ${seen.forgotten} are forgotten, ` +
      `of as many strangers ${(1e6 * seen.mistaken).toFixed(0)} in a million are taken for met`,
  );
  return lines;
}

async function measureTable(size: number): Promise<Costs> {
  await forgotten();
  const random = createSeededRandom(size);
  const selfId = asNodeId(random.bytes(20));
  const before = arrayBufferBytes();
  const table = new RoutingTable({
    selfId,
    clock: systemClock,
    random,
    bucketSize: Math.ceil(size / DEPTHS),
  });
  const bytesPerNode = (): number => (arrayBufferBytes() - before) / table.nodeCount;
  const fill = (until: number): void => {
    while (table.nodeCount < until) table.insert(nodeAt(table.nodeCount, selfId, random), { hasAnswered: true });
  };
  const settled = Math.floor(size * (1 - LAST_SHARE));
  const fillNs = (cpuNs(() => fill(settled)) * OPERATIONS) / settled;
  const sizes = Array.from({ length: LOOKS }, (_, look) => {
    fill(settled + Math.ceil(((size - settled) * (look + 1)) / LOOKS));
    return bytesPerNode();
  });
  if (table.nodeCount !== size) throw new Error(`the table holds ${table.nodeCount} nodes`);

  const nodes = [...pick(table, OPERATIONS)];
  const targets = Array.from({ length: OPERATIONS }, () => random.bytes(20));
  const into = new Uint16Array(CLOSEST * 13);
  const costs = { closest: [] as number[], insert: [] as number[], touch: [] as number[], remove: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    costs.closest.push(
      cpuNs(() => targets.forEach((target) => table.writeClosest(target, 0, CLOSEST, into, systemClock.nowMs()))),
    );
    costs.touch.push(cpuNs(() => nodes.forEach(({ contact }) => table.queried(contact))));
    costs.remove.push(cpuNs(() => nodes.forEach(({ contact }) => table.remove(contact))));
    costs.insert.push(cpuNs(() => nodes.forEach((node) => table.insert(node, { hasAnswered: true }))));
  }
  return {
    closestNs: median(costs.closest),
    insertNs: median(costs.insert),
    touchNs: median(costs.touch),
    removeNs: median(costs.remove),
    fillNs,
    bytesPerNode: median(sizes),
    worstBytesPerNode: Math.max(...sizes),
  };
}

/** As many of each depth, each at an address of its own. */
function nodeAt(index: number, selfId: NodeId, random: Random): NodeContact {
  const id = asNodeId(randomIdAtDepth(selfId, index % DEPTHS, random));
  return { id, contact: { host: `${20 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}.1`, port: 6881 } };
}

function* pick(table: RoutingTable, count: number): Iterable<NodeContact> {
  const step = Math.floor(table.nodeCount / count);
  let index = 0;
  for (const { id, contact } of table.nodes()) if (index++ % step === 0) yield { id, contact };
}

interface Seen {
  readonly bytes: number;
  /** Of those that were met, how many are not known any more; a filter forgets nobody within its time. */
  readonly forgotten: number;
  /** Of those that were never met, the share that is taken for met. */
  readonly mistaken: number;
}

function seenInfohashes(): Seen {
  const random = createSeededRandom(3);
  const before = arrayBufferBytes();
  const recent = new RecentInfohashes(random.bytes(HASH_KEY_BYTES), 0);
  const infohash = new Uint8Array(20);
  for (let index = 0; index < INFOHASHES; index++) recent.insert(random.fill(infohash), 0);
  const bytes = (arrayBufferBytes() - before) / INFOHASHES;
  let mistaken = 0;
  for (let index = 0; index < STRANGERS; index++) if (!recent.insert(random.fill(infohash), 0)) mistaken++;
  const again = createSeededRandom(3);
  again.bytes(HASH_KEY_BYTES);
  let forgotten = 0;
  for (let index = 0; index < STRANGERS; index++) if (recent.insert(again.fill(infohash), 0)) forgotten++;
  return { bytes, forgotten, mistaken: mistaken / STRANGERS };
}

/** The memory of the table before is given back in the background. */
async function forgotten(): Promise<void> {
  globalThis.gc?.();
  await new Promise((resolve) => setTimeout(resolve, 100));
}

/** Everything a table holds for its nodes is in typed arrays; those it has outgrown are collected first. */
function arrayBufferBytes(): number {
  // The first one only marks them; they are given back before the second one begins.
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().arrayBuffers;
}

function cpuNs(work: () => void): number {
  const startedAt = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(startedAt);
  return ((user + system) * 1000) / OPERATIONS;
}

function ns(value: number): string {
  return `${Math.round(value)} ns`;
}
