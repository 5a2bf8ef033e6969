import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InboundLimits } from '../../main/dht/inbound-limits.ts';
import { GENTLE_RATES, NEW_AGAIN_AFTER_MS, SendBudget } from '../../main/dht/rate-limits.ts';
import { hostAt } from './table-fixtures.ts';

function contact(index: number, port = 6881) {
  return { host: hostAt(index), port };
}

/** Sends as much as it may to what `choose` names, every 10 ms; returns when and whom. */
function sendAll(budget: SendBudget, forMs: number, choose: (attempt: number) => number, startMs = 0) {
  const sent: { index: number; atMs: number }[] = [];
  let attempt = 0;
  for (let nowMs = startMs; nowMs < startMs + forMs; nowMs += 10) {
    for (let tries = 0; tries < 20; tries++) {
      const index = choose(attempt++);
      if (budget.canSend(contact(index), nowMs) !== 'yes') continue;
      budget.spend(contact(index), nowMs);
      sent.push({ index, atMs: nowMs });
    }
    budget.checkInvariants();
  }
  return sent;
}

describe('what we send', () => {
  test('to one address: one a second and three at once, whatever the port', () => {
    const budget = new SendBudget(GENTLE_RATES, 0);
    const burst = Array.from({ length: 4 }, (_, port) => {
      const permission = budget.canSend(contact(1, 1000 + port), 0);
      if (permission === 'yes') budget.spend(contact(1, 1000 + port), 0);
      return permission;
    });
    expect(burst).toEqual(['yes', 'yes', 'yes', 'address-busy']);
    const later = sendAll(budget, 60_000, () => 1, 10);
    expect(later.length).toBeGreaterThanOrEqual(58);
    expect(later.length).toBeLessThanOrEqual(60);
  });

  test('to new addresses: no more than the rate, ever', () => {
    const budget = new SendBudget(GENTLE_RATES, 0);
    const sent = sendAll(budget, 60_000, (attempt) => attempt);
    expect(sent.length).toBeGreaterThanOrEqual(8 * 60);
    expect(sent.length).toBeLessThanOrEqual(8 * 60 + 4);
    for (const { atMs } of sent) {
      const inSecond = sent.filter((other) => other.atMs >= atMs && other.atMs < atMs + 1000).length;
      expect(inSecond).toBeLessThanOrEqual(8 + 4);
    }
  });

  test('packets in all are limited too, when the addresses are known', () => {
    const budget = new SendBudget({ ...GENTLE_RATES, newAddressesPerSecond: 1000, perAddressPerSecond: 100 }, 0);
    const sent = sendAll(budget, 30_000, (attempt) => attempt % 50);
    expect(sent.length).toBeLessThanOrEqual(30 * 30 + 15);
    expect(sent.length).toBeGreaterThanOrEqual(30 * 30);
  });

  test('an address is new again after 120 s without a packet', () => {
    const budget = new SendBudget({ ...GENTLE_RATES, newAddressesPerSecond: 0.001 }, 0);
    budget.spend(contact(1), 0);
    expect(budget.canSend(contact(2), 0)).toBe('no-budget');
    expect(budget.canSend(contact(1), NEW_AGAIN_AFTER_MS - 1)).toBe('yes');
    expect(budget.canSend(contact(1), NEW_AGAIN_AFTER_MS)).toBe('no-budget');
    expect(budget.newAddressesAvailable(NEW_AGAIN_AFTER_MS)).toBe(0);
  });

  test('rates change at once', () => {
    const budget = new SendBudget({ ...GENTLE_RATES, newAddressesPerSecond: 100 }, 0);
    budget.setRates(GENTLE_RATES, 0);
    expect(sendAll(budget, 10_000, (attempt) => attempt).length).toBeLessThanOrEqual(84);
    expect(budget.rates).toBe(GENTLE_RATES);
  });

  test('memory stays bounded, and forgetting early never lets more through to one address', () => {
    const budget = new SendBudget({ ...GENTLE_RATES, newAddressesPerSecond: 1e6, packetsPerSecond: 1e6 }, 0);
    for (let index = 0; index < 40_000; index++) budget.spend(contact(index), index / 100);
    budget.checkInvariants();
    expect(budget.addressCount).toBeLessThanOrEqual(16_384);
  });

  test('whatever is asked for, an address gets at most burst + rate x time', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(700)), { maxLength: 200 }), (wishes) => {
        const budget = new SendBudget({ ...GENTLE_RATES, newAddressesPerSecond: 1000, packetsPerSecond: 1000 }, 0);
        const counts = [0, 0, 0, 0];
        let nowMs = 0;
        for (const [index, afterMs] of wishes) {
          nowMs += afterMs;
          if (budget.canSend(contact(index), nowMs) !== 'yes') continue;
          budget.spend(contact(index), nowMs);
          counts[index]!++;
        }
        for (const count of counts) expect(count).toBeLessThanOrEqual(3 + nowMs / 1000 + 1e-6);
      }),
    );
  });
});

describe('what we answer', () => {
  test('4.8 queries a second from one address are never too many', () => {
    const limits = new InboundLimits(0);
    for (let index = 0; index < 2_000; index++) expect(limits.judgeQuery('1.2.3.4', index * 208)).toBeNull();
  });

  test('the 51st at once bans the address for 300 s, and nobody else', () => {
    const limits = new InboundLimits(0);
    for (let index = 0; index < 50; index++) expect(limits.judgeQuery('1.2.3.4', 0)).toBeNull();
    expect(limits.judgeQuery('1.2.3.4', 0)).toBe('address-flood');
    expect(limits.judgeQuery('1.2.3.4', 299_999)).toBe('banned');
    expect(limits.judgeQuery('1.2.3.5', 1)).toBeNull();
    expect(limits.judgeQuery('1.2.3.4', 300_000)).toBeNull();
  });

  test('100 queries a second in all', () => {
    const limits = new InboundLimits(0);
    let answered = 0;
    for (let index = 0; index < 10_000; index++) if (limits.judgeQuery(hostAt(index), index) === null) answered++;
    expect(answered).toBeGreaterThanOrEqual(1_000);
    expect(answered).toBeLessThanOrEqual(1_100);
  });

  test('8 kB of answers a second, 24 kB at once', () => {
    const limits = new InboundLimits(0);
    let bytes = 0;
    for (let nowMs = 0; nowMs < 10_000; nowMs++) if (limits.payForAnswer(300, nowMs)) bytes += 300;
    expect(bytes).toBeGreaterThan(24_000 + 79_000 - 600);
    expect(bytes).toBeLessThanOrEqual(24_000 + 80_000);
  });

  test('floods from very many addresses cost bounded memory and leave bans in force', () => {
    const limits = new InboundLimits(0);
    for (let index = 0; index <= 50; index++) limits.judgeQuery('1.2.3.4', 0);
    for (let index = 0; index < 20_000; index++) limits.judgeQuery(hostAt(index), 10);
    limits.checkInvariants();
    expect(limits.judgeQuery('1.2.3.4', 20)).toBe('banned');
    for (let index = 0; index < 2_000; index++)
      for (let query = 0; query <= 50; query++) limits.judgeQuery(hostAt(index), 30);
    limits.checkInvariants();
  });
});
