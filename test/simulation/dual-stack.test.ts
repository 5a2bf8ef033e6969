// Two DHTs side by side (BEP 32), and what befalls a node's socket and addresses: production nodes of both families on one
// simulated network. A failing run prints its seed.
import bencode from 'bencode';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import type { QueryOutcome } from '../../main/dht/dht-node.ts';
import { isSecureNodeId } from '../../main/dht/node-id.ts';
import { simulatedHost, simulatedHost6, type Datagram } from './simulated-network.ts';
import { endNodes, recordedNodes, simulationSeed, type SimulatedNode, type SimulatedNodes } from './simulated-nodes.ts';

vi.setConfig({ testTimeout: 90_000 });

const MINUTE = 60_000;
const seed = simulationSeed(32);
const QUICK = { localAddressesAllowed: true };

let nodes: SimulatedNodes;
let sent: Datagram[];

beforeEach(() => {
  ({ nodes, sent } = recordedNodes(seed));
});

afterEach(async () => {
  expect(await endNodes(nodes), `SEED=${seed}: timers left after the stop`).toBe(0);
});

/** Ordinary nodes of both families, paired machine by machine; some machines have IPv4 only. */
async function growBoth(count: number, withoutV6 = 0): Promise<{ v4: SimulatedNode[]; v6: SimulatedNode[] }> {
  const v4: SimulatedNode[] = [];
  const v6: SimulatedNode[] = [];
  for (let index = 0; index < count; index++) {
    const known4 = v4.slice(-8).map(({ contact }) => ({ ...contact, isOrdinary: true }));
    const known6 = v6.slice(-8).map(({ contact }) => ({ ...contact, isOrdinary: true }));
    const four = nodes.create({ ...QUICK, bindHost: simulatedHost(index), bootstrap: known4 });
    await four.node.start();
    v4.push(four);
    if (index >= withoutV6) {
      const six = nodes.create({ ...QUICK, bindHost: simulatedHost6(index), bootstrap: known6 });
      await six.node.start();
      v6.push(six);
      pair(four, six);
    }
    nodes.clock.advance(1_500);
  }
  return { v4, v6 };
}

function pair(a: SimulatedNode, b: SimulatedNode): void {
  a.node.pairWith(b.node);
  b.node.pairWith(a.node);
}

function goodCount({ node }: SimulatedNode): number {
  return [...node.table.nodes()].filter(({ state }) => state === 'good').length;
}

/** What `asked` answers to a query of a stranger at `host`. */
async function answerOf(asked: SimulatedNode, host: string, args: Record<string, unknown>, method = 'find_node') {
  const answers: Record<string, unknown>[] = [];
  const socket = await nodes.network.openSocket({
    bindHost: host,
    port: 999,
    onDatagram: (bytes) => answers.push({ ...(bencode.decode(bytes) as object), byteCount: bytes.length }),
    onError: () => undefined,
  });
  const a = { id: nodes.random.bytes(20), target: nodes.random.bytes(20), info_hash: nodes.random.bytes(20), ...args };
  socket.send(Uint8Array.from(bencode.encode({ a, q: method, t: 'aa', y: 'q' })), asked.contact);
  nodes.clock.advance(1_000);
  await socket.close();
  return answers.find(({ r }) => r !== undefined) as {
    r: Record<string, Uint8Array>;
    ip: Uint8Array;
    byteCount: number;
  };
}

