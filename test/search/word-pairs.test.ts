// The pairs of a row may promise a phrase that the name lacks, never the other way round.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nameMatches } from '../../main/search/name-match.ts';
import { parseQuery } from '../../main/search/search-query.ts';
import { tokens } from '../../main/search/tokens.ts';
import { pairsOfPhrases, pairsOfTokens } from '../../main/search/word-pairs.ts';
import { Corpus } from '../bench/corpus.ts';

const corpus = new Corpus(5);

function promises(name: string, text: string): boolean {
  const asked = pairsOfPhrases(parseQuery(text).phrases);
  const has = pairsOfTokens(tokens(name));
  return (asked.low & ~has.low) === 0 && (asked.high & ~has.high) === 0;
}

test('every name that has a phrase has its pairs', () => {
  const name = fc.oneof(
    fc.nat(5000).map((index) => corpus.name(index)),
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom('s03e07', 's03', 'show', '1080p', '東京', 'é'), { maxLength: 8 })
      .map((list) => list.join(' ')),
  );
  let matchCount = 0;
  fc.assert(
    fc.property(name, fc.nat(60), fc.integer({ min: 1, max: 25 }), (text, from, length) => {
      const phrase = `"${text.slice(from, from + length).replaceAll('"', ' ')}"`;
      if (!nameMatches(parseQuery(phrase), text)) return;
      matchCount++;
      expect(promises(text, phrase)).toBe(true);
    }),
    { numRuns: 2000 },
  );
  expect(matchCount).toBeGreaterThan(300);
});

test('the season of an episode stands where the episode stands', () => {
  expect(promises('Show.S03E07.S03.1080p', '"show s03e07 s03 1080p"')).toBe(true);
  for (const phrase of ['"show s03e07"', '"show s03"', '"s03e07 1080p"']) {
    expect(promises('Show.S03E07.1080p', phrase)).toBe(true);
  }
});

test('few names without the phrase seem to have it', () => {
  const names = Array.from({ length: 3000 }, (_, index) => corpus.name(index));
  const phrase = '"deluxe edition"';
  const lacking = names.filter((name) => !nameMatches(parseQuery(phrase), name));
  expect(lacking.filter((name) => promises(name, phrase)).length / lacking.length).toBeLessThan(0.1);
});
