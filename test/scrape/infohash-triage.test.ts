import { describe, expect, it } from 'vitest';
import { asInfohash, type Infohash } from '../../main/base/identifier.ts';
import { HASH_KEY_BYTES } from '../../main/base/keyed-hash.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import { KnownInfohashes, RecentInfohashes } from '../../main/scrape/infohash-filters.ts';
import { BATCH_MAX, BATCH_WAIT_MS, InfohashTriage, TRIAGE_WAITING_MAX } from '../../main/scrape/infohash-triage.ts';
import { Counters } from '../../main/stats/counters.ts';

const random = createSeededRandom(5);
const newInfohash = () => asInfohash(random.bytes(20));
const key = new Uint8Array(HASH_KEY_BYTES);
const HALF_DAY_MS = 12 * 3600 * 1000;

/** A triage whose store answers when the test says so. */
function newTriage() {
  const counters = new Counters();
  const found: Infohash[] = [];
  const questions: { infohashes: Infohash[]; answer: (isKnown: (boolean | 'resting')[]) => void }[] = [];
  const known = new KnownInfohashes(key, counters);
  const triage = new InfohashTriage<string>({
    counters,
    recent: new RecentInfohashes(key, 0),
    known,
    areKnown: (infohashes, answer) => questions.push({ infohashes, answer }),
    onNew: (infohash) => found.push(infohash),
  });
  return { triage, counters, found, questions, known };
}

describe('InfohashTriage', () => {
  it('R3: the same infohash twice gives one entry', () => {
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

  it('R3: one that was sampled may come back after 12 to 24 hours, one that is known may not', () => {
    const { triage, known } = newTriage();
    const [failed, stored] = [newInfohash(), newInfohash()];
    known.add(stored);
    expect(triage.offer(failed, 'a', 0)).toBe('queued');
    expect(triage.offer(stored, 'a', 0)).toBe('known');
    expect(triage.offer(failed, 'a', HALF_DAY_MS + 1)).toBe('repeated');
    expect(triage.offer(failed, 'a', 2 * HALF_DAY_MS + 2)).toBe('queued');
    expect(triage.offer(stored, 'a', 2 * HALF_DAY_MS + 2)).toBe('known');
  });

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

  it('R13: a hit of the known filter is confirmed when a batch has room, and a wrong one is found', () => {
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
    const infohashes = random.bytes(25_000 * 20);
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
