// What every script that opens the app's window needs first: system packages, a runtime, a fresh build, the right switches.
import { spawnSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { buildIfStale } from './build.mjs';
import { chooseRuntime, needsCompiler, runtimeEnvironment } from './electron-runtime.mjs';
import { ensureSystemPackages } from './system-packages.mjs';
import { Refusal, ROOT, say } from './terminal.mjs';

/**
 * Resolves to what starts the app: `command` with `[...args, ...the app's own switches]` in `env`. Throws a Refusal with
 * the reason where this machine cannot open it.
 * @param {{ accept?: boolean }} [options] accept: use the test runtime without asking
 */
export async function prepareWindow({ accept = process.env.LANTERNFISH_ACCEPT_TEST_RUNTIME === '1' } = {}) {
  await ensureSystemPackages(['window']);
  const runtime = await chooseRuntime({ accept });
  if (await needsCompiler(runtime)) await ensureSystemPackages(['compiler']);
  const env = await runtimeEnvironment(runtime);
  await buildIfStale({ env });
  const switches = await sandboxSwitches(runtime.dist);
  const electron = join(ROOT, 'node_modules', 'electron', 'cli.js');
  return { env, switches, command: process.execPath, args: [electron, '.', ...switches] };
}

/**
 * Chromium's sandbox refuses to run as root; for anybody else it stays on, and where the system forbids it we say how to
 * allow it instead of switching it off.
 * @param {string | null} dist
 */
async function sandboxSwitches(dist) {
  if (process.platform !== 'linux') return [];
  if (process.getuid?.() === 0) {
    say('Running as root, so without the sandbox of the window (--no-sandbox). An ordinary user is safer.');
    return ['--no-sandbox'];
  }
  const helper = join(dist ?? join(ROOT, 'node_modules', 'electron', 'dist'), 'chrome-sandbox');
  const found = await stat(helper).catch(() => null);
  const isSetUid = found !== null && found.uid === 0 && (found.mode & 0o4000) !== 0;
  if (!isSetUid && spawnSync('unshare', ['-Ur', 'true'], { stdio: 'ignore' }).status !== 0) {
    throw new Refusal(
      "This system does not let ordinary programs make a sandbox, and Electron's window wants one. Run this once:\n" +
        `  sudo chown root:root '${helper}' && sudo chmod 4755 '${helper}'`,
    );
  }
  return [];
}
