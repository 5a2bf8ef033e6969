// Run by r10 in a process of its own: prints what 100,000 nodes take there.
import { createSeededRandom } from '../../main/base/random.ts';
import { RoutingTable } from '../../main/dht/routing-table.ts';
import { nodeAt, SELF_ID } from '../dht/table-fixtures.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';

const NODES = 100_000;
const BUCKET_MAX = 65_535;

declare const gc: () => void;

const random = createSeededRandom(5);
// The code is warm and the heap has its size before anything is measured: the nodes are made once without being kept.
fill(newTable(), 2_000);
for (let index = 0; index < NODES; index++) nodeAt(index & 1, index, random);
const before = inUse();
const table = newTable();
fill(table, NODES);
const after = inUse();
process.stdout.write(
  JSON.stringify({
    nodes: table.nodeCount,
    rssBytes: after.rssBytes - before.rssBytes,
    heldBytes: after.heldBytes - before.heldBytes,
  }),
);

function newTable(): RoutingTable {
  const clock = new SimulatedClock();
  return new RoutingTable({ selfId: SELF_ID, clock, random, bucketSize: BUCKET_MAX, isOnePerSubnet: false });
}

function fill(into: RoutingTable, count: number): void {
  for (let index = 0; index < count; index++)
    into.insert(nodeAt(index < BUCKET_MAX ? 0 : 1, index, random), { hasAnswered: true });
}

function inUse(): { rssBytes: number; heldBytes: number } {
  gc();
  gc();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return { rssBytes: rss, heldBytes: heapUsed + arrayBuffers };
}
