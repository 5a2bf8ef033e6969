import { beforeEach, describe, expect, test } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import { INFOHASHES_MAX, PEER_LIFE_MS, PEERS_PER_INFOHASH_MAX, PeerStore } from '../../main/dht/peer-store.ts';
import { SampleSet, SAMPLES_MAX } from '../../main/dht/sample-set.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';
import { hostAt } from './table-fixtures.ts';

function infohash(index: number): Uint8Array {
  return Uint8Array.from({ length: 20 }, (_, byte) => (byte < 2 ? index >> (8 * byte) : 7));
}

describe('peer store', () => {
  let clock: SimulatedClock;
  let store: PeerStore;
  beforeEach(() => {
    clock = new SimulatedClock();
    store = new PeerStore(clock, createSeededRandom(1));
  });

  test('gives what was announced, each peer once, in compact form', () => {
    expect(store.peersOf(infohash(1), 10)).toBeNull();
    store.add(infohash(1), { host: '1.2.3.4', port: 0x1ae1 });
    store.add(infohash(1), { host: '1.2.3.4', port: 0x1ae1 });
    store.add(infohash(1), { host: '2a00::1', port: 2 });
    expect(store.peersOf(infohash(1), 10)!.map(toHex)).toEqual([
      '010203041ae1',
      '2a0000000000000000000000000000010002',
    ]);
    expect(store.peersOf(infohash(2), 10)).toBeNull();
    store.checkInvariants();
  });

  test('forgets after 45 minutes, unless announced again', () => {
    store.add(infohash(1), { host: '1.2.3.4', port: 1 });
    store.add(infohash(2), { host: '1.2.3.4', port: 1 });
    clock.advance(PEER_LIFE_MS - 1);
    store.expire();
    store.add(infohash(2), { host: '1.2.3.4', port: 1 });
    store.add(infohash(2), { host: '1.2.3.4', port: 2 });
    clock.advance(1);
    store.expire();
    expect(store.peersOf(infohash(1), 10)).toBeNull();
    expect(store.peersOf(infohash(2), 10)).toHaveLength(2);
    expect(store.infohashCount).toBe(1);
    store.checkInvariants();
  });

  test('is full at its limits: no further infohash, and of peers the oldest leaves', () => {
    for (let index = 0; index < INFOHASHES_MAX; index++)
      expect(store.add(infohash(index), { host: hostAt(0), port: 1 })).toBe(true);
    expect(store.isFull).toBe(true);
    expect(store.add(infohash(INFOHASHES_MAX), { host: hostAt(0), port: 1 })).toBe(false);
    for (let index = 1; index <= PEERS_PER_INFOHASH_MAX; index++)
      store.add(infohash(5), { host: hostAt(index), port: 1 });
    const peers = store.peersOf(infohash(5), 1000)!;
    expect(peers).toHaveLength(PEERS_PER_INFOHASH_MAX);
    expect(peers.map(toHex)).not.toContain('0b0000010001');
    store.checkInvariants();
  });

  test('gives a part of many, in time every one of them', () => {
    for (let index = 0; index < 90; index++) store.add(infohash(1), { host: hostAt(index), port: 1 });
    const seen = new Set<string>();
    for (let round = 0; round < 50; round++) {
      const part = store.peersOf(infohash(1), 20)!;
      expect(new Set(part).size).toBe(20);
      for (const peer of part) seen.add(toHex(peer));
    }
    expect(seen.size).toBe(90);
  });

  test('what is no address is no peer', () => {
    expect(store.add(infohash(1), { host: 'example.org', port: 1 })).toBe(false);
    expect(store.infohashCount).toBe(0);
  });
});

describe('the sample we give (BEP 51)', () => {
  test('is empty, with support, when there is nothing', () => {
    const clock = new SimulatedClock();
    const set = new SampleSet(new PeerStore(clock, createSeededRandom(1)), clock, createSeededRandom(1));
    set.refresh();
    expect(set.samples).toHaveLength(0);
    expect(set.num).toBe(0);
  });

  test.each([
    [5, 300],
    [SAMPLES_MAX, 300],
    [SAMPLES_MAX + 1, 21_600],
    [400, 21_600],
  ])('of %i infohashes stays the same for the %i s it names', (infohashCount, intervalSeconds) => {
    const clock = new SimulatedClock();
    const random = createSeededRandom(1);
    const store = new PeerStore(clock, random);
    const set = new SampleSet(store, clock, random);
    for (let index = 0; index < infohashCount; index++) store.add(infohash(index), { host: hostAt(0), port: 1 });
    set.refresh();
    expect(set.intervalSeconds).toBe(intervalSeconds);
    expect(set.num).toBe(infohashCount);
    const first = toHex(set.samples);
    expect(set.samples).toHaveLength(20 * Math.min(infohashCount, SAMPLES_MAX));
    const known = new Set(Array.from(store.infohashes(), toHex));
    const given = first.match(/.{40}/g)!;
    expect(new Set(given).size).toBe(given.length);
    expect(given.every((hex) => known.has(hex))).toBe(true);
    clock.advance(intervalSeconds * 1000 - 1);
    store.add(infohash(60_000), { host: hostAt(0), port: 1 });
    set.refresh();
    expect(toHex(set.samples)).toBe(first);
    clock.advance(1);
    set.refresh();
    expect(toHex(set.samples)).not.toBe(first);
  });
});
