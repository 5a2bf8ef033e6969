// Does this name match this query, and where? The index answers which names have the terms; this decides what only the name
// itself can tell (phrases, long words of unspaced scripts) and finds the ranges to highlight.
import { lettersOf, foldWithOffsets, fold, seasonOf, words, type Word } from './tokens.ts';
import type { QueryPhrase, QueryWord } from './query-words.ts';
import { requiredWords, type SearchQuery, wantedPhrases } from './search-query.ts';

/** Highlighted places in one name. */
const RANGES_MAX = 64;
const ASCII_ONLY = /^[\x00-\x7f]*$/;

/** True when the terms of the index are not enough and `nameMatches` must look at each name. */
export function needsName(query: SearchQuery): boolean {
  return (
    query.phrases.some((phrase) => phrase.length > 1) ||
    query.excluded.some((phrase) => !isOneTerm(phrase)) ||
    query.anyOf.some((group) => group.some((phrase) => !isOneTerm(phrase))) ||
    requiredWords(query).some((word) => word.isUnspaced && lettersOf(word.text).length > 2)
  );
}

/** True when one term of the index tells whether a name has this phrase. */
export function isOneTerm(phrase: QueryPhrase): boolean {
  return phrase.length === 1 && !(phrase[0]!.isUnspaced && lettersOf(phrase[0]!.text).length > 2);
}

export function nameMatches(query: SearchQuery, name: string): boolean {
  if (query.isUnmatchable) return false;
  const nameWords = words(fold(name));
  return (
    query.terms.every((term) => hasPhrase(nameWords, [term])) &&
    query.phrases.every((phrase) => hasPhrase(nameWords, phrase)) &&
    query.anyOf.every((group) => group.some((phrase) => hasPhrase(nameWords, phrase))) &&
    !query.excluded.some((phrase) => hasPhrase(nameWords, phrase))
  );
}

/** Does the torrent match when its file paths count as well? Each phrase lies within the name or within one path. */
export function queryMatchesAny(query: SearchQuery, name: string, paths: readonly string[]): boolean {
  const nameWords = words(fold(name));
  if (query.excluded.some((phrase) => hasPhrase(nameWords, phrase))) return false;
  const texts = [nameWords, ...paths.map((path) => words(fold(path)))];
  const phrases = [...query.terms.map((term) => [term]), ...query.phrases];
  const isThere = (phrase: QueryPhrase): boolean => texts.some((text) => hasPhrase(text, phrase));
  return phrases.every(isThere) && query.anyOf.every((group) => group.some(isThere));
}

/** [start, end) pairs of UTF-16 offsets into `name` where words and phrases of `query` are; flat, in order, not touching. */
export function matchRanges(query: SearchQuery, name: string): number[] {
  const isPlain = ASCII_ONLY.test(name);
  const { folded, starts, ends } = isPlain ? { folded: fold(name), starts: null, ends: null } : foldWithOffsets(name);
  const nameWords = words(folded);
  const found: [number, number][] = [];
  for (const phrase of wantedPhrases(query)) {
    for (let index = 0; index + phrase.length <= nameWords.length; index++) {
      const ranges = phraseAt(nameWords, index, phrase);
      if (ranges !== null) found.push(...ranges);
    }
  }
  const merged: number[] = [];
  for (const [from, to] of found.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    const start = starts === null ? from : starts[from]!;
    const end = ends === null ? to : ends[to - 1]!;
    if (merged.length > 0 && start <= merged.at(-1)!) merged[merged.length - 1] = Math.max(merged.at(-1)!, end);
    else if (merged.length < RANGES_MAX * 2) merged.push(start, end);
  }
  return merged;
}

/** Is the query word in this word of a name? */
export function wordFits(word: Word, asked: QueryWord): boolean {
  if (asked.isUnspaced !== word.isUnspaced) return false;
  if (asked.isUnspaced) return word.text.includes(asked.text);
  if (word.text === asked.text) return true;
  return asked.isPrefix ? word.text.startsWith(asked.text) : seasonOf(word.text) === asked.text;
}

function hasPhrase(nameWords: readonly Word[], phrase: QueryPhrase): boolean {
  for (let index = 0; index + phrase.length <= nameWords.length; index++) {
    if (phraseAt(nameWords, index, phrase) !== null) return true;
  }
  return false;
}

/** Where `phrase` lies if it begins in word `index`, as [start, end) in the folded text; null if it does not. */
function phraseAt(nameWords: readonly Word[], index: number, phrase: QueryPhrase): [number, number][] | null {
  if (phrase.length === 1) return wordRanges(nameWords[index]!, phrase[0]!);
  const last = phrase.length - 1;
  const first = edgeRange(nameWords[index]!, phrase[0]!, 'end');
  if (first === null) return null;
  for (let offset = 1; offset < last; offset++) {
    if (nameWords[index + offset]!.text !== phrase[offset]!.text) return null;
  }
  const end = edgeRange(nameWords[index + last]!, phrase[last]!, 'start');
  return end === null ? null : [[first[0], end[1]]];
}

/** The places of one query word in one word of the name; null if there is none. */
function wordRanges(word: Word, asked: QueryWord): [number, number][] | null {
  if (asked.isUnspaced !== word.isUnspaced) return null;
  if (!asked.isUnspaced) {
    if (word.text === asked.text) return [[word.start, word.end]];
    const isPart = asked.isPrefix ? word.text.startsWith(asked.text) : seasonOf(word.text) === asked.text;
    return isPart ? [[word.start, word.start + asked.text.length]] : null;
  }
  const places: [number, number][] = [];
  for (let at = word.text.indexOf(asked.text); at >= 0 && places.length < RANGES_MAX;) {
    places.push([word.start + at, word.start + at + asked.text.length]);
    at = word.text.indexOf(asked.text, at + asked.text.length);
  }
  return places.length > 0 ? places : null;
}

/** The first word of a phrase may be the end of an unspaced run, the last one the start of one; other words are whole. */
function edgeRange(word: Word, asked: QueryWord, edge: 'start' | 'end'): [number, number] | null {
  if (asked.isUnspaced !== word.isUnspaced) return null;
  if (word.text === asked.text) return [word.start, word.end];
  if (!asked.isUnspaced) {
    // The last word of a phrase may still be typed (only within an OR), or be the season of an episode.
    const isPart = asked.isPrefix ? word.text.startsWith(asked.text) : seasonOf(word.text) === asked.text;
    return edge === 'start' && isPart ? [word.start, word.start + asked.text.length] : null;
  }
  if (edge === 'start') {
    return word.text.startsWith(asked.text) ? [word.start, word.start + asked.text.length] : null;
  }
  return word.text.endsWith(asked.text) ? [word.end - asked.text.length, word.end] : null;
}
