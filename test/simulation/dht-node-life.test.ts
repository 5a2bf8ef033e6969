// The production node through its days: pause, sleep, outages, a new address, a restart, neighbours that die or lie.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import bencode from 'bencode';
import { toHex } from '../../main/base/bytes.ts';
import type { Contact } from '../../main/base/contact.ts';
import type { QueryOutcome } from '../../main/dht/dht-node.ts';
import { isForbidden } from '../../main/dht/bogons.ts';
import { isSecureNodeId } from '../../main/dht/node-id.ts';
import { GENTLE_RATES } from '../../main/dht/rate-limits.ts';
import { replyBytes } from '../dht/wire-fixtures.ts';
import { simulatedHost, type Datagram } from './simulated-network.ts';
import {
  endNodes,
  recordedNodes,
  SIMULATED_PORT,
  simulationSeed,
  type SimulatedNode,
  type SimulatedNodes,
} from './simulated-nodes.ts';

// Seconds on a quiet machine; a busy one must not fail them.
vi.setConfig({ testTimeout: 90_000 });

const MINUTE = 60_000;
const seed = simulationSeed(5);

let nodes: SimulatedNodes;
let sent: Datagram[];

/** So that a swarm is there in seconds: strangers are proven after one second instead of 90. */
const QUICK = { localAddressesAllowed: true };

async function swarm(count: number, minutes = 3): Promise<SimulatedNode> {
  await nodes.grow(count, QUICK);
  nodes.clock.advance(minutes * MINUTE);
  return nodes.ordinary.at(-1)!;
}

function sentBy({ contact }: SimulatedNode): Datagram[] {
  return sent.filter(({ from }) => from.host === contact.host);
}

function states({ node }: SimulatedNode): Record<string, number> {
  const counts: Record<string, number> = { good: 0, questionable: 0, bad: 0 };
  for (const { state } of node.table.nodes()) counts[state]!++;
  return counts;
}

beforeEach(() => {
  ({ nodes, sent } = recordedNodes(seed));
});

afterEach(async () => {
  expect(await endNodes(nodes), `SEED=${seed}: timers left after the stop`).toBe(0);
});

