import { describe, expect, it } from 'vitest';
import { sharedPrefixBits } from '../../main/base/identifier.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import { randomIdWithPrefix, targetFor } from '../../main/scrape/needle-table.ts';
import { OUTSTANDING_MAX, Referrers, REFERRERS_MAX } from '../../main/scrape/referrers.ts';
import { SubnetPace } from '../../main/scrape/subnet-pace.ts';
import { newNode } from './fake-dht.ts';
import { newTables } from './rigs.ts';

describe('NeedleTables', () => {
  it('picks the table that promises most, and now and then any other', () => {
    const { tables, clock, referrers, random } = newTables(4);
    const fill = (index: number, count: number) => {
      for (let made = 0; made < count; made++) {
        const id = randomIdWithPrefix(Uint8Array.of(index << 6), 2, random);
        tables.offer(newNode(id), referrers.withRoom(`8.8.${index}.${made >> 3}`));
      }
    };
    expect(tables.pick(0)).toBeNull();
    fill(0, 100);
    fill(1, 20);
    tables.all[0]!.noteInfohashes(1000, 10, clock.nowMs()); // many, but all of them known
    const picks = Array.from({ length: 1000 }, () => tables.all.indexOf(tables.pick(clock.nowMs())!));
    const share = (index: number) => picks.filter((pick) => pick === index).length / 1000;
    expect(share(1)).toBeGreaterThan(0.9);
    expect(share(0)).toBeGreaterThan(0.01);
    expect(share(2) + share(3)).toBe(0);
  });

  it('does not queue who rests or who waits already', () => {
    const { tables, resting } = newTables();
    const node = newNode();
    expect(tables.offer(node, null)).toBe(true);
    expect(tables.offer(node, null)).toBe(false);
    const rested = newNode();
    resting.add(rested.contact.host);
    expect(tables.offer(rested, null)).toBe(false);
    expect(tables.candidateCount).toBe(1);
  });
});

describe('targetFor', () => {
  it('is a random id in the part of the key space that needle and node share', () => {
    const random = createSeededRandom(8);
    for (let bits = 0; bits <= 24; bits++) {
      const needle = random.bytes(20);
      const nodeId = randomIdWithPrefix(needle, bits, random);
      const shared = sharedPrefixBits(needle, nodeId);
      expect(shared).toBeGreaterThanOrEqual(bits);
      expect(sharedPrefixBits(targetFor(needle, nodeId, random), needle)).toBeGreaterThanOrEqual(shared);
      expect(targetFor(needle, nodeId, random)).not.toEqual(targetFor(needle, nodeId, random));
    }
    const needle = random.bytes(20);
    expect(targetFor(needle, needle, random)).toEqual(needle);
  });
});

describe('Referrers', () => {
  it('ignores who names dead nodes only, and keeps who names live ones', () => {
    const referrers = new Referrers();
    for (const [host, answers] of [
      ['1.1.1.1', 1],
      ['2.2.2.2', 2],
    ] as const) {
      for (let index = 0; index < OUTSTANDING_MAX; index++) {
        const referrer = referrers.withRoom(host)!;
        referrers.reserve(referrer);
        referrers.settle(referrer, index < answers);
      }
    }
    expect(referrers.withRoom('1.1.1.1')).toBeNull();
    expect(referrers.withRoom('2.2.2.2')).not.toBeNull();
    referrers.distrust('2.2.2.2');
    expect(referrers.withRoom('2.2.2.2')).toBeNull();
    referrers.checkInvariants(0);
  });

  it('remembers a bounded number, and none of those with contacts waiting is forgotten', () => {
    const referrers = new Referrers();
    const busy = referrers.withRoom('1.1.1.1')!;
    referrers.reserve(busy);
    for (let index = 0; index < REFERRERS_MAX + 100; index++) referrers.withRoom(`h${index}`);
    expect(referrers.size).toBe(REFERRERS_MAX);
    expect(referrers.withRoom('1.1.1.1')).toBe(busy);
    referrers.checkInvariants(1);
  });
});

describe('SubnetPace', () => {
  it('lets two samples a second into one /16, and exempts closed networks', () => {
    const pace = new SubnetPace();
    expect(['1.2.3.4', '1.2.9.9', '1.2.7.7', '1.3.3.3'].map((host) => pace.take(host, 0))).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect(pace.take('1.2.7.7', 1000)).toBe(true);
    for (let index = 0; index < 10; index++) expect(pace.take(`127.0.0.${index}`, 0)).toBe(true);
    const v6 = ['2a01:4f8::1', '2a01:4f8:1::1', '2a01:4f8:2::1', '2a01:4f9::1'];
    expect(v6.map((host) => pace.take(host, 5000))).toEqual([true, true, false, true]);
    pace.checkInvariants();
  });
});
