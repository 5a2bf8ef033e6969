// Properties of the routing table, named after the requirements that the user's notes became (R6, R7, R9, R10, R11, R16).
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import { compareDistance } from '../../main/base/identifier.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import { randomNodeId } from '../../main/dht/node-id.ts';
import type { RoutingTableOptions } from '../../main/dht/routing-table.ts';
import { RoutingTable } from '../../main/dht/routing-table.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';
import { createTable, nodeAt, SELF_ID, type TableUnderTest } from './table-fixtures.ts';

// Seconds on a quiet machine; a busy one must not fail them.
vi.setConfig({ testTimeout: 90_000 });

interface Step {
  readonly do: 'answered' | 'hearsay' | 'failed' | 'remove' | 'heard' | 'queried';
  readonly depth: number;
  /** Few, so that addresses and ids collide. */
  readonly addressIndex: number;
  readonly idIndex: number;
  readonly port: number;
  readonly afterMs: number;
}

const steps = fc.array(
  fc.record({
    do: fc.constantFrom<Step['do']>(
      'answered',
      'answered',
      'answered',
      'hearsay',
      'failed',
      'remove',
      'heard',
      'queried',
    ),
    depth: fc.nat(9),
    addressIndex: fc.nat(30),
    idIndex: fc.nat(40),
    port: fc.constantFrom(1000, 1000, 1000, 2000),
    afterMs: fc.constantFrom(0, 1000, 400_000),
  }),
  { maxLength: 150 },
);

const shapes = fc.record({
  bucketSize: fc.constantFrom(1, 2, 8),
  bucketsMax: fc.constantFrom(2, 4, 50),
  replacementsMax: fc.constantFrom(0, 2),
  acceptsUnanswered: fc.boolean(),
  isOnePerSubnet: fc.boolean(),
});

function nodeOf({ depth, addressIndex, idIndex, port }: Step) {
  const { host } = nodeAt(depth, addressIndex >> 1).contact;
  // Two addresses in each /24.
  return {
    id: nodeAt(depth, idIndex).id,
    contact: { host: host.replace(/\d+$/, String(1 + (addressIndex & 1))), port },
  };
}

function take({ table, clock }: TableUnderTest, step: Step): void {
  clock.advance(step.afterMs);
  const node = nodeOf(step);
  if (step.do === 'answered' || step.do === 'hearsay') {
    const sighting = { hasAnswered: step.do === 'answered', roundTripMs: 50 };
    const isWelcome = table.willAccept(node, sighting);
    const outcome = table.insert(node, sighting);
    expect(isWelcome).toBe(outcome === 'inserted' || outcome === 'updated' || outcome === 'replaced');
    if (isWelcome) expect(toHex(table.find(node.contact)!.id)).toBe(toHex(node.id));
  } else if (step.do === 'failed') table.failed(node.contact);
  else if (step.do === 'remove') table.remove(node.contact);
  else if (step.do === 'heard') table.heard(node.contact);
  else table.queried(node.contact);
}

function built(shape: Partial<RoutingTableOptions>, taken: readonly Step[]): TableUnderTest {
  const made = createTable(shape);
  for (const step of taken) take(made, step);
  return made;
}

