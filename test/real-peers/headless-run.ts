// Runs the two terminal commands as a person does, and gives back what they print.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { HeadlessStatus } from '../../main/session/headless-status.ts';
import { ENDS_WITH_US } from './processes.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const WIRE_TAP = path.join(import.meta.dirname, 'wire-tap-child.ts');

export type StatusLine = HeadlessStatus;

export interface HeadlessOptions {
  /** Where every datagram and dial is written down: see WireTap. */
  readonly tapPath?: string;
  /** Words before the command: see NetworkNamespace. */
  readonly within?: readonly string[];
}

export class HeadlessRun {
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | null>;
  readonly lines: HeadlessStatus[] = [];
  /** What it wrote on stderr, for a test that fails. */
  errors = '';

  constructor(args: readonly string[], { tapPath, within = [] }: HeadlessOptions = {}) {
    const tap = tapPath === undefined ? [] : ['--import', WIRE_TAP];
    const command = [process.execPath, ...tap, path.join(ROOT, 'main', 'headless.ts'), '--json', ...args];
    const [program, ...rest] = [...within, ...ENDS_WITH_US, ...command];
    this.#child = spawn(program!, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LANTERNFISH_WIRE_TAP: tapPath },
    });
    this.#exited = new Promise((resolve) => this.#child.once('exit', resolve));
    createInterface({ input: this.#child.stdout! }).on('line', (line) =>
      this.lines.push(JSON.parse(line) as HeadlessStatus),
    );
    this.#child.stderr!.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get last(): HeadlessStatus | undefined {
    return this.lines.at(-1);
  }

  /** Resolves with the first status line for which `isEnough` holds, or with the last one after `limitMs` or at the end. */
  async waitFor(isEnough: (line: HeadlessStatus) => boolean, limitMs: number): Promise<HeadlessStatus> {
    const endMs = performance.now() + limitMs;
    while (performance.now() < endMs && this.#child.exitCode === null) {
      const found = this.lines.find(isEnough);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    if (!this.last) throw new Error(`no status line came: ${this.errors}`);
    return this.last;
  }

  /** Sends `signal` and resolves with the exit code. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.#child.kill(signal);
    return this.#exited;
  }

  /** Resolves with the exit code when it ends by itself. */
  get exited(): Promise<number | null> {
    return this.#exited;
  }
}

export interface Found {
  readonly infohash: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly fileCount: number;
  readonly discoveredAt: string;
}

/** `npm run search -- --data-dir dataDir --json query`. */
export function search(dataDir: string, query: string, limit = 50): Found[] {
  const args = [
    path.join(ROOT, 'main', 'search-command.ts'),
    '--data-dir',
    dataDir,
    '--json',
    '--limit',
    String(limit),
    '--',
    query,
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`search "${query}" ended with ${status}: ${stderr}`);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Found);
}
