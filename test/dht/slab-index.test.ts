import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeyedHash } from '../../main/base/keyed-hash.ts';
import { SlabIndex } from '../../main/dht/slab-index.ts';

/** Keys are the records' own numbers, so a record is found by its number. */
function keyOf(record: number): Uint8Array {
  return Uint8Array.of(record >> 8, record & 255);
}

describe('slab index', () => {
  test('after any additions and removals it finds what is in and nothing else', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(60)), { maxLength: 300 });
    fc.assert(
      fc.property(steps, fc.uint8Array({ minLength: 8, maxLength: 8 }), (taken, hashKey) => {
        const index = new SlabIndex(new KeyedHash(hashKey), 2, (record, into) => into.set(keyOf(record)));
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
          expect(index.find(keyOf(record))).toBe(model.has(record) ? record : -1);
      }),
    );
  });

  test('a record beyond two bytes is found beside those before it, also after it has left', () => {
    const keyAt = (record: number): Uint8Array => Uint8Array.of(record >> 16, record >> 8, record);
    const index = new SlabIndex(new KeyedHash(new Uint8Array(8)), 3, (record, into) => into.set(keyAt(record)));
    for (const record of [0, 65_534, 65_535, 65_536, 1_000_000]) index.add(record);
    index.remove(65_536);
    index.checkInvariants();
    for (const record of [0, 65_534, 65_535, 1_000_000]) expect(index.find(keyAt(record))).toBe(record);
    expect(index.find(keyAt(65_536))).toBe(-1);
  });

  test('taking out what is not in is a mistake that crashes', () => {
    const index = new SlabIndex(new KeyedHash(new Uint8Array(8)), 2, (record, into) => into.set(keyOf(record)));
    index.add(1);
    expect(() => index.remove(2)).toThrow('only a record of this index');
  });
});
