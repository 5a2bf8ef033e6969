// What somebody with an old Node reads instead of a crash.
import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';
import { requireNode } from '../../scripts/node-version.mjs';

const SCRIPTS = path.join(import.meta.dirname, '../../scripts');
const SYSTEM_NODE = '/usr/bin/node';

test('accepts the Node that runs this', () => {
  expect(() => {
    requireNode();
  }).not.toThrow();
});

test('refuses a Node-API that would crash better-sqlite3, in a sentence', () => {
  const old = (): void => {
    requireNode({ node: '20.20.2', napi: '9' }, { typescript: false });
  };
  expect(old).toThrow(/^This is Node 20\.20\.2 with Node-API 9; better-sqlite3 13 would crash on it\. .*npm ci/);
});

test('refuses a Node that cannot run TypeScript', () => {
  const old = (): void => {
    requireNode({ node: '22.14.0', napi: '10' }, { typescript: false });
  };
  expect(old).toThrow(/cannot run TypeScript/);
});

test.runIf(systemNodeIsOld())('every command says it on a real old Node, without a stack', () => {
  for (const script of ['start', 'test', 'check', 'bench', 'package', 'demo']) {
    const { status, stderr } = spawnSync(SYSTEM_NODE, [path.join(SCRIPTS, `${script}.mjs`)], { encoding: 'utf8' });
    expect({ script, status, lines: stderr.trim().split('\n').length }).toEqual({ script, status: 1, lines: 1 });
    expect(stderr).toContain('Node 22.18 or newer is needed');
  }
});

function systemNodeIsOld(): boolean {
  try {
    return Number(execFileSync(SYSTEM_NODE, ['-p', 'process.versions.napi'], { encoding: 'utf8' })) < 10;
  } catch {
    return false; // no Node there: nothing to try it on
  }
}
