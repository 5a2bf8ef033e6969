import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fold, foldWithOffsets, lettersOf, tokens, WORD_CHARACTERS_MAX, words } from '../../main/search/tokens.ts';

const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string());

describe('tokens', () => {
  test.each([
    ['Some.Show.S03E07.1080p.WEB-DL', ['some', 'show', 's03e07', 's03', '1080p', 'web', 'dl']],
    ['東京都 第12話', ['東京', '京都', '都', '第', '12', '話']],
    ['ガンダム', ['カン', 'ンタ', 'タム', 'ム']],
    ['Ёлка Йод', ['елка', 'иод']],
    ['ＦＵＬＬ　Width１２', ['full', 'width12']],
    ['Straße Ærø Łódź DİYAR', ['strasse', 'aero', 'lodz', 'diyar']],
    ['ΣΊΣΥΦΟΣ', ['σισυφοσ']],
    ['ﬁne ℡ ①', ['fine', 'tel', '1']],
    ['العربيّة', ['العربية']],
    ['😀 -"\ud800 __', []],
    ['s1e2 s12e3456 s123e4 xs01e02', ['s1e2', 's1', 's12e3456', 's12', 's123e4', 'xs01e02']],
  ])('%j', (text, expected) => {
    expect(tokens(text)).toEqual(expected);
  });

  test('Hangul pairs syllables, however they are composed', () => {
    const composed = '한국영화'.normalize('NFC');
    expect(tokens(composed)).toEqual(tokens(composed.normalize('NFD')));
    expect(tokens(composed).map((term) => term.normalize('NFC'))).toEqual(['한국', '국영', '영화', '화']);
  });

  test('Thai is cut into pairs of letters', () => {
    expect(tokens('ไทย')).toEqual(['ไท', 'ทย', 'ย']);
  });

  test('long words are cut, also between the halves of a letter', () => {
    expect(tokens('x'.repeat(500))).toEqual(['x'.repeat(WORD_CHARACTERS_MAX)]);
    const [cut] = tokens(`x${'\u{10400}'.repeat(100)}`);
    expect(cut!.length).toBeLessThanOrEqual(WORD_CHARACTERS_MAX);
    expect(cut!.isWellFormed()).toBe(true);
  });

  test('only so much of a text is read', () => {
    expect(tokens('a '.repeat(1_000_000)).length).toBe(2048);
  });

  test('any text: terms are folded letters and digits', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const term of tokens(text)) {
          expect(term).toMatch(/^[\p{L}\p{N}]+$/u);
          expect(fold(term)).toBe(term);
        }
      }),
    );
  });
});

describe('folding', () => {
  test('twice is once, and letter by letter is all at once', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(fold(fold(text))).toBe(fold(text));
        expect(foldWithOffsets(text).folded).toBe(fold(text));
      }),
    );
  });

  test('offsets lead back to whole letters of the original', () => {
    const text = 'é한 Straße ﬁ';
    const { folded, starts, ends } = foldWithOffsets(text);
    expect(text.slice(starts[0], ends[0])).toBe('é'); // with its mark
    const at = folded.indexOf('strasse');
    expect(text.slice(starts[at], ends[at + 6])).toBe('Straße');
    expect(text.slice(starts[folded.indexOf('fi')], ends[folded.indexOf('fi')])).toBe('ﬁ');
  });

  test('offsets rise, whatever the text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { folded, starts, ends } = foldWithOffsets(text);
        expect(starts.length).toBe(folded.length);
        for (let index = 0; index < starts.length; index++) {
          expect(starts[index]!).toBeLessThan(ends[index]!);
          expect(starts[index]!).toBeGreaterThanOrEqual(starts[index - 1] ?? 0);
        }
      }),
    );
  });

  test('words cover what they say', () => {
    const folded = fold('ab 第12話cd');
    expect(words(folded).map(({ text, isUnspaced }) => [text, isUnspaced])).toEqual([
      ['ab', false],
      ['第', true],
      ['12', false],
      ['話', true],
      ['cd', false],
    ]);
    for (const word of words(folded)) expect(folded.slice(word.start, word.end)).toBe(word.text);
    expect(lettersOf('東京')).toEqual(['東', '京']);
  });
});
