// An import against the quota and against what is blocked, a list of files that was not known before, and an export of a selection.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import { NO_POLICY } from '../../main/store/owner-contract.ts';
import { parseTransferArguments } from '../../main/transfer/transfer-arguments.ts';
import { outcomeLines } from '../../main/transfer/transfer-output.ts';
import { madeTorrent, openAt, sha1Of } from '../catalogue/support.ts';
import { startRig, storedTorrents, temporaryFolder } from './support.ts';

const hexOf = (seed: number | string): string => toHex(sha1Of(`v1 ${seed}`));

function fileOf(lines: readonly object[]): string {
  const file = join(temporaryFolder(), 'list.jsonl');
  writeFileSync(file, lines.map((line) => JSON.stringify(line)).join('\n'));
  return file;
}

const lineOf = (seed: number): object => ({
  infohash: hexOf(seed),
  name: `Imported ${seed}`,
  sizeBytes: 10,
  files: [{ path: `folder/${toHex(sha1Of(`path ${seed}`)).repeat(8)}.mkv`, sizeBytes: 10 }],
});

describe('an import that is larger than the quota', () => {
  test('stops with a sentence when nothing more may be forgotten; what was stored stays', async () => {
    const rig = startRig();
    rig.writer.setPolicy({ ...NO_POLICY, quotaBytes: 9_000_000 });
    const stars = Array.from({ length: 3000 }, (_, index) => ({ ...lineOf(index), isStarred: true }));
    const word = await rig.run({ kind: 'import', paths: [fileOf(stars)] });
    if (word.type !== 'failed') throw new Error(word.type);
    expect(word.problem).toMatch(/reached its limit of 0 GB.*raise the limit.*What was imported by then stays\.$/);
    expect(word.summary!.newCount).toBeGreaterThan(0);
    expect(word.summary!.newCount).toBeLessThan(3000);
    expect(storedTorrents(rig.databasePath).size).toBe(word.summary!.newCount);
  });

  test('says how many had to make room', () => {
    const counts = { newCount: 5, mergedCount: 0, queuedCount: 0, skippedCount: 0, forgottenCount: 1200 };
    const result = { kind: 'import', ...counts, skipped: [], skippedByReason: {} } as const;
    expect(outcomeLines(result, null)).toBe('5 new, 0 merged, 0 skipped, 1,200 forgotten to make room.\n');
  });
});

test('what a blocked word keeps out of an import is counted as blocked', async () => {
  const rig = startRig();
  rig.writer.setPolicy({ ...NO_POLICY, blockedWords: ['imported'] });
  const summary = await rig.import(fileOf([lineOf(1), lineOf(2), { infohash: hexOf(3), name: 'Welcome' }]));
  expect(summary).toMatchObject({ newCount: 1, mergedCount: 0, skippedByReason: { blocked: 2 } });
});

describe('a list of files', () => {
  test('that an import brings fills a row that has none, and is found', async () => {
    const rig = startRig();
    await rig.import(
      fileOf([
        { infohash: hexOf(1), name: 'Bare' },
        { infohash: hexOf(2), name: 'Other', fileCount: 7 },
      ]),
    );
    expect(openAt(rig.databasePath).reader.details(sha1Of('v1 1'))).toMatchObject({ files: [], fileCount: 0 });
    const files = [
      { path: 'disc/one.flac', sizeBytes: 3 },
      { path: 'disc/zebra.flac', sizeBytes: 4 },
    ];
    const richer = [1, 2].map((seed) => ({ infohash: hexOf(seed), name: 'Bare', sizeBytes: 7, files }));
    expect(await rig.import(fileOf(richer))).toMatchObject({ newCount: 0, mergedCount: 2 });
    const catalogue = openAt(rig.databasePath);
    expect(catalogue.reader.details(sha1Of('v1 1'))).toMatchObject({ files, fileCount: 2, sizeBytes: 7 });
    // Another number of files: it is another list.
    expect(catalogue.reader.details(sha1Of('v1 2'))).toMatchObject({ files: [], fileCount: 7 });
    const found = catalogue.reader.database.prepare("SELECT rowid FROM path_fts WHERE path_fts MATCH 'zebra'").all();
    expect(found).toHaveLength(1);
    // Once there is one, it stays.
    await rig.import(fileOf([{ ...richer[0], files: [files[0], { path: 'disc/other.flac', sizeBytes: 9 }] }]));
    expect(openAt(rig.databasePath).reader.details(sha1Of('v1 1'))).toMatchObject({ files });
    catalogue.checkInvariants();
  });
});

describe('an export of a selection', () => {
  test('has these torrents in this order, once, and none that is hidden or gone', async () => {
    const rig = startRig();
    const torrents = [1, 2, 3, 4].map((seed) => madeTorrent(seed));
    const lines = torrents.map(({ name }, index) => ({ infohash: hexOf(index + 1), name }));
    await rig.import(fileOf(lines));
    rig.writer.request({ type: 'mark', requestId: 1, mark: 'hide', isOn: true, infohashes: sha1Of('v1 2') });
    const out = join(temporaryFolder(), 'out.jsonl');
    const infohashesHex = [hexOf(4), hexOf('unknown'), hexOf(2), hexOf(1), hexOf(4), 'nonsense'];
    const result = await rig.export(out, { scope: { kind: 'selection', infohashesHex } });
    expect(result).toMatchObject({ writtenCount: 2 });
    const names = readFileSync(out, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { name: string }).name);
    expect(names).toEqual([torrents[3]!.name, torrents[0]!.name]);
  });

  test('is named by --hash on the command line', () => {
    const parse = (...argv: string[]) => parseTransferArguments('export', ['--data-dir', '/d', 'out.txt', ...argv]);
    expect(parse('--hash', hexOf(1).toUpperCase(), '--hash', hexOf(2))).toMatchObject({
      job: { scope: { kind: 'selection', infohashesHex: [hexOf(1), hexOf(2)] } },
    });
    expect(parse('--hash', 'abc')).toEqual({ problem: expect.stringContaining('40 hexadecimal digits') });
    expect(parse('--hash', hexOf(1), '--query', 'x')).toEqual({ problem: expect.stringContaining('without --query') });
    expect(parseTransferArguments('import', ['--data-dir', '/d', 'a', '--hash', hexOf(1)])).toEqual({
      problem: expect.stringContaining('belongs to npm run export'),
    });
  });
});
