// R8: who was asked longest ago is first; time is monotonic, and sleep is no silence of others.
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { NOBODY, TimeoutQueue } from '../../main/base/timeout-queue.ts';
import type { QueryOutcome } from '../../main/dht/dht-node.ts';
import { simulationSeed, SimulatedNodes, type SimulatedNode } from '../simulation/simulated-nodes.ts';

// Seconds on a quiet machine; a busy one must not fail them.
vi.setConfig({ testTimeout: 90_000 });

const MINUTE = 60_000;
const seed = simulationSeed(5);

type Step = { readonly do: 'touch' | 'untouched' | 'remove'; readonly member: number; readonly afterMs: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    do: fc.constantFrom('touch', 'touch', 'untouched', 'remove'),
    member: fc.nat(19),
    afterMs: fc.nat(1000),
  }),
  { maxLength: 200 },
);

test('R8 after any steps the timeout queue holds its members in the order of their last touch', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const queue = new TimeoutQueue(20);
      let model: { member: number; atMs: number }[] = [];
      let nowMs = 0;
      for (const step of taken) {
        nowMs += step.afterMs;
        const isIn = model.some(({ member }) => member === step.member);
        const others = model.filter(({ member }) => member !== step.member);
        if (step.do === 'touch') {
          queue.touch(step.member, nowMs);
          model = [...others, { member: step.member, atMs: nowMs }];
        } else if (step.do === 'untouched' && !isIn) {
          queue.addUntouched(step.member);
          model = [{ member: step.member, atMs: -Infinity }, ...others];
        } else if (step.do === 'remove' && isIn) {
          queue.remove(step.member);
          model = others;
        }
        queue.checkInvariants();
      }
      expect([...queue.members()]).toEqual(model.map(({ member }) => member));
      for (const { member, atMs } of model) expect(queue.touchedAtMs(member)).toBe(atMs);
      expect(queue.oldest).toBe(model[0]?.member ?? NOBODY);
      expect(queue.count).toBe(model.length);
    }),
  );
});

describe(`a node's clocks (SEED=${seed})`, () => {
  let nodes: SimulatedNodes;
  beforeEach(() => {
    nodes = new SimulatedNodes(seed);
  });
  afterEach(() => nodes.stop());

  /** The last of `count` nodes that know each other. */
  async function swarm(count: number): Promise<SimulatedNode> {
    await nodes.grow(count, { localAddressesAllowed: true });
    nodes.clock.advance(3 * MINUTE);
    return nodes.ordinary.at(-1)!;
  }

  function states({ node }: SimulatedNode): Record<string, number> {
    const counts: Record<string, number> = { good: 0, questionable: 0, bad: 0 };
    for (const { state } of node.table.nodes()) counts[state]!++;
    return counts;
  }

  test('R8 ten minutes of sleep make no node bad, and void what was asked before', async () => {
    // Fewer than it takes to agree on an address (BEP 42): whoever changed his id in that minute would leave the table.
    const member = await swarm(20);
    const known = member.node.table.nodeCount;
    const outcomes: QueryOutcome[] = [];
    member.node.query(nodes.ordinary[3]!.contact, { method: 'ping' }, (outcome) => outcomes.push(outcome));
    nodes.clock.sleep(10 * MINUTE);
    nodes.clock.advance(150);
    expect(outcomes).toEqual([{ kind: 'cancelled' }]);
    expect(states(member)['bad']).toBe(0);
    expect(member.node.table.nodeCount).toBe(known);
    nodes.clock.advance(MINUTE);
    expect(states(member)['bad']).toBe(0);
    expect(states(member)['good']).toBeGreaterThanOrEqual(known);
  });

  test('R8 the wall clock may jump by days without any effect', async () => {
    const member = await swarm(30);
    const before = states(member);
    nodes.clock.jumpWallClock(86_400);
    nodes.clock.advance(1_000);
    nodes.clock.jumpWallClock(-3 * 86_400);
    nodes.clock.advance(1_000);
    expect(states(member)).toEqual(before);
  });
});
