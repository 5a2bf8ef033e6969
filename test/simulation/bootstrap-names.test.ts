// Beginning with nothing but a name: of a router that has addresses of one family only. A failing run prints its seed.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { simulatedHost, simulatedHost6 } from './simulated-network.ts';
import { endNodes, recordedNodes, simulationSeed, SIMULATED_PORT } from './simulated-nodes.ts';
import type { SimulatedNode, SimulatedNodes } from './simulated-nodes.ts';

vi.setConfig({ testTimeout: 90_000 });

const NAME = 'router.example';
const MACHINES = 16;
const seed = simulationSeed(33);
let nodes: SimulatedNodes;

beforeEach(() => {
  ({ nodes } = recordedNodes(seed));
});

afterEach(async () => {
  expect(await endNodes(nodes), `SEED=${seed}: timers left after the stop`).toBe(0);
});

/** Machines with both families; each begins with the one before it. */
async function grow(): Promise<void> {
  let before: SimulatedNode[] = [];
  for (let index = 0; index < MACHINES; index++) {
    const pair = [simulatedHost(index), simulatedHost6(index)].map((bindHost, family) => {
      const bootstrap = before[family] === undefined ? [] : [{ ...before[family].contact, isOrdinary: true }];
      return nodes.create({ localAddressesAllowed: true, bindHost, bootstrap });
    });
    const [four, six] = pair as [SimulatedNode, SimulatedNode];
    four.node.pairWith(six.node);
    six.node.pairWith(four.node);
    await four.node.start();
    await six.node.start();
    nodes.clock.advance(1_500);
    before = pair;
  }
  nodes.clock.advance(120_000);
}

/** A machine with both families that knows `NAME` and nothing else, five minutes later. */
async function join(): Promise<{ four: SimulatedNode; six: SimulatedNode }> {
  const bootstrap = [{ host: NAME, port: SIMULATED_PORT }];
  const four = nodes.create({ localAddressesAllowed: true, bindHost: '23.211.0.1', bootstrap });
  const six = nodes.create({ localAddressesAllowed: true, bindHost: '2a00:77::1', bootstrap });
  four.node.pairWith(six.node);
  six.node.pairWith(four.node);
  await four.node.start();
  await six.node.start();
  await pass(300);
  return { four, six };
}

async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    nodes.clock.advance(1_000);
    await Promise.resolve(); // the name is looked up outside of the simulated time
    await Promise.resolve();
  }
}

const isGood = ({ state }: { readonly state: string }): boolean => state === 'good';
const goodCount = ({ node }: SimulatedNode): number => [...node.table.nodes()].filter(isGood).length;

describe(`bootstrap names (SEED=${seed})`, () => {
  test('a name with IPv6 addresses alone: IPv6 joins by it, and IPv4 by what IPv6 hears', async () => {
    await grow();
    nodes.names.set(NAME, [simulatedHost6(0), simulatedHost6(1)]);
    const { four, six } = await join();
    expect(goodCount(six)).toBeGreaterThanOrEqual(8);
    expect(goodCount(four)).toBeGreaterThanOrEqual(8);
  });

  test('a name with IPv4 addresses alone: the other way round', async () => {
    await grow();
    nodes.names.set(NAME, [simulatedHost(0)]);
    const { four, six } = await join();
    expect(goodCount(four)).toBeGreaterThanOrEqual(8);
    expect(goodCount(six)).toBeGreaterThanOrEqual(8);
  });

  test('a machine without IPv6 gets nothing from such a name, and joins as soon as it has an address for it', async () => {
    await grow();
    nodes.names.set(NAME, [simulatedHost6(0)]);
    const bootstrap = [{ host: NAME, port: SIMULATED_PORT }];
    const four = nodes.create({ localAddressesAllowed: true, bindHost: '23.211.0.1', bootstrap });
    await four.node.start();
    await pass(60);
    expect(four.counters.packetsOut).toBe(0);
    nodes.names.set(NAME, [simulatedHost6(0), simulatedHost(0)]);
    await pass(120);
    expect(goodCount(four)).toBeGreaterThanOrEqual(8);
  });
});
