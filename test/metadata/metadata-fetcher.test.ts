import { afterEach, describe, expect, it } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import type { Contact } from '../../main/base/contact.ts';
import { contactText } from '../../main/base/contact.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import type { DialTarget, PeerListener } from '../../main/metadata/transports/peer-connection.ts';
import { Seeder } from '../../scripts/swarm/seeder.ts';
import type { SwarmTorrent } from '../../scripts/swarm/torrents.ts';
import { generateTorrents, makeTorrent } from '../../scripts/swarm/torrents.ts';
import { breathe, dataMessage, extensionHandshake, handshake, randomInfohash, Rig, startPeer, until } from './test-rig.ts'; // prettier-ignore

const TORRENTS = generateTorrents({ count: 60, seed: 4 });
const V1 = TORRENTS.find((torrent) => torrent.version === 'v1')!;
const V2 = TORRENTS.find((torrent) => torrent.version === 'v2')!;
const HYBRID = TORRENTS.find((torrent) => torrent.version === 'hybrid')!;

const toStop: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of toStop.splice(0).reverse()) await thing.stop();
});

function newRig(options: ConstructorParameters<typeof Rig>[0] = {}): Rig {
  const rig = new Rig(options);
  toStop.push(rig.fetcher);
  return rig;
}

async function newSeeder(torrents: readonly SwarmTorrent[], host = '127.0.0.1') {
  const seeder = new Seeder(torrents);
  toStop.push(seeder);
  return { seeder, contact: await seeder.listen(host) };
}

/** A port of 127.0.0.1 on which nobody listens. */
async function closedPort(): Promise<Contact> {
  const peer = await startPeer(() => undefined);
  await peer.stop();
  return peer.contact;
}

/** Connections that never come about; `listeners` lets a test decide otherwise. */
function silentDial() {
  const listeners: PeerListener[] = [];
  const dial = (_target: DialTarget, listener: PeerListener) => {
    listeners.push(listener);
    return { send: () => undefined, destroy: () => undefined };
  };
  return { dial, listeners };
}

describe('fetching from a real seeder', () => {
  it.each([
    ['v1', V1],
    ['v2, by its cut SHA-256', V2],
    ['hybrid', HYBRID],
  ])('%s', async (_what, torrent) => {
    for (const infohash of torrent.infohashes) {
      const rig = newRig();
      const { seeder, contact } = await newSeeder([torrent]);
      rig.offer(infohash, contact);
      await rig.ended();
      const fetched = rig.fetched[0]!;
      expect(fetched.infohashV1).toEqual(torrent.infohashV1);
      expect(fetched.infohashV2).toEqual(torrent.infohashV2);
      expect(toHex(fetched.asked)).toBe(toHex(infohash));
      expect(fetched.peersSeen).toBe(1);
      expect(fetched.info).toMatchObject({ sizeBytes: torrent.sizeBytes, fileCount: torrent.files.length });
      expect([rig.counters.metadataTried, rig.counters.metadataFetched]).toEqual([1, 1]);
      expect(rig.counters.metadataFailures.total()).toBe(0);
      await until(() => seeder.openCount === 0, 'the connection is closed');
      expect(rig.clock.alarmCount).toBe(0);
    }
  });

  it('60 torrents from four addresses, one connection an address', async () => {
    const rig = newRig();
    const seeders = await Promise.all([1, 2, 3, 4].map((last) => newSeeder(TORRENTS, `127.0.3.${last}`)));
    TORRENTS.forEach((torrent, index) => rig.offer(torrent.infohashes[0]!, seeders[index % 4]!.contact));
    expect(rig.fetcher.connectionCount).toBe(4);
    await rig.ended(60);
    expect(rig.fetched).toHaveLength(60);
    expect(new Set(rig.fetched.map((fetched) => toHex(fetched.asked))).size).toBe(60);
  });

  it('metadata of many pieces', async () => {
    const files = Array.from({ length: 9000 }, (_, index) => ({ path: [`folder ${index % 90}`, `file ${index}.bin`], sizeBytes: 9 })); // prettier-ignore
    const large = makeTorrent({ name: 'Large', category: 'software', version: 'v2', files }, createSeededRandom(1));
    expect(large.info.length).toBeGreaterThan(30 * 16_384);
    const rig = newRig();
    const { contact } = await newSeeder([large]);
    rig.offer(large.infohashes[0]!, contact);
    await rig.ended();
    expect(rig.fetched[0]?.info).toMatchObject({ fileCount: 9000, sizeBytes: 81_000 });
    expect(rig.fetched[0]?.info.files).toHaveLength(2000);
  });
});

