// The catalogue on a real file: what goes in, what comes out, and that a torrent is one row however it was found.
import { chmodSync, statSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Catalogue } from '../../main/catalogue/catalogue.ts';
import { openCatalogueReader } from '../../main/catalogue/open-catalogue.ts';
import { primaryInfohash } from '../../main/catalogue/torrent.ts';
import type { Torrent } from '../../main/catalogue/torrent.ts';
import { madeRow, madeTorrent, openAt, packed, sha1Of, sha256Of, temporaryPath } from './support.ts';

const matches = (catalogue: Catalogue, table: 'name_fts' | 'path_fts', query: string): number[] =>
  catalogue.reader.database.prepare(`SELECT rowid FROM ${table} WHERE ${table} MATCH ?`).pluck().all(query) as number[];

describe('the files', () => {
  it.runIf(process.platform !== 'win32')('are their owner’s alone, also those of an earlier version', () => {
    const path = temporaryPath();
    const modes = (): number[] => ['', '-wal', '-shm'].map((ending) => statSync(path + ending).mode & 0o777);
    const catalogue = openAt(path);
    catalogue.insertMany([madeRow(1)]);
    expect(modes()).toEqual([0o600, 0o600, 0o600]);
    catalogue.close();
    chmodSync(path, 0o644);
    openAt(path).insertMany([madeRow(2)]);
    expect(modes()).toEqual([0o600, 0o600, 0o600]);
  });
});

describe('insertMany', () => {
  it('stores everything that a torrent has', () => {
    const catalogue = openAt(temporaryPath());
    const torrent = madeTorrent(1, { isPrivate: true });
    const { inserted } = catalogue.insertMany([madeRow(1, { isPrivate: true })]);
    expect(inserted.map(({ id }) => id)).toEqual([1]);
    const details = catalogue.reader.details(torrent.infohashV1!);
    expect(details).toMatchObject({
      id: 1,
      name: torrent.name,
      sizeBytes: torrent.sizeBytes,
      fileCount: 3,
      files: torrent.files,
      isPrivate: true,
      peersSeen: 4,
      timesSeen: 1,
      discoveredAtUnixSeconds: torrent.discoveredAtUnixSeconds,
      lastSeenAtUnixSeconds: torrent.discoveredAtUnixSeconds,
      infohashV2: null,
      contentType: 0,
    });
    expect(new Uint8Array(details!.infohashV1!)).toEqual(torrent.infohashV1);
    catalogue.checkInvariants();
  });

  it('stores the same torrent once, and remembers that it was seen again', () => {
    const catalogue = openAt(temporaryPath());
    const first = catalogue.insertMany([madeRow(1), madeRow(2), madeRow(1)]);
    expect([first.inserted.length, first.updatedCount, catalogue.count]).toEqual([2, 1, 2]);
    const again = catalogue.insertMany([madeRow(1, { peersSeen: 9, discoveredAtUnixSeconds: 1_790_000_500 })]);
    expect([again.inserted.length, again.updatedCount, catalogue.count]).toEqual([0, 1, 2]);
    expect(catalogue.reader.details(sha1Of('v1 1'))).toMatchObject({
      peersSeen: 9,
      timesSeen: 3,
      discoveredAtUnixSeconds: 1_790_000_000,
      lastSeenAtUnixSeconds: 1_790_000_500,
    });
    catalogue.checkInvariants();
  });

  it('stores all of a batch or nothing of it', () => {
    const catalogue = openAt(temporaryPath());
    const broken = { ...madeRow(2), sizeBytes: 'no number' as unknown as number };
    expect(() => catalogue.insertMany([madeRow(1), broken])).toThrow();
    expect(catalogue.count).toBe(0);
    expect(catalogue.reader.details(sha1Of('v1 1'))).toBeNull();
    catalogue.checkInvariants();
  });

  it('needs no file list for a single file with the name and size of the torrent', () => {
    const catalogue = openAt(temporaryPath());
    const alone = { name: 'alone.iso', sizeBytes: 700, fileCount: 1, files: [{ path: 'alone.iso', sizeBytes: 700 }] };
    const other = { ...alone, files: [{ path: 'other.iso', sizeBytes: 700 }] };
    catalogue.insertMany([madeRow(1, alone), madeRow(2, other)]);
    expect(catalogue.reader.details(sha1Of('v1 1'))!.files).toEqual(alone.files);
    expect(catalogue.reader.details(sha1Of('v1 2'))!.files).toEqual(other.files);
    expect(catalogue.reader.database.prepare('SELECT count(*) FROM torrent_files').pluck().get()).toBe(1);
  });

  it('keeps any name and the largest size exactly, but for what UTF-8 cannot hold', () => {
    const catalogue = openAt(temporaryPath());
    const names = [`it's "quoted"; DROP TABLE torrents;--`, 'a\0b', '\u{202e}gpj.exe', '%_*?[', '', ' '.repeat(9)];
    names.push('長'.repeat(349_525), 'n'.repeat(1024 * 1024), 'lone \ud800 surrogate \udc00', '🏮 NEAR("x")');
    catalogue.insertMany(names.map((name, index) => madeRow(index, { name, sizeBytes: Number.MAX_SAFE_INTEGER })));
    names.forEach((name, index) => {
      const details = catalogue.reader.details(sha1Of(`v1 ${index}`))!;
      expect(details.name === name.toWellFormed()).toBe(true);
      expect(details.sizeBytes).toBe(Number.MAX_SAFE_INTEGER);
    });
    expect(matches(catalogue, 'name_fts', '"drop" "table"')).toEqual([1]);
    catalogue.checkInvariants();
  });

  it('indexes names, and paths by what the name does not say', () => {
    const catalogue = openAt(temporaryPath());
    catalogue.insertMany([madeRow('lantern', { name: 'Lantern Ünïcode 提灯祭り' })]);
    expect(matches(catalogue, 'name_fts', '"unicode"')).toEqual([1]);
    expect(matches(catalogue, 'name_fts', '"灯祭"')).toEqual([1]);
    expect(matches(catalogue, 'name_fts', '"lan"*')).toEqual([1]);
    expect(matches(catalogue, 'path_fts', '"episode"')).toEqual([1]);
    expect(matches(catalogue, 'path_fts', '"lantern"')).toEqual([]);
  });
});

