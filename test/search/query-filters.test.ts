// What each filter of the query language means.
import { describe, expect, test } from 'vitest';
import { parseQuery } from '../../main/search/search-query.ts';

const filtersOf = (text: string) => parseQuery(text).filters;

describe('types', () => {
  test.each([
    ['type:video', ['video']],
    ['TYPE:Video', ['video']],
    ['type:vid', ['video']],
    ['type:video,audio', ['video', 'audio']],
    ['type:movies', ['video']],
    ['type:music type:book', ['audio', 'book']],
    ['-type:video -type:audio', ['book', 'software', 'game', 'other', 'image', 'archive']],
    ['type:video,game -type:game', ['video']],
    ['type:nonsense', null],
    ['type:video,nonsense', null],
  ])('%j', (text, expected) => {
    expect(filtersOf(text).types).toEqual(expected);
  });
});

describe('ranges', () => {
  const DAY = 86_400;
  test.each([
    ['size:>1GB', 'size', 1e9 + 1, Infinity],
    ['size:>=1.5gb', 'size', 1.5e9, Infinity],
    ['size:<700MB', 'size', 0, 7e8 - 1],
    ['size:<=700MiB', 'size', 0, 700 * 2 ** 20],
    ['size:1GB..4GB', 'size', 1e9, 4e9],
    ['size:1..4GB', 'size', 1e9, 4e9],
    ['size:1-4GB', 'size', 1e9, 4e9],
    ['size:..4GB', 'size', 0, 4e9],
    ['size:2GB..', 'size', 2e9, Infinity],
    ['size:1.4GB', 'size', 1.35e9, 1.45e9],
    ['size:=1.4GB', 'size', 1.4e9, 1.4e9],
    ['size:100', 'size', 100, 100],
    ['size:"> 1 GB"', 'size', 1e9 + 1, Infinity],
    ['size:>1GB size:<2GB', 'size', 1e9 + 1, 2e9 - 1],
    ['files:12', 'files', 12, 12],
    ['files:>1k', 'files', 1001, Infinity],
    ['files:2..20', 'files', 2, 20],
    ['age:7d', 'age', 0, 7 * DAY],
    ['age:7', 'age', 0, 7 * DAY],
    ['age:<2weeks', 'age', 0, 14 * DAY - 1],
    ['age:>1y', 'age', 365 * DAY + 1, Infinity],
    ['age:1w..2mo', 'age', 7 * DAY, 60 * DAY],
    ['age:30m', 'age', 0, 1800],
    ['age:<12hours', 'age', 0, 12 * 3600 - 1],
    ['seeds:5', 'seeds', 5, Infinity],
    ['seeds:>5', 'seeds', 6, Infinity],
    ['seeds:0..3', 'seeds', 0, 3],
    ['seeds:<0', 'seeds', 0, -1],
  ] as const)('%j', (text, key, min, max) => {
    expect(filtersOf(text).ranges[key]).toEqual({ min, max });
    expect(parseQuery(text)).toMatchObject({ terms: [], phrases: [], isUnmatchable: false });
  });

  test.each(['size:big', 'size:1XB', 'size:..', 'files:1GB', 'age:1parsec', 'seeds:many', '-size:>1GB'])(
    '%j is text',
    (text) => {
      const query = parseQuery(text);
      expect(query.filters.isEmpty).toBe(true);
      expect(query.terms.length + query.excluded.length).toBeGreaterThan(0);
    },
  );

  test.each(['type:', 'size:', 'size:>', 'seeds:>=', 'ext:', 'path:'])('%j asks nothing yet', (text) => {
    const query = parseQuery(text);
    expect(query).toMatchObject({ terms: [], phrases: [], isUnmatchable: false });
    expect(query.filters.isEmpty).toBe(true);
  });
});

describe('files and hashes', () => {
  test('extensions and words of paths', () => {
    const filters = filtersOf('ext:mkv,.MP4 ext:srt -ext:exe path:sample path:"two words" -path:trailer');
    expect(filters.extensions).toEqual([['mkv', 'mp4'], ['srt']]);
    expect(filters.excludedExtensions).toEqual(['exe']);
    expect(filters.paths.map((word) => word.text)).toEqual(['sample', 'two', 'words']);
    expect(filters.excludedPaths.map((word) => word.text)).toEqual(['trailer']);
  });

  test('a whole infohash is found, a beginning filters', () => {
    const hex = '0123456789abcdef0123456789abcdef01234567';
    expect(parseQuery(`hash:${hex.toUpperCase()}`).infohashHex).toBe(hex);
    expect(filtersOf('hash:01aF').hashPrefix).toBe('01af');
    expect(filtersOf('hash:xyz').hashPrefix).toBeNull();
  });

  test('they are bounded', () => {
    const many = Array.from({ length: 200 }, (_, index) => `ext:e${index} path:p${index}`).join(' ');
    const { extensions, paths } = filtersOf(many);
    expect(extensions.length + paths.length).toBeLessThanOrEqual(16);
  });
});