it('whatever has arrived is answered in one packet: our extension handshake and the requests', async () => {
  const rig = newRig();
  let firstAnswer: Buffer | null = null;
  const peer = await startPeer(async (visit) => {
    await visit.take(68);
    visit.socket.once('data', (chunk: Buffer) => (firstAnswer = chunk));
    visit.write(Buffer.concat([handshake(V1.infohashes[0]!), extensionHandshake(V1.info.length)]));
    const own = await visit.message();
    const request = await visit.message();
    expect(firstAnswer!.length).toBeGreaterThanOrEqual(8 + own.length + request.length);
    for (let piece = 0; piece * 16_384 < V1.info.length; piece++) {
      visit.write(dataMessage(piece, V1.info.length, V1.info.subarray(piece * 16_384, (piece + 1) * 16_384)));
    }
  });
  toStop.push(peer);
  rig.offer(V1.infohashes[0]!, peer.contact);
  await rig.ended();
  expect(rig.fetched).toHaveLength(1);
});

describe('hybrids', () => {
  it('the second infohash, queued, is dropped when the first is fetched; offered later, it is not fetched again', async () => {
    const rig = newRig({ connectionsMax: 1 });
    const { seeder, contact } = await newSeeder([HYBRID]);
    const [first, second] = HYBRID.infohashes as [Uint8Array, Uint8Array];
    rig.fetcher.pause();
    rig.offer(second, contact);
    rig.offer(first, contact);
    rig.fetcher.resume();
    await rig.ended(2);
    rig.offer(second, contact);
    expect(rig.fetched).toHaveLength(1);
    expect(rig.givenUp).toEqual([1, 2].map(() => ({ infohashHex: toHex(second), reason: 'duplicate' })));
    expect(seeder.connectionCount).toBe(1);
    expect(rig.counters.metadataFailures.total()).toBe(0);
  });
});

describe('peers', () => {
  it('the next peer is asked when one fails, each one once, eight at most', async () => {
    const rig = newRig();
    const closed = await closedPort();
    const hosts = Array.from({ length: 12 }, (_, index) => ({ ...closed, host: `127.0.4.${index + 1}` }));
    rig.offer(V1.infohashes[0]!, ...hosts, ...hosts);
    await rig.ended();
    expect(rig.dialled).toHaveLength(8);
    expect(new Set(rig.dialled).size).toBe(8);
    expect(rig.givenUp[0]?.reason).toBe('refused');
    expect(rig.counters.metadataFailures.toObject()).toEqual({ refused: 8 });
    expect(rig.counters.metadataTried).toBe(1);
  });

  it('peers named by several offers come first', async () => {
    const { dial } = silentDial();
    const rig = newRig({ dial });
    const infohash = randomInfohash(1);
    const peer = (last: number): Contact => ({ host: `127.0.5.${last}`, port: 7000 + last });
    rig.fetcher.pause();
    rig.offer(infohash, peer(1), peer(2), peer(3), peer(4));
    rig.offer(infohash, peer(3));
    rig.fetcher.resume();
    expect(rig.dialled).toEqual(['127.0.5.3:7003']);
  });

  it('two at a time, the second only when the first has not begun to send within a second', async () => {
    const { dial } = silentDial();
    const rig = newRig({ dial });
    rig.offer(randomInfohash(1), ...[1, 2, 3].map((last) => ({ host: `127.0.5.${last}`, port: 7000 })));
    rig.clock.advance(900);
    expect(rig.fetcher.connectionCount).toBe(1);
    rig.clock.advance(200);
    expect(rig.fetcher.connectionCount).toBe(2);
    rig.clock.advance(2000);
    expect(rig.fetcher.connectionCount).toBe(2);
    rig.fetcher.checkInvariants();
  });

  it('the slower of two is closed when the faster has delivered', async () => {
    const rig = newRig();
    const silent = await startPeer(() => undefined, '127.0.0.6');
    toStop.push(silent);
    const { contact } = await newSeeder([V1], '127.0.0.7');
    rig.fetcher.pause();
    rig.offer(V1.infohashes[0]!, silent.contact);
    rig.offer(V1.infohashes[0]!, silent.contact, contact);
    rig.fetcher.resume();
    await until(() => silent.visits.length === 1, 'the silent one was called');
    rig.clock.advance(1100);
    await rig.ended();
    expect(rig.fetched).toHaveLength(1);
    await silent.visits[0]!.closed();
    expect(rig.fetcher.connectionCount).toBe(0);
    expect(rig.counters.metadataFailures.total()).toBe(0);
  });

  it('peersSeen counts different peers over all offers, also those without room', async () => {
    const rig = newRig();
    const { contact } = await newSeeder([V1]);
    rig.fetcher.pause();
    rig.offer(V1.infohashes[0]!, contact);
    const others = Array.from({ length: 30 }, (_, index) => ({ host: `127.0.6.${index + 1}`, port: 2000 }));
    rig.offer(V1.infohashes[0]!, contact, ...others);
    rig.offer(V1.infohashes[0]!, ...others);
    rig.fetcher.resume();
    await rig.ended();
    expect(rig.fetched[0]?.peersSeen).toBe(31);
  });

  it('system ports and forbidden addresses are never dialled, 80 and 443 are', async () => {
    const { dial } = silentDial();
    const rig = newRig({ dial });
    const ports = [1, 22, 25, 53, 79, 81, 442, 444, 1023];
    rig.offer(randomInfohash(1), ...ports.map((port) => ({ host: '127.0.0.1', port })));
    rig.offer(randomInfohash(2), { host: '192.0.2.1', port: 6881 }, { host: '10.0.0.1', port: 6881 });
    expect(rig.givenUp.map(({ reason }) => reason)).toEqual(['no-peers', 'no-peers']);
    rig.offer(randomInfohash(3), { host: '127.0.0.1', port: 80 });
    rig.offer(randomInfohash(4), { host: '127.0.0.2', port: 443 });
    rig.offer(randomInfohash(5), { host: '127.0.0.3', port: 1024 });
    expect(rig.dialled.sort()).toEqual(['127.0.0.1:80', '127.0.0.2:443', '127.0.0.3:1024']);
  });
});

