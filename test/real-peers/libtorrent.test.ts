// Against the real thing: a swarm of libtorrent sessions on loopback, found, fetched, stored and searched by the headless
// app, which knows one address. If Debian's python3-libtorrent is missing, `npm test` installs it or says how.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import { generateTorrents, torrentFile, type SwarmTorrent } from '../../scripts/swarm/torrents.ts';
import { HeadlessRun, search } from './headless-run.ts';

const TORRENTS = 200;
const SEEDERS = 20;
const NODES = 60;
/** The goal of the issue: 95% of the torrents, each proved by its hash. */
const FOUND_MIN = Math.ceil(TORRENTS * 0.95);
const CRAWL_LIMIT_MS = 150_000;

let folder: string;
let torrents: SwarmTorrent[];
let swarm: ChildProcess;
let bootstrap: string;
let dataDir: string;
let run: HeadlessRun;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lanternfish-real-peers-'));
  const files = path.join(folder, 'torrents');
  dataDir = path.join(folder, 'data');
  await mkdir(files);
  torrents = generateTorrents({ count: TORRENTS, seed: 20261123 });
  await Promise.all(
    torrents.map((torrent, index) =>
      writeFile(path.join(files, `${String(index).padStart(4, '0')}.torrent`), torrentFile(torrent)),
    ),
  );
  const script = path.join(import.meta.dirname, 'libtorrent_swarm.py');
  const args = [script, '--torrents', files, '--nodes', String(NODES), '--seeders', String(SEEDERS)];
  swarm = spawn('/usr/bin/python3', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const facts = await firstLine(swarm);
  expect(facts.isReady, 'the swarm has stored its announcements').toBe(true);
  bootstrap = facts.bootstrap[0]!;
});

afterAll(async () => {
  await run.end('SIGKILL');
  swarm.stdin?.end();
  await rm(folder, { recursive: true, force: true });
});

async function firstLine(child: ChildProcess): Promise<{ isReady: boolean; bootstrap: string[] }> {
  for await (const line of createInterface({ input: child.stdout! })) return JSON.parse(line) as never;
  throw new Error('the libtorrent swarm did not start; is python3-libtorrent installed?');
}

const start = (...more: string[]) =>
  new HeadlessRun(['--data-dir', dataDir, '--bind', '127.0.0.1', '--allow-local-addresses', '--pace', 'fast', ...more]);

describe('a libtorrent swarm on loopback', () => {
  it(
    `is crawled from one address: at least ${FOUND_MIN} of ${TORRENTS} torrents are fetched and stored`,
    async () => {
      run = start('--bootstrap', bootstrap);
      const enough = await run.waitFor((line) => line.torrents >= TORRENTS, CRAWL_LIMIT_MS);
      expect(enough.torrents, run.errors).toBeGreaterThanOrEqual(FOUND_MIN);
      expect(enough.localAddressesAllowed).toBe(true);
      expect(enough.isServing).toBe(false);
      // Real peers send nothing malformed.
      expect(enough.malformed).toEqual({});
    },
    CRAWL_LIMIT_MS + 30_000,
  );

  it('is found by name while the crawler runs, every version of torrent, with the right facts', () => {
    const missing: string[] = [];
    // Every fourth: 50 searches, each a process of its own, and all versions and scripts among them.
    for (const torrent of torrents.filter((_torrent, index) => index % 4 === 0)) {
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
    expect(missing.length, missing.join('\n')).toBeLessThanOrEqual(2);
  });

  it('has each torrent once: a hybrid, announced under two infohashes, is one row that answers to both', () => {
    expect(run.last!.torrents).toBeLessThanOrEqual(TORRENTS);
    const hybrids = torrents.filter((torrent) => torrent.version === 'hybrid').slice(0, 8);
    const rows = hybrids.map(({ infohashV1, infohashV2 }) =>
      [infohashV1!, infohashV2!.subarray(0, 20), infohashV2!].flatMap((infohash) => search(dataDir, toHex(infohash))),
    );
    const found = rows.filter((rowsOfOne) => rowsOfOne.length > 0);
    expect(found.length).toBeGreaterThanOrEqual(hybrids.length - 1);
    for (const rowsOfOne of found) {
      expect(rowsOfOne).toHaveLength(3);
      expect(new Set(rowsOfOne.map((row) => row.infohash)).size).toBe(1);
    }
  });

  it('ends cleanly on SIGTERM, goes on from its saved tables, and asks nobody again within 24 hours', async () => {
    const before = run.last!;
    expect(await run.end('SIGTERM')).toBe(0);
    // No bootstrap that answers: what it knows now, it knows from the file.
    run = start('--bootstrap', '127.9.9.9:9', '--for', '12');
    const first = await run.waitFor((line) => line.state === 'running' || line.state === 'joining', 15_000);
    expect(first.torrents).toBeGreaterThanOrEqual(before.torrents); // the last ones came after that line
    expect(first.nodes).toBeGreaterThanOrEqual(Math.floor(before.nodes * 0.8));
    expect(await run.exited).toBe(0);
    // Whoever was sampled in the first run is left alone in this one.
    expect(run.last!.samplesAsked).toBeLessThanOrEqual(NODES - before.samplesAsked + 5);
  }, 60_000);
});
