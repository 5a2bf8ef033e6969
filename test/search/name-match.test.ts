import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchRanges, nameMatches } from '../../main/search/name-match.ts';
import { parseQuery } from '../../main/search/search-query.ts';

/** The highlighted pieces of `name`. */
function marked(query: string, name: string): string[] {
  const ranges = matchRanges(parseQuery(query), name);
  return Array.from({ length: ranges.length / 2 }, (_, index) => name.slice(ranges[2 * index], ranges[2 * index + 1]));
}

describe('nameMatches', () => {
  test.each([
    ['two words', 'Two.Other.Words', true],
    ['"two words"', 'Two.Other.Words', false],
    ['"two words"', 'These Two Words', true],
    ['"two wor"', 'These Two Words', false],
    ['two wor', 'These Two Words', true],
    ['two wor ', 'These Two Words', false],
    ['two -words', 'These Two Words', false],
    ['these -"words two"', 'These Two Words', true],
    ['show s03', 'Show.S03E07.1080p', true],
    ['"show s03"', 'Show.S03E07.1080p', true],
    ['show s3', 'Show.S03E07.1080p', false],
    ['京都物', '東京都物語', true],
    ['都京物', '東京都物語', false],
    ['"第12話"', '題 第12話', true],
    ['"第12"', '題 第123話', false],
    ['елка', 'Ёлка', true],
    ['😀', 'Anything', false],
  ])('%s in %s: %s', (query, name, expected) => {
    expect(nameMatches(parseQuery(query), name)).toBe(expected);
  });
});

describe('matchRanges', () => {
  test.each([
    ['show', 'Some Show', ['Show']],
    ['sho', 'Some Show', ['Sho']],
    ['show s03', 'Show.S03E07', ['Show', 'S03']],
    ['ete', 'L’Été', ['Été']],
    ['ete', 'L’E\u0301te\u0301', ['E\u0301te\u0301']],
    ['strasse', 'Straße', ['Straße']],
    ['京都', '東京都 京都', ['京都', '京都']],
    ['한국', '대한국민', ['한국']],
    ['"two words"', 'Two.Words two x', ['Two.Words']],
    ['full', 'ＦＵＬＬ', ['ＦＵＬＬ']],
    ['-some show', 'Show', ['Show']],
    ['', 'Show', []],
  ])('%j in %j', (query, name, expected) => {
    expect(marked(query, name)).toEqual(expected);
  });

  test('ranges are in order, apart, and inside the name, whatever both are', () => {
    const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(text, text, (query, name) => {
        const ranges = matchRanges(parseQuery(query), name);
        expect(ranges.length % 2).toBe(0);
        let last = -1;
        for (const [index, offset] of ranges.entries()) {
          expect(offset).toBeGreaterThan(last);
          last = offset;
          expect(offset).toBeLessThanOrEqual(name.length);
          expect(index % 2 === 0 ? offset < name.length : offset > 0).toBe(true);
        }
      }),
    );
  });

  test('a name that matches by a word has something to highlight', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
        const query = parseQuery(name.replaceAll('"', ' ').replaceAll('-', ' '));
        if (query.terms.length > 0) expect(matchRanges(query, name).length).toBeGreaterThan(0);
      }),
    );
  });
});