describe('limits', () => {
  const spread = (index: number): Contact => ({ host: `198.51.${index}.1`, port: 6881 });
  const open = { mayConnect: () => true };

  it('connectionsMax counts half-open ones, and setLimits changes it', () => {
    const rig = newRig({ ...open, dial: silentDial().dial, connectionsMax: 3 });
    for (let index = 0; index < 10; index++) rig.offer(randomInfohash(index), spread(index));
    expect(rig.fetcher.connectionCount).toBe(3);
    rig.fetcher.setLimits({ connectionsMax: 5, newConnectionsPerSecond: 1000 });
    rig.clock.advance(100);
    expect(rig.fetcher.connectionCount).toBe(5);
  });

  it('newConnectionsPerSecond', () => {
    const rig = newRig({ ...open, dial: silentDial().dial, newConnectionsPerSecond: 2 });
    for (let index = 0; index < 30; index++) rig.offer(randomInfohash(index), spread(index));
    expect(rig.dialled).toHaveLength(2);
    rig.clock.advance(3000);
    expect(rig.dialled).toHaveLength(8);
  });

  it('one new connection a second into one /24, and newest first', () => {
    const rig = newRig({ ...open, dial: silentDial().dial });
    for (let index = 1; index <= 4; index++)
      rig.offer(randomInfohash(index), { host: `198.51.100.${index}`, port: 6881 });
    rig.offer(randomInfohash(9), { host: '203.0.113.1', port: 6881 });
    expect(rig.dialled).toEqual(['198.51.100.1:6881', '203.0.113.1:6881']);
    rig.clock.advance(1100);
    expect(rig.dialled.slice(2)).toEqual(['198.51.100.4:6881']);
    rig.clock.advance(1000);
    expect(rig.dialled.slice(3)).toEqual(['198.51.100.3:6881']);
  });

  it('one connection to one address at a time, whatever the port', () => {
    const rig = newRig({ dial: silentDial().dial });
    rig.offer(randomInfohash(1), { host: '127.0.0.1', port: 2001 });
    rig.offer(randomInfohash(2), { host: '127.0.0.1', port: 2002 });
    expect(rig.fetcher.connectionCount).toBe(1);
    rig.clock.advance(4100); // the first times out
    expect(rig.dialled).toHaveLength(2);
    expect(rig.fetcher.connectionCount).toBe(1);
  });

  it('a full queue drops its oldest and says so; wantsMore closes at the high-water mark and opens at the low one', () => {
    const { dial, listeners } = silentDial();
    const rig = newRig({ dial, connectionsMax: 1 });
    const infohashes = Array.from({ length: 2001 }, (_, index) => randomInfohash(index));
    const peer = { host: '127.0.0.1', port: 2001 };
    rig.fetcher.pause();
    for (let index = 0; index < 2000; index++) {
      expect(rig.fetcher.wantsMore()).toBe(index < 1600);
      rig.fetcher.offer(infohashes[index]!, [peer]);
    }
    rig.offer(infohashes[2000]!, peer);
    expect(rig.fetcher.queuedCount).toBe(2000);
    expect(rig.givenUp).toEqual([{ infohashHex: toHex(infohashes[0]!), reason: 'overflow' }]);
    expect(rig.counters.overflows.get('metadata-queue')).toBe(1);
    rig.fetcher.resume();
    let wasClosedAt = 2000;
    while (rig.fetcher.queuedCount > 990) {
      listeners.at(-1)!.onClosed('refused');
      rig.clock.advance(100);
      if (!rig.fetcher.wantsMore()) wasClosedAt = rig.fetcher.queuedCount;
    }
    expect(wasClosedAt).toBeLessThan(1010);
    expect(rig.fetcher.wantsMore()).toBe(true);
  });

  it('a bound address is the local address, and the other family is not used', async () => {
    const used: (string | null)[] = [];
    const dial = ({ localAddress }: DialTarget) => {
      used.push(localAddress);
      return { send: () => undefined, destroy: () => undefined };
    };
    const bound = newRig({ ...open, dial, bindHost: '198.51.100.7' });
    bound.offer(randomInfohash(1), { host: '203.0.113.1', port: 6881 }, { host: '2001:db8::1', port: 6881 });
    newRig({ ...open, dial, bindHost: '::' }).offer(randomInfohash(1), { host: '2001:db8::1', port: 6881 });
    newRig({ ...open, dial }).offer(randomInfohash(1), { host: '203.0.113.1', port: 6881 });
    bound.clock.advance(3000);
    expect(used).toEqual(['198.51.100.7', null, null]);
    used.length = 0;
    const both = newRig({ ...open, dial, bindHost: '198.51.100.7', bindHost6: '2001:db8::7' });
    both.offer(randomInfohash(1), { host: '2001:db8::1', port: 6881 });
    both.offer(randomInfohash(2), { host: '203.0.113.1', port: 6881 });
    both.clock.advance(3000);
    expect(used.toSorted()).toEqual(['198.51.100.7', '2001:db8::7']);
    const real = newRig({ bindHost: '127.0.0.42' });
    const peer = await startPeer(() => undefined);
    toStop.push(peer);
    real.offer(randomInfohash(2), peer.contact);
    await until(() => peer.visits.length === 1, 'the peer was called');
    expect(peer.visits[0]!.socket.remoteAddress).toBe('127.0.0.42');
  });
});

