import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyedHash } from '../../main/base/keyed-hash.ts';
import { expectedLineFilterRate, LineFilter } from '../../main/base/line-filter.ts';

const key = Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7]);

function digestOf(member: Uint8Array): KeyedHash {
  const hash = new KeyedHash(key);
  hash.digest(member);
  return hash;
}

function numbered(number: number): KeyedHash {
  return digestOf(new Uint8Array(new Uint32Array([number, 77]).buffer));
}

test('never denies a member, of any size, and says once that it is new', () => {
  const members = fc.array(fc.uint8Array({ minLength: 1, maxLength: 24 }), { maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 16 }), members, (lineBits, all) => {
      const filter = new LineFilter(512 * 2 ** lineBits);
      for (const [index, member] of all.entries()) {
        const wasThere = filter.has(digestOf(member));
        expect(filter.add(digestOf(member))).toBe(!wasThere);
        expect(filter.add(digestOf(member))).toBe(false);
        for (const known of all.slice(0, index + 1)) expect(filter.has(digestOf(known))).toBe(true);
      }
      filter.checkInvariants();
      expect(filter.fill).toBeLessThanOrEqual((12 * all.length) / filter.bitCount);
      expect(filter.allocatedBytes).toBe(all.length === 0 ? 0 : filter.bitCount / 8);
    }),
    { numRuns: 30 },
  );
});

test('takes strangers for members as often as the formula says, at every load', () => {
  const filter = new LineFilter(2 ** 18);
  let added = 0;
  for (const [members, share] of [
    [16_000, 0.2],
    [24_000, 0.1],
    [40_000, 0.1],
  ] as const) {
    for (; added < members; added++) filter.add(numbered(added));
    let hits = 0;
    for (let stranger = 1_000_000; stranger < 1_200_000; stranger++) if (filter.has(numbered(stranger))) hits++;
    const expected = expectedLineFilterRate(members, filter.bitCount);
    expect(Math.abs(hits / 200_000 / expected - 1)).toBeLessThan(share);
  }
});

test('every part of a digest counts', () => {
  const filter = new LineFilter(2 ** 25);
  const { low, high } = numbered(1);
  filter.add({ low, high });
  for (let bit = 0; bit < 32; bit++) {
    expect(filter.has({ low: (low ^ (1 << bit)) >>> 0, high })).toBe(false);
    expect(filter.has({ low, high: (high ^ (1 << bit)) >>> 0 })).toBe(false);
  }
});

test('only sizes that lines can be counted in are taken', () => {
  for (const bitCount of [0, 511, 1536, 2 ** 26]) expect(() => new LineFilter(bitCount)).toThrow('power of two');
});
