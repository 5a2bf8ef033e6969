import { describe, expect, it } from 'vitest';
import { IndexedHeap } from '../../main/base/indexed-heap.ts';
import { byKey, newMember, type Member } from './heap-members.ts';

describe('IndexedHeap', () => {
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
