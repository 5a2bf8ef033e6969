// One side of a comparison: a process of its own, told what to do by lines of JSON, its cost read from outside, the same
// way for all: CPU time of all its threads from /proc, and how often they woke up.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'vite';
import { NO_BINDING, UDP_BINDING_VARIABLE } from '../../../main/dht/udp/transport.ts';
import { PREPARED_RUNTIME } from '../../../scripts/prepare-electron-runtime.mjs';
import type { Command, SideOptions } from './commands.ts';

export type BareKind = 'bare-node' | 'bare-electron' | 'native-node' | 'native-electron';
export type SideKind = 'node' | 'electron' | BareKind | 'libtorrent' | 'bittorrent-dht';

export const SIDE_NAMES: Readonly<Record<SideKind, string>> = {
  node: `ours, Node ${process.versions.node.split('.')[0]}`,
  electron: 'ours, Electron worker',
  'bare-node': `bare dgram, Node ${process.versions.node.split('.')[0]}`,
  'bare-electron': 'bare dgram, Electron',
  'native-node': `bare native, Node ${process.versions.node.split('.')[0]}`,
  'native-electron': 'bare native, Electron',
  libtorrent: 'libtorrent',
  'bittorrent-dht': 'bittorrent-dht',
};

const PYTHON = '/usr/bin/python3'; // Debian's, which has Debian's modules
const bundles = new Map<string, string>();

/** Why `kind` cannot be measured here, or null. */
export function whyMissing(kind: SideKind): string | null {
  if (kind.endsWith('electron') && electronOf() === null)
    return 'no Electron runtime is prepared (npm test -- end-to-end)';
  if (kind.startsWith('native') && !isSocketCompiled()) return 'our UDP socket is not compiled here';
  if (kind === 'libtorrent' && spawnSync(PYTHON, ['-c', 'import libtorrent']).status !== 0)
    return 'python3-libtorrent is not installed (node scripts/system-packages.mjs)';
  return null;
}

/** Whether it is a socket without a node behind it: the floor for ours. */
export function isBare(kind: SideKind): kind is BareKind {
  return kind.startsWith('bare') || kind.startsWith('native');
}

function isSocketCompiled(): boolean {
  return (process.env[UDP_BINDING_VARIABLE] ?? NO_BINDING) !== NO_BINDING;
}

/** Those of `kinds` that can be measured here; says which cannot. */
export function presentSides(kinds: readonly SideKind[], lines: string[]): SideKind[] {
  return kinds.filter((kind) => {
    const reason = whyMissing(kind);
    if (reason !== null) lines.push(`${SIDE_NAMES[kind]} is skipped: ${reason}`);
    return reason === null;
  });
}

export class Side {
  readonly kind: SideKind;
  readonly options: SideOptions;
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  static async start(kind: SideKind, options: SideOptions): Promise<Side> {
    const [program, args] = await commandLine(kind, options);
    const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
    const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
    const side = new Side(kind, options, child);
    await side.#nextAnswer();
    return side;
  }

  private constructor(kind: SideKind, options: SideOptions, child: ChildProcess) {
    this.kind = kind;
    this.options = options;
    this.#process = child;
    this.#answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }

  tell(command: Command): Promise<Record<string, number>> {
    this.#process.stdin!.write(`${JSON.stringify(command)}\n`);
    return this.#nextAnswer();
  }

  /** CPU time of all its threads so far. */
  cpuUs(): number {
    return this.#sumOverThreads('schedstat', (text) => Number(text.split(' ')[0]) / 1000);
  }

  /** How often a thread of it went to sleep, and so woke up again. */
  wakeUps(): number {
    return this.#sumOverThreads('status', (text) => Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(text)?.[1]));
  }

  residentBytes(): number {
    const text = readFileSync(`/proc/${this.#process.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+)/m.exec(text)?.[1]) * 1024;
  }

  stop(): void {
    this.#process.stdin!.end();
  }

  async #nextAnswer(): Promise<Record<string, number>> {
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error(`${SIDE_NAMES[this.kind]} ended unexpectedly`);
    return JSON.parse(value) as Record<string, number>;
  }

  #sumOverThreads(file: string, read: (text: string) => number): number {
    const folder = `/proc/${this.#process.pid}/task`;
    let sum = 0;
    for (const thread of readdirSync(folder)) {
      try {
        sum += read(readFileSync(join(folder, thread, file), 'utf8'));
      } catch {
        // a thread that has just ended
      }
    }
    return sum;
  }
}

async function commandLine(kind: SideKind, options: SideOptions): Promise<[string, string[]]> {
  const at = (file: string): string => join(import.meta.dirname, file);
  const json = JSON.stringify({ ...options, isNative: kind.startsWith('native') });
  switch (kind) {
    case 'node':
      return [process.execPath, [at('ours-side.ts'), json]];
    case 'electron':
      return [electronOf()!, [at('electron-host.mjs'), await bundled('ours-side'), json]];
    case 'bare-node':
    case 'native-node':
      return [process.execPath, [at('bare-side.ts'), json]];
    case 'bare-electron':
    case 'native-electron':
      return [electronOf()!, [at('electron-host.mjs'), await bundled('bare-side'), json]];
    case 'libtorrent':
      return [PYTHON, [at('libtorrent_side.py'), json]];
    case 'bittorrent-dht':
      return [process.execPath, [at('bittorrent-dht-side.mjs'), json]];
  }
}

/** The executable of the Electron runtime, or null: none is prepared. */
export function electronOf(): string | null {
  const executable = join(process.env.ELECTRON_OVERRIDE_DIST_PATH ?? PREPARED_RUNTIME.folder, 'electron');
  return existsSync(executable) ? executable : null;
}

/** A file of this folder, without its ending, as one file: the oldest Electron we start on cannot strip types. */
export async function bundled(name: string): Promise<string> {
  const known = bundles.get(name);
  if (known !== undefined) return known;
  const outDir = mkdtempSync(join(tmpdir(), 'lanternfish-bench-'));
  process.once('exit', () => rmSync(outDir, { recursive: true, force: true }));
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: join(import.meta.dirname, `${name}.ts`),
      target: 'node20.18', // as in electron.vite.config.ts
      outDir,
      rolldownOptions: { output: { entryFileNames: `${name}.mjs` } },
    },
  });
  bundles.set(name, join(outDir, `${name}.mjs`));
  return bundles.get(name)!;
}
