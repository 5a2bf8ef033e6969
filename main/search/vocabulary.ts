// The Latin words of all names with how many names have them, read off the index segments. What "did you mean" knows.
import { highestFirst } from './highest-first.ts';
import { type SegmentData } from './index-segment.ts';
import { DictionaryMerge, termText } from './segment-merge.ts';

/** The commonest this many can be suggested: two FlexSearch indexes over them take some 35 MB. */
const CORRECTABLE_MAX = 120_000;
/** Different words kept; three times what a million names have of repeated ones. */
const KEPT_MAX = 400_000;
const STEP_TERMS = 500;
/** Shorter words have too many neighbours, longer ones are not words. Digits mean codes. */
const WORD = /^[a-z]{3,24}$/;
const WORD_BYTES_MIN = 3;
const WORD_BYTES_MAX = 24;

export class Vocabulary {
  readonly #counts = new Map<string, number>();

  /**
   * In small steps; segments that come later are not seen. All dictionaries are walked as one, so that of the words that one
   * or two names have, which are most, nothing is ever made.
   */
  static *read(segments: readonly SegmentData[]): Generator<void, Vocabulary> {
    const vocabulary = new Vocabulary();
    const least = leastCount(segments.reduce((sum, { rowCount }) => sum + rowCount, 0));
    const merge = new DictionaryMerge(segments);
    for (let walked = 1; merge.next(); walked++) {
      if (walked % STEP_TERMS === 0) yield;
      let count = 0;
      for (const at of merge.holders) {
        const { postingStarts } = segments[at]!;
        const term = merge.termOf(at);
        count += postingStarts[term + 1]! - postingStarts[term]!;
      }
      if (count < least || vocabulary.#counts.size >= KEPT_MAX) continue;
      const holder = merge.holders[0]!;
      const word = latinWord(segments[holder]!, merge.termOf(holder));
      if (word !== null) vocabulary.#counts.set(word, count);
    }
    return vocabulary;
  }

  /** Names that have `word`; 0 for one that is too rare to be suggested. */
  countOf(word: string): number {
    return this.#counts.get(word) ?? 0;
  }

  /** The words worth suggesting, commonest first, in small steps. */
  *correctable(): Generator<void, string[]> {
    const commonest = yield* highestFirst(this.#counts, ([, count]) => count, CORRECTABLE_MAX);
    return commonest.map(([word]) => word);
  }
}

/** In a large catalogue what only one or two names have is likely a slip. */
function leastCount(rowCount: number): number {
  if (rowCount < 5000) return 1;
  return rowCount < 50_000 ? 2 : 3;
}

function latinWord(segment: SegmentData, term: number): string | null {
  const start = segment.termStarts[term]!;
  const length = segment.termStarts[term + 1]! - start;
  const firstByte = segment.termBytes[start]!;
  if (firstByte < 97 || firstByte > 122 || length < WORD_BYTES_MIN || length > WORD_BYTES_MAX) return null;
  const text = termText(segment, term);
  return WORD.test(text) ? text : null;
}
