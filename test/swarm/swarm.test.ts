// The demo's swarm, asked by a production node that knows only its bootstrap contacts, and fetched from by the
// production fetcher: everything between a sample and verified metadata over real sockets.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../main/base/bytes.ts';
import { systemClock } from '../../main/base/clock.ts';
import type { Contact } from '../../main/base/contact.ts';
import { asInfohash } from '../../main/base/identifier.ts';
import { silentLog } from '../../main/base/log.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import type { QueryOutcome } from '../../main/dht/dht-node.ts';
import { DhtNode } from '../../main/dht/dht-node.ts';
import { chooseOpener } from '../../main/dht/udp/transport.ts';
import { BINDING_PATH } from '../dht/udp-transports.ts';
import { MetadataFetcher } from '../../main/metadata/metadata-fetcher.ts';
import { TCP_ONLY } from '../../main/metadata/transport-policy.ts';
import { dialTcp } from '../../main/metadata/transports/tcp-connection.ts';
import { Counters } from '../../main/stats/counters.ts';
import { startSwarm } from '../../scripts/swarm/swarm.ts';

const toStop: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of toStop.splice(0).reverse()) await thing.stop();
});

async function newSwarm(baseHost: string, nodeCount: number, torrentCount: number) {
  const swarm = await startSwarm({ nodeCount, torrentCount, seederCount: 6, seed: 5, baseHost });
  toStop.push(swarm);
  return swarm;
}

async function newVisitor(bootstrap: readonly Contact[]): Promise<DhtNode> {
  const node = new DhtNode(
    {
      clock: systemClock,
      random: createSeededRandom(99),
      log: silentLog,
      counters: new Counters(),
      openSocket: chooseOpener(BINDING_PATH, silentLog),
      resolveHost: () => Promise.resolve([]),
    },
    {
      bindHost: '127.0.0.1',
      port: 0,
      bootstrap,
      isServing: false,
      localAddressesAllowed: true,
      nodeId: null,
      sendRates: { newAddressesPerSecond: 500, packetsPerSecond: 2000, perAddressPerSecond: 20, perAddressBurst: 20 },
    },
  );
  toStop.push(node);
  await node.start();
  return node;
}

async function until(isDone: () => boolean, what: string): Promise<void> {
  const endMs = performance.now() + 15_000;
  while (!isDone()) {
    if (performance.now() > endMs) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('startSwarm', () => {
  it('gives the same torrents for the same seed, and nothing listens after stop', async () => {
    const first = await startSwarm({ nodeCount: 5, torrentCount: 20, seederCount: 2, seed: 8, baseHost: '127.31' });
    await first.stop();
    const second = await startSwarm({ nodeCount: 5, torrentCount: 20, seederCount: 2, seed: 8, baseHost: '127.31' });
    await second.stop();
    expect(second.torrents).toEqual(first.torrents);
    expect(new Set(first.torrents.map((torrent) => torrent.name)).size).toBe(20);
  });

  it('a joined node finds the peers of every infohash, and their metadata is what was announced', async () => {
    const swarm = await newSwarm('127.32', 30, 15);
    const visitor = await newVisitor(swarm.bootstrap);
    await until(() => visitor.table.nodeCount >= 8, 'the visitor has joined');
    const fetchedNames = new Map<string, string>();
    const fetcher = new MetadataFetcher(
      {
        clock: systemClock,
        random: createSeededRandom(1),
        counters: new Counters(),
        dial: ({ contact, localAddress }, listener) => dialTcp(contact, localAddress, listener),
        mayConnect: (contact) => contact.host.startsWith('127.'),
      },
      { connectionsMax: 48, newConnectionsPerSecond: 500, bindHost: '127.0.0.1', transports: TCP_ONLY },
      {
        onFetched: ({ asked, info }) => fetchedNames.set(toHex(asked), info.name),
        onGivenUp: () => undefined,
      },
    );
    toStop.push(fetcher);
    for (const torrent of swarm.torrents) {
      const infohash = asInfohash(fromHex(torrent.announcedHex.at(-1)!)!);
      const peers = await new Promise<Contact[]>((resolve) => {
        if (!visitor.lookupPeers(infohash, resolve)) resolve([]);
      });
      expect(peers, torrent.name).toHaveLength(torrent.seederCount);
      fetcher.offer(infohash, peers);
    }
    await until(() => fetchedNames.size === swarm.torrents.length, 'all are fetched');
    for (const torrent of swarm.torrents) expect(fetchedNames.get(torrent.announcedHex.at(-1)!)).toBe(torrent.name);
  });

  it('samples name announced infohashes only, and the nodes together hold all of them', async () => {
    const swarm = await newSwarm('127.33', 30, 60);
    const visitor = await newVisitor(swarm.bootstrap.slice(0, 1));
    const announced = new Set(swarm.torrents.flatMap((torrent) => torrent.announcedHex));
    const sampled = new Set<string>();
    await until(() => visitor.table.nodeCount >= 3, 'the visitor has joined');
    for (const contact of swarm.contacts) {
      if (contact.host === swarm.bootstrap[0]!.host) continue; // a router is only asked for nodes
      const outcome = await new Promise<QueryOutcome>((resolve) => {
        const isSent = visitor.query(contact, { method: 'sample_infohashes', target: new Uint8Array(20) }, resolve);
        if (!isSent) resolve({ kind: 'cancelled' });
      });
      if (outcome.kind !== 'reply') expect.fail(`${contact.host}: ${outcome.kind}`);
      for (const infohash of outcome.reply.samples ?? []) sampled.add(toHex(infohash));
    }
    for (const infohashHex of sampled) expect(announced.has(infohashHex)).toBe(true);
    expect(sampled.size).toBeGreaterThan(announced.size * 0.9);
    for (const infohashHex of announced) {
      const holders = swarm.nodes.filter((node) => node.peerStore.peersOf(fromHex(infohashHex)!, 1) !== null);
      expect(holders).toHaveLength(8);
    }
  });
});

describe('swarm-process', () => {
  it('prints one line within 3 s of its own work and ends with its stdin', async () => {
    const script = path.join(import.meta.dirname, '../../scripts/swarm/swarm-process.ts');
    const node = path.join(import.meta.dirname, '../../node_modules/.bin/node');
    const args = [script, '--nodes', '60', '--torrents', '300', '--base', '127.34'];
    const child = spawn(node, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
    const facts = JSON.parse(value as string) as { bootstrap: string[]; torrents: object[]; startedInMs: number };
    expect(facts.bootstrap).toHaveLength(3);
    expect(facts.bootstrap[0]).toMatch(/^127\.34\.\d+\.1:\d+$/);
    expect(facts.torrents).toHaveLength(300);
    expect(facts.startedInMs).toBeLessThan(3000);
    child.stdin.end();
    expect((await exited)[0]).toBe(0);
  });
});
