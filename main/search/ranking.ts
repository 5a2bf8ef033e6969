// How relevant a name is. Two parts: a static score that needs only columns of the index, and a score of the name, for the
// best by the first. Measured against bm25, which found less: there is little to weigh in names of ten words.
import { wordFits } from './name-match.ts';
import type { QueryWord } from './query-words.ts';
import { fold, words, type Word } from './tokens.ts';

/** Names that get the second score: the best this many by the first. */
export const RESCORED_MAX = 100;

const PEERS_WEIGHT = 0.6;
const AGE_WEIGHT = 1.5;

/** 0.6 * log2(1 + peers) + 1.5 * age, where `age` is 0 for the oldest of the window and 1 for the newest. */
export function staticScore(peersSeen: number, age: number): number {
  return LOG_OF_PEERS[Math.min(peersSeen, LOG_OF_PEERS.length - 1)]! + AGE_WEIGHT * age;
}

/** No row of at most `age` with fewer peers has a static score of `score`. */
export function peersNeeded(score: number, age: number): number {
  // One less than it comes to, for what is lost in rounding.
  return Math.floor(2 ** ((score - AGE_WEIGHT * age) / PEERS_WEIGHT)) - 2;
}

/** The index keeps peers in 16 bits, so a table answers (a logarithm for each match of a common word is what costs). */
const LOG_OF_PEERS = Float64Array.from({ length: 65_536 }, (_, peers) => PEERS_WEIGHT * Math.log2(1 + peers));

/** What follows a title in a name: a year, an episode or season, a resolution. */
const AFTER_TITLE = /^((19|20)\d\d|s\d{1,2}(e\d{1,4})?|\d{3,4}p)$/;

/** How well `name` fits the query words, in their order. Not bounded; only differences mean anything. */
export function nameScore(asked: readonly QueryWord[], name: string): number {
  const nameWords = words(fold(name));
  let score = -0.05 * nameWords.length;
  let before = -2;
  for (const word of asked) {
    const at = bestPlace(nameWords, word, before + 1);
    if (at < 0) continue;
    score += isExact(nameWords[at]!, word) ? 2 : 1;
    if (at === before + 1) score += 1.5;
    if (at < 3) score += 1;
    before = at;
  }
  if (before >= 0 && before === asked.length - 1 && endsTitle(nameWords, before)) score += 4;
  return score;
}

/** The place right after the word before if it is there, else the first exact one, else the first. -1 if nowhere. */
function bestPlace(nameWords: readonly Word[], asked: QueryWord, expected: number): number {
  const next = nameWords[expected];
  if (next !== undefined && wordFits(next, asked)) return expected;
  const exact = nameWords.findIndex((word) => isExact(word, asked));
  return exact >= 0 ? exact : nameWords.findIndex((word) => wordFits(word, asked));
}

const isExact = (word: Word, asked: QueryWord): boolean => word.text === asked.text;

/** True when the title ends with word `last`: nothing follows, or what follows titles. */
function endsTitle(nameWords: readonly Word[], last: number): boolean {
  const next = nameWords[last + 1];
  return next === undefined || AFTER_TITLE.test(next.text);
}
