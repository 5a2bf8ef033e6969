// Metadata from seeds that nobody here wrote: libtorrent in every way that it can be reached, aria2, rTorrent, Transmission and
// qBittorrent; fetched over the real sockets of the product's own fetcher.
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import bencode from 'bencode';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import type { Contact } from '../../main/base/contact.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import type { Transport } from '../../main/metadata/transports/peer-connection.ts';
import { makeTorrent, torrentFile, type SwarmTorrent } from '../../scripts/swarm/torrents.ts';
import { TransportRig } from '../metadata/transport-rig.ts';
import { LibtorrentPeers } from './libtorrent-peers.ts';
import { startAria2, startQbittorrent, startRtorrent, startTransmission } from './other-clients.ts';
import { endAll, eventually } from './processes.ts';
import { makeSeededFile, type SeededFile } from './seeded-file.ts';

const LIMIT_MS = 60_000;
const US = '127.43.9.1';
const PORT = 6881;
/** libtorrent's numbers. */
const FORCED = { in_enc_policy: 0, out_enc_policy: 0 };
const ENCRYPTION_OFF = { in_enc_policy: 2, out_enc_policy: 2 };
const [PLAIN_ONLY, RC4_ONLY, BOTH] = [1, 2, 3];
const NO_TCP = { enable_incoming_tcp: false, enable_outgoing_tcp: false };
/** It listens all the same, and hangs up. */
const NO_TCP_ENDS = { 'tcp reset-in-handshake': 1, 'mse reset-in-handshake': 1 };
const NO_UTP = { enable_incoming_utp: false, enable_outgoing_utp: false };

const random = createSeededRandom(43);
const files = (count: number): { path: string[]; sizeBytes: number }[] =>
  Array.from({ length: count }, (_, index) => ({ path: [`folder ${index % 60}`, `file ${index}.bin`], sizeBytes: 9 }));
const newTorrent = (name: string, version: SwarmTorrent['version'], fileCount = 3): SwarmTorrent =>
  makeTorrent({ name, category: 'software', version, files: files(fileCount) }, random);

let folder: string;
let libtorrent: LibtorrentPeers;
let rig: TransportRig;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lanternfish-seeds-'));
  libtorrent = new LibtorrentPeers();
});
afterEach(() => rig.stop());
afterAll(async () => {
  await endAll();
  await rm(folder, { recursive: true, force: true });
});

/** One info dictionary of 8 MiB: 20,000 files with long names, and pieces. */
function newHugeTorrent(): SwarmTorrent {
  const long = 'x'.repeat(120);
  const files = Array.from({ length: 20_000 }, (_, index) => ({ length: 9, path: [`folder ${index % 90}`, `${index} ${long}`] })); // prettier-ignore
  const fields = { files, name: 'Huge', 'piece length': 16_384 };
  const pieces = random.bytes(Math.floor((8 * 1024 * 1024 - bencode.encode(fields).length) / 20) * 20);
  // What libtorrent checks: as many hashes as there are pieces.
  files.push({ length: (pieces.length / 20) * 16_384 - 20_000 * 9, path: ['the rest'] });
  const info = bencode.encode({ ...fields, pieces });
  const infohashV1 = new Uint8Array(createHash('sha1').update(info).digest());
  const kept = files.map(({ length, path: parts }) => ({ path: parts.join('/'), sizeBytes: length }));
  const sizeBytes = kept.reduce((sum, file) => sum + file.sizeBytes, 0);
  return { ...newTorrent('Huge', 'v1'), info, infohashV1, infohashes: [infohashV1], files: kept, sizeBytes };
}

/** It has metadata and no data, so it never becomes a seed by its own count; serving metadata it is. */
async function ready(name: string): Promise<void> {
  const hasLooked = async (): Promise<boolean> =>
    (await libtorrent.state(name)).state?.startsWith('checking') === false;
  await eventually(`${name} has looked at its torrent`, hasLooked, LIMIT_MS);
}

/** A session of its own with one torrent. */
async function seed(torrent: SwarmTorrent, host: string, settings: Record<string, unknown>): Promise<Contact> {
  await libtorrent.startSession(host, `${host}:${PORT}`, { ...settings, enable_dht: false });
  await add(torrent, host);
  return { host, port: PORT };
}

/** Gives the session on `host` one more torrent. */
async function add(torrent: SwarmTorrent, host: string): Promise<void> {
  const file = path.join(folder, `${host} ${toHex(torrent.infohashes[0]!)}.torrent`);
  await writeFile(file, torrentFile(torrent));
  await libtorrent.addTorrent(host, file, folder, true);
  // Until it has looked at its torrent, it hangs up on whoever asks.
  await ready(host);
}

