// R6: heaps whose entries move when their keys change: candidates by distance, buckets by who gives way first.
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { NodeContact } from '../../main/base/contact.ts';
import { asNodeId, compareDistance } from '../../main/base/identifier.ts';
import { IndexedHeap } from '../../main/base/indexed-heap.ts';
import type { TableNode } from '../../main/dht/routing-table.ts';
import { Candidates, CANDIDATES_MAX, newCandidate } from '../../main/scrape/candidates.ts';
import { byKey, newMember, type Member } from '../base/heap-members.ts';
import { createTable, nodeAt } from '../dht/table-fixtures.ts';
import { shapes, steps, take } from '../dht/table-steps.ts';

// Seconds on a quiet machine; a busy one must not fail them.
vi.setConfig({ testTimeout: 90_000 });

const answered = { hasAnswered: true };
const hearsay = { hasAnswered: false };

const operations = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('push' as const), key: fc.integer({ min: 0, max: 50 }) }),
    fc.record({ kind: fc.constant('pop' as const) }),
    fc.record({ kind: fc.constant('remove' as const), which: fc.nat() }),
    fc.record({ kind: fc.constant('change' as const), which: fc.nat(), key: fc.integer({ min: 0, max: 50 }) }),
  ),
  { maxLength: 200 },
);

test('R6 indexed heap: after any operations order holds, every place is right and the top is the smallest', () => {
  fc.assert(
    fc.property(operations, (list) => {
      const heap = new IndexedHeap<Member, 'place'>('place', byKey);
      const members: Member[] = [];
      for (const operation of list) {
        if (operation.kind === 'push') {
          const member = newMember(operation.key);
          members.push(member);
          heap.push(member);
        } else if (operation.kind === 'pop') {
          const popped = heap.pop();
          if (popped === null) expect(members).toEqual([]);
          else {
            expect(popped.key).toBe(Math.min(...members.map((member) => member.key)));
            members.splice(members.indexOf(popped), 1);
          }
        } else if (members.length > 0) {
          const member = members[operation.which % members.length]!;
          if (operation.kind === 'remove') {
            heap.remove(member);
            members.splice(members.indexOf(member), 1);
            expect(heap.has(member)).toBe(false);
          } else {
            member.key = operation.key;
            heap.update(member);
          }
        }
        heap.checkInvariants();
        expect(heap.size).toBe(members.length);
        if (members.length > 0) expect(heap.top()!.key).toBe(Math.min(...members.map((member) => member.key)));
      }
      expect(new Set(heap.values())).toEqual(new Set(members));
    }),
  );
});

test('R6 candidates: nearest first out and farthest out when full, whatever comes and goes', () => {
  const id = fc.uint8Array({ minLength: 2, maxLength: 2 }).map((head) => {
    const bytes = new Uint8Array(20);
    bytes.set(head);
    return asNodeId(bytes);
  });
  const action = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('add' as const), id, host: fc.integer({ min: 0, max: 500 }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('pop' as const) }) },
  );
  const needle = new Uint8Array(20);
  fc.assert(
    fc.property(fc.array(action, { minLength: 250, maxLength: 500 }), (actions) => {
      const candidates = new Candidates(needle);
      const model = new Map<string, NodeContact>();
      for (const step of actions) {
        if (step.kind === 'add') {
          const node = { id: step.id, contact: { host: `h${step.host}`, port: 1 } };
          const out = candidates.add(newCandidate(node, null));
          if (out?.node !== node) model.set(node.contact.host, node);
          if (out !== null && out.node !== node) model.delete(out.node.contact.host);
          if (out !== null)
            for (const { id: kept } of model.values())
              if (out.node !== node) expect(compareDistance(needle, kept, out.node.id)).toBeLessThanOrEqual(0);
        } else {
          const popped = candidates.pop();
          if (popped === null) continue;
          model.delete(popped.node.contact.host);
          for (const node of model.values())
            expect(compareDistance(needle, popped.node.id, node.id)).toBeLessThanOrEqual(0);
        }
        expect(candidates.size).toBe(model.size);
      }
      candidates.checkInvariants();
      expect(candidates.best(5).map(({ node }) => node.id)).toEqual(
        [...model.values()]
          .map((node) => node.id)
          .sort((a, b) => compareDistance(needle, a, b))
          .slice(0, 5),
      );
      expect(candidates.size).toBeLessThanOrEqual(CANDIDATES_MAX);
    }),
    { numRuns: 10 },
  );
});

describe('R6 a table with a limit of buckets', () => {
  test('a deeper bucket takes the place of the shallowest; its good nodes retire', () => {
    const retired: TableNode[] = [];
    const { table } = createTable({ bucketsMax: 3, onRetired: (node) => retired.push(node) });
    for (const depth of [2, 4, 6]) table.insert(nodeAt(depth, depth), answered);
    table.insert(nodeAt(2, 20), answered);
    table.failed(nodeAt(2, 2).contact);
    expect(table.willAccept(nodeAt(1, 30))).toBe(false);
    expect(table.insert(nodeAt(1, 30), answered)).toBe('rejected');
    expect(table.willAccept(nodeAt(3, 31))).toBe(true);
    expect(table.insert(nodeAt(3, 31), answered)).toBe('replaced');
    expect(retired.map(({ contact }) => contact)).toEqual([nodeAt(2, 20).contact]); // the other was not good
    expect(table.bucketCount).toBe(3);
    table.checkInvariants();
  });

  test('hearsay makes nobody retire', () => {
    const { table } = createTable({ bucketsMax: 1, acceptsUnanswered: true });
    table.insert(nodeAt(2, 1), answered);
    expect(table.willAccept(nodeAt(9, 2), hearsay)).toBe(false);
    expect(table.insert(nodeAt(9, 2), hearsay)).toBe('rejected');
  });
});

test('R6 bucket heap: all structures of a table agree after every step, and willAccept is true exactly when insert succeeds', () => {
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