describe('pause', () => {
  it('closes every connection by a reset at once, opens none, keeps the queue, and takes up where it was', async () => {
    const rig = newRig();
    const seeders = await Promise.all([1, 2, 3].map((last) => newSeeder(TORRENTS, `127.0.7.${last}`)));
    const silent = await startPeer(() => undefined, '127.0.7.9');
    toStop.push(silent);
    rig.offer(randomInfohash(1), silent.contact);
    TORRENTS.forEach((torrent, index) => rig.offer(torrent.infohashes[0]!, seeders[index % 3]!.contact));
    await until(() => rig.fetched.length >= 5 && silent.visits.length === 1, 'some are fetched');
    const pausedAtMs = performance.now();
    rig.fetcher.pause();
    const fetchedCount = rig.fetched.length;
    const dialledCount = rig.dialled.length;
    expect(rig.fetcher.connectionCount).toBe(0);
    rig.fetcher.checkInvariants();
    expect(rig.clock.alarmCount).toBe(0);
    await until(() => silent.visits[0]!.isClosed && seeders.every(({ seeder }) => seeder.openCount === 0), 'all are closed'); // prettier-ignore
    expect(performance.now() - pausedAtMs).toBeLessThan(1000);
    expect(silent.visits[0]!.wasReset).toBe(true);
    rig.offer(randomInfohash(2), silent.contact);
    await rig.advance(5000);
    expect(rig.dialled).toHaveLength(dialledCount);
    expect(rig.fetched).toHaveLength(fetchedCount);
    expect(rig.fetcher.queuedCount).toBe(TORRENTS.length - fetchedCount + 2);
    rig.fetcher.resume();
    await until(() => rig.fetched.length === TORRENTS.length, 'the rest is fetched');
    expect(rig.counters.metadataFailures.total()).toBe(0);
    expect(rig.counters.metadataTried).toBe(TORRENTS.length + 2);
  });

  it('while connecting: a half-open connection is given up, not left to the system', async () => {
    const rig = newRig();
    const { seeder, contact } = await newSeeder([V1]);
    rig.offer(V1.infohashes[0]!, contact);
    rig.fetcher.pause(); // in the same turn of the loop
    await breathe();
    await breathe();
    expect(seeder.openCount).toBe(0);
    rig.fetcher.resume();
    await rig.ended();
    expect(rig.fetched).toHaveLength(1);
  });

  it('stop ends it for good', async () => {
    const rig = newRig();
    const silent = await startPeer(() => undefined);
    toStop.push(silent);
    rig.offer(V1.infohashes[0]!, silent.contact);
    await until(() => silent.visits.length === 1, 'the peer was called');
    await rig.fetcher.stop();
    rig.fetcher.resume();
    rig.offer(V2.infohashes[0]!, silent.contact);
    await silent.visits[0]!.closed();
    expect([rig.fetcher.connectionCount, rig.clock.alarmCount, rig.endedCount]).toEqual([0, 0, 0]);
  });
});