describe(`two DHTs side by side (SEED=${seed})`, () => {
  test('each family knows its own, answers with the other where asked to, and keeps to one frame', async () => {
    const { v4, v6 } = await growBoth(26);
    nodes.clock.advance(3 * MINUTE);
    for (const member of v4)
      for (const { contact } of member.node.table.nodes()) expect(contact.host).not.toContain(':');
    for (const member of v6) for (const { contact } of member.node.table.nodes()) expect(contact.host).toContain(':');
    expect(Math.min(...[...v4, ...v6].map(goodCount))).toBeGreaterThanOrEqual(8);
    const strange4 = '23.210.0.1';
    const strange6 = '2a00:99::1';
    const plain4 = await answerOf(v4[20]!, strange4, {});
    expect([plain4.r['nodes']?.length, plain4.r['nodes6']]).toEqual([8 * 26, undefined]);
    const plain6 = await answerOf(v6[20]!, strange6, {});
    expect([plain6.r['nodes'], plain6.r['nodes6']?.length, plain6.ip.length]).toEqual([undefined, 8 * 38, 18]);
    // Before it is asked: whoever finds another id that suits his address leaves the table at any time (BEP 42).
    const known6 = [...v6[20]!.node.table.nodes()].map(({ id }) => toHex(id));
    const both = await answerOf(v4[20]!, '23.210.0.2', { want: ['n6', 'n8', 'n4'] });
    expect([both.r['nodes']?.length, both.r['nodes6']?.length]).toEqual([8 * 26, 8 * 38]);
    const only6 = await answerOf(v4[20]!, '23.210.0.3', { want: ['n6'] });
    expect([only6.r['nodes'], only6.r['nodes6']?.length]).toEqual([undefined, 8 * 38]);
    // What a node6 names is a live node of the other table.
    expect(known6).toContain(toHex(both.r['nodes6']!.slice(0, 20)));
    const most = await answerOf(v4[20]!, '23.210.0.4', { want: ['n4', 'n6'] }, 'sample_infohashes');
    expect(most.r['nodes6']).toHaveLength(8 * 38);
    for (const { bytes } of sent) expect(bytes.length).toBeLessThanOrEqual(1_400);
  });

  test('want is sent only while the other table needs it, and fills it: no node of that family was known before', async () => {
    const { v4 } = await growBoth(30);
    nodes.clock.advance(3 * MINUTE);
    const bootstrap = v4.slice(0, 8).map(({ contact }) => ({ ...contact, isOrdinary: true }));
    const four = nodes.create({ ...QUICK, bindHost: '23.211.0.1', bootstrap });
    const six = nodes.create({ ...QUICK, bindHost: '2a00:77::1' });
    pair(four, six);
    await four.node.start();
    await six.node.start();
    nodes.clock.advance(4 * MINUTE);
    expect(goodCount(six)).toBeGreaterThanOrEqual(8);
    const asks = () => sent.filter(({ from, bytes }) => from.host === four.contact.host && has(bytes, '1:y1:q'));
    expect(asks().some(({ bytes }) => has(bytes, '4:wantl2:n42:n6e'))).toBe(true);
    sent.length = 0;
    four.node.lookupPeers(nodes.random.bytes(20), () => undefined);
    nodes.clock.advance(MINUTE);
    expect(asks().length).toBeGreaterThan(8);
    expect(asks().some(({ bytes }) => has(bytes, '4:want'))).toBe(false);
  });

  test('neighbours without IPv6, dead and silent ones among them: both families still join', async () => {
    const { v4, v6 } = await growBoth(40, 20);
    for (const member of [...v4.slice(0, 10), ...v6.slice(0, 5)]) nodes.network.setOff(member.contact.host, true);
    nodes.clock.advance(20 * MINUTE);
    const alive6 = v6.slice(5);
    expect(Math.min(...alive6.map(goodCount))).toBeGreaterThanOrEqual(6);
    expect(Math.min(...v4.slice(10).map(goodCount))).toBeGreaterThanOrEqual(8);
    expect(
      Math.max(...alive6.map(({ node }) => [...node.table.nodes()].filter(({ state }) => state === 'bad').length)),
    ).toBeLessThanOrEqual(5);
  });

  test('BEP 42 for each family by itself: thirty networks agree, and each id fits its own address', async () => {
    const { v4, v6 } = await growBoth(34);
    nodes.clock.advance(12 * MINUTE);
    const secure = (members: readonly SimulatedNode[]) =>
      members.filter(({ node, contact }) => isSecureNodeId(node.nodeId, contact.host)).length;
    expect(secure(v4)).toBeGreaterThan(v4.length * 0.8);
    expect(secure(v6)).toBeGreaterThan(v6.length * 0.8);
  });

  test('a node of one family never asks an address of the other', async () => {
    const { v4, v6 } = await growBoth(4);
    const ask = (from: SimulatedNode, to: SimulatedNode) =>
      from.node.query(to.contact, { method: 'ping' }, () => undefined);
    expect([ask(v4[0]!, v6[1]!), ask(v6[0]!, v4[1]!)]).toEqual([false, false]);
    expect(sent.every(({ from, to }) => from.host.includes(':') === to.host.includes(':'))).toBe(true);
  });
});

