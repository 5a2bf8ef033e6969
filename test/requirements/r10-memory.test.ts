// R10: nodes are columns of typed arrays, options lie once beside them. Measured in a process of its own, from outside.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/**
 * glibc moves this threshold up after the first large block that is freed, and keeps what is freed below it for later: then
 * the allocator's habits would be measured, and not the table.
 */
const ENVIRONMENT = { ...process.env, MALLOC_MMAP_THRESHOLD_: '131072' };
const PROGRAM = path.join(import.meta.dirname, 'memory-child.ts');

test(
  'R10 100,000 nodes grow the process by at most 12 MB and take at most 96 bytes each',
  { timeout: 60_000 },
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', PROGRAM], { env: ENVIRONMENT });
    const { nodes, rssBytes, heldBytes } = JSON.parse(stdout) as { nodes: number; rssBytes: number; heldBytes: number };
    expect(nodes).toBe(100_000);
    expect(rssBytes).toBeLessThanOrEqual(12e6);
    expect(heldBytes / nodes).toBeLessThanOrEqual(96);
  },
);
