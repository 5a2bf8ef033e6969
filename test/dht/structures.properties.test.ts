// What the DHT room keeps, each against a plain model: bucket, slab with its indexes, tokens, peer store, sample set.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toHex, toKey } from '../../main/base/bytes.ts';
import { asNodeId } from '../../main/base/identifier.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import { Bucket } from '../../main/dht/bucket.ts';
import { NodeIndex } from '../../main/dht/node-index.ts';
import { NodeSlab } from '../../main/dht/node-slab.ts';
import { PEER_LIFE_MS, PeerStore } from '../../main/dht/peer-store.ts';
import { SampleSet, SAMPLES_MAX } from '../../main/dht/sample-set.ts';
import { SECRET_LIFE_MS, Tokens } from '../../main/dht/tokens.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';
import { hostAt } from './table-fixtures.ts';

const idOf = (index: number) => asNodeId(new Uint8Array(20).fill(index + 1));

test('bucket: dense slots, the last takes the place of who leaves, replacements once an address', () => {
  const step = fc.record({
    do: fc.constantFrom('add', 'add', 'remove', 'wait', 'wait', 'promote', 'prove'),
    index: fc.nat(15),
    hasAnswered: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 16 }), fc.array(step, { maxLength: 120 }), (capacity, steps) => {
      const bucket = new Bucket(3, capacity, 0);
      const records: number[] = [];
      let waiting: { host: string; hasAnswered: boolean; seenAtMs: number }[] = [];
      steps.forEach(({ do: action, index, hasAnswered }, nowMs) => {
        if (action === 'add' && records.length < capacity && !records.includes(index)) {
          expect(bucket.add(index, index * 7)).toBe(records.length);
          records.push(index);
        } else if (action === 'remove' && records.length > 0) {
          const slot = index % records.length;
          const last = records.pop()!;
          expect(bucket.removeAt(slot)).toBe(slot === records.length ? -1 : last);
          if (slot < records.length) records[slot] = last;
        } else if (action === 'wait') {
          const contact = { host: hostAt(index), port: 6881 };
          bucket.addReplacement({ id: idOf(index), contact, hasAnswered, roundTripMs: 1, seenAtMs: nowMs }, 4);
          const known = waiting.find(({ host }) => host === contact.host);
          if (known?.hasAnswered === true && !hasAnswered) return;
          waiting = waiting.filter((other) => other !== known);
          if (known === undefined && waiting.length >= 4) waiting.shift();
          waiting.push({ host: contact.host, hasAnswered, seenAtMs: nowMs });
        } else if (action === 'promote') {
          const best = waiting.findLast((other) => other.hasAnswered);
          expect(bucket.takeProvenReplacement()?.contact.host).toBe(best?.host);
          waiting = waiting.filter((other) => other !== best);
        } else if (action === 'prove') {
          const first = waiting.find((other) => !other.hasAnswered && other.seenAtMs <= nowMs - 5);
          expect(bucket.takeUnproven(nowMs - 5)?.contact.host).toBe(first?.host);
          waiting = waiting.filter((other) => other !== first);
        }
        bucket.checkInvariants();
        expect(Array.from({ length: bucket.count }, (_, slot) => bucket.recordAt(slot))).toEqual(records);
        expect(bucket.replacements.map(({ contact }) => contact.host)).toEqual(waiting.map(({ host }) => host));
      });
    }),
  );
});

