// A closed DHT of production nodes on loopback, with seeders behind it: what the demo searches and tests crawl.
// Tables and peer stores are filled by hand instead of by hours of traffic; from then on every answer is the real one.
// Every node has an address and a /24 of its own, as on the internet. Nothing here ever sends outside 127.0.0.0/8.
import { assert } from '../../main/base/assert.ts';
import { toHex } from '../../main/base/bytes.ts';
import { systemClock } from '../../main/base/clock.ts';
import type { Contact, NodeContact } from '../../main/base/contact.ts';
import { asNodeId, compareDistance } from '../../main/base/identifier.ts';
import { silentLog } from '../../main/base/log.ts';
import type { Random } from '../../main/base/random.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import { DhtNode } from '../../main/dht/dht-node.ts';
import { chooseOpener, UDP_BINDING_VARIABLE } from '../../main/dht/udp/transport.ts';
import { Counters } from '../../main/stats/counters.ts';
import { Seeder } from './seeder.ts';
import type { Category } from './titles.ts';
import type { SwarmTorrent, TorrentVersion } from './torrents.ts';
import { generateTorrents } from './torrents.ts';

export interface SwarmOptions {
  /** From 2 on; 250 for each second octet. */
  readonly nodeCount: number;
  readonly torrentCount: number;
  /** TCP addresses that hand out metadata; a fetcher keeps one connection to each at a time. */
  readonly seederCount: number;
  readonly seed: number;
  /** The first two octets, 127.x: two swarms at the same time need two of them. */
  readonly baseHost: string;
  /** Nodes that know each infohash: the closest ones. Default 8, as announces do. */
  readonly copies?: number;
  /** BEP 51 interval of nodes whose sample is full. Default 60. */
  readonly sampleIntervalSeconds?: number;
}

/** What is true of one torrent: plain data for a JSON line. */
export interface TorrentFacts {
  readonly name: string;
  readonly category: Category;
  readonly version: TorrentVersion;
  /** The 40 digits by which links name it: v1 if there is one, else v2 cut short. */
  readonly infohashHex: string;
  readonly infohashV1Hex: string | null;
  readonly infohashV2Hex: string | null;
  /** 40 digits each, as announced. */
  readonly announcedHex: readonly string[];
  readonly sizeBytes: number;
  readonly fileCount: number;
  readonly seederCount: number;
}

export interface Swarm {
  /** Three nodes to begin with. */
  readonly bootstrap: readonly Contact[];
  readonly torrents: readonly TorrentFacts[];
  readonly nodes: readonly DhtNode[];
  /** Where each of `nodes` listens. */
  readonly contacts: readonly Contact[];
  stop(): Promise<void>;
}

const openSocket = chooseOpener(process.env[UDP_BINDING_VARIABLE] ?? null, silentLog);

const BOOTSTRAP_COUNT = 3;
const HOSTS_PER_OCTET = 250;
const SEEDERS_PER_TORRENT_MAX = 4;
/** Nodes forget an announce after 45 minutes, so clients repeat it; so do we. */
const ANNOUNCE_EVERY_MS = 20 * 60_000;

interface Placed {
  readonly node: DhtNode;
  readonly self: NodeContact;
}

