// What a reply becomes once it is copied out of its datagram: bounds, odd elements, ownership (protocol.md 2.2, 2.3, R19).
import { describe, expect, test } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import { asNodeId } from '../../main/base/identifier.ts';
import { decodeKrpc, encodeReply, KrpcMessage, toReply } from '../../main/wire/krpc-codec.ts';
import type { KrpcReply } from '../../main/wire/krpc-codec.ts';
import { bep5, bep51, latin1, oddValues, wildPackets } from '../fixtures/bep-examples.ts';

const ID = 'abcdefghij0123456789';

function read(bytes: Uint8Array): { reply: KrpcReply; oddities: string[] } {
  const message = new KrpcMessage();
  expect(decodeKrpc(bytes, message)).toBeNull();
  const reply = toReply(message);
  message.checkInvariants();
  return { reply, oddities: [...message.oddities].sort() };
}

const withFields = (fields: string) => latin1(`d1:rd2:id20:${ID}${fields}e1:t2:aa1:y1:re`);
const withValues = (...values: string[]) =>
  withFields(`6:valuesl${values.map((value) => `${value.length}:${value}`).join('')}e`);
const peer4 = (last: number, port = 6881) => `\xc0\x00\x02${String.fromCharCode(last, port >> 8, port & 255)}`;
const peer6 = (last: number) => `\x20\x01\x0d\xb8${'\0'.repeat(11)}${String.fromCharCode(last)}\x1a\xe1`;
const hosts = (reply: KrpcReply) => reply.values.map((contact) => contact.host);

describe('values', () => {
  test("BEP 5's own: two peers", () => {
    expect(read(bep5.valuesReply).reply.values).toEqual([
      { host: '97.120.106.101', port: 11893 },
      { host: '105.100.104.116', port: 28269 },
    ]);
  });

  test('V7: 6 and 18 bytes mixed', () => {
    const { reply, oddities } = read(oddValues.hybrid);
    expect(reply.values).toEqual([
      { host: '192.0.2.1', port: 6881 },
      { host: '2001:db8::1', port: 6881 },
    ]);
    expect(oddities).toEqual([]);
  });

  test('V8: one string of concatenated 6 byte contacts', () => {
    const { reply, oddities } = read(oddValues.concatenated);
    expect(reply.values).toEqual([
      { host: '192.0.2.1', port: 6881 },
      { host: '192.0.2.2', port: 6882 },
    ]);
    expect(oddities).toEqual([]);
  });

  test.each<[string, string[], string[]]>([
    ['an empty element', [peer4(1), '', peer4(2)], ['192.0.2.1', '192.0.2.2']],
    ['5 bytes', ['abcde', peer4(2)], ['192.0.2.2']],
    ['7 bytes', [peer4(1), 'abcdefg'], ['192.0.2.1']],
    ['26 bytes', ['x'.repeat(26), peer4(2)], ['192.0.2.2']],
    ['12 bytes beside another', [peer4(1) + peer4(2), peer4(3)], ['192.0.2.3']],
    ['12 bytes after another', [peer4(3), peer4(1) + peer4(2)], ['192.0.2.3']],
    ['one element of 13 bytes', ['x'.repeat(13)], []],
    ['one empty element', [''], []],
  ])('a bad element is left out, the others count: %s', (_, values, expected) => {
    const { reply, oddities } = read(withValues(...values));
    expect(hosts(reply)).toEqual(expected);
    expect(oddities).toEqual(['bad-values-element']);
  });

  test('numbers, lists and dictionaries among the elements are left out', () => {
    const { reply, oddities } = read(
      withFields(`6:valuesli6e6:${peer4(1)}l6:${peer4(2)}ed1:a6:${peer4(3)}e6:${peer4(4)}e`),
    );
    expect(hosts(reply)).toEqual(['192.0.2.1', '192.0.2.4']);
    expect(oddities).toEqual(['bad-values-element']);
  });

  test('18 bytes alone are one IPv6 peer, not three of IPv4', () => {
    expect(hosts(read(withValues(peer6(7))).reply)).toEqual(['2001:db8::7']);
  });

  test('an empty list', () => {
    expect(read(withFields('6:valuesle'))).toMatchObject({ reply: { values: [] }, oddities: [] });
  });

  test('port 0 is nobody', () => {
    const { reply, oddities } = read(withValues(peer4(1, 0), peer4(2)));
    expect(hosts(reply)).toEqual(['192.0.2.2']);
    expect(oddities).toEqual(['port-zero']);
  });

  test.each([
    ['a list', withValues(...Array.from({ length: 400 }, (_, index) => peer4(index & 255, 1000 + index)))],
    ['one string', withValues(Array.from({ length: 400 }, (_, index) => peer4(index & 255, 1000 + index)).join(''))],
  ])('of 400 in %s 200 are kept, from all over it', (_, bytes) => {
    const { reply, oddities } = read(bytes);
    expect(reply.values).toHaveLength(200);
    expect(reply.values[0]!.port).toBe(1000);
    expect(reply.values.at(-1)!.port).toBe(1398);
    expect(new Set(reply.values.map((contact) => contact.port)).size).toBe(200);
    expect(oddities).toEqual(['too-many-values']);
  });

  test('of 201 in a list 200 different ones are kept', () => {
    const { reply } = read(withValues(...Array.from({ length: 201 }, (_, index) => peer4(1, 1000 + index))));
    expect(new Set(reply.values.map((contact) => contact.port)).size).toBe(200);
  });
});

