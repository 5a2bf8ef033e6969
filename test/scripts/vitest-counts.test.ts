// The last line of `npm test` stands on these counts: each way a test can end, in a real run of vitest.
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';

const ROOT = path.join(import.meta.dirname, '../..');
const ENDINGS = `
import { describe, expect, test } from 'vitest';
test('passes', () => {});
test('passes too', () => {});
test('fails', () => expect(1).toBe(2));
test.skip('skipped', () => {});
test.todo('to do');
test('skips itself', (context) => context.skip('no such program'));
describe('breaks before its tests', () => { throw new Error('broken'); });
`;

async function countsOf(files: Readonly<Record<string, string>>): Promise<unknown> {
  // Inside the repository, so that the files find vitest.
  const folder = await mkdtemp(path.join(ROOT, 'node_modules', '.lanternfish-counts-'));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
    const vitest = path.join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
    const reporter = `--reporter=${path.join(ROOT, 'scripts', 'vitest-counts.mjs')}`;
    const countsFile = path.join(folder, 'counts.json');
    spawnSync(process.execPath, [vitest, 'run', '--root', folder, '--config', 'none.config.mjs', reporter], {
      cwd: folder,
      env: { ...process.env, LANTERNFISH_COUNTS_FILE: countsFile },
    });
    return JSON.parse(await readFile(countsFile, 'utf8'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('counts every ending once', async () => {
  const config = 'export default { test: { exclude: [], include: ["*.test.mjs"] } };';
  const counts = await countsOf({
    'none.config.mjs': config,
    'endings.test.mjs': ENDINGS.replace(/describe\(.*\n/, ''),
    'broken.test.mjs': "throw new Error('does not load');",
    'suite.test.mjs': ENDINGS.replace(/test\(.*\n|test\..*\n/g, ''),
  });
  expect(counts).toEqual({
    passed: 2,
    failed: 3,
    skipped: [
      'endings.test.mjs > skipped',
      'endings.test.mjs > to do',
      'endings.test.mjs > skips itself (no such program)',
    ],
  });
}, 60_000);
