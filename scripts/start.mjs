// `npm start`: prepares what is missing and runs the app. Arguments after `--` go to the app, as in
// `npm start -- --data-dir=/tmp/try`. Without a display it runs the headless crawler in this terminal instead.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { requireNode } from './node-version.mjs';
import { prepareWindow } from './prepare-window.mjs';
import { ROOT, run, runScript, say } from './terminal.mjs';

const ACCEPT = '--accept-test-runtime';

await runScript(async () => {
  requireNode();
  const switches = process.argv.slice(2).filter((argument) => argument !== ACCEPT);
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY)
    return runHeadless(switches);
  const accept = process.argv.includes(ACCEPT) || process.env.LANTERNFISH_ACCEPT_TEST_RUNTIME === '1';
  const { env, command, args } = await prepareWindow({ accept });
  return run(command, [...args, ...switches], { env });
});

/** @param {readonly string[]} args */
function runHeadless(args) {
  const dataHome = process.env.XDG_DATA_HOME || join(homedir(), '.local', 'share');
  const hasDataDir = args.some((argument) => argument === '--data-dir' || argument.startsWith('--data-dir='));
  const dataDir = hasDataDir ? [] : [`--data-dir=${join(dataHome, 'lanternfish')}`];
  say(
    'No display here: running the headless crawler in this terminal instead; it joins the public DHT. Ctrl+C ends it.',
  );
  return run(process.execPath, [join(ROOT, 'scripts', 'node.mjs'), 'main/headless.ts', ...dataDir, ...args]);
}
