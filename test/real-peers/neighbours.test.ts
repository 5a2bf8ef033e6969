// The product among clients that nobody here wrote: libtorrent, aria2 and rTorrent, each as its Debian package, on
// loopback. What the product sends and hears is taken from its sockets (wire-tap-child.ts), not from its own counters.
//   who         sample_infohashes   get_peers
//   libtorrent  answers             answers (two of them)
//   aria2       silence             answers
//   rTorrent    error 204           answers, with the two bytes of every port swapped
//   teller      answers             passes on what the others say (libtorrent_peers.py)
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BAD_AFTER_FAILURES } from '../../main/dht/node-slab.ts';
import { HeadlessRun, search } from './headless-run.ts';
import { LibtorrentPeers } from './libtorrent-peers.ts';
import { NET } from './own-network.ts';
import { startAria2, startRtorrent } from './other-clients.ts';
import { endAll, eventually } from './processes.ts';
import { savedNodes } from './saved-nodes.ts';
import { makeSeededFile, type SeededFile } from './seeded-file.ts';
import { WireTap } from './wire-tap.ts';

const LIBTORRENT = `${NET}.1.1:27369`;
/** Stores the same: a node is asked once in 24 hours, and on a busy machine one answer may come too late. */
const SECOND = `${NET}.10.1:27369`;
const ARIA2 = `${NET}.2.1:27369`;
const RTORRENT = `${NET}.3.1:27369`;
const TELLER = `${NET}.8.1:27369`;
const US = `${NET}.9.1:27369`;
const ALL = [LIBTORRENT, SECOND, ARIA2, RTORRENT, TELLER];
/** A seed of libtorrent's, announced to aria2 and to rTorrent. 27369 is 0x6ae9; swapped it is 0xe96a. */
const SEED = `${NET}.4.1:27369`;
const SEED_SWAPPED = `${NET}.4.1:59754`;
/** Announced to rTorrent only, so that nobody tells the right port. */
const LOST = `${NET}.5.1:27369`;
const LOST_SWAPPED = `${NET}.5.1:59754`;
/** 0x1600: rTorrent makes it 22, where no torrent client listens but a remote shell. */
const TRAP = `${NET}.6.1:5632`;
const TRAP_SWAPPED = `${NET}.6.1:22`;
const LIMIT_MS = 120_000;

let folder: string;
let dataDir: string;
let peers: LibtorrentPeers;
let files: Record<'libtorrent' | 'aria2' | 'rtorrent' | 'seed' | 'lost' | 'trap', SeededFile>;
let run: HeadlessRun;
let tap: WireTap;

