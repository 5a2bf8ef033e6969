// The packaged app as a process: started without any help of the source tree, driven over its window's own port.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chromium, type Page } from 'playwright-core';

/** The environment of somebody who never saw the source tree. */
function withoutHelp(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(LANTERNFISH_|ELECTRON_|NODE_|npm_)/.test(name)));
}

/** Where the window of `child`, started with --remote-debugging-port=0, can be driven from. */
function debuggingAddress(child: ChildProcess, onOutput: (text: string) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    let all = '';
    const read = (chunk: Buffer): void => {
      all += chunk.toString();
      onOutput(chunk.toString());
      const address = /DevTools listening on (ws:\S+)/.exec(all)?.[1];
      if (address) resolve(address);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code, signal) => {
      reject(new Error(`the packaged app ended (${code ?? signal}):\n${all}`));
    });
    child.once('error', reject);
  });
}

export interface PackagedApp {
  readonly page: Page;
  /** Whatever it has printed so far. */
  output(): string;
  /** Ends it as a logout does, and waits for that. */
  quit(): Promise<void>;
}

/** Starts `executable` over `dataDir`, with `env` beside what anybody has; resolves when its window is loaded. */
export async function startPackaged(
  executable: string,
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
): Promise<PackagedApp> {
  if (executable === '') throw new Error('LANTERNFISH_PACKAGED_APP is not set: run `npm test -- packaged`');
  const switches = (process.env['LANTERNFISH_TEST_ELECTRON_ARGS'] ?? '').split(' ').filter(Boolean);
  const child = spawn(executable, [...switches, '--remote-debugging-port=0', `--data-dir=${dataDir}`], {
    env: { ...withoutHelp(process.env), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const address = await debuggingAddress(child, (text) => {
    output += text;
  });
  const browser = await chromium.connectOverCDP(address);
  const context = browser.contexts()[0]!;
  const page = context.pages()[0] ?? (await context.waitForEvent('page'));
  await page.waitForLoadState();
  return {
    page,
    output: () => output,
    quit: async () => {
      await browser.close();
      const exited = once(child, 'exit');
      if (child.exitCode === null && child.kill('SIGTERM')) await exited;
    },
  };
}
