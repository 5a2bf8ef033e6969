import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SettingsFile } from '../../main/app/settings-file.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lanternfish-settings-'));
  file = path.join(folder, 'deep', 'settings.json');
});
afterEach(() => rm(folder, { recursive: true }));

describe('SettingsFile', () => {
  it('starts without consent and remembers what was changed', async () => {
    const first = SettingsFile.read(file);
    expect(first.settings).toMatchObject({ consentAtUnixSeconds: null, isPaused: false, pace: 'balanced' });
    await first.change({ consentAtUnixSeconds: 1_800_000_000 });
    await Promise.all([first.change({ isPaused: true }), first.change({ theme: 'dark' })]);
    const second = SettingsFile.read(file);
    expect(second.settings).toMatchObject({ consentAtUnixSeconds: 1_800_000_000, isPaused: true, theme: 'dark' });
    expect(second.problem).toBeNull();
    expect(second.notice).toBeNull();
    expect(await readdir(path.dirname(file))).toEqual(['settings.json']);
  });

  it.each(['{"isPaused": tr', '[]', '', '\0\0\0', '"text"'])('puts a damaged file aside: %j', async (text) => {
    await SettingsFile.read(file).change({ isPaused: true });
    await writeFile(file, text);
    const read = SettingsFile.read(file);
    expect(read.settings.isPaused).toBe(false);
    expect(read.notice).toMatch(/kept as settings\.json\.damaged/);
    expect(await readFile(`${file}.damaged`, 'utf8')).toBe(text);
  });

  it('keeps the good values beside a bad one, and never takes a bad value for consent', async () => {
    await SettingsFile.read(file).change({ theme: 'dark' });
    await writeFile(
      file,
      JSON.stringify({ theme: 'dark', pace: 'warp', consentAtUnixSeconds: 'yes', closesToTray: 3, gone: 'unknown' }),
    );
    const read = SettingsFile.read(file);
    expect(read.settings).toMatchObject({
      theme: 'dark',
      pace: 'balanced',
      consentAtUnixSeconds: null,
      closesToTray: null,
    });
    // Said, and kept aside: the next change writes over it.
    expect(read.notice).toMatch(/pace, closesToTray, consentAtUnixSeconds/);
    await read.change({ isPaused: true });
    expect(read.notice).not.toBeNull();
    expect(JSON.parse(await readFile(`${file}.damaged`, 'utf8'))).toMatchObject({ pace: 'warp' });
  });

  it('tells what it was and what it is', async () => {
    const settings = SettingsFile.read(file);
    const told: unknown[] = [];
    settings.onChanged = (now, before) => told.push([before.theme, now.theme]);
    void settings.change({ theme: 'dark' });
    expect(told).toEqual([['system', 'dark']]);
  });

  it('says when it cannot be written, and keeps the wish for this run', async () => {
    await writeFile(path.join(folder, 'deep'), 'a file where a folder should be');
    const settings = SettingsFile.read(file);
    await settings.change({ isPaused: true });
    expect(settings.problem).toMatch(/could not be saved/);
    expect(settings.settings.isPaused).toBe(true);
  });
});