describe('hybrid torrents', () => {
  const v1 = sha1Of('hybrid');
  const v2 = sha256Of('hybrid');
  const cut = v2.subarray(0, 20);
  const hybrid = (changes: Partial<Torrent>) => madeRow('hybrid', { infohashV1: v1, infohashV2: v2, ...changes });
  const onlyV1 = { infohashV2: null };
  const onlyV2 = { infohashV1: null };

  it.each([
    ['both at once', [{}]],
    ['v1, then both', [onlyV1, {}]],
    ['v2, then both', [onlyV2, {}]],
    ['both, then v1, then v2', [{}, onlyV1, onlyV2]],
    ['v1, v2, then both: two rows become one', [onlyV1, onlyV2, {}]],
    ['v2, v1, then both: two rows become one', [onlyV2, onlyV1, {}]],
  ] as const)('are one row, found by either infohash: %s', (_, finds) => {
    for (const isOneBatch of [false, true]) {
      const catalogue = openAt(temporaryPath());
      const rows = finds.map((find, index) => hybrid({ ...find, peersSeen: 10 + index }));
      if (isOneBatch) {
        const { inserted, removedIds } = catalogue.insertMany(rows);
        expect([inserted.length, removedIds.length]).toEqual([1, 0]);
      } else {
        for (const row of rows) catalogue.insertMany([row]);
      }
      catalogue.checkInvariants();
      expect(catalogue.count).toBe(1);
      expect([...catalogue.reader.areKnown(packed([v1, cut, sha1Of('another')]))]).toEqual([1, 1, 0]);
      for (const infohash of [v1, cut, v2]) {
        const details = catalogue.reader.details(infohash)!;
        expect(details).toMatchObject({ id: 1, peersSeen: 9 + finds.length, timesSeen: finds.length });
        expect(new Uint8Array(details.infohash)).toEqual(v1);
        expect(new Uint8Array(details.infohashV1!)).toEqual(v1);
        expect(new Uint8Array(details.infohashV2!)).toEqual(v2);
      }
      expect(matches(catalogue, 'name_fts', '"made"')).toEqual([1]);
    }
  });

  it('tell which row went into which, so that an index can forget it', () => {
    const catalogue = openAt(temporaryPath());
    catalogue.insertMany([hybrid(onlyV1), hybrid(onlyV2)]);
    expect(catalogue.insertMany([hybrid({})])).toMatchObject({ inserted: [], updatedCount: 1, removedIds: [2] });
    expect(catalogue.reader.rowsByIds([1, 2]).map(({ id }) => id)).toEqual([1]);
  });

  it('never give the id of a row that went into another to a new torrent', () => {
    const catalogue = openAt(temporaryPath());
    const { inserted } = catalogue.insertMany([hybrid(onlyV1), hybrid(onlyV2), hybrid({}), madeRow('next')]);
    expect(inserted.map(({ id }) => id)).toEqual([1, 3]);
    expect(catalogue.count).toBe(2);
    catalogue.checkInvariants();
  });

  it('keep a pure v2 torrent under its cut infohash, without a v1 one', () => {
    const catalogue = openAt(temporaryPath());
    catalogue.insertMany([hybrid(onlyV2)]);
    const details = catalogue.reader.details(cut)!;
    expect(details.infohashV1).toBeNull();
    expect(new Uint8Array(details.infohash)).toEqual(new Uint8Array(cut));
  });

  it('hold for any order of finds over several batches', () => {
    const find = fc.record({ torrent: fc.nat(5), kind: fc.constantFrom('v1', 'v2', 'both'), endsBatch: fc.boolean() });
    fc.assert(
      fc.property(fc.array(find, { minLength: 1, maxLength: 30 }), (finds) => {
        const catalogue = openAt(temporaryPath());
        const known = new Map<number, Set<string>>();
        const batch = [];
        for (const { torrent, kind, endsBatch } of finds) {
          const infohashV1 = kind === 'v2' ? null : sha1Of(`${torrent}`);
          batch.push(madeRow(torrent, { infohashV1, infohashV2: kind === 'v1' ? null : sha256Of(`${torrent}`) }));
          known.set(torrent, (known.get(torrent) ?? new Set()).add(kind));
          if (endsBatch) catalogue.insertMany(batch.splice(0));
        }
        catalogue.insertMany(batch);
        catalogue.checkInvariants();
        // Found by v1 and by v2 alone, nobody can know that it is one torrent.
        const rows = [...known.values()].map((kinds) => (kinds.has('both') ? 1 : kinds.size));
        expect(catalogue.count).toBe(rows.reduce((sum, count) => sum + count, 0));
        catalogue.abandon();
      }),
      { numRuns: 60 },
    );
  });
});

