import { describe, expect, it } from 'vitest';
import { BloomFilter } from '../../main/base/bloom-filter.ts';
import { KeyedHash } from '../../main/base/keyed-hash.ts';
import { createSeededRandom } from '../../main/base/random.ts';

const key = Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7]);
/** The filters of R13. */
const R13 = { bitCount: 2 ** 25, placeCount: 10 };

/** 20 bytes that tell `number` apart from all others; most of them equal, as an attacker would like. */
function infohashOf(number: number): Uint8Array {
  const bytes = new Uint8Array(20);
  new DataView(bytes.buffer).setUint32(8, number);
  return bytes;
}

describe('KeyedHash', () => {
  it('gives the published vectors of HalfSipHash-2-4-64', () => {
    const hash = new KeyedHash(key);
    const vectors = [
      '218d1f59b9b83cc8',
      'be552412f8387315',
      '064f39ef7c50eb57',
      'ce0f1a45f7060679',
      'd5e78a175be52ea1',
    ];
    vectors.forEach((expected, length) => {
      hash.digest(Uint8Array.from({ length }, (_, index) => index));
      const bytes = Buffer.alloc(8);
      bytes.writeUInt32LE(hash.low, 0);
      bytes.writeUInt32LE(hash.high, 4);
      expect(bytes.toString('hex')).toBe(expected);
    });
  });
});

describe('BloomFilter', () => {
  it('never denies a member, and says once that it is new', () => {
    const filter = new BloomFilter({ bitCount: 100_003, placeCount: 7, key });
    let newCount = 0;
    for (let number = 0; number < 5000; number++) if (filter.add(infohashOf(number))) newCount++;
    expect(newCount).toBeGreaterThan(4950);
    expect(filter.addedCount).toBe(newCount);
    for (let number = 0; number < 5000; number++) {
      expect(filter.has(infohashOf(number))).toBe(true);
      expect(filter.add(infohashOf(number))).toBe(false);
    }
    filter.checkInvariants();
  });

  it('another key puts the same members elsewhere, and every byte counts', () => {
    const one = new BloomFilter({ bitCount: 65_536, placeCount: 4, key });
    const other = new BloomFilter({ bitCount: 65_536, placeCount: 4, key: Uint8Array.from([9, 9, 9, 9, 9, 9, 9, 9]) });
    const member = createSeededRandom(1).bytes(20);
    one.add(member);
    other.add(member);
    expect(one.bytes()).not.toEqual(other.bytes());
    for (let index = 0; index < 20; index++) {
      for (const flip of [1, 0x80]) {
        const near = member.slice();
        near[index]! ^= flip;
        expect(one.has(near)).toBe(false);
      }
    }
  });

  it('allocates nothing before the first member, and gives it back when cleared', () => {
    const filter = new BloomFilter({ ...R13, key });
    expect(filter.has(infohashOf(1))).toBe(false);
    expect(filter.allocatedBytes).toBe(0);
    filter.add(infohashOf(1));
    expect(filter.allocatedBytes).toBe(2 ** 22);
    filter.clear();
    expect(filter.allocatedBytes).toBe(0);
    expect(filter.add(infohashOf(1))).toBe(true);
  });

  it('is saved and restored under the same key', () => {
    const options = { bitCount: 80_000, placeCount: 5, key };
    const filter = new BloomFilter(options);
    for (let number = 0; number < 3000; number++) filter.add(infohashOf(number));
    const restored = new BloomFilter(options);
    expect(restored.restore(filter.bytes())).toBe(true);
    restored.checkInvariants();
    expect(restored.bytes()).toEqual(filter.bytes());
    expect(restored.bytes()).not.toBe(filter.bytes());
    expect(Math.abs(restored.addedCount / filter.addedCount - 1)).toBeLessThan(0.05);
    expect(restored.restore(new Uint8Array(7))).toBe(false);
  });

  it('places are the remainders of the digest, for sizes that are powers of two as for others', () => {
    const hash = new KeyedHash(key);
    for (const bitCount of [8, 2 ** 13, 9, 5003]) {
      const filter = new BloomFilter({ bitCount, placeCount: 9, key });
      filter.add(infohashOf(1));
      hash.digest(infohashOf(1));
      const expected = new Set<number>();
      for (let index = 1, place = hash.low % bitCount, step = hash.high % bitCount; index <= 9; index++) {
        expected.add(place);
        place = (place + step) % bitCount;
        step = (step + index) % bitCount;
      }
      const bits = [...Array(bitCount).keys()].filter((bit) => (filter.bytes()[bit >>> 3]! >>> (bit & 7)) & 1);
      expect(bits).toEqual([...expected].sort((a, b) => a - b));
    }
  });

  it('hashes the part of a longer array it is told', () => {
    const filter = new BloomFilter({ bitCount: 10_000, placeCount: 3, key });
    const two = new Uint8Array(40);
    two.set(infohashOf(77), 20);
    filter.add(two, 20, 20);
    expect(filter.has(infohashOf(77))).toBe(true);
  });
});
