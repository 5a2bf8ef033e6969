// What was laid flat for speed does what the plain form of it does.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareDistance, IDENTIFIER_BYTES } from '../../main/base/identifier.ts';
import { HASH_KEY_BYTES } from '../../main/base/keyed-hash.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import { type Candidate, CANDIDATES_MAX, newCandidate } from '../../main/scrape/candidates.ts';
import { RecentInfohashes } from '../../main/scrape/infohash-filters.ts';
import { NeedleIndex } from '../../main/scrape/needle-index.ts';
import { RecentCandidates } from '../../main/scrape/recent-candidates.ts';
import { InfohashList } from '../../main/wire/infohash-list.ts';
import { newNode } from './fake-dht.ts';

const identifier = fc.uint8Array({ minLength: IDENTIFIER_BYTES, maxLength: IDENTIFIER_BYTES });
/** Differ in their last byte at most: what the first 32 bits cannot tell apart. */
const alike = fc.nat(255).map((last) => {
  const id = new Uint8Array(IDENTIFIER_BYTES).fill(7);
  id[IDENTIFIER_BYTES - 1] = last;
  return id;
});

test('the needle index finds the nearest needle, the first of those that are as near', () => {
  const id = fc.oneof(identifier, alike);
  fc.assert(
    fc.property(fc.array(id, { minLength: 1, maxLength: 20 }), fc.array(id, { maxLength: 30 }), (needles, asked) => {
      const index = new NeedleIndex(needles);
      needles.forEach((_, place) => {
        if (place % 3 === 1) index.set(place, (needles[place] = asked[place] ?? needles[place]!));
      });
      index.checkInvariants(needles);
      for (const wanted of asked) {
        let best = 0;
        needles.forEach((needle, place) => {
          if (compareDistance(wanted, needle, needles[best]!) < 0) best = place;
        });
        expect(index.nearest(wanted)).toBe(best);
      }
    }),
  );
});

test('recent candidates: the newest stay, the nearest is taken, and whoever leaves takes nobody along', () => {
  const random = createSeededRandom(20260751);
  const recent = new RecentCandidates();
  /** Oldest first. */
  let model: Candidate[] = [];
  const without = (candidate: Candidate) => model.filter((other) => other !== candidate);
  for (let step = 0; step < 5_000; step++) {
    const action = random.below(10);
    const some = model[random.below(Math.max(1, model.length))];
    if (action < 6) {
      const candidate = newCandidate(newNode(random.bytes(IDENTIFIER_BYTES)), null);
      model.push(candidate);
      const oldest = model.length > CANDIDATES_MAX ? model.shift()! : null;
      expect(recent.add(candidate)).toBe(oldest);
    } else if (action < 8) {
      const near = random.bytes(IDENTIFIER_BYTES);
      const nearest = model.toSorted((a, b) => compareDistance(near, a.node.id, b.node.id))[0] ?? null;
      expect(recent.pop(near)).toBe(nearest);
      if (nearest !== null) model = without(nearest);
    } else if (some !== undefined) {
      const again = newCandidate(some.node, null);
      expect(recent.add(again)).toBe(again);
      expect(recent.removeHost(some.node.contact.host)).toBe(some);
      expect([recent.has(some.node.contact.host), recent.removeHost(some.node.contact.host)]).toEqual([false, null]);
      model = without(some);
    }
    if (step % 100 === 0) {
      recent.checkInvariants();
      expect(recent.best(20)).toEqual(model.slice(-20));
      expect([...recent.values()].length).toBe(model.length);
    }
  }
});

test('a sample that was looked at ahead enters the filter as if it had not been', () => {
  const random = createSeededRandom(20260752);
  const key = random.bytes(HASH_KEY_BYTES);
  const [ahead, plain] = [new RecentInfohashes(key, 0), new RecentInfohashes(key, 0)];
  const known = random.bytes(40 * IDENTIFIER_BYTES);
  for (let sample = 0; sample < 60; sample++) {
    const bytes = random.bytes(20 * IDENTIFIER_BYTES);
    // Some that were met before, so that both answers come.
    for (let index = 0; index < 20; index += 2) {
      const from = random.below(40) * IDENTIFIER_BYTES;
      bytes.set(known.subarray(from, from + IDENTIFIER_BYTES), index * IDENTIFIER_BYTES);
    }
    const nowMs = sample * 3_600_000; // two generations and more
    const list = InfohashList.of(bytes, 0, 20);
    ahead.lookAhead(list);
    for (let index = 0; index < list.length; index++) {
      expect(ahead.insertAhead(index, nowMs)).toBe(plain.insert(list.bytes, nowMs, list.startOf(index)));
    }
  }
  expect(ahead.figures()).toEqual(plain.figures());
  expect(() => ahead.insertAhead(20, 0)).toThrow('looked at ahead');
});