describe('a queue that one silent address was named for', () => {
  it('is let go of after 20 minutes, except who was offered again meanwhile', () => {
    const { dial } = silentDial();
    const rig = newRig({ dial, connectionsMax: 0 });
    const peer = { host: '127.0.5.1', port: 7000 };
    for (let seed = 1; seed <= 50; seed++) rig.offer(randomInfohash(seed), peer);
    rig.clock.advance(10 * 60_000);
    rig.offer(randomInfohash(7), peer);
    rig.clock.advance(10 * 60_000);
    expect(rig.givenUp).toHaveLength(49);
    expect(new Set(rig.givenUp.map(({ reason }) => reason))).toEqual(new Set(['expired']));
    expect([rig.fetcher.queuedCount, rig.counters.dropped.get('metadata-expired')]).toEqual([1, 49]);
    rig.fetcher.checkInvariants();
  });
});

describe('retries', () => {
  it('an address where nobody answered is left alone for ten minutes, whatever is asked for', async () => {
    const rig = newRig();
    const closed = await closedPort();
    rig.offer(randomInfohash(1), closed);
    await rig.ended();
    rig.offer(randomInfohash(2), closed);
    expect(rig.givenUp.map(({ reason }) => reason)).toEqual(['refused', 'no-peers']);
    rig.clock.advance(600_000);
    rig.offer(randomInfohash(2), closed);
    await rig.ended(3);
    expect(rig.dialled).toHaveLength(2);
    expect(rig.givenUp[2]?.reason).toBe('refused');
  });

  it('the stage that named the peer which delivered is told and counted, though later ones named it too', async () => {
    const rig = newRig();
    const closed = await closedPort();
    const { contact } = await newSeeder([V1], '127.0.0.7');
    rig.fetcher.pause();
    rig.fetcher.offer(V1.infohashes[0] as never, [closed], 'sampling-node');
    rig.fetcher.offer(V1.infohashes[0] as never, [contact], 'lookup');
    rig.fetcher.offer(V1.infohashes[0] as never, [contact], 'retry');
    rig.fetcher.pause(); // put back, it keeps its stage
    rig.fetcher.resume();
    await rig.ended();
    expect(rig.fetched[0]?.stage).toBe('lookup');
    expect(rig.counters.metadataByStage.toObject()).toEqual({ lookup: 1 });
  });

  it('not held against the infohash when our own network is down', async () => {
    const { dial, listeners } = silentDial();
    const rig = newRig({ dial });
    const peer = { host: '127.0.0.1', port: 2000 };
    rig.offer(randomInfohash(1), peer);
    listeners[0]!.onClosed('unreachable');
    expect(rig.givenUp[0]?.reason).toBe('unreachable');
    rig.offer(randomInfohash(1), peer);
    expect(rig.dialled).toEqual([contactText(peer), contactText(peer)]);
  });
});
