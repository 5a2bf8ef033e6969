import { createHash } from 'node:crypto';
import bencode from 'bencode';
import type { Bencodable } from 'bencode';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../main/base/random.ts';
import { FILES_KEPT_MAX } from '../../main/catalogue/torrent.ts';
import type { TorrentInfo } from '../../main/wire/info-dictionary.ts';
import { parseInfoDictionary } from '../../main/wire/info-dictionary.ts';
import { generateTorrents } from '../../scripts/swarm/torrents.ts';

const ROOT = Buffer.alloc(32, 9);
const PIECES = Buffer.alloc(20, 1);
const V1 = { name: 'a', 'piece length': 16384, pieces: PIECES, length: 4 };
const V2 = {
  name: 'a',
  'piece length': 16384,
  'meta version': 2,
  'file tree': { a: { '': { length: 1, 'pieces root': ROOT } } },
};

function parse(info: Bencodable) {
  return parseInfoDictionary(bencode.encode(info));
}

function read(info: Bencodable): TorrentInfo {
  const parsed = parse(info);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.info;
}

function reasonOf(info: Bencodable): string | null {
  const parsed = parse(info);
  return parsed.ok ? null : parsed.reason;
}

const withFiles = (files: Bencodable): Bencodable => ({ name: 'x', 'piece length': 16384, pieces: PIECES, files });

describe('published vectors', () => {
  it('v1, SHA-1 5c941662...', () => {
    const raw = Buffer.from(
      '64363a6c656e677468693365343a6e616d65313a6131323a7069656365206c656e67746869313633383465363a70696563657332303aa9993e364706816aba3e25717850c26c9cd0d89d65',
      'hex',
    );
    expect(createHash('sha1').update(raw).digest('hex')).toBe('5c941662d614a9b492f518272cf4f16841292225');
    expect(parseInfoDictionary(raw)).toEqual({
      ok: true,
      info: {
        name: 'a',
        files: [{ path: 'a', sizeBytes: 3 }],
        fileCount: 1,
        sizeBytes: 3,
        pieceLengthBytes: 16384,
        isPrivate: false,
        hasV1: true,
        hasV2: false,
        hasBadEncoding: false,
      },
    });
  });

  it('v2, SHA-256 97cfdba4...', () => {
    const raw = Buffer.from(
      '64393a66696c65207472656564313a6164303a64363a6c656e67746869336531313a70696563657320726f6f7433323aba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad65656531323a6d6574612076657273696f6e693265343a6e616d65313a6131323a7069656365206c656e6774686931363338346565',
      'hex',
    );
    expect(createHash('sha256').update(raw).digest('hex')).toBe(
      '97cfdba4cd02b8bfb50f3b765f573f20d73f934cdd1591a3c1333aafda95c436',
    );
    expect(parseInfoDictionary(raw)).toMatchObject({
      ok: true,
      info: { name: 'a', files: [{ path: 'a', sizeBytes: 3 }], sizeBytes: 3, hasV1: false, hasV2: true },
    });
  });
});

