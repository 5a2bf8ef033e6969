import { SocketAddress } from 'node:net';
import { describe, expect, test } from 'vitest';
import { bytesEqual } from '../../main/base/bytes.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import { NODE4_BYTES, NODE6_BYTES, PEER4_BYTES, PEER6_BYTES } from '../../main/wire/compact-contacts.ts';
import { readContact4, readContact6, readPort, writeContact } from '../../main/wire/compact-contacts.ts';
import { latin1 } from '../fixtures/bep-examples.ts';

/** What Node itself makes of an IPv6 address written out in full. */
function nodeText(bytes: Uint8Array): string {
  const words = Array.from({ length: 8 }, (_, word) => ((bytes[2 * word]! << 8) | bytes[2 * word + 1]!).toString(16));
  return new SocketAddress({ address: words.join(':'), family: 'ipv6' }).address;
}

test('lengths', () => {
  expect([PEER4_BYTES, PEER6_BYTES, NODE4_BYTES, NODE6_BYTES]).toEqual([6, 18, 26, 38]);
});

test('IPv4, with the port in network order', () => {
  expect(readContact4(latin1('xxaxje.uxx'), 2)).toEqual({ host: '97.120.106.101', port: 11893 });
  expect(readPort(new Uint8Array([0xff, 0xfe]), 0)).toBe(65534);
  const into = new Uint8Array(8);
  expect(writeContact(into, 1, { host: '0.10.200.255', port: 258 })).toBe(6);
  expect([...into]).toEqual([0, 0, 10, 200, 255, 1, 2, 0]);
});

describe('IPv6', () => {
  test.each([
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:db8::1', '2001:DB8:0:0:0:0:0:1'],
    ['2001:db8::1:0:0:1', '2001:db8:0:0:1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1:0:0:2::3', '1:0:0:2:0:0:0:3'],
    ['0:0:1::', '0:0:1:0:0:0:0:0'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
    ['::192.0.2.1', '::c000:201'],
    ['::0.1.0.0', '::1:0'],
    ['64:ff9b::c000:201', '64:ff9b::192.0.2.1'],
    ['fe80::1', 'fe80::1%eth0'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
  ])('%s, also written %s', (canonical, written) => {
    const into = new Uint8Array(20);
    expect(writeContact(into, 2, { host: written, port: 6881 })).toBe(18);
    expect(readContact6(into, 2)).toEqual({ host: canonical, port: 6881 });
  });

  test('is printed as Node prints it, and read back, for 5,000 addresses with runs of zeros', () => {
    const random = createSeededRandom(6);
    const bytes = new Uint8Array(PEER6_BYTES);
    const into = new Uint8Array(PEER6_BYTES);
    for (let round = 0; round < 5000; round++) {
      random.fill(bytes);
      for (let word = 0; word < 8; word++) {
        if (random.below(3) > 0) bytes.fill(0, 2 * word, 2 * word + 2);
        else if (random.below(3) === 0) bytes.fill(0xff, 2 * word, 2 * word + 2);
      }
      const contact = readContact6(bytes, 0);
      const isRight =
        contact.host === nodeText(bytes) && writeContact(into, 0, contact) === 18 && bytesEqual(into, bytes);
      if (!isRight) expect.fail(`${contact.host} is not ${nodeText(bytes)} or was not read back`);
    }
  });
});

test.each([
  '',
  'localhost',
  '1.2.3',
  '1.2.3.4.5',
  '256.1.1.1',
  '1..2.3',
  '01111.1.1.1',
  '1.2.3.4x',
  ' 1.2.3.4',
  ':',
  ':::',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7:8::',
  '12345::',
  'g::',
  '::1.2.3',
  '::1.2.3.4:5',
  '::1.2.3.456',
])('%j is no address: nothing is written', (host) => {
  expect(writeContact(new Uint8Array(20), 0, { host, port: 1 })).toBe(0);
});

test('no room: nothing is written', () => {
  const into = new Uint8Array(17);
  expect(writeContact(into, 12, { host: '192.0.2.1', port: 1 })).toBe(0);
  expect(writeContact(into, 0, { host: '2001:db8::1', port: 1 })).toBe(0);
  expect(into.every((byte) => byte === 0)).toBe(true);
});

test('reading outside the bytes is a mistake of the caller', () => {
  expect(() => readContact4(new Uint8Array(6), 1)).toThrow('inside its bytes');
  expect(() => readContact6(new Uint8Array(17), 0)).toThrow('inside its bytes');
});
