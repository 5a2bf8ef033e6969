// The Latin words of all names with how many names have them, read off the index segments. What "did you mean" knows.
import { type SegmentData } from './index-segment.ts';
import { termText } from './segment-merge.ts';

/** The commonest this many can be suggested: two FlexSearch indexes over them take some 35 MB. */
const CORRECTABLE_MAX = 120_000;
/** Different words counted; ten times what a million names have of repeated ones. */
const COUNTED_MAX = 400_000;
const STEP_TERMS = 1000;
/** Shorter words have too many neighbours, longer ones are not words. Digits mean codes. */
const WORD = /^[a-z]{3,24}$/;

export class Vocabulary {
  readonly #counts = new Map<string, number>();
  #rowCount = 0;

  /** In small steps; segments that come later are not seen. */
  static *read(segments: readonly SegmentData[]): Generator<void, Vocabulary> {
    const vocabulary = new Vocabulary();
    for (const segment of segments) {
      vocabulary.#rowCount += segment.rowCount;
      for (let term = 0; term + 1 < segment.termStarts.length; term++) {
        if (term % STEP_TERMS === STEP_TERMS - 1) yield;
        const firstByte = segment.termBytes[segment.termStarts[term]!]!;
        if (firstByte < 97 || firstByte > 122) continue;
        const text = termText(segment, term);
        if (WORD.test(text)) vocabulary.#add(text, segment.postingStarts[term + 1]! - segment.postingStarts[term]!);
      }
      yield;
    }
    return vocabulary;
  }

  /** Names that have `word`. */
  countOf(word: string): number {
    return this.#counts.get(word) ?? 0;
  }

  /** The words worth suggesting, commonest first. In a large catalogue what only one or two names have is likely a slip. */
  correctable(): string[] {
    const least = this.#rowCount < 5000 ? 1 : this.#rowCount < 50_000 ? 2 : 3;
    return [...this.#counts]
      .filter(([, count]) => count >= least)
      .sort(([, a], [, b]) => b - a)
      .slice(0, CORRECTABLE_MAX)
      .map(([word]) => word);
  }

  #add(word: string, count: number): void {
    const known = this.#counts.get(word);
    if (known !== undefined) this.#counts.set(word, known + count);
    else if (this.#counts.size < COUNTED_MAX) this.#counts.set(word, count);
  }
}
