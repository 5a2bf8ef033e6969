import { describe, expect, test } from 'vitest';
import { ExternalAddress } from '../../main/dht/external-address.ts';
import { hostAt } from './table-fixtures.ts';

const OURS = '80.1.2.3';

describe('our address from outside', () => {
  test('25 networks that agree settle it, 24 do not', () => {
    const address = new ExternalAddress();
    for (let voter = 0; voter < 24; voter++) expect(address.vote(OURS, hostAt(voter))).toBeNull();
    expect(address.vote(OURS, hostAt(24))).toBe(OURS);
    address.checkInvariants();
  });

  test('one network has one vote, however many addresses it owns', () => {
    const address = new ExternalAddress();
    for (let last = 0; last < 255; last++) expect(address.vote(OURS, hostAt(1, last))).toBeNull();
    for (let last = 1; last < 255; last++) expect(address.vote(OURS, `2a00:1::${last}`)).toBeNull();
    address.checkInvariants();
  });

  test('a majority of 60% is needed', () => {
    const address = new ExternalAddress();
    let settled: string | null = null;
    for (let voter = 0; voter < 20; voter++) settled = address.vote('80.9.9.9', hostAt(voter));
    for (let voter = 20; voter < 49; voter++) settled = address.vote(OURS, hostAt(voter));
    expect(settled).toBeNull(); // 29 of 49
    expect(address.vote(OURS, hostAt(49))).toBe(OURS); // 30 of 50
  });

  test('a hundred networks of one mind hear no more of the same, and lose their votes to others as before', () => {
    const address = new ExternalAddress();
    for (let voter = 0; voter < 1_000; voter++) address.vote(OURS, hostAt(voter));
    expect(address.tally(2)).toEqual({ votes: [{ host: OURS, votes: 100 }], voters: 100 });
    for (let voter = 1_000; voter < 1_059; voter++) expect(address.vote('80.9.9.9', hostAt(voter))).toBeNull();
    expect(address.vote('80.9.9.9', hostAt(1_059))).toBe('80.9.9.9'); // 60 of 100
    expect(address.vote(OURS, hostAt(7_000))).toBeNull();
    address.checkInvariants();
  });

  test('a vote may be changed, and the oldest of many is forgotten', () => {
    const address = new ExternalAddress();
    for (let voter = 0; voter < 300; voter++) address.vote('80.9.9.9', hostAt(voter));
    address.checkInvariants();
    let settled: string | null = null;
    for (let voter = 300; voter < 359; voter++) settled = address.vote(OURS, hostAt(voter));
    expect(settled).toBeNull();
    expect(address.vote(OURS, hostAt(359))).toBe(OURS);
    for (let voter = 320; voter < 360; voter++) address.vote('80.9.9.9', hostAt(voter));
    address.checkInvariants();
    expect(address.vote('80.9.9.9', hostAt(319))).toBe('80.9.9.9');
  });
});
