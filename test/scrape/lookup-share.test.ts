import { expect, test } from 'vitest';
import { asInfohash } from '../../main/base/identifier.ts';
import { LookupShare } from '../../main/scrape/lookup-share.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';

const infohash = (byte: number) => asInfohash(new Uint8Array(20).fill(byte));

test('an address is asked in whole lookups once in half a day, and a bounded number of them is remembered', () => {
  const clock = new SimulatedClock();
  const share = new LookupShare(clock);
  const [first, second] = [share.of(infohash(1)), share.of(infohash(2))];
  expect(first.mayAsk('1.1.1.1')).toBe(true);
  first.asked('1.1.1.1');
  expect(second.mayAsk('1.1.1.1')).toBe(false);
  clock.advance(12 * 3_600_000 - 1);
  expect(second.mayAsk('1.1.1.1')).toBe(false);
  clock.advance(1);
  expect(second.mayAsk('1.1.1.1')).toBe(true);
  for (let index = 0; index < 40_000; index++) first.asked(`h${index}`);
  share.checkInvariants();
  expect(second.mayAsk('2.2.2.2')).toBe(false); // nobody new until the next half
});

test('for the same infohash it is asked again: an hour later it may know a peer, and nobody else would', () => {
  const clock = new SimulatedClock();
  const share = new LookupShare(clock);
  share.of(infohash(1)).asked('1.1.1.1');
  clock.advance(3_600_000);
  expect(share.of(infohash(1)).mayAsk('1.1.1.1')).toBe(true);
  share.of(infohash(2)).asked('1.1.1.1'); // begun at the same moment: it stays the first one's
  expect([share.of(infohash(1)).mayAsk('1.1.1.1'), share.of(infohash(2)).mayAsk('1.1.1.1')]).toEqual([true, false]);
});
