// What an import takes from files of every kind, whole and damaged, and what it says of the rest.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import bencode, { type Bencodable } from 'bencode';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import { openCatalogue } from '../../main/catalogue/open-catalogue.ts';
import { RecordSplitter } from '../../main/transfer/record-splitter.ts';
import { readCsvHeader, readCsvRecord, readJsonLine, readMagnetLine } from '../../main/transfer/read-row.ts';
import { readTorrentFile } from '../../main/transfer/torrent-file.ts';
import { madeTorrent, sha1Of, sha256Of } from '../catalogue/support.ts';
import { startRig, storedTorrents, temporaryFolder } from './support.ts';

const NOW = 1_790_000_000;
const hex = (seed: number): string => toHex(sha1Of(String(seed)));

function fileOf(content: string | Uint8Array, name = 'list.txt'): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

describe('magnet lists', () => {
  test('queue what is not known, once, and say what is no link', async () => {
    const rig = startRig();
    const [known] = [madeTorrent(1)];
    await rig.import(fileOf(`${JSON.stringify({ infohash: toHex(known.infohashV1!), name: 'Known' })}\n`, 'a.jsonl'));
    const v2 = toHex(sha256Of('v2'));
    const lines = [
      '# a comment',
      `magnet:?xt=urn:btih:${hex(2).toUpperCase()}&dn=Some+name`,
      hex(2),
      '',
      `magnet:?xt=urn:btmh:1220${v2}`,
      toHex(known.infohashV1!),
      'what is this?',
      'magnet:?dn=no+infohash',
    ];
    const summary = await rig.import(fileOf(lines.join('\r\n')));
    expect(summary).toMatchObject({ newCount: 0, mergedCount: 1, queuedCount: 3, skippedCount: 2 });
    expect(summary.skipped.map(({ line, reason }) => [line, reason])).toEqual([
      [7, 'no-infohash'],
      [8, 'no-infohash'],
    ]);
    rig.writer.checkInvariants();
  });
});

describe('.torrent files', () => {
  const info = (changes: object = {}): Record<string, unknown> => ({
    name: 'Made',
    length: 5,
    'piece length': 16384,
    pieces: Buffer.alloc(20),
    ...changes,
  });
  const encoded = (value: Record<string, unknown>): Uint8Array => new Uint8Array(bencode.encode(value as Bencodable));

  test('are proved by their hash; a folder gives those that lie in it', async () => {
    const rig = startRig();
    const folder = temporaryFolder();
    const dictionary = info({ name: '../../etc/passwd' });
    writeFileSync(join(folder, 'one.torrent'), encoded({ announce: 'udp://x', info: dictionary, zz: 1 }));
    writeFileSync(join(folder, 'two.TORRENT'), encoded({ info: info({ name: 'Two' }) }));
    writeFileSync(join(folder, 'not.txt'), 'nothing');
    mkdirSync(join(folder, 'inner.torrent'));
    const summary = await rig.import(folder);
    expect(summary).toMatchObject({ newCount: 2, skippedCount: 0 });
    const expected = createHash('sha1').update(encoded(dictionary)).digest('hex');
    expect(storedTorrents(rig.databasePath).get(expected)?.details.name).toBe('etc_passwd');
  });

  test('v2 and hybrid ones have both infohashes', () => {
    const tree = { 'a.bin': { '': { length: 5, 'pieces root': Buffer.alloc(32, 1) } } };
    const v2 = { 'file tree': tree, 'meta version': 2, name: 'a.bin', 'piece length': 16384 };
    const hybrid = { ...v2, length: 5, pieces: Buffer.alloc(20) };
    const read = (value: Record<string, unknown>) => {
      const row = readTorrentFile(encoded({ info: value }), NOW);
      return row.kind === 'torrent' ? row.torrent : row;
    };
    const sha256 = new Uint8Array(createHash('sha256').update(encoded(v2)).digest());
    expect(read(v2)).toMatchObject({ infohashV1: null, infohashV2: sha256, files: [{ path: 'a.bin', sizeBytes: 5 }] });
    expect(read(hybrid)).toMatchObject({ infohashV1: expect.any(Uint8Array), infohashV2: expect.any(Uint8Array) });
  });

  test.each([
    ['cut off', encoded({ info: info() }).slice(0, 40), 'damaged'],
    ['without info', encoded({ announce: 'udp://x' }), 'damaged'],
    ['that makes no sense', encoded({ info: info({ length: -1 }) }), 'bad-torrent'],
    ['of brackets', new TextEncoder().encode(`d4:info${'l'.repeat(5000)}`), 'damaged'],
  ])('one %s is skipped with a reason', async (_, bytes, reason) => {
    const rig = startRig();
    const summary = await rig.import(fileOf(bytes, 'x.torrent'));
    expect(summary).toMatchObject({ newCount: 0, skipped: [{ fileName: 'x.torrent', line: null, reason }] });
  });

  test('of any bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        readTorrentFile(Buffer.concat([Buffer.from('d4:info'), bytes]), NOW);
      }),
    );
  });
});

