// R13: a filter for the latest million of the catalogue, sized by the formula and keyed, so that nobody can aim at a place.
import { expect, test, vi } from 'vitest';
import { BloomFilter, expectedFalsePositiveRate } from '../../main/base/bloom-filter.ts';
import { BATCH_WAIT_MS } from '../../main/scrape/infohash-triage.ts';
import { newInfohash, newTriage } from '../scrape/rigs.ts';

// Seconds on a quiet machine; a busy one must not fail them.
vi.setConfig({ testTimeout: 90_000 });

const R13 = { bitCount: 2 ** 25, placeCount: 10 };
const key = Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7]);

/** 20 bytes that tell `number` apart from all others; most of them equal, as an attacker would like. */
function infohashOf(number: number): Uint8Array {
  const bytes = new Uint8Array(20);
  new DataView(bytes.buffer).setUint32(8, number);
  return bytes;
}

function fill(filter: BloomFilter, from: number, to: number): void {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  for (let number = from; number < to; number++) {
    view.setUint32(8, number);
    filter.add(bytes);
  }
}

test('R13 the measured rate of false positives is within 20% of the formula at one and at two million', () => {
  const filter = new BloomFilter({ ...R13, key });
  const expectedAt = (memberCount: number) => expectedFalsePositiveRate(memberCount, R13.bitCount, R13.placeCount);
  // From the bits really set: one in a million could not be measured by asking within a second.
  fill(filter, 0, 1_000_000);
  expect(Math.abs(filter.falsePositiveRate / expectedAt(1_000_000) - 1)).toBeLessThan(0.2);
  fill(filter, 1_000_000, 2_000_000);
  expect(Math.abs(filter.falsePositiveRate / expectedAt(2_000_000) - 1)).toBeLessThan(0.2);
  // And by asking half a million strangers, where that says something (166 hits expected, standard deviation 13).
  let hitCount = 0;
  for (let number = 3_000_000; number < 3_500_000; number++) if (filter.has(infohashOf(number))) hitCount++;
  expect(Math.abs(hitCount / 500_000 / expectedAt(2_000_000) - 1)).toBeLessThan(0.2);
}, 60_000);

test('R13 the formula agrees with the table of the requirement', () => {
  expect(expectedFalsePositiveRate(1_000_000, 2 ** 25, 10)).toBeCloseTo(1.3e-6, 7);
  expect(expectedFalsePositiveRate(2_000_000, 2 ** 25, 10)).toBeCloseTo(3.3e-4, 5);
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
