// A network of its own in which all of 10.0.0.0/8 is this machine and nothing else exists: for clients that take no
// loopback address seriously, and for global IPv6 addresses that are nobody's but the test's. Needs root.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const NAME = /^lanternfish-test-(\d+)/;

export class NetworkNamespace {
  readonly #name = `lanternfish-test-${process.pid}`;

  /** Whether this user on this kernel can make one. Leaves nothing behind. */
  static isPossible(): boolean {
    return process.getuid?.() === 0 && succeeds('unshare', '--net', 'ip', 'link', 'set', 'lo', 'up');
  }

  static create(): NetworkNamespace {
    removeOrphans();
    const namespace = new NetworkNamespace();
    const name = namespace.#name;
    const isThere =
      succeeds('ip', 'netns', 'add', name) &&
      succeeds('ip', '-n', name, 'link', 'set', 'lo', 'up') &&
      succeeds('ip', '-n', name, 'route', 'add', 'local', '10.0.0.0/8', 'dev', 'lo');
    if (isThere) return namespace;
    namespace.remove();
    throw new Error('no network namespace could be made');
  }

  /** Words before a command that is to run inside. */
  get within(): readonly string[] {
    return ['ip', 'netns', 'exec', this.#name];
  }

  /** The namespace's machine has this IPv6 address too. */
  addAddress6(address: string): void {
    if (!succeeds('ip', '-n', this.#name, 'address', 'add', `${address}/128`, 'dev', 'lo', 'nodad'))
      throw new Error(`${address} could not be added`);
  }

  remove(): void {
    succeeds('ip', 'netns', 'delete', this.#name);
  }
}

/** Left behind by a test run that was killed. */
function removeOrphans(): void {
  const { stdout } = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  for (const line of stdout.split('\n')) {
    const pid = NAME.exec(line)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) succeeds('ip', 'netns', 'delete', `lanternfish-test-${pid}`);
  }
}

function succeeds(program: string, ...args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
