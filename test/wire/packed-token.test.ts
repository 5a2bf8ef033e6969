// The quick readers understand what is written plainly, exactly as the scanner does, and nothing else.
import { describe, expect, test } from 'vitest';
import { createSeededRandom } from '../../main/base/random.ts';
import { BencodeScanner, KRPC_SCAN_LIMITS, TOKEN_INTEGER, TOKEN_STRING } from '../../main/wire/bencode-scanner.ts';
import { PACKED_BITS, PACKED_MASK, packedIntegerAt, packedStringAt } from '../../main/wire/packed-token.ts';
import { latin1 } from '../fixtures/bep-examples.ts';

const unpack = (packed: number) => (packed === -1 ? null : [packed >>> PACKED_BITS, packed & PACKED_MASK]);
const string = (text: string) => unpack(packedStringAt(latin1(text), 0, text.length));
const integer = (text: string) => unpack(packedIntegerAt(latin1(text), 0, text.length));

test.each<[string, number[] | null]>([
  ['0:', [2, 0]],
  ['1:a', [2, 1]],
  ['4:spamx', [2, 4]],
  ['20:abcdefghij0123456789', [3, 20]],
  [`4090:${'x'.repeat(4090)}`, [5, 4090]],
  ['', null],
  ['4', null],
  ['4:', null],
  ['4:spa', null],
  ['02:ab', null],
  ['00:', null],
  ['-1:a', null],
  [':a', null],
  ['1x:a', null],
  ['10000:a', null],
  ['99999999:', null],
  ['i1e', null],
])('string %j', (text, expected) => {
  expect(string(text)).toEqual(expected);
});

test.each<[string, number[] | null]>([
  ['i0e', [0, 3]],
  ['i7ex', [7, 3]],
  ['i21600e', [21600, 7]],
  ['i99999e', [99999, 7]],
  ['i100000e', null],
  ['i03e', null],
  ['i00e', null],
  ['i-1e', null],
  ['ie', null],
  ['i1', null],
  ['i12345', null],
  ['i1 e', null],
  ['1:a', null],
  ['', null],
])('integer %j', (text, expected) => {
  expect(integer(text)).toEqual(expected);
});

test('the largest offsets and lengths of a datagram fit', () => {
  const bytes = new Uint8Array(4096).fill(0x30);
  bytes.set(latin1('i99999e'), 4089);
  expect(unpack(packedIntegerAt(bytes, 4089, 4096))).toEqual([99999, 4096]);
  bytes.set(latin1('4:abcd'), 4090);
  expect(unpack(packedStringAt(bytes, 4090, 4096))).toEqual([4092, 4]);
});

describe('agreement with the scanner', () => {
  test('what is understood here, the scanner reads the same; `end` is kept', () => {
    const random = createSeededRandom(13);
    const alphabet = latin1('0123456789:::iiieex-');
    const scanner = new BencodeScanner(KRPC_SCAN_LIMITS);
    let understoodCount = 0;
    for (let round = 0; round < 50_000; round++) {
      const bytes = random.bytes(16);
      for (let at = 0; at < bytes.length; at++) bytes[at] = alphabet[bytes[at]! % alphabet.length]!;
      const end = random.below(17);
      const text = packedStringAt(bytes, 0, end);
      const number = packedIntegerAt(bytes, 0, end);
      scanner.begin(bytes, 0, end);
      const token = end === 0 ? null : scanner.next();
      if (text !== -1) {
        understoodCount++;
        expect([token, scanner.dataStart, scanner.dataLength]).toEqual([TOKEN_STRING, ...unpack(text)!]);
      }
      if (number !== -1) {
        understoodCount++;
        expect([token, scanner.integer, scanner.position]).toEqual([TOKEN_INTEGER, ...unpack(number)!]);
      }
    }
    expect(understoodCount).toBeGreaterThan(500);
  });
});
