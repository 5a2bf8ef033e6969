// Real sockets on 127.0.0.0/8 and ::1: both families at once, a socket whose descriptor is taken away, limits that never meet
// the answers to our own questions.
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createSocket, type Socket } from 'node:dgram';
import { describe, expect, test } from 'vitest';
import type { Contact } from '../../main/base/contact.ts';
import type { QueryOutcome } from '../../main/dht/dht-node.ts';
import { startNode, stops } from './udp-rig.ts';
import { queryBytes, readMessage, replyBytes, TARGET, type ReadMessage } from './wire-fixtures.ts';

async function stranger(host: string): Promise<{ contact: Contact; heard: ReadMessage[]; socket: Socket }> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  await new Promise<void>((resolve) => socket.bind(0, host, resolve));
  stops.push(() => void socket.close());
  const heard: ReadMessage[] = [];
  socket.on('message', (bytes) => heard.push(readMessage(bytes)));
  return { contact: { host, port: socket.address().port }, heard, socket };
}

async function until(isDone: () => boolean, limitMs = 15_000): Promise<void> {
  for (let waited = 0; !isDone() && waited < limitMs; waited += 5)
    await new Promise((resolve) => setTimeout(resolve, 5));
}

async function ask(who: Awaited<ReturnType<typeof stranger>>, bytes: Uint8Array, to: Contact): Promise<ReadMessage> {
  const before = who.heard.length;
  who.socket.send(bytes, to.port, to.host);
  await until(() => who.heard.length > before);
  return who.heard[before]!;
}

describe('both families on real sockets', () => {
  test('a node on ::1 answers there with nodes6, tells the address, stores and gives peers of 18 bytes', async () => {
    const { node, contact } = await startNode('::1');
    const asker = await stranger('::1');
    const pong = await ask(asker, queryBytes('ping'), contact);
    expect(pong.ip).toEqual(
      Uint8Array.from([...new Array<number>(15).fill(0), 1, asker.contact.port >> 8, asker.contact.port & 255]),
    );
    const { r } = await ask(asker, queryBytes('get_peers', { info_hash: TARGET }), contact);
    expect([r['nodes'], (r['nodes6'] as Uint8Array).length]).toEqual([undefined, 0]);
    const token = r['token'] as Uint8Array;
    const announce = queryBytes('announce_peer', { info_hash: TARGET, token, port: 7, seed: 1 });
    expect((await ask(asker, announce, contact)).y).toBe('r');
    const found = await ask(asker, queryBytes('get_peers', { info_hash: TARGET, scrape: 1 }), contact);
    expect((found.r['values'] as Uint8Array[])[0]).toHaveLength(18);
    expect((found.r['BFsd'] as Uint8Array).some((byte) => byte !== 0)).toBe(true);
    node.checkInvariants();
  });

  test('paired, each gives the nodes of the other to who wants them', async () => {
    const four = await startNode('127.66.1.1');
    const six = await startNode('::1');
    four.node.pairWith(six.node);
    six.node.pairWith(four.node);
    const other = await startNode('::1');
    six.node.table.insert({ id: other.node.nodeId, contact: other.contact }, { hasAnswered: true });
    const asker = await stranger('127.66.1.2');
    const both = await ask(asker, queryBytes('find_node', { target: TARGET, want: ['n4', 'n6'] }), four.contact);
    expect([both.r['nodes'], both.r['nodes6']].map((nodes) => (nodes as Uint8Array).length)).toEqual([0, 38]);
    expect((both.r['nodes6'] as Uint8Array).slice(0, 20)).toEqual(Uint8Array.from(other.node.nodeId));
  });

  test('an answer to our own question is heard even from an address that is banned for its flood', async () => {
    const { node, contact, counters } = await startNode('127.66.2.1');
    const flooder = await stranger('127.66.2.2');
    for (let index = 0; index < 60; index++) flooder.socket.send(queryBytes('ping'), contact.port, contact.host);
    await until(() => counters.dropped.get('banned') >= 9);
    const outcomes: QueryOutcome[] = [];
    node.query(flooder.contact, { method: 'ping' }, (outcome) => outcomes.push(outcome));
    await until(() => flooder.heard.some(({ y }) => y === 'q'));
    const { t } = flooder.heard.find(({ y }) => y === 'q')!;
    flooder.socket.send(replyBytes(t, { id: TARGET }), contact.port, contact.host);
    await until(() => outcomes.length === 1);
    expect(outcomes[0]).toMatchObject({ kind: 'reply' });
  });

  test('a stranger gets eight large answers, then small ones: nothing that amplifies', async () => {
    const { node, contact, counters } = await startNode('127.66.3.1');
    for (let index = 0; index < 100; index++) node.peerStore.add(TARGET, { host: `127.1.0.${index}`, port: 1 });
    const asker = await stranger('127.66.3.2');
    const sizes: number[] = [];
    asker.socket.on('message', (bytes) => sizes.push(bytes.length));
    const query = queryBytes('get_peers', { info_hash: TARGET, scrape: 1 });
    for (let index = 0; index < 20; index++) await ask(asker, query, contact);
    expect(sizes.filter((size) => size > 512).length).toBeGreaterThanOrEqual(8);
    expect(sizes.filter((size) => size > 512).length).toBeLessThanOrEqual(14); // one more in two seconds
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_024);
    expect(counters.overflows.get('large-answers')).toBeGreaterThan(0);
  });
});

describe.runIf(process.platform === 'linux')('a real socket that dies', () => {
  test('its descriptor is taken away: it is noticed, another is opened, and the node answers again', async () => {
    const { node, contact, counters } = await startNode('127.66.4.1', {
      sendRates: { newAddressesPerSecond: 100, packetsPerSecond: 400, perAddressPerSecond: 100, perAddressBurst: 100 },
    });
    const asker = await stranger('127.66.4.2');
    expect((await ask(asker, queryBytes('ping'), contact)).y).toBe('r');
    const descriptor = descriptorOf(contact.port);
    closeSync(descriptor);
    stops.push(holdDescriptor(descriptor));
    for (let tries = 0; counters.dropped.get('socket-lost') === 0 && tries < 400; tries++) {
      node.query(asker.contact, { method: 'ping' }, () => undefined);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(counters.dropped.get('socket-lost')).toBe(1);
    await until(() => node.localPort !== 0);
    const again = { host: contact.host, port: node.localPort };
    expect((await ask(asker, queryBytes('ping'), again)).y).toBe('r');
    for (const { state } of node.table.nodes()) expect(state).not.toBe('bad');
    node.checkInvariants();
  });
});

/** The descriptor of our UDP socket on `port`, by way of /proc. */
function descriptorOf(port: number): number {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const line = readFileSync('/proc/self/net/udp', 'utf8')
    .split('\n')
    .find((row) => row.includes(`:${hexPort} `));
  const inode = line!.trim().split(/\s+/)[9]!;
  const found = readdirSync('/proc/self/fd').find((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`) === `socket:[${inode}]`;
    } catch {
      return false; // the descriptor of this very listing
    }
  });
  return Number(found);
}

/** Something harmless under the same number, so that closing the dead socket closes nobody else's. */
function holdDescriptor(descriptor: number): () => void {
  const opened: number[] = [];
  for (let tries = 0; tries < 64; tries++) {
    const file = openSync('/dev/null', 'r');
    if (file === descriptor) break;
    opened.push(file);
  }
  return () => opened.forEach((file) => closeSync(file));
}
