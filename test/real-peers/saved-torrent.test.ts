// A .torrent file saved from a real libtorrent seed: asked for as the window asks, written, and loaded by libtorrent again.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import { systemClock } from '../../main/base/clock.ts';
import { createSystemRandom } from '../../main/base/random.ts';
import { torrentAround, writeTorrentFile } from '../../main/app/torrent-file.ts';
import { TorrentLine } from '../../main/engine/torrent-line.ts';
import { makeTorrent, torrentFile, type SwarmTorrent } from '../../scripts/swarm/torrents.ts';
import { TransportRig } from '../metadata/transport-rig.ts';
import { LibtorrentPeers } from './libtorrent-peers.ts';
import { NET } from './own-network.ts';
import { endAll, eventually } from './processes.ts';

const LIMIT_MS = 60_000;
const US = `${NET}.8.1`;
const SEED = `${NET}.8.2`;
const READER = `${NET}.8.3`;
const PORT = 6881;

let folder: string;
let libtorrent: LibtorrentPeers;
let rig: TransportRig;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lanternfish-saved-torrent-'));
  libtorrent = new LibtorrentPeers();
  await libtorrent.startSession('seed', `${SEED}:${PORT}`, { enable_dht: false });
  await libtorrent.startSession('reader', `${READER}:${PORT}`, { enable_dht: false });
  rig = await TransportRig.start(US);
});
afterAll(async () => {
  await rig.stop();
  await endAll();
  await rm(folder, { recursive: true, force: true });
});

it.each(['v1', 'hybrid', 'v2'] as const)('of version %s', async (version) => {
  const files = Array.from({ length: 3 }, (_, at) => ({ path: ['folder', `file ${at}.bin`], sizeBytes: 700_000 + at }));
  const torrent: SwarmTorrent = makeTorrent({ name: `Saved ${version}`, category: 'software', version, files }, createSystemRandom()); // prettier-ignore
  const original = path.join(folder, `${version}.original.torrent`);
  await writeFile(original, torrentFile(torrent));
  const infohash = await libtorrent.addTorrent('seed', original, folder, true);
  const hasLooked = async (): Promise<boolean> =>
    (await libtorrent.state('seed')).state?.startsWith('checking') === false;
  await eventually('the seed has looked at its torrent', hasLooked, LIMIT_MS);

  const line = new TorrentLine(
    { clock: systemClock, random: createSystemRandom(), dial: rig.transports.dial, mayConnect: () => true },
    { bindHost: US },
    false,
  );
  line.join({
    lookupPeers: (_, onDone) => {
      setImmediate(() => onDone([{ host: SEED, port: PORT }]));
      return true;
    },
  });
  const info = await new Promise<Buffer>((resolve, reject) => {
    line.fetch(1, Buffer.concat(torrent.infohashes), {
      onPeers: () => undefined,
      onFetched: (blocks) => resolve(Buffer.concat(blocks)),
      onFailed: (reason) => reject(new Error(reason)),
    });
  });
  line.checkInvariants();
  expect(info.equals(torrent.info)).toBe(true);
  const saved = path.join(folder, `${version}.torrent`);
  await writeTorrentFile(saved, torrentAround(info), false);
  expect((await readFile(saved)).includes(Buffer.from(torrent.info))).toBe(true);
  // libtorrent takes the file, and calls the torrent the same.
  expect(await libtorrent.addTorrent('reader', saved, folder, false)).toBe(infohash);
  expect(infohash).toBe(toHex((torrent.infohashV2 ?? torrent.infohashV1)!.subarray(0, 20)));
});
