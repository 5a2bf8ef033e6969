import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedQueue } from '../../main/base/bounded-queue.ts';

describe('BoundedQueue', () => {
  it('behaves like an array with a limit', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constantFrom('offer' as const, 'push' as const), entry: fc.integer() }),
      fc.record({ kind: fc.constantFrom('shift' as const, 'peek' as const, 'clear' as const) }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(step, { maxLength: 150 }), (limit, steps) => {
        const queue = new BoundedQueue<number>(limit);
        let model: number[] = [];
        for (const action of steps) {
          if (action.kind === 'offer') {
            const fits = model.length < limit;
            expect(queue.offer(action.entry)).toBe(fits);
            if (fits) model.push(action.entry);
          } else if (action.kind === 'push') {
            expect(queue.push(action.entry)).toBe(model.length === limit ? model.shift()! : null);
            model.push(action.entry);
          } else if (action.kind === 'shift') expect(queue.shift()).toBe(model.shift() ?? null);
          else if (action.kind === 'peek') expect(queue.peek()).toBe(model[0] ?? null);
          else {
            queue.clear();
            model = [];
          }
          queue.checkInvariants();
          expect(queue.size).toBe(model.length);
          expect(queue.isFull).toBe(model.length === limit);
        }
      }),
    );
  });

  it('needs room for at least one entry', () => {
    expect(() => new BoundedQueue(0)).toThrow('at least one');
  });
});
