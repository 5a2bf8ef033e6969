// Every process that these tests start: ended by its own number when the test file is over, also when a test failed, and
// by the kernel when the test runner itself is killed.
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A client that closes its sockets in order gets this long, then it is killed. */
const END_MS_MAX = 3_000;
const ERRORS_KEPT = 4_000;
/** Words before a command: the kernel ends it with whoever started it. They become the command, so its number is theirs. */
export const ENDS_WITH_US = process.platform === 'linux' ? ['setpriv', '--pdeathsig', 'KILL', '--'] : [];

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Words before the command, for a network namespace: see NetworkNamespace. */
  readonly within?: readonly string[];
}

export class RunningProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | null>;
  readonly #waiting: ((line: string) => void)[] = [];
  readonly #lines: string[] = [];
  /** The end of what it wrote on stderr, for a test that fails. */
  errors = '';

  constructor(command: readonly string[], { env = {}, cwd, within = [] }: StartOptions = {}) {
    // No shell in between: the process that gets the signal is the one that was started.
    const [program, ...args] = [...within, ...ENDS_WITH_US, ...command];
    const options = { cwd, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] as const };
    this.#child = spawn(program!, args, { ...options, stdio: [...options.stdio] });
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', resolve);
      this.#child.once('error', (error) => {
        this.errors += error.message;
        resolve(null);
      });
    });
    this.#child.stdin!.on('error', () => undefined); // it ended first
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      const next = this.#waiting.shift();
      if (next) next(line);
      else this.#lines.push(line);
    });
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      this.errors = (this.errors + chunk.toString()).slice(-ERRORS_KEPT);
    });
    running.add(this);
    void this.#exited.then(() => {
      running.delete(this);
      for (const next of this.#waiting.splice(0)) next('');
    });
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  write(line: string): void {
    this.#child.stdin!.write(`${line}\n`);
  }

  /** The next line of its output; '' when it ends before. */
  nextLine(): Promise<string> {
    const line = this.#lines.shift();
    if (line !== undefined) return Promise.resolve(line);
    if (this.hasEnded) return Promise.resolve('');
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#child.kill(signal);
    const killing = setTimeout(() => this.#child.kill('SIGKILL'), END_MS_MAX);
    await this.#exited;
    clearTimeout(killing);
  }
}

const running = new Set<RunningProcess>();

/** For afterAll. */
export async function endAll(): Promise<void> {
  await Promise.all([...running].map((each) => each.end()));
}

/** Resolves as soon as `isSo` holds; when `limitMs` is over says `what` did not happen, and `whatDid`. */
export async function eventually(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  limitMs: number,
  whatDid: () => string = () => '',
): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`not within ${limitMs / 1000} s: ${what}\n${whatDid()}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