export async function startSwarm(options: SwarmOptions): Promise<Swarm> {
  const { nodeCount, torrentCount, seederCount, seed, copies = 8 } = options;
  assert(/^127\.\d{1,3}$/.test(options.baseHost), 'a swarm lives on loopback');
  assert(nodeCount >= 2 && seederCount >= 1, 'a swarm has nodes and a seeder');
  const random = createSeededRandom(seed);
  const torrents = generateTorrents({ count: torrentCount, seed });
  const placed = await Promise.all(Array.from({ length: nodeCount }, (_, index) => startNode(index, options, random)));
  introduceAll(placed, random);
  const seeders = torrents.map((_, index) => chooseSeeders(index, seederCount, random));
  const servers = Array.from({ length: seederCount }, (_, index) => {
    return new Seeder(torrents.filter((_torrent, at) => seeders[at]!.includes(index)));
  });
  const peers = await Promise.all(servers.map((server, index) => server.listen(hostOf(options.baseHost, index, 2))));
  const announceAll = (): void => {
    torrents.forEach((torrent, index) => {
      for (const seeder of seeders[index]!) announce(torrent, peers[seeder]!, placed, copies);
    });
  };
  announceAll();
  const announcing = systemClock.setRepeating(ANNOUNCE_EVERY_MS, announceAll);
  return {
    bootstrap: placed.slice(-BOOTSTRAP_COUNT).map(({ self }) => self.contact),
    torrents: torrents.map((torrent, index) => toFacts(torrent, seeders[index]!.length)),
    nodes: placed.map(({ node }) => node),
    contacts: placed.map(({ self }) => self.contact),
    stop: async () => {
      announcing.cancel();
      await Promise.all(placed.map(({ node }) => node.stop()));
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

async function startNode(index: number, options: SwarmOptions, random: Random): Promise<Placed> {
  const host = hostOf(options.baseHost, index, 1);
  const id = asNodeId(random.bytes(20));
  const node = new DhtNode(
    {
      clock: systemClock,
      random: createSeededRandom(random.uint32()),
      log: silentLog,
      counters: new Counters(),
      openSocket,
      resolveHost: () => Promise.resolve([]),
    },
    {
      bindHost: host,
      port: 0,
      bootstrap: [],
      isServing: true,
      localAddressesAllowed: true,
      nodeId: id,
      sampleIntervalSeconds: options.sampleIntervalSeconds ?? 60,
    },
  );
  await node.start();
  return { node, self: { id, contact: { host, port: node.localPort } } };
}

/** Everybody hears of everybody, in an order of its own, and keeps whom its buckets have room for. */
function introduceAll(placed: readonly Placed[], random: Random): void {
  for (const { node, self } of placed) {
    const start = random.below(placed.length);
    for (let step = 0; step < placed.length; step++) {
      const other = placed[(start + step) % placed.length]!.self;
      if (other !== self) node.table.insert(other, { hasAnswered: true, supportsSamples: true });
    }
  }
}

/** Stores the peer where an announce would: at the nodes closest to each infohash. */
function announce(torrent: SwarmTorrent, peer: Contact, placed: readonly Placed[], copies: number): void {
  for (const infohash of torrent.infohashes) {
    const closest = [...placed].sort((a, b) => compareDistance(infohash, a.self.id, b.self.id)).slice(0, copies);
    for (const { node } of closest) node.peerStore.add(infohash, peer);
  }
}

/** Most torrents have few seeders; the first of each goes round, so that all seeders have work. */
function chooseSeeders(torrentIndex: number, seederCount: number, random: Random): number[] {
  const count = Math.min(seederCount, 1 + random.below(SEEDERS_PER_TORRENT_MAX));
  return Array.from({ length: count }, (_, step) => (torrentIndex + step) % seederCount);
}

/** One /24 for each index. */
function hostOf(baseHost: string, index: number, lastOctet: number): string {
  const second = Number(baseHost.slice('127.'.length)) + Math.floor(index / HOSTS_PER_OCTET);
  assert(second <= 255, 'more nodes than addresses');
  return `127.${second}.${1 + (index % HOSTS_PER_OCTET)}.${lastOctet}`;
}

function toFacts(torrent: SwarmTorrent, seederCount: number): TorrentFacts {
  const { name, category, version, infohashV1, infohashV2, infohashes, sizeBytes, files } = torrent;
  return {
    name,
    category,
    version,
    infohashHex: toHex(infohashes[0]!),
    infohashV1Hex: infohashV1 && toHex(infohashV1),
    infohashV2Hex: infohashV2 && toHex(infohashV2),
    announcedHex: infohashes.map(toHex),
    sizeBytes,
    fileCount: files.length,
    seederCount,
  };
}
