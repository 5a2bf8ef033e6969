// R17: the rules of get_peers (protocol.md 2.2), as asked and as answered, on the bytes.
import bencode from 'bencode';
import { describe, expect, test } from 'vitest';
import { bytesEqual } from '../../main/base/bytes.ts';
import { asNodeId } from '../../main/base/identifier.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import { PeerStore, PEER_LIFE_MS } from '../../main/dht/peer-store.ts';
import * as codec from '../../main/wire/krpc-codec.ts';
import { QUERY_BYTES_MAX } from '../../main/wire/krpc-encode.ts';
import { bep5, latin1, oddValues } from '../fixtures/bep-examples.ts';
import { replyBytes, TARGET } from '../dht/wire-fixtures.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';
import { newInfohash, newNode, replyFrom } from '../scrape/fake-dht.ts';
import { newScrape, peer } from '../scrape/rigs.ts';

const ID = new TextEncoder().encode('abcdefghij0123456789');
const T = latin1('aa');
const peer4 = (index: number) => Uint8Array.of(203, 1, index >> 8, index & 255, 0x1a, 0xe1);
const node4 = (index: number) => Uint8Array.from([...new Uint8Array(20).fill(index + 1), ...peer4(index)]);

function read(bytes: Uint8Array): codec.KrpcReply {
  const message = new codec.KrpcMessage();
  expect(codec.decodeKrpc(bytes, message)).toBeNull();
  return codec.toReply(message);
}

describe('R17 asking', () => {
  test('R17 rules 1 and 3: id and info_hash of 20 bytes, no want over IPv4, and scrape never together with a wish for peers', () => {
    const into = new Uint8Array(QUERY_BYTES_MAX);
    const head = { transactionId: T, id: asNodeId(ID), isReadOnly: true };
    const length = codec.encodeQuery(into, { ...head, method: 'get_peers', infohash: TARGET });
    const { a, q } = bencode.decode(into.subarray(0, length)) as { a: Record<string, Uint8Array>; q: Uint8Array };
    expect(Buffer.from(q).toString()).toBe('get_peers');
    expect(Object.keys(a).sort()).toEqual(['id', 'info_hash']);
    expect([a['id']!.length, a['info_hash']!.length]).toEqual([20, 20]);
  });

  test('R17 rules 6 and 8: one hop to who sampled it, about one a second, a whole lookup only when that names nobody', () => {
    const { loop, clock, dht, found } = newScrape();
    const [one, other] = [newNode(), newNode()];
    const shared = newInfohash();
    loop.offerNodes([one, other], newNode());
    loop.start();
    clock.advance(1_000);
    const samples = dht.ofMethod('sample_infohashes');
    for (const { contact, end } of samples) {
      clock.advance(500); // each passes triage by itself
      end(replyFrom(contact.host === one.contact.host ? one : other, { samples: [shared, newInfohash()] }));
    }
    const answered = new Set<unknown>();
    for (let second = 0; second < 30; second++) {
      clock.advance(1_000);
      for (const query of dht.ofMethod('get_peers')) {
        if (answered.has(query)) continue;
        answered.add(query);
        const isShared = query.query.method === 'get_peers' && bytesEqual(query.query.infohash, shared);
        query.end(replyFrom(query.contact.host === one.contact.host ? one : other, { values: isShared ? [] : [peer] }));
      }
    }
    const hosts = new Set([one.contact.host, other.contact.host]);
    const asked = dht.ofMethod('get_peers');
    expect(asked.every(({ contact }) => hosts.has(contact.host))).toBe(true);
    for (const host of hosts) {
      const times = asked.filter(({ contact }) => contact.host === host).map(({ atMs }) => atMs);
      for (const [index, atMs] of times.entries())
        if (index > 0) expect(atMs - times[index - 1]!).toBeGreaterThanOrEqual(1_000);
    }
    // Both who sampled it named nobody: only then the whole network is asked, for this one and no other.
    expect(dht.lookups).toEqual([shared]);
    expect(found.length).toBeGreaterThanOrEqual(2);
    loop.stop();
  });

  test('R17 rule 7: nothing can announce: there is no encoder for it', () => {
    expect(Object.keys(codec).filter((name) => /announce/i.test(name))).toEqual([]);
  });
});

describe('R17 reading the answer', () => {
  const body = { id: ID };
  test.each([
    ['values alone', { ...body, token: 'x', values: [peer4(1)] }, [1, 0]],
    ['nodes alone', { ...body, nodes: node4(1), token: 'x' }, [0, 1]],
    ['both, as libtorrent and mldht send them', { ...body, nodes: node4(1), token: 'x', values: [peer4(1)] }, [1, 1]],
    ['no token: the store is full there, and for us it is a reply', { ...body, values: [peer4(1)] }, [1, 0]],
    ['neither', body, [0, 0]],
  ] as const)('R17 rule 2: %s', (_name, fields, counts) => {
    const { values, nodes } = read(replyBytes(T, fields));
    expect([values.length, nodes.length]).toEqual(counts);
  });

  test('R17 rule 3: Bloom filters instead of values are read as such (BEP 33)', () => {
    const filters = { BFpe: new Uint8Array(256).fill(1), BFsd: new Uint8Array(256).fill(2) };
    const reply = read(replyBytes(T, { ...body, ...filters }));
    expect([reply.values, reply.bloomPeers?.[9], reply.bloomSeeds?.[9]]).toEqual([[], 1, 2]);
  });

  test.each([
    ['a list of 6 bytes', bep5.valuesReply, ['97.120.106.101', '105.100.104.116']],
    ['6 and 18 bytes mixed (V7)', oddValues.hybrid, ['192.0.2.1', '2001:db8::1']],
    ['one long string of 6 bytes each (V8)', oddValues.concatenated, ['192.0.2.1', '192.0.2.2']],
    ['an empty list', replyBytes(T, { ...body, values: [] }), []],
    [
      'bad elements cost themselves',
      replyBytes(T, { ...body, values: [peer4(1), 'xyz', peer4(2)] }),
      ['203.1.0.1', '203.1.0.2'],
    ],
  ])('R17 rule 4: %s', (_name, bytes, hosts) => {
    expect(read(bytes).values.map(({ host }) => host)).toEqual(hosts);
  });

  test('R17 rule 5: a hundred peers, as libtorrent gives at most, are all taken; of three hundred 200', () => {
    const values = (count: number) => Array.from({ length: count }, (_, index) => peer4(index));
    expect(read(replyBytes(T, { ...body, values: values(100) })).values).toHaveLength(100);
    expect(read(replyBytes(T, { ...body, values: values(300) })).values).toHaveLength(200);
  });

  test('R17 rule 5: what we keep for others is forgotten after 45 minutes', () => {
    const clock = new SimulatedClock();
    const store = new PeerStore(clock, createSeededRandom(1));
    store.add(TARGET, peer);
    clock.advance(PEER_LIFE_MS - 1);
    store.expire();
    expect(store.infohashCount).toBe(1);
    clock.advance(2);
    store.expire();
    expect(store.infohashCount).toBe(0);
    expect(PEER_LIFE_MS).toBe(45 * 60_000);
  });
});
