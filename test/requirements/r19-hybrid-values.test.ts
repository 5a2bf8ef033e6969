// R19: the user's crash, an 18 byte element in `values`, and everything beside it: V7 to V9, every packet cut at every byte,
// and a reused receive buffer full of what came before.
import { describe, expect, test, vi } from 'vitest';
import { createSeededRandom } from '../../main/base/random.ts';
import { asNodeId } from '../../main/base/identifier.ts';
import { decodeKrpc, encodeReply, KrpcMessage, toReply, type KrpcReply } from '../../main/wire/krpc-codec.ts';
import { oddValues, validMessages } from '../fixtures/bep-examples.ts';
import { mutate } from '../fuzz/mutate.ts';
import { SimulatedNodes } from '../simulation/simulated-nodes.ts';

// Seconds on a quiet machine; a busy one must not fail them.
vi.setConfig({ testTimeout: 90_000 });

const message = new KrpcMessage();
const random = createSeededRandom(19);
/** As a socket's: bytes of earlier, longer datagrams lie behind what came last. */
const buffer = random.bytes(8_192);

function receive(bytes: Uint8Array, at = 0): { reason: string | null; reply: KrpcReply | null } {
  buffer.set(bytes, at);
  const reason = decodeKrpc(buffer.subarray(at, at + bytes.length), message);
  message.checkInvariants();
  return { reason, reply: reason === null && message.kind === 'response' ? toReply(message) : null };
}

/** Ours, with all that a reply can carry. */
function fullReply(): Uint8Array {
  const into = new Uint8Array(1_500);
  const values = Array.from({ length: 20 }, (_, index) => random.bytes(index % 2 === 0 ? 18 : 6));
  const head = { transactionId: random.bytes(4), id: asNodeId(random.bytes(20)), token: random.bytes(8) };
  const requester = { host: '198.51.100.7', port: 51_413 };
  return into.slice(0, encodeReply(into, { ...head, requester, nodes: random.bytes(8 * 26), values }));
}

const packets = [...validMessages, ['a full reply of ours', fullReply()] as const];

describe('R19 values', () => {
  test('R19 V7: an 18 byte element is an IPv6 peer', () => {
    expect(receive(oddValues.hybrid).reply?.values).toEqual([
      { host: '192.0.2.1', port: 6881 },
      { host: '2001:db8::1', port: 6881 },
    ]);
  });

  test('R19 V8: one string of concatenated contacts is two peers', () => {
    expect(receive(oddValues.concatenated).reply?.values.map(({ host }) => host)).toEqual(['192.0.2.1', '192.0.2.2']);
  });

  test('R19 V9: V7 cut at every length is refused, by the decoder and by the node', async () => {
    const nodes = new SimulatedNodes(9);
    const { node, contact, counters } = nodes.create();
    await node.start();
    for (let length = 0; length < oddValues.hybrid.length; length++) {
      const cut = oddValues.hybrid.subarray(0, length);
      expect(receive(cut, 64).reason, `${length} bytes`).not.toBeNull();
      nodes.network.inject({ host: '23.9.9.9', port: 6881 }, contact, cut);
    }
    nodes.clock.advance(1_000);
    node.checkInvariants();
    expect(counters.malformed.total()).toBe(oddValues.hybrid.length);
    await node.stop();
  });
});

test.each(packets)('R19 %s, cut at every byte with the rest still lying behind it', (_name, bytes) => {
  for (let length = 0; length < bytes.length; length++) {
    buffer.set(bytes, 16);
    const reason = decodeKrpc(buffer.subarray(16, 16 + length), message);
    message.checkInvariants();
    expect(reason, `${length} of ${bytes.length}`).not.toBeNull();
  }
  expect(receive(bytes, 16).reason).toBeNull();
});

test('R19 50,000 damaged datagrams in one dirty buffer: the same verdict as in a clean one', () => {
  const clean = new KrpcMessage();
  const seeds = packets.map(([, bytes]) => bytes);
  for (let round = 0; round < 50_000; round++) {
    const bytes = mutate(seeds, random).slice(0, 4_200);
    const { reason, reply } = receive(bytes, random.below(256));
    expect(decodeKrpc(bytes, clean)).toBe(reason);
    if (reply !== null) expect(toReply(clean).values.length).toBe(reply.values.length);
  }
});
