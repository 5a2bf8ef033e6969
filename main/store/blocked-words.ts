// Words that a person does not want to meet in names: whole words, folded like everything that is searched; of several
// words all, beside each other and in this order. In scripts without spaces any part of a name.
import { fold, words } from '../search/tokens.ts';

export const BLOCKED_WORDS_MAX = 1000;

/** Null when nothing is blocked. */
export function wordJudge(blocked: readonly string[]): ((name: string) => boolean) | null {
  const phrases = blocked
    .slice(0, BLOCKED_WORDS_MAX)
    .map((text) => words(fold(text)))
    .filter((phrase) => phrase.length > 0)
    .map((phrase) => ({ text: joined(phrase), isUnspaced: phrase.some(({ isUnspaced }) => isUnspaced) }));
  if (phrases.length === 0) return null;
  return (name) => {
    const text = joined(words(fold(name)));
    return phrases.some((phrase) =>
      phrase.isUnspaced ? text.includes(phrase.text.trim()) : text.includes(phrase.text),
    );
  };
}

/** With a space before and after each word, so that a part of a word is no match. */
const joined = (found: readonly { readonly text: string }[]): string => ` ${found.map(({ text }) => text).join(' ')} `;
