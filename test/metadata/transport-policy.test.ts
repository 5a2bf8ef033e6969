import { describe, expect, it } from 'vitest';
import { ALL_TRANSPORTS, TransportPolicy } from '../../main/metadata/transport-policy.ts';

const peer = (n: number) => ({ host: `198.51.${n >> 8}.${n & 255}`, port: 6881 });

describe('the order of transports', () => {
  it('begins with TCP, goes on by what failed, and ends', () => {
    const policy = new TransportPolicy();
    expect(policy.first(peer(1))).toBe('tcp');
    expect(policy.next(['tcp'], 'reset-in-handshake')).toBe('mse');
    expect(policy.next(['tcp'], 'connect-timeout')).toBe('utp');
    expect(policy.next(['tcp'], 'refused')).toBe('utp');
    expect(policy.next(['tcp', 'utp'], 'reset-in-handshake')).toBe('utp-mse');
    expect(policy.next(['tcp', 'mse', 'utp', 'utp-mse'], 'reset-in-handshake')).toBeNull();
    expect(policy.next(['tcp', 'utp'], 'connect-timeout')).toBeNull(); // TCP was tried
    for (const reason of ['wrong-hash', 'no-ut-metadata', 'stall', 'mismatch', 'unreachable'] as const) {
      expect(policy.next(['tcp'], reason)).toBeNull();
    }
    expect(new TransportPolicy({ ...ALL_TRANSPORTS, transports: ['tcp'] }).next(['tcp'], 'refused')).toBeNull();
  });

  it('remembers per address what answered, forgets what no longer does, and keeps 4,096', () => {
    const policy = new TransportPolicy();
    policy.ended(peer(1), ['tcp', 'mse'], 'complete');
    policy.ended(peer(2), ['tcp', 'utp'], 'answered');
    expect([policy.first(peer(1)), policy.first(peer(2)), policy.first(peer(3))]).toEqual(['mse', 'utp', 'tcp']);
    policy.ended(peer(2), ['utp'], 'failed');
    expect(policy.first(peer(2))).toBe('tcp');
    for (let n = 10; n < 6000; n++) policy.ended(peer(n), ['tcp', 'utp'], 'answered');
    policy.checkInvariants();
    expect(policy.first(peer(1))).toBe('tcp');
  });

  it('stops taking a second way that brings far less than a first one, tries it now and then, and takes it up again', () => {
    const policy = new TransportPolicy({ ...ALL_TRANSPORTS, exploreFirstEvery: 0 });
    for (let n = 0; n < 400; n++) policy.ended(peer(n), ['tcp'], n % 4 === 0 ? 'complete' : 'failed');
    for (let n = 0; n < 400; n++) policy.ended(peer(n), ['tcp', 'utp'], 'failed');
    const taken = () => Array.from({ length: 160 }, () => policy.next(['tcp'], 'refused')).filter((next) => next === 'utp').length; // prettier-ignore
    expect(taken()).toBe(10);
    for (let n = 1000; n < 1400; n++) policy.ended(peer(n), ['tcp', 'utp'], n % 3 === 0 ? 'complete' : 'failed');
    expect(taken()).toBe(160);
  });

  it('begins with uTP once that has proved to bring more', () => {
    const policy = new TransportPolicy();
    const firsts: string[] = [];
    for (let n = 0; n < 20_000; n++) {
      const first = policy.first(peer(n));
      firsts.push(first);
      policy.ended(peer(n), [first], n % (first === 'utp' ? 3 : 12) === 0 ? 'complete' : 'failed');
    }
    expect(firsts.slice(0, 500).filter((first) => first === 'utp').length).toBeLessThan(20);
    expect(firsts.slice(-500).filter((first) => first === 'utp').length).toBeGreaterThan(480);
  });
});
