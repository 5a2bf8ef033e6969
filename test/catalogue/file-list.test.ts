// Packed file lists: whatever goes in comes out, and damaged bytes give null instead of an exception.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packFiles, unpackFiles } from '../../main/catalogue/file-list.ts';
import { FILES_KEPT_MAX } from '../../main/catalogue/torrent.ts';
import type { TorrentFile } from '../../main/catalogue/torrent.ts';

const path = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.stringMatching(/^(CD[1-3]|Subs)\/track [0-9]{1,3}\.(flac|srt)$/),
);
const file = fc.oneof(
  { weight: 5, arbitrary: fc.record({ path, sizeBytes: fc.maxSafeNat() }) },
  fc.record({
    path,
    sizeBytes: fc.maxSafeNat(),
    attributes: fc.constantFrom('x', 'h', 'xh', 'l', 'xhl'),
  }),
  fc.record({
    path,
    sizeBytes: fc.constant(0),
    attributes: fc.constant('l'),
    linkTarget: path.filter((to) => to !== ''),
  }),
);
const wellFormed = (files: readonly TorrentFile[]): TorrentFile[] =>
  files.map((entry) => ({
    ...entry,
    path: entry.path.toWellFormed(),
    ...(entry.linkTarget === undefined ? {} : { linkTarget: entry.linkTarget.toWellFormed() }),
  }));

describe('packFiles and unpackFiles', () => {
  it('give back any list', () => {
    fc.assert(
      fc.property(fc.array(file, { maxLength: 80 }), (files) => {
        expect(unpackFiles(packFiles(files))).toEqual(wellFormed(files));
      }),
      { numRuns: 400 },
    );
  });

  it('tell halves of a letter from the letter where paths begin alike', () => {
    const files = ['a\u{1F3EE}b', 'a\u{1F3EF}b', 'a\ud83c', 'a\ud83c\udfee', 'é', 'è'].map((path) => ({
      path,
      sizeBytes: 1,
    }));
    expect(unpackFiles(packFiles(files))).toEqual(wellFormed(files));
  });

  it('keep newlines, NUL, slashes and the largest size', () => {
    const files = [
      { path: 'a\nb\0c/"d\'', sizeBytes: Number.MAX_SAFE_INTEGER },
      { path: '', sizeBytes: 0 },
      { path: 'x'.repeat(1024 * 1024), sizeBytes: 127 },
      { path: 'é/日本語/🏮', sizeBytes: 128 },
    ];
    expect(unpackFiles(packFiles(files))).toEqual(files);
  });

  it('share the beginnings of paths and deflate long lists', () => {
    const files = Array.from({ length: 300 }, (_, index) => ({
      path: `Some Long Collection Name/Disc ${1 + (index % 3)}/track ${index}.flac`,
      sizeBytes: 30_000_000 + index * 7919,
    }));
    const packed = packFiles(files);
    expect(packed[0]).toBe(1);
    expect(packed.length).toBeLessThan(JSON.stringify(files).length / 8);
    expect(unpackFiles(packed)).toEqual(files);
  });

  it('keep FILES_KEPT_MAX files and no more', () => {
    const files = Array.from({ length: FILES_KEPT_MAX + 5 }, (_, index) => ({ path: `${index}`, sizeBytes: index }));
    expect(unpackFiles(packFiles(files))).toEqual(files.slice(0, FILES_KEPT_MAX));
  });

  it('answer null or a list for any bytes at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const files = unpackFiles(bytes);
        expect(files === null || files.length <= FILES_KEPT_MAX).toBe(true);
      }),
      { numRuns: 500 },
    );
    expect(unpackFiles(new Uint8Array(0))).toBeNull();
  });

  it('answer null for every way of cutting a list short', () => {
    const files = Array.from({ length: 40 }, (_, index) => ({
      path: `folder/file ${index}.bin`,
      sizeBytes: index * 1e9,
    }));
    const packed = packFiles(files);
    for (let length = 0; length < packed.length; length++) expect(unpackFiles(packed.subarray(0, length))).toBeNull();
  });

  it('answer null for a list that inflates beyond measure', async () => {
    const { deflateRawSync } = await import('node:zlib');
    const bomb = Buffer.concat([Buffer.of(1), deflateRawSync(Buffer.alloc(80 * 1024 * 1024))]);
    expect(unpackFiles(bomb)).toBeNull();
  });
});