describe('what creators write', () => {
  it('300 generated torrents of all versions, several scripts, with padding', () => {
    for (const torrent of generateTorrents({ count: 300, seed: 3 })) {
      const parsed = parseInfoDictionary(torrent.info);
      expect(parsed.ok && parsed.info).toMatchObject({
        fileCount: torrent.files.length,
        sizeBytes: torrent.sizeBytes,
        hasV1: torrent.version !== 'v2',
        hasV2: torrent.version !== 'v1',
        hasBadEncoding: false,
      });
      if (parsed.ok)
        expect(parsed.info.files.map((file) => file.sizeBytes)).toEqual(torrent.files.map((f) => f.sizeBytes));
    }
  });

  it('files in the order of the torrent, sizes and paths', () => {
    const info = read(
      withFiles([
        { length: 5, path: ['b', 'two.txt'] },
        { length: 0, path: ['a'] },
      ]),
    );
    expect(info.files).toEqual([
      { path: 'b/two.txt', sizeBytes: 5 },
      { path: 'a', sizeBytes: 0 },
    ]);
    expect(info).toMatchObject({ fileCount: 2, sizeBytes: 5 });
  });

  it('prefers name.utf-8 and path.utf-8, in whichever order they come', () => {
    const latin = Buffer.from('caf\xe9', 'latin1');
    const info = read({
      ...(withFiles([{ length: 1, path: [latin], 'path.utf-8': ['café'] }]) as object),
      name: latin,
      'name.utf-8': 'Café',
    });
    expect(info).toMatchObject({ name: 'Café', files: [{ path: 'café', sizeBytes: 1 }], hasBadEncoding: false });
    const reversed = Buffer.from(
      'd5:filesld10:path.utf-8l1:ue6:lengthi1e4:pathl1:neee4:name1:x12:piece lengthi1e6:pieces0:e',
    );
    expect(parseInfoDictionary(reversed)).toMatchObject({ ok: true, info: { files: [{ path: 'u' }] } });
  });

  it('falls back to the plain names when the utf-8 ones are empty', () => {
    const info = read({
      ...(withFiles([{ length: 1, path: ['p'], 'path.utf-8': [] }]) as object),
      'name.utf-8': '',
    });
    expect(info).toMatchObject({ name: 'x', files: [{ path: 'p' }] });
  });

  it('hides padding: attr p, .pad/ and what BitComet writes', () => {
    const info = read(
      withFiles([
        { length: 10, path: ['film.mkv'] },
        { attr: 'hp', length: 100, path: ['anything'] },
        { length: 100, path: ['.pad', '100'] },
        {
          length: 100,
          path: ['_____padding_file_0_if you see this file, please update to BitComet 0.85 or above____'],
        },
        { length: 1, path: ['.pad'] },
      ]),
    );
    expect(info.files.map((file) => file.path)).toEqual(['film.mkv', '.pad']);
    expect(info).toMatchObject({ fileCount: 2, sizeBytes: 11 });
  });

  it('a v2 tree with folders, an empty file and a file that is a link', () => {
    const info = read({
      ...V2,
      'file tree': {
        dir: { 'b.txt': { '': { length: 7, 'pieces root': ROOT } }, empty: { '': { length: 0 } } },
        zlink: { '': { attr: 'l', length: 0, 'symlink path': ['dir', 'b.txt'] } },
      },
    });
    expect(info.files.map((file) => file.path)).toEqual(['dir/b.txt', 'dir/empty', 'zlink']);
    expect(info.files[2]).toEqual({ path: 'zlink', sizeBytes: 0, attributes: 'l', linkTarget: 'dir/b.txt' });
    expect(info.sizeBytes).toBe(7);
  });

  it('attributes are kept, a link needs no length and takes no place, and its target is cleaned text', () => {
    const info = read(
      withFiles([
        { attr: 'hxq', length: 5, path: ['run.sh'] },
        { attr: 'l', length: 9_999_999, path: ['large link'], 'symlink path': ['..', '..', 'etc', 'pass\u202ewd'] },
        { attr: 'l', path: ['points nowhere'], 'symlink path': 7 },
      ]),
    );
    expect(info.files).toEqual([
      { path: 'run.sh', sizeBytes: 5, attributes: 'xh' },
      { path: 'large link', sizeBytes: 0, attributes: 'l', linkTarget: 'etc/passwd' },
      { path: 'points nowhere', sizeBytes: 0, attributes: 'l', linkTarget: '_' },
    ]);
    expect(info.sizeBytes).toBe(5);
    expect(read({ attr: 'xl', length: 4, name: 'one', 'piece length': 16384, pieces: PIECES }).files).toEqual([
      { path: 'one', sizeBytes: 4, attributes: 'x' },
    ]);
  });

  it('of a repeated key the first counts', () => {
    const raw = Buffer.concat([Buffer.from('d6:lengthi3e6:lengthi9e4:name1:a4:name1:b12:piece lengthi16384e6:pieces20:'), Buffer.alloc(20), Buffer.from('e')]); // prettier-ignore
    expect(parseInfoDictionary(raw)).toMatchObject({ ok: true, info: { name: 'a', sizeBytes: 3 } });
  });

  it('of a name of megabytes only the ends are read, in whole characters', () => {
    const raw = Buffer.concat([Buffer.from('d6:lengthi3e4:name3000000:'), Buffer.from('é'.repeat(1_500_000)), Buffer.from('12:piece lengthi16384e6:pieces20:'), Buffer.alloc(20), Buffer.from('e')]); // prettier-ignore
    const parsed = parseInfoDictionary(raw);
    expect(parsed).toMatchObject({ ok: true, info: { hasBadEncoding: false } });
    expect(parsed.ok && /^é+$/.test(parsed.info.name)).toBe(true);
  });

  it('a hybrid shows the v1 list and counts no padding', () => {
    const files = [
      { length: 3, path: ['z'] },
      { attr: 'p', length: 16381, path: ['.pad', '16381'] },
      { length: 5, path: ['a'] },
    ];
    const tree = { a: { '': { length: 5, 'pieces root': ROOT } }, z: { '': { length: 3, 'pieces root': ROOT } } };
    const info = read({ ...V2, pieces: Buffer.alloc(40), files, 'file tree': tree });
    expect(info).toMatchObject({ hasV1: true, hasV2: true, fileCount: 2, sizeBytes: 8 });
    expect(info.files.map((file) => file.path)).toEqual(['z', 'a']);
  });

  it('private=1 is recorded', () => {
    expect(read({ ...V1, private: 1 }).isPrivate).toBe(true);
    expect(read({ ...V1, private: 0 }).isPrivate).toBe(false);
    expect(read({ ...V1, private: 'yes' }).isPrivate).toBe(false);
  });

  it('names that are not UTF-8 are shown with a mark and flagged', () => {
    expect(read({ ...V1, name: Buffer.from('na\xefve', 'latin1') })).toMatchObject({
      name: 'na\ufffdve',
      hasBadEncoding: true,
    });
  });

  it('hostile paths come out clean', () => {
    const info = read(withFiles([{ length: 1, path: ['..', '..', 'C:\\Windows', 'nul.txt', 'a\u202e\0b '] }]));
    expect(info.files[0]!.path).toBe('C_/Windows/_nul.txt/ab');
  });
});

