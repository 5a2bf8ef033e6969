// What else the person may have meant: titles that go on from what is typed, and other spellings of doubtful words, as far as
// they find more than was found.
import { isAdultName } from '../search/adult-names.ts';
import { toIndexQuery } from '../search/index-query.ts';
import type { NameIndex } from '../search/name-index.ts';
import { parseQuery, requiredWords, type SearchQuery } from '../search/search-query.ts';
import type { DidYouMean, TitleSuggestions } from '../search/suggestions.ts';
import { fold, words } from '../search/tokens.ts';
import { QUERY_CHARACTERS_MAX, type SearchRequest } from './store-contract.ts';

const SPELLINGS_SHOWN = 3;
/** Looking for one word takes some milliseconds. */
const WORDS_RESPELT_MAX = 3;

export class Spelling {
  readonly #index: NameIndex;
  /** Set when they have been built; until then there are none. */
  titles: TitleSuggestions | null = null;
  didYouMean: DidYouMean | null = null;

  constructor(index: NameIndex) {
    this.#index = index;
  }

  /** Titles that begin like `text`, the most popular first; none while they are being built. */
  suggest(text: string, hidesAdult = false): string[] {
    const read = text.slice(0, QUERY_CHARACTERS_MAX);
    const found = this.titles?.suggest(read, hidesAdult) ?? [];
    if (found.length > 0) return found;
    const [corrected] = this.#respelled(fold(read), () => true);
    return corrected === undefined ? [] : (this.titles?.suggest(corrected, hidesAdult) ?? []);
  }

  /** The query with its doubtful words replaced, where that finds more than the query did. */
  otherSpellings(
    { text, hidesAdult }: Pick<SearchRequest, 'text' | 'hidesAdult'>,
    query: SearchQuery,
    foundCount: number,
  ): string[] {
    const asked = new Set(requiredWords(query).map((word) => word.text));
    const spellings = this.#respelled(fold(text.slice(0, QUERY_CHARACTERS_MAX)), (word) => asked.has(word));
    const allowed = hidesAdult === true ? spellings.filter((spelling) => !isAdultName(spelling)) : spellings;
    return allowed.filter((spelling) => this.#countOf(spelling, hidesAdult) > foundCount);
  }

  /** `folded` with its doubtful words among those chosen spelt otherwise; at most SPELLINGS_SHOWN, best first. */
  #respelled(folded: string, isChosen: (word: string) => boolean): string[] {
    const speller = this.didYouMean;
    const doubtful = words(folded).filter((word) => isChosen(word.text) && speller?.isDoubtful(word.text) === true);
    const replacements = doubtful
      .slice(-WORDS_RESPELT_MAX)
      .map((word) => ({ word, corrections: speller?.corrections(word.text, SPELLINGS_SHOWN) ?? [] }))
      .filter(({ corrections }) => corrections.length > 0);
    const found = new Set<string>();
    for (let choice = 0; choice < SPELLINGS_SHOWN && replacements.length > 0; choice++) {
      let spelling = folded;
      for (const { word, corrections } of replacements.toReversed()) {
        spelling = spelling.slice(0, word.start) + (corrections[choice] ?? corrections[0]!) + spelling.slice(word.end);
      }
      found.add(spelling.trim());
    }
    return [...found];
  }

  #countOf(text: string, hidesAdult = false): number {
    const asked = toIndexQuery(parseQuery(text));
    const query = hidesAdult ? { ...asked, adult: 'hide' as const } : asked;
    const all = { lowId: 0, highId: Number.MAX_SAFE_INTEGER, contentType: null, after: null };
    return this.#index.search({ ...all, query, sort: 'newest', limit: 0, withCounts: true }).totalCount;
  }
}
