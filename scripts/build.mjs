// Builds out/ with electron-vite when a source is newer than the last build, and says so only if it takes place.
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Refusal, ROOT, run, say } from './terminal.mjs';

const SOURCES = ['main', 'preload', 'renderer', 'electron.vite.config.ts', 'package.json', 'package-lock.json'];
/** Made after a build that succeeded; its time is the build's. */
const STAMP = join(ROOT, 'out', 'built');

/** @param {{ env: NodeJS.ProcessEnv }} options */
export async function buildIfStale({ env }) {
  const builtAtMs = await changedAtMs(STAMP);
  const changed = await Promise.all(SOURCES.map((source) => newestMs(join(ROOT, source))));
  if (builtAtMs > Math.max(...changed)) return;
  say('Building the app ...');
  await rm(join(ROOT, 'out'), { recursive: true, force: true });
  const cli = join(ROOT, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
  if ((await run(process.execPath, [cli, 'build'], { env, quiet: true })) !== 0) {
    throw new Refusal('The app could not be built; see above.');
  }
  await writeFile(STAMP, '');
}

/** The time of the newest file at or under `path`; 0 when there is nothing. */
async function newestMs(/** @type {string} */ path) {
  const files = await readdir(path, { recursive: true }).catch(() => []);
  const times = await Promise.all([path, ...files.map((file) => join(path, file))].map(changedAtMs));
  return Math.max(0, ...times);
}

async function changedAtMs(/** @type {string} */ path) {
  return stat(path).then(
    (found) => found.mtimeMs,
    () => 0,
  );
}
