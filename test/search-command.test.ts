// `npm run search` as a person runs it: a process, its output, its exit code.
import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { toHex } from '../main/base/bytes.ts';
import { openCatalogue, openCatalogueReader } from '../main/catalogue/open-catalogue.ts';
import { openDatabase } from '../main/catalogue/open-database.ts';
import { toCatalogueRow } from '../main/store/catalogue-row.ts';
import { parseSearchArguments } from '../main/store/command-arguments.ts';
import { searchCatalogue } from '../main/store/command-search.ts';
import { fitted, sizeText, textLine } from '../main/store/command-output.ts';
import { madeTorrent, openAt, sha256Of, temporaryPath } from './catalogue/support.ts';

const COMMAND = join(import.meta.dirname, '..', 'main', 'search-command.ts');

async function run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stdout, stderr };
}

const folder = mkdtempSync(join(tmpdir(), 'lanternfish-search-'));
const torrents = [
  madeTorrent(1, { name: 'Lost.Island.S01E01.1080p', files: [{ path: 'uncommon whistle.mkv', sizeBytes: 5 }] }),
  madeTorrent(2, { name: 'Lost Island Songs (2001) [FLAC]', infohashV2: sha256Of('2') }),
  madeTorrent(3, {
    name: '東京物語 第1話',
    infohashV1: null,
    infohashV2: sha256Of('3'),
    fileCount: 7,
    sizeBytes: 1234,
  }),
  ...Array.from({ length: 80 }, (_, index) => madeTorrent(100 + index)),
];

// Left open, as by a crawler that goes on writing.
beforeAll(() => {
  const catalogue = openCatalogue({ databasePath: join(folder, 'catalogue.db'), nativeBinding: null });
  catalogue.insertMany(torrents.map(toCatalogueRow));
  return () => catalogue.close();
});

describe('results', () => {
  test('as JSON, one a line', async () => {
    const { code, stdout, stderr } = await run('--data-dir', folder, '--json', 'lost', 'isl');
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ name }) => name).sort()).toEqual([torrents[1]!.name, torrents[0]!.name].sort());
    expect(lines.find(({ infohashV2 }) => infohashV2 !== null)).toEqual({
      infohash: toHex(torrents[1]!.infohashV1!),
      infohashV1: toHex(torrents[1]!.infohashV1!),
      infohashV2: toHex(torrents[1]!.infohashV2!),
      name: torrents[1]!.name,
      sizeBytes: torrents[1]!.sizeBytes,
      fileCount: 3,
      discoveredAt: '2026-09-21T14:13:20.000Z',
    });
  });

  test('of a pure v2 torrent', async () => {
    const { stdout } = await run('--data-dir', folder, '--json', '京物');
    const infohashV2 = toHex(torrents[2]!.infohashV2!);
    expect(JSON.parse(stdout)).toMatchObject({ infohash: infohashV2.slice(0, 40), infohashV1: null, infohashV2 });
  });

  test.each([
    ['"lost island" songs', 1],
    ['"island lost"', 0],
    ['lost -songs', 1],
    ['whistle', 1],
    ['lost whistle', 1],
    [toHex(torrents[0]!.infohashV1!), 1],
    [`magnet:?xt=urn:btih:${toHex(torrents[1]!.infohashV1!)}`, 1],
    ['made torrent', 80],
    ['😀', 0],
    ['" AND (name_fts: NEAR* \'; --', 0],
  ])('%j: %i', (text, expected) => {
    const reader = openCatalogueReader({ databasePath: join(folder, 'catalogue.db'), nativeBinding: null });
    expect(searchCatalogue(reader, { text, limit: 100, nowUnixSeconds: 0 }).length).toBe(expected);
    expect(searchCatalogue(reader, { text, limit: 3, nowUnixSeconds: 0 }).length).toBe(Math.min(3, expected));
    reader.close();
  });

  test('several arguments are one query', async () => {
    const { stdout } = await run('--data-dir', folder, '--json', 'lost', '--', '-songs');
    expect(stdout.split('\n').length - 1).toBe(1);
  });

  test('as text', async () => {
    const { code, stdout } = await run('--data-dir', folder, 'songs');
    const infohashHex = toHex(torrents[1]!.infohashV1!);
    expect([code, stdout]).toEqual([0, `${infohashHex}     3.0 GB  2026-09-21  Lost Island Songs (2001) [FLAC]\n`]);
  });

  test('nothing found is no failure, and says so', async () => {
    expect(await run('--data-dir', folder, 'zzzz')).toEqual({ code: 0, stdout: 'Nothing found.\n', stderr: '' });
  });

  test('help', async () => {
    expect(await run('--help')).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('Usage') });
  });
});

