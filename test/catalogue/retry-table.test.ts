// The retry ladder's rows: bounded, the most popular first, one row an infohash, and every count right.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEASE_SECONDS, POPULARITY_MAX, RETRY_QUERIES, RetryTable } from '../../main/catalogue/retry-table.ts';
import type { RetryEntry } from '../../main/catalogue/torrent.ts';
import { madeRow, openAt, sha1Of, sha256Of, temporaryPath } from './support.ts';

const NOW = 1_790_000_000;

function entry(seed: number | string, changes: Partial<RetryEntry> = {}): RetryEntry {
  const rest = { purpose: 'metadata', failureCount: 1, popularity: 1, dueAtUnixSeconds: NOW } as const;
  return { infohash: sha1Of(`retry ${seed}`), ...rest, ...changes };
}

describe('the retry ladder', () => {
  it('hands out what is due, the most popular first, and not again before the lease is over', () => {
    const { retries } = openAt(temporaryPath());
    retries.add([
      entry(1, { popularity: 1 }),
      entry(2, { popularity: 3, dueAtUnixSeconds: NOW - 5 }),
      entry(3, { popularity: 3, dueAtUnixSeconds: NOW - 9 }),
      entry(4, { popularity: 9, dueAtUnixSeconds: NOW + 1 }),
    ]);
    const seeds = (entries: readonly RetryEntry[]) => entries.map(({ infohash }) => infohash);
    expect(seeds(retries.takeDue(NOW, 2))).toEqual(seeds([entry(3), entry(2)]));
    expect(seeds(retries.takeDue(NOW, 9))).toEqual(seeds([entry(1)]));
    expect(retries.takeDue(NOW, 9)).toEqual([]);
    expect(seeds(retries.takeDue(NOW + 1, 9))).toEqual(seeds([entry(4)]));
    expect(retries.takeDue(NOW + LEASE_SECONDS, 9)).toHaveLength(3);
    retries.checkInvariants();
  });

  it('keeps the higher rung with its time, and the larger popularity', () => {
    const { retries } = openAt(temporaryPath());
    retries.add([entry(1, { failureCount: 2, popularity: 2, dueAtUnixSeconds: NOW + 100 })]);
    retries.add([entry(1, { failureCount: 1, popularity: 7, dueAtUnixSeconds: NOW })]);
    expect(retries.takeDue(NOW + 99, 9)).toEqual([]);
    const kept = { failureCount: 2, popularity: 7, dueAtUnixSeconds: NOW + 100 };
    expect(retries.takeDue(NOW + 100, 9)).toEqual([entry(1, kept)]);
    retries.add([entry(1, { failureCount: 3, dueAtUnixSeconds: NOW + 5000 })]);
    expect(retries.takeDue(NOW + 4999, 9)).toEqual([]);
    expect(retries.count).toBe(1);
  });

  it('says who rests, and counts another node that sampled it', () => {
    const { retries } = openAt(temporaryPath());
    retries.add([
      entry(1, { dueAtUnixSeconds: NOW + 60 }),
      entry(2, { purpose: 'health', dueAtUnixSeconds: NOW + 60 }),
    ]);
    expect(retries.isResting(entry(1).infohash, NOW + 59)).toBe(true);
    expect(retries.isResting(entry(1).infohash, NOW + 60)).toBe(false);
    expect(retries.isResting(entry(2).infohash, NOW)).toBe(false);
    for (let count = 0; count < 40; count++) retries.sampledAgain([entry(1).infohash]);
    expect(retries.takeDue(NOW + 60, 1)[0]?.popularity).toBe(POPULARITY_MAX);
  });

  it('lets the least popular go when it is full, and counts them', () => {
    const { reader } = openAt(temporaryPath());
    const retries = new RetryTable(reader.database, { retryRowsMax: 10, invalidRowsMax: 3 });
    for (let seed = 0; seed < 30; seed++) retries.add([entry(seed, { popularity: seed % 3 })]);
    expect([retries.count, retries.evictedCount]).toEqual([10, 20]);
    expect(retries.takeDue(NOW, 30).every(({ popularity }) => popularity === 2)).toBe(true);
    const invalid = [1, 2, 3, 4, 5].map((seed) => sha1Of(`invalid ${seed}`));
    retries.addInvalid(invalid);
    expect(invalid.map((infohash) => retries.isInvalid(infohash))).toEqual([false, false, true, true, true]);
    retries.checkInvariants();
  });

  it('never forgets what is invalid, and takes it off the ladder', () => {
    const path = temporaryPath();
    const first = openAt(path);
    first.retries.add([entry(1)]);
    first.retries.addInvalid([entry(1).infohash]);
    first.abandon();
    const { retries } = openAt(path);
    expect([retries.count, retries.isInvalid(entry(1).infohash)]).toEqual([0, true]);
  });

  it('is left by both infohashes of a torrent that is stored, in the same transaction', () => {
    const catalogue = openAt(temporaryPath());
    const v2 = sha256Of('two');
    const row = madeRow(1, { infohashV2: v2 });
    catalogue.retries.add([entry(1, { infohash: row.infohashV1! }), entry(2, { infohash: v2.slice(0, 20) }), entry(3)]);
    catalogue.insertMany([row]);
    expect(catalogue.retries.count).toBe(1);
    catalogue.checkInvariants();
  });

  it('counts right after a transaction that was rolled back', () => {
    const catalogue = openAt(temporaryPath());
    const row = madeRow(1);
    catalogue.retries.add([entry(1, { infohash: row.infohashV1! })]);
    expect(() => catalogue.insertMany([row, { ...madeRow(2), name: null as never }])).toThrow();
    expect(catalogue.retries.count).toBe(1);
    catalogue.checkInvariants();
  });

  it('holds against a model under any operations', () => {
    const operation = fc.record({
      kind: fc.constantFrom('add', 'add', 'add', 'remove', 'take', 'again', 'invalid'),
      seed: fc.nat(12),
      popularity: fc.nat(20),
      failureCount: fc.integer({ min: 1, max: 4 }),
      due: fc.nat(20),
    });
    const { reader } = openAt(temporaryPath());
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        reader.database.exec('DELETE FROM retry_ladder; DELETE FROM invalid_infohashes');
        const retries = new RetryTable(reader.database, { retryRowsMax: 8, invalidRowsMax: 4 });
        for (const { kind, seed, popularity, failureCount, due } of operations) {
          const made = entry(seed, { popularity, failureCount, dueAtUnixSeconds: NOW + due });
          if (kind === 'add') retries.add([made]);
          else if (kind === 'remove') retries.remove([made.infohash]);
          else if (kind === 'again') retries.sampledAgain([made.infohash]);
          else if (kind === 'invalid') retries.addInvalid([made.infohash]);
          else {
            const taken = retries.takeDue(NOW + due, 3);
            expect(taken.length).toBeLessThanOrEqual(3);
            expect(taken.every((given) => given.dueAtUnixSeconds <= NOW + due)).toBe(true);
            expect(taken.map((given) => given.popularity)).toEqual(
              taken.map((given) => given.popularity).sort((a, b) => b - a),
            );
          }
          retries.checkInvariants();
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is never sorted and never scanned to say who is due', () => {
    const { reader } = openAt(temporaryPath());
    for (const name of ['due', 'lease', 'dueAt', 'remove', 'popular', 'leastPopular', 'isInvalid'] as const) {
      const sql = RETRY_QUERIES[name];
      const parameters = Array.from(sql.matchAll(/\?/g), () => 1);
      const plan = reader.database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as { detail: string }[];
      const details = plan.map(({ detail }) => detail).join('\n');
      expect(details, name).not.toMatch(/TEMP B-TREE|AUTOMATIC/);
      if (name !== 'leastPopular') expect(details, name).toMatch(/^SEARCH/);
    }
  });
});

describe('health', () => {
  const count = { seeders: 5, leechers: 2, checkedAtUnixSeconds: NOW };

  it('keeps each source with its time, under either infohash of a hybrid', () => {
    const catalogue = openAt(temporaryPath());
    const v2 = sha256Of('hybrid');
    catalogue.insertMany([madeRow(1, { infohashV2: v2 })]);
    catalogue.recordHealth([
      { infohash: v2.slice(0, 20), source: 'dht', ...count },
      { infohash: madeRow(1).infohashV1!, source: 'tracker', ...count, seeders: 9 },
      { infohash: sha1Of('not stored'), source: 'dht', ...count },
    ]);
    expect(catalogue.reader.health.get(1)).toEqual({ dht: count, tracker: { ...count, seeders: 9 }, isDead: false });
    expect(catalogue.reader.health.get(2)).toBeNull();
    catalogue.checkInvariants();
  });

  it('dead until somebody is counted or sends the metadata', () => {
    const catalogue = openAt(temporaryPath());
    const { infohashV1 } = madeRow(1);
    const isDead = () => catalogue.reader.health.get(1)?.isDead;
    catalogue.insertMany([madeRow(1)]);
    catalogue.markDead([infohashV1!]);
    expect(isDead()).toBe(true);
    catalogue.recordHealth([{ infohash: infohashV1!, source: 'dht', ...count, seeders: 0, leechers: 0 }]);
    expect(isDead()).toBe(true);
    catalogue.recordHealth([{ infohash: infohashV1!, source: 'tracker', ...count }]);
    expect(isDead()).toBe(false);
    catalogue.markDead([infohashV1!]);
    catalogue.insertMany([madeRow(1)]);
    expect(isDead()).toBe(false);
  });

  it('goes with the row that turned out to be another', () => {
    const catalogue = openAt(temporaryPath());
    const v2 = sha256Of('late');
    catalogue.insertMany([madeRow(1), madeRow(1, { infohashV1: null, infohashV2: v2 })]);
    catalogue.recordHealth([{ infohash: v2.slice(0, 20), source: 'dht', ...count }]);
    catalogue.insertMany([madeRow(1, { infohashV2: v2 })]);
    expect(catalogue.count).toBe(1);
    catalogue.checkInvariants();
  });
});
