// BEP 33: the filter of the specification's own example, bit for bit, and what it is good for.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import { estimateOf, SwarmFilter } from '../../main/dht/swarm-filter.ts';
import { hostAt } from './table-fixtures.ts';

/** BEP 33, "Test vectors": 192.0.2.0 to .255 and 2001:DB8:: to 2001:DB8::3E7. */
const VECTOR =
  'f6c3f5eaa07ffd91bde89f777f26fb2bff37bdb8fb2bbaa2fd3ddde7bacfff75ee7ccbaefe5eedb1fbfaff67f6abff5e43ddbca3fd9b9ffdf4ffd3e9dff12d1b' +
  'df59db53dbe9fa5b7ff3b8fdfcde1afb8bedd7be2f3ee71ebbbfe93bcdeefe148246c2bc5dbff7e7efdcf24fd8dc7adffd8fffdfddfff7a4bbeedf5cb95ce81f' +
  'c7fcff1ff4ffffdfe5f7fdcbb7fd79b3fa1fc77bfe07fff905b7b7ffc7fefeffe0b8370bb0cd3f5b7f2bd93feb4386cfdd6f7fd5bfaf2e9ebffffeecd67adbf7' +
  'c67f17efd5d75eba6ffeba7fff47a91eb1bfbb53e8abfb5762abe8ff237279bfefbfeef5ffc5febfdfe5adffadfee1fb737ffffbfd9f6aeffeee76b6fd8f72ef';

function filterOf(hosts: readonly string[]): SwarmFilter {
  const filter = new SwarmFilter();
  for (const host of hosts) expect(filter.add(host)).toBe(true);
  return filter;
}

describe('swarm filter', () => {
  test('the example of BEP 33: 1,256 addresses of both families', () => {
    const filter = filterOf([
      ...Array.from({ length: 256 }, (_, index) => `192.0.2.${index}`),
      ...Array.from({ length: 1000 }, (_, index) => `2001:db8::${index.toString(16)}`),
    ]);
    expect(toHex(filter.bytes)).toBe(VECTOR);
    expect(createHash('sha256').update(filter.bytes).digest('hex')).toBe(
      '462ba3f17929325cb8d21231802c7b564058f741af9e54af8d74c88c3fd53325',
    );
    expect(filter.estimate()).toBeCloseTo(1224.9309, 4);
  });

  test('one address is two bits, at the places of its SHA-1', () => {
    const { bytes } = filterOf(['192.168.1.1']);
    const bits = Array.from({ length: 2048 }, (_, bit) => bit).filter((bit) => (bytes[bit >> 3]! >> (bit & 7)) & 1);
    expect(bits).toEqual([1711, 1831]);
  });

  test('nobody is none, and a full filter is still a number', () => {
    expect(new SwarmFilter().estimate()).toBe(0);
    expect(estimateOf(new Uint8Array(256).fill(255))).toBeGreaterThan(6_000);
    expect(new SwarmFilter().add('example.org')).toBe(false);
  });

  test('the union of what several nodes hold counts nobody twice', () => {
    const hosts = Array.from({ length: 900 }, (_, index) => hostAt(index));
    const union = new SwarmFilter();
    for (const start of [0, 200, 400]) union.unite(filterOf(hosts.slice(start, start + 500)).bytes);
    expect(union.bytes).toEqual(filterOf(hosts).bytes);
    expect(Math.abs(union.estimate() - 900)).toBeLessThan(90);
  });
});