describe('lines', () => {
  test('of any text are read or refused, never thrown', () => {
    const layout = readCsvHeader('infohash,name,files')!;
    const text = fc.oneof(fc.string(), fc.json(), fc.constantFrom('{"infohash":{}}', '[[[[', '{"__proto__":1}'));
    fc.assert(
      fc.property(text, (line) => {
        expect(['torrent', 'infohash', 'skipped']).toContain(readJsonLine(line, NOW).kind);
        expect(['torrent', 'infohash', 'skipped']).toContain(readCsvRecord(line, layout, NOW).kind);
        expect(['infohash', 'skipped']).toContain(readMagnetLine(line).kind);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    [{ infohash: 'ff' }, 'bad-infohash'],
    [{ name: 'x' }, 'no-infohash'],
    [{ infohash: hex(1), name: 'x', sizeBytes: -1 }, 'bad-field'],
    [{ infohash: hex(1), name: 'x', sizeBytes: 1e300 }, 'bad-field'],
    [{ infohash: hex(1), name: 'x', fileCount: 1e9 }, 'bad-field'],
    [{ infohash: hex(1), name: 'x', files: [{ path: 1 }] }, 'bad-field'],
    [{ infohash: hex(1), name: 'x', files: 'many' }, 'bad-field'],
  ])('%j is skipped: %s', (fields, reason) => {
    expect(readJsonLine(JSON.stringify(fields), NOW)).toEqual({ kind: 'skipped', reason });
  });

  test('that promise the future are of now, and an infohash alone is fetched', () => {
    const row = readJsonLine(JSON.stringify({ infohash: hex(1), name: 'x', firstSeenAt: '2999-01-01T00:00:00Z' }), NOW);
    expect(row).toMatchObject({ torrent: { discoveredAtUnixSeconds: NOW, lastSeenAtUnixSeconds: NOW } });
    expect(readJsonLine(JSON.stringify({ infohash: hex(1) }), NOW)).toMatchObject({ kind: 'infohash' });
  });

  test('of brackets without end cost nothing', () => {
    expect(readJsonLine('['.repeat(1_000_000), NOW)).toEqual({ kind: 'skipped', reason: 'damaged' });
  });

  test('as spreadsheets save them: semicolons, capital TRUE, a byte order mark', async () => {
    const rig = startRig();
    const csv = `\ufeffname;infohash;sizeBytes;isPrivate;other\r\n"Old ""name"";";${hex(3)};5;TRUE;x\r\n`;
    expect(await rig.import(fileOf(csv, 'saved.csv'))).toMatchObject({ newCount: 1, skippedCount: 0 });
    const stored = storedTorrents(rig.databasePath).get(hex(3));
    expect(stored?.details).toMatchObject({ name: 'Old "name";', sizeBytes: 5, isPrivate: true });
  });

  test('are cut the same wherever the chunks end, and an endless one is let go', () => {
    const bytes = new TextEncoder().encode(`a,"x\ny"\r\n\n${'z'.repeat(50)}\nlast,"`);
    const cut = (chunkBytes: number) => {
      const splitter = new RecordSplitter({ isQuoted: true, recordBytesMax: 20 });
      const records = [];
      for (let at = 0; at < bytes.length; at += chunkBytes)
        records.push(...splitter.push(bytes.slice(at, at + chunkBytes)));
      records.push(...splitter.end());
      return records.map(({ bytes: found, line }) => [found && Buffer.from(found).toString(), line]);
    };
    const expected = [
      ['a,"x\ny"', 1],
      ['', 3],
      [null, 4],
      ['last,"', 5],
    ];
    for (let chunkBytes = 1; chunkBytes <= bytes.length; chunkBytes++) expect(cut(chunkBytes)).toEqual(expected);
  });
});

describe('what the person decided', () => {
  test('is kept: blocked torrents and infohashes stay out, stars come along', async () => {
    const rig = startRig();
    const other = openCatalogue({ databasePath: rig.databasePath, nativeBinding: null });
    const infohashes = [sha1Of('7'), sha1Of('8')];
    other.mark({ mark: 'block', isOn: true, infohashes, nowUnixSeconds: NOW }, () => ({
      nameTokens: '',
      pathTokens: '',
    }));
    other.abandon();
    const lines = [
      JSON.stringify({ infohash: hex(7), name: 'Blocked' }),
      JSON.stringify({ infohash: hex(8) }),
      JSON.stringify({ infohash: hex(9), name: 'Starred', isStarred: true }),
    ];
    rig.writer.stop();
    const fresh = startRig(dirname(rig.databasePath)); // a writer that has read the list of what is blocked
    const summary = await fresh.import(fileOf(lines.join('\n'), 'some.jsonl'));
    expect(summary).toMatchObject({ newCount: 1, queuedCount: 0, skippedByReason: { blocked: 2 } });
    const out = join(temporaryFolder(), 'out.jsonl');
    await fresh.export(out);
    expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({ name: 'Starred', isStarred: true });
  });
});

describe('an import', () => {
  test('does not join two torrents on the word of a file', async () => {
    const rig = startRig();
    const [v1, v2] = [sha1Of('one'), sha256Of('two')];
    const lines = [
      { infohashV1: toHex(v1), name: 'One' },
      { infohashV2: toHex(v2), name: 'Two' },
    ];
    await rig.import(fileOf(lines.map((line) => JSON.stringify(line)).join('\n'), 'two.jsonl'));
    const joined = { infohashV1: toHex(v1), infohashV2: toHex(v2), name: 'Both' };
    const summary = await rig.import(fileOf(JSON.stringify(joined), 'joined.jsonl'));
    expect(summary).toMatchObject({ newCount: 0, mergedCount: 0, skipped: [{ line: 1, reason: 'two-torrents' }] });
    expect(storedTorrents(rig.databasePath).size).toBe(2);
  });

  test('merges: the later count stands, sightings add up, the earliest find is kept', async () => {
    const rig = startRig();
    const line = (dht: number, at: string, timesSeen: number, firstSeenAt: string): string =>
      JSON.stringify({
        ...{ infohash: hex(9), name: 'Nine', timesSeen, firstSeenAt, lastSeenAt: at },
        health: { dht: { seeders: dht, leechers: 0, checkedAt: at }, tracker: null, isDead: false },
      });
    await rig.import(fileOf(line(7, '2026-03-01T00:00:00Z', 3, '2026-02-01T00:00:00Z'), 'a.jsonl'));
    await rig.import(fileOf(line(2, '2026-01-01T00:00:00Z', 5, '2025-01-01T00:00:00Z'), 'b.jsonl'));
    const stored = storedTorrents(rig.databasePath).get(hex(9))!;
    expect(stored.health?.dht?.seeders).toBe(7);
    expect(stored.details).toMatchObject({ timesSeen: 5, discoveredAtUnixSeconds: Date.UTC(2025, 0, 1) / 1000 });
  });

  test('tells the search and the window what is new', async () => {
    const rig = startRig();
    await rig.import(fileOf(JSON.stringify({ infohash: hex(4), name: 'Four' }), 'a.jsonl'));
    expect(rig.toSearch.map(({ type }) => type)).toContain('segment');
    expect(rig.events).toContainEqual(
      expect.objectContaining({ type: 'torrents-added', addedCount: 1, torrentCount: 1 }),
    );
  });

  test('skips what it cannot read and goes on; counts all, tells some', async () => {
    const rig = startRig();
    const good = fileOf(JSON.stringify({ infohash: hex(5), name: 'Five' }), 'good.jsonl');
    const bad = fileOf(
      `${JSON.stringify({ infohash: hex(6), name: 'Six' })}\n${'nonsense\n'.repeat(300)}`,
      'bad.jsonl',
    );
    const summary = await rig.import(join(temporaryFolder(), 'gone'), fileOf('?', 'odd.bin'), bad, good);
    expect(summary).toMatchObject({
      newCount: 2,
      skippedCount: 302,
      skippedByReason: { damaged: 300, unreadable: 1, 'unknown-format': 1 },
    });
    expect(summary.skipped).toHaveLength(100);
  });

  test('that is cancelled keeps what was stored and says how much', async () => {
    const rig = startRig();
    const lines = Array.from({ length: 20_000 }, (_, seed) =>
      JSON.stringify({ infohash: hex(seed), name: `Torrent ${seed}` }),
    );
    const word = await rig.run(
      { kind: 'import', paths: [fileOf(lines.join('\n'), 'many.jsonl')] },
      ({ counts }, cancel) => {
        if (counts && counts.newCount > 0) cancel();
      },
    );
    const count = word.type === 'cancelled' ? word.summary!.newCount : 0;
    expect(word.type).toBe('cancelled');
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(20_000);
    expect(storedTorrents(rig.databasePath).size).toBe(count);
  });
});