describe('right hash, semantic garbage', () => {
  const { name: _name, ...nameless } = V1;
  const { length: _length, ...lengthless } = V1;
  const { pieces: _pieces, ...pieceless } = V1;
  const file = (length: Bencodable, path: Bencodable = ['f']): Bencodable => withFiles([{ length, path }]);
  const tree = (fileTree: Bencodable): Bencodable => ({ ...V2, 'file tree': fileTree });

  it.each<[string, Bencodable, string]>([
    ['name missing', nameless, 'no-name'],
    ['name empty', { ...V1, name: '' }, 'no-name'],
    ['name not a string', { ...V1, name: 7 }, 'no-name'],
    ['piece length 0', { ...V1, 'piece length': 0 }, 'bad-piece-length'],
    ['piece length negative', { ...V1, 'piece length': -16384 }, 'bad-piece-length'],
    ['piece length not an integer', { ...V1, 'piece length': 'x' }, 'bad-piece-length'],
    ['pieces not a multiple of 20', { ...V1, pieces: Buffer.alloc(21) }, 'bad-pieces'],
    ['pieces not a string', { ...V1, pieces: [1] }, 'bad-pieces'],
    ['pieces missing', pieceless, 'no-pieces'],
    [
      'both length and files',
      { ...(withFiles([{ length: 1, path: ['f'] }]) as object), length: 4 },
      'length-and-files',
    ],
    ['neither length nor files', lengthless, 'no-files'],
    ['an empty list of files', withFiles([]), 'no-files'],
    ['nothing but padding', withFiles([{ attr: 'p', length: 4, path: ['f'] }]), 'no-files'],
    ['length negative', { ...V1, length: -1 }, 'bad-length'],
    ['length not an integer', { ...V1, length: 'x' }, 'bad-length'],
    ['length of a file negative', file(-1), 'bad-length'],
    ['length of a file missing', withFiles([{ path: ['f'] }]), 'bad-length'],
    ['path missing', withFiles([{ length: 1 }]), 'bad-path'],
    ['path empty', file(1, []), 'bad-path'],
    ['path not of strings', file(1, [['f']]), 'bad-path'],
    ['path not a list', file(1, 'f'), 'bad-path'],
    [
      'path of 101 parts',
      file(
        1,
        Array.from({ length: 101 }, () => 'd'),
      ),
      'path-too-deep',
    ],
    ['files not a list', withFiles('x'), 'bad-file-entry'],
    ['a file that is no dictionary', withFiles([1]), 'bad-file-entry'],
    ['sum above 2^53', withFiles([1, 2].map(() => ({ length: 2 ** 53 - 1, path: ['f'] }))), 'size-not-exact'],
    ['a higher meta version', { ...V2, 'meta version': 3, name: 7 }, 'unknown-meta-version'],
    ['v2 without a tree', { ...V1, 'meta version': 2 }, 'no-files'],
    ['v2 with an empty tree', tree({}), 'no-files'],
    ['v2 root is a file', tree({ '': { length: 1, 'pieces root': ROOT } }), 'tree-root-is-file'],
    ['v2 file and folder at once', tree({ a: { '': { length: 1, 'pieces root': ROOT }, b: {} } }), 'bad-file-tree'],
    ['v2 name without a dictionary', tree({ a: 1 }), 'bad-file-tree'],
    ['v2 pieces root missing', tree({ a: { '': { length: 1 } } }), 'bad-pieces-root'],
    ['v2 pieces root short', tree({ a: { '': { length: 1, 'pieces root': Buffer.alloc(31) } } }), 'bad-pieces-root'],
    ['v2 length negative', tree({ a: { '': { length: -1 } } }), 'bad-length'],
    ['v2 piece length below a block', { ...V2, 'piece length': 8192 }, 'bad-piece-length'],
    ['v2 piece length no power of two', { ...V2, 'piece length': 16385 }, 'bad-piece-length'],
    ['hybrid halves of different size', { ...V1, ...V2, length: 4 }, 'hybrid-inconsistent'],
    [
      'hybrid halves with different numbers of files',
      { ...(withFiles([1, 0].map((length) => ({ length, path: ['f'] }))) as object), ...V2 },
      'hybrid-inconsistent',
    ],
    ['a list', [1], 'not-a-dictionary'],
    ['a string', 'x', 'not-a-dictionary'],
  ])('%s', (_what, info, reason) => {
    expect(reasonOf(info)).toBe(reason);
  });

  it.each<[string, string, string]>([
    ['length beyond 2^53', 'd6:lengthi9007199254740992e4:name1:x12:piece lengthi1e6:pieces0:e', 'bad-length'],
    ['length of a file beyond 2^53', 'd5:filesld6:lengthi99999999999999999999e4:pathl1:feeee', 'bad-length'],
    ['depth above 100', `d1:a${'l'.repeat(100)}${'e'.repeat(100)}e`, 'too-deep'],
    ['a tree deeper than 100', `d9:file tree${'d1:a'.repeat(101)}${'e'.repeat(101)}e`, 'too-deep'],
    ['bytes behind the end', 'd6:lengthi4e4:name1:x12:piece lengthi1e6:pieces0:ex', 'trailing-bytes'],
    ['nothing', '', 'truncated'],
    ['a string past the end', 'd4:name9:x', 'string-past-end'],
    ['more than a million tokens', `d1:al${'le'.repeat(500_000)}ee`, 'too-many-tokens'],
  ])('%s', (_what, raw, reason) => {
    expect(parseInfoDictionary(Buffer.from(raw, 'latin1'))).toEqual({ ok: false, reason });
  });
});

