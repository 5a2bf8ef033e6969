import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeyedHash } from '../../main/base/keyed-hash.ts';
import { SlabIndex } from '../../main/dht/slab-index.ts';

const HASH_KEY = new Uint8Array(8);

/** Keys are the records' own numbers, so a record is found by its number. */
function keyOf(record: number): Uint8Array {
  return Uint8Array.of(record >> 16, record >> 8, record & 255);
}

/** Records 0 to `count` - 1, each with a byte before its key and one behind. */
function slabOf(count: number, keyAt = keyOf) {
  const compact = new Uint8Array(count * 5);
  for (let record = 0; record < count; record++) compact.set(keyAt(record), record * 5 + 1);
  return { compact, stride: 5 };
}

describe('slab index', () => {
  test('after any additions and removals it finds what is in and nothing else', () => {
    const slab = slabOf(61);
    const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(60)), { maxLength: 300 });
    fc.assert(
      fc.property(steps, fc.uint8Array({ minLength: 8, maxLength: 8 }), (taken, hashKey) => {
        const index = new SlabIndex(new KeyedHash(hashKey), slab, 1, 3);
        const model = new Set<number>();
        for (const [isAdding, record] of taken) {
          if (isAdding && !model.has(record)) {
            index.add(record);
            model.add(record);
          } else if (!isAdding && model.has(record)) {
            index.remove(record);
            model.delete(record);
          }
        }
        index.checkInvariants();
        for (let record = 0; record <= 60; record++)
          expect(index.find(keyOf(record), 0)).toBe(model.has(record) ? record : -1);
      }),
    );
  });

  test('thousands of records, many of which left again, are found as long as they are in', () => {
    const count = 20_000;
    const index = new SlabIndex(new KeyedHash(HASH_KEY), slabOf(count), 1, 3);
    for (let record = 0; record < count; record++) {
      index.add(record);
      if (record % 3 === 2) index.remove(record - 1);
    }
    index.checkInvariants();
    for (let record = 0; record < count; record++)
      expect(index.find(keyOf(record), 0)).toBe(record % 3 === 1 && record + 1 < count ? -1 : record);
  });

  test('the highest place that three bytes name is found', () => {
    const record = 2 ** 24 - 2;
    // All have the same key: no memory is needed between them.
    const index = new SlabIndex(new KeyedHash(HASH_KEY), { compact: keyOf(7), stride: 0 }, 0, 3);
    index.add(record);
    expect(index.find(keyOf(7), 0)).toBe(record);
    index.remove(record);
    expect(index.find(keyOf(7), 0)).toBe(-1);
  });

  test('of several records with the same key the one is found that is accepted, and each can leave alone', () => {
    const slab = slabOf(40, (record) => Uint8Array.of(record >> 3, 0, 0));
    const index = new SlabIndex(new KeyedHash(HASH_KEY), slab, 1, 3);
    for (let record = 0; record < 40; record++) index.add(record);
    index.remove(9);
    index.checkInvariants();
    for (let record = 0; record < 40; record++) {
      const found = index.find(slab.compact, record * 5 + 1, 3, (other) => other === record);
      expect(found).toBe(record === 9 ? -1 : record);
    }
  });

  test('taking out what is not in is a mistake that crashes', () => {
    const index = new SlabIndex(new KeyedHash(HASH_KEY), slabOf(3), 1, 3);
    index.add(1);
    expect(() => index.remove(2)).toThrow('only a record of this index');
  });
});