describe('bad arguments: exit 2 and a sentence', () => {
  test.each([
    [[], /--data-dir DIR is missing/],
    [['--data-dir', folder], /query is missing/],
    [['--data-dir', folder, ' "" '], /query is missing/],
    [['--data-dir', folder, '--limit', '0', 'x'], /--limit .* 1 to 10000, not "0"/],
    [['--data-dir', folder, '--limit', '10001', 'x'], /--limit/],
    [['--data-dir', folder, '--limit', '1.5', 'x'], /--limit/],
    [['--data-dir', folder, '--limit', 'many', 'x'], /--limit .* not "many"/],
    [['--data-dir', folder, '--limit=-1', 'x'], /--limit/],
    [['--data-dir', folder, '--colour', 'x'], /--colour/],
  ])('%j', (args, expected) => {
    const parsed = parseSearchArguments(args);
    expect('problem' in parsed ? parsed.problem : parsed).toMatch(expected);
  });

  test('words, limit and folder', () => {
    const parsed = parseSearchArguments(['a', '--data-dir', 'some/where', 'b c', '--limit', '7', '--', '-d']);
    expect(parsed).toMatchObject({ text: 'a b c -d', limit: 7, isJson: false });
    expect('folder' in parsed && isAbsolute(parsed.folder)).toBe(true);
  });

  test.each([
    [['--data-dir', folder, '--colour', 'x'], /--colour/],
    [['--data-dir', join(folder, 'nowhere'), 'x'], /none at .*nowhere/],
    [['--data-dir', tmpdir(), 'x'], /catalogue\.db is missing/],
    [['--data-dir', COMMAND, 'x'], /wants an existing folder/],
  ])('%j', async (args, expected) => {
    const { code, stdout, stderr } = await run(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(expected);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test('a catalogue from the future, an empty one, another program’s', async () => {
    const path = temporaryPath();
    openAt(path).close();
    const database = openDatabase({ path, role: 'writer', nativeBinding: null });
    database.pragma('user_version = 99');
    database.close();
    expect(await run('--data-dir', dirname(path), 'x')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/newer/),
    });
    const empty = temporaryPath();
    writeFileSync(empty, '');
    expect(await run('--data-dir', dirname(empty), 'x')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/empty/),
    });
    const text = temporaryPath();
    writeFileSync(
      text,
      'not a database, just words, and enough of them to fill a page header of a hundred bytes or more.....',
    );
    const { code, stderr } = await run('--data-dir', dirname(text), 'x');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^[A-Z].*\.\n$/);
  });
});

describe('lines for a terminal', () => {
  test('sizes', () => {
    const cases = [0, 999, 1000, 99_500, 1_500_000, 999_600_000, 3e12, 4e20].map(sizeText);
    expect(cases).toEqual(['0 B', '999 B', '1.0 kB', '100 kB', '1.5 MB', '1.0 GB', '3.0 TB', '400000 PB']);
  });

  test('names are cut to the width, wide letters counting twice', () => {
    expect(fitted('short', 10)).toBe('short');
    expect(fitted('exactly ten', 11)).toBe('exactly ten');
    expect(fitted('one too many', 11)).toBe('one too ma…');
    expect(fitted('東京物語東京物語', 7)).toBe('東京物…');
    expect(fitted('e\u0301'.repeat(10), 10)).toBe('e\u0301'.repeat(10));
  });

  test('a line fits', () => {
    const row = {
      id: 1,
      infohash: new Uint8Array(20),
      sizeBytes: 1e9,
      fileCount: 1,
      peersSeen: 0,
      seeders: 0,
      contentType: 0,
      marks: 0,
    };
    const line = textLine({ ...row, name: 'x'.repeat(300), discoveredAtUnixSeconds: 0 }, 100);
    expect(line.length).toBeLessThanOrEqual(100);
  });
});
