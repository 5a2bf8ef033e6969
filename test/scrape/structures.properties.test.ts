// What the scrape room keeps, each against a plain model: hour table, referrers, retired nodes, needle tables, pace.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareDistance } from '../../main/base/identifier.ts';
import { HourTable } from '../../main/scrape/hour-table.ts';
import { PaceController } from '../../main/scrape/pace.ts';
import { type Pace, profileOf } from '../../main/scrape/pace-profiles.ts';
import { OUTSTANDING_MAX, Referrers, type Referrer } from '../../main/scrape/referrers.ts';
import { RETIRED_MAX, RetiredNodes } from '../../main/scrape/retired-nodes.ts';
import { Counters } from '../../main/stats/counters.ts';
import { newNode } from './fake-dht.ts';
import { newTables } from './rigs.ts';

test('hour table: a map from key to its latest minute, open, frozen, saved and thawed alike', () => {
  const step = fc.record({
    do: fc.constantFrom('set', 'set', 'set', 'freeze', 'restart'),
    key: fc.integer({ min: 1, max: 400 }),
    minute: fc.nat(59),
  });
  /** Addresses that begin alike, or lie all over the 32 bits. */
  const factor = fc.constantFrom(1, 10_737_418);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), factor, (steps, spread) => {
      let table = new HourTable();
      const model = new Map<number, number>();
      for (const { do: action, key, minute } of steps) {
        if (action === 'set') {
          expect(table.set(key * spread, minute)).toBe(true);
          model.set(key, Math.max(minute, model.get(key) ?? 0));
        } else if (action === 'freeze') table.freeze();
        else table = HourTable.unpack(table.pack())!;
      }
      table.checkInvariants();
      expect(table.size).toBe(model.size);
      for (let key = 1; key <= 400; key++) expect(table.get(key * spread)).toBe(model.get(key) ?? null);
    }),
    { numRuns: 60 },
  );
});

test('referrers: the sum of what is outstanding is what was reserved, and nobody exceeds his budget', () => {
  const step = fc.record({
    do: fc.constantFrom('offer', 'offer', 'release', 'settle', 'distrust'),
    host: fc.nat(5),
    isAlive: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const referrers = new Referrers();
      const outstanding: Referrer[] = [];
      for (const { do: action, host, isAlive } of steps) {
        if (action === 'offer') {
          const referrer = referrers.withRoom(`h${host}`);
          if (referrer !== null) {
            referrers.reserve(referrer);
            outstanding.push(referrer);
          }
        } else if (action === 'distrust') {
          referrers.distrust(`h${host}`);
          expect(referrers.withRoom(`h${host}`)).toBeNull();
        } else if (outstanding.length > 0) {
          const [referrer] = outstanding.splice(host % outstanding.length, 1);
          if (action === 'release') referrers.release(referrer!);
          else referrers.settle(referrer!, isAlive);
        }
        referrers.checkInvariants(outstanding.length);
        for (const { outstandingCount } of outstanding) expect(outstandingCount).toBeLessThanOrEqual(OUTSTANDING_MAX);
      }
    }),
  );
});

test('retired nodes: never more than 64, the oldest is dropped and counted', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('offer', 'offer', 'offer', 'burst', 'place'), { maxLength: 60 }), (steps) => {
      const counters = new Counters();
      const retired = new RetiredNodes(counters);
      let [waiting, dropped] = [0, 0];
      for (const step of steps) {
        if (step === 'place') {
          expect(retired.placeAll(() => [])).toBe(0);
          waiting = 0;
        } else {
          for (let left = step === 'burst' ? 40 : 1; left > 0; left--) {
            retired.offer({ ...newNode(), supportsSamples: true });
            if (waiting < RETIRED_MAX) waiting++;
            else dropped++;
          }
        }
        retired.checkInvariants();
        expect([retired.size, counters.overflows.get('retired')]).toEqual([waiting, dropped]);
      }
    }),
    { numRuns: 40 },
  );
});

test('needle tables: every node is in the table nearest to it, and nothing is counted twice', () => {
  const step = fc.record({ do: fc.constantFrom('offer', 'answered', 'timedOut', 'retire', 'tick'), index: fc.nat(60) });
  const nodes = Array.from({ length: 61 }, () => newNode());
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { tables, clock, referrers } = newTables(4);
      for (const { do: action, index } of steps) {
        const node = nodes[index]!;
        if (action === 'offer') tables.offer(node, referrers.withRoom(`r${index >> 2}`));
        else if (action === 'answered') tables.answered(node, 50, true);
        else if (action === 'timedOut') tables.timedOut(node);
        else if (action === 'retire') tables.offerRetired({ ...node, supportsSamples: true });
        else {
          clock.advance(20_000);
          tables.tick(clock.nowMs());
        }
        tables.checkInvariants();
      }
      const waiting = new Set<string>();
      for (const table of tables.all) {
        for (const { node } of table.candidates.values()) {
          expect(waiting.has(node.contact.host)).toBe(false);
          waiting.add(node.contact.host);
          for (const other of tables.all)
            expect(compareDistance(node.id, table.needle, other.needle)).toBeLessThanOrEqual(0);
        }
      }
      expect(tables.candidateCount).toBe(waiting.size);
    }),
    { numRuns: 40 },
  );
});

test('pace: whatever happens, the rate stays between one and the ceiling, halves on trouble and rests after three', () => {
  const step = fc.record({
    do: fc.constantFrom('calm', 'calm', 'calm', 'silence', 'errors', 'late', 'choose'),
    pace: fc.oneof(
      fc.constantFrom<Pace>('gentle', 'balanced', 'fast'),
      fc.record({
        newAddressesPerSecond: fc.integer({ min: 1, max: 200 }),
        packetsPerSecond: fc.integer({ min: 4, max: 1000 }),
        newConnectionsPerSecond: fc.integer({ min: 1, max: 30 }),
        connectionsMax: fc.integer({ min: 4, max: 300 }),
      }),
    ),
    seconds: fc.integer({ min: 1, max: 40 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let rests = 0;
      const controller = new PaceController('balanced', 0, () => rests++);
      const seen = { askedCount: 0, repliedCount: 0, timedOutCount: 0, sendErrors: 0 };
      let nowMs = 0;
      for (const { do: action, pace, seconds } of steps) {
        if (action === 'choose') controller.setPace(pace, nowMs);
        if (action === 'errors') seen.sendErrors++;
        for (let tick = 0; tick < seconds * 4; tick++) {
          nowMs += action === 'late' ? 450 : 250;
          const asked = controller.isResting(nowMs) ? 0 : Math.ceil(controller.rates.newAddressesPerSecond / 4);
          seen.askedCount += asked;
          if (action === 'silence') seen.timedOutCount += asked;
          else seen.repliedCount += asked;
          const before = controller.rates.newAddressesPerSecond;
          const signalsBefore = controller.figures(nowMs).signals;
          const hasChanged = controller.tick(nowMs, 250, seen);
          controller.checkInvariants();
          const after = controller.rates.newAddressesPerSecond;
          expect(hasChanged).toBe(after !== before);
          // A signal halves it; without one it may fall to what the router was found to bear.
          const hasSignalled = controller.figures(nowMs).signals > signalsBefore;
          expect(after).toBeGreaterThanOrEqual(hasSignalled ? Math.max(1, before / 2) : 1);
          expect(after).toBeLessThanOrEqual(profileOf(controller.pace).newAddressesPerSecond);
        }
      }
      expect(rests).toBeLessThanOrEqual(controller.figures(nowMs).signals / 3);
    }),
    { numRuns: 40 },
  );
});
