import { expect, it } from 'vitest';
import { PerMinute } from '../../main/engine/per-minute.ts';

it('counts the growth of the last minute only, and forgets what is older', () => {
  const rate = new PerMinute();
  expect(rate.read(100, 0)).toBe(0);
  expect(rate.read(130, 1_000)).toBe(30);
  for (let second = 2; second <= 60; second++) rate.read(130, second * 1_000);
  expect(rate.read(130, 61_000)).toBe(30);
  for (let second = 62; second <= 130; second++) rate.read(130, second * 1_000);
  expect(rate.read(130, 131_000)).toBe(0);
  expect(rate.read(190, 150_000)).toBe(60);
});
