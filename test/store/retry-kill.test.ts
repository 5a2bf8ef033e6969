// kill -9 of a process that writes the retry ladder: what the writer has reported is there afterwards, in order.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openAt, sha1Of, temporaryPath } from '../catalogue/support.ts';

const CHILD = join(import.meta.dirname, 'retry-kill-child.ts');

/** Runs the child until it has reported `reports` times; returns the last count that it reported. */
function runAndKill(path: string, reports: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.split('\n').length > reports) child.kill('SIGKILL');
    });
    child.on('exit', (code, signal) => {
      if (signal === 'SIGKILL') resolve(Number(output.trimEnd().split('\n').at(-1)));
      else reject(new Error(`the writer ended by itself (${code ?? signal}):\n${output}`));
    });
  });
}

it('keeps the ladder that was reported as written', { timeout: 60_000 }, async () => {
  const path = temporaryPath();
  const reported = await runAndKill(path, 12);
  expect(reported).toBeGreaterThanOrEqual(12 * 50);
  const catalogue = openAt(path);
  expect(catalogue.retries.count).toBeGreaterThanOrEqual(reported);
  for (const seed of [0, 1, reported - 1]) {
    expect(catalogue.retries.isResting(sha1Of(`retry ${seed}`), 1_789_999_999), `entry ${seed}`).toBe(true);
  }
  expect(catalogue.reader.database.pragma('integrity_check', { simple: true })).toBe('ok');
  catalogue.checkInvariants();
});
