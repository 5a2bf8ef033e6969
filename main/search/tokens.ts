// Text -> folded words -> index terms. The one tokeniser of the app: names, file paths and queries go through it, in memory
// and in FTS5 (whose tables hold `tokens(text).join(' ')`; declare them with `tokenize='ascii'`, which splits at the spaces
// and nowhere else: unicode61 knows only the letters of Unicode 6.1 and would cut newer ones).
// Folding = NFKD, marks dropped, lower case. Words of scripts written without spaces become overlapping pairs of letters.

/** Stored beside the full-text tables; they are rebuilt when it changes. */
export const TOKENISER_VERSION = 2;

/** UTF-16 units read of one text; what comes after is neither indexed nor matched. Names are at most 255 bytes. */
export const TEXT_CHARACTERS_MAX = 4096;
/** Longer words are cut, in texts and in queries alike. */
export const WORD_CHARACTERS_MAX = 64;

export interface Word {
  /** Folded, at most WORD_CHARACTERS_MAX (words of unspaced scripts are not cut). */
  readonly text: string;
  /** [start, end) in the folded text. */
  readonly start: number;
  readonly end: number;
  /** True: written without spaces (Han, Kana, Hangul, Thai, ...); matched by substring. */
  readonly isUnspaced: boolean;
}

const UNSPACED =
  '[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Thai}\\p{Script=Lao}' +
  '\\p{Script=Khmer}\\p{Script=Myanmar}\\p{Script=Bopomofo}ー]';
/** Group 1: a word of an unspaced script; else a word of letters and digits. Both end where the other begins. */
const WORDS = new RegExp(`([${UNSPACED}&&[\\p{L}\\p{N}]]+)|[[\\p{L}\\p{N}]--${UNSPACED}]+`, 'gv');
const ASCII_ONLY = /^[\x00-\x7f]*$/;
const MARKS = /\p{M}+/gu;
/** One written letter of an unspaced word: a Hangul syllable (decomposed by NFKD), else one code point. */
const LETTERS = /[\u1100-\u115f][\u1160-\u11a7]*[\u11a8-\u11ff]*|./gsu;
/** Letters that NFKD leaves alone and that people type plainly. */
const PLAIN_LETTERS: ReadonlyMap<string, string> = new Map([
  ['ß', 'ss'],
  ['æ', 'ae'],
  ['œ', 'oe'],
  ['ø', 'o'],
  ['đ', 'd'],
  ['ł', 'l'],
  ['ı', 'i'],
  ['ς', 'σ'],
]);
const PLAINABLE = /[ßæœøđłıς]/g;
const EPISODE = /^(s\d{1,2})e\d{1,4}/;

/** Before an extension among the tokens of paths: `·mkv` is no word of any text, and a letter to FTS5's 'ascii'. */
export const EXTENSION_MARK = '·';

/** The index terms of `text`, in order, repeats kept. `s03e07` also gives `s03`. */
export function tokens(text: string): string[] {
  const terms: string[] = [];
  for (const word of words(fold(text))) {
    if (word.isUnspaced) {
      const letters = lettersOf(word.text);
      for (let index = 1; index < letters.length; index++) terms.push(letters[index - 1]! + letters[index]!);
      // The last letter alone, so that every single letter is found as the beginning of some term.
      terms.push(letters.at(-1)!);
    } else {
      terms.push(word.text);
      const season = seasonOf(word.text);
      if (season !== null) terms.push(season);
    }
  }
  return terms;
}

/** `s03` for `s03e07`, else null. */
export function seasonOf(word: string): string | null {
  if (word.charCodeAt(0) !== 115) return null;
  return EPISODE.exec(word)?.[1] ?? null;
}

/** The letters of an unspaced word: code points, but a Hangul syllable is one letter. */
export function lettersOf(word: string): string[] {
  return word.match(LETTERS) ?? [];
}

/** Folds at most TEXT_CHARACTERS_MAX of `text`. Folding twice changes nothing. */
export function fold(text: string): string {
  const read = text.length > TEXT_CHARACTERS_MAX ? text.slice(0, TEXT_CHARACTERS_MAX) : text;
  return ASCII_ONLY.test(read) ? read.toLowerCase() : foldPiece(read);
}

/** The words of a folded text, in order. */
export function words(folded: string): Word[] {
  const found: Word[] = [];
  if (ASCII_ONLY.test(folded)) {
    // By hand: names are read by the hundred at each keystroke, and a pattern takes five times as long.
    for (let at = 0; at < folded.length; at++) {
      if (!isAsciiWord(folded.charCodeAt(at))) continue;
      const start = at;
      while (at < folded.length && isAsciiWord(folded.charCodeAt(at))) at++;
      found.push(wordAt(folded.slice(start, at), start, false));
    }
  } else {
    for (const match of folded.matchAll(WORDS)) found.push(wordAt(match[0], match.index, match[1] !== undefined));
  }
  return found;
}

/**
 * Folded text with the way back: character `index` of `folded` comes from `starts[index]` to `ends[index]` of the
 * original. Marks are part of the letter before them, so that a highlight never cuts a letter from its accent.
 */
export interface FoldedText {
  readonly folded: string;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

export function foldWithOffsets(text: string): FoldedText {
  let folded = '';
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  for (const character of text.length > TEXT_CHARACTERS_MAX ? text.slice(0, TEXT_CHARACTERS_MAX) : text) {
    const piece = foldCharacter(character);
    const end = at + character.length;
    if (piece === '') {
      // A mark: the letter before it now ends here.
      const letterStart = starts.at(-1);
      for (let index = ends.length - 1; index >= 0 && starts[index] === letterStart; index--) ends[index] = end;
    }
    for (let index = 0; index < piece.length; index++) {
      starts.push(at);
      ends.push(end);
    }
    folded += piece;
    at = end;
  }
  return { folded, starts, ends };
}

/** Normalising one character takes as long as a short word, and names are written with few different ones. */
const FOLDED_KEPT_MAX = 4096;
const foldedCharacters = new Map<string, string>();

function foldCharacter(character: string): string {
  const known = foldedCharacters.get(character);
  if (known !== undefined) return known;
  const piece = foldPiece(character);
  if (foldedCharacters.size < FOLDED_KEPT_MAX) foldedCharacters.set(character, piece);
  return piece;
}

/** Letter by letter this gives the same as over the whole text: nothing here looks at neighbours. */
function foldPiece(text: string): string {
  const bare = text.normalize('NFKD').replace(MARKS, '').toLowerCase();
  return bare.replace(PLAINABLE, (letter) => PLAIN_LETTERS.get(letter)!);
}

/** A letter or digit of folded ASCII. */
const isAsciiWord = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 48 && code <= 57);

function wordAt(text: string, start: number, isUnspaced: boolean): Word {
  const kept = isUnspaced || text.length <= WORD_CHARACTERS_MAX ? text : cutWord(text);
  return { text: kept, start, end: start + text.length, isUnspaced };
}

/** Never cuts a surrogate pair in two. */
function cutWord(text: string): string {
  const last = text.charCodeAt(WORD_CHARACTERS_MAX - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? WORD_CHARACTERS_MAX - 1 : WORD_CHARACTERS_MAX);
}
