// Info dictionaries that the person asks for: real peers over TCP on loopback, a clock that the test moves.
import { afterEach, expect, onTestFinished, test } from 'vitest';
import type { Contact } from '../../main/base/contact.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import type { TorrentFailure } from '../../main/engine/engine-contract.ts';
import { TORRENT_LIMIT_MS, TorrentLine, TORRENTS_AT_ONCE_MAX } from '../../main/engine/torrent-line.ts';
import { dialTcp } from '../../main/metadata/transports/tcp-connection.ts';
import { Seeder } from '../../scripts/swarm/seeder.ts';
import { makeTorrent, type SwarmTorrent } from '../../scripts/swarm/torrents.ts';
import { ManualClock } from '../metadata/manual-clock.ts';
import { breathe, startPeer } from '../metadata/test-rig.ts';

const random = createSeededRandom(11);
const newTorrent = (version: SwarmTorrent['version']): SwarmTorrent =>
  makeTorrent(
    { name: `A ${version} one`, category: 'book', version, files: [{ path: ['a.epub'], sizeBytes: 9 }] },
    random,
  );

interface Told {
  readonly peers: number[];
  info: Buffer | null;
  failure: TorrentFailure | null;
}

let clock: ManualClock;
let line: TorrentLine;
let asked: string[];

/** `peersOf`: what a lookup for an infohash (hex) brings; null: none can be begun. */
function start(peersOf: (infohashHex: string) => readonly Contact[] | null, isPaused = false): void {
  clock = new ManualClock();
  asked = [];
  line = new TorrentLine(
    {
      ...{ clock, random: createSeededRandom(7), mayConnect: ({ host }) => host.startsWith('127.') },
      dial: ({ contact, localAddress }, listener) => dialTcp(contact, localAddress, listener),
    },
    { bindHost: '127.0.0.1' },
    isPaused,
  );
  line.join({
    lookupPeers: (infohash, onDone) => {
      const hex = Buffer.from(infohash).toString('hex');
      const peers = peersOf(hex);
      asked.push(hex);
      if (peers !== null) clock.setTimer(100, () => onDone([...peers]));
      return peers !== null;
    },
  });
}

function fetch(requestId: number, ...infohashes: readonly Uint8Array[]): Told {
  const told: Told = { peers: [], info: null, failure: null };
  line.fetch(requestId, Buffer.concat(infohashes.map((infohash) => infohash.subarray(0, 20))), {
    onPeers: (count) => told.peers.push(count),
    onFetched: (blocks) => (told.info = Buffer.concat(blocks)),
    onFailed: (reason) => (told.failure = reason),
  });
  line.checkInvariants();
  return told;
}

async function pass(ms: number, isDone: () => boolean = () => false): Promise<void> {
  for (let passedMs = 0; passedMs < ms && !isDone(); passedMs += 500) {
    clock.advance(500);
    await breathe();
  }
  line.checkInvariants();
}

async function seed(torrent: SwarmTorrent): Promise<Contact> {
  const seeder = new Seeder([torrent]);
  onTestFinished(() => seeder.stop());
  return seeder.listen('127.0.0.1');
}

afterEach(() => {
  line.stop();
  line.checkInvariants();
  expect(clock.alarmCount).toBe(0);
});

test.each(['v1', 'hybrid', 'v2'] as const)(
  'brings the dictionary of a %s torrent as it is, also twice',
  async (version) => {
    const torrent = newTorrent(version);
    const contact = await seed(torrent);
    start(() => [contact]);
    for (const requestId of [1, 2]) {
      const told = fetch(requestId, ...torrent.infohashes);
      await pass(10_000, () => told.info !== null);
      expect([told.failure, told.info?.equals(torrent.info)]).toEqual([null, true]);
      expect(told.peers.at(-1)).toBe(1);
    }
    expect(line.wantedCount).toBe(0);
  },
);

test('asks more peers than one fetch takes, until one has it', async () => {
  const torrent = newTorrent('v1');
  const dumb = await Promise.all(Array.from({ length: 12 }, () => startPeer((visit) => visit.socket.destroy())));
  onTestFinished(async () => {
    await Promise.all(dumb.map((peer) => peer.stop()));
  });
  const good = await seed(torrent);
  start(() => [...dumb.map(({ contact }) => contact), good]);
  const told = fetch(1, ...torrent.infohashes);
  await pass(TORRENT_LIMIT_MS - 1_000, () => told.info !== null);
  expect(told.info?.equals(torrent.info)).toBe(true);
  expect(told.peers).toEqual([13]);
});

test('says whether nobody was found or nobody answers, and does not wait for ever', async () => {
  start(() => []);
  const alone = fetch(1, newTorrent('v1').infohashes[0]!);
  await pass(1_000);
  expect(alone).toEqual({ peers: [], info: null, failure: 'no-peers' });

  const silent = await startPeer(() => undefined);
  onTestFinished(() => silent.stop());
  start(() => [silent.contact]);
  const unanswered = fetch(1, newTorrent('v1').infohashes[0]!);
  await pass(TORRENT_LIMIT_MS + 1_000, () => unanswered.failure !== null);
  expect(unanswered.failure).toBe('no-answer');

  start(() => null); // too many lookups are under way, for ever
  const unlooked = fetch(1, newTorrent('v1').infohashes[0]!);
  await pass(TORRENT_LIMIT_MS + 1_000, () => unlooked.failure !== null);
  expect([unlooked.failure, asked.length > 20]).toEqual(['no-peers', true]);
});

test('few at once; cancelled ones are silent; a pause ends all of them and lets none begin', async () => {
  const silent = await startPeer(() => undefined);
  onTestFinished(() => silent.stop());
  start(() => [silent.contact]);
  const told = Array.from({ length: TORRENTS_AT_ONCE_MAX }, (_, id) => fetch(id, newTorrent('v1').infohashes[0]!));
  expect(fetch(99, newTorrent('v1').infohashes[0]!).failure).toBe('busy');
  await pass(1_000);
  line.cancel(0);
  line.pause();
  await pass(1_000);
  expect(told.map(({ failure }) => failure)).toEqual([null, ...Array(TORRENTS_AT_ONCE_MAX - 1).fill('paused')]);
  expect(fetch(100, newTorrent('v1').infohashes[0]!).failure).toBe('paused');
  line.resume();
  expect(fetch(101, newTorrent('v1').infohashes[0]!).failure).toBeNull();
  await pass(500);
});
