// The words of a query, as the parser hands them to everything else.
import { fold, words } from './tokens.ts';

export interface QueryWord {
  /** Folded as in tokens.ts. */
  readonly text: string;
  /** True: a word of a script without spaces; it matches anywhere inside one. */
  readonly isUnspaced: boolean;
  /** True: matches words that begin with it. */
  readonly isPrefix: boolean;
}
export type QueryPhrase = readonly QueryWord[];

/** Folds and cuts `text` into words of a query. */
export function queryWords(text: string, isBeingTyped: boolean): QueryWord[] {
  const folded = fold(text);
  const found = words(folded);
  return found.map((word, index) => ({
    text: word.text,
    isUnspaced: word.isUnspaced,
    // `foo-` is finished; `fo` may go on.
    isPrefix: isBeingTyped && index === found.length - 1 && word.end === folded.length,
  }));
}
