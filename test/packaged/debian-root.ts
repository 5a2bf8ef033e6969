// A Debian to install into and to throw away: this machine's own files with an overlay in memory above them, seen only by
// what is started in it (namespaces for mounts and processes). Nothing of it reaches the machine, and when the test ends,
// however it ends, the kernel takes all of it back.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

export const USER = 'fish';
const HOME = `/home/${USER}`;
/** A package is unpacked in some seconds, on a busy machine in minutes. */
const RUN_LIMIT_MS = 240_000;

/** Runs as the first process of the new namespaces; ends, and with it everything inside, when its input closes. */
const ENTER = `
set -e
base=$(mktemp -d)
mount -t tmpfs -o size=1600m tmpfs "$base"
mkdir "$base/upper" "$base/work" "$base/root"
mount -t overlay -o "lowerdir=/,upperdir=$base/upper,workdir=$base/work" overlay "$base/root"
cd "$base/root"
mount --rbind /dev dev
mount --bind /sys sys
mount -t tmpfs tmpfs run
mkdir -p run/lock left-behind
pivot_root . left-behind
mount -t proc proc /proc
umount -l /left-behind
useradd --create-home --shell /bin/sh ${USER}
echo ready
cat >/dev/null
`;

/** Why it cannot be made here, as a sentence; null where it can. */
export function whyNoDebianRoot(): string | null {
  if (process.platform !== 'linux') return 'only on Linux';
  if (process.getuid?.() !== 0) return 'it takes root';
  if (spawnSync('dpkg-deb', ['--version']).status !== 0) return 'this is no Debian';
  return spawnSync('unshare', ['--mount', '--pid', '--fork', 'true']).status === 0
    ? null
    : 'namespaces are forbidden here';
}

export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

export class DebianRoot {
  readonly #child: ChildProcess;
  readonly #enter: readonly string[];

  private constructor(child: ChildProcess, insidePid: string) {
    this.#child = child;
    this.#enter = ['--target', insidePid, '--mount', '--pid', '--root', 'env', '--chdir=/'];
  }

  static async make(): Promise<DebianRoot> {
    const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private'];
    const child = spawn('unshare', [...namespaces, 'sh', '-c', ENTER], { stdio: ['pipe', 'pipe', 'pipe'] });
    let complaints = '';
    child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    for await (const line of createInterface({ input: child.stdout })) {
      if (line !== 'ready') continue;
      const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
      return new DebianRoot(child, children.trim());
    }
    throw new Error(`the Debian to install into could not be made:\n${complaints}`);
  }

  /** Runs a command in it as root and waits for its end. */
  async run(command: readonly string[], limitMs = RUN_LIMIT_MS): Promise<Ran> {
    return finished(this.#spawn(command), limitMs);
  }

  /** The same as an ordinary user who has logged in. */
  async runAsUser(command: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    return finished(this.startAsUser(command, env), RUN_LIMIT_MS);
  }

  startAsUser(command: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    const own = { HOME, USER, LOGNAME: USER, PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', ...env };
    const settings = Object.entries(own).map(([name, value]) => `${name}=${value}`);
    return this.#spawn(['runuser', '-u', USER, '--', 'env', '-i', `--chdir=${HOME}`, ...settings, ...command]);
  }

  /** The text of a file in it; null when there is none. */
  async read(path: string): Promise<string | null> {
    const { code, output } = await this.run(['cat', path]);
    return code === 0 ? output : null;
  }

  async has(path: string): Promise<boolean> {
    return (await this.run(['test', '-e', path])).code === 0;
  }

  async write(path: string, bytes: string | Uint8Array): Promise<void> {
    const child = this.#spawn([
      'runuser',
      '-u',
      USER,
      '--',
      'sh',
      '-c',
      `mkdir -p "$(dirname '${path}')"; cat >'${path}'`,
    ]);
    child.stdin?.end(bytes);
    const { code, output } = await finished(child, RUN_LIMIT_MS);
    if (code !== 0) throw new Error(`${path} could not be written: ${output}`);
  }

  async remove(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await exited;
  }

  #spawn(command: readonly string[]): ChildProcess {
    return spawn('nsenter', [...this.#enter, ...command], { stdio: ['pipe', 'pipe', 'pipe'] });
  }
}

async function finished(child: ChildProcess, limitMs: number): Promise<Ran> {
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const limit = setTimeout(() => child.kill('SIGKILL'), limitMs);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(limit);
  return { code, output };
}
