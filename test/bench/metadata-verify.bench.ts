// How long verifying metadata holds the thread that reads the DHT's socket: the longest turn of the production verifier, in
// CPU time of the thread, against doing it all at once. The test: 10 MiB with 100,000 files, at most 5 ms.
import { createHash } from 'node:crypto';
import { systemClock } from '../../main/base/clock.ts';
import { asInfohash } from '../../main/base/identifier.ts';
import { MetadataMemory } from '../../main/metadata/metadata-pieces.ts';
import { MetadataVerifier } from '../../main/metadata/metadata-verifier.ts';
import { verifyMetadata } from '../../main/metadata/verify-metadata.ts';
import { blocksOf, metadataOf } from '../metadata/large-metadata.ts';

export const name = 'metadata: the longest turn of verifying';

const ROUNDS = 15;
const SIZES = [
  { label: '20 KB, 60 files', bytes: 20_000, fileCount: 60 },
  { label: '50 KB, 200 files', bytes: 50_000, fileCount: 200 },
  { label: '200 KB, 1,000 files', bytes: 200_000, fileCount: 1000 },
  { label: '10 MiB, 100,000 files', bytes: 10 * 1024 * 1024, fileCount: 100_000 },
];

export async function run(): Promise<string[]> {
  const lines: string[] = [];
  for (const { label, ...size } of SIZES) {
    const raw = metadataOf(size);
    const asked = asInfohash(new Uint8Array(createHash('sha1').update(raw).digest()));
    const whole: number[] = [];
    const longest: number[] = [];
    const turnCounts: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const startMs = threadMs();
      verifyMetadata(asked, raw);
      whole.push(threadMs() - startMs);
      const turns = await turnsOf(asked, raw);
      longest.push(Math.max(...turns));
      turnCounts.push(turns.length);
    }
    lines.push(
      `${label}: at once ${median(whole).toFixed(2)} ms; in ${median(turnCounts)} turns, the longest ` +
        `${median(longest).toFixed(2)} ms at the median of ${ROUNDS} rounds, ${Math.max(...longest).toFixed(2)} ms at worst`,
    );
  }
  return lines;
}

/** CPU milliseconds of this thread in each turn. */
function turnsOf(asked: ReturnType<typeof asInfohash>, raw: Uint8Array): Promise<number[]> {
  const turns: number[] = [];
  const timed = (act: () => void): void => {
    const startMs = threadMs();
    act();
    turns.push(threadMs() - startMs);
  };
  const clock: typeof systemClock = {
    ...systemClock,
    setTimer: (delayMs, callback) => systemClock.setTimer(delayMs, () => timed(callback)),
  };
  const blocks = blocksOf(raw);
  return new Promise((resolve) => {
    const verifier = new MetadataVerifier(clock, new MetadataMemory());
    // Resolved a turn later, when the last one has been timed.
    timed(() => verifier.verify(asked, blocks, () => setImmediate(() => resolve(turns))));
  });
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
