// Fetching metadata: CPU per torrent against npm bittorrent-protocol + ut_metadata in the same process, interleaved, from a
// Node seeder and from libtorrent; torrents a second from libtorrent; and the time from an address to verified metadata
// against the round trips that it takes, over each transport.
// Goals: at most 0.35x of their CPU; 200 KB from libtorrent at 300 a second; at most 1.5x of the round trips needed.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fetchOurs, fetchTheirs, type Wanted } from './metadata/fetchers.ts';
import { startLibtorrent } from './metadata/libtorrent-seeds.ts';
import { benchTorrents, type BenchTorrent } from './metadata/torrents.ts';

export const name = 'metadata-fetch';

const SIZES = [20_000, 50_000, 200_000];
const TORRENTS = 48;
const ROUNDS = 9;
/** Short ones: the compiler needs to have seen some thousand connections of both. */
const WARM_UP_ROUNDS = 12;
const HOSTS = (second: number): string[] => Array.from({ length: 16 }, (_, index) => `127.${second}.0.${index + 1}`);
const PORT = 16_881;
const DELAY_MS = 25;

export async function run(): Promise<string[]> {
  const torrents = new Map(SIZES.map((size) => [size, benchTorrents(TORRENTS, size)]));
  const lines = [
    'CPU us for each fetch, ours / npm, median of interleaved rounds (goal 0.35x); fetches a second of ours by the clock (goal: 300 at 200 KB from libtorrent)', // prettier-ignore
  ];
  const node = await startNodeSeeder(HOSTS(51));
  try {
    for (const [size, list] of torrents) lines.push(await contest(`Node seeder, ${size / 1000} KB`, list, HOSTS(51)));
  } finally {
    node.stdin!.end();
  }
  const addresses = HOSTS(52).map((host) => `${host}:${PORT}`);
  const libtorrent = await startLibtorrent([...torrents.values()].flat(), addresses).catch(
    (error: unknown) => error as Error,
  );
  if (libtorrent instanceof Error) return [...lines, `libtorrent: not measured (${libtorrent.message})`];
  try {
    for (const [size, list] of torrents) lines.push(await contest(`libtorrent, ${size / 1000} KB`, list, HOSTS(52)));
  } finally {
    await libtorrent.end();
  }
  return [...lines, ...(await latencies())];
}

async function startNodeSeeder(hosts: readonly string[]): Promise<ChildProcess> {
  const script = path.join(import.meta.dirname, 'metadata', 'node-seeder.ts');
  const args = [script, String(TORRENTS), SIZES.join(','), String(PORT), ...hosts];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

async function contest(title: string, torrents: readonly BenchTorrent[], hosts: readonly string[]): Promise<string> {
  const wanted: Wanted[] = torrents.map(({ infohash }, index) => ({
    infohash,
    contact: { host: hosts[index % hosts.length]!, port: PORT },
  }));
  const sides = { ours: () => fetchOurs(wanted), theirs: () => fetchTheirs(wanted) };
  const cpuUs: Record<keyof typeof sides, number[]> = { ours: [], theirs: [] };
  const seconds: number[] = [];
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    for (const side of ['ours', 'theirs'] as const) {
      globalThis.gc?.();
      const before = process.cpuUsage();
      const startedAtMs = performance.now();
      await sides[side]();
      const used = process.cpuUsage(before);
      if (round < 0) continue;
      cpuUs[side].push((used.user + used.system) / wanted.length);
      if (side === 'ours') seconds.push((performance.now() - startedAtMs) / 1000);
    }
  }
  const [ours, theirs] = [median(cpuUs.ours), median(cpuUs.theirs)];
  const rate = wanted.length / median(seconds);
  return `${title.padEnd(24)} ${ours.toFixed(0).padStart(6)} / ${theirs.toFixed(0).padStart(6)} = ${(ours / theirs).toFixed(2)}x   ${rate.toFixed(0)} a second`;
}

async function latencies(): Promise<string[]> {
  const script = path.join(import.meta.dirname, 'metadata', 'latency-side.ts');
  const child = spawn(process.execPath, [script, String(DELAY_MS)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return code === 0 ? output.trim().split('\n') : ['latency: not measured'];
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
