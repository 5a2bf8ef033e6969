// Arbitrary shapes of routing tables and arbitrary things that happen to them, for property tests.
import fc from 'fast-check';
import { expect } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import type { RoutingTableOptions } from '../../main/dht/routing-table.ts';
import { createTable, nodeAt, type TableUnderTest } from './table-fixtures.ts';

export interface Step {
  readonly do: 'answered' | 'hearsay' | 'failed' | 'remove' | 'heard' | 'queried';
  readonly depth: number;
  /** Few, so that addresses and ids collide. */
  readonly addressIndex: number;
  readonly idIndex: number;
  readonly port: number;
  readonly afterMs: number;
}

export const steps = fc.array(
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

export const shapes = fc.record({
  bucketSize: fc.constantFrom(1, 2, 8),
  bucketsMax: fc.constantFrom(2, 4, 50),
  replacementsMax: fc.constantFrom(0, 2),
  acceptsUnanswered: fc.boolean(),
  isOnePerSubnet: fc.boolean(),
});

export function nodeOf({ depth, addressIndex, idIndex, port }: Step) {
  const { host } = nodeAt(depth, addressIndex >> 1).contact;
  // Two addresses in each /24.
  return {
    id: nodeAt(depth, idIndex).id,
    contact: { host: host.replace(/\d+$/, String(1 + (addressIndex & 1))), port },
  };
}

export function take({ table, clock }: TableUnderTest, step: Step): void {
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

export function built(shape: Partial<RoutingTableOptions>, taken: readonly Step[]): TableUnderTest {
  const made = createTable(shape);
  for (const step of taken) take(made, step);
  return made;
}
