// `npm test`: prepares the machine and the runtime, builds the app, runs every project of vitest.config.ts in turn and
// ends with one line that adds them up. `npm test -- unit` runs one part, `npm test -- unit test/wire` some files of it.
// Tests that open windows get, besides what scripts/electron-runtime.mjs exports:
//   LANTERNFISH_TEST_ELECTRON_ARGS   switches for every Electron they start, separated by spaces
//   LANTERNFISH_PACKAGED_APP         (packaged) the executable that electron-builder made
//   LANTERNFISH_DEB, ..._DEB_OLD     (packaged) two versions of the .deb, where one can be made and installed for a try
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildIfStale } from './build.mjs';
import { chooseRuntime, needsCompiler, runtimeEnvironment } from './electron-runtime.mjs';
import { requireNode } from './node-version.mjs';
import { packageApp } from './package.mjs';
import { ensureSystemPackages } from './system-packages.mjs';
import { ROOT, run, runScript, say } from './terminal.mjs';

const PARTS = /** @type {const} */ (['unit', 'long', 'real-peers', 'end-to-end', 'packaged']);
/** @typedef {(typeof PARTS)[number]} Part */
const VITEST = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
/** Of the package that the real one is installed over. */
const OLDER_VERSION = '0.0.1';
/** A window of its own for each run, away from the person's desktop and the same everywhere. */
const UNDER_A_DISPLAY = ['xvfb-run', '-a', '-s', '-screen 0 1600x1200x24', 'dbus-run-session', '--'];

await runScript(async () => {
  const args = process.argv.slice(2);
  const named = PARTS.filter((part) => args.includes(part));
  const parts = named.length > 0 ? named : PARTS;
  const filters = args.filter((argument) => !named.some((part) => part === argument));
  requireNode();
  const env = await prepare(parts);
  const total = { passed: 0, failed: 0, skipped: /** @type {string[]} */ ([]) };
  for (const part of parts) {
    say(`\n== ${part}`);
    const counts = await runPart(part, filters, env);
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped.push(...counts.skipped.map((name) => `${part}: ${name}`));
  }
  if (total.skipped.length > 0) {
    say(`\n!! ${total.skipped.length} SKIPPED, which says nothing about whether they would pass:`);
    for (const name of total.skipped) say(`!!   ${name}`);
  }
  process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped.length} skipped\n`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
});

/**
 * Everything that `parts` need before the first test; returns the environment for those that open windows.
 * @param {readonly Part[]} parts
 */
async function prepare(parts) {
  const hasWindows = parts.includes('end-to-end') || parts.includes('packaged');
  await ensureSystemPackages([
    ...(parts.includes('real-peers') ? ['real peers'] : []),
    ...(hasWindows ? ['window', 'display'] : []),
  ]);
  if (!hasWindows) return process.env;
  const runtime = await chooseRuntime({ accept: process.env.LANTERNFISH_ACCEPT_TEST_RUNTIME === '1' });
  say(runtime.notice);
  if (await needsCompiler(runtime)) await ensureSystemPackages(['compiler']);
  const env = await runtimeEnvironment(runtime);
  await buildIfStale({ env });
  const isRoot = process.getuid?.() === 0; // Chromium's sandbox refuses root; everybody else tests with it on
  env.LANTERNFISH_TEST_ELECTRON_ARGS = isRoot ? '--no-sandbox --disable-gpu' : '--disable-gpu';
  if (parts.includes('packaged')) await packageFor(env, runtime);
  return env;
}

/**
 * Packages the app for the tests that start it packaged; as a .deb, too, where the test may install one.
 * @param {NodeJS.ProcessEnv} env
 * @param {import('./electron-runtime.mjs').Runtime} runtime
 */
async function packageFor(env, runtime) {
  const isDebian = process.platform === 'linux' && existsSync('/usr/bin/dpkg-deb');
  if (!isDebian || process.getuid?.() !== 0) {
    env.LANTERNFISH_PACKAGED_APP = await packageApp(['--dir'], runtime, env);
    return;
  }
  const folder = join(ROOT, 'release');
  const older = join(folder, 'older');
  await packageApp(
    ['--linux', 'deb', `-c.directories.output=${older}`, `-c.extraMetadata.version=${OLDER_VERSION}`],
    runtime,
    env,
  );
  env.LANTERNFISH_DEB_OLD = await onlyDeb(older);
  await rm(join(older, 'linux-unpacked'), { recursive: true, force: true });
  env.LANTERNFISH_PACKAGED_APP = await packageApp(['--linux', 'deb'], runtime, env);
  env.LANTERNFISH_DEB = await onlyDeb(folder);
}

async function onlyDeb(/** @type {string} */ folder) {
  const [name] = (await readdir(folder)).filter((file) => file.endsWith('.deb'));
  return join(folder, /** @type {string} */ (name));
}

/**
 * @param {Part} part
 * @param {readonly string[]} filters
 * @param {NodeJS.ProcessEnv} windowEnv
 * @returns {Promise<import('./vitest-counts.mjs').Counts>}
 */
async function runPart(part, filters, windowEnv) {
  const hasWindows = part === 'end-to-end' || part === 'packaged';
  const folder = await mkdtemp(join(tmpdir(), 'lanternfish-test-'));
  const countsFile = join(folder, 'counts.json');
  try {
    const reporters = ['--reporter=default', `--reporter=${join(ROOT, 'scripts', 'vitest-counts.mjs')}`];
    const vitest = [
      process.execPath,
      VITEST,
      'run',
      `--project=${part}`,
      '--passWithNoTests',
      ...reporters,
      ...filters,
    ];
    const [program, ...args] = hasWindows && process.platform === 'linux' ? [...UNDER_A_DISPLAY, ...vitest] : vitest;
    const env = { ...(hasWindows ? windowEnv : process.env), LANTERNFISH_COUNTS_FILE: countsFile };
    const code = await run(/** @type {string} */ (program), args, { env });
    /** @type {import('./vitest-counts.mjs').Counts} */
    const counts = JSON.parse(await readFile(countsFile, 'utf8').catch(() => '{"passed":0,"failed":0,"skipped":[]}'));
    if (code !== 0 && counts.failed === 0) {
      say(`!! ${part} ended with exit code ${code} although no test failed: counted as one failure.`);
      counts.failed = 1;
    }
    return counts;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
