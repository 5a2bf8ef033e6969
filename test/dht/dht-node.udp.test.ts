// The node on real sockets, 127.0.0.0/8: what a stranger with a socket of his own gets from it.
import { createSocket, type Socket } from 'node:dgram';
import { describe, expect, test } from 'vitest';
import type { Contact } from '../../main/base/contact.ts';
import type { QueryOutcome } from '../../main/dht/dht-node.ts';
import { startNode, stops } from './udp-rig.ts';
import { queryBytes, readMessage, replyBytes, TARGET, type ReadMessage } from './wire-fixtures.ts';

class Stranger {
  readonly heard: ReadMessage[] = [];
  readonly #socket: Socket;

  static async at(host: string): Promise<Stranger> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, host, resolve));
    stops.push(() => void socket.close());
    return new Stranger(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (bytes) => this.heard.push(readMessage(bytes)));
  }

  get contact(): Contact {
    const { address, port } = this.#socket.address();
    return { host: address, port };
  }

  send(bytes: Uint8Array, to: Contact): void {
    this.#socket.send(bytes, to.port, to.host);
  }

  async ask(bytes: Uint8Array, to: Contact): Promise<ReadMessage> {
    const before = this.heard.length;
    this.send(bytes, to);
    await until(() => this.heard.length > before);
    return this.heard[before]!;
  }
}

async function until(isDone: () => boolean, limitMs = 10_000): Promise<void> {
  for (let waited = 0; !isDone() && waited < limitMs; waited += 5) await pass(5);
}

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