describe(`a node's life (SEED=${seed})`, () => {
  test('paused for ten minutes among busy neighbours it sends nothing at all, and then finds back', async () => {
    const member = await swarm(40);
    const known = member.node.table.nodeCount;
    expect(known).toBeGreaterThan(8);
    const outcomes: QueryOutcome[] = [];
    const asked = nodes.ordinary[3]!.contact;
    expect(member.node.query(asked, { method: 'ping' }, (outcome) => outcomes.push(outcome))).toBe(true);
    let peers: Contact[] | null = null;
    expect(member.node.lookupPeers(nodes.random.bytes(20), (found) => (peers = found))).toBe(true);
    member.node.pause();
    expect(outcomes).toEqual([{ kind: 'cancelled' }]);
    expect(peers).toEqual([]);
    sent.length = 0;
    nodes.clock.advance(10 * MINUTE);
    expect(sentBy(member)).toEqual([]);
    expect(sent.length).toBeGreaterThan(100);
    expect(member.node.table.nodeCount).toBe(known);
    member.node.resume();
    nodes.clock.advance(MINUTE);
    expect(sentBy(member).length).toBeGreaterThan(8);
    expect(states(member)['bad']).toBe(0);
  });

  test('half an hour without any network: nobody is blamed, it knocks every ten seconds at most, and comes back', async () => {
    const member = await swarm(20);
    const known = member.node.table.nodeCount;
    nodes.network.setDown(true);
    nodes.clock.advance(20 * MINUTE);
    // Somebody above keeps asking, as the scraper would.
    let tries = 0;
    let accepted = 0;
    for (let second = 0; second < 600; second++) {
      for (const { contact } of [...member.node.table.nodes()].slice(0, 5)) {
        tries++;
        if (member.node.query(contact, { method: 'ping' }, () => undefined)) accepted++;
      }
      if (second === 120) {
        expect(member.node.isSilent).toBe(true);
        sent.length = 0;
      }
      nodes.clock.advance(1_000);
    }
    expect(tries).toBeGreaterThan(2_000);
    expect(accepted).toBeLessThan(300);
    expect(sentBy(member).length).toBeLessThanOrEqual(49);
    expect(member.node.table.nodeCount).toBe(known);
    expect(states(member)['bad']).toBe(0);
    nodes.network.setDown(false);
    nodes.clock.advance(3 * MINUTE);
    expect(member.node.isSilent).toBe(false);
    expect(states(member)['good']).toBeGreaterThanOrEqual(8);
  });

  test('neighbours that are gone stop being good, turn bad and leave', async () => {
    const member = await swarm(24);
    const gone = nodes.ordinary.filter((_, index) => index % 4 === 0).filter((other) => other !== member);
    for (const { contact } of gone) nodes.network.setOff(contact.host, true);
    nodes.clock.advance(45 * MINUTE);
    for (const { contact } of gone) expect(member.node.table.find(contact)?.state ?? 'gone').not.toBe('good');
    const alive = nodes.ordinary.length - gone.length - 1;
    expect(states(member)['good']).toBeGreaterThan(alive / 2);
  });

  test('it keeps its pace from the first packet on: new addresses, packets, each address', async () => {
    await swarm(40);
    const bootstrap = [nodes.members[0]!.contact, nodes.members[1]!.contact];
    const newcomer = nodes.create({ ...QUICK, bootstrap, sendRates: GENTLE_RATES, isServing: false });
    await newcomer.node.start();
    nodes.clock.advance(8 * MINUTE);
    const packets = sentBy(newcomer);
    expect(packets.length).toBeGreaterThan(50);
    expect(newcomer.node.table.nodeCount).toBeGreaterThan(20);
    const lastTo = new Map<string, number[]>();
    const newAtMs: number[] = [];
    for (const { to, sentAtMs } of packets) {
      const times = lastTo.get(to.host) ?? [];
      if (sentAtMs - (times.at(-1) ?? -Infinity) >= 120_000) newAtMs.push(sentAtMs);
      lastTo.set(to.host, [...times, sentAtMs]);
    }
    const most = (times: readonly number[], windowMs: number): number =>
      Math.max(...times.map((atMs) => times.filter((other) => other >= atMs && other < atMs + windowMs).length));
    expect(most(newAtMs, 1_000)).toBeLessThanOrEqual(8 + 4);
    expect(
      most(
        packets.map(({ sentAtMs }) => sentAtMs),
        1_000,
      ),
    ).toBeLessThanOrEqual(30 + 15);
    for (const times of lastTo.values()) expect(most(times, 10_000)).toBeLessThanOrEqual(3 + 10);
  });

  test("read-only nodes ask and find, but enter nobody's table", async () => {
    await swarm(30);
    const bootstrap = [nodes.members[0]!.contact];
    const shy = nodes.create({ ...QUICK, bootstrap, isServing: false });
    await shy.node.start();
    nodes.clock.advance(10 * MINUTE);
    expect(shy.node.table.nodeCount).toBeGreaterThan(15);
    for (const { node } of nodes.members) expect(node.table.find(shy.contact)).toBeNull();
    expect(
      sentBy(shy).every(({ bytes }) => Buffer.from(bytes).includes('1:y1:q') && Buffer.from(bytes).includes('2:roi1e')),
    ).toBe(true);
  });

  test('what was announced to the nearest nodes is found by a lookup', async () => {
    const member = await swarm(60);
    const infohash = nodes.random.bytes(20);
    const peer = { host: '80.1.2.3', port: 4000 };
    for (const { node } of nodes.trueClosest(infohash, 8)) node.peerStore.add(infohash, peer);
    let found: Contact[] | null = null;
    member.node.lookupPeers(infohash, (peers) => (found = peers));
    nodes.clock.advance(31_000);
    expect(found).toEqual([peer]);
  });
});

