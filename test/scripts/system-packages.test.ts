// The installer of system packages against stand-ins for apt-get, dpkg-query, sudo and dnf: what it says, what it runs,
// and what it leaves alone. Nothing is installed here.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const SCRIPT = path.join(import.meta.dirname, '../../scripts/system-packages.mjs');

let bin: string;

beforeEach(async () => {
  bin = await mkdtemp(path.join(tmpdir(), 'lanternfish-bin-'));
  for (const program of ['env', 'cat', 'true']) await symlink(`/usr/bin/${program}`, path.join(bin, program));
});

afterEach(() => rm(bin, { recursive: true, force: true }));

async function program(name: string, body: string): Promise<void> {
  await writeFile(path.join(bin, name), `#!/bin/sh\n${body}\n`);
  await chmod(path.join(bin, name), 0o755);
}

/** A Debian where only `installed` is there, and where apt-get writes down what it is asked. */
async function debian(installed: readonly string[], aptExit = 0): Promise<void> {
  const list = installed.join('|') || 'nothing';
  await program('dpkg-query', `case "$3" in ${list}) echo installed;; *) exit 1;; esac`);
  await program('apt-cache', 'exit 1');
  await program('apt-get', `echo "$DEBIAN_FRONTEND: $*" >> ${bin}/asked; exit ${aptExit}`);
  await program('sudo', 'if [ "$1" = -n ]; then shift; fi; exec "$@"');
}

/** Runs the installer as user number `uid`, whoever runs these tests. */
function ensure(uid = 0): { status: number | null; said: string } {
  const asUser = ['--import', `data:text/javascript,process.getuid=()=>${uid}`];
  const env = { PATH: bin };
  const { status, stderr } = spawnSync(process.execPath, [...asUser, SCRIPT], { encoding: 'utf8', env });
  return { status, said: stderr };
}

describe.skipIf(process.platform !== 'linux')('system packages', () => {
  const ALL = [
    'libgtk-3-0',
    'libnss3',
    'libgbm1',
    'libasound2',
    'xvfb',
    'xauth',
    'dbus',
    'libnotify4',
    'libglib2.0-bin',
  ];
  const PEERS = ['python3-libtorrent', 'aria2', 'rtorrent', 'transmission-cli', 'qbittorrent-nox', 'iproute2'];
  const MORE = [...PEERS, 'python3', 'make', 'g++'];

  test('does and says nothing when all is there', async () => {
    await debian([...ALL, ...MORE]);
    expect(ensure()).toEqual({ status: 0, said: '' });
    expect(existsSync(path.join(bin, 'asked'))).toBe(false);
  });

  test('takes a renamed package for the old one', async () => {
    await debian(['libgtk-3-0t64', 'libasound2t64', ...ALL.filter((name) => !/gtk|asound/.test(name)), ...MORE]);
    expect(ensure()).toEqual({ status: 0, said: '' });
  });

  test('says what is missing and why, then installs just that', async () => {
    await debian([...ALL.filter((name) => name !== 'xvfb'), ...MORE.filter((name) => name !== 'python3-libtorrent')]);
    const { status, said } = ensure();
    expect(status).toBe(0);
    expect(said).toContain('Missing on this machine: xvfb (a virtual display');
    expect(said).toContain(
      'Missing on this machine: python3-libtorrent (libtorrent, aria2, rTorrent, Transmission and',
    );
    const asked = (await readFile(path.join(bin, 'asked'), 'utf8')).trim().split('\n');
    expect(asked).toEqual([
      'noninteractive: -q -o Acquire::Retries=3 update',
      'noninteractive: -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 install -y --no-install-recommends xvfb python3-libtorrent',
    ]);
  });

  test('prints the command when apt-get fails', async () => {
    await debian([...ALL, ...MORE.filter((name) => name !== 'make')], 100);
    const { status, said } = ensure();
    expect(status).toBe(1);
    expect(said).toContain('sudo apt-get install --no-install-recommends make\n');
  });

  test('uses sudo where that asks no password', async () => {
    await debian([...ALL, ...MORE.filter((name) => name !== 'make')]);
    expect(ensure(1000).status).toBe(0);
    expect(await readFile(path.join(bin, 'asked'), 'utf8')).toContain('install -y --no-install-recommends make');
  });

  test('prints the command, and runs nothing, where it may not become root', async () => {
    await debian([...ALL, ...MORE.filter((name) => name !== 'make')]);
    await program('sudo', 'exit 1');
    const { status, said } = ensure(1000);
    expect(status).toBe(1);
    expect(said).toContain('try again:\n  sudo apt-get install --no-install-recommends make\n');
    expect(existsSync(path.join(bin, 'asked'))).toBe(false);
  });

  test('prints the exact command of another system', async () => {
    await program('dnf', 'exit 1');
    const present = [
      'xauth',
      'dbus-run-session',
      'gdbus',
      'aria2c',
      'rtorrent',
      'transmission-cli',
      'qbittorrent-nox',
      'ip',
    ];
    for (const name of [...present, 'python3', 'make', 'g++']) await program(name, 'exit 0');
    await program(
      'ldconfig',
      'for l in gtk-3.so.0 nss3.so gbm.so.1 asound.so.2 notify.so.4; do echo "lib$l (libc6) => /x"; done',
    );
    const { status, said } = ensure();
    expect(status).toBe(1);
    expect(said).toMatch(
      /Please run this, then try again:\n {2}sudo dnf install xorg-x11-server-Xvfb( rb_libtorrent-python3)?\n/,
    );
  });
});
