// protocol.md 4.1: every range at both of its edges.
import { describe, expect, test } from 'vitest';
import { ipv4Number, isForbidden, isGlobalUnicast6, isLocalHost } from '../../main/dht/bogons.ts';

const PUBLIC = [
  ...['1.0.0.0', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.0'],
  ...['169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0', '192.0.1.0', '192.0.3.0', '192.167.255.255'],
  ...['192.169.0.0', '198.17.255.255', '198.20.0.0', '198.51.99.255', '198.51.101.0', '203.0.112.255', '203.0.114.0'],
  ...['223.255.255.255', '2a00:1450:4001::1', '2001:db7::1', '2001:1::1', '2600::', 'fb00::1', 'fec0::1'],
];
const RESERVED = [
  ...[
    '0.0.0.0',
    '0.255.255.255',
    '192.0.0.0',
    '192.0.0.255',
    '192.0.2.1',
    '198.18.0.0',
    '198.19.255.255',
    '198.51.100.7',
  ],
  ...['203.0.113.255', '224.0.0.0', '239.255.255.255', '240.0.0.1', '255.255.255.255'],
  ...['::', '::ffff:1.2.3.4', '::ffff:8.8.8.8', 'ff02::1', '2001:db8::1', '2001:0:1::1'],
];
const LOCAL = [
  ...['10.0.0.0', '10.255.255.255', '100.64.0.0', '100.127.255.255', '127.0.0.1', '127.255.255.255', '169.254.1.1'],
  ...[
    '172.16.0.0',
    '172.31.255.255',
    '192.168.0.1',
    '192.168.255.255',
    '::1',
    'fc00::1',
    'fdff::1',
    'fe80::1',
    'febf::1',
  ],
];
const NO_ADDRESS = [
  '',
  'localhost',
  '1.2.3',
  '1.2.3.4.5',
  '1.2.3.256',
  '1.2.3.-1',
  '1..3.4',
  ' 1.2.3.4',
  '1.2.3.4 ',
  ':::',
  '12345::',
  'x::1',
];

describe('forbidden addresses', () => {
  const strict = { localAddressesAllowed: false };
  const lenient = { localAddressesAllowed: true };

  test.each(PUBLIC)('%s may be used', (host) => {
    expect(isForbidden({ host, port: 6881 }, strict)).toBeNull();
    expect(isLocalHost(host)).toBe(false);
  });

  test.each(RESERVED)('%s is reserved for everybody', (host) => {
    expect(isForbidden({ host, port: 6881 }, strict)).toBe('reserved-address');
    expect(isForbidden({ host, port: 6881 }, lenient)).toBe('reserved-address');
  });

  test.each(LOCAL)('%s may be used where local addresses are allowed', (host) => {
    expect(isForbidden({ host, port: 6881 }, strict)).toBe('local-address');
    expect(isForbidden({ host, port: 6881 }, lenient)).toBeNull();
    expect(isLocalHost(host)).toBe(true);
  });

  test.each(NO_ADDRESS)('"%s" is no address', (host) => {
    expect(isForbidden({ host, port: 6881 }, lenient)).toBe('not-an-address');
    expect(isLocalHost(host)).toBe(false);
  });

  test.each([0, -1, 65_536, Number.NaN])('port %s is none', (port) => {
    expect(isForbidden({ host: '1.2.3.4', port }, lenient)).toBe('port-zero');
  });

  test('the number of a dotted quad', () => {
    expect(ipv4Number('255.255.255.255')).toBe(2 ** 32 - 1);
    expect(ipv4Number('1.2.3.4')).toBe(0x01020304);
  });
});

test.each([
  ['2a00:1450::1', true],
  ['2600::1', true],
  ['2001:0:1::1', false], // Teredo
  ['fd00::2', false],
  ['fe80::1', false],
  ['::1', false],
  ['2001:db8::1', false],
  ['ff02::1', false],
  ['::ffff:1.2.3.4', false],
  ['4000::1', false],
  ['1.2.3.4', false],
])('%s is a global unicast IPv6 address: %s', (host, isGlobal) => {
  expect(isGlobalUnicast6(host)).toBe(isGlobal);
});
