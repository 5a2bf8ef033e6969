// scripts/node.mjs stands before the terminal commands: what the person's Node cannot run is said, all else is passed on.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const ROOT = path.join(import.meta.dirname, '../..');
const SYSTEM_NODE = '/usr/bin/node';

function run(node: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(node, [path.join(ROOT, 'scripts', 'node.mjs'), ...args], {
    encoding: 'utf8',
    cwd: path.parse(ROOT).root,
  });
}

test('npm starts both commands through it', () => {
  const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
  expect(scripts).toMatchObject({
    headless: 'node scripts/node.mjs main/headless.ts',
    search: 'node scripts/node.mjs main/search-command.ts',
  });
});

test('the entry gets its arguments, and its exit code is the exit code', () => {
  const help = run(process.execPath, 'main/headless.ts', '--help');
  expect([help.status, help.stderr]).toEqual([0, '']);
  expect(help.stdout).toMatch(/^Usage: npm run headless/);
  const bad = run(process.execPath, 'main/search-command.ts', '--data-dir');
  expect([bad.status, bad.stdout]).toEqual([2, '']);
  expect(bad.stderr).toContain('--data-dir');
});

test('without an entry it says how it is used', () => {
  const { status, stderr } = run(process.execPath);
  expect([status, stderr]).toEqual([1, 'Usage: node scripts/node.mjs main/ENTRY.ts [arguments]\n']);
});

test.runIf(systemNodeIsOld())('an old Node says which one is needed, without a stack', () => {
  for (const entry of ['main/headless.ts', 'main/search-command.ts']) {
    const { status, stdout, stderr } = run(SYSTEM_NODE, entry, '--help');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^This is Node [^\n]*Node 22\.18 or newer is needed[^\n]*\n$/);
  }
});

function systemNodeIsOld(): boolean {
  try {
    return Number(execFileSync(SYSTEM_NODE, ['-p', 'process.versions.napi'], { encoding: 'utf8' })) < 10;
  } catch {
    return false; // no Node there: nothing to try it on
  }
}
