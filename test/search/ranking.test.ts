import { expect, test } from 'vitest';
import { nameScore, staticScore } from '../../main/search/ranking.ts';
import { parseQuery, requiredWords } from '../../main/search/search-query.ts';

const score = (query: string, name: string): number => nameScore(requiredWords(parseQuery(query)), name);

test.each([
  ['the title itself before a longer one', 'lost island', 'Lost.Island.2010.1080p', 'Lost.Island.Songs.2010.1080p'],
  ['the beginning of a name before its end', 'lost', 'Lost.Letters.Of.Home', 'Some.Other.Letters.Lost.Home'],
  ['side by side before apart', 'lost island', 'A.B.C.Lost.Island.X', 'A.B.Lost.C.Island.X'],
  ['the whole word before its beginning', 'isla', 'Isla.2010', 'Island.2010'],
  ['a short name before a long one', 'lost', 'Lost.x.y', 'Lost.x.y.a.b.c.d.e.f.g'],
  ['in the order asked before another', 'lost island', 'x.Lost.Island.y.z', 'x.Island.Lost.y.z'],
])('%s', (_, query, better, worse) => {
  expect(score(query, better)).toBeGreaterThan(score(query, worse));
});

test('more peers and less age are better', () => {
  expect(staticScore(10, 0.5)).toBeGreaterThan(staticScore(3, 0.5));
  expect(staticScore(10, 0.6)).toBeGreaterThan(staticScore(10, 0.5));
  expect(staticScore(1e9, 1)).toBe(staticScore(65_535, 1));
});
