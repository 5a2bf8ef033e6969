// How fast torrents can be stored: 100,000 made-up ones, 200 a commit as the writer commits them, tokens and file lists
// included. Prints wall time and CPU time: on a busy machine believe the CPU one.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../main/base/clock.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import type { Random } from '../../main/base/random.ts';
import { databaseBytes } from '../../main/catalogue/database-files.ts';
import { openCatalogue } from '../../main/catalogue/open-catalogue.ts';
import type { Torrent } from '../../main/catalogue/torrent.ts';
import { toCatalogueRow } from '../../main/store/catalogue-row.ts';
import { COMMIT_TORRENTS_MAX } from '../../main/store/store-contract.ts';
import { upkeep } from './search/bench-corpus.ts';

export const name = 'catalogue-insert';

const TORRENT_COUNT = 100_000;
const WORD_COUNT = 30_000;

export async function run(): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lanternfish-bench-'));
  try {
    return measure(join(folder, 'catalogue.db'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measure(databasePath: string): string[] {
  const random = createSeededRandom(1);
  const catalogue = openCatalogue({ databasePath, nativeBinding: null });
  const commitsMs: number[] = [];
  const cost = { storingMs: 0, storingCpuMs: 0, rowsCpuMs: 0 };
  for (let commit = 0; commit * COMMIT_TORRENTS_MAX < TORRENT_COUNT; commit++) {
    const torrents = Array.from({ length: COMMIT_TORRENTS_MAX }, () => generatedTorrent(random));
    const startCpu = cpuMs();
    const startMs = systemClock.nowMs();
    const rows = torrents.map(toCatalogueRow);
    cost.rowsCpuMs += cpuMs() - startCpu;
    catalogue.insertMany(rows);
    upkeep(catalogue);
    commitsMs.push(systemClock.nowMs() - startMs);
    cost.storingMs += commitsMs.at(-1)!;
    cost.storingCpuMs += cpuMs() - startCpu;
  }
  const lines = [
    `stored ${catalogue.count} torrents, ${COMMIT_TORRENTS_MAX} a commit`,
    `per second: ${perSecond(cost.storingMs)} by the clock, ${perSecond(cost.storingCpuMs)} of CPU time`,
    `of the CPU time, tokens and types: ${Math.round((100 * cost.rowsCpuMs) / cost.storingCpuMs)} %`,
    `commit: ${percentile(commitsMs, 0.5)} ms at the median, ${percentile(commitsMs, 0.99)} ms at p99, ${percentile(commitsMs, 1)} ms at worst`,
    ...measureReading(catalogue.reader),
  ];
  catalogue.close();
  return [...lines, `file: ${Math.round(databaseBytes(databasePath) / TORRENT_COUNT)} bytes a torrent`];
}

function measureReading(reader: ReturnType<typeof openCatalogue>['reader']): string[] {
  const warmUpMs = systemClock.nowMs();
  const { infohashes, rowCount } = reader.latestInfohashes({ beforeId: null, limit: TORRENT_COUNT });
  const knownMs = systemClock.nowMs();
  const known = reader.areKnown(infohashes.subarray(0, 20 * 20_000));
  const endMs = systemClock.nowMs();
  if (known.includes(0)) throw new Error('the catalogue forgot a torrent');
  return [
    `warm-up: ${Math.round(rowCount / (knownMs - warmUpMs))} infohashes a millisecond`,
    `known? ${Math.round(known.length / (endMs - knownMs))} answers a millisecond`,
  ];
}

const perSecond = (ms: number): string => Math.round((TORRENT_COUNT / ms) * 1000).toLocaleString('en');
const percentile = (values: number[], share: number): string =>
  [...values].sort((a, b) => a - b)[Math.ceil((values.length - 1) * share)]!.toFixed(1);

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Names of 3 to 9 words and file lists of the lengths that search.md's corpus has: median 3, some hundreds. */
function generatedTorrent(random: Random): Torrent {
  const words = (count: number): string => Array.from({ length: count }, () => word(random)).join(' ');
  const torrentName = `${words(3 + random.below(7))} ${1980 + random.below(46)} 1080p x264`;
  const fileCount = Math.max(1, Math.min(500, Math.round(1 / (1 - random.fraction()) ** 0.8 + random.below(4))));
  const files = Array.from({ length: fileCount }, (_, index) => ({
    path: fileCount === 1 ? `${torrentName}.mkv` : `Disc ${1 + (index % 3)}/${index} ${words(2)}.mkv`,
    sizeBytes: random.uint32(),
  }));
  return {
    infohashV1: random.bytes(20),
    infohashV2: random.below(20) === 0 ? random.bytes(32) : null,
    name: torrentName,
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    fileCount,
    files,
    isPrivate: false,
    peersSeen: random.below(50),
    discoveredAtUnixSeconds: 1_790_000_000,
  };
}

/** Words by a rough Zipf law, spelled from their number. */
function word(random: Random): string {
  let number = Math.floor(WORD_COUNT ** random.fraction());
  let text = '';
  for (number += 7; number > 0; number = Math.floor(number / 13))
    text += 'bacedifogulan'[number % 13]! + 'nrstl'[number % 5]!;
  return text;
}
