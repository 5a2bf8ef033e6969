// Against the real thing: 100 libtorrent sessions on loopback with their default limits, found, fetched, stored and searched
// by the headless app, which knows one address. If Debian's python3-libtorrent is missing, `npm test` installs it or says how.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import { generateTorrents, type SwarmTorrent } from '../../scripts/swarm/torrents.ts';
import { Asker } from './asker.ts';
import { HeadlessRun, search } from './headless-run.ts';
import { LibtorrentSwarm } from './libtorrent-swarm.ts';
import { NET } from './own-network.ts';
import { endAll } from './processes.ts';
import { WireTap } from './wire-tap.ts';

const TORRENTS = 200;
const SEEDERS = 20;
const NODES = 100;
const US = `${NET}.201.1`;
const RUDE = `${NET}.202.1`;
const CRAWL_LIMIT_MS = 180_000;
/** libtorrent bans an address at its 50th packet in 10 s. */
const BAN_WINDOW_MS = 10_000;
const BAN_PACKETS = 50;

let folder: string;
let torrents: SwarmTorrent[];
let swarm: LibtorrentSwarm;
let dataDir: string;
let run: HeadlessRun;
let tap: WireTap;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lanternfish-real-peers-'));
  dataDir = path.join(folder, 'data');
  tap = new WireTap(path.join(folder, 'tap'));
  torrents = generateTorrents({ count: TORRENTS, seed: 20261123 });
  swarm = await LibtorrentSwarm.start({
    folder: path.join(folder, 'torrents'),
    torrents,
    nodes: NODES,
    seeders: SEEDERS,
    net: NET,
  });
});

afterAll(async () => {
  await run?.end('SIGKILL');
  await endAll();
  await rm(folder, { recursive: true, force: true });
});

const start = (...more: string[]) =>
  new HeadlessRun(['--data-dir', dataDir, '--bind', US, '--allow-local-addresses', '--pace', 'fast', ...more], {
    tapPath: tap.path,
  });

describe('100 libtorrent sessions with their default limits', () => {
  it(
    `are crawled from one address: all of ${TORRENTS} torrents are fetched and stored`,
    async () => {
      expect(swarm.limits).toEqual({ dht_block_ratelimit: 5, dht_upload_rate_limit: 8_000 });
      run = start('--bootstrap', swarm.contacts.at(-1)!);
      const enough = await run.waitFor((line) => line.torrents >= TORRENTS, CRAWL_LIMIT_MS);
      expect(enough.torrents, run.errors).toBe(TORRENTS);
      expect(enough.localAddressesAllowed).toBe(true);
      expect(enough.isServing).toBe(false);
      // Real peers send nothing malformed.
      expect(enough.malformed).toEqual({});
      const { uptimeSeconds, packetsOut, samplesAsked } = enough;
      const busiest = tap.busiest(BAN_WINDOW_MS).count;
      console.log(
        `${TORRENTS} torrents from ${NODES} sessions in ${uptimeSeconds} s with ${packetsOut} packets ` +
          `(${(packetsOut / TORRENTS).toFixed(1)} a torrent), ${samplesAsked} samples asked; ` +
          `at most ${busiest} packets to one address in 10 s, ${BAN_PACKETS} are a ban`,
      );
    },
    CRAWL_LIMIT_MS + 30_000,
  );

  it('and not one of them bans us: they say so, and they answer our address', async () => {
    const { count: busiest } = tap.busiest(BAN_WINDOW_MS);
    expect(busiest).toBeGreaterThan(0); // or the tap saw nothing, and the next line says nothing
    expect(busiest).toBeLessThan(BAN_PACKETS / 2);
    const counts = await swarm.counts();
    // They ban each other now and then.
    expect(counts.filter(({ banned }) => banned.includes(US))).toEqual([]);
    expect(counts.filter(({ samplesIn }) => samplesIn > 0).length).toBeGreaterThanOrEqual(NODES - 5);
    const asker = await Asker.at(US);
    expect(await asker.silentOf(swarm.contacts)).toEqual([]);
    asker.close();
  });

  it('while somebody rude is banned, and every way of asking shows it', async () => {
    const [victim, other] = [swarm.contacts[5]!, swarm.contacts[6]!];
    const rude = await Asker.at(RUDE);
    for (let sent = 0; sent < 3 * BAN_PACKETS; sent++) rude.ping(victim);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await rude.silentOf([victim, other], 3)).toEqual([victim]);
    rude.close();
    const counts = await swarm.counts();
    expect(counts[5]!.banned).toContain(RUDE);
    expect(counts[5]!.droppedIn).toBeGreaterThan(BAN_PACKETS);
    expect(counts.filter(({ banned }) => banned.includes(RUDE))).toHaveLength(1);
  });

  it('is found by name while the crawler runs, every version of torrent, with the right facts', () => {
    const missing: string[] = [];
    // Every ninth: each search is a process of its own, and all versions and scripts are among them.
    for (const torrent of torrents.filter((_torrent, index) => index % 9 === 0)) {
      const infohash = toHex(torrent.infohashes[0]!);
      const found = search(dataDir, torrent.name, 10_000).find((row) => row.infohash === infohash);
      if (!found) {
        missing.push(`${torrent.version} ${torrent.name}`);
        continue;
      }
      expect(found).toMatchObject({
        name: torrent.name,
        sizeBytes: torrent.sizeBytes,
        fileCount: torrent.files.length,
      });
      expect(Date.parse(found.discoveredAt)).toBeGreaterThan(Date.UTC(2026, 0));
    }
    expect(missing).toEqual([]);
  });

  it('has each torrent once: a hybrid, announced under two infohashes, is one row that answers to both', () => {
    expect(run.last!.torrents).toBeLessThanOrEqual(TORRENTS);
    const hybrids = torrents.filter((torrent) => torrent.version === 'hybrid').slice(0, 3);
    const rows = hybrids.map(({ infohashV1, infohashV2 }) =>
      [infohashV1!, infohashV2!.subarray(0, 20), infohashV2!].flatMap((infohash) => search(dataDir, toHex(infohash))),
    );
    const found = rows.filter((rowsOfOne) => rowsOfOne.length > 0);
    expect(found.length).toBeGreaterThanOrEqual(hybrids.length);
    for (const rowsOfOne of found) {
      expect(rowsOfOne).toHaveLength(3);
      expect(new Set(rowsOfOne.map((row) => row.infohash)).size).toBe(1);
    }
  });

  it('ends cleanly on SIGTERM, goes on from its saved tables, and asks nobody again within 24 hours', async () => {
    const before = run.last!;
    expect(await run.end('SIGTERM')).toBe(0);
    // No bootstrap that answers: what it knows now, it knows from the file.
    run = start('--bootstrap', `${NET}.203.1:9`, '--for', '12');
    const first = await run.waitFor((line) => line.state === 'running' || line.state === 'joining', 15_000);
    expect(first.torrents).toBeGreaterThanOrEqual(before.torrents); // the last ones came after that line
    expect(first.nodes).toBeGreaterThanOrEqual(Math.floor(before.nodes * 0.8));
    expect(await run.exited).toBe(0);
    // Whoever was sampled in the first run is left alone in this one.
    expect(run.last!.samplesAsked).toBeLessThanOrEqual(NODES - before.samplesAsked + 5);
  }, 60_000);
});
