// An Electron app started to be measured: when its window was painted, what its processes hold in memory.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../../../scripts/terminal.mjs';

export interface BenchLine {
  readonly event: 'painted' | 'rows' | 'typed' | 'floor' | 'failed';
  readonly atUnixMs: number;
  readonly reason?: string;
}

export interface Launch {
  /** The program and its first arguments. */
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly switches: readonly string[];
  readonly task: 'empty' | 'open' | 'type';
}

const OUR_MAIN = pathToFileURL(path.join(ROOT, 'out', 'main', 'main.js')).href;
const LINE_LIMIT_MS = 120_000;

export class MeasuredApp {
  readonly #child: ChildProcess;
  readonly #startedAtUnixMs = Date.now();
  readonly #heard: BenchLine[] = [];
  #complaints = '';

  constructor({ command, env, switches, task }: Launch) {
    const [program = '', ...first] = command;
    const host = path.join(import.meta.dirname, 'host');
    this.#child = spawn(program, [...first, host, ...switches], {
      env: { ...env, LANTERNFISH_BENCH_TASK: task, LANTERNFISH_BENCH_MAIN: OUR_MAIN },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stderr!.on(
      'data',
      (chunk: Buffer) => (this.#complaints = (this.#complaints + chunk.toString()).slice(-4_000)),
    );
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      if (line.startsWith('BENCH ')) this.#heard.push(JSON.parse(line.slice(6)) as BenchLine);
    });
  }

  /** The line of `event` as soon as it is there. */
  async line<Line extends BenchLine>(event: Line['event']): Promise<Line> {
    const endMs = performance.now() + LINE_LIMIT_MS;
    for (;;) {
      const found = this.#heard.find((line) => line.event === event || line.event === 'failed');
      if (found?.event === event) return found as Line;
      const isOver = this.#child.exitCode !== null || performance.now() > endMs;
      if (found || isOver) throw new Error(`no '${event}': ${found?.reason ?? this.#complaints}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** From the start of the process to `event`. */
  async msUntil(event: BenchLine['event']): Promise<number> {
    return (await this.line(event)).atUnixMs - this.#startedAtUnixMs;
  }

  /** Memory of all its processes, what they share counted once (PSS). */
  memoryBytes(): number {
    return this.#tree(this.#child.pid!).reduce((sum, pid) => sum + proportionalBytes(pid), 0);
  }

  async quit(): Promise<void> {
    const exited = once(this.#child, 'exit');
    if (this.#child.exitCode === null && this.#child.kill('SIGTERM')) await exited;
  }

  #tree(pid: number): number[] {
    const threads = listed(`/proc/${pid}/task`);
    const children = threads.flatMap((thread) =>
      text(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
    );
    return [pid, ...children.flatMap((child) => this.#tree(child))];
  }
}

function proportionalBytes(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(text(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) * 1024;
}

/** Processes come and go while they are counted. */
function text(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