describe(`a node and its socket (SEED=${seed})`, () => {
  async function swarm(): Promise<SimulatedNode> {
    await nodes.grow(30, QUICK);
    nodes.clock.advance(3 * MINUTE);
    return nodes.ordinary.at(-1)!;
  }

  /** Timers fire in advance(), promises between: the socket is opened in one. */
  async function pass(durationMs: number): Promise<void> {
    for (let passedMs = 0; passedMs < durationMs; passedMs += 500) {
      nodes.clock.advance(500);
      await Promise.resolve();
      await Promise.resolve();
      await Promise.resolve();
    }
  }

  const badCount = ({ node }: SimulatedNode) => [...node.table.nodes()].filter(({ state }) => state === 'bad').length;

  test('the socket dies: what was asked is void, nobody is blamed, another is opened after a second on the same port', async () => {
    const member = await swarm();
    const known = member.node.table.nodeCount;
    const outcomes: QueryOutcome[] = [];
    expect(member.node.query(nodes.ordinary[2]!.contact, { method: 'ping' }, (got) => outcomes.push(got))).toBe(true);
    nodes.network.kill(member.contact, 'EBADF');
    expect(outcomes).toEqual([{ kind: 'cancelled' }]);
    expect([member.node.localPort, member.node.isSilent]).toEqual([0, true]);
    expect(member.node.query(nodes.ordinary[2]!.contact, { method: 'ping' }, () => undefined)).toBe(false);
    sent.length = 0;
    await pass(500);
    expect(sent.filter(({ from }) => from.host === member.contact.host)).toEqual([]);
    await pass(10_000);
    expect(member.node.localPort).toBe(member.contact.port);
    await pass(MINUTE);
    expect([member.node.table.nodeCount, badCount(member), member.node.isSilent]).toEqual([known, 0, false]);
    expect(goodCount(member)).toBeGreaterThanOrEqual(8);
    expect(member.counters.dropped.get('socket-lost')).toBe(1);
  });

  test('its port was taken meanwhile: another one; and one that dies at once is opened ever less often', async () => {
    const member = await swarm();
    nodes.network.kill(member.contact, 'ENOTSOCK');
    const thief = await nodes.network.openSocket({
      bindHost: member.contact.host,
      port: member.contact.port,
      onDatagram: () => undefined,
      onError: () => undefined,
    });
    await pass(5_000);
    expect(member.node.localPort).not.toBe(0);
    expect(member.node.localPort).not.toBe(member.contact.port);
    await thief.close();
    const openedAtMs: number[] = [];
    let wasOpen = true;
    for (let step = 0; step < 1_200; step++) {
      const isOpen = member.node.localPort !== 0;
      if (isOpen && !wasOpen) openedAtMs.push(nodes.clock.nowMs());
      wasOpen = isOpen;
      if (isOpen) nodes.network.kill({ host: member.contact.host, port: member.node.localPort }, 'EBADF');
      await pass(500);
    }
    expect(openedAtMs.length).toBeGreaterThan(8);
    expect(openedAtMs.length).toBeLessThan(25);
    await pass(2 * MINUTE);
    expect(member.node.localPort).not.toBe(0);
    expect(goodCount(member)).toBeGreaterThanOrEqual(8);
  });

  test('its address is gone for ten minutes: silence, no blame, and back again; then it moves to another one', async () => {
    const member = await swarm();
    const known = member.node.table.nodeCount;
    nodes.network.setGone(member.contact.host, true);
    member.node.rebind(null);
    sent.length = 0;
    await pass(10 * MINUTE);
    expect(sent.filter(({ from }) => from.host === member.contact.host)).toEqual([]);
    expect([member.node.table.nodeCount, badCount(member)]).toEqual([known, 0]);
    nodes.network.setGone(member.contact.host, false);
    member.node.rebind(member.contact.host);
    await pass(MINUTE);
    expect(goodCount(member)).toBeGreaterThanOrEqual(8);
    const moved = '23.220.0.1';
    member.node.rebind(moved);
    await pass(2 * MINUTE);
    expect(sent.some(({ from }) => from.host === moved)).toBe(true);
    expect([badCount(member), goodCount(member) >= 8]).toEqual([0, true]);
    const found = await answerOf(
      { ...member, contact: { host: moved, port: member.node.localPort } },
      '23.210.0.9',
      {},
    );
    expect(found.r['nodes']).toHaveLength(8 * 26);
  });

  test('the address is not there yet when it moves: tried again until it is', async () => {
    const member = await swarm();
    const moved = '23.221.0.1';
    nodes.network.setGone(moved, true);
    member.node.rebind(moved);
    await pass(90_000);
    expect(member.node.localPort).toBe(0);
    nodes.network.setGone(moved, false);
    await pass(65_000);
    expect(member.node.localPort).not.toBe(0);
    await pass(MINUTE);
    expect(goodCount(member)).toBeGreaterThanOrEqual(8);
  });

  test('stopped while its socket is being opened again, nothing of it is left', async () => {
    const member = await swarm();
    nodes.network.kill(member.contact, 'EBADF');
    nodes.clock.advance(1_500);
    await member.node.stop();
    await pass(MINUTE);
    expect(member.node.localPort).toBe(0);
    sent.length = 0;
    await pass(MINUTE);
    expect(sent.filter(({ from }) => from.host === member.contact.host)).toEqual([]);
  });

  test('total silence of twenty minutes: at most one packet in ten seconds, no node punished, all well when it ends', async () => {
    const member = await swarm();
    const known = member.node.table.nodeCount;
    nodes.network.setDown(true);
    await pass(3 * MINUTE);
    sent.length = 0;
    await pass(20 * MINUTE);
    const times = sent.filter(({ from }) => from.host === member.contact.host).map(({ sentAtMs }) => sentAtMs);
    for (const [index, atMs] of times.entries())
      expect(atMs - (times[index - 1] ?? -Infinity)).toBeGreaterThanOrEqual(9_900);
    expect([member.node.table.nodeCount, badCount(member)]).toEqual([known, 0]);
    nodes.network.setDown(false);
    await pass(3 * MINUTE);
    expect(goodCount(member)).toBeGreaterThanOrEqual(8);
  });
});

function has(bytes: Uint8Array, text: string): boolean {
  return Buffer.from(bytes).includes(text);
}
