// A disk of any size that only the processes on it see: a tmpfs in a mount namespace of its own, changed while they run, gone with
// the last of them. Takes util-linux and either root or user namespaces; where there are none, tests say that they were skipped.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

const NAMESPACE = process.getuid?.() === 0 ? ['-m'] : ['-Urm'];

/** Why there can be no such disk here, or null. */
export const smallDiskProblem = ((): string | null => {
  if (process.platform !== 'linux') return 'mount namespaces are Linux';
  const tried = spawnSync('unshare', [...NAMESPACE, 'mount', '-t', 'tmpfs', 'none', tmpdir()], { encoding: 'utf8' });
  return tried.status === 0 ? null : `no mount namespace can be had here: ${tried.stderr || String(tried.error)}`;
})();

/** Mounts, runs the rest of its arguments, and then remounts with whatever options come on descriptor 3, one a line. */
const SCRIPT = `mount -t tmpfs -o "$1" tmpfs "$2" || exit 90
folder="$2"; shift 2
"$@" 3<&- &
child=$!
trap 'kill -TERM $child' TERM
( while read -r options <&3; do mount -o "remount,$options" tmpfs "$folder"; done ) &
reader=$!
wait $child; code=$?
while kill -0 $child 2>/dev/null; do wait $child; code=$?; done
kill $reader 2>/dev/null
exit $code`;

export class SmallDisk {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'lanternfish-disk-'));
  #child: ChildProcess | null = null;

  constructor() {
    onTestFinished(() => {
      this.#child?.kill('SIGTERM');
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  /** Runs `command` with a disk of `options` (as mount -o has them) at `folder`. `isChild`: it talks to us by messages. */
  run(options: string, command: readonly string[], isChild = false): ChildProcess {
    const stdio = ['ignore', 'pipe', 'pipe', 'pipe', ...(isChild ? (['ipc'] as const) : [])] as const;
    this.#child = spawn('unshare', [...NAMESPACE, 'sh', '-c', SCRIPT, 'sh', options, this.folder, ...command], {
      stdio: [...stdio],
    });
    return this.#child;
  }

  remount(options: string): void {
    const [, , , orders] = this.#child!.stdio;
    (orders as NodeJS.WritableStream).write(`${options}\n`);
  }
}
