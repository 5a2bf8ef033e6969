// What we send: canonical bencode that npm `bencode` reads as the values meant, and that our own decoder finds nothing odd in.
import bencode from 'bencode';
import type { Bencodable } from 'bencode';
import { describe, expect, test } from 'vitest';
import { asNodeId } from '../../main/base/identifier.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import * as codec from '../../main/wire/krpc-codec.ts';
import {
  CLIENT_VERSION,
  decodeKrpc,
  encodeError,
  encodeQuery,
  encodeReply,
  KrpcMessage,
} from '../../main/wire/krpc-codec.ts';
import type { OutgoingQuery, OutgoingReply } from '../../main/wire/krpc-codec.ts';
import { latin1 } from '../fixtures/bep-examples.ts';

const id = asNodeId(latin1('abcdefghij0123456789'));
const target = latin1('mnopqrstuvwxyz123456');
const transactionId = latin1('aa\0\xff');
const v = latin1(CLIENT_VERSION);
const requester = { host: '198.51.100.7', port: 51413 };
const ip = new Uint8Array([198, 51, 100, 7, 0xc8, 0xd5]);

/** The bytes an encoder wrote, checked to be canonical and free of oddities. */
function written(write: (into: Uint8Array) => number): Uint8Array {
  const into = new Uint8Array(1500).fill(0xaa);
  const length = write(into);
  expect(
    into.subarray(length).every((byte) => byte === 0xaa),
    'nothing is written behind the message',
  ).toBe(true);
  const bytes = into.slice(0, length);
  expect(Buffer.from(bencode.encode(bencode.decode(bytes) as Bencodable)).toString('latin1'), 'canonical').toBe(
    Buffer.from(bytes).toString('latin1'),
  );
  const message = new KrpcMessage();
  expect(decodeKrpc(bytes, message)).toBeNull();
  expect([message.oddities, message.hasBadArguments]).toEqual([[], false]);
  return bytes;
}

/** What npm `bencode` makes of it. */
const decoded = (write: (into: Uint8Array) => number) => plain(bencode.decode(written(write)));

