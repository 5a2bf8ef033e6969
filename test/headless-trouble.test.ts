// The headless crawler when its folder is not as it should be: what it says, when it ends and when it waits, and its options about
// what is kept.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openDatabase } from '../main/catalogue/open-database.ts';
import type { HeadlessStatus } from '../main/session/headless-status.ts';
import { openAt } from './catalogue/support.ts';
import { SmallDisk, smallDiskProblem } from './store/small-disk.ts';

vi.setConfig({ testTimeout: 120_000 });

const MAIN = path.join(import.meta.dirname, '..', 'main');
/** Nobody is there: port 9 of an address that only we use. */
const NOBODY = ['--bootstrap', '127.64.255.1:9', '--allow-local-addresses', '--json'];

function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'lanternfish-headless-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

class Run {
  stdout = '';
  stderr = '';
  readonly exitCode: Promise<number | null>;
  readonly child: ChildProcess;

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.exitCode = new Promise((resolve) => child.once('close', resolve));
    onTestFinished(() => void child.kill('SIGKILL'));
  }

  static command(file: string, ...args: string[]): Run {
    return new Run(spawn(process.execPath, [path.join(MAIN, file), ...args], { stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  static headless(folder: string, address: string, ...args: string[]): Run {
    return Run.command('headless.ts', '--data-dir', folder, '--bind', address, ...NOBODY, ...args);
  }

  get last(): HeadlessStatus | null {
    const line = this.stdout.trimEnd().split('\n').at(-1);
    return line ? (JSON.parse(line) as HeadlessStatus) : null;
  }

  async until(isDone: (status: HeadlessStatus) => boolean): Promise<HeadlessStatus> {
    const endMs = performance.now() + 90_000;
    for (;;) {
      const status = this.stdout.endsWith('\n') ? this.last : null;
      if (status !== null && isDone(status)) return status;
      if (performance.now() > endMs) throw new Error(`waited in vain: ${this.stderr}${JSON.stringify(status)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async end(): Promise<number | null> {
    this.child.kill('SIGTERM');
    return this.exitCode;
  }
}

test('a catalogue of a newer version ends it with a sentence, and is left as it was', async () => {
  const folder = newFolder();
  const newer = openAt(path.join(folder, 'catalogue.db'));
  newer.reader.database.pragma('user_version = 99');
  newer.close();
  const run = Run.headless(folder, '127.64.1.1');
  expect(await run.exitCode).toBe(1);
  expect(run.stderr).toMatch(/written by a newer Lanternfish.*Install the newer Lanternfish/);
  expect(run.last!.problem).toMatch(/newer Lanternfish/);
  const database = openDatabase({ path: path.join(folder, 'catalogue.db'), role: 'reader', nativeBinding: null });
  expect(database.pragma('user_version', { simple: true })).toBe(99);
  database.close();
});

test('a second one in the same folder ends with a sentence; export and the first are not disturbed', async () => {
  const folder = newFolder();
  const first = Run.headless(folder, '127.64.1.2');
  await first.until(({ store }) => store !== null);
  const second = Run.headless(folder, '127.64.1.3');
  expect(await second.exitCode).toBe(1);
  expect(second.last!.problem).toMatch(/Another Lanternfish is using the catalogue.*Close that one/);
  const out = path.join(folder, 'out.csv');
  const exported = Run.command('transfer-command.ts', 'export', '--data-dir', folder, out);
  expect([await exported.exitCode, existsSync(out)]).toEqual([0, true]);
  const list = path.join(folder, 'list.txt');
  writeFileSync(list, `${'ab'.repeat(20)}\n`);
  const imported = Run.command('transfer-command.ts', 'import', '--data-dir', folder, list);
  expect(await imported.exitCode).toBe(1);
  expect(imported.stderr).toMatch(/Another Lanternfish is using/);
  expect(await first.end()).toBe(0);
  expect(first.last!.problem).toBeNull();
  const again = Run.command('transfer-command.ts', 'import', '--data-dir', folder, list);
  expect(await again.exitCode).toBe(0);
});

test('what is kept: --quota, --forget-first and --safety-list hold, and what makes no sense is refused', async () => {
  const folder = newFolder();
  const list = path.join(folder, 'list.txt');
  writeFileSync(list, `${'0'.repeat(64)}\nnonsense\n`);
  const run = Run.headless(folder, '127.64.1.4', '--quota', '2GB', '--forget-first', 'old', '--safety-list', list);
  const status = await run.until(({ store }) => (store?.safetyList?.entryCount ?? 0) > 0);
  expect(status.store).toMatchObject({ quotaBytes: 2e9, safetyList: { path: list, entryCount: 1, malformedCount: 1 } });
  expect(await run.end()).toBe(0);
  const missing = Run.headless(folder, '127.64.1.5', '--safety-list', path.join(folder, 'none.txt'));
  expect([await missing.exitCode, missing.stdout]).toEqual([2, '']);
  expect(missing.stderr).toMatch(/^--safety-list cannot be read: there is no .*none\.txt\.\n$/);
});

describe.skipIf(smallDiskProblem !== null)(`a disk with little room ${smallDiskProblem ?? ''}`, () => {
  const headlessOn = (disk: SmallDisk, options: string, address: string): Run => {
    const args = ['--data-dir', path.join(disk.folder, 'data'), '--bind', address, ...NOBODY];
    return new Run(disk.run(options, [process.execPath, path.join(MAIN, 'headless.ts'), ...args]));
  };

  test('below 500 MB the crawl waits and says so; with more it goes on by itself', async () => {
    const disk = new SmallDisk();
    const run = headlessOn(disk, 'size=900m', '127.64.1.6');
    await run.until(({ store }) => store !== null && store.problem === null);
    disk.remount('size=300m');
    const low = await run.until(({ store }) => store?.problem != null);
    expect(low.store!.problem).toMatch(/Less than 500 MB are free.*is safe.*goes on by itself/);
    disk.remount('size=900m');
    await run.until(({ store }) => store !== null && store.problem === null);
    expect(await run.end()).toBe(0);
  });

  test('none at all at the start is said, and it goes on when there is some', async () => {
    const disk = new SmallDisk();
    const run = headlessOn(disk, 'size=64k', '127.64.1.7');
    const full = await run.until(({ problem }) => problem !== null);
    expect(full.problem).toMatch(/is full.*storing goes on by itself/);
    disk.remount('size=900m');
    const status = await run.until(({ problem, store }) => problem === null && store !== null);
    expect(status.store!.problem).toBeNull();
    expect(await run.end()).toBe(0);
  });
});
