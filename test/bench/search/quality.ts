// Does it find what was meant? Known titles (where in the list the torrent meant is), words with one slip of the finger,
// words written as they sound.
import { createSeededRandom, type Random } from '../../../main/base/random.ts';
import { DidYouMean } from '../../../main/search/suggestions.ts';
import type { SegmentData } from '../../../main/search/index-segment.ts';
import { runToEnd } from '../../../main/search/index-segment.ts';
import { cleanTitle } from '../../../main/search/clean-title.ts';
import { fold } from '../../../main/search/tokens.ts';
import { Vocabulary } from '../../../main/search/vocabulary.ts';
import type { Corpus } from '../corpus.ts';

const TITLES = 200;
const WORDS = 1000;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

export interface KnownTitle {
  readonly text: string;
  /** Folded title that a right result has. */
  readonly title: string;
}

/** Titles of some torrents as somebody who knows them would type them. */
export function knownTitles(corpus: Corpus, torrentCount: number): KnownTitle[] {
  const random = createSeededRandom(70);
  const found: KnownTitle[] = [];
  while (found.length < TITLES) {
    const title = cleanTitle(corpus.name(random.below(torrentCount)));
    if (title === null || !/^[A-Za-z]+( [A-Za-z]+){0,2}$/.test(title)) continue;
    found.push({ text: `${title} `, title: fold(title) });
  }
  return found;
}

/** Mean of 1 / place of the first name whose title is the one meant, among the first ten. */
export function reciprocalRank(titles: readonly KnownTitle[], namesOf: (text: string) => readonly string[]): number {
  let sum = 0;
  for (const { text, title } of titles) {
    const at = namesOf(text)
      .slice(0, 10)
      .findIndex((name) => fold(cleanTitle(name) ?? '') === title);
    if (at >= 0) sum += 1 / (at + 1);
  }
  return sum / titles.length;
}

export interface Spelling {
  readonly oneEdit: number;
  readonly bySound: number;
  readonly millisecondsP50: number;
}

/** Share of the words misspelt that are among the first five suggestions. */
export function measureSpelling(segments: readonly SegmentData[]): Spelling {
  const vocabulary = runToEnd(Vocabulary.read(segments));
  const speller = runToEnd(DidYouMean.build(vocabulary));
  const random = createSeededRandom(31);
  const words = runToEnd(vocabulary.correctable()).filter((word) => /^[a-z]{5,12}$/.test(word));
  const times: number[] = [];
  const shareFound = (misspell: (word: string) => string | null): number => {
    let asked = 0;
    let found = 0;
    while (asked < WORDS) {
      const word = words[random.below(words.length)]!;
      const wrong = misspell(word);
      if (wrong === null || vocabulary.countOf(wrong) > 0) continue;
      asked++;
      const startedAtMs = performance.now();
      if (speller.corrections(wrong, 5).includes(word)) found++;
      times.push(performance.now() - startedAtMs);
    }
    return found / asked;
  };
  const oneEdit = shareFound((word) => slip(word, random));
  const bySound = shareFound((word) => asItSounds(word, random));
  return { oneEdit, bySound, millisecondsP50: times.toSorted((a, b) => a - b)[times.length >> 1]! };
}

/** One letter left out, added, replaced, or two swapped; not the first. */
function slip(word: string, random: Random): string {
  const at = 1 + random.below(word.length - 2);
  const letter = LETTERS[random.below(26)]!;
  const [before, after] = [word.slice(0, at), word.slice(at)];
  switch (random.below(4)) {
    case 0:
      return before + after.slice(1);
    case 1:
      return before + letter + after;
    case 2:
      return before + letter + after.slice(1);
    default:
      return before + after[1]! + after[0]! + after.slice(2);
  }
}

/** Spellings that sound the same. */
const SOUNDS: readonly (readonly [RegExp, string])[] = [
  [/ph/, 'f'],
  [/ck/, 'k'],
  [/c(?=[aou])/, 'k'],
  [/c(?=[ei])/, 's'],
  [/gh/, 'g'],
  [/qu/, 'kw'],
  [/x/, 'ks'],
  [/z/, 's'],
  [/([bdfglmnprst])\1/, '$1'],
  [/tion/, 'shun'],
  [/ea/, 'ee'],
  [/y/, 'i'],
  [/ou/, 'u'],
  [/ie/, 'y'],
];

/** Two of the rules where two fit; null where none does. */
function asItSounds(word: string, random: Random): string | null {
  const rules = SOUNDS.filter(([pattern]) => pattern.test(word));
  if (rules.length < 2) return null;
  const first = random.below(rules.length);
  const second = (first + 1 + random.below(rules.length - 1)) % rules.length;
  const wrong = [rules[first]!, rules[second]!].reduce((text, [pattern, sound]) => text.replace(pattern, sound), word);
  return wrong === word ? null : wrong;
}
