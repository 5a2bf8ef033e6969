// What others get for what they ask (BEP 5, 42, 51), read with another bencode than our own.
import { beforeEach, describe, expect, test } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import { PeerStore } from '../../main/dht/peer-store.ts';
import { Responder } from '../../main/dht/responder.ts';
import type { RoutingTable } from '../../main/dht/routing-table.ts';
import { SampleSet } from '../../main/dht/sample-set.ts';
import { estimateOf, SwarmFilter } from '../../main/dht/swarm-filter.ts';
import { Tokens } from '../../main/dht/tokens.ts';
import { decodeKrpc, KrpcMessage } from '../../main/wire/krpc-codec.ts';
import type { SimulatedClock } from '../simulation/simulated-clock.ts';
import { createTable, hostAt, nodeAt, SELF_ID } from './table-fixtures.ts';
import { queryBytes, readMessage, TARGET, type ReadMessage } from './wire-fixtures.ts';

const ASKER = { host: '80.1.2.3', port: 0x1234 };

describe('responder', () => {
  let clock: SimulatedClock;
  let table: RoutingTable;
  let store: PeerStore;
  let responder: Responder;
  const buffer = new Uint8Array(1_400);

  beforeEach(() => {
    const made = createTable();
    ({ clock, table } = made);
    const random = createSeededRandom(2);
    store = new PeerStore(clock, random);
    const sampleSet = new SampleSet(store, clock, random);
    responder = new Responder({ table, store, sampleSet, tokens: new Tokens(clock, random), family: 4 });
    for (let index = 0; index < 40; index++) table.insert(nodeAt(index % 8, index), { hasAnswered: true });
  });

  function ask(query: Uint8Array, { isProven = true, from = ASKER } = {}): ReadMessage & { byteCount: number } {
    const message = new KrpcMessage();
    expect(decodeKrpc(query, message)).toBeNull();
    const byteCount = responder.answer(message, from, isProven, buffer, clock.nowMs());
    return { ...readMessage(buffer.slice(0, byteCount)), byteCount };
  }

  test('ping: our id, their transaction id, their address (BEP 42)', () => {
    const answer = ask(queryBytes('ping', {}, { t: 'longer id' }));
    expect(answer).toMatchObject({ y: 'r', t: new TextEncoder().encode('longer id') });
    expect(answer.r['id']).toEqual(Uint8Array.from(SELF_ID));
    expect(toHex(answer.ip!)).toBe('500102031234');
  });

  test('find_node: the eight nearest good nodes', () => {
    table.failed(table.closest(TARGET, 1)[0]!.contact);
    const nodes = ask(queryBytes('find_node', { target: TARGET })).r['nodes'] as Uint8Array;
    const expected = table.closest(TARGET, 8, true);
    expect(nodes).toHaveLength(8 * 26);
    for (const [place, { id }] of expected.entries())
      expect(nodes.slice(place * 26, place * 26 + 20)).toEqual(Uint8Array.from(id));
  });

  test('find_node for the other family only: no nodes of ours (BEP 32)', () => {
    expect(ask(queryBytes('find_node', { target: TARGET, want: ['n6'] })).r).not.toHaveProperty('nodes');
    expect(ask(queryBytes('find_node', { target: TARGET, want: ['n4', 'n6'] })).r['nodes']).toHaveLength(208);
  });

  test('get_peers: nodes and a token always, peers only when some announced', () => {
    const unknown = ask(queryBytes('get_peers', { info_hash: TARGET })).r;
    expect(unknown['nodes']).toHaveLength(208);
    expect(unknown['token']).toHaveLength(8);
    expect(unknown['values']).toBeUndefined();
    store.add(TARGET, { host: '1.2.3.4', port: 0x0506 });
    const known = ask(queryBytes('get_peers', { info_hash: TARGET })).r;
    expect((known['values'] as Uint8Array[]).map(toHex)).toEqual(['010203040506']);
    expect(known['nodes']).toHaveLength(208);
  });

  test('get_peers to a stranger stays within 512 bytes, to anybody within 1024 (BEP 32)', () => {
    for (let index = 0; index < 100; index++) store.add(TARGET, { host: hostAt(index), port: 1 });
    const toStranger = ask(queryBytes('get_peers', { info_hash: TARGET }), { isProven: false });
    expect(toStranger.r['values']).toHaveLength(20);
    expect(toStranger.byteCount).toBeLessThanOrEqual(512);
    const toFriend = ask(queryBytes('get_peers', { info_hash: TARGET }));
    expect(toFriend.r['values']).toHaveLength(50);
    expect(toFriend.byteCount).toBeLessThanOrEqual(1024);
  });

  describe('BEP 33', () => {
    const scrape = (args = {}, options = {}) =>
      ask(queryBytes('get_peers', { info_hash: TARGET, scrape: 1, ...args }, { t: 'x'.repeat(32) }), options);

    test('scrape=1 of what is not stored here: nodes and a token, no filters', () => {
      const { r } = scrape();
      expect(r['nodes']).toHaveLength(208);
      expect(r['token']).toHaveLength(8);
      for (const key of ['BFsd', 'BFpe', 'values']) expect(r).not.toHaveProperty(key);
    });

    test('scrape=1: seeds and the others in filters of their own, and the peers that still fit 1,024 bytes', () => {
      const { token } = ask(queryBytes('get_peers', { info_hash: TARGET })).r as { token: Uint8Array };
      const announce = (args: Record<string, number>) =>
        ask(queryBytes('announce_peer', { info_hash: TARGET, token, port: 7, ...args }));
      expect(announce({ seed: 1 }).y).toBe('r');
      for (let index = 0; index < 60; index++) store.add(TARGET, { host: hostAt(index), port: 1 });
      const { r, byteCount } = scrape();
      const seeds = new SwarmFilter();
      seeds.add(ASKER.host);
      const others = new SwarmFilter();
      for (let index = 0; index < 60; index++) others.add(hostAt(index));
      expect(r['BFsd']).toEqual(seeds.bytes);
      expect(r['BFpe']).toEqual(others.bytes);
      expect((r['values'] as unknown[]).length).toBeGreaterThanOrEqual(10);
      expect(r['nodes']).toHaveLength(208);
      expect(byteCount).toBeLessThanOrEqual(1024);
      expect(byteCount).toBeGreaterThan(980);
      // Announced again without `seed`, it is one no more.
      announce({});
      expect(scrape().r['BFsd']).toEqual(new Uint8Array(256));
    });

    test('the filters follow when peers are forgotten', () => {
      store.add(TARGET, { host: hostAt(0), port: 1 }, true);
      clock.advance(30 * 60_000);
      store.add(TARGET, { host: hostAt(1), port: 1 }, true);
      expect(estimateOf(scrape().r['BFsd'] as Uint8Array)).toBeCloseTo(2, 1);
      clock.advance(16 * 60_000);
      store.expire();
      expect(estimateOf(scrape().r['BFsd'] as Uint8Array)).toBeCloseTo(1, 1);
    });

    test('noseed=1 leaves seeds out of the peers', () => {
      store.add(TARGET, { host: '1.2.3.4', port: 1 }, true);
      const ofOthers = () => ask(queryBytes('get_peers', { info_hash: TARGET, noseed: 1 })).r;
      expect(ofOthers()).not.toHaveProperty('values');
      store.add(TARGET, { host: '1.2.3.5', port: 2 });
      expect((ofOthers()['values'] as Uint8Array[]).map(toHex)).toEqual(['010203050002']);
      expect(ask(queryBytes('get_peers', { info_hash: TARGET })).r['values']).toHaveLength(2);
    });
  });

  test('announce_peer: with the token of this address, at the port said or seen', () => {
    const { token } = ask(queryBytes('get_peers', { info_hash: TARGET })).r as { token: Uint8Array };
    const announce = (args: Record<string, number>, from = ASKER) =>
      ask(queryBytes('announce_peer', { info_hash: TARGET, token, ...args }), { from });
    expect(announce({ port: 0x0102 }).y).toBe('r');
    expect(announce({ port: 0x0102, implied_port: 1 }).y).toBe('r');
    expect(store.peersOf(TARGET, 10)!.map(toHex)).toEqual(['500102030102', '500102031234']);
    const forged = announce({ port: 7 }, { host: '80.1.2.4', port: 1 });
    expect(forged).toMatchObject({ y: 'e' });
    expect(forged.e[0]).toBe(203);
    clock.advance(10 * 60_000);
    expect(announce({ port: 8 }).e[0]).toBe(203);
    expect(store.peersOf(TARGET, 10)).toHaveLength(2);
  });

  test('a full store gives no token for what it does not hold', () => {
    for (let index = 0; index < 2_000; index++)
      store.add(
        Uint8Array.from({ length: 20 }, (_, byte) => index >> (8 * (byte & 1))),
        { host: hostAt(0), port: 1 },
      );
    expect(ask(queryBytes('get_peers', { info_hash: TARGET })).r['token']).toBeUndefined();
  });

  test('sample_infohashes: samples even when there are none, interval and num beside them', () => {
    const empty = ask(queryBytes('sample_infohashes', { target: TARGET })).r;
    expect(empty).toMatchObject({ num: 0, interval: 300 });
    expect(empty['samples']).toHaveLength(0);
    expect(empty['nodes']).toHaveLength(208);
    store.add(TARGET, { host: '1.2.3.4', port: 1 });
    clock.advance(300_000);
    const one = ask(queryBytes('sample_infohashes', { target: TARGET }));
    expect(one.r['samples']).toEqual(Uint8Array.from(TARGET));
    for (let index = 0; index < 100; index++) store.add(nodeAt(0, index).id, { host: hostAt(0), port: 1 });
    clock.advance(300_000);
    const full = ask(queryBytes('sample_infohashes', { target: TARGET }));
    expect(full.r).toMatchObject({ num: 101, interval: 21_600 });
    expect(full.r['samples']).toHaveLength(400);
    expect(full.byteCount).toBeLessThanOrEqual(1024);
  });

  test('an unknown method is find_node if it names a target, else error 204', () => {
    expect(ask(queryBytes('get', { target: TARGET })).r['nodes']).toHaveLength(208);
    expect(ask(queryBytes('find_value', { info_hash: TARGET })).r['nodes']).toHaveLength(208);
    expect(ask(queryBytes('vote')).e[0]).toBe(204);
  });

  test.each([
    ['find_node without target', queryBytes('find_node')],
    ['find_node with a short target', queryBytes('find_node', { target: 'abc' })],
    ['get_peers without infohash', queryBytes('get_peers', { target: TARGET })],
    ['an id of 19 bytes', queryBytes('ping', { id: 'abcdefghij012345678' })],
    ['announce_peer with port 0', queryBytes('announce_peer', { info_hash: TARGET, token: 'x', port: 0 })],
    ['announce_peer with port 65536', queryBytes('announce_peer', { info_hash: TARGET, token: 'x', port: 65_536 })],
  ])('%s: error 203', (_name, query) => {
    const answer = ask(query);
    expect(answer).toMatchObject({ y: 'e', t: new TextEncoder().encode('aa') });
    expect(answer.e[0]).toBe(203);
  });

  test('V1 and V2 of BEP 51: the query as printed, an answer of the printed form', () => {
    const query =
      'd1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q17:sample_infohashes1:t2:aa1:y1:qe';
    const message = new KrpcMessage();
    expect(decodeKrpc(new TextEncoder().encode(query), message)).toBeNull();
    const text = Buffer.from(buffer.slice(0, responder.answer(message, ASKER, true, buffer, clock.nowMs()))).toString(
      'latin1',
    );
    expect(text).toMatch(/^d2:ip6:.{6}1:rd2:id20:.{20}8:intervali300e5:nodes208:.*3:numi0e7:samples0:e1:t2:aa/s);
  });
});
