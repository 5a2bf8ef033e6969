import { describe, expect, it } from 'vitest';
import { KeyedHash } from '../../main/base/keyed-hash.ts';
import { addressKey, ipv4Number } from '../../main/scrape/address-key.ts';

const hash = new KeyedHash(new Uint8Array(8));

describe('addressKey', () => {
  it('is the address itself in IPv4', () => {
    expect(ipv4Number('1.2.3.4')).toBe(0x01020304);
    expect(ipv4Number('255.255.255.255')).toBe(0xffffffff);
    expect(addressKey('250.0.0.1', hash)).toBe(0xfa000001);
  });

  it('is one for all of a /64 in IPv6, however it is written', () => {
    const keys = ['2a01:4f8:0:1::1', '2a01:4f8:0:1:0:0:0:2', '2a01:4f8:0:1:a:b:c:d'].map((host) =>
      addressKey(host, hash),
    );
    expect(new Set(keys).size).toBe(1);
    expect(addressKey('2a01:4f8:1::1', hash)).not.toBe(keys[0]);
    expect(addressKey('2a01:4f8::1', hash)).not.toBe(keys[0]);
    expect(addressKey('::1', hash)).toBe(addressKey('0:0:0:0:1::', hash));
  });
});
