// Which terms of a query are looked up on disk, by what the names in memory say of them.
import { describe, expect, test } from 'vitest';
import { buildSegment } from '../../main/search/index-segment.ts';
import { matchExpression } from '../../main/search/full-text.ts';
import { isCommonBeginning, lookUpTerms } from '../../main/search/older-look-up.ts';
import { parseQuery } from '../../main/search/search-query.ts';

/** `often` in every fourth name, `oftentimes` in one of 16, `seldom` in one of 400. */
const { segment } = buildSegment(
  Array.from({ length: 50_000 }, (_, at) => ({
    id: at + 1,
    name: [at % 4 === 0 ? 'often' : 'x', at % 16 === 1 ? 'oftentimes' : 'y', at % 400 === 2 ? 'seldom' : 'z'].join(' '),
    sizeBytes: 1,
    fileCount: 1,
    peersSeen: 0,
    discoveredAtUnixSeconds: at,
    contentType: 'other' as const,
  })),
);

function lookedUp(text: string, { matchShare = 0, segments = [segment] } = {}) {
  const { isWider, ...terms } = lookUpTerms(parseQuery(text), segments, matchShare);
  return [matchExpression(terms), isWider];
}

describe('of words that are hardly ever in one name', () => {
  test('a rare one is looked up alone', () => {
    expect(lookedUp('often seldom ')).toEqual(['"seldom"', true]);
    expect(lookedUp('often "x seldom" -y')).toEqual(['"seldom"', true]);
  });

  test('two common ones are looked up together', () => {
    expect(lookedUp('often oftentimes ')).toEqual(['"often" AND "oftentimes"', false]);
  });

  test('all are, where many names have them', () => {
    expect(lookedUp('x seldom -w', { matchShare: 0.001 })).toEqual(['("x" AND "seldom") NOT ("w")', false]);
  });
});

test('the beginning of common words is looked up by the three letters that there is an index of', () => {
  expect(lookedUp('often')).toEqual(['"oft"*', true]);
  expect(lookedUp('oft')).toEqual(['"oft"*', false]);
  expect(lookedUp('seldo')).toEqual(['"seldo"*', false]);
  expect(lookedUp('often ')).toEqual(['"often"', false]);
});

test('the beginning of common words is too much where there is no index of beginnings', () => {
  const isTooMuch = (text: string): boolean => isCommonBeginning(parseQuery(text).terms[0]!, [segment]);
  expect(['often', 'oftentimes', 'seld', 'missing'].map(isTooMuch)).toEqual([true, true, false, false]);
});

test('a few names in memory say nothing of the others', () => {
  const few = buildSegment([
    {
      id: 1,
      name: 'often',
      sizeBytes: 1,
      fileCount: 1,
      peersSeen: 0,
      discoveredAtUnixSeconds: 1,
      contentType: 'other',
    },
  ]);
  expect(lookedUp('often', { segments: [few.segment] })).toEqual(['"often"*', false]);
});
