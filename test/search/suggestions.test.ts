import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanTitle } from '../../main/search/clean-title.ts';
import { buildSegment, runToEnd } from '../../main/search/index-segment.ts';
import { soundKey, soundOf } from '../../main/search/sound-key.ts';
import { highestFirst } from '../../main/search/highest-first.ts';
import { DidYouMean, editDistance, TitleSuggestions } from '../../main/search/suggestions.ts';
import { Vocabulary } from '../../main/search/vocabulary.ts';
import { Corpus } from '../bench/corpus.ts';

const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));

describe('cleanTitle', () => {
  test.each([
    ['[Group] Some.Show.S03E07.1080p.WEB-DL.x264-GRP.mkv', 'Some Show'],
    ['Artist - Album (2001) [FLAC]', 'Artist - Album'],
    ['【東京物語】 [1080p]', '東京物語'],
    ['[Grp] Nice Anime - 05 (1080p) [ABCD1234].mkv', 'Nice Anime'],
    ['www.site.org - A.Movie.2019.1080p', 'A Movie'],
    ['2001.A.Space.Story.1968.720p', '2001 A Space Story'],
    ['App Name v2.1.3 x64', 'App Name'],
    ['1984', null],
    ['DEADBEEF12345678', null],
    ['1080p.x264', null],
    ['- -', null],
    ['', null],
  ])('%j', (name, expected) => {
    expect(cleanTitle(name)).toBe(expected);
  });

  test('any name gives a short title or none, soon', () => {
    fc.assert(
      fc.property(anyText, (name) => {
        const title = cleanTitle(name);
        if (title !== null) expect(title.length).toBeLessThanOrEqual(80);
      }),
    );
    const startedAtMs = performance.now();
    for (const filler of [' ', '.', '[', '-', '1', 'S1', '第', '( ']) cleanTitle(filler.repeat(100_000));
    expect(performance.now() - startedAtMs).toBeLessThan(500);
  });
});

function titlesOf(names: readonly string[]): TitleSuggestions {
  const rows = names.map((name, index) => ({ name, peersSeen: names.length - index }));
  return runToEnd(TitleSuggestions.build([rows.slice(0, 3), rows.slice(3)]));
}

describe('TitleSuggestions', () => {
  const titles = titlesOf([
    'The.Lost.Island.S01E01.1080p',
    'The.Lost.Island.S01E02.1080p',
    'Lost.Letters.2004.720p',
    'Island Songs - Greatest (2001) [FLAC]',
    '東京物語 第1話',
    'Ёлка.2010.BDRip',
    'deadbeef00112233',
  ]);

  test.each([
    ['lost', ['Lost Letters', 'The Lost Island']],
    ['the lo', ['The Lost Island']],
    ['LETT', ['Lost Letters']],
    ['東京', ['東京物語']],
    ['ел', ['Ёлка']],
    ['lost lett', ['Lost Letters']],
    ['lost ppp', ['The Lost Island', 'Lost Letters']],
    ['losst', ['The Lost Island', 'Lost Letters']],
    ['Lost Letters', []],
    ['qqq', []],
    ['', []],
    ['  ', []],
  ])('%j', (text, expected) => {
    expect(titles.suggest(text)).toEqual(expected);
  });

  test('counts a title once, whatever its releases', () => {
    expect(titles.titleCount).toBe(5);
  });

  test('any text is answered', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(titles.suggest(text).length).toBeLessThanOrEqual(8);
      }),
    );
  });
});

test.each([
  ['philosophy', 'filosofi'],
  ['quicker', 'kwiker'],
  ['knight', 'nite'],
  ['station', 'stashun'],
  ['xylophone', 'ksilofone'],
  ['cellar', 'seller'],
  ['borough', 'boro'],
])('%s sounds like %s', (word, other) => {
  expect(soundKey(soundOf(word))).toBe(soundKey(soundOf(other)));
});

