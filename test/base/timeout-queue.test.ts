// R8 of the user's notes: the order of the queue is the order of touching, whatever happens in between.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NOBODY, TimeoutQueue } from '../../main/base/timeout-queue.ts';

type Step = { readonly do: 'touch' | 'untouched' | 'remove'; readonly member: number; readonly afterMs: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    do: fc.constantFrom('touch', 'touch', 'untouched', 'remove'),
    member: fc.nat(19),
    afterMs: fc.nat(1000),
  }),
  { maxLength: 200 },
);

describe('timeout queue', () => {
  test('R8: after any steps it holds the members in the order of their last touch', () => {
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

  test('a member under another name keeps its turn and its time, wherever it stands', () => {
    for (const renamed of [0, 1, 2]) {
      const queue = new TimeoutQueue(4);
      for (const member of [0, 1, 2]) queue.touch(member, member);
      queue.rename(renamed, 3);
      queue.checkInvariants();
      expect([...queue.members()]).toEqual([0, 1, 2].map((member) => (member === renamed ? 3 : member)));
      expect(queue.touchedAtMs(3)).toBe(renamed);
      expect(() => queue.rename(renamed, 3)).toThrow('free');
    }
  });

  test('growing keeps order and times, and adds room', () => {
    const queue = new TimeoutQueue(2);
    queue.touch(1, 5);
    queue.touch(0, 6);
    queue.grow(10);
    queue.touch(9, 7);
    queue.checkInvariants();
    expect([...queue.members()]).toEqual([1, 0, 9]);
    expect(queue.has(5)).toBe(false);
  });

  test('mistakes of its users crash: time that goes back, strangers, twice the same', () => {
    const queue = new TimeoutQueue(3);
    queue.touch(0, 10);
    expect(() => queue.touch(1, 9)).toThrow('go back');
    expect(() => queue.remove(2)).toThrow('member');
    expect(() => queue.touchedAtMs(2)).toThrow('member');
    expect(() => queue.addUntouched(0)).toThrow('already');
  });
});