describe('a node on loopback', () => {
  test('answers ping, and get_peers with a token that lets announce, which others then find and sample', async () => {
    const { node, contact } = await startNode('127.62.0.1');
    const stranger = await Stranger.at('127.62.0.2');
    const pong = await stranger.ask(queryBytes('ping'), contact);
    expect(pong.r['id']).toEqual(Uint8Array.from(node.nodeId));
    expect(pong.ip).toEqual(Uint8Array.of(127, 62, 0, 2, stranger.contact.port >> 8, stranger.contact.port & 255));
    const { token } = (await stranger.ask(queryBytes('get_peers', { info_hash: TARGET }), contact)).r as {
      token: Uint8Array;
    };
    const announce = queryBytes('announce_peer', { info_hash: TARGET, token, port: 7, implied_port: 0 });
    const thief = await Stranger.at('127.62.0.3');
    expect((await thief.ask(announce, contact)).e[0]).toBe(203);
    expect((await stranger.ask(announce, contact)).y).toBe('r');
    const found = await thief.ask(queryBytes('get_peers', { info_hash: TARGET }), contact);
    expect(found.r['values']).toEqual([Uint8Array.of(127, 62, 0, 2, 0, 7)]);
    const sampled = await thief.ask(queryBytes('sample_infohashes', { target: TARGET }), contact);
    expect(sampled.r['samples']).toEqual(Uint8Array.from(TARGET));
    node.checkInvariants();
  });

  test('a flood is answered 50 times, then the address is banned; others are still served', async () => {
    const { contact, counters } = await startNode('127.62.1.1');
    const flooder = await Stranger.at('127.62.1.2');
    for (let index = 0; index < 60; index++) flooder.send(queryBytes('ping'), contact);
    await until(() => counters.dropped.get('banned') >= 9);
    await pass(50);
    expect(flooder.heard.length).toBe(50);
    const other = await Stranger.at('127.62.1.3');
    expect((await other.ask(queryBytes('ping'), contact)).y).toBe('r');
  });

  test('never answers an answer, an error, or what it cannot read', async () => {
    const { contact, counters } = await startNode('127.62.2.1');
    const stranger = await Stranger.at('127.62.2.2');
    const id = TARGET;
    stranger.send(replyBytes(new Uint8Array(4), { id }), contact);
    stranger.send(Buffer.from('d1:eli203e3:Bade1:t4:aaaa1:y1:ee'), contact);
    stranger.send(Buffer.from('d1:t2:aae'), contact);
    stranger.send(Buffer.from('not bencode at all, but long enough'), contact);
    stranger.send(Buffer.alloc(0), contact);
    await until(() => counters.packetsIn >= 5);
    expect(stranger.heard).toEqual([]);
    expect(counters.dropped.get('unknown-transaction')).toBe(2);
    expect(counters.malformed.total()).toBeGreaterThanOrEqual(3);
  });

  test('reads an answer only from whom it asked: a spoofed one changes nothing', async () => {
    const { node, contact, counters } = await startNode('127.62.3.1');
    const asked = await Stranger.at('127.62.3.2');
    const spoofer = await Stranger.at('127.62.3.2'); // same address, other port
    const outcomes: QueryOutcome[] = [];
    expect(
      node.query(asked.contact, { method: 'find_node', target: TARGET }, (outcome) => outcomes.push(outcome)),
    ).toBe(true);
    await until(() => asked.heard.length === 1);
    const { t } = asked.heard[0]!;
    spoofer.send(replyBytes(t, { id: TARGET, nodes: new Uint8Array(26).fill(9) }), contact);
    await until(() => counters.dropped.get('wrong-address') === 1);
    expect(outcomes).toEqual([]);
    expect(node.table.nodeCount).toBe(0);
    asked.send(replyBytes(t, { id: TARGET, nodes: new Uint8Array(0) }), contact);
    await until(() => outcomes.length === 1);
    expect(outcomes[0]).toMatchObject({ kind: 'reply', from: { contact: asked.contact } });
    asked.send(replyBytes(t, { id: TARGET }), contact); // the same again
    await until(() => counters.dropped.get('unknown-transaction') === 1);
    expect(outcomes).toHaveLength(1);
    node.checkInvariants();
  });

  test('read-only it says so, answers nothing and is asked in vain (BEP 43)', async () => {
    const { node, contact, counters } = await startNode('127.62.4.1', { isServing: false });
    const stranger = await Stranger.at('127.62.4.2');
    stranger.send(queryBytes('ping'), contact);
    await until(() => counters.dropped.get('read-only') === 1);
    node.query(stranger.contact, { method: 'ping' }, () => undefined);
    await until(() => stranger.heard.length === 1);
    expect(stranger.heard).toHaveLength(1);
    expect(stranger.heard[0]).toMatchObject({ y: 'q', q: 'ping', ro: 1 });
    const serving = await startNode('127.62.4.3');
    serving.node.query(stranger.contact, { method: 'ping' }, () => undefined);
    await until(() => stranger.heard.length === 2);
    expect(stranger.heard[1]!.ro).toBeUndefined();
  });

  test('paused, not one datagram leaves; what was asked ends as cancelled; resumed, it goes on', async () => {
    const { node, contact } = await startNode('127.62.5.1', { bootstrap: [] });
    const stranger = await Stranger.at('127.62.5.2');
    const outcomes: QueryOutcome[] = [];
    node.query(stranger.contact, { method: 'ping' }, (outcome) => outcomes.push(outcome));
    await until(() => stranger.heard.length === 1);
    node.pause();
    expect(outcomes).toEqual([{ kind: 'cancelled' }]);
    expect(node.isPaused).toBe(true);
    expect(node.query(stranger.contact, { method: 'ping' }, () => undefined)).toBe(false);
    expect(node.lookupPeers(TARGET, () => undefined)).toBe(false);
    for (let index = 0; index < 20; index++) stranger.send(queryBytes('ping'), contact);
    stranger.send(replyBytes(stranger.heard[0]!.t, { id: TARGET }), contact);
    await pass(1_500);
    expect(stranger.heard).toHaveLength(1);
    expect(node.table.nodeCount).toBe(0);
    node.resume();
    expect((await stranger.ask(queryBytes('ping'), contact)).y).toBe('r');
    node.checkInvariants();
  });

  test('refuses to ask forbidden addresses, itself and its routers, and more than its budget', async () => {
    const router = { host: '127.62.6.9', port: 9 };
    const { node, contact } = await startNode('127.62.6.1', { bootstrap: [router] });
    const ask = (to: Contact) => node.query(to, { method: 'ping' }, () => undefined);
    expect(ask({ host: '224.0.0.1', port: 9 })).toBe(false);
    expect(ask({ host: '127.62.6.2', port: 0 })).toBe(false);
    expect(ask({ host: 'localhost', port: 9 })).toBe(false);
    expect(ask(contact)).toBe(false);
    expect(ask(router)).toBe(false);
    const permissions = Array.from({ length: 5 }, () => ask({ host: '127.62.6.2', port: 9 }));
    expect(permissions).toEqual([true, true, true, false, false]);
  });

  test('takes the port of last time if it is free, another if not', async () => {
    const first = await startNode('127.62.7.1');
    const again = await startNode('127.62.7.1', { preferredPort: first.contact.port });
    expect(again.contact.port).not.toBe(first.contact.port);
    const freed = again.contact.port;
    await again.node.stop();
    expect((await startNode('127.62.7.1', { preferredPort: freed })).contact.port).toBe(freed);
    await expect(startNode('127.62.7.1', { port: freed })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test('ten nodes that know one router find each other', async () => {
    const router = await startNode('127.62.8.1');
    const bootstrap = [router.contact];
    const sendRates = {
      newAddressesPerSecond: 100,
      packetsPerSecond: 200,
      perAddressPerSecond: 5,
      perAddressBurst: 20,
    };
    const others = await Promise.all(
      Array.from({ length: 10 }, (_, index) => startNode(`127.62.8.${index + 2}`, { bootstrap, sendRates })),
    );
    // The router proves its first askers after a second and names them when asked again, ten seconds later.
    await until(() => others.every(({ node }) => node.table.nodeCount >= 7), 18_000);
    for (const { node } of others) {
      expect(node.table.nodeCount).toBeGreaterThanOrEqual(7);
      expect(node.table.find(router.contact)).toBeNull();
      node.checkInvariants();
    }
  }, 25_000);

  test('stopped, it is quiet for good, and stopping twice is one', async () => {
    const { node, contact } = await startNode('127.62.9.1');
    const stranger = await Stranger.at('127.62.9.2');
    const outcomes: QueryOutcome[] = [];
    node.query(stranger.contact, { method: 'ping' }, (outcome) => outcomes.push(outcome));
    await node.stop();
    await node.stop();
    expect(outcomes).toEqual([{ kind: 'cancelled' }]);
    await until(() => stranger.heard.length === 1);
    stranger.send(queryBytes('ping'), contact);
    await pass(300);
    expect(stranger.heard).toHaveLength(1);
    node.pause();
    node.resume();
    expect(node.query(stranger.contact, { method: 'ping' }, () => undefined)).toBe(false);
  });
});
