// The real window over a million torrents: how long it takes to open against an empty Electron window, whether typing ever
// drops a frame while the crawler works at full pace, and what all of it holds in memory. Under Xvfb, on this machine.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { latestVersion } from '../../main/catalogue/migrations.ts';
import { TOKENISER_VERSION } from '../../main/search/tokens.ts';
import { buildIfStale } from '../../scripts/build.mjs';
import { chooseRuntime, runtimeEnvironment } from '../../scripts/electron-runtime.mjs';
import { ROOT } from '../../scripts/terminal.mjs';
import { Corpus } from './corpus.ts';
import { fillCatalogue } from './search/bench-corpus.ts';
import { FULL_PACE_SETTINGS, startFullPaceNetwork } from './window/full-pace.ts';
import { MeasuredApp, type Launch } from './window/measured-app.ts';
import { median, megabytes, ms, verdict } from './window/report.ts';
import { reportTyping, type TypedLine } from './window/typing-report.ts';

export const name = 'window';

/** Fewer for a quick look: the goals are for a million. */
const TORRENTS = Number(process.env['LANTERNFISH_BENCH_TORRENTS'] ?? 1_000_000);
/** Starts of each window; 0: only typing is measured. */
const ROUNDS = Number(process.env['LANTERNFISH_BENCH_ROUNDS'] ?? 3);
const OPEN_RATIO_GOAL = 1.3;
const MEMORY_GOAL_BYTES = 400e6;
/** Reading the index of names takes some seconds; memory is what is left after it. */
const SETTLE_MS = 25_000;
const INDEX_LIMIT_MS = 120_000;
const TEXTS = ['the war of', 'linux 2024 x64', 'S01E02 1080p', 'music flac', 'кино', '"the last" 720p', 'abcdefgh'];

