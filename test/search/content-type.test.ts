import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contentTypeOf } from '../../main/search/content-type.ts';
import { CONTENT_TYPES } from '../../main/store/store-contract.ts';

const file = (path: string, sizeBytes: number) => ({ path, sizeBytes });

test.each([
  ['Show', [file('Show/e1.mkv', 1e9), file('Show/e1.srt', 1e5), file('cover.jpg', 1e6)], 'video'],
  ['Artist - Album', [file('01.flac', 3e7), file('02.flac', 3e7), file('clip.mkv', 1e6)], 'audio'],
  ['Book', [file('Book.EPUB', 1e6)], 'book'],
  ['Tool', [file('setup.exe', 1e8), file('readme.txt', 1000)], 'software'],
  ['Adventure-FitGirl Repack', [file('setup.exe', 1e6), file('fg-01.bin', 1e10)], 'game'],
  ['Adventure [GOG]', [file('setup.exe', 1e9)], 'game'],
  ['Film.2019.1080p.BluRay.x264-GRP', [file('film.rar', 1e9), file('film.r00', 1e9)], 'video'],
  ['linux-24.04-desktop-amd64.iso', [file('linux-24.04-desktop-amd64.iso', 1e9)], 'software'],
  ['名前 第3話', [], 'video'],
  ['pictures', [file('1.jpg', 1e6)], 'image'],
  ['', [], 'other'],
  ['path.mkv/with.dots', [file('a.mkv/b', 1)], 'other'],
] as const)('%s', (name, files, expected) => {
  expect(contentTypeOf(name, files)).toBe(expected);
});

test('anything has a type', () => {
  const files = fc.array(fc.record({ path: fc.string({ unit: 'binary' }), sizeBytes: fc.double() }));
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), files, (name, list) =>
      CONTENT_TYPES.includes(contentTypeOf(name, list)),
    ),
  );
});