describe('huge lists', () => {
  const many = (count: number): Buffer => {
    const name = (index: number): string => `file_${String(index).padStart(6, '0')}_${'x'.repeat(55)}.bin`;
    const entries = Array.from(
      { length: count },
      (_, index) => `d6:lengthi1e4:pathl3:dir${name(index).length}:${name(index)}ee`,
    );
    return Buffer.from(`d5:filesl${entries.join('')}e4:name4:huge12:piece lengthi16384e6:pieces0:e`);
  };

  it('keeps the first files and counts all of 100,000', () => {
    const raw = many(100_000);
    expect(raw.length).toBeLessThan(10 * 1024 * 1024);
    const parsed = parseInfoDictionary(raw);
    expect(parsed).toMatchObject({ ok: true, info: { fileCount: 100_000, sizeBytes: 100_000 } });
    expect(parsed.ok && parsed.info.files).toHaveLength(FILES_KEPT_MAX);
  });

  it('keeps fewer files when their paths are monstrous, and counts them all', () => {
    const path = Array.from({ length: 100 }, () => 'd'.repeat(20));
    const info = read(withFiles(Array.from({ length: 1000 }, () => ({ length: 1, path }))));
    expect(info.fileCount).toBe(1000);
    expect(info.files.length).toBe(Math.ceil((1024 * 1024) / (100 * 52)));
  });

  it('refuses one more', () => {
    expect(parseInfoDictionary(many(100_001))).toEqual({ ok: false, reason: 'too-many-files' });
  });
});