describe(`routers and restarts (SEED=${seed})`, () => {
  test('routers are asked at most once in ten minutes (silent ones in 30 s), by every address of their name, and enter no table', async () => {
    await swarm(30);
    const [router, other] = nodes.members;
    const dead = '23.200.0.1';
    nodes.names.set('router.example', [dead, other!.contact.host]);
    const bootstrap = [
      { host: router!.contact.host, port: SIMULATED_PORT },
      { host: 'router.example', port: SIMULATED_PORT },
    ];
    const newcomer = nodes.create({ bootstrap });
    await newcomer.node.start();
    for (let minute = 0; minute < 45; minute++) {
      nodes.clock.advance(MINUTE / 2);
      await Promise.resolve();
      nodes.clock.advance(MINUTE / 2);
    }
    for (const host of [router!.contact.host, dead, other!.contact.host]) {
      const restMs = host === dead ? MINUTE / 2 : 10 * MINUTE;
      const times = sentBy(newcomer)
        .filter(({ to, bytes }) => to.host === host && Buffer.from(bytes).includes('1:y1:q'))
        .map(({ sentAtMs }) => sentAtMs);
      expect(times.length).toBeGreaterThanOrEqual(1);
      for (const [index, atMs] of times.entries())
        expect(atMs - (times[index - 1] ?? -Infinity)).toBeGreaterThanOrEqual(restMs);
      expect(newcomer.node.table.find({ host, port: SIMULATED_PORT })).toBeNull();
    }
    expect(newcomer.node.table.nodeCount).toBeGreaterThan(10);
  });

  test('restarted with its saved table, 30 nodes that answer make routers needless; id and nodes are kept', async () => {
    const member = await swarm(80, 6);
    expect(member.node.table.nodeCount).toBeGreaterThan(35);
    const saved = member.node.save();
    await member.node.stop();
    nodes.clock.advance(10 * MINUTE);
    sent.length = 0;
    const bootstrap = [nodes.members[0]!.contact];
    const again = nodes.create({ ...QUICK, bindHost: member.contact.host, bootstrap });
    await again.node.start(saved);
    expect(toHex(again.node.nodeId)).toBe(toHex(saved.selfId));
    expect(again.node.table.nodeCount).toBe(saved.nodes.length);
    nodes.clock.advance(2 * MINUTE);
    expect(sentBy(again).length).toBeGreaterThan(30);
    expect(sentBy(again).filter(({ to }) => to.host === bootstrap[0]!.host)).toEqual([]);
    expect(states(again)['good']).toBeGreaterThanOrEqual(30);
  });

  test('restarted with a saved table of the dead it asks the routers', async () => {
    const member = await swarm(40);
    const dead = Array.from({ length: 40 }, (_, index) => ({
      id: nodes.random.bytes(20),
      contact: { host: simulatedHost(60_000 + index), port: SIMULATED_PORT },
      flags: 1,
      failCount: 0,
      roundTripMs: 50,
      lastHeardAgoSeconds: 60,
    }));
    const again = nodes.create({ ...QUICK, bootstrap: [nodes.members[0]!.contact] });
    await again.node.start({ selfId: member.node.nodeId, nodes: dead });
    nodes.clock.advance(3 * MINUTE);
    expect(states(again)['good']).toBeGreaterThanOrEqual(8);
  });
});

describe(`BEP 42 (SEED=${seed})`, () => {
  test('when enough networks agree on its address, the node takes an id that goes with it, and keeps its nodes', async () => {
    await nodes.grow(50);
    const changes = nodes.members.map(() => 0);
    nodes.members.forEach(({ node }, index) => (node.onIdChanged = () => changes[index]!++));
    nodes.clock.advance(20 * MINUTE);
    const secure = nodes.ordinary.filter(({ node, contact }) => isSecureNodeId(node.nodeId, contact.host));
    expect(secure.length).toBeGreaterThan(nodes.ordinary.length * 0.8);
    expect(Math.max(...changes)).toBe(1);
    expect(Math.min(...nodes.ordinary.map(({ node }) => node.table.nodeCount))).toBeGreaterThan(8);
  });
});

