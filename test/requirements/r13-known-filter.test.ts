// R13: a filter for the latest million of the catalogue, sized by the formula and keyed, so that nobody can aim at a place.
import { expect, test, vi } from 'vitest';
import { expectedFalsePositiveRate } from '../../main/base/bloom-filter.ts';
import { KeyedHash } from '../../main/base/keyed-hash.ts';
import { expectedLineFilterRate, LineFilter } from '../../main/base/line-filter.ts';
import { FILTER_BITS } from '../../main/scrape/infohash-filters.ts';
import { BATCH_WAIT_MS } from '../../main/scrape/infohash-triage.ts';
import { newInfohash, newTriage } from '../scrape/rigs.ts';

// Seconds on a quiet machine; a busy one must not fail them.
vi.setConfig({ testTimeout: 90_000 });

/** 20 bytes that tell a number apart from all others; most of them equal, as an attacker would like. */
const hash = new KeyedHash(Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7]));
const bytes = new Uint8Array(20);
const view = new DataView(bytes.buffer);

function digestOf(number: number): KeyedHash {
  view.setUint32(8, number);
  hash.digest(bytes);
  return hash;
}

function fill(filter: LineFilter, from: number, to: number): void {
  for (let number = from; number < to; number++) filter.add(digestOf(number));
}

function hitCount(filter: LineFilter, from: number, to: number): number {
  let count = 0;
  for (let number = from; number < to; number++) if (filter.has(digestOf(number))) count++;
  return count;
}

test('R13 the measured rate of false positives is that of the formula at one and at two million', () => {
  const filter = new LineFilter(FILTER_BITS);
  fill(filter, 0, 1_000_000);
  // 3 expected, and more than 10 in one of 10,000 keys.
  expect(hitCount(filter, 3_000_000, 6_000_000)).toBeLessThanOrEqual(10);
  expect(filter.falsePositiveRate / expectedLineFilterRate(1_000_000, FILTER_BITS)).toBeCloseTo(1, 3);
  fill(filter, 1_000_000, 2_000_000);
  // 190 expected, standard deviation 14.
  const measured = hitCount(filter, 3_000_000, 3_500_000) / 500_000;
  expect(Math.abs(measured / expectedLineFilterRate(2_000_000, FILTER_BITS) - 1)).toBeLessThan(0.2);
  filter.checkInvariants();
}, 60_000);

test('R13 the formula agrees with the table of the requirement', () => {
  expect(expectedFalsePositiveRate(1_000_000, FILTER_BITS, 10)).toBeCloseTo(1.3e-6, 7);
  expect(expectedFalsePositiveRate(2_000_000, FILTER_BITS, 10)).toBeCloseTo(3.3e-4, 5);
  // With twelve places in two lines: no worse where it is specified, a sixth worse where a generation ends.
  expect(expectedLineFilterRate(1_000_000, FILTER_BITS)).toBeLessThanOrEqual(1e-6);
  expect(expectedLineFilterRate(2_000_000, FILTER_BITS)).toBeLessThanOrEqual(4e-4);
});

test('R13 a hit of the known filter is confirmed when a batch has room, and a wrong one is found', () => {
  const { triage, questions, found, known } = newTriage();
  const wronglyKnown = newInfohash();
  known.add(wronglyKnown);
  triage.offer(wronglyKnown, 'a', 0);
  triage.offer(newInfohash(), 'a', 0);
  triage.tick(BATCH_WAIT_MS);
  expect(questions[0]!.infohashes.length).toBe(2);
  questions[0]!.answer([true, false]);
  expect(found).toEqual([wronglyKnown]);
});
