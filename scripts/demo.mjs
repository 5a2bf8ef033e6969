// `npm run demo`: a swarm of our own on loopback, and the app on it with a throw-away profile. Nothing leaves this machine.
//   npm run demo                              a window; without a display, the headless crawler in this terminal
//   npm run demo -- --screenshot FILE.png     waits for results and writes a picture; under Xvfb where there is no display
//   with --screenshot: [--theme light|dark] [--search TEXT] [--size 1200x800]
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { takePicture } from './demo-picture.mjs';
import { prepareWindow } from './prepare-window.mjs';
import { requireNode } from './node-version.mjs';
import { ensureSystemPackages } from './system-packages.mjs';
import { Refusal, ROOT, run, runScript, say } from './terminal.mjs';

const SWARM = ['--nodes', '60', '--torrents', '300', '--seeders', '8', '--copies', '4'];

await runScript(async () => {
  requireNode();
  const options = readOptions(process.argv.slice(2));
  const hasDisplay = process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
  if (options.screenshot && !hasDisplay) {
    await ensureSystemPackages(['window', 'display']);
    const again = [
      '-a',
      '-s',
      '-screen 0 1920x1200x24',
      'dbus-run-session',
      '--',
      process.execPath,
      ...process.argv.slice(1),
    ];
    return run('xvfb-run', again, { env: process.env });
  }
  const swarm = await startSwarm();
  const folder = await mkdtemp(path.join(tmpdir(), 'lanternfish-demo-'));
  try {
    say(
      `A swarm of ${swarm.torrentCount} torrents runs on loopback. The profile in ${folder} goes when the demo ends.`,
    );
    if (!hasDisplay) return await demoInTerminal(folder, swarm.bootstrap);
    return await demoInWindow(folder, swarm.bootstrap, options);
  } finally {
    swarm.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});

/** @param {string[]} args */
function readOptions(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        screenshot: { type: 'string' },
        theme: { type: 'string', default: 'light' },
        search: { type: 'string', default: '' },
        size: { type: 'string', default: '1200x800' },
      },
    });
    const size = /^(\d{3,4})x(\d{3,4})$/.exec(values.size);
    if (!size) throw new Refusal(`--size is WIDTHxHEIGHT, as in 1200x800, not "${values.size}".`);
    return { ...values, width: Number(size[1]), height: Number(size[2]) };
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(error instanceof Error ? error.message : String(error));
  }
}

/** The swarm in a process of its own, ready when it has said who to begin with. */
async function startSwarm() {
  const script = path.join(ROOT, 'scripts', 'swarm', 'swarm-process.ts');
  const child = spawn(process.execPath, [script, ...SWARM], { stdio: ['pipe', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    const { bootstrap, torrents } = JSON.parse(line);
    return {
      bootstrap: /** @type {string[]} */ (bootstrap),
      torrentCount: torrents.length,
      stop: () => child.stdin.end(),
    };
  }
  throw new Refusal('The demo swarm did not start.');
}

/** @param {readonly string[]} bootstrap */
function switchesFor(bootstrap) {
  return [
    ...bootstrap.map((contact) => `--bootstrap=${contact}`),
    '--bind=127.0.0.1',
    '--allow-local-addresses',
    '--pace=fast',
  ];
}

/** @param {string} folder @param {readonly string[]} bootstrap */
function demoInTerminal(folder, bootstrap) {
  say('No display here: the headless crawler runs in this terminal. Ctrl+C ends it.');
  const args = [path.join(ROOT, 'main', 'headless.ts'), `--data-dir=${folder}`, ...switchesFor(bootstrap)];
  return run(process.execPath, args, { env: process.env });
}

/**
 * @param {string} folder
 * @param {readonly string[]} bootstrap
 * @param {ReturnType<typeof readOptions>} options
 */
async function demoInWindow(folder, bootstrap, options) {
  const { env, switches, command, args } = await prepareWindow();
  // The network of the demo is this machine, so its notice counts as read.
  await mkdir(path.join(folder, 'profile'), { recursive: true });
  const settings = {
    consentAtUnixSeconds: 1,
    theme: options.screenshot ? options.theme : 'system',
    closesToTray: false,
  };
  await writeFile(path.join(folder, 'profile', 'settings.json'), JSON.stringify(settings));
  const own = [`--data-dir=${folder}`, ...switchesFor(bootstrap)];
  if (!options.screenshot) return run(command, [...args, ...own], { env });
  await takePicture([...switches, ROOT, ...own], env, { ...options, screenshot: options.screenshot });
  say(`Written: ${path.resolve(options.screenshot)}`);
  return 0;
}
