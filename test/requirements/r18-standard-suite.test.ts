// R18: the standard suite over the whole node: published vectors, the malformed corpus, packets seen in the wild, a small
// network, and any bytes at all. What each of them decodes to, field by field, is test/wire's matter.
import { describe, expect, test, vi } from 'vitest';
import { createSeededRandom } from '../../main/base/random.ts';
import { BencodeScanner, KRPC_SCAN_LIMITS, TOKEN_END, TOKEN_MALFORMED } from '../../main/wire/bencode-scanner.ts';
import { decodeKrpc, KrpcMessage, toReply } from '../../main/wire/krpc-codec.ts';
import { bep5, bep51, oddValues, validMessages, wildPackets } from '../fixtures/bep-examples.ts';
import { malformedDatagrams } from '../fixtures/malformed-datagrams.ts';
import { mutate } from '../fuzz/mutate.ts';
import { simulationSeed, SimulatedNodes } from '../simulation/simulated-nodes.ts';

// Seconds on a quiet machine; a busy one must not fail them.
vi.setConfig({ testTimeout: 90_000 });

const seed = simulationSeed(18);
const STRANGER = { host: '23.77.0.1', port: 6881 };

/** One serving node, and what it sends while `bytes` come in one by one. */
async function heardBy(datagrams: readonly Uint8Array[]) {
  const nodes = new SimulatedNodes(seed);
  const { node, contact, counters } = nodes.create();
  await node.start();
  const answers: string[] = [];
  nodes.network.onSent = ({ bytes, to }) => {
    if (to.host === STRANGER.host) answers.push(Buffer.from(bytes).toString('latin1'));
  };
  const counts = datagrams.map((bytes) => {
    const before = { answers: answers.length, malformed: counters.malformed.total() };
    nodes.network.inject(STRANGER, contact, bytes);
    nodes.clock.advance(200);
    node.checkInvariants();
    return { answers: answers.length - before.answers, malformed: counters.malformed.total() - before.malformed };
  });
  await node.stop();
  return { counts, answers, counters };
}

describe('R18 vectors', () => {
  test('R18 every published query is answered, every reply and error nobody asked for is not', async () => {
    const queries = [bep5.pingQuery, bep5.findNodeQuery, bep5.getPeersQuery, bep51.query];
    const { counts, answers } = await heardBy(queries);
    expect(counts.map((count) => count.answers)).toEqual(queries.map(() => 1));
    expect(answers.every((answer) => answer.endsWith('1:y1:re') && answer.includes('1:t2:aa'))).toBe(true);
    // BEP 5's example token is not ours: error 203.
    expect((await heardBy([bep5.announceQuery])).answers[0]).toContain('i203e');
    const unasked = [
      bep5.pingReply,
      bep5.valuesReply,
      bep5.error,
      ...Object.values(oddValues),
      bep51.emptyReply,
      bep51.reply,
    ];
    const heard = await heardBy(unasked);
    expect(heard.answers).toEqual([]);
    expect(heard.counters.dropped.get('unknown-transaction')).toBe(unasked.length);
  });

  test.each(Object.entries(wildPackets))('R18 seen in the wild: %s is read', (_name, bytes) => {
    expect(decodeKrpc(bytes, new KrpcMessage())).toBeNull();
  });

  test('R18 packets seen in the wild name addresses of the documentation ranges only', () => {
    const documentation = /^(192\.0\.2|198\.51\.100|203\.0\.113)\.|^2001:db8:/;
    const message = new KrpcMessage();
    for (const [name, bytes] of [...Object.entries(wildPackets), ...Object.entries(oddValues)]) {
      decodeKrpc(bytes, message);
      if (message.kind !== 'response') continue;
      const { values, nodes, nodes6, externalContact } = toReply(message);
      const contacts = [...values, ...[...nodes, ...nodes6].map(({ contact }) => contact)];
      for (const { host } of externalContact === null ? contacts : [...contacts, externalContact])
        expect(host, name).toMatch(documentation);
    }
  });
});

describe('R18 malformed corpus (protocol.md 4.1)', () => {
  test.each(malformedDatagrams)('R18 %s: no answer, counted, and the node lives', async (_name, bytes) => {
    const { counts, answers } = await heardBy([bytes, bep5.pingQuery]);
    expect(counts[0]).toEqual({ answers: 0, malformed: 1 });
    expect(answers).toHaveLength(1);
  });
});

test(`R18 60 nodes in a simulated network find the nearest to anything (SEED=${seed})`, async () => {
  const nodes = new SimulatedNodes(seed);
  await nodes.grow(60, { localAddressesAllowed: true });
  nodes.clock.advance(4 * 60_000);
  nodes.checkInvariants();
  for (let round = 0; round < 10; round++) {
    const target = nodes.random.bytes(20);
    const from = nodes.ordinary[nodes.random.below(nodes.ordinary.length)]!;
    const infohash = target;
    for (const { node } of nodes.trueClosest(target, 4)) node.peerStore.add(infohash, { host: '80.1.2.3', port: 4000 });
    let found = 0;
    from.node.lookupPeers(infohash, (peers) => (found = peers.length));
    nodes.clock.advance(31_000);
    expect(found).toBe(1);
  }
  await nodes.stop();
});

test(`R18 100,000 mutations: never a throw, never a look outside the slice, always 0 <= pos <= end (SEED=${seed})`, () => {
  const random = createSeededRandom(seed);
  const seeds = validMessages.map(([, bytes]) => bytes);
  const scanner = new BencodeScanner(KRPC_SCAN_LIMITS);
  const message = new KrpcMessage();
  const buffer = random.bytes(8_192);
  for (let round = 0; round < 100_000; round++) {
    const bytes = mutate(seeds, random).subarray(0, 4_200);
    const at = random.below(64);
    buffer.set(bytes, at);
    const datagram = buffer.subarray(at, at + bytes.length);
    decodeKrpc(datagram, message);
    message.checkInvariants();
    if (round % 4 > 0 || bytes.length === 0) continue;
    scanner.begin(datagram);
    for (let token = scanner.next(); token !== TOKEN_END && token !== TOKEN_MALFORMED; token = scanner.next())
      scanner.checkInvariants();
    scanner.checkInvariants();
  }
});
