// Steps that fit themselves to the time they take.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { StepSize } from '../../main/store/step-size.ts';

const LIMITS = { min: 2, max: 64, wantedMs: 4 };

it('finds the largest step that a machine does in time, whatever its speed, and again after it has changed', () => {
  const size = new StepSize(LIMITS);
  for (const msOfOne of [0.1, 1, 0.02, 0.5]) {
    const sizes = Array.from({ length: 200 }, () => {
      size.took(size.size * msOfOne);
      return size.size;
    });
    const fitting = Math.min(LIMITS.max, Math.max(LIMITS.min, LIMITS.wantedMs / msOfOne));
    for (const found of sizes.slice(20)) {
      expect(found).toBeLessThanOrEqual(Math.max(LIMITS.min, fitting * 1.3));
      expect(found).toBeGreaterThanOrEqual(Math.max(LIMITS.min, Math.floor(fitting / 2.7)));
    }
  }
});

it('is a whole number within its limits, whatever it is told', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1000, noNaN: true })), (times) => {
      const size = new StepSize(LIMITS);
      for (const ms of times) {
        size.took(ms);
        expect(Number.isInteger(size.size) && size.size >= LIMITS.min && size.size <= LIMITS.max).toBe(true);
      }
    }),
  );
});
