import { expect, test } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import { InfohashList } from '../../main/wire/infohash-list.ts';

const random = createSeededRandom(7);

test('holds copies of what it was made of, whatever happens to that or to a copy it gave', () => {
  const bytes = random.bytes(400);
  const hex = toHex(bytes.slice(20));
  const list = InfohashList.of(bytes, 20, 19);
  bytes.fill(0xee);
  list.at(3).fill(0xdd);
  for (const infohash of list) infohash.fill(0xcc);
  expect([...list].map(toHex).join('')).toBe(hex);
  expect(toHex(list.bytes.slice(list.startOf(0), list.startOf(list.length)))).toBe(hex);
});

test('lists that share memory do not touch each other: ten thousand of every length', () => {
  const made = Array.from({ length: 10_000 }, (_, index) => {
    const bytes = random.bytes((index % 52) * 20);
    return { list: InfohashList.of(bytes, 0, index % 52), hex: toHex(bytes) };
  });
  for (const { list, hex } of made) expect([...list].map(toHex).join('')).toBe(hex);
});

test('a kept infohash keeps its own 20 bytes and no more', () => {
  const list = InfohashList.of(random.bytes(60), 0, 3);
  expect(list.at(2).buffer.byteLength).toBe(20);
  expect(() => list.at(3)).toThrow('has the infohashes it has');
});

test('zero and repeated ones are left out and told of', () => {
  const bytes = Buffer.from(['a', '\0', 'b', 'a', 'c', '\0', 'b'].map((letter) => letter.repeat(20)).join(''));
  const told: string[] = [];
  const list = InfohashList.of(
    bytes,
    0,
    7,
    () => told.push('zero'),
    () => told.push('repeated'),
  );
  expect([...list].map((infohash) => String.fromCharCode(infohash[0]!))).toEqual(['a', 'b', 'c']);
  expect(told).toEqual(['zero', 'repeated', 'zero', 'repeated']);
});
