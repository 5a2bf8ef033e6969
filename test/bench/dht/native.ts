// The C programs around what is measured, the simulated network and the load generator: compiled when a benchmark runs.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createSystemRandom } from '../../../main/base/random.ts';
import type { Endpoint } from './commands.ts';

/** Below the ephemeral ports, which other programs get. */
const PORT_MIN = 20_000;
const PORT_MAX = 32_000;
/** Somebody may have a port that we chose. */
const ATTEMPTS = 5;

const random = createSystemRandom();

export function choosePort(): number {
  return PORT_MIN + random.below(PORT_MAX - PORT_MIN);
}

/** The program made of `file` in this folder, or null: no compiler here. */
export function compile(file: string): string | null {
  if (process.platform !== 'linux') return null;
  const folder = mkdtempSync(join(tmpdir(), 'lanternfish-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, file.replace(/\.c$/, ''));
  const compiler = spawnSync('cc', ['-O2', '-o', program, join(import.meta.dirname, file)], { encoding: 'utf8' });
  if (compiler.error !== undefined) return null;
  if (compiler.status !== 0) throw new Error(`${file} does not compile:\n${compiler.stderr}`);
  return program;
}

export interface NetworkOptions {
  readonly nodes: number;
  /** Round trips, evenly spread between the two; 0 and 0 answers at once. */
  readonly delayMinMs?: number;
  readonly delayMaxMs?: number;
  readonly deadPercent?: number;
  /** What is sampled and who has it; see simulated-network.c. */
  readonly cataloguePath?: string;
}

/** A simulated DHT; see simulated-network.c. */
export class SimulatedNetwork {
  readonly bootstrap: Endpoint;
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  static async start(program: string, options: NetworkOptions): Promise<SimulatedNetwork> {
    const { nodes, delayMinMs = 0, delayMaxMs = 0, deadPercent = 0, cataloguePath } = options;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const port = choosePort();
      const figures = [nodes, port, 20, delayMinMs, delayMaxMs, deadPercent].map(String);
      const child = spawn(program, cataloguePath === undefined ? figures : [...figures, cataloguePath], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      if ((await lines.next()).value === 'ready') return new SimulatedNetwork(child, lines, port);
    }
    throw new Error('the simulated network finds no free port');
  }

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, port: number) {
    this.#process = child;
    this.#lines = lines;
    this.bootstrap = { host: '127.20.0.1', port }; // node 0
  }

  /** Datagrams that came in so far. */
  async receivedCount(): Promise<number> {
    this.#process.stdin!.write('\n');
    return Number(String((await this.#lines.next()).value).split(' ')[0]);
  }

  stop(): void {
    this.#process.stdin!.end();
  }
}

export interface Load {
  readonly answers: number;
  readonly longestReplyBytes: number;
  readonly mostNodes: number;
  readonly mostSamples: number;
}

/** Loads `to` for `durationMs`; see load-generator.c. With method `announce` it announces `infohashes` instead. */
export function generateLoad(
  program: string,
  to: Endpoint,
  method: string,
  durationMs: number,
  infohashes: readonly string[] = [],
): Promise<Load> {
  const child = spawn(program, [to.host, String(to.port), method, String(durationMs), ...infohashes], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => (text += String(chunk)));
  return new Promise((resolve, reject) =>
    child.on('close', (code) => {
      if (code !== 0) return reject(new Error(`the load generator ended with ${code}`));
      const [answers = 0, longestReplyBytes = 0, mostNodes = 0, mostSamples = 0] = text.split(' ').map(Number);
      resolve({ answers, longestReplyBytes, mostNodes, mostSamples });
    }),
  );
}
