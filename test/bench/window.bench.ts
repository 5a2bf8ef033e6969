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
import { MeasuredApp, type BenchLine, type Launch } from './window/measured-app.ts';

export const name = 'window';

/** Fewer for a quick look: the goals are for a million. */
const TORRENTS = Number(process.env['LANTERNFISH_BENCH_TORRENTS'] ?? 1_000_000);
const ROUNDS = Number(process.env['LANTERNFISH_BENCH_ROUNDS'] ?? 3);
const OPEN_RATIO_GOAL = 1.3;
const FRAME_MS_GOAL = 50;
const RESULTS_MS_GOAL = 50;
const MEMORY_GOAL_BYTES = 400e6;
/** Reading the index of names takes some seconds; memory is what is left after it. */
const SETTLE_MS = 25_000;
const INDEX_LIMIT_MS = 120_000;
const TEXTS = ['the war of', 'linux 2024 x64', 'S01E02 1080p', 'music flac', 'кино', '"the last" 720p', 'abcdefgh'];

interface TypedLine extends BenchLine {
  readonly event: 'typed';
  readonly frames: readonly number[];
  /** From a key to the frame that shows its results, where no later key overtook it. */
  readonly answersMs: readonly number[];
  readonly longTasksMs: readonly number[];
  readonly keys: number;
  readonly left: string;
  readonly seconds: number;
  readonly packetsOut: number;
  readonly torrents: number;
}

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
      ...(await measureTyping(folder, (switches, more) =>
        start({ ...ours, switches: [...ours.switches, ...switches], task: 'type' }, more),
      )),
    ];
  } finally {
    display.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function measureOpening(startEmpty: () => MeasuredApp, startOurs: () => MeasuredApp): Promise<string[]> {
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

async function measureTyping(
  folder: string,
  start: (switches: readonly string[], env: NodeJS.ProcessEnv) => MeasuredApp,
): Promise<string[]> {
  const swarm = await startSwarm();
  await writeFile(path.join(folder, 'ours', 'profile', 'settings.json'), JSON.stringify({ consentAtUnixSeconds: 1 }));
  const app = start(
    [
      ...swarm.bootstrap.map((contact) => `--bootstrap=${contact}`),
      '--bind=127.0.0.1',
      '--allow-local-addresses',
      '--pace=fast',
    ],
    { LANTERNFISH_BENCH_TEXTS: JSON.stringify(TEXTS) },
  );
  try {
    const typed = await app.line<TypedLine>('typed');
    const { frames, answersMs, longTasksMs, keys, seconds, packetsOut, torrents, left } = typed;
    if (left !== '') throw new Error(`the keys did not arrive as typed: "${left}" is left in the box`);
    const slow = frames.filter((frameMs) => frameMs > FRAME_MS_GOAL);
    const resultsMs = partOf(answersMs, 0.5);
    return [
      `typing ${keys} keys in ${seconds.toFixed(0)} s while the crawler sent ${(packetsOut / seconds).toFixed(0)} packets a second and stored ${torrents} torrents:`,
      `frames: ${frames.length}, ${spread(frames)}; ${slow.length} longer than ${FRAME_MS_GOAL} ms ${verdict(slow.length === 0, 'none')}`,
      `tasks of the page longer than 50 ms: ${longTasksMs.length}${longTasksMs.length > 0 ? `, longest ${ms(Math.max(...longTasksMs))}` : ''}`,
      `from a key to its results on screen: ${answersMs.length} answers, ${spread(answersMs)} ${verdict(resultsMs < RESULTS_MS_GOAL, `median under ${RESULTS_MS_GOAL} ms`)}`,
      `memory of all processes while it crawls: ${megabytes(app.memoryBytes())}`,
    ];
  } finally {
    await app.quit();
    swarm.stop();
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

async function startSwarm(): Promise<{ readonly bootstrap: readonly string[]; stop(): void }> {
  const script = path.join(ROOT, 'scripts', 'swarm', 'swarm-process.ts');
  const size = ['--nodes', '60', '--torrents', '300', '--seeders', '8', '--copies', '4'];
  const child = spawn(process.execPath, [script, ...size], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { bootstrap } = JSON.parse(line) as { bootstrap: string[] };
  return { bootstrap, stop: () => child.stdin.end() };
}

/** A display of its own, so that nothing else is drawn on it. */
async function startDisplay(): Promise<{ readonly name: string; stop(): void }> {
  const child: ChildProcess = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1600x1200x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [number] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return { name: `:${number}`, stop: () => child.kill() };
}

const partOf = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? 0;
const median = (values: readonly number[]): number => partOf(values, 0.5);
const spread = (values: readonly number[]): string =>
  `median ${ms(partOf(values, 0.5))}, p99 ${ms(partOf(values, 0.99))}, longest ${ms(partOf(values, 1))}`;
const ms = (value: number): string => `${value.toFixed(0)} ms`;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
const verdict = (isReached: boolean, goal: string): string =>
  `(goal: ${goal}${isReached ? ', reached' : ', NOT REACHED'})`;
