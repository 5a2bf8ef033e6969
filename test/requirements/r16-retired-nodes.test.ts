// R16: good nodes that lose their place are offered to the table that fits them best, asked beforehand without side effect.
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { RETIRED_MAX, RetiredNodes } from '../../main/scrape/retired-nodes.ts';
import { createTable } from '../dht/table-fixtures.ts';
import { built, nodeOf, shapes, steps } from '../dht/table-steps.ts';
import { newNode } from '../scrape/fake-dht.ts';
import { newTables } from '../scrape/rigs.ts';

// Seconds on a quiet machine; a busy one must not fail them.
vi.setConfig({ testTimeout: 90_000 });

test('R16 willAccept is true exactly when insert succeeds', () => {
  fc.assert(
    fc.property(shapes, steps, (shape, taken) => {
      const { table, clock } = createTable(shape);
      for (const step of taken) {
        clock.advance(step.afterMs);
        const sighting = { hasAnswered: step.do !== 'hearsay' };
        const isWelcome = table.willAccept(nodeOf(step), sighting);
        expect(['inserted', 'updated', 'replaced'].includes(table.insert(nodeOf(step), sighting))).toBe(isWelcome);
      }
    }),
    { numRuns: 100 },
  );
});

test('R16 willAccept changes nothing', () => {
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

test('R16 the best match first, placed exactly where willAccept says so, and never more than 64 wait', () => {
  const { tables, random, counters } = newTables(4);
  const retired = new RetiredNodes(counters);
  for (let round = 0; round < 40; round++) {
    for (let index = 0; index < 70; index++) {
      retired.offer({ ...newNode(random.bytes(20)), supportsSamples: true });
      retired.checkInvariants();
    }
    expect(retired.size).toBe(RETIRED_MAX);
    const countBefore = tables.all.reduce((sum, { routing }) => sum + routing.nodeCount, 0);
    const placedCount = retired.placeAll((id, count) => tables.bestMatches(id, count));
    const countAfter = tables.all.reduce((sum, { routing }) => sum + routing.nodeCount, 0);
    expect(countAfter - countBefore).toBe(placedCount);
    expect(retired.size).toBe(0);
  }
  expect(counters.overflows.get('retired')).toBe(40 * 6);
  tables.checkInvariants();
});

test('R16 only who supports BEP 51 and is off cooldown retires', () => {
  const { tables, resting } = newTables();
  const rested = newNode();
  resting.add(rested.contact.host);
  tables.offerRetired({ ...newNode(), supportsSamples: false });
  tables.offerRetired(rested);
  expect(tables.retired.size).toBe(0);
  const node = newNode();
  tables.offerRetired({ ...node, supportsSamples: true });
  tables.tick(0);
  expect(tables.bestMatch(node.id).routing.find(node.contact)).toMatchObject({
    supportsSamples: true,
    state: 'good',
  });
});
