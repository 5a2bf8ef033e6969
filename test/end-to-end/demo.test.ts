// `npm run demo -- --screenshot FILE` as a person runs it: a picture of the size asked for, with results in it, in a minute,
// and nothing left behind: no process, no folder.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryFolder, type TemporaryFolder } from './app-under-test.ts';
import { until } from './tray-host.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const DEMO_LIMIT_MS = 60_000;
const PNG_SIGNATURE = '89504e470d0a1a0a';
/** By it every process of the demo is told apart from those of others: children inherit their environment. */
const MARK_NAME = 'LANTERNFISH_DEMO_TEST';
const MARK_VALUE = String(process.pid);

let folder: TemporaryFolder;
let temporary: string;

beforeAll(async () => {
  folder = await temporaryFolder('demo-picture');
  temporary = folder.path;
});

afterAll(() => folder.remove());

/** The command lines of the demo's processes that run still. Linux only; elsewhere there is nothing to read. */
async function running(): Promise<string[]> {
  const ids = (await readdir('/proc').catch((): string[] => [])).filter((name) => /^\d+$/.test(name));
  const found: string[] = [];
  for (const id of ids) {
    // Each may end, or be somebody else's, while we look.
    const environment = await readFile(`/proc/${id}/environ`, 'latin1').catch(() => '');
    if (!environment.split('\0').includes(`${MARK_NAME}=${MARK_VALUE}`)) continue;
    found.push((await readFile(`/proc/${id}/cmdline`, 'latin1').catch(() => '')).replaceAll('\0', ' '));
  }
  return found;
}

it(
  'writes a picture of the window and leaves nothing behind',
  async () => {
    const file = path.join(temporary, 'picture.png');
    const scratch = path.join(temporary, 'scratch');
    await mkdir(scratch);
    const beganAtMs = performance.now();
    const demo = spawn(
      process.execPath,
      [path.join(ROOT, 'scripts', 'demo.mjs'), '--screenshot', file, '--size', '1000x700', '--search', 'lantern'],
      {
        env: { ...process.env, TMPDIR: scratch, LANTERNFISH_ACCEPT_TEST_RUNTIME: '1', [MARK_NAME]: MARK_VALUE },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let output = '';
    demo.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    demo.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await until(
      async () => process.platform !== 'linux' || (await running()).length > 2,
      20_000,
      'the swarm and the app',
    );
    const [code] = (await once(demo, 'exit')) as [number | null];
    expect(code, output).toBe(0);
    expect(performance.now() - beganAtMs).toBeLessThan(DEMO_LIMIT_MS);

    const picture = await readFile(file);
    expect(picture.subarray(0, 8).toString('hex')).toBe(PNG_SIGNATURE);
    expect([picture.readUInt32BE(16), picture.readUInt32BE(20)]).toEqual([1000, 700]);
    // Names, figures and a file tree: an empty window compresses to a few kilobytes.
    expect(picture.length).toBeGreaterThan(40_000);

    expect(await readdir(scratch)).toEqual([]);
    expect(await running()).toEqual([]);
  },
  DEMO_LIMIT_MS + 30_000,
);
