// kill -9 in mid-write: whatever the writer has reported as stored is there afterwards, round after round on one file.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openAt, sha1Of, temporaryPath } from '../catalogue/support.ts';

const CHILD = join(import.meta.dirname, 'writer-kill-child.ts');
const ROUNDS = 5;

/** Runs the child until it has reported `reports` commits and then a moment more; returns the last total it reported. */
function runAndKill({
  path,
  seed,
  reports,
  extraMs,
}: {
  path: string;
  seed: number;
  reports: number;
  extraMs: number;
}) {
  return new Promise<number>((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, path, String(seed)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    let isDying = false;
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (isDying || output.split('\n').length <= reports) return;
      isDying = true;
      setTimeout(() => child.kill('SIGKILL'), extraMs);
    });
    child.on('exit', (code, signal) => {
      if (signal === 'SIGKILL') resolve(Number(output.trimEnd().split('\n').at(-1)));
      else reject(new Error(`the writer ended by itself (${code ?? signal}):\n${output}`));
    });
  });
}

it('keeps everything that was reported as stored', { timeout: 60_000 }, async () => {
  const path = temporaryPath();
  let seed = 0;
  let reportedCount = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const stored = await runAndKill({ path, seed, reports: 3 + 4 * round, extraMs: 3 * round });
    expect(stored).toBeGreaterThan(0);
    reportedCount += stored;
    const catalogue = openAt(path);
    // Torrents are stored in the order sent, so that a total of n means the first n of this round.
    for (let index = 0; index < stored; index++) {
      const details = catalogue.reader.details(sha1Of(`v1 ${seed + index}`));
      expect(details?.files, `torrent ${seed + index} of round ${round}`).toHaveLength(20);
    }
    expect(catalogue.count).toBeGreaterThanOrEqual(reportedCount);
    expect(catalogue.reader.database.pragma('integrity_check', { simple: true })).toBe('ok');
    catalogue.checkInvariants();
    catalogue.abandon();
    seed += 1_000_000;
  }
});