async function expectNamed(torrent: SwarmTorrent, contact: Contact, outcomes: Record<string, number>): Promise<void> {
  rig = await TransportRig.start(US);
  for (const infohash of torrent.infohashes.slice(0, 1)) rig.offer(infohash, contact);
  await rig.ended(1, LIMIT_MS);
  expect(rig.givenUp).toEqual([]);
  expect(rig.fetched[0]!.info).toMatchObject({ name: torrent.name, fileCount: torrent.files.length, sizeBytes: torrent.sizeBytes }); // prettier-ignore
  expect(rig.outcomes).toEqual(outcomes);
}

/**
 * libtorrent 2.0.8 hangs up on one encrypted handshake in 256, always and only when the shared secret begins with a zero
 * byte (measured: 9 of 2,500, those and no others): then the test is run again.
 */
const RETRY = { retry: 2 };

describe('a libtorrent seed', RETRY, () => {
  let last = 0;
  it.each<[string, Record<string, unknown>, Record<string, number>]>([
    ['plain TCP only', { ...NO_UTP, ...ENCRYPTION_OFF }, { 'tcp complete': 1 }],
    [
      'encryption forced, RC4 only',
      { ...NO_UTP, ...FORCED, allowed_enc_level: RC4_ONLY },
      { 'tcp reset-in-handshake': 1, 'mse complete': 1 },
    ],
    [
      'encryption forced, plain text after the handshake',
      { ...NO_UTP, ...FORCED, allowed_enc_level: PLAIN_ONLY },
      { 'tcp reset-in-handshake': 1, 'mse complete': 1 },
    ],
    [
      'encryption forced, RC4 preferred',
      { ...NO_UTP, ...FORCED, allowed_enc_level: BOTH, prefer_rc4: true },
      { 'tcp reset-in-handshake': 1, 'mse complete': 1 },
    ],
    ['uTP only', { ...NO_TCP, ...ENCRYPTION_OFF }, { ...NO_TCP_ENDS, 'utp complete': 1 }],
    [
      'uTP only and encryption forced',
      { ...NO_TCP, ...FORCED, allowed_enc_level: RC4_ONLY },
      { ...NO_TCP_ENDS, 'utp reset-in-handshake': 1, 'utp-mse complete': 1 },
    ],
  ])('%s', async (what, settings, outcomes) => {
    const torrent = newTorrent(what, (['v1', 'v2', 'hybrid'] as const)[last % 3]!);
    await expectNamed(torrent, await seed(torrent, `127.43.1.${++last}`, settings), outcomes);
  });

  it.each<[Transport, Record<string, unknown>]>([
    ['tcp', { ...NO_UTP, ...ENCRYPTION_OFF }],
    ['mse', { ...NO_UTP, ...FORCED, allowed_enc_level: RC4_ONLY }],
    ['utp', { ...NO_TCP, ...ENCRYPTION_OFF }],
    ['utp-mse', { ...NO_TCP, ...FORCED, allowed_enc_level: RC4_ONLY }],
  ])('v1, v2 and hybrid, 3,000 files of each, and 8 MiB, over %s', async (transport, settings) => {
    const host = `127.43.2.${++last}`;
    const torrents = (['v1', 'v2', 'hybrid'] as const).map((version) => newTorrent(`Many ${version}`, version, 3000));
    torrents.push(newHugeTorrent());
    const contact = await seed(torrents[0]!, host, settings);
    rig = await TransportRig.start(US, [transport]);
    for (const [index, torrent] of torrents.entries()) {
      if (index > 0) await add(torrent, host);
      rig.offer(torrent.infohashes.at(-1)!, contact);
      await rig.ended(index + 1, LIMIT_MS);
      expect(rig.givenUp).toEqual([]);
      const { name, files, sizeBytes } = torrent;
      expect(rig.fetched[index]!.info).toMatchObject({ name, fileCount: files.length, sizeBytes });
    }
    // The other infohash of the hybrid is known by now.
    rig.offer(torrents[2]!.infohashes[0]!, contact);
    expect(rig.givenUp.map(({ reason }) => reason)).toEqual(['duplicate']);
    expect(torrents[3]!.info.length).toBeGreaterThan(8 * 1024 * 1024 - 1000);
    expect(rig.outcomes).toEqual({ [`${transport} complete`]: torrents.length });
  });

  it('is asked the right way at once the second time', async () => {
    const torrent = newTorrent('First', 'v1');
    const again = newTorrent('Again', 'v1');
    const contact = await seed(torrent, '127.43.3.1', { ...NO_TCP, ...ENCRYPTION_OFF });
    await add(again, '127.43.3.1');
    rig = await TransportRig.start(US);
    rig.offer(torrent.infohashes[0]!, contact);
    await rig.ended(1);
    rig.offer(again.infohashes[0]!, contact);
    await rig.ended(2);
    expect(rig.fetched.map(({ info }) => info.name)).toEqual(['First', 'Again']);
    expect(rig.outcomes).toEqual({ ...NO_TCP_ENDS, 'utp complete': 2 });
  });
});