const start = (tapName: string, ...more: string[]): void => {
  const [host, port] = US.split(':') as [string, string];
  tap = new WireTap(path.join(folder, tapName));
  const args = ['--data-dir', dataDir, '--bind', host, '--port', port, '--allow-local-addresses', '--pace', 'fast'];
  run = new HeadlessRun([...args, ...more], { tapPath: tap.path });
};

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lanternfish-neighbours-'));
  dataDir = path.join(folder, 'data');
  const make = async (name: string): Promise<SeededFile> => {
    await mkdir(path.join(folder, name));
    return makeSeededFile(path.join(folder, name), name);
  };
  files = {
    libtorrent: await make('libtorrent'),
    aria2: await make('aria2'),
    rtorrent: await make('rtorrent'),
    seed: await make('seed'),
    lost: await make('lost'),
    trap: await make('trap'),
  };
  peers = new LibtorrentPeers();
  const client = (name: 'aria2' | 'rtorrent', contact: string) => {
    const [host, port] = contact.split(':') as [string, string];
    return { home: path.join(folder, name), host, port: Number(port), torrent: files[name].torrent, knows: LIBTORRENT };
  };
  await peers.startSession('libtorrent', LIBTORRENT);
  await peers.startSession('second', SECOND);
  startAria2(client('aria2', ARIA2));
  await startRtorrent(client('rtorrent', RTORRENT));
  await peers.startSession('seed', SEED, { enable_dht: false });
  for (const name of ['libtorrent', 'seed'] as const) {
    await peers.addTorrent(name, files[name].torrent, path.join(folder, name, 'files'), true);
  }
  for (const name of ['libtorrent', 'second']) {
    for (const contact of [LIBTORRENT, SECOND, ARIA2, RTORRENT]) await peers.addNode(name, contact);
  }
  // rTorrent answers find_node with an error until it knows somebody.
  const target = '11'.repeat(20);
  for (const contact of [LIBTORRENT, SECOND, ARIA2, RTORRENT]) {
    const answers = async () => (await peers.ask(`${NET}.7.1`, contact, 'find_node', { target })).kind === 'r';
    await eventually(`${contact} answers find_node`, answers, LIMIT_MS);
  }
  // Whoever announces enters libtorrent's table, from whatever port, unless it knows a node at that address already.
  for (const name of ['libtorrent', 'second']) {
    const knowsAll = async () => (await peers.state(name)).dhtNodes >= 3;
    await eventually(`${name} knows the other three`, knowsAll, LIMIT_MS);
  }
  const stored = [
    await peers.tellPeer(ARIA2, files.aria2.infohash, LIBTORRENT),
    await peers.tellPeer(RTORRENT, files.rtorrent.infohash, LIBTORRENT),
    await peers.tellPeer(LIBTORRENT, files.libtorrent.infohash, SECOND),
    await peers.tellPeer(ARIA2, files.aria2.infohash, SECOND),
    await peers.tellPeer(RTORRENT, files.rtorrent.infohash, SECOND),
    await peers.tellPeer(SEED, files.seed.infohash, ARIA2),
    await peers.tellPeer(SEED, files.seed.infohash, RTORRENT),
    await peers.tellPeer(LOST, files.lost.infohash, RTORRENT),
    await peers.tellPeer(TRAP, files.trap.infohash, RTORRENT),
  ];
  expect(stored, 'the announcements').toEqual(stored.map(() => true));
  const nodes = [];
  for (const contact of [LIBTORRENT, ARIA2, RTORRENT]) {
    nodes.push({ contact, id: (await peers.ask(`${NET}.7.1`, contact, 'ping')).id });
  }
  const told = [files.seed, files.lost, files.trap].map(({ infohash }) => infohash);
  await peers.startTeller(TELLER, `${NET}.7.1`, told, nodes);
  start('first-run', ...ALL.flatMap((contact) => ['--bootstrap', contact]));
});

afterAll(async () => {
  await run?.end('SIGKILL');
  await endAll();
  await rm(folder, { recursive: true, force: true });
});

