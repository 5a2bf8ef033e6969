// BEP 42's vectors as published, the edges that anacrolix/dht adds, and ids for buckets.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../main/base/bytes.ts';
import { sharedPrefixBits } from '../../main/base/identifier.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import { crc32c, isSecureNodeId, randomIdAtDepth, secureNodeId } from '../../main/dht/node-id.ts';

const VALID = [
  ['124.31.75.21', '5fbfbff10c5d6a4ec8a88e4c6ab4c28b95eee401'],
  ['21.75.31.124', '5a3ce9c14e7a08645677bbd1cfe7d8f956d53256'],
  ['65.23.51.170', 'a5d43220bc8f112a3d426c84764f8c2a1150e616'],
  ['84.124.73.14', '1b0321dd1bb1fe518101ceef99462b947a01ff41'],
  ['43.213.53.83', 'e56f6cbf5b7c4be0237986d5243b87aa6d51305a'],
  // The 22nd bit is free, and so is everything behind it but the last byte.
  ['65.23.51.170', 'a5d43620bc8f112a3d426c84764f8c2a1150e616'],
  ['84.124.73.14', '1b0321dd1bb1fe518101ceef99462b947a01fe01'],
  // Local addresses are exempt.
  ['10.213.53.83', 'e56f6cbf5b7c4be0237986d5243b87aa6d51305a'],
  ['192.168.53.83', 'e56f6cbf5b7c4be0237986d5243b87aa6d51305a'],
] as const;

const INVALID = [
  ['21.75.31.124', '5a3ce1c14e7a08645677bbd1cfe7d8f956d53256'], // the 21st bit
  ['43.213.53.83', 'e56f6cbf5b7c4be0237986d5243b87aa6d51303e'], // the last byte chooses the prefix
  ['12.213.53.83', 'e56f6cbf5b7c4be0237986d5243b87aa6d51305a'],
  ['not an address', 'e56f6cbf5b7c4be0237986d5243b87aa6d51305a'],
] as const;

describe('node ids', () => {
  test.each(VALID)('BEP 42: %s may have %s', (host, idHex) => {
    expect(isSecureNodeId(fromHex(idHex)!, host)).toBe(true);
  });

  test.each(INVALID)('BEP 42: %s may not have %s', (host, idHex) => {
    expect(isSecureNodeId(fromHex(idHex)!, host)).toBe(false);
  });

  test('CRC32C as in RFC 3720, B.4', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd794e);
  });

  test('IPv6: eight masked bytes', () => {
    const id = fromHex(`8113d8${'00'.repeat(16)}01`)!;
    expect(isSecureNodeId(id, '2001:db8:85a3:8d3::')).toBe(true);
    expect(isSecureNodeId(id, '2001:db8:85a3:8d3:1:2:3:4')).toBe(true); // the lower half belongs to the network's user
    expect(isSecureNodeId(id, '2001:db8:85a3:8d2::')).toBe(false);
  });

  test('an id made for an address is valid there and nowhere else', () => {
    const random = createSeededRandom(7);
    for (let index = 0; index < 200; index++) {
      const host = `${1 + random.below(9)}.${random.below(256)}.${random.below(256)}.${random.below(256)}`;
      expect(isSecureNodeId(secureNodeId(host, random), host)).toBe(true);
      expect(isSecureNodeId(secureNodeId('2a00:1450::1', random), host)).toBe(false);
    }
    expect(isSecureNodeId(secureNodeId('2a00:1450::1', random), '2a00:1450::9')).toBe(true);
    expect(toHex(secureNodeId('65.23.51.170', random))).not.toBe(toHex(secureNodeId('65.23.51.170', random)));
  });

  test('a random id for a bucket shares exactly the depth of that bucket', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 20, maxLength: 20 }),
        fc.integer({ min: 0, max: 159 }),
        fc.nat(),
        (selfId, depth, seed) => {
          expect(sharedPrefixBits(selfId, randomIdAtDepth(selfId, depth, createSeededRandom(seed)))).toBe(depth);
        },
      ),
    );
  });
});
