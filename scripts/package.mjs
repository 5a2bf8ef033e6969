// `npm run package [-- --dir | --linux deb | ...]`: builds the app and hands it to electron-builder, whose arguments these
// are. On a machine that only has the prepared test runtime the result is made of that: for trying out, not for giving away.
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildIfStale } from './build.mjs';
import { chooseRuntime, needsCompiler, runtimeEnvironment } from './electron-runtime.mjs';
import { requireNode } from './node-version.mjs';
import { layNativeUdpForPackage } from './native-udp.mjs';
import { describePackage } from './package-contents.mjs';
import { ensureSystemPackages } from './system-packages.mjs';
import { isEntry, Refusal, ROOT, run, runScript, say } from './terminal.mjs';

/** Where `--dir` leaves the program, relative to release/. */
export const UNPACKED = {
  'linux-x64': 'linux-unpacked/lanternfish',
  'linux-arm64': 'linux-arm64-unpacked/lanternfish',
  'darwin-x64': 'mac/Lanternfish.app/Contents/MacOS/Lanternfish',
  'darwin-arm64': 'mac-arm64/Lanternfish.app/Contents/MacOS/Lanternfish',
  'win32-x64': 'win-unpacked/Lanternfish.exe',
  'win32-arm64': 'win-arm64-unpacked/Lanternfish.exe',
};

/**
 * Packages what is in out/ and returns the program that `--dir` leaves.
 * @param {readonly string[]} args for electron-builder
 * @param {import('./electron-runtime.mjs').Runtime} runtime
 * @param {NodeJS.ProcessEnv} env of runtimeEnvironment(runtime)
 */
export async function packageApp(args, runtime, env) {
  await layNativeUdpForPackage();
  say('Packaging the app ...');
  const cli = createRequire(import.meta.url).resolve('electron-builder/cli.js');
  const runtimeArgs = runtime.dist === null ? [] : await otherRuntime(runtime.dist);
  // Without it a tag in CI would publish by itself.
  const publish = args.some((argument) => argument.startsWith('--publish')) ? [] : ['--publish', 'never'];
  const tools = runtime.dist === null ? {} : ownTools();
  const code = await run(process.execPath, [cli, ...args, ...publish, ...runtimeArgs], {
    env: { ...tools, ...env },
    quiet: true,
  });
  if (code !== 0) throw new Refusal('electron-builder failed; see above.');
  const unpacked = UNPACKED[/** @type {keyof typeof UNPACKED} */ (`${process.platform}-${process.arch}`)];
  return join(ROOT, 'release', unpacked ?? '');
}

async function otherRuntime(/** @type {string} */ dist) {
  const version = (await readFile(join(dist, 'version'), 'utf8')).trim();
  return [
    `-c.electronDist=${dist}`,
    `-c.electronVersion=${version}`,
    `-c.afterPack=${join(ROOT, 'scripts', 'runtime', 'after-pack.mjs')}`,
  ];
}

/** Instead of the programs that electron-builder downloads from where Electron's own download is, too. */
function ownTools() {
  const sevenZip = '/usr/bin/7zz';
  return {
    CUSTOM_FPM_PATH: join(ROOT, 'scripts', 'runtime', 'dpkg-as-fpm.mjs'),
    ...(existsSync(sevenZip) ? { ELECTRON_BUILDER_7ZIP_PATH: sevenZip, ELECTRON_BUILDER_COMPRESSION_LEVEL: '3' } : {}),
  };
}

if (isEntry(import.meta.url)) {
  await runScript(async () => {
    requireNode();
    const runtime = await chooseRuntime({ accept: process.env.LANTERNFISH_ACCEPT_TEST_RUNTIME === '1' });
    say(runtime.notice);
    if (await needsCompiler(runtime)) await ensureSystemPackages(['compiler']);
    const env = await runtimeEnvironment(runtime);
    await buildIfStale({ env });
    const program = await packageApp(process.argv.slice(2), runtime, env);
    if (existsSync(program)) say(await describePackage(program));
    process.stdout.write(`${program}\n`);
  });
}