describe('DidYouMean', () => {
  const corpus = new Corpus(3);
  const names = [
    ...Array.from({ length: 300 }, (_, index) => corpus.name(index)),
    ...Array.from({ length: 5 }, () => 'Mountain Philosophy of Strasse'),
    'mountian',
  ];
  const rows = names.map((name, index) => ({
    ...{ id: index + 1, name, sizeBytes: 1, fileCount: 1, peersSeen: 0 },
    ...{ discoveredAtUnixSeconds: 1, contentType: 'other' as const },
  }));
  const segments = [buildSegment(rows.slice(0, 200)).segment, buildSegment(rows.slice(200)).segment];
  const speller = runToEnd(DidYouMean.build(runToEnd(Vocabulary.read(segments))));

  test.each([
    ['moutnain', 'mountain'],
    ['mountan', 'mountain'],
    ['mountaain', 'mountain'],
    ['filosofi', 'philosophy'],
    ['strase', 'strasse'],
  ])('%s -> %s', (word, expected) => {
    expect(speller.corrections(word, 3)[0]).toBe(expected);
  });

  test('a common word is not doubted, a rare one is', () => {
    expect(speller.isDoubtful('mountain')).toBe(false);
    expect(speller.isDoubtful('mountian')).toBe(true);
    expect(speller.isDoubtful('dl')).toBe(false);
    expect(speller.isDoubtful('s03e07')).toBe(false);
  });

  test('most single slips are mended', () => {
    const words = [...new Set(names.flatMap((name) => name.toLowerCase().match(/[a-z]{6,}/g) ?? []))].slice(0, 150);
    const mended = words.filter((word) => {
      const slip = `${word.slice(0, 2)}${word[3]}${word[2]}${word.slice(4)}`;
      return slip === word || speller.corrections(slip, 3).includes(word);
    });
    expect(mended.length / words.length).toBeGreaterThan(0.9);
  });

  test('any word is answered', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(speller.corrections(text.toLowerCase(), 3).length).toBeLessThan(4);
      }),
    );
  });
});

test('editDistance', () => {
  const cases = [
    ['', '', 0],
    ['abc', '', 3],
    ['abc', 'acb', 1],
    ['kitten', 'sitting', 3],
    ['word', 'word', 0],
  ] as const;
  for (const [from, to, expected] of cases) {
    expect(editDistance(from, to)).toBe(expected);
    expect(editDistance(to, from)).toBe(expected);
  }
});

test('words are counted over all segments, and those that nearly no name has are left out', () => {
  const words = ['stone', 'river', 'night', 'of', 'ab12cd', 'été'];
  const count = 6000; // so many names that a word of one of them counts for nothing
  const names = Array.from({ length: count }, (_, at) => `${words[at % 3]} ${words[3 + (at % 3)]} x${at}y`);
  names[7] = 'solitary stone stone';
  const rows = names.map((name, index) => ({
    ...{ id: index + 1, name, sizeBytes: 1, fileCount: 1, peersSeen: 0 },
    ...{ discoveredAtUnixSeconds: 1, contentType: 'other' as const },
  }));
  const segments = [0, 10, 2500].map(
    (from, at, all) => buildSegment(rows.slice(from, all[at + 1] ?? rows.length)).segment,
  );
  const vocabulary = runToEnd(Vocabulary.read(segments));
  const having = (word: string): number => names.filter((name) => name.split(' ').includes(word)).length;
  for (const word of ['stone', 'river', 'night', 'ete'])
    expect(vocabulary.countOf(word)).toBe(having(word === 'ete' ? 'été' : word));
  expect(['solitary', 'of', 'ab12cd', 'x9y'].map((word) => vocabulary.countOf(word))).toEqual([0, 0, 0, 0]);
  expect(runToEnd(vocabulary.correctable())).toHaveLength(4);
  expect(runToEnd(vocabulary.correctable())[0]).toBe('stone');
});

test('the highest come first, as if they had been sorted', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 300 }), fc.nat(320), (keys, limit) => {
      const items = keys.map((key, at) => ({ key, at }));
      const sorted = items.toSorted((a, b) => b.key - a.key || a.at - b.at).slice(0, limit);
      expect(runToEnd(highestFirst(items, ({ key }) => key, limit))).toEqual(sorted);
    }),
  );
});