describe(`liars (SEED=${seed})`, () => {
  /** Answers every query from `host` as `reply` says. */
  async function plant(host: string, reply: (transactionId: Uint8Array) => Uint8Array): Promise<Contact> {
    const contact = { host, port: SIMULATED_PORT };
    const socket = await nodes.network.openSocket({
      bindHost: host,
      port: SIMULATED_PORT,
      onDatagram: (bytes, from) => {
        const { t, y } = bencode.decode(bytes) as { t: Uint8Array; y: Uint8Array };
        if (y[0] === 0x71) socket.send(reply(t), from);
      },
      onError: () => undefined,
    });
    return contact;
  }

  function compact(entries: readonly (readonly [number, number, number, number, number])[]): Uint8Array {
    const bytes = new Uint8Array(entries.length * 26);
    entries.forEach(([a, b, c, d, port], index) => {
      bytes.set(nodes.random.bytes(20), index * 26);
      bytes.set([a, b, c, d, port >> 8, port & 255], index * 26 + 20);
    });
    return bytes;
  }

  test('I11: no packet goes to bogons, port 0 or itself, whatever a reply names', async () => {
    await nodes.grow(30);
    nodes.clock.advance(4 * MINUTE);
    const member = nodes.ordinary.at(-1)!;
    const [a, b, c, d] = member.contact.host.split('.').map(Number) as [number, number, number, number];
    const liar = await plant('23.199.0.1', (t) =>
      replyBytes(t, {
        id: nodes.random.bytes(20),
        nodes: compact([
          ...([
            [10, 0, 0, 1, 6881],
            [127, 0, 0, 1, 6881],
            [192, 168, 1, 1, 80],
            [224, 0, 0, 1, 6881],
            [0, 1, 2, 3, 6881],
          ] as const),
          ...([
            [8, 8, 8, 8, 0],
            [255, 255, 255, 255, 6881],
            [100, 64, 1, 1, 6881],
            [a, b, c, d, SIMULATED_PORT],
          ] as const),
        ]),
      }),
    );
    const learnt: string[] = [];
    member.node.onNodes = (found) => learnt.push(...found.map(({ contact }) => contact.host));
    let outcome: QueryOutcome | null = null;
    member.node.query(liar, { method: 'find_node', target: nodes.random.bytes(20) }, (got) => (outcome = got));
    nodes.clock.advance(5 * MINUTE);
    expect(outcome).toMatchObject({ kind: 'reply', reply: { nodes: [] } });
    expect(learnt).not.toContain('10.0.0.1');
    for (const { from, to } of sent) {
      expect(isForbidden(to, { localAddressesAllowed: false })).toBeNull();
      expect(to).not.toEqual(from);
    }
  });

  test('who changes his id all the time is banned, and in no table', async () => {
    const member = await swarm(20);
    const liar = await plant('23.199.0.2', (t) => replyBytes(t, { id: nodes.random.bytes(20) }));
    const asked: boolean[] = [];
    for (let minute = 0; minute < 10; minute++) {
      asked.push(member.node.query(liar, { method: 'ping' }, () => undefined));
      nodes.clock.advance(MINUTE);
    }
    expect(asked[0]).toBe(true);
    expect(asked.at(-1)).toBe(false);
    expect(member.node.table.find(liar)).toBeNull();
    expect(member.counters.dropped.get('id-changed')).toBe(2);
  });

  test('who answers with our own id has not answered', async () => {
    const member = await swarm(20);
    const mirror = await plant('23.199.0.3', (t) => replyBytes(t, { id: member.node.nodeId }));
    const outcomes: QueryOutcome[] = [];
    member.node.query(mirror, { method: 'ping' }, (outcome) => outcomes.push(outcome));
    nodes.clock.advance(10_000);
    expect(outcomes).toEqual([{ kind: 'timeout' }]);
    expect(member.node.table.find(mirror)).toBeNull();
  });

  test('a stranger who only asks enters the table after he has answered, not before', async () => {
    await nodes.grow(20);
    nodes.clock.advance(4 * MINUTE);
    const member = nodes.ordinary[4]!;
    const stranger = { host: '23.199.0.4', port: SIMULATED_PORT };
    const query = bencode.encode({ a: { id: nodes.random.bytes(20) }, q: 'ping', t: 'aa', y: 'q' });
    nodes.network.inject(stranger, member.contact, query);
    nodes.clock.advance(30 * MINUTE);
    expect(sent.some(({ from, to }) => from.host === member.contact.host && to.host === stranger.host)).toBe(true);
    expect(member.node.table.find(stranger)).toBeNull();
  });

  test('socket errors are counted and survived', async () => {
    const member = await swarm(20);
    for (let index = 0; index < 100; index++) nodes.network.fail(member.contact, 'ENETUNREACH');
    expect(member.counters.dropped.get('socket-error')).toBe(100);
    nodes.clock.advance(MINUTE);
    expect(states(member)['good']).toBeGreaterThan(5);
  });
});