test('node slab and its indexes: every record is found by id and address, freed ones are not', () => {
  const step = fc.record({ isAdding: fc.boolean(), index: fc.nat(300) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const slab = new NodeSlab(4, 2);
      const index = new NodeIndex(slab, createSeededRandom(1), false, () => 0);
      const model = new Map<number, number>();
      const idAt = (number: number) =>
        asNodeId(Uint8Array.from({ length: 20 }, (_, at) => (at < 2 ? number >> (8 * at) : 7)));
      for (const { isAdding, index: number } of steps) {
        const known = model.get(number);
        if (isAdding && known === undefined) {
          expect(index.load(idAt(number), { host: hostAt(number), port: 6881 })).toBe(true);
          const record = slab.allocate(index.question);
          slab.queriedOrder.addUntouched(record);
          index.add(record);
          expect([...model.values()]).not.toContain(record);
          model.set(number, record);
        } else if (!isAdding && known !== undefined) {
          index.remove(known);
          slab.queriedOrder.remove(known);
          slab.free(known);
          model.delete(number);
        }
        expect(slab.count).toBe(model.size);
      }
      slab.checkInvariants();
      index.checkInvariants();
      for (let number = 0; number <= 300; number++) {
        index.load(idAt(number), { host: hostAt(number), port: 6881 });
        expect([index.findById(), index.findByHost(), index.findByContact()]).toEqual(
          new Array<number>(3).fill(model.get(number) ?? -1),
        );
        if (model.has(number)) expect(slab.contactOf(model.get(number)!).host).toBe(hostAt(number));
      }
    }),
    { numRuns: 60 },
  );
});

test('tokens: good for their address for five minutes at least and ten at most, and for nobody else ever', () => {
  const step = fc.record({ afterMs: fc.nat(SECRET_LIFE_MS), host: fc.nat(3) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const clock = new SimulatedClock();
      const tokens = new Tokens(clock, createSeededRandom(3));
      const issued: { host: string; token: Uint8Array; atMs: number }[] = [];
      for (const { afterMs, host } of steps) {
        clock.advance(afterMs);
        issued.push({ host: hostAt(host), token: tokens.issue(hostAt(host)).slice(), atMs: clock.nowMs() });
        for (const { host: owner, token, atMs } of issued) {
          const ageMs = clock.nowMs() - atMs;
          if (ageMs < SECRET_LIFE_MS) expect(tokens.isValid(owner, token)).toBe(true);
          if (ageMs > 2 * SECRET_LIFE_MS) expect(tokens.isValid(owner, token)).toBe(false);
          for (let other = 0; other <= 3; other++)
            if (hostAt(other) !== owner) expect(tokens.isValid(hostAt(other), token)).toBe(false);
        }
      }
    }),
    { numRuns: 40 },
  );
});

test('peer store and sample set: what was announced lately, no more, and a sample that holds for its interval', () => {
  const step = fc.record({ afterMs: fc.nat(PEER_LIFE_MS / 4), infohash: fc.nat(40), peer: fc.nat(5) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const clock = new SimulatedClock();
      const random = createSeededRandom(9);
      const store = new PeerStore(clock, random);
      const sampleSet = new SampleSet(store, clock, random);
      const model = new Map<string, number>();
      let sample = { hex: '', untilMs: -Infinity };
      for (const { afterMs, infohash, peer } of steps) {
        clock.advance(afterMs);
        store.expire();
        store.add(idOf(infohash), { host: hostAt(peer), port: 6881 });
        model.set(`${infohash} ${peer}`, clock.nowMs());
        for (const [name, atMs] of model) if (clock.nowMs() - atMs >= PEER_LIFE_MS) model.delete(name);
        store.checkInvariants();
        const alive = new Set([...model.keys()].map((name) => Number(name.split(' ')[0])));
        expect(store.infohashCount).toBe(alive.size);
        const count = [...model.keys()].filter((name) => name.startsWith(`${infohash} `)).length;
        expect(store.peersOf(idOf(infohash), 50)).toHaveLength(count);
        sampleSet.refresh();
        const hex = toHex(sampleSet.samples);
        if (clock.nowMs() < sample.untilMs) expect(hex).toBe(sample.hex);
        else {
          const given = Array.from({ length: hex.length / 40 }, (_, at) =>
            toKey(sampleSet.samples.slice(at * 20, at * 20 + 20)),
          );
          expect(new Set(given).size).toBe(Math.min(SAMPLES_MAX, alive.size));
          for (const one of given) expect([...alive].some((number) => toKey(idOf(number)) === one)).toBe(true);
          sample = { hex, untilMs: clock.nowMs() + sampleSet.intervalSeconds * 1000 };
        }
      }
    }),
    { numRuns: 40 },
  );
});
