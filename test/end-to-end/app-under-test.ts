// Starts the built app in a real Electron, with a throw-away folder, the way `npm start` does, and a swarm for it to find.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';

export const ROOT = path.join(import.meta.dirname, '..', '..');
const START_LIMIT_MS = 30_000;

export interface AppUnderTest {
  readonly app: ElectronApplication;
  readonly page: Page;
  /** What the page wrote as warnings and errors, CSP violations among them. */
  readonly complaints: string[];
  /** Quits as a person does and waits for the process to end; the exit code. */
  quit(): Promise<number | null>;
}

/** Launches the app on `dataDir` with extra switches; resolves when its window is loaded. */
export async function launchApp(dataDir: string, switches: readonly string[]): Promise<AppUnderTest> {
  const runtime = process.env['ELECTRON_OVERRIDE_DIST_PATH'];
  const extra = (process.env['LANTERNFISH_TEST_ELECTRON_ARGS'] ?? '').split(' ').filter(Boolean);
  const app = await _electron.launch({
    ...(runtime === undefined ? {} : { executablePath: path.join(runtime, 'electron') }),
    args: [...extra, ROOT, `--data-dir=${dataDir}`, ...switches],
    cwd: ROOT,
    colorScheme: null, // as the app's own setting says
    timeout: START_LIMIT_MS,
  });
  const child = app.process();
  if (process.env['LANTERNFISH_TEST_VERBOSE']) child.stderr?.pipe(process.stderr);
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const page = await app.firstWindow();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.waitForLoadState('domcontentloaded');
  return {
    app,
    page,
    complaints,
    quit: async () => {
      // The app may be gone before it can answer.
      await app
        .evaluate(({ app: electronApp }) => {
          setImmediate(() => {
            electronApp.quit();
          });
        })
        .catch(String);
      return exited;
    },
  };
}

export interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

export async function temporaryFolder(name: string): Promise<TemporaryFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), `lanternfish-${name}-`));
  return { path: folder, remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) };
}

export interface SwarmTorrent {
  readonly name: string;
  readonly infohashHex: string;
  readonly fileCount: number;
  readonly sizeBytes: number;
}

export interface RunningSwarm {
  /** `HOST:PORT` of nodes to begin with. */
  readonly bootstrap: readonly string[];
  readonly torrents: readonly SwarmTorrent[];
  stop(): Promise<void>;
}

/** Runs the demo swarm in a process of its own, so that its work is not the app's. */
export async function startSwarmProcess(args: readonly string[]): Promise<RunningSwarm> {
  const script = path.join(ROOT, 'scripts', 'swarm', 'swarm-process.ts');
  const child = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const line = await firstLine(child);
  const facts = JSON.parse(line) as Pick<RunningSwarm, 'bootstrap' | 'torrents'>;
  return {
    ...facts,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => {
          resolve();
        });
        child.stdin?.end();
      }),
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('the swarm has no output');
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('the swarm ended before it was ready');
}