describe('neighbours that nobody here wrote', () => {
  it('give their torrents: metadata comes from libtorrent, from aria2 and from rTorrent', async () => {
    const enough = await run.waitFor((line) => line.torrents >= 4, LIMIT_MS);
    expect(enough.torrents, story()).toBe(4);
    for (const { name, infohash } of [files.libtorrent, files.aria2, files.rtorrent, files.seed]) {
      expect(search(dataDir, infohash).map((found) => found.name)).toEqual([name]);
    }
    expect(enough.malformed).toEqual({});
  });

  it('silence on sample_infohashes is not death: aria2 is asked other things afterwards, and answers', async () => {
    const isAsked = () => tap.asked(ARIA2, 'sample_infohashes').length > 0;
    await eventually('aria2 is asked for samples', isAsked, LIMIT_MS, story);
    const asked = tap.asked(ARIA2, 'sample_infohashes');
    expect(tap.answers(ARIA2, 'sample_infohashes')).toEqual([]);
    const answersLater = (method: string) =>
      tap.answers(ARIA2, method).some(({ y, atMs }) => y === 'r' && atMs > asked[0]!.atMs);
    await eventually('aria2 is asked for nodes and answers', () => answersLater('find_node'), LIMIT_MS, story);
    expect(tap.asked(ARIA2, 'sample_infohashes')).toHaveLength(1);
  });

  it('an error 204 is an answer and remembered: rTorrent is asked once for samples, and goes on being asked for nodes', async () => {
    const errors = () => tap.answers(RTORRENT, 'sample_infohashes').map(({ y, e }) => [y, e[0]]);
    await eventually('rTorrent answers a sample with an error', () => errors().length > 0, LIMIT_MS, story);
    expect(errors()).toEqual([['e', 204]]);
    const [error] = tap.answers(RTORRENT, 'sample_infohashes');
    const answersLater = () =>
      tap.answers(RTORRENT, 'find_node').some(({ y, atMs }) => y === 'r' && atMs > error!.atMs);
    await eventually('rTorrent is asked for nodes and answers', answersLater, LIMIT_MS, story);
    expect(tap.asked(RTORRENT, 'sample_infohashes')).toHaveLength(1);
  });

  it("rTorrent's swapped ports cost a failed dial each, and no dial at a port of the system", async () => {
    const named = tap.answers(TELLER, 'get_peers').flatMap(({ r }) => (r['values'] ?? []) as Uint8Array[]);
    const contacts = new Set(named.map((peer) => `${peer.slice(0, 4).join('.')}:${peer[4]! * 256 + peer[5]!}`));
    for (const swapped of [SEED_SWAPPED, LOST_SWAPPED, TRAP_SWAPPED]) expect(contacts).toContain(swapped);
    await eventually('the lost peer is dialled', () => tap.dials().includes(LOST_SWAPPED), LIMIT_MS, story);
    const dials = tap.dials();
    expect(dials.filter((contact) => contact === SEED_SWAPPED).length).toBeLessThanOrEqual(2);
    expect(dials.filter((contact) => contact === LOST_SWAPPED).length).toBeLessThanOrEqual(2);
    const spokenTo = [...dials, ...tap.sentTo()];
    expect(spokenTo.filter((contact) => contact.endsWith(':22'))).toEqual([]);
    expect(dials).toContain(SEED);
    const { torrents, malformed } = run.last!;
    expect({ torrents, malformed }).toEqual({ torrents: 4, malformed: {} });
  });

  it('all of them are still good nodes when it ends; after a restart none is sampled again, and all are asked and answer', async () => {
    expect(await run.end('SIGTERM')).toBe(0);
    const saved = await savedNodes(dataDir);
    for (const contact of ALL) {
      expect(saved.get(contact)!.failCount, contact).toBeLessThan(BAD_AFTER_FAILURES);
      expect(saved.get(contact)!.lastHeardAgoSeconds, contact).toBeGreaterThanOrEqual(0);
    }
    // Nobody to begin with but those it remembers.
    start('second-run', '--bootstrap', `${NET}.99.1:9`, '--serve');
    for (const contact of ALL) {
      const answers = () => existsSync(tap.path) && tap.answers(contact, 'find_node').some(({ y }) => y === 'r');
      await eventually(`${contact} is asked for nodes and answers`, answers, LIMIT_MS);
    }
    await run.waitFor((line) => line.uptimeSeconds >= 10, LIMIT_MS);
    for (const contact of ALL) expect(tap.asked(contact, 'sample_infohashes'), contact).toEqual([]);
    expect(run.last!.samplesAsked).toBe(0);
  });

  it.skipIf(process.getuid?.() !== 0)(
    'rTorrent answers an error that it did not expect with an error, and that ends it (forging its address needs root)',
    async () => {
      // In its name we are asked what we answer, and what we do not know: to that we say error 204.
      const pings = ['fg01', 'fg03', 'fg05', 'fg07'];
      const unknowns = ['fg02', 'fg04', 'fg06', 'fg08'];
      const forged = [...pings, ...unknowns].sort();
      for (const transaction of forged) {
        await peers.forge(RTORRENT, US, pings.includes(transaction) ? 'ping' : 'vote', transaction);
        await pass(300);
      }
      const complaints = () => tap.messages(RTORRENT).filter(({ direction, y }) => direction === 'in' && y === 'e');
      const hasComplained = () => complaints().some(({ t }) => unknowns.includes(text(t)));
      await eventually('rTorrent complains of an error', hasComplained, 20_000);
      await pass(2_000); // for what would go to and fro now
      const messages = tap.messages(RTORRENT);
      const queries = messages.filter(({ direction, y }) => direction === 'in' && y === 'q').map(({ t }) => text(t));
      const answered = messages.filter(({ direction, y }) => direction === 'out' && y !== 'q').map(({ t }) => text(t));
      expect(answered.filter((t) => forged.includes(t)).sort(), 'one answer to each forged query').toEqual(forged);
      expect(answered.length).toBeLessThanOrEqual(queries.length);
      expect(complaints().filter(({ t }) => unknowns.includes(text(t))).length).toBeLessThanOrEqual(unknowns.length);
    },
  );
});

/** For a test that fails. */
function story(): string {
  const said = ALL.map((contact) => tap.story(contact));
  return [JSON.stringify(run.last), run.errors, ...tap.dials(), ...said].join('\n');
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