export async function run(): Promise<string[]> {
  const runtime = await chooseRuntime({ accept: true });
  const env = await runtimeEnvironment(runtime);
  await buildIfStale({ env });
  const display = await startDisplay();
  const folder = await mkdtemp(path.join(tmpdir(), 'lanternfish-bench-window-'));
  try {
    const electron = path.join(ROOT, 'node_modules', 'electron', 'cli.js');
    const command = runtime.dist === null ? [process.execPath, electron] : [path.join(runtime.dist, 'electron')];
    const base = ['--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];
    const start = (launch: Pick<Launch, 'task' | 'switches'>, more: NodeJS.ProcessEnv = {}): MeasuredApp =>
      new MeasuredApp({
        ...launch,
        command,
        env: { ...env, ...more, DISPLAY: display.name },
        switches: [...base, ...launch.switches],
      });
    const isIndexed = await prepareProfile(folder);
    const empty = {
      task: 'empty',
      switches: [`--user-data-dir=${folder}/empty`],
    } as const;
    const ours = { switches: [`--data-dir=${folder}/ours`] } as const;
    if (!isIndexed) {
      await makeIndex(start({ ...ours, task: 'open' }), folder);
    }
    return [
      `${TORRENTS.toLocaleString('en')} torrents; ${runtime.notice}`,
      ...(await measureOpening(
        () => start(empty),
        () => start({ ...ours, task: 'open' }),
      )),
      ...(await typing(folder, (switches, more) =>
        start({ ...ours, switches: [...ours.switches, ...switches], task: 'type' }, more),
      )),
    ];
  } finally {
    display.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function measureOpening(startEmpty: () => MeasuredApp, startOurs: () => MeasuredApp): Promise<string[]> {
  if (ROUNDS === 0) return [];
  const empty: number[] = [];
  const painted: number[] = [];
  const rows: number[] = [];
  const memory = { empty: 0, ours: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const reference = startEmpty();
    empty.push(await reference.msUntil('painted'));
    const isLast = round === ROUNDS - 1;
    if (isLast) memory.empty = await memoryWhenSettled(reference, 3_000);
    await reference.quit();
    const app = startOurs();
    painted.push(await app.msUntil('painted'));
    rows.push(await app.msUntil('rows'));
    if (isLast) memory.ours = await memoryWhenSettled(app, SETTLE_MS);
    await app.quit();
  }
  const ratio = median(painted) / median(empty);
  const more = memory.ours - memory.empty;
  return [
    `empty window painted after ${ms(median(empty))}, ours after ${ms(median(painted))}: ${ratio.toFixed(2)}x ${verdict(ratio <= OPEN_RATIO_GOAL, `at most ${OPEN_RATIO_GOAL}x`)}`,
    `ours with its rows after ${ms(median(rows))}; median of ${ROUNDS} starts each, in turns`,
    `memory of all processes (PSS): empty ${megabytes(memory.empty)}, ours ${megabytes(memory.ours)}: ${megabytes(more)} more ${verdict(more <= MEMORY_GOAL_BYTES, `at most ${megabytes(MEMORY_GOAL_BYTES)}`)}`,
  ];
}

async function memoryWhenSettled(app: MeasuredApp, settleMs: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  return app.memoryBytes();
}

async function typing(
  folder: string,
  start: (switches: readonly string[], env: NodeJS.ProcessEnv) => MeasuredApp,
): Promise<string[]> {
  const network = await startFullPaceNetwork(folder);
  const settings = { consentAtUnixSeconds: 1, ...FULL_PACE_SETTINGS };
  await writeFile(path.join(folder, 'ours', 'profile', 'settings.json'), JSON.stringify(settings));
  const switches = [`--bootstrap=${network.bootstrap}`, '--bind=127.0.0.1', '--allow-local-addresses'];
  const app = start(switches, { LANTERNFISH_BENCH_TEXTS: JSON.stringify(TEXTS) });
  try {
    const typed = await app.line<TypedLine>('typed');
    const memoryBytes = app.memoryBytes();
    const floor = await app.line<TypedLine>('floor');
    return [...reportTyping(typed, floor), `memory of all processes while it crawls: ${megabytes(memoryBytes)}`];
  } finally {
    await app.quit();
    network.stop();
  }
}

const CACHE = path.join(ROOT, '.cache', 'bench');
const KEPT = path.join(CACHE, `window-${TORRENTS}-v${latestVersion()}.${TOKENISER_VERSION}.db`);
const KEPT_INDEX = `${KEPT}.names`;

/** A data folder with TORRENTS in it, true where with their index of names; both are kept for the next run, since making them
 *  takes minutes. */
async function prepareProfile(folder: string): Promise<boolean> {
  const profile = path.join(folder, 'ours', 'profile');
  await mkdir(profile, { recursive: true });
  await writeFile(path.join(profile, 'settings.json'), JSON.stringify({ consentAtUnixSeconds: 1, isPaused: true }));
  if (!existsSync(KEPT)) {
    await mkdir(CACHE, { recursive: true });
    for (const rest of ['', '-wal', '-shm']) await rm(`${KEPT}.new${rest}`, { force: true }); // of a run that was ended
    fillCatalogue(`${KEPT}.new`, new Corpus(1), TORRENTS);
    await rename(`${KEPT}.new`, KEPT);
    await rm(KEPT_INDEX, { force: true });
  }
  const catalogue = path.join(folder, 'ours', 'catalogue.db');
  await copyFile(KEPT, catalogue);
  if (!existsSync(KEPT_INDEX)) return false;
  await copyFile(KEPT_INDEX, `${catalogue}.names`);
  return true;
}

/** The first start makes the index of names, as any first start does; kept for the next run once it is written. */
async function makeIndex(app: MeasuredApp, folder: string): Promise<void> {
  const made = path.join(folder, 'ours', 'catalogue.db.names');
  await app.line('rows');
  const endMs = performance.now() + INDEX_LIMIT_MS;
  while (!existsSync(made) && performance.now() < endMs) await new Promise((resolve) => setTimeout(resolve, 500));
  await app.quit();
  if (existsSync(made)) await copyFile(made, KEPT_INDEX);
}

/** A display of its own, so that nothing else is drawn on it. */
async function startDisplay(): Promise<{ readonly name: string; stop(): void }> {
  const child: ChildProcess = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1600x1200x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [number] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return { name: `:${number}`, stop: () => child.kill() };
}
