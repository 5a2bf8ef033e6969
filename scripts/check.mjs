// `npm run check`: everything that needs no window, in a minute or so. Two jobs at a time; each prints one line, and what
// it found only if it found something. `npm run check -- eslint knip` runs some of them.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { requireNode } from './node-version.mjs';
import { Refusal, ROOT, runScript, say } from './terminal.mjs';

/** Name to the package's own program and its arguments, longest first: with two at a time that ends soonest. */
const JOBS = {
  unit: ['vitest', 'run', '--project=unit', '--reporter=dot', '--silent=passed-only'],
  eslint: ['eslint', '.', '--max-warnings=0'],
  tsc: ['typescript:tsc', '-p', 'tsconfig.node.json', '--noEmit'],
  'tsc end-to-end': ['typescript:tsc', '-p', 'tsconfig.end-to-end.json', '--noEmit'],
  'svelte-check': ['svelte-check', '--tsconfig', './tsconfig.web.json', '--fail-on-warnings'],
  prettier: ['prettier', '--check', '.', '--log-level=warn'],
  knip: ['knip', '--no-progress'],
};
const AT_A_TIME = 2;

await runScript(async () => {
  requireNode();
  const wanted = process.argv.slice(2);
  const unknown = wanted.find((name) => !(name in JOBS));
  if (unknown) throw new Refusal(`There is no check named ${unknown}; there are ${Object.keys(JOBS).join(', ')}.`);
  const waiting = Object.entries(JOBS).filter(([name]) => wanted.length === 0 || wanted.includes(name));
  /** @type {string[]} */
  const failed = [];
  const work = async () => {
    for (let job = waiting.shift(); job; job = waiting.shift()) if (!(await runJob(...job))) failed.push(job[0]);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  say(failed.length === 0 ? 'All checks pass.' : `Not in order: ${failed.join(', ')}.`);
  return failed.length === 0 ? 0 : 1;
});

/**
 * @param {string} name
 * @param {readonly string[]} command
 * @returns {Promise<boolean>} whether it passed
 */
async function runJob(name, [program = '', ...args]) {
  const startedAtMs = performance.now();
  const child = spawn(process.execPath, [binOf(program), ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FORCE_COLOR: process.stderr.isTTY ? '1' : '0' },
  });
  /** @type {Buffer[]} */
  const output = [];
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stderr.on('data', (chunk) => output.push(chunk));
  const code = await new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('close', resolve);
  });
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  say(`${code === 0 ? 'ok    ' : 'FAILED'}  ${name} (${seconds} s)`);
  if (code !== 0) process.stderr.write(Buffer.concat(output));
  return code === 0;
}

/** The script behind a package's program; `package:program` where they differ in name. */
function binOf(/** @type {string} */ program) {
  const [packageName = '', binName = packageName] = program.split(':');
  const manifestPath = join(ROOT, 'node_modules', packageName, 'package.json');
  const { bin } = JSON.parse(readFileSync(manifestPath, 'utf8'));
  const path = typeof bin === 'string' ? bin : bin[binName];
  return createRequire(import.meta.url).resolve(join(dirname(manifestPath), path));
}
