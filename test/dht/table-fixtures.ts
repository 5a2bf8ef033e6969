// Nodes and tables for the tests of the DHT room.
import type { NodeContact } from '../../main/base/contact.ts';
import { asNodeId } from '../../main/base/identifier.ts';
import { createSeededRandom, type Random } from '../../main/base/random.ts';
import { RoutingTable, type RoutingTableOptions } from '../../main/dht/routing-table.ts';
import { randomIdAtDepth } from '../../main/dht/node-id.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';

export const SELF_ID = asNodeId(new Uint8Array(20).fill(0x5a));

export interface TableUnderTest {
  readonly table: RoutingTable;
  readonly clock: SimulatedClock;
  readonly random: Random;
}

export function createTable(options: Partial<RoutingTableOptions> = {}): TableUnderTest {
  const clock = new SimulatedClock();
  const random = createSeededRandom(1);
  return { clock, random, table: new RoutingTable({ selfId: SELF_ID, clock, random, bucketSize: 8, ...options }) };
}

/** A public address in a /24 of its own for each `index` below 2^16; `last` is its last byte. */
export function hostAt(index: number, last = 1): string {
  return `${11 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}.${last}`;
}

/** A node whose id shares exactly `depth` bits with SELF_ID. */
export function nodeAt(depth: number, index: number, random: Random = createSeededRandom(index + 1)): NodeContact {
  return { id: randomIdAtDepth(SELF_ID, depth, random), contact: { host: hostAt(index), port: 6881 } };
}