describe('any bytes at all', () => {
  const originals = generateTorrents({ count: 40, seed: 11 }).map((torrent) => Buffer.from(torrent.info));

  it('10,000 mutated dictionaries: a value or a reason, never an exception, and every promise kept', () => {
    const random = createSeededRandom(5);
    let okCount = 0;
    for (let round = 0; round < 10_000; round++) {
      const original = originals[random.below(originals.length)]!;
      const raw = Buffer.from(original);
      // The piece hashes at the end would swallow most changes.
      const reach = Math.min(raw.length, 1500);
      for (let count = 1 + random.below(3); count > 0; count--) mutate(raw, random.below(reach), random.uint32());
      const parsed = parseInfoDictionary(random.below(20) === 0 ? raw.subarray(0, random.below(raw.length)) : raw);
      if (!parsed.ok) continue;
      okCount++;
      expectPromises(parsed.info);
    }
    expect(okCount).toBeGreaterThan(500);
  });

  it('generated dictionaries of the right keys and any values', () => {
    const leaf: fc.Arbitrary<Bencodable> = fc.oneof(
      fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom(2, 16384, 'x', ROOT),
    );
    const keys = fc.constantFrom('', 'a', 'length', 'path', 'path.utf-8', 'attr', 'pieces root');
    const { value } = fc.letrec<{ value: Bencodable }>((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('value'), { maxLength: 4 }), fc.dictionary(keys, tie('value'), { maxKeys: 4 })), // prettier-ignore
    }));
    const field = fc.constantFrom('name', 'name.utf-8', 'piece length', 'pieces', 'length', 'files', 'file tree', 'meta version', 'private'); // prettier-ignore
    fc.assert(
      fc.property(fc.dictionary(field, value), fc.boolean(), (fields, isV2) => {
        const parsed = parse({ ...(isV2 ? V2 : V1), ...fields });
        if (parsed.ok) expectPromises(parsed.info);
      }),
      { numRuns: 3000 },
    );
  });

  function mutate(raw: Buffer, at: number, choice: number): void {
    const kinds = 'deli0123456789:-'; // the letters of bencode
    raw[at] = choice % 3 === 0 ? choice >>> 8 : kinds.charCodeAt((choice >>> 8) % kinds.length);
  }

  function expectPromises(info: TorrentInfo): void {
    const isSize = (size: number): boolean => Number.isSafeInteger(size) && size >= 0;
    const isClean = (path: string): boolean => !/(^|\/)(\.{0,2})(\/|$)|\\/.test(path);
    // Plain conditions: this runs for hundreds of thousands of files.
    const isKept =
      info.name !== '' &&
      info.files.length === Math.min(info.fileCount, FILES_KEPT_MAX) &&
      info.fileCount > 0 &&
      isSize(info.sizeBytes) &&
      (info.hasV1 || info.hasV2) &&
      info.files.every((file) => isClean(file.path) && isSize(file.sizeBytes));
    if (!isKept) expect.fail(JSON.stringify(info));
  }
});
