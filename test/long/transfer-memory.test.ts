// A hundred thousand torrents go in and out of a process that could not hold them: 25 MB of heap for 60 MB of text.
import { spawn } from 'node:child_process';
import { createWriteStream, statSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exportJob, temporaryFolder } from '../transfer/support.ts';
import type { TransferJob } from '../../main/transfer/transfer-contract.ts';

const CHILD = join(import.meta.dirname, '..', 'transfer', 'memory-child.ts');
const ROWS = 100_000;
const HEAP_MB = 25;

async function run(databasePath: string, job: TransferJob): Promise<{ result: Record<string, number> }> {
  const args = [`--max-old-space-size=${HEAP_MB}`, CHILD, databasePath, JSON.stringify(job)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const [code] = (await once(child, 'close')) as [number | null];
  expect(code, stdout.slice(-500)).toBe(0);
  return JSON.parse(stdout) as { result: Record<string, number> };
}

test('100,000 rows in bounded memory, in and out', { timeout: 300_000 }, async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'many.jsonl');
  const stream = createWriteStream(path);
  for (let seed = 0; seed < ROWS; seed++) {
    const files = Array.from({ length: 8 }, (_, index) => ({
      path: `Season ${seed % 9}/episode ${index}.mkv`,
      sizeBytes: seed,
    }));
    const row = {
      infohash: seed.toString(16).padStart(40, '0'),
      name: `Some.Show.${seed}.S01E02.1080p`,
      sizeBytes: 8 * seed,
      files,
    };
    if (!stream.write(`${JSON.stringify(row)}\n`)) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'close');
  expect(statSync(path).size).toBeGreaterThan(2 * HEAP_MB * 1e6);
  const databasePath = join(folder, 'catalogue.db');
  const imported = await run(databasePath, { kind: 'import', paths: [path] });
  expect(imported.result).toMatchObject({ newCount: ROWS, skippedCount: 0 });
  const exported = await run(databasePath, exportJob(join(folder, 'out.csv')));
  expect(exported.result).toMatchObject({ writtenCount: ROWS });
});
