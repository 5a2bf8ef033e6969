// libtorrent uses us: `--serve` makes the product a full node, and it is the only one that these sessions are told of. A
// seed and a downloader find each other through it and nowhere else: no trackers, no local discovery, no third node.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HeadlessRun } from './headless-run.ts';
import { LibtorrentPeers } from './libtorrent-peers.ts';
import { NET } from './own-network.ts';
import { endAll, eventually } from './processes.ts';
import { makeSeededFile, type SeededFile } from './seeded-file.ts';
import { WireTap, type TappedMessage } from './wire-tap.ts';

const US = `${NET}.9.1:27369`;
/** Told of us as a bootstrap router, which libtorrent keeps out of its table. */
const SEED = `${NET}.1.1:27369`;
const DOWNLOADER = `${NET}.2.1:27369`;
/** Told of us as a node like any other. */
const BYSTANDER = `${NET}.3.1:27369`;
const LIMIT_MS = 90_000;

let folder: string;
let file: SeededFile;
let peers: LibtorrentPeers;
let run: HeadlessRun;
let tap: WireTap;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lanternfish-serving-'));
  tap = new WireTap(path.join(folder, 'tap'));
  await mkdir(path.join(folder, 'seed'));
  await mkdir(path.join(folder, 'downloads'));
  file = await makeSeededFile(path.join(folder, 'seed'), 'served', 300_000);
  peers = new LibtorrentPeers();
  const [host, port] = US.split(':') as [string, string];
  const args = ['--data-dir', path.join(folder, 'data'), '--bind', host, '--port', port, '--allow-local-addresses'];
  // It knows nobody: they come to it.
  run = new HeadlessRun([...args, '--serve', '--bootstrap', `${NET}.99.1:9`], { tapPath: tap.path });
  await eventually('we answer', async () => (await peers.ask(`${NET}.7.1`, US, 'ping')).kind === 'r', LIMIT_MS);
});

afterAll(async () => {
  await run?.end('SIGKILL');
  await endAll();
  await rm(folder, { recursive: true, force: true });
});

describe('libtorrent uses us as its only node', () => {
  it('bootstraps from us, and stores its announces with us by our tokens', async () => {
    await peers.startSession('seed', SEED, { dht_bootstrap_nodes: US });
    expect(await peers.addTorrent('seed', file.torrent, path.join(folder, 'seed', 'files'), true)).toBe(file.infohash);
    const isStored = () => announcesOf(SEED).some(({ t }) => answered(SEED, t)?.y === 'r');
    await eventually('the seed announces to us and we accept it', isStored, LIMIT_MS);
    const announce = announcesOf(SEED).find(({ t }) => answered(SEED, t)?.y === 'r')!;
    expect(hex(announce.a['info_hash'])).toBe(file.infohash);
    const tokens = said(SEED, 'get_peers').map(({ r }) => hex(r['token']));
    expect(tokens).toContain(hex(announce.a['token']));
  });

  it('finds its peers through us: a download completes whose seed only we can name', async () => {
    await peers.startSession('downloader', DOWNLOADER, { dht_bootstrap_nodes: US });
    const downloads = path.join(folder, 'downloads');
    await peers.addTorrent('downloader', file.torrent, downloads, false);
    const isComplete = async () => (await peers.state('downloader')).isComplete === true;
    await eventually('the torrent is complete', isComplete, LIMIT_MS);
    expect(await readFile(path.join(downloads, file.name))).toEqual(file.content);
    const values = said(DOWNLOADER, 'get_peers').flatMap(({ r }) => (r['values'] ?? []) as Uint8Array[]);
    expect(values.map(hex)).toContain(compact(SEED));
  });

  it('learns the others from us, and its own sample_infohashes gets our samples, with an interval and nodes', async () => {
    await peers.startSession('bystander', BYSTANDER);
    await peers.addNode('bystander', US);
    const knowsAll = async () => (await peers.state('bystander')).dhtNodes >= 3;
    await eventually('the newcomer knows us and both sessions', knowsAll, LIMIT_MS);
    const sample = await peers.sample('bystander', US, file.infohash);
    expect(sample).toMatchObject({ num: 1, samples: [file.infohash] });
    expect(sample!.intervalSeconds).toBeGreaterThan(0);
    expect(sample!.intervalSeconds).toBeLessThanOrEqual(21_600);
    expect(sample!.nodes).toEqual(expect.arrayContaining([SEED, DOWNLOADER]));
  });

  it('meets no error of ours and sends nothing that we call malformed', () => {
    const errors = tap.messages().filter(({ direction, y }) => direction === 'out' && y === 'e');
    expect(errors.map(({ contact, e }) => `${contact} ${String(e[0])}`)).toEqual([]);
    const { malformed, isServing } = run.last!;
    expect({ malformed, isServing }).toEqual({ malformed: {}, isServing: true });
  });
});

function announcesOf(contact: string): TappedMessage[] {
  if (!existsSync(tap.path)) return [];
  return tap.messages(contact).filter(({ direction, q }) => direction === 'in' && q === 'announce_peer');
}

/** Our answer to the query with transaction id `t`. */
function answered(contact: string, t: Uint8Array): TappedMessage | undefined {
  return tap
    .messages(contact)
    .find((message) => message.direction === 'out' && message.y !== 'q' && hex(message.t) === hex(t));
}

/** Our answers to its queries of `method`. */
function said(contact: string, method: string): TappedMessage[] {
  return tap
    .messages(contact)
    .filter(({ direction, q }) => direction === 'in' && q === method)
    .flatMap(({ t }) => answered(contact, t) ?? []);
}

function compact(contact: string): string {
  const [host, port] = contact.split(':') as [string, string];
  return hex(Uint8Array.of(...host.split('.').map(Number), Number(port) >> 8, Number(port) & 255));
}

function hex(bytes: unknown): string {
  return Buffer.from((bytes ?? []) as Uint8Array).toString('hex');
}
