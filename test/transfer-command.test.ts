// `npm run export`, `import`, `backup` and `restore` as a person runs them: processes, their output, their exit codes.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openCatalogue, openCatalogueReader } from '../main/catalogue/open-catalogue.ts';
import { toCatalogueRow } from '../main/store/catalogue-row.ts';
import { parseTransferArguments, TRANSFER_COMMANDS, transferUsage } from '../main/transfer/transfer-arguments.ts';
import { madeTorrent } from './catalogue/support.ts';

const COMMAND = join(import.meta.dirname, '..', 'main', 'transfer-command.ts');

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(...args: string[]): Promise<Ran> {
  return finished(spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'pipe', 'pipe'] }));
}

async function finished(child: ReturnType<typeof spawn>): Promise<Ran> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stdout, stderr };
}

function folderWith(count: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'lanternfish-command-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const catalogue = openCatalogue({ databasePath: join(folder, 'catalogue.db'), nativeBinding: null });
  catalogue.insertMany(Array.from({ length: count }, (_, seed) => toCatalogueRow(madeTorrent(seed))));
  catalogue.close();
  return folder;
}

function countIn(folder: string): number {
  const reader = openCatalogueReader({ databasePath: join(folder, 'catalogue.db'), nativeBinding: null });
  const count = reader.count();
  reader.close();
  return count;
}

test('export, import, backup, restore, undo', async () => {
  const [from, to] = [folderWith(300), folderWith(0)];
  const [file, backup] = [join(from, 'out.jsonl'), join(to, 'kept.db')];
  expect(await run('export', '--data-dir', from, file)).toMatchObject({ code: 0, stderr: '' });
  expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(300);
  expect(await run('backup', '--data-dir', to, backup)).toMatchObject({ code: 0, stderr: '' });
  const imported = await run('import', '--data-dir', to, '--json', file);
  expect(imported.code).toBe(0);
  const last = JSON.parse(imported.stdout.trimEnd().split('\n').at(-1)!) as object;
  expect(last).toMatchObject({ type: 'done', result: { newCount: 300, mergedCount: 0, skippedCount: 0 } });
  expect(countIn(to)).toBe(300);
  const restored = await run('restore', '--data-dir', to, backup);
  expect(restored).toMatchObject({ code: 0, stderr: '' });
  expect(countIn(to)).toBe(0);
  const asidePath = /kept as (\S+);/.exec(restored.stdout)![1]!;
  expect(await run('restore', '--data-dir', to, asidePath)).toMatchObject({ code: 0 });
  expect(countIn(to)).toBe(300);
});

describe('export', () => {
  test('of what a query finds, in its order, without replacing anything unasked', async () => {
    const folder = folderWith(60);
    const file = join(folder, 'some.csv');
    const args = [
      'export',
      '--data-dir',
      folder,
      '--query',
      '"torrent 1"',
      '--sort',
      'newest',
      '--no-files',
      '--no-bom',
      file,
    ];
    expect(await run(...args)).toMatchObject({ code: 0 });
    const lines = readFileSync(file, 'utf8').trimEnd().split('\r\n');
    expect(lines[0]).toMatch(/^infohash,/);
    expect(lines).toHaveLength(2);
    expect(await run(...args)).toMatchObject({ code: 2, stderr: expect.stringMatching(/--force replaces it/) });
    expect(await run(...args, '--force')).toMatchObject({ code: 0 });
  });

  test('that the disk has no room for leaves nothing behind', async () => {
    const folder = folderWith(3000);
    const file = join(folder, 'big.jsonl');
    const command = `ulimit -f 300; exec "$0" "$@"`;
    const args = ['-c', command, process.execPath, COMMAND, 'export', '--data-dir', folder, file];
    const ran = await finished(spawn('bash', args, { stdio: ['ignore', 'pipe', 'pipe'] }));
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringMatching(/not enough room.*as it was/) });
    expect(() => readFileSync(file)).toThrow(/ENOENT/);
    expect(() => readFileSync(`${file}.lanternfish-part`)).toThrow(/ENOENT/);
  });
});

describe('import', () => {
  test('of nothing useful fails and says why', async () => {
    const folder = folderWith(1);
    const file = join(folder, 'odd.txt');
    writeFileSync(file, 'hello\n');
    const ran = await run('import', '--data-dir', folder, file);
    expect(ran).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/skipped odd\.txt: nothing that can be imported/),
    });
  });
});

describe('restore', () => {
  test('of nonsense changes nothing', async () => {
    const folder = folderWith(4);
    const file = join(folder, 'odd.db');
    writeFileSync(file, 'hello\n');
    expect(await run('restore', '--data-dir', folder, file)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/has not been changed/),
    });
    expect(countIn(folder)).toBe(4);
  });
});

describe('arguments', () => {
  test.each(TRANSFER_COMMANDS)('%s has its help', async (command) => {
    expect(parseTransferArguments(command, ['--help'])).toEqual({ help: true });
    expect(transferUsage(command)).toMatch(new RegExp(`^Usage: npm run ${command} -- --data-dir DIR`));
  });

  test.each([
    ['export', ['x.csv'], /--data-dir DIR is missing/],
    ['export', ['--data-dir', 'd'], /FILE is missing/],
    ['export', ['--data-dir', 'd', 'x.doc'], /--format is one of/],
    ['export', ['--data-dir', 'd', '--sort', 'best', 'x.csv'], /--sort is one of/],
    ['export', ['--data-dir', 'd', '--type', 'cake', 'x.csv'], /--type is one of/],
    ['backup', ['--data-dir', 'd', 'a', 'b'], /too many/],
    ['import', ['--data-dir', 'd', '--no-bom', 'a'], /belongs to npm run export/],
    ['import', ['--data-dir', 'd', '--what', 'a'], /--what/],
  ] as const)('%s %j', (command, args, sentence) => {
    expect(parseTransferArguments(command, args)).toEqual({ problem: expect.stringMatching(sentence) });
  });

  test('that are wrong end with 2', async () => {
    expect(await run('sell')).toMatchObject({ code: 2, stderr: expect.stringMatching(/Say which/) });
    expect(await run('export', '--data-dir', '/nowhere', 'x.csv')).toMatchObject({ code: 2 });
  });
});
