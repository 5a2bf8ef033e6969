// `npm start` on a server: one line says that there is no display, then the crawler runs in the terminal and ends on a
// signal with everything saved. The one bootstrap node it is given is a closed port of this machine.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const START = path.join(import.meta.dirname, '../../scripts/start.mjs');
const ON_LOOPBACK = ['--bind=127.0.0.1', '--bootstrap=127.0.0.1:9', '--allow-local-addresses'];

let dataHome: string;
beforeEach(async () => {
  dataHome = await mkdtemp(path.join(tmpdir(), 'lanternfish-start-'));
});
afterEach(() => rm(dataHome, { recursive: true, force: true, maxRetries: 5 }));

function start(args: readonly string[]) {
  const env: NodeJS.ProcessEnv = { ...process.env, XDG_DATA_HOME: dataHome };
  delete env['DISPLAY'];
  delete env['WAYLAND_DISPLAY'];
  const child = spawn(process.execPath, [START, ...ON_LOOPBACK, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, ended, output: () => ({ stdout, stderr }) };
}

describe.skipIf(process.platform !== 'linux')('npm start without a display', () => {
  test('says so and runs the crawler on the usual data folder', async () => {
    const run = start(['--for=1']);
    expect(await run.ended).toBe(0);
    const { stdout, stderr } = run.output();
    expect(stderr.split('\n')[0]).toMatch(/^No display here: running the headless crawler in this terminal instead/);
    expect(stdout).not.toBe('');
    expect(existsSync(path.join(dataHome, 'lanternfish', 'catalogue.db'))).toBe(true);
  });

  test('hands a signal on and ends as the crawler ends', async () => {
    const run = start([]);
    const database = path.join(dataHome, 'lanternfish', 'catalogue.db');
    await expect.poll(() => existsSync(database), { timeout: 15_000 }).toBe(true);
    run.child.kill('SIGTERM');
    expect(await run.ended).toBe(0);
  });
});
