// The bloom filter and the token bucket against the simplest thing that could be right.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BloomFilter } from '../../main/base/bloom-filter.ts';
import { TokenBucket } from '../../main/base/token-bucket.ts';

const key = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

test('bloom filter: never denies a member, whatever is added, cleared, saved and restored', () => {
  const step = fc.record({
    do: fc.constantFrom('add', 'add', 'add', 'restart', 'clear'),
    member: fc.uint8Array({ minLength: 1, maxLength: 24 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 64, max: 50_000 }), fc.array(step, { maxLength: 80 }), (bitCount, steps) => {
      const options = { bitCount, placeCount: 5, key };
      let filter = new BloomFilter(options);
      let members: Uint8Array[] = [];
      for (const { do: action, member } of steps) {
        if (action === 'add') {
          const wasThere = filter.has(member);
          expect(filter.add(member)).toBe(!wasThere);
          members.push(member);
        } else if (action === 'clear') {
          filter.clear();
          members = [];
        } else {
          const restored = new BloomFilter(options);
          expect(restored.restore(filter.bytes())).toBe(true);
          filter = restored;
        }
        filter.checkInvariants();
        for (const known of members) expect(filter.has(known)).toBe(true);
        expect(filter.fill).toBeLessThanOrEqual(Math.min(1, (members.length * 5) / bitCount));
      }
      if (members.length === 0) expect(filter.fill).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test('token bucket: as a model that refills second by second, and never more than burst + rate x time', () => {
  const step = fc.record({ afterMs: fc.nat(5_000), count: fc.integer({ min: 1, max: 5 }) });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(step, { maxLength: 100 }),
      (rate, burst, steps) => {
        const bucket = new TokenBucket(rate, burst, 0);
        let [nowMs, tokens, taken] = [0, burst, 0];
        for (const { afterMs, count } of steps) {
          nowMs += afterMs;
          tokens = Math.min(burst, tokens + (afterMs / 1000) * rate);
          // Two ways to add the same fractions may differ in the last bit.
          if (Math.abs(tokens - Math.round(tokens)) < 1e-6) continue;
          expect(bucket.available(nowMs)).toBe(Math.floor(tokens));
          const isGiven = bucket.take(nowMs, count);
          expect(isGiven).toBe(tokens >= count);
          if (!isGiven) continue;
          tokens -= count;
          taken += count;
          expect(taken).toBeLessThanOrEqual(burst + (nowMs / 1000) * rate + 1e-6);
        }
      },
    ),
  );
});
