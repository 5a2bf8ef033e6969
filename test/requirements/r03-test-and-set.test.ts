// R3: a test-and-set decides what enters the queue, once; a fetch that failed may be tried again half a day later.
import { expect, test } from 'vitest';
import { BATCH_WAIT_MS } from '../../main/scrape/infohash-triage.ts';
import { newInfohash, newTriage } from '../scrape/rigs.ts';

const HALF_DAY_MS = 12 * 3600 * 1000;

test('R3 the same infohash twice gives one entry', () => {
  const { triage, questions, found } = newTriage();
  const infohash = newInfohash();
  expect(triage.offer(infohash, 'a', 0)).toBe('queued');
  expect(triage.offer(infohash, 'b', 10)).toBe('repeated');
  triage.tick(BATCH_WAIT_MS);
  expect(questions.map(({ infohashes }) => infohashes)).toEqual([[infohash]]);
  questions[0]!.answer([false]);
  expect(found).toEqual([infohash]);
  expect(triage.offer(infohash, 'c', HALF_DAY_MS - 1)).toBe('repeated');
});

test('R3 one that was sampled may come back after 12 to 24 hours, one that is known may not', () => {
  const { triage, known } = newTriage();
  const [failed, stored] = [newInfohash(), newInfohash()];
  known.add(stored);
  expect(triage.offer(failed, 'a', 0)).toBe('queued');
  expect(triage.offer(stored, 'a', 0)).toBe('known');
  expect(triage.offer(failed, 'a', HALF_DAY_MS + 1)).toBe('repeated');
  expect(triage.offer(failed, 'a', 2 * HALF_DAY_MS + 2)).toBe('queued');
  expect(triage.offer(stored, 'a', 2 * HALF_DAY_MS + 2)).toBe('known');
});
