import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IndexedHeap, NOT_IN_HEAP } from '../../main/base/indexed-heap.ts';

interface Member {
  key: number;
  place: number;
  otherPlace: number;
}

const byKey = (a: Member, b: Member) => a.key - b.key;
const newMember = (key: number): Member => ({ key, place: NOT_IN_HEAP, otherPlace: NOT_IN_HEAP });

const operations = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('push' as const), key: fc.integer({ min: 0, max: 50 }) }),
    fc.record({ kind: fc.constant('pop' as const) }),
    fc.record({ kind: fc.constant('remove' as const), which: fc.nat() }),
    fc.record({ kind: fc.constant('change' as const), which: fc.nat(), key: fc.integer({ min: 0, max: 50 }) }),
  ),
  { maxLength: 200 },
);

describe('IndexedHeap', () => {
  it('R6: after any operations heap order holds, every place is right and the top is the smallest', () => {
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

  it('lets one member sit in two heaps with different orders', () => {
    const smallest = new IndexedHeap<Member, 'place'>('place', byKey);
    const largest = new IndexedHeap<Member, 'otherPlace'>('otherPlace', (a, b) => b.key - a.key);
    const members = [3, 1, 4, 1, 5, 9, 2, 6].map(newMember);
    for (const member of members) {
      smallest.push(member);
      largest.push(member);
    }
    const least = smallest.pop()!;
    largest.remove(least);
    smallest.checkInvariants();
    largest.checkInvariants();
    expect(least.key).toBe(1);
    expect(largest.top()!.key).toBe(9);
  });

  it('notices a key that changed behind its back', () => {
    const heap = new IndexedHeap<Member, 'place'>('place', byKey);
    const members = [1, 2, 3].map(newMember);
    members.forEach((member) => heap.push(member));
    members[0]!.key = 10;
    expect(() => heap.checkInvariants()).toThrow('heap order');
    heap.update(members[0]!);
    heap.checkInvariants();
    expect(heap.top()).toBe(members[1]);
  });

  it('refuses a member twice, and one that it does not hold', () => {
    const heap = new IndexedHeap<Member, 'place'>('place', byKey);
    const member = newMember(1);
    heap.push(member);
    expect(() => heap.push(member)).toThrow('in a heap already');
    expect(() => heap.remove(newMember(1))).toThrow('only a member');
    heap.clear();
    heap.push(member);
    expect(heap.size).toBe(1);
  });
});
