import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogFile, OLD_LOG_FILES } from '../../main/app/log-file.ts';

describe('LogFile', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lanternfish-log-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('keeps the newest lines in a few files of bounded size', async () => {
    const log = new LogFile(path.join(folder, 'logs'), 1_000);
    for (let line = 0; line < 500; line++) {
      log.write(`line ${line}\n`);
      if (line % 20 === 19) await log.flush();
    }
    const names = await readdir(path.join(folder, 'logs'));
    expect(names).toHaveLength(1 + OLD_LOG_FILES);
    for (const name of names) expect((await stat(path.join(folder, 'logs', name))).size).toBeLessThanOrEqual(1_000);
    expect((await readFile(log.path, 'utf8')).trimEnd().split('\n').at(-1)).toBe('line 499');
    const tail = await log.tail(60);
    expect(tail).toHaveLength(60);
    expect(tail.at(0)).toBe('line 440');
  });

  it('goes on where an earlier run stopped', async () => {
    const first = new LogFile(folder, 200);
    first.write(`${'a'.repeat(150)}\n`);
    await first.flush();
    const second = new LogFile(folder, 200);
    second.write(`${'b'.repeat(100)}\n`);
    await second.flush();
    expect((await readdir(folder)).sort()).toEqual(['lanternfish.1.log', 'lanternfish.log']);
  });

  it('loses lines rather than memory or patience, and says how many', async () => {
    const blocked = path.join(folder, 'not-a-folder');
    await writeFile(blocked, '');
    const log = new LogFile(blocked);
    for (let line = 0; line < 10; line++) log.write('lost\n');
    await log.flush();
    await rm(blocked);
    log.write('kept\n');
    await log.flush();
    expect(await readFile(log.path, 'utf8')).toBe('10 lines could not be written\nkept\n');

    const burst = new LogFile(path.join(folder, 'burst'));
    for (let line = 0; line < 10_000; line++) burst.write(`${'x'.repeat(99)}\n`);
    await burst.flush();
    burst.write('after\n');
    await burst.flush();
    const text = await readFile(burst.path, 'utf8');
    expect(text.length).toBeLessThan(300_000);
    expect(/(\d+) lines could not be written/.exec(text)?.[1]).toMatch(/^\d{4}$/);
    expect(text.endsWith('after\n')).toBe(true);
  });

  it.skipIf(process.platform === 'win32')('can be read by its owner only', async () => {
    const log = new LogFile(path.join(folder, 'private'));
    log.write('x\n');
    await log.flush();
    expect((await stat(log.path)).mode & 0o077).toBe(0);
    await chmod(log.path, 0o600);
  });
});
