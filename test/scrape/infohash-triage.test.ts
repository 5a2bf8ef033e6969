import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../main/base/random.ts';
import { toHex } from '../../main/base/bytes.ts';
import { KnownInfohashes } from '../../main/scrape/infohash-filters.ts';
import { BATCH_MAX, BATCH_WAIT_MS, TRIAGE_WAITING_MAX } from '../../main/scrape/infohash-triage.ts';
import { Counters } from '../../main/stats/counters.ts';
import { key, newInfohash, newTriage } from './rigs.ts';

describe('InfohashTriage', () => {
  it('asks the store for 500 at once, or for what came in 250 ms', () => {
    const { triage, questions } = newTriage();
    triage.offer(newInfohash(), 'a', 0);
    triage.tick(BATCH_WAIT_MS - 1);
    expect(questions.length).toBe(0);
    triage.tick(BATCH_WAIT_MS);
    expect(questions[0]!.infohashes.length).toBe(1);
    for (let index = 0; index < BATCH_MAX; index++) triage.offer(newInfohash(), 'a', 300);
    triage.tick(301);
    expect(questions[1]!.infohashes.length).toBe(BATCH_MAX);
    triage.checkInvariants();
  });

  it('remembers what the store knows, so that it is not asked about it again', () => {
    const { triage, questions, found, known } = newTriage();
    const [old, fresh] = [newInfohash(), newInfohash()];
    triage.offer(old, 'a', 0);
    triage.offer(fresh, 'a', 0);
    triage.tick(BATCH_WAIT_MS);
    questions[0]!.answer([true, false]);
    expect(found).toEqual([fresh]);
    expect(known.has(old)).toBe(true);
    expect(known.has(fresh)).toBe(false);
    expect(triage.count).toBe(0);
  });

  it('hands on every node that sampled an infohash while the store was asked about it', () => {
    const { triage, questions, sourcesOf } = newTriage();
    const infohash = newInfohash();
    expect(triage.offer(infohash, 'a', 0)).toBe('queued');
    expect(triage.offer(infohash, 'b', 1)).toBe('repeated');
    triage.tick(BATCH_WAIT_MS);
    expect(triage.offer(infohash, 'c', BATCH_WAIT_MS)).toBe('repeated');
    for (let more = 0; more < 20; more++) triage.offer(infohash, `more ${more}`, BATCH_WAIT_MS);
    triage.checkInvariants();
    questions[0]!.answer([false]);
    expect(sourcesOf.get(toHex(infohash))).toEqual(['a', 'b', 'c', 'more 0', 'more 1']);
    expect(triage.offer(infohash, 'late', BATCH_WAIT_MS)).toBe('repeated');
    triage.checkInvariants();
  });

  it('lets alone what rests on the retry ladder, and does not take it for known', () => {
    const { triage, questions, found, known } = newTriage();
    const infohash = newInfohash();
    triage.offer(infohash, 'a', 0);
    triage.tick(BATCH_WAIT_MS);
    questions[0]!.answer(['resting']);
    expect(found).toEqual([]);
    expect(known.has(infohash)).toBe(false);
    expect(triage.count).toBe(0);
  });

  it('stops sampling at 80% until it is down to 50%, and forgets what does not fit', () => {
    const { triage, questions, counters } = newTriage();
    for (let index = 0; index < TRIAGE_WAITING_MAX * 0.8; index++) triage.offer(newInfohash(), 'a', 0);
    expect(triage.isBusy).toBe(true);
    const last = newInfohash();
    for (let index = TRIAGE_WAITING_MAX * 0.8; index < TRIAGE_WAITING_MAX; index++) triage.offer(newInfohash(), 'a', 0);
    expect(triage.offer(last, 'a', 0)).toBe('full');
    expect(counters.overflows.get('triage')).toBe(1);
    for (let batch = 0; batch < 10; batch++) {
      triage.tick(0);
      questions.splice(0).forEach(({ infohashes, answer }) => answer(infohashes.map(() => true)));
      triage.checkInvariants();
      expect(triage.isBusy).toBe(triage.count > TRIAGE_WAITING_MAX * 0.5);
    }
    expect(triage.isBusy).toBe(false);
    expect(triage.offer(last, 'a', 0)).toBe('queued');
  });

  it('asks again when the store forgot the question, and ignores the late answer', () => {
    const { triage, questions, found } = newTriage();
    const infohash = newInfohash();
    triage.offer(infohash, 'a', 0);
    triage.tick(BATCH_WAIT_MS);
    triage.tick(40_000);
    expect(questions.length).toBe(2);
    questions[0]!.answer([false]);
    expect(found).toEqual([]);
    questions[1]!.answer([false]);
    questions[1]!.answer([false]);
    expect(found).toEqual([infohash]);
    triage.checkInvariants();
  });
});

describe('KnownInfohashes', () => {
  it('takes a large warm-up in slices', () => {
    const known = new KnownInfohashes(key, new Counters());
    const infohashes = createSeededRandom(6).bytes(25_000 * 20);
    known.warmUp(infohashes);
    expect(known.has(infohashes.subarray(0, 20))).toBe(false);
    known.tick();
    expect(known.has(infohashes.subarray(0, 20))).toBe(true);
    expect(known.has(infohashes.subarray(24_999 * 20))).toBe(false);
    known.tick();
    known.tick();
    expect(known.isWarmingUp).toBe(false);
    for (let at = 0; at < infohashes.length; at += 20 * 97)
      expect(known.has(infohashes.subarray(at, at + 20))).toBe(true);
    known.checkInvariants();
  });

  it('refuses a warm-up beyond its limit and says so', () => {
    const counters = new Counters();
    const known = new KnownInfohashes(key, counters);
    known.warmUp(new Uint8Array(80 * 2 ** 20 + 20));
    expect(known.isWarmingUp).toBe(false);
    expect(counters.overflows.get('warm-up')).toBe(1);
  });
});
