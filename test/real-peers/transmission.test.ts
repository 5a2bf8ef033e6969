// The product beside Transmission, which takes no loopback address seriously: both live in a network namespace in which
// 10.0.0.0/8 is the whole world. Transmission says nothing to sample_infohashes and answers everything else.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BAD_AFTER_FAILURES } from '../../main/dht/node-slab.ts';
import { HeadlessRun, search } from './headless-run.ts';
import { LibtorrentPeers } from './libtorrent-peers.ts';
import { NetworkNamespace } from './network-namespace.ts';
import { startTransmission } from './other-clients.ts';
import { endAll, eventually } from './processes.ts';
import { savedNodes } from './saved-nodes.ts';
import { makeSeededFile, type SeededFile } from './seeded-file.ts';
import { WireTap } from './wire-tap.ts';

const LIBTORRENT = '10.41.1.1:6881';
const TRANSMISSION = '10.41.2.1:6881';
const US = '10.41.9.1:6881';
const LIMIT_MS = 90_000;

describe.skipIf(!NetworkNamespace.isPossible())(
  'Transmission (in a network namespace: needs root and a kernel that allows it)',
  () => {
    let folder: string;
    let dataDir: string;
    let namespace: NetworkNamespace | null = null;
    let file: SeededFile;
    let run: HeadlessRun | null = null;
    let tap: WireTap;

    const start = (tapName: string, ...more: string[]): HeadlessRun => {
      const [host, port] = US.split(':') as [string, string];
      tap = new WireTap(path.join(folder, tapName));
      const args = ['--data-dir', dataDir, '--bind', host, '--port', port, '--allow-local-addresses', '--pace', 'fast'];
      return new HeadlessRun([...args, ...more], { tapPath: tap.path, within: namespace!.within });
    };

    const answers = (method: string, afterMs: number): boolean =>
      existsSync(tap.path) && tap.answers(TRANSMISSION, method).some(({ y, atMs }) => y === 'r' && atMs > afterMs);

    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'lanternfish-transmission-'));
      dataDir = path.join(folder, 'data');
      const home = path.join(folder, 'transmission');
      await mkdir(home);
      file = await makeSeededFile(home, 'transmission');
      namespace = NetworkNamespace.create();
      const { within } = namespace;
      const peers = new LibtorrentPeers({ within });
      await peers.startSession('libtorrent', LIBTORRENT);
      const [host, port] = TRANSMISSION.split(':') as [string, string];
      await startTransmission({ home, host, port: Number(port), torrent: file.torrent, knows: LIBTORRENT, within });
      for (const contact of [LIBTORRENT, TRANSMISSION]) {
        const isUp = async () => (await peers.ask('10.41.7.1', contact, 'ping')).kind === 'r';
        await eventually(`${contact} answers`, isUp, LIMIT_MS);
      }
      await peers.addNode('libtorrent', TRANSMISSION);
      // Whoever announces enters libtorrent's table, from whatever port, unless it knows a node at that address already.
      const knows = async () => (await peers.state('libtorrent')).dhtNodes >= 1;
      await eventually('libtorrent knows Transmission', knows, LIMIT_MS);
      expect(await peers.tellPeer(TRANSMISSION, file.infohash, LIBTORRENT)).toBe(true);
      run = start('first-run', '--bootstrap', LIBTORRENT, '--bootstrap', TRANSMISSION);
    });

    afterAll(async () => {
      await run?.end('SIGKILL');
      await endAll();
      namespace?.remove();
      await rm(folder, { recursive: true, force: true });
    });

    it('gives its torrent', async () => {
      const enough = await run!.waitFor((line) => line.torrents >= 1, LIMIT_MS);
      expect(enough.torrents, `${run!.errors}\n${tap.story(LIBTORRENT)}`).toBe(1);
      expect(search(dataDir, file.infohash).map(({ name }) => name)).toEqual(['transmission']);
      expect(enough.malformed).toEqual({});
    });

    it('is asked once for samples, says nothing, and is asked for nodes afterwards, which it gives', async () => {
      const isAsked = () => tap.asked(TRANSMISSION, 'sample_infohashes').length > 0;
      await eventually('Transmission is asked for samples', isAsked, LIMIT_MS);
      const asked = tap.asked(TRANSMISSION, 'sample_infohashes');
      expect(tap.answers(TRANSMISSION, 'sample_infohashes')).toEqual([]);
      await eventually('Transmission answers find_node', () => answers('find_node', asked[0]!.atMs), LIMIT_MS);
      expect(tap.asked(TRANSMISSION, 'sample_infohashes')).toHaveLength(1);
    });

    it('is a good node still when we end, and after a restart it is asked for nodes and for no samples', async () => {
      expect(await run!.end('SIGTERM')).toBe(0);
      expect((await savedNodes(dataDir)).get(TRANSMISSION)!.failCount).toBeLessThan(BAD_AFTER_FAILURES);
      run = start('second-run', '--bootstrap', '10.41.99.1:9');
      await eventually('Transmission answers find_node', () => answers('find_node', 0), LIMIT_MS);
      await run.waitFor((line) => line.uptimeSeconds >= 10, LIMIT_MS);
      expect(tap.asked(TRANSMISSION, 'sample_infohashes')).toEqual([]);
      expect(run.last!.samplesAsked).toBe(0);
    });
  },
);
