import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NodeContact } from '../../main/base/contact.ts';
import { asNodeId, compareDistance, sharedPrefixBits } from '../../main/base/identifier.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import { Candidates, CANDIDATES_MAX, newCandidate } from '../../main/scrape/candidates.ts';
import { randomIdWithPrefix, targetFor } from '../../main/scrape/needle-table.ts';
import { CYCLE_EVERY_MS, NEEDLE_AGE_MIN_MS, NEEDLE_NEW_MIN, NeedleTables } from '../../main/scrape/needle-tables.ts';
import { OUTSTANDING_MAX, Referrers, REFERRERS_MAX } from '../../main/scrape/referrers.ts';
import { RETIRED_MAX, RetiredNodes } from '../../main/scrape/retired-nodes.ts';
import { SubnetPace } from '../../main/scrape/subnet-pace.ts';
import { Counters } from '../../main/stats/counters.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';
import { newNode } from './fake-dht.ts';

function newTables(needleCount = 16, seed = 3) {
  const clock = new SimulatedClock();
  const random = createSeededRandom(seed);
  const counters = new Counters();
  const referrers = new Referrers();
  const resting = new Set<string>();
  const tables = new NeedleTables({
    strategy: 'stratified-needles',
    clock,
    random,
    counters,
    referrers,
    needleCount,
    isOnePerSubnet: false,
    isResting: (host) => resting.has(host),
    isInMainTable: () => false,
  });
  return { tables, clock, random, counters, referrers, resting };
}

const answer = (tables: NeedleTables, node: NodeContact) => tables.answered(node, 50, true);

describe('NeedleTables', () => {
  it('R5: needles are distinct and cover the key space evenly, for any number of tables', () => {
    for (const needleCount of [1, 3, 16, 64]) {
      const { tables } = newTables(needleCount);
      tables.all.forEach(({ needle }, stratum) => {
        const position = ((needle[0]! << 8) | needle[1]!) / 65_536;
        expect(Math.floor(position * needleCount + 1e-9)).toBeGreaterThanOrEqual(stratum - (needleCount === 3 ? 1 : 0));
        expect(Math.floor(position * needleCount)).toBeLessThanOrEqual(stratum);
      });
      tables.checkInvariants();
    }
  });

  it('R5: a node belongs to the table it shares the longest prefix with', () => {
    const { tables, random } = newTables();
    for (let round = 0; round < 500; round++) {
      const id = random.bytes(20);
      const longest = Math.max(...tables.all.map(({ needle }) => sharedPrefixBits(id, needle)));
      expect(sharedPrefixBits(id, tables.bestMatch(id).needle)).toBe(longest);
      expect(tables.bestMatches(id, 3)[0]).toBe(tables.bestMatch(id));
    }
  });

  it('R5: a needle is replaced only when it is old, yields next to nothing, and less than the others', () => {
    const cases = [
      { ageMs: NEEDLE_AGE_MIN_MS + CYCLE_EVERY_MS, own: NEEDLE_NEW_MIN - 1, others: 50, isReplaced: true },
      { ageMs: NEEDLE_AGE_MIN_MS - CYCLE_EVERY_MS, own: NEEDLE_NEW_MIN - 1, others: 50, isReplaced: false },
      { ageMs: NEEDLE_AGE_MIN_MS + CYCLE_EVERY_MS, own: NEEDLE_NEW_MIN, others: 50, isReplaced: false },
      { ageMs: NEEDLE_AGE_MIN_MS + CYCLE_EVERY_MS, own: 5, others: 5, isReplaced: false },
    ];
    for (const { ageMs, own, others, isReplaced } of cases) {
      const { tables, clock } = newTables(4);
      tables.tick(clock.nowMs());
      const needles = tables.all.map(({ needle }) => needle);
      clock.advance(ageMs - 1000);
      tables.all.forEach((table, index) => table.noteInfohashes(100, index === 2 ? own : others, clock.nowMs()));
      clock.advance(1000);
      tables.tick(clock.nowMs());
      const changed = tables.all.map(({ needle }, index) => needle !== needles[index]);
      expect(changed).toEqual([false, false, isReplaced, false]);
      if (isReplaced) expect(tables.all[2]!.needle[0]! >> 6).toBe(2); // the same stratum
    }
  });

  it('R5: at most one needle a minute is replaced', () => {
    const { tables, clock } = newTables(4);
    clock.advance(2 * NEEDLE_AGE_MIN_MS);
    tables.all[0]!.noteInfohashes(100, 100, clock.nowMs());
    const before = new Set(tables.all);
    const survivors = () => tables.all.filter((table) => before.has(table)).length;
    tables.tick(clock.nowMs());
    tables.tick(clock.nowMs() + 1);
    expect(survivors()).toBe(3);
    clock.advance(CYCLE_EVERY_MS);
    tables.tick(clock.nowMs());
    expect(survivors()).toBe(2);
  });

  it('R5: what a replaced table knew is handed over, not lost', () => {
    const { tables, clock, random, referrers } = newTables(4);
    const spent = tables.all[1]!;
    const inStratum = () => randomIdWithPrefix(Uint8Array.of(0x40), 2, random);
    const known = Array.from({ length: 60 }, () => newNode(inStratum()));
    const waiting = Array.from({ length: 40 }, () => newNode(inStratum()));
    for (const node of known) answer(tables, node);
    for (const node of waiting)
      expect(tables.offer(node, referrers.withRoom(`9.9.9.${waiting.indexOf(node) >> 3}`))).toBe(true);
    const knownBefore = [...spent.routing.nodes()].map(({ contact }) => contact.host);
    expect(knownBefore.length).toBeGreaterThan(40);
    clock.advance(NEEDLE_AGE_MIN_MS);
    tables.all[0]!.noteInfohashes(100, 100, clock.nowMs());
    tables.all[2]!.noteInfohashes(100, 100, clock.nowMs());
    tables.all[3]!.noteInfohashes(100, 100, clock.nowMs());
    tables.tick(clock.nowMs());
    expect(tables.all).not.toContain(spent);
    const candidateHosts = tables.all.flatMap(({ candidates }) =>
      [...candidates.values()].map(({ node }) => node.contact.host),
    );
    expect(candidateHosts.sort()).toEqual(waiting.map(({ contact }) => contact.host).sort());
    const knownAfter = new Set(
      tables.all.flatMap(({ routing }) => [...routing.nodes()].map(({ contact }) => contact.host)),
    );
    // Buckets of the new needle split the nodes in another way, and hold 32 each.
    expect(knownBefore.filter((host) => knownAfter.has(host)).length).toBeGreaterThan(knownBefore.length * 0.5);
    expect(tables.ownNodeCount).toBe(knownAfter.size);
    tables.checkInvariants();
    referrers.checkInvariants(waiting.length);
  });

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

describe('Candidates', () => {
  it('R6: nearest first out and farthest out when full, whatever comes and goes', () => {
    const id = fc.uint8Array({ minLength: 2, maxLength: 2 }).map((head) => {
      const bytes = new Uint8Array(20);
      bytes.set(head);
      return asNodeId(bytes);
    });
    const action = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ kind: fc.constant('add' as const), id, host: fc.integer({ min: 0, max: 500 }) }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('pop' as const) }) },
    );
    const needle = new Uint8Array(20);
    fc.assert(
      fc.property(fc.array(action, { minLength: 250, maxLength: 500 }), (actions) => {
        const candidates = new Candidates(needle);
        const model = new Map<string, NodeContact>();
        for (const step of actions) {
          if (step.kind === 'add') {
            const node = { id: step.id, contact: { host: `h${step.host}`, port: 1 } };
            const out = candidates.add(newCandidate(node, null));
            if (out?.node !== node) model.set(node.contact.host, node);
            if (out !== null && out.node !== node) model.delete(out.node.contact.host);
            if (out !== null)
              for (const { id: kept } of model.values())
                if (out.node !== node) expect(compareDistance(needle, kept, out.node.id)).toBeLessThanOrEqual(0);
          } else {
            const popped = candidates.pop();
            if (popped === null) continue;
            model.delete(popped.node.contact.host);
            for (const node of model.values())
              expect(compareDistance(needle, popped.node.id, node.id)).toBeLessThanOrEqual(0);
          }
          expect(candidates.size).toBe(model.size);
        }
        candidates.checkInvariants();
        expect(candidates.best(5).map(({ node }) => node.id)).toEqual(
          [...model.values()]
            .map((node) => node.id)
            .sort((a, b) => compareDistance(needle, a, b))
            .slice(0, 5),
        );
        expect(candidates.size).toBeLessThanOrEqual(CANDIDATES_MAX);
      }),
      { numRuns: 10 },
    );
  });
});

