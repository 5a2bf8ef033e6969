// R5: one main table and many needle tables, cycled by three conditions at once; what a replaced one knew is handed over.
import { expect, test } from 'vitest';
import type { NodeContact } from '../../main/base/contact.ts';
import { sharedPrefixBits } from '../../main/base/identifier.ts';
import { randomIdWithPrefix } from '../../main/scrape/needle-table.ts';
import {
  CYCLE_EVERY_MS,
  NEEDLE_AGE_MIN_MS,
  NEEDLE_NEW_MIN,
  type NeedleTables,
} from '../../main/scrape/needle-tables.ts';
import { newNode } from '../scrape/fake-dht.ts';
import { newTables } from '../scrape/rigs.ts';

const answer = (tables: NeedleTables, node: NodeContact) => tables.answered(node, 50, true);

test('R5 needles are distinct and cover the key space evenly, for any number of tables', () => {
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

test('R5 a node belongs to the table it shares the longest prefix with', () => {
  const { tables, random } = newTables();
  for (let round = 0; round < 500; round++) {
    const id = random.bytes(20);
    const longest = Math.max(...tables.all.map(({ needle }) => sharedPrefixBits(id, needle)));
    expect(sharedPrefixBits(id, tables.bestMatch(id).needle)).toBe(longest);
    expect(tables.bestMatches(id, 3)[0]).toBe(tables.bestMatch(id));
  }
});

test('R5 a needle is replaced only when it is old, yields next to nothing, and less than the others', () => {
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

test('R5 at most one needle a minute is replaced', () => {
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

test('R5 what a replaced table knew is handed over, not lost', () => {
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
