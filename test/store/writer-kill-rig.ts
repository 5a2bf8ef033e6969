// Kills the real writer in mid-write, round after round on one file, and looks whether everything it reported is there.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openAt, sha1Of } from '../catalogue/support.ts';

const CHILD = join(import.meta.dirname, 'writer-kill-child.ts');

export interface KillRound {
  /** Reports of commits to wait for. */
  readonly reports: number;
  /** And so long after the last of them. */
  readonly extraMs: number;
}

/** Runs the child until it has reported `reports` commits and then a moment more; returns the last total it reported. */
function runAndKill({
  path,
  seed,
  reports,
  extraMs,
  quotaBytes,
}: {
  path: string;
  seed: number;
  reports: number;
  extraMs: number;
  quotaBytes?: number;
}) {
  return new Promise<number>((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [CHILD, path, String(seed), ...(quotaBytes === undefined ? [] : [String(quotaBytes)])],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
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

/** Every torrent of every round is looked for after its round; the newest rounds again after each later one. */
export async function surviveKills(path: string, rounds: Iterable<KillRound>): Promise<void> {
  let seed = 0;
  let reportedCount = 0;
  const past: { readonly seed: number; readonly stored: number }[] = [];
  for (const { reports, extraMs } of rounds) {
    const stored = await runAndKill({ path, seed, reports, extraMs });
    expect(stored).toBeGreaterThan(0);
    reportedCount += stored;
    past.push({ seed, stored });
    const catalogue = openAt(path);
    // Torrents are stored in the order sent, so that a total of n means the first n of this round.
    for (const round of past.slice(-3)) {
      for (let index = 0; index < round.stored; index++) {
        const details = catalogue.reader.details(sha1Of(`v1 ${round.seed + index}`));
        expect(details?.files, `torrent ${round.seed + index}`).toHaveLength(20);
      }
    }
    expect(catalogue.count).toBeGreaterThanOrEqual(reportedCount);
    expect(catalogue.reader.database.pragma('quick_check', { simple: true })).toBe('ok');
    catalogue.checkInvariants();
    catalogue.abandon();
    seed += 1_000_000;
  }
}

/** The same while a limit makes it forget: the file is whole after each kill, and what was reported last is there. */
export async function surviveKillsForgetting(
  path: string,
  rounds: Iterable<KillRound>,
  quotaBytes: number,
): Promise<void> {
  let seed = 0;
  for (const { reports, extraMs } of rounds) {
    const stored = await runAndKill({ path, seed, reports, extraMs, quotaBytes });
    const catalogue = openAt(path);
    const { database } = catalogue.reader;
    for (let index = Math.max(0, stored - 100); index < stored; index++)
      expect(catalogue.reader.details(sha1Of(`v1 ${seed + index}`))?.files, `torrent ${seed + index}`).toHaveLength(20);
    expect(database.pragma('quick_check', { simple: true })).toBe('ok');
    for (const table of ['name_fts', 'path_fts'])
      database.exec(`INSERT INTO ${table}(${table}) VALUES('integrity-check')`); // throws when it finds something
    catalogue.checkInvariants();
    catalogue.abandon();
    seed += 1_000_000;
  }
  const catalogue = openAt(path);
  expect(catalogue.count).toBeLessThan(catalogue.reader.newestId()); // it did forget
  catalogue.abandon();
}