describe('samples', () => {
  test('V3: hash i is bytes [20i, 20i+20)', () => {
    const { reply } = read(bep51.reply);
    expect([...reply.samples!].map(toHex)).toEqual([
      '000102030405060708090a0b0c0d0e0f10111213',
      '1415161718191a1b1c1d1e1f2021222324252627',
    ]);
    expect(reply).toMatchObject({ num: 2, intervalSeconds: 21600, token: null, version: null, externalContact: null });
    expect(reply.nodes.map((node) => [toHex(node.id), node.contact])).toEqual([
      [toHex(latin1(ID)), { host: '192.0.2.1', port: 6881 }],
    ]);
  });

  test('present and empty is support of BEP 51, absent or bad is not', () => {
    expect([...read(bep51.emptyReply).reply.samples!]).toEqual([]);
    expect(read(bep5.pingReply).reply.samples).toBeNull();
    expect(read(withFields(`3:numi1e7:samples19:${'x'.repeat(19)}`)).reply.samples).toBeNull();
    expect(read(wildPackets.emptySamples).reply).toMatchObject({
      samples: { length: 0 },
      version: 'LT\x01/',
      externalContact: { host: '198.51.100.7', port: 6881 },
    });
  });

  test('zero and repeated infohashes are left out, at any place', () => {
    const hashes = ['a', 'b', 'a', '\0', 'c', 'b', '\0'].map((letter) => letter.repeat(20));
    const almost = `${'a'.repeat(19)}b`;
    const { reply, oddities } = read(withFields(`8:intervali0e3:numi7e7:samples160:${hashes.join('')}${almost}`));
    expect([...reply.samples!].map((sample) => Buffer.from(sample).toString('latin1'))).toEqual([
      'a'.repeat(20),
      'b'.repeat(20),
      'c'.repeat(20),
      almost,
    ]);
    expect(oddities).toEqual(['repeated-sample', 'zero-sample']);
  });
});

describe('the rest', () => {
  test('of 70 nodes the first 64 are kept; nodes6 beside them; port 0 is left out', () => {
    const node = (index: number) => `${String.fromCharCode(index).repeat(20)}${peer4(index, index === 3 ? 0 : 6881)}`;
    const nodes = Array.from({ length: 70 }, (_, index) => node(index + 1)).join('');
    const { reply, oddities } = read(
      withFields(`5:nodes${nodes.length}:${nodes}6:nodes638:${'z'.repeat(20)}${peer6(9)}`),
    );
    expect(reply.nodes).toHaveLength(63);
    expect(reply.nodes[0]).toEqual({
      id: asNodeId(new Uint8Array(20).fill(1)),
      contact: { host: '192.0.2.1', port: 6881 },
    });
    expect(reply.nodes.at(-1)!.contact.host).toBe('192.0.2.64');
    expect(reply.nodes6).toEqual([
      { id: asNodeId(new Uint8Array(20).fill(0x7a)), contact: { host: '2001:db8::9', port: 6881 } },
    ]);
    expect(oddities).toEqual(['port-zero', 'too-many-nodes']);
  });

  test('Bloom filters, token, IPv6 address of ours', () => {
    const filter = 'x'.repeat(256);
    const body = `4:BFpe256:${filter}4:BFsd256:${filter}2:id20:${ID}5:token3:abc`;
    const { reply, oddities } = read(latin1(`d2:ip18:${peer6(5)}1:rd${body}e1:t2:aa1:y1:re`));
    expect(reply.bloomPeers).toEqual(latin1(filter));
    expect(reply.bloomSeeds).toEqual(latin1(filter));
    expect(reply.token).toEqual(latin1('abc'));
    expect(reply.externalContact).toEqual({ host: '2001:db8::5', port: 6881 });
    expect(oddities).toEqual([]);
  });

  test('a reply outlives its datagram: a Buffer that is overwritten, as sockets do, changes nothing', () => {
    const into = new Uint8Array(2000);
    const length = encodeReply(into, {
      transactionId: latin1('abcd'),
      requester: { host: '198.51.100.9', port: 4000 },
      id: asNodeId(latin1(ID)),
      nodes: latin1(`${ID}${peer4(1)}`),
      token: latin1('tok'),
      values: [latin1(peer4(2)), latin1(peer6(3))],
      samples: new Uint8Array(40).fill(7, 0, 20).fill(8, 20),
      num: 2,
      intervalSeconds: 60,
    });
    const datagram = Buffer.from(into.subarray(0, length));
    const message = new KrpcMessage();
    expect(decodeKrpc(datagram, message)).toBeNull();
    const reply = toReply(message);
    const before = structuredClone(reply);
    const samplesBefore = [...reply.samples!].map(toHex);
    datagram.fill(0xee);
    expect({ ...reply, samples: null }).toEqual({ ...before, samples: null });
    expect([...reply.samples!].map(toHex)).toEqual(samplesBefore);
    for (const owned of [reply.nodeId, reply.nodes[0]!.id, reply.samples!.at(1), reply.token!]) {
      expect(owned.buffer.byteLength).toBe(owned.length);
    }
  });

  test('only a response is a reply', () => {
    const message = new KrpcMessage();
    decodeKrpc(bep5.pingQuery, message);
    expect(() => toReply(message)).toThrow('only a decoded response');
  });
});
