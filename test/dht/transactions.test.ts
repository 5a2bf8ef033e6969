import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSeededRandom } from '../../main/base/random.ts';
import { RoundTrips, TIMEOUT_MS_MAX, TIMEOUT_MS_MIN } from '../../main/dht/round-trips.ts';
import { Transactions, type Transaction } from '../../main/dht/transactions.ts';
import { hostAt } from './table-fixtures.ts';

const ignore = (): void => undefined;

function begin(transactions: Transactions, index: number, sentAtMs = 0): { transaction: Transaction; id: Uint8Array } {
  const contact = { host: hostAt(index), port: 6881 };
  const transaction = transactions.begin(contact, 'ping', sentAtMs, ignore, 0);
  return { transaction, id: transactions.idBytes.slice() };
}

describe('transactions', () => {
  test('an answer counts only from the address that was asked, with the id that was sent', () => {
    const transactions = new Transactions(createSeededRandom(1), 8);
    const { transaction, id } = begin(transactions, 1);
    const { contact } = transaction;
    const padded = Uint8Array.of(9, 9, ...id);
    expect(transactions.match(padded, 2, 4, { ...contact })).toBe(transaction);
    expect(transactions.match(padded, 2, 4, { ...contact, port: 1 })).toBe('wrong-address');
    expect(transactions.match(padded, 2, 4, { ...contact, host: hostAt(2) })).toBe('wrong-address');
    expect(transactions.match(padded, 1, 4, contact)).toBe('unknown');
    expect(transactions.match(id, 0, 3, contact)).toBe('unknown');
    expect(transactions.match(id, 0, 0, contact)).toBe('unknown');
    transactions.end(transaction);
    expect(transactions.match(id, 0, 4, contact)).toBe('unknown');
    expect(() => transactions.end(transaction)).toThrow('ends once');
  });

  test('ids are four bytes that do not repeat while in flight', () => {
    const transactions = new Transactions(createSeededRandom(1), 2_000);
    const ids = new Set<string>();
    for (let index = 0; index < 2_000; index++) ids.add(begin(transactions, index).id.join());
    expect(ids.size).toBe(2_000);
    expect(transactions.isFull).toBe(true);
    expect(() => begin(transactions, 1)).toThrow('room');
    transactions.checkInvariants();
  });

  test('I5: whatever is begun and ended, all structures agree, and the oldest is the oldest', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(15), fc.nat(500)), { maxLength: 200 }), (steps) => {
        const transactions = new Transactions(createSeededRandom(1), 16);
        const model: Transaction[] = [];
        let nowMs = 0;
        for (const [isBeginning, choice, afterMs] of steps) {
          nowMs += afterMs;
          if (isBeginning && !transactions.isFull) model.push(begin(transactions, choice, nowMs).transaction);
          else if (!isBeginning && model.length > 0) transactions.end(model.splice(choice % model.length, 1)[0]!);
          transactions.checkInvariants();
          expect(transactions.count).toBe(model.length);
          expect(transactions.oldest(nowMs)).toBe(model[0] ?? null);
          expect(transactions.oldest(nowMs - 1000)).toBe(
            model[0] && model[0].sentAtMs <= nowMs - 1000 ? model[0] : null,
          );
        }
      }),
    );
  });
});

describe('the time-out', () => {
  test('begins at its maximum and follows nine answers of ten, within 1.5 and 6 s', () => {
    const roundTrips = new RoundTrips();
    expect(roundTrips.timeoutMs).toBe(TIMEOUT_MS_MAX);
    for (let index = 0; index < 128; index++) roundTrips.noteAnswer(index % 10 === 0 ? 5_000 : 100);
    expect(roundTrips.timeoutMs).toBe(TIMEOUT_MS_MAX); // more than a tenth is slow
    for (let index = 0; index < 128; index++) roundTrips.noteAnswer(index % 20 === 0 ? 5_000 : 1_200);
    expect(roundTrips.timeoutMs).toBe(2_400);
    for (let index = 0; index < 128; index++) roundTrips.noteAnswer(30);
    expect(roundTrips.timeoutMs).toBe(TIMEOUT_MS_MIN);
  });

  test('is the maximum again when nothing comes: it may have been too short', () => {
    const roundTrips = new RoundTrips();
    for (let index = 0; index < 128; index++) roundTrips.noteAnswer(30);
    for (let index = 0; index < 31; index++) roundTrips.noteTimeout();
    expect(roundTrips.timeoutMs).toBe(TIMEOUT_MS_MIN);
    roundTrips.noteTimeout();
    expect(roundTrips.timeoutMs).toBe(TIMEOUT_MS_MAX);
  });
});
