import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isEmptyQuery, parseQuery, QUERY_WORDS_MAX, requiredWords } from '../../main/search/search-query.ts';
import { matchExpression } from '../../main/search/full-text.ts';
import { toIndexQuery } from '../../main/search/index-query.ts';

/** `foo` whole, `foo*` a beginning. */
function shape(text: string) {
  const query = parseQuery(text);
  const show = (word: { text: string; isPrefix: boolean }): string => word.text + (word.isPrefix ? '*' : '');
  return {
    terms: query.terms.map(show),
    phrases: query.phrases.map((phrase) => phrase.map(show).join(' ')),
    excluded: query.excluded.map((phrase) => phrase.map(show).join(' ')),
  };
}

/** Made of what the language is made of, in no order. */
const queryLike = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'type:',
        'size:',
        'files:',
        'age:',
        'seeds:',
        'ext:',
        'path:',
        'hash:',
        ' OR ',
        '|',
        '-',
        '"',
        '..',
      ),
      fc.constantFrom(
        '>',
        '<=',
        '=',
        '1',
        '1.5',
        'GB',
        'KiB',
        'd',
        'video',
        'mkv',
        'ab',
        ',',
        ' ',
        '東京',
        '\0',
        '\ud800',
        '*',
      ),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

describe('parseQuery', () => {
  test.each([
    ['foo bar', ['foo', 'bar*'], [], []],
    ['foo bar ', ['foo', 'bar'], [], []],
    ['foo "two words" ba', ['foo', 'ba*'], ['two words'], []],
    ['“two words”', [], ['two words'], []],
    ['foo -bar', ['foo'], [], ['bar']],
    ['foo -"bar baz" qux', ['foo', 'qux*'], [], ['bar baz']],
    ['foo -bar.baz', ['foo'], [], ['bar baz']],
    ['spider-man', ['spider', 'man*'], [], []],
    ['foo - bar', ['foo', 'bar*'], [], []],
    ['foo --bar', ['foo', 'bar*'], [], []],
    ['"open phrase', ['open', 'phrase*'], [], []],
    ['12" vinyl', ['12', 'vinyl*'], [], []],
    ['a"b c"d', ['a', 'd*'], ['b c'], []],
    ['""', [], [], []],
    ['type:nonsense', ['type', 'nonsense*'], [], []],
    ["' OR 1=1; DROP TABLE --", ['or', '1', '1', 'drop', 'table'], [], []],
    ['name_fts:x AND (NEAR(a b))^*', ['name', 'fts', 'x', 'and', 'near', 'a', 'b'], [], []],
    ['Ёлка É', ['елка', 'e*'], [], []],
  ])('%j', (text, terms, phrases, excluded) => {
    expect(shape(text)).toEqual({ terms, phrases, excluded });
  });

  test('nothing, and the way to something, is the empty query', () => {
    for (const text of ['', '   ', '"', '-', ' - "', '""']) expect(isEmptyQuery(parseQuery(text))).toBe(true);
  });

  test('symbols that no name is indexed by match nothing', () => {
    for (const text of ['😀', '!!!', '***', '\ud800']) {
      expect(parseQuery(text).isUnmatchable).toBe(true);
      expect(isEmptyQuery(parseQuery(text))).toBe(false);
    }
  });

  test('words are bounded', () => {
    const query = parseQuery(Array.from({ length: 200 }, (_, index) => `w${index}`).join(' '));
    expect(query.terms.length).toBe(QUERY_WORDS_MAX);
    expect(parseQuery('x'.repeat(100_000)).terms.length).toBe(1);
  });

  const V1 = '0123456789abcdef0123456789ABCDEF01234567';
  const V2 = `${V1}${'ab'.repeat(12)}`;
  test.each([
    [V1, V1.toLowerCase()],
    [` ${V1} `, V1.toLowerCase()],
    [V2, V2.toLowerCase()],
    [`urn:btih:${V1}`, V1.toLowerCase()],
    [`magnet:?xt=urn:btih:${V1}&dn=foo&tr=udp://t`, V1.toLowerCase()],
    [`magnet:?dn=foo&xt=urn:btmh:1220${V2}`, V2.toLowerCase()],
    ['AERUKZ4JVPG66AJDIVTYTK6N54ASGRLH', '0123456789abcdef0123456789abcdef01234567'],
    [`${V1}0`, null],
    ['magnet:?dn=foo', null],
    ['magnet:?xt=urn:btih:nonsense', null],
    [`${V1} foo`, null],
  ])('infohash of %j', (text, expected) => {
    expect(parseQuery(text).infohashHex).toBe(expected);
  });

  test('a magnet link is searched by its name when its torrent is not known', () => {
    expect(shape(`magnet:?xt=urn:btih:${V1}&dn=Some+Show`).terms).toEqual(['some', 'show*']);
  });

  test.each([
    ['foo OR bar ', ['foo|bar'], []],
    ['foo | bar OR "two words" qux', ['foo|bar|two words'], ['qux*']],
    ['a b OR c d ', ['b|c'], ['a', 'd']],
    ['foo OR', [], ['foo', 'or*']],
    ['foo OR ', [], ['foo']],
    ['OR foo ', [], ['or', 'foo']],
    ['foo OR -bar baz ', [], ['baz', 'foo']],
    ['foo or bar ', [], ['foo', 'or', 'bar']],
    ['spider-man OR bat-ma', ['spider man|bat ma*'], []],
    ['foo OR type:video bar ', [], ['bar', 'foo']],
  ])('alternatives of %j', (text, groups, rest) => {
    const query = parseQuery(text);
    const show = (word: { text: string; isPrefix: boolean }): string => word.text + (word.isPrefix ? '*' : '');
    const shown = query.anyOf.map((group) => group.map((phrase) => phrase.map(show).join(' ')).join('|'));
    expect(shown).toEqual(groups);
    expect(requiredWords(query).map(show)).toEqual(rest);
  });

  test('any text is a query, and gives an expression that FTS5 can read', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), queryLike), (text) => {
        const query = parseQuery(text);
        expect(requiredWords(query).length).toBeLessThanOrEqual(QUERY_WORDS_MAX);
        const expression = matchExpression(toIndexQuery(query));
        if (expression !== null) expect(expression).toMatch(/^[\p{L}\p{N}"*() ]+$/u);
      }),
    );
  });
});