describe('RetiredNodes', () => {
  it('R16: willAccept says exactly what insert does, the best match first, and never more than 64 wait', () => {
    const { tables, random, counters } = newTables(4);
    const retired = new RetiredNodes(counters);
    for (let round = 0; round < 40; round++) {
      for (let index = 0; index < 70; index++) {
        retired.offer({ ...newNode(random.bytes(20)), supportsSamples: true });
        retired.checkInvariants();
      }
      expect(retired.size).toBe(RETIRED_MAX);
      const countBefore = tables.all.reduce((sum, { routing }) => sum + routing.nodeCount, 0);
      const placedCount = retired.placeAll((id, count) => tables.bestMatches(id, count));
      const countAfter = tables.all.reduce((sum, { routing }) => sum + routing.nodeCount, 0);
      expect(countAfter - countBefore).toBe(placedCount);
      expect(retired.size).toBe(0);
    }
    expect(counters.overflows.get('retired')).toBe(40 * 6);
    tables.checkInvariants();
  });

  it('R16: takes only who supports BEP 51, off cooldown', () => {
    const { tables, resting } = newTables();
    const rested = newNode();
    resting.add(rested.contact.host);
    tables.offerRetired({ ...newNode(), supportsSamples: false });
    tables.offerRetired(rested);
    expect(tables.retired.size).toBe(0);
    const node = newNode();
    tables.offerRetired({ ...node, supportsSamples: true });
    tables.tick(0);
    expect(tables.bestMatch(node.id).routing.find(node.contact)).toMatchObject({
      supportsSamples: true,
      state: 'good',
    });
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
