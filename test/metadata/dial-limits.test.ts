import { describe, expect, it } from 'vitest';
import { DialLimits, isDialablePort, networkOf } from '../../main/metadata/dial-limits.ts';
import { isFailureOfPeers, nextTryAt } from '../../main/metadata/retry-ladder.ts';

describe('networkOf', () => {
  it.each([
    ['192.0.2.77', '192.0.2'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8:0:1::', '2001:db8:0:1'],
    ['::1', '0:0:0:0'],
    ['::', '0:0:0:0'],
    ['1::2:3:4:5:6:7', '1:0:2:3'],
    ['fe80::', 'fe80:0:0:0'],
  ])('%s is in %s', (host, network) => {
    expect(networkOf(host)).toBe(network);
  });
});

describe('DialLimits', () => {
  it('one new connection a second into one /24 or /64, others at once', () => {
    const limits = new DialLimits({ connectionsMax: 9, newConnectionsPerSecond: 9 }, 0);
    limits.opened({ host: '192.0.2.1', port: 1 }, 0);
    limits.opened({ host: '2001:db8::1', port: 1 }, 0);
    expect(limits.mayDial({ host: '192.0.2.2', port: 1 }, 999)).toBe(false);
    expect(limits.mayDial({ host: '2001:db8::2', port: 1 }, 999)).toBe(false);
    expect(limits.mayDial({ host: '192.0.3.1', port: 1 }, 0)).toBe(true);
    expect(limits.mayDial({ host: '2001:db8:0:1::1', port: 1 }, 0)).toBe(true);
    expect(limits.mayDial({ host: '192.0.2.2', port: 1 }, 1000)).toBe(true);
    limits.checkInvariants();
  });

  it('shuns a peer for five minutes, not its whole address', () => {
    const limits = new DialLimits({ connectionsMax: 9, newConnectionsPerSecond: 9 }, 0);
    limits.shun({ host: '192.0.2.1', port: 1 }, 0);
    expect(limits.isShunned({ host: '192.0.2.1', port: 1 }, 299_999)).toBe(true);
    expect(limits.isShunned({ host: '192.0.2.1', port: 1 }, 300_000)).toBe(false);
    expect(limits.isShunned({ host: '192.0.2.1', port: 2 }, 0)).toBe(false);
    for (let port = 2; port < 3000; port++) limits.shun({ host: '192.0.2.1', port }, 0);
    limits.checkInvariants();
  });

  it('dials system ports only where peers hide behind them', () => {
    expect([0, 22, 79, 80, 81, 443, 1023, 1024, 65_535].filter(isDialablePort)).toEqual([80, 443, 1024, 65_535]);
  });
});

describe('the retry ladder', () => {
  it('is climbed after 1 h, 8 h and 3 days, and ends', () => {
    const hours = [1, 2, 3, 4].map((failureCount) => nextTryAt(failureCount, 0)).map((at) => at && at / 3600);
    expect(hours).toEqual([1, 8, 72, null]);
  });

  it('other peers are looked for when these failed, not when our own limits or network did', () => {
    for (const reason of ['refused', 'stall', 'no-peers', 'mismatch'] as const) {
      expect(isFailureOfPeers(reason)).toBe(true);
    }
    for (const reason of ['unreachable', 'no-memory', 'expired', 'overflow'] as const) {
      expect(isFailureOfPeers(reason)).toBe(false);
    }
  });
});
