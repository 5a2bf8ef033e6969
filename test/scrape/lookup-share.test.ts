import { expect, test } from 'vitest';
import { LookupShare } from '../../main/scrape/lookup-share.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';

test('an address is asked in whole lookups once in half a day, and a bounded number of them is remembered', () => {
  const clock = new SimulatedClock();
  const share = new LookupShare(clock);
  expect(share.mayAsk('1.1.1.1')).toBe(true);
  share.asked('1.1.1.1');
  expect(share.mayAsk('1.1.1.1')).toBe(false);
  clock.advance(12 * 3_600_000 - 1);
  expect(share.mayAsk('1.1.1.1')).toBe(false);
  clock.advance(1);
  expect(share.mayAsk('1.1.1.1')).toBe(true);
  for (let index = 0; index < 40_000; index++) share.asked(`h${index}`);
  share.checkInvariants();
  expect(share.mayAsk('2.2.2.2')).toBe(false); // nobody new until the next half
});