describe('reading', () => {
  it('gives pages newest first, rows by id in the order asked, and rows for an index oldest first', () => {
    const catalogue = openAt(temporaryPath());
    catalogue.insertMany(Array.from({ length: 25 }, (_, index) => madeRow(index)));
    const { reader } = catalogue;
    const first = reader.latestPage({ beforeId: null, limit: 10 });
    expect(first.map(({ id }) => id)).toEqual([25, 24, 23, 22, 21, 20, 19, 18, 17, 16]);
    expect(new Uint8Array(first[0]!.infohash)).toEqual(primaryInfohash(madeTorrent(24)));
    expect(reader.latestPage({ beforeId: 3, limit: 10 }).map(({ id }) => id)).toEqual([2, 1]);
    expect(reader.rowsByIds([7, 99, 3]).map(({ id }) => id)).toEqual([7, 3]);
    expect(reader.rowsBetween({ afterId: 20, untilId: 99, limit: 99 }).map(({ id, name }) => [id, name])[0]).toEqual([
      21,
      madeTorrent(20).name,
    ]);
    expect(reader.rowsBetween({ afterId: 20, untilId: 99, limit: 99 })).toHaveLength(5);
    expect([reader.count(), reader.newestId()]).toEqual([25, 25]);
  });

  it('gives infohashes newest first in chunks, with both of a hybrid', () => {
    const catalogue = openAt(temporaryPath());
    const v2 = sha256Of('hybrid');
    catalogue.insertMany([madeRow(0), madeRow(1, { infohashV2: v2 }), madeRow(2)]);
    const newest = catalogue.reader.latestInfohashes({ beforeId: null, limit: 2 });
    const expected = packed([sha1Of('v1 2'), sha1Of('v1 1'), v2.subarray(0, 20)]);
    expect(newest).toEqual({ infohashes: expected, rowCount: 2, beforeId: 2 });
    const rest = catalogue.reader.latestInfohashes({ beforeId: 2, limit: 2 });
    expect(rest).toEqual({ infohashes: sha1Of('v1 0'), rowCount: 1, beforeId: 0 });
  });

  it('from a second, read-only connection sees what was committed and can change nothing', () => {
    const path = temporaryPath();
    const catalogue = openAt(path);
    const reader = openCatalogueReader({ databasePath: path, nativeBinding: null });
    try {
      expect(reader.newestId()).toBe(0);
      catalogue.insertMany([madeRow(1)]);
      expect(reader.newestId()).toBe(1);
      expect(() => reader.database.exec('DELETE FROM torrents')).toThrow(/readonly/);
    } finally {
      reader.close();
    }
  });

  it('shows a torrent whose stored file list is damaged, without its files', () => {
    const catalogue = openAt(temporaryPath());
    catalogue.insertMany([madeRow(1)]);
    catalogue.reader.database.prepare('UPDATE torrent_files SET files = ?').run(Buffer.from([1, 255, 255]));
    expect(catalogue.reader.details(sha1Of('v1 1'))).toMatchObject({ fileCount: 3, files: [] });
  });
});
