// What is exported and imported into an empty catalogue is the same there, whatever the names are; and a spreadsheet that opens
// the file computes nothing.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Torrent, TorrentFile, TorrentHealth } from '../../main/catalogue/torrent.ts';
import { openCatalogue } from '../../main/catalogue/open-catalogue.ts';
import { toCatalogueRow } from '../../main/store/catalogue-row.ts';
import { defused, parseCsvRecord, csvRecord, undefused } from '../../main/transfer/csv-format.ts';
import { cleanName, cleanPath } from '../../main/wire/clean-name.ts';
import { startRig, storedTorrents, temporaryFolder } from './support.ts';

/** Pieces that break formats: quotes, separators, line ends, formulas, markup, SQL, bidi, CJK, NUL, lone surrogates. */
const PIECES = [
  ...['=1+1', '+', '-', '@SUM(A1)', "'", "''=", '"', '""', ',', ';', ';=cmd|', '\t', '\r\n', '\n', '\0', '\ufeff'],
  ...[
    '{"a":',
    '\\',
    '\\u0000',
    '<script>',
    "'; DROP TABLE torrents;--",
    '\u202e',
    '東京物語',
    'Ж',
    '\ud800',
    '👩‍👩‍👧',
    ' ',
  ],
  ...['S01E02', 'a', 'magnet:?xt=', '\uff1d', '/', '..', 'con', '.mkv', '%00', '%s'],
];
const hostileText = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''));
const size = fc.integer({ min: 0, max: 2 ** 48 });
const time = fc.integer({ min: 1_500_000_000, max: 1_700_000_000 });

const file: fc.Arbitrary<TorrentFile> = fc
  .record({
    path: fc.array(hostileText, { minLength: 1, maxLength: 3 }),
    sizeBytes: size,
    kind: fc.constantFrom('', 'x', 'xh', 'l'),
  })
  .map(({ path, sizeBytes, kind }) => ({
    path: cleanPath(path),
    sizeBytes,
    ...(kind === '' ? {} : { attributes: kind }),
    ...(kind === 'l' ? { linkTarget: cleanPath(path) } : {}),
  }));
const count = fc.option(fc.record({ seeders: fc.nat(5000), leechers: fc.nat(5000), checkedAtUnixSeconds: time }));
const health: fc.Arbitrary<TorrentHealth | null> = fc.option(
  fc.record({ dht: count, tracker: count, isDead: fc.boolean() }),
);

/** As the pipeline stores them: whatever the wire gave, cleaned. */
const torrent = fc
  .record({
    v1: fc.option(fc.uint8Array({ minLength: 20, maxLength: 20 })),
    v2: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    isHybrid: fc.boolean(),
    name: hostileText,
    files: fc.array(file, { maxLength: 5 }),
    isPrivate: fc.boolean(),
    peersSeen: fc.nat(500),
    timesSeen: fc.integer({ min: 1, max: 99 }),
    firstSeen: time,
    later: fc.nat(1_000_000),
    health,
  })
  .map(({ v1, v2, isHybrid, name, files, firstSeen, later, ...rest }) => ({
    ...rest,
    infohashV1: v1,
    infohashV2: v1 === null || isHybrid ? v2 : null,
    name: cleanName(name),
    files,
    fileCount: Math.max(1, files.length),
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    discoveredAtUnixSeconds: firstSeen,
    lastSeenAtUnixSeconds: firstSeen + later,
  }));
type Made = Torrent & { timesSeen: number; lastSeenAtUnixSeconds: number; health: TorrentHealth | null };

function store(databasePath: string, torrents: readonly Made[]): void {
  const catalogue = openCatalogue({ databasePath, nativeBinding: null });
  for (const made of torrents) {
    catalogue.insertMany([toCatalogueRow(made)]);
    const infohash = made.infohashV1 ?? made.infohashV2!.subarray(0, 20);
    const { dht, tracker, isDead } = made.health ?? { dht: null, tracker: null, isDead: false };
    if (dht) catalogue.recordHealth([{ infohash, source: 'dht', ...dht }]);
    if (tracker) catalogue.recordHealth([{ infohash, source: 'tracker', ...tracker }]);
    if (isDead) catalogue.markDead([infohash]);
  }
  catalogue.close();
}

describe.each(['jsonl', 'csv'] as const)('%s', (format) => {
  test('brings back what was stored', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(torrent, { minLength: 10, maxLength: 30, size: 'max' }), async (torrents) => {
        const folder = temporaryFolder();
        const from = join(folder, 'catalogue.db');
        store(from, torrents);
        const path = join(folder, `export.${format}`);
        await startRig(folder).export(path);
        const rig = startRig();
        const summary = await rig.import(path);
        expect(summary.skipped).toEqual([]);
        expect(storedTorrents(rig.databasePath)).toEqual(storedTorrents(from));
        // Once more: everything is known, and nothing is counted twice.
        const again = await rig.import(path);
        expect(again).toMatchObject({ newCount: 0, mergedCount: summary.newCount, skippedCount: 0 });
        expect(storedTorrents(rig.databasePath)).toEqual(storedTorrents(from));
        rig.writer.checkInvariants();
      }),
      { numRuns: 4 },
    );
  });

  test('without file lists leaves the rest as it is', async () => {
    const rig = startRig();
    const path = join(temporaryFolder(), `export.${format}`);
    store(rig.databasePath, fc.sample(torrent, { numRuns: 5, seed: 7 }));
    await rig.export(path, { withFiles: false });
    expect(readFileSync(path, 'utf8')).not.toContain('"path"');
    const other = startRig();
    expect(await other.import(path)).toMatchObject({ newCount: 5, skippedCount: 0 });
  });
});

describe('a cell', () => {
  const cellText = fc
    .array(fc.constantFrom(...PIECES, ';', '\t', ' ', "'", '='), { maxLength: 10 })
    .map((parts) => parts.join(''));

  test('comes back as it was, and begins no formula at any separator of a spreadsheet', () => {
    fc.assert(
      fc.property(cellText, (text) => {
        expect(undefused(defused(text))).toBe(text);
        for (const part of defused(text).split(/[;\t\r\n]/)) expect(part.trimStart()).not.toMatch(/^[=+\-@\uff1d]/);
      }),
      { numRuns: 2000 },
    );
  });

  test('stays one cell among others', () => {
    fc.assert(
      fc.property(fc.array(cellText, { minLength: 1, maxLength: 4 }), (cells) => {
        const record = csvRecord(cells);
        expect(record.endsWith('\r\n')).toBe(true);
        expect(parseCsvRecord(record.slice(0, -2), ',')?.map(undefused)).toEqual(cells);
      }),
      { numRuns: 500 },
    );
  });
});
