// BEP 15 datagrams against bytes written by hand, and whatever a hostile tracker may send.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../main/base/bytes.ts';
import { encodeConnect, encodeScrape, parseTrackerReply } from '../../main/wire/udp-tracker.ts';

describe('UDP tracker datagrams', () => {
  it('are written as BEP 15 says', () => {
    expect(toHex(encodeConnect(0x01020304))).toBe('00000417271019800000000001020304');
    const infohashes = [new Uint8Array(20).fill(0xaa), new Uint8Array(20).fill(0xbb)];
    expect(toHex(encodeScrape(fromHex('1122334455667788')!, 5, infohashes))).toBe(
      `11223344556677880000000200000005${'aa'.repeat(20)}${'bb'.repeat(20)}`,
    );
  });

  it('are read as BEP 15 says', () => {
    const read = (hex: string) => parseTrackerReply(fromHex(hex)!);
    expect(read('00000000010203041122334455667788')).toEqual({
      kind: 'connected',
      transactionId: 0x01020304,
      connectionId: fromHex('1122334455667788'),
    });
    expect(read('0000000200000005000000090000006400000003')).toEqual({
      kind: 'scraped',
      transactionId: 5,
      counts: [{ seeders: 9, leechers: 3 }],
    });
    expect(read('0000000300000005626164')).toEqual({ kind: 'error', transactionId: 5 });
  });

  it.each([
    ['nothing', '', 'too-short'],
    ['a connection id cut short', '000000000102030411223344556677', 'too-short'],
    ['half a count', '00000002000000050000000900000064', 'bad-length'],
    ['an announce, which was never asked for', '000000010000000500000000', 'unknown-action'],
    ['more seeders than there are people', '00000002000000057fffffff0000000000000000', 'implausible-count'],
  ])('%s is malformed', (_what, hex, reason) => {
    expect(parseTrackerReply(fromHex(hex)!)).toEqual({ kind: 'malformed', reason });
  });

  it('never throw, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(3), (bytes, action) => {
        if (bytes.length > 3) bytes.set([0, 0, 0, action]);
        expect(typeof parseTrackerReply(bytes).kind).toBe('string');
      }),
      { numRuns: 2000 },
    );
  });
});