/** After collecting garbage. */
function bytesInUse(): number {
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe('routing table', () => {
  test('R6, R7, R16: after every step all structures agree, and willAccept is true exactly when insert succeeds', () => {
    fc.assert(
      fc.property(shapes, steps, (shape, taken) => {
        const made = createTable(shape);
        for (const step of taken) {
          take(made, step);
          made.table.checkInvariants();
        }
      }),
      { numRuns: 150 },
    );
  });

  test('R16: willAccept changes nothing', () => {
    fc.assert(
      fc.property(shapes, steps, (shape, taken) => {
        const { table } = built(shape, taken);
        const before = table.save();
        for (const step of taken) table.willAccept(nodeOf(step), { hasAnswered: step.do === 'answered' });
        expect(table.save()).toEqual(before);
      }),
      { numRuns: 50 },
    );
  });

  test('R7: 100,000 random insertions and removals, checked against a plain map', () => {
    const { table, random } = createTable({ bucketSize: 64, isOnePerSubnet: false });
    const model = new Map<string, string>();
    for (let step = 0; step < 100_000; step++) {
      const node = nodeAt(random.below(8), random.below(600), random);
      const known = model.get(node.contact.host);
      if (known !== undefined && random.below(3) > 0) {
        expect(table.remove(node.contact)).toBe(true);
        model.delete(node.contact.host);
      } else {
        const outcome = table.insert(node, { hasAnswered: true });
        if (outcome === 'inserted' || outcome === 'replaced') model.set(node.contact.host, toHex(node.id));
      }
      if (step % 5_000 === 0) table.checkInvariants();
    }
    table.checkInvariants();
    expect(new Map(Array.from(table.nodes(), ({ id, contact }) => [contact.host, toHex(id)]))).toEqual(model);
  });

  test('R9: the nearest are the nearest, 10,000 times', () => {
    const random = createSeededRandom(99);
    for (let round = 0; round < 100; round++) {
      const { table } = createTable({ selfId: randomNodeId(random), bucketSize: 1 + random.below(16), random });
      const nodeCount = random.below(150);
      for (let index = 0; index < nodeCount; index++) {
        // Half anywhere, half near the table's own id, so that deep buckets fill and depths are missing.
        const id = randomNodeId(random);
        if (random.below(2) === 0) id.set(table.selfId.subarray(0, random.below(10)));
        table.insert({ id, contact: nodeAt(0, round * 200 + index).contact }, { hasAnswered: true });
      }
      const all = [...table.nodes()];
      for (let question = 0; question < 100; question++) {
        const target = randomNodeId(random);
        if (question % 3 === 0) target.set(table.selfId.subarray(0, random.below(20)));
        if (question === 50) target.set(table.selfId);
        const count = 1 + random.below(20);
        const truth = [...all].sort((a, b) => compareDistance(target, a.id, b.id)).slice(0, count);
        expect(table.closest(target, count).map(({ id }) => toHex(id))).toEqual(truth.map(({ id }) => toHex(id)));
      }
    }
  });

  test('R9: written for an answer they are the good ones, in compact form', () => {
    const { table } = createTable();
    for (let index = 0; index < 20; index++) table.insert(nodeAt(index % 5, index), { hasAnswered: true });
    table.failed(table.closest(SELF_ID, 1)[0]!.contact);
    const into = new Uint8Array(8 * 26);
    const target = new Uint8Array(30);
    target.set(SELF_ID, 10);
    expect(table.writeClosest(target, 10, 8, into)).toBe(8);
    const expected = table.closest(SELF_ID, 8, true);
    for (const [place, { id }] of expected.entries())
      expect(into.slice(place * 26, place * 26 + 20)).toEqual(Uint8Array.from(id));
  });

  test('R10: 100,000 nodes take at most 12 MB', () => {
    const clock = new SimulatedClock();
    const random = createSeededRandom(5);
    const before = bytesInUse();
    const table = new RoutingTable({ selfId: SELF_ID, clock, random, bucketSize: 65_535, isOnePerSubnet: false });
    for (let index = 0; index < 65_535; index++) table.insert(nodeAt(0, index, random), { hasAnswered: true });
    for (let index = 65_535; index < 100_000; index++) table.insert(nodeAt(1, index, random), { hasAnswered: true });
    expect(bytesInUse() - before).toBeLessThan(12e6);
    expect(table.nodeCount).toBe(100_000);
  });

  test('R11: restoring as is gives the same table, slot for slot', () => {
    fc.assert(
      fc.property(shapes, steps, (shape, taken) => {
        const saved = built(shape, taken).table.save();
        const { table, clock } = createTable(shape);
        clock.advance(86_400_000);
        table.restore(saved);
        table.checkInvariants();
        expect(table.save()).toEqual(saved);
      }),
      { numRuns: 80 },
    );
  });
});