/** With it Transmission would look for its makers' node. */
const NO_DHT = { 'dht-enabled': false };

describe('a seed of another client', () => {
  let last = 0;
  async function newHome(name: string): Promise<SeededFile & { home: string }> {
    const home = path.join(folder, name);
    await mkdir(home);
    return { home, ...(await makeSeededFile(home, name, 3_000_000)) };
  }

  /** Clients take their time to check what they seed: asked again until then. */
  async function expectNamedSoon(file: SeededFile, contact: Contact, transports?: readonly Transport[]): Promise<void> {
    await eventually(
      `${file.name} is fetched`,
      async () => {
        rig = await TransportRig.start(US, transports);
        rig.offer(Buffer.from(file.infohash, 'hex'), contact);
        await rig.ended(1, LIMIT_MS);
        if (rig.fetched.length > 0) return true;
        await rig.stop();
        return false;
      },
      LIMIT_MS,
    );
    expect(rig.fetched[0]!.info.name).toBe(file.name);
    expect(toHex(rig.fetched[0]!.infohashV1!)).toBe(file.infohash);
  }

  it('aria2', async () => {
    const { home, ...file } = await newHome('aria2');
    const contact = { host: '127.43.4.1', port: PORT };
    startAria2({ home, ...contact, torrent: file.torrent, knows: `${US}:9` });
    await expectNamedSoon(file, contact);
  });

  it('aria2 that insists on encryption', async () => {
    const { home, ...file } = await newHome('aria2-encrypted');
    const contact = { host: '127.43.4.2', port: PORT };
    startAria2({ home, ...contact, torrent: file.torrent, knows: `${US}:9`, more: ['--bt-require-crypto=true', '--bt-min-crypto-level=arc4'] }); // prettier-ignore
    await expectNamedSoon(file, contact);
    expect(rig.outcomes).toEqual({ 'tcp reset-in-handshake': 1, 'mse complete': 1 });
  });

  it('rTorrent', async () => {
    const { home, ...file } = await newHome('rtorrent');
    const contact = { host: '127.43.4.3', port: PORT };
    await startRtorrent({ home, ...contact, torrent: file.torrent, knows: `${US}:9` });
    await expectNamedSoon(file, contact);
  });

  it('rTorrent that insists on encryption', async () => {
    const { home, ...file } = await newHome('rtorrent-encrypted');
    const contact = { host: '127.43.4.4', port: PORT };
    await startRtorrent({ home, ...contact, torrent: file.torrent, knows: `${US}:9`, more: ['protocol.encryption.set = require,require_RC4,allow_incoming'] }); // prettier-ignore
    await expectNamedSoon(file, contact);
    expect(rig.outcomes).toEqual({ 'tcp reset-in-handshake': 1, 'mse complete': 1 });
  });

  it.each<[string, Record<string, unknown>, Record<string, number>]>([
    ['plain TCP', { encryption: 0 }, { 'tcp complete': 1 }],
    ['encryption required', { encryption: 2 }, { 'tcp reset-in-handshake': 1, 'mse complete': 1 }],
  ])('Transmission, which takes seconds for its first block: %s', async (what, settings, outcomes) => {
    const { home, ...file } = await newHome(`transmission ${what}`);
    const contact = { host: `127.43.5.${++last}`, port: PORT };
    await startTransmission({
      home,
      ...contact,
      torrent: file.torrent,
      knows: '',
      settings: { ...NO_DHT, ...settings },
    });
    await expectNamedSoon(file, contact);
    expect(rig.outcomes).toEqual(outcomes);
  });

  it('Transmission over uTP', async () => {
    const { home, ...file } = await newHome('transmission-utp');
    const contact = { host: `127.43.5.${++last}`, port: PORT };
    const settings = { ...NO_DHT, 'utp-enabled': true };
    await startTransmission({ home, ...contact, torrent: file.torrent, knows: '', settings });
    await expectNamedSoon(file, contact, ['utp']);
    expect(rig.outcomes).toEqual({ 'utp complete': 1 });
  });

  it.each<[string, string[], Record<string, number>]>([
    ['as it comes', [], { 'tcp complete': 1 }],
    ['encryption required', ['Session\\Encryption=1'], { 'tcp reset-in-handshake': 1, 'mse complete': 1 }],
    ['uTP only', ['Session\\BTProtocol=UTP'], { ...NO_TCP_ENDS, 'utp complete': 1 }],
  ])('qBittorrent, %s', RETRY, async (what, more, outcomes) => {
    const { home, ...file } = await newHome(`qbittorrent ${what}`);
    const contact = { host: `127.43.6.${++last}`, port: PORT };
    await startQbittorrent({ home, ...contact, torrent: file.torrent, knows: '', more });
    await expectNamedSoon(file, contact);
    expect(rig.outcomes).toEqual(outcomes);
  });
});
