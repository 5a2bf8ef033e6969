// Hundreds of production nodes on one simulated network: do they find each other, and what is nearest?
import { afterEach, describe, expect, test } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import { Lookups } from '../../main/dht/lookups.ts';
import { CALM, ROUGH } from './simulated-network.ts';
import { identify, simulationSeed, SimulatedNodes, type SimulatedNode } from './simulated-nodes.ts';

const LOOKUPS = 24;

let nodes: SimulatedNodes;
afterEach(() => nodes.stop());

/** Finds the nearest nodes to `target` as `from` sees the network; the answer is there 31 s later. */
function lookUp(from: SimulatedNode, target: Uint8Array): { nearest: string[] } {
  const found = { nearest: [] as string[] };
  const lookups = new Lookups(nodes.clock, (...question) => from.node.query(...question));
  const ticking = nodes.clock.setRepeating(100, () => lookups.tick());
  const seeds = from.node.table.closest(target, 16);
  lookups.start({ target, method: 'find_node', seeds, queriesMax: 100 }, ({ nearest }) => {
    ticking.cancel();
    found.nearest = nearest.map(({ id }) => toHex(id));
  });
  return found;
}

/** Of the true nearest, the share that lookups from random nodes to random targets find. */
function shareFound(): number {
  const asked = Array.from({ length: LOOKUPS }, () => {
    const target = nodes.random.bytes(20);
    const joined = nodes.ordinary.filter(({ node }) => node.table.nodeCount > 8);
    const from = joined[nodes.random.below(joined.length)]!;
    const others = nodes.ordinary.filter((member) => member !== from); // nobody finds himself
    const truth = nodes.trueClosest(target, 8, others).map((member) => toHex(identify(member).id));
    return { truth, found: lookUp(from, target) };
  });
  nodes.clock.advance(31_000);
  const right = asked.map(({ truth, found }) => truth.filter((id) => found.nearest.includes(id)).length / truth.length);
  return right.reduce((sum, share) => sum + share, 0) / LOOKUPS;
}

describe('200 nodes', () => {
  const seed = simulationSeed(1);
  test.each([
    // Strangers are proven after 90 s of quiet, and 25 networks agree on everybody's address within minutes (BEP 42).
    ['a calm network', CALM, { minutes: 12, localAddressesAllowed: false, shareMin: 0.98 }],
    // A question lost is not asked again: one in sixteen round trips fails here.
    ['a rough network', ROUGH, { minutes: 3, localAddressesAllowed: true, shareMin: 0.88 }],
  ])(
    `in %s find the nearest to anything (SEED=${seed})`,
    async (_name, conditions, { minutes, localAddressesAllowed, shareMin }) => {
      nodes = new SimulatedNodes(seed, conditions);
      await nodes.grow(200, { localAddressesAllowed });
      nodes.clock.advance(minutes * 60_000);
      nodes.checkInvariants();
      const sizes = nodes.ordinary.map(({ node }) => node.table.nodeCount).sort((a, b) => a - b);
      // Whoever lost its one question to each of the two routers asks again after ten minutes only: a few of 200 may wait.
      expect(sizes[4]).toBeGreaterThan(30);
      expect(shareFound()).toBeGreaterThanOrEqual(shareMin);
      nodes.checkInvariants();
    },
    90_000,
  );
});
