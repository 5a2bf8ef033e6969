// The IPv6 DHT (BEP 32) with libtorrent in it: a network namespace in which a few global addresses exist and nothing else.
// No IPv4 node is there, so whatever the product gets, it gets by IPv6.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HeadlessRun, search } from './headless-run.ts';
import { LibtorrentPeers } from './libtorrent-peers.ts';
import { NetworkNamespace } from './network-namespace.ts';
import { endAll, eventually } from './processes.ts';
import { makeSeededFile, type SeededFile } from './seeded-file.ts';
import { WireTap } from './wire-tap.ts';

const PORT = 27_369;
const OURS = '2a00:1450:4001:9::1';
const FIRST = '2a00:1450:4001:1::1';
const SEED = '2a00:1450:4001:2::1';
const NEWCOMER = '2a00:1450:4001:3::1';
const contactOf = (host: string): string => `[${host}]:${PORT}`;
const LIMIT_MS = 90_000;

describe.skipIf(!NetworkNamespace.isPossible())(
  'libtorrent on IPv6 (in a network namespace: needs root and a kernel that allows it)',
  () => {
    let folder: string;
    let dataDir: string;
    let namespace: NetworkNamespace | null = null;
    let file: SeededFile;
    let peers: LibtorrentPeers;
    let run: HeadlessRun | null = null;
    let tap: WireTap;

    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'lanternfish-ipv6-'));
      dataDir = path.join(folder, 'data');
      const home = path.join(folder, 'seed');
      await mkdir(home);
      file = await makeSeededFile(home, 'sixth');
      namespace = NetworkNamespace.create();
      const { within } = namespace;
      for (const host of [FIRST, SEED, NEWCOMER]) namespace.addAddress6(host);
      peers = new LibtorrentPeers({ within });
      await peers.startSession('first', contactOf(FIRST));
      await peers.startSession('seed', contactOf(SEED));
      await peers.addNode('seed', contactOf(FIRST));
      await peers.addTorrent('seed', file.torrent, path.join(home, 'files'), true);
      await eventually('the seed knows a node', async () => (await peers.state('seed')).dhtNodes >= 1, LIMIT_MS);
      await peers.announce('seed');
      const hasTorrent = async () => (await peers.sample('seed', contactOf(FIRST), file.infohash))?.num === 1;
      await eventually('the seed has announced', hasTorrent, LIMIT_MS);
      tap = new WireTap(path.join(folder, 'tap'));
      const binds = ['--bind', '10.41.9.1', '--bind', OURS, '--port', String(PORT), '--allow-local-addresses'];
      const args = ['--data-dir', dataDir, ...binds, '--pace', 'fast', '--serve', '--bootstrap', contactOf(FIRST)];
      run = new HeadlessRun(args, { tapPath: tap.path, within });
    });

    afterAll(async () => {
      await run?.end('SIGKILL');
      await endAll();
      namespace?.remove();
      await rm(folder, { recursive: true, force: true });
    });

    it('waits until its address is there, and joins then', async () => {
      const early = await run!.waitFor(({ uptimeSeconds }) => uptimeSeconds >= 2, LIMIT_MS);
      expect(early).toMatchObject({ nodes6: 0, ipv6: 'not-available' });
      namespace!.addAddress6(OURS);
      const joined = await run!.waitFor(({ nodes6 }) => nodes6 >= 2, LIMIT_MS);
      expect(joined, run!.errors).toMatchObject({ ipv6: 'running' });
    });

    it('samples, gets the peer and fetches the torrent', async () => {
      const enough = await run!.waitFor(({ torrents }) => torrents >= 1, LIMIT_MS);
      expect(enough.torrents, `${run!.errors}\n${tap.story(`${FIRST}:${PORT}`)}`).toBe(1);
      expect(enough.malformed).toEqual({});
      expect(search(dataDir, file.infohash).map(({ name }) => name)).toEqual(['sixth']);
    });

    it('is a node that libtorrent learns others from, and samples', async () => {
      await peers.startSession('newcomer', contactOf(NEWCOMER));
      await peers.addNode('newcomer', contactOf(OURS));
      const knowsAll = async () => (await peers.state('newcomer')).dhtNodes >= 3;
      await eventually('the newcomer knows us and both others', knowsAll, LIMIT_MS);
      const sample = await peers.sample('newcomer', contactOf(OURS), file.infohash);
      expect(sample).toMatchObject({ samples: expect.any(Array) });
      const errors = tap.messages().filter(({ direction, y }) => direction === 'out' && y === 'e');
      expect(errors.map(({ contact, e }) => `${contact} ${String(e[0])}`)).toEqual([]);
    });
  },
);
