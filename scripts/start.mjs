// `npm start`: prepares what is missing and runs the app. Arguments after `--` go to the app, as in
// `npm start -- --data-dir=/tmp/try`. Without a display it runs the headless crawler in this terminal instead.
import { spawnSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { buildIfStale } from './build.mjs';
import { chooseRuntime, needsCompiler, runtimeEnvironment } from './electron-runtime.mjs';
import { requireNode } from './node-version.mjs';
import { ensureSystemPackages } from './system-packages.mjs';
import { Refusal, ROOT, run, runScript, say } from './terminal.mjs';

const ACCEPT = '--accept-test-runtime';

await runScript(async () => {
  requireNode();
  const args = process.argv.slice(2).filter((argument) => argument !== ACCEPT);
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return runHeadless(args);

  await ensureSystemPackages(['window']);
  const accept = process.argv.includes(ACCEPT) || process.env.LANTERNFISH_ACCEPT_TEST_RUNTIME === '1';
  const runtime = await chooseRuntime({ accept });
  if (await needsCompiler(runtime)) await ensureSystemPackages(['compiler']);
  const env = await runtimeEnvironment(runtime);
  await buildIfStale({ env });
  const electron = join(ROOT, 'node_modules', 'electron', 'cli.js');
  return run(process.execPath, [electron, '.', ...(await sandboxSwitches(runtime.dist)), ...args], { env });
});

/** @param {readonly string[]} args */
function runHeadless(args) {
  const dataHome = process.env.XDG_DATA_HOME || join(homedir(), '.local', 'share');
  const hasDataDir = args.some((argument) => argument === '--data-dir' || argument.startsWith('--data-dir='));
  const dataDir = hasDataDir ? [] : [`--data-dir=${join(dataHome, 'lanternfish')}`];
  say(
    'No display here: running the headless crawler in this terminal instead; it joins the public DHT. Ctrl+C ends it.',
  );
  return run(process.execPath, [join(ROOT, 'main', 'headless.ts'), ...dataDir, ...args]);
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