/** npm bencode's objects have a prototype of their own file; equality should not care. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

describe('queries', () => {
  const head = { transactionId, id, isReadOnly: false } as const;
  const common = { t: transactionId, v, y: latin1('q') };

  test.each<[string, OutgoingQuery, object]>([
    ['ping', { ...head, method: 'ping' }, { a: { id }, q: latin1('ping'), ...common }],
    [
      'ping, read-only',
      { ...head, isReadOnly: true, method: 'ping' },
      { a: { id }, q: latin1('ping'), ro: 1, ...common },
    ],
    ['find_node', { ...head, method: 'find_node', target }, { a: { id, target }, q: latin1('find_node'), ...common }],
    [
      'find_node in both families',
      { ...head, method: 'find_node', target, want: ['n4', 'n6'] },
      { a: { id, target, want: [latin1('n4'), latin1('n6')] }, q: latin1('find_node'), ...common },
    ],
    [
      'get_peers',
      { ...head, method: 'get_peers', infohash: target },
      { a: { id, info_hash: target }, q: latin1('get_peers'), ...common },
    ],
    [
      'get_peers for Bloom filters',
      { ...head, isReadOnly: true, method: 'get_peers', infohash: target, wantsScrape: true, want: ['n6'] },
      { a: { id, info_hash: target, scrape: 1, want: [latin1('n6')] }, q: latin1('get_peers'), ro: 1, ...common },
    ],
    [
      'sample_infohashes',
      { ...head, isReadOnly: true, method: 'sample_infohashes', target },
      { a: { id, target }, q: latin1('sample_infohashes'), ro: 1, ...common },
    ],
  ])('%s', (_, query, expected) => {
    expect(decoded((into) => encodeQuery(into, query))).toEqual(expected);
    const message = new KrpcMessage();
    decodeKrpc(
      written((into) => encodeQuery(into, query)),
      message,
    );
    expect([message.kind, message.method, message.isReadOnly]).toEqual(['query', query.method, query.isReadOnly]);
  });

  test('to the byte, but for `v` the query of BEP 51', () => {
    const bytes = written((into) =>
      encodeQuery(into, { ...head, transactionId: latin1('aa'), method: 'sample_infohashes', target }),
    );
    expect(bytes).toEqual(
      latin1(
        `d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q17:sample_infohashes1:t2:aa1:v4:LF\0\x011:y1:qe`,
      ),
    );
  });

  test('the longest query fits QUERY_BYTES_MAX', () => {
    const into = new Uint8Array(codec.QUERY_BYTES_MAX);
    encodeQuery(into, {
      transactionId: new Uint8Array(32),
      id,
      isReadOnly: true,
      method: 'get_peers',
      infohash: target,
      wantsScrape: true,
      want: ['n4', 'n6'],
    });
  });

  test('nothing here can announce', () => {
    expect(Object.keys(codec).filter((name) => /announce/i.test(name))).toEqual([]);
    // @ts-expect-error There is no such method.
    const query: OutgoingQuery = { ...head, method: 'announce_peer', infohash: target };
    expect(() => encodeQuery(new Uint8Array(500), query)).toThrow();
  });
});

describe('replies', () => {
  const head: OutgoingReply = { transactionId, requester, id };
  const common = { ip, t: transactionId, v, y: latin1('r') };
  const nodes = createSeededRandom(1).bytes(8 * 26);
  const nodes6 = createSeededRandom(3).bytes(8 * 38);
  const filter = createSeededRandom(4).bytes(256);
  const samples = createSeededRandom(2).bytes(20 * 20);
  const values = Array.from({ length: 50 }, (_, index) => createSeededRandom(index).bytes(index % 2 === 0 ? 6 : 18));

  test.each<[string, OutgoingReply, object]>([
    ['ping', head, { r: { id } }],
    ['no nodes', { ...head, nodes: new Uint8Array(0) }, { r: { id, nodes: new Uint8Array(0) } }],
    ['find_node', { ...head, nodes }, { r: { id, nodes } }],
    ['get_peers', { ...head, nodes, token: latin1('tok'), values }, { r: { id, nodes, token: latin1('tok'), values } }],
    ['both families', { ...head, nodes, nodes6 }, { r: { id, nodes, nodes6 } }],
    [
      'filters',
      { ...head, nodes6, token: latin1('tok'), bloomPeers: filter, bloomSeeds: new Uint8Array(256) },
      { r: { BFpe: filter, BFsd: new Uint8Array(256), id, nodes6, token: latin1('tok') } },
    ],
    ['no values', { ...head, values: [], token: latin1('') }, { r: { id, token: latin1(''), values: [] } }],
    [
      'sample_infohashes',
      { ...head, nodes, samples, num: 1_234_567_890_123, intervalSeconds: 21_600 },
      { r: { id, interval: 21_600, nodes, num: 1_234_567_890_123, samples } },
    ],
    [
      'no samples',
      { ...head, samples: new Uint8Array(0), num: 0, intervalSeconds: 0 },
      { r: { id, interval: 0, num: 0, samples: new Uint8Array(0) } },
    ],
  ])('%s', (_, reply, expected) => {
    expect(decoded((into) => encodeReply(into, reply))).toEqual({ ...common, ...expected });
  });

  test('an IPv6 requester is told its 18 bytes; one without an address nothing', () => {
    const reply = decoded((into) => encodeReply(into, { ...head, requester: { host: '2001:db8::7', port: 1 } }));
    expect(reply).toMatchObject({ ip: latin1(`\x20\x01\x0d\xb8${'\0'.repeat(11)}\x07\x00\x01`) });
    expect(
      decoded((into) => encodeReply(into, { ...head, requester: { host: 'localhost', port: 1 } })),
    ).not.toHaveProperty('ip');
  });

  test('transaction ids of any length and content come back as they are', () => {
    for (const length of [0, 1, 2, 9, 10, 32]) {
      const echoed = createSeededRandom(length).bytes(length);
      expect(decoded((into) => encodeReply(into, { ...head, transactionId: echoed }))).toMatchObject({ t: echoed });
    }
  });
});

test('errors', () => {
  const error = { transactionId, code: 203, text: 'Protocol Error' };
  expect(decoded((into) => encodeError(into, error))).toEqual({
    e: [203, latin1('Protocol Error')],
    t: transactionId,
    v,
    y: latin1('e'),
  });
});

describe('mistakes of our own are loud', () => {
  test('a buffer too small', () => {
    const full = encodeReply(new Uint8Array(1500), { transactionId, requester, id, nodes: new Uint8Array(208) });
    for (let length = 0; length < full; length++) {
      expect(() =>
        encodeReply(new Uint8Array(length), { transactionId, requester, id, nodes: new Uint8Array(208) }),
      ).toThrow('fits');
    }
  });

  test('lengths and numbers that cannot be', () => {
    const into = new Uint8Array(1500);
    expect(() =>
      encodeQuery(into, { transactionId, id, isReadOnly: true, method: 'find_node', target: new Uint8Array(19) }),
    ).toThrow();
    expect(() => encodeReply(into, { transactionId, requester, id, nodes: new Uint8Array(25) })).toThrow();
    expect(() => encodeReply(into, { transactionId, requester, id, samples: new Uint8Array(21) })).toThrow();
    expect(() => encodeReply(into, { transactionId, requester, id, values: [new Uint8Array(7)] })).toThrow();
    expect(() => encodeReply(into, { transactionId, requester, id, num: -1 })).toThrow();
    expect(() => encodeError(into, { transactionId, code: 203, text: 'ü' })).toThrow();
  });
});
