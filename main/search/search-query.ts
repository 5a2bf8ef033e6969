// What the person typed -> what is asked of the index. Every string is a query: syntax that does not close is text, symbols
// that no name is indexed by match nothing, and everything is bounded. Never throws.
//   words        all must be in the name, anywhere; the last one as a beginning while it is being typed
//   "a phrase"   its words side by side, whole
//   -word        not in the name (also -"a phrase", -type: -ext: -path:); a `-` inside or after a word is only a hyphen
//   one OR two   either of them (also `|`); OR binds more tightly than standing side by side
//   type: size: files: age: seeds: ext: path: hash:   filters, see query-filters.ts; what they cannot read is text
//   an infohash  40 or 64 hexadecimal digits, 32 of base32, or a magnet link: that torrent
import { QUERY_CHARACTERS_MAX } from '../store/store-contract.ts';
import { FilterReader, type QueryFilters } from './query-filters.ts';
import { readInfohash } from './query-infohash.ts';
import { type QueryPhrase, type QueryWord, queryWords } from './query-words.ts';

/** Words of one query, all parts together; what comes after is not read. */
export const QUERY_WORDS_MAX = 32;

export interface SearchQuery {
  readonly terms: readonly QueryWord[];
  /** Each of one word or more. */
  readonly phrases: readonly QueryPhrase[];
  /** Of each group, one phrase at least is in the name. */
  readonly anyOf: readonly (readonly QueryPhrase[])[];
  /** Each of one word or more, read like a phrase. */
  readonly excluded: readonly QueryPhrase[];
  readonly filters: QueryFilters;
  /** Lower-case hexadecimal, 40 (v1, or a v2 cut short) or 64 (v2) digits. */
  readonly infohashHex: string | null;
  /** True: there is text, but nothing in it that a name can match (emoji only). Matches no torrent. */
  readonly isUnmatchable: boolean;
}

interface Chunk {
  readonly text: string;
  readonly kind: 'word' | 'phrase';
  readonly isExcluded: boolean;
  /** `type`, `size`, ... in lower case where the chunk begins like a filter. */
  readonly key: string | null;
  /** Index after the chunk. */
  readonly end: number;
}

export function parseQuery(text: string): SearchQuery {
  const read = text.slice(0, QUERY_CHARACTERS_MAX);
  const link = readInfohash(read.trim());
  return { ...new QueryParser(link?.name ?? read).parse(), infohashHex: link?.infohashHex ?? null };
}

/** True when the query asks for nothing in particular: everything matches. */
export function isEmptyQuery(query: SearchQuery): boolean {
  return !hasWords(query) && query.filters.isEmpty && query.infohashHex === null && !query.isUnmatchable;
}

/** The words that a match must have, in the order typed within terms, then phrases. */
export function requiredWords(query: SearchQuery): QueryWord[] {
  return [...query.terms, ...query.phrases.flat()];
}

/** All words that a good match has, also those of which one is enough. What ranking and highlighting look for. */
export function wantedPhrases(query: SearchQuery): QueryPhrase[] {
  return [...query.terms.map((term) => [term]), ...query.phrases, ...query.anyOf.flat()];
}

function hasWords({ terms, phrases, anyOf, excluded }: Omit<SearchQuery, 'infohashHex' | 'isUnmatchable'>): boolean {
  return terms.length + phrases.length + anyOf.length + excluded.length > 0;
}

class QueryParser {
  readonly #text: string;
  readonly #terms: QueryWord[] = [];
  readonly #phrases: QueryPhrase[] = [];
  readonly #anyOf: QueryPhrase[][] = [];
  readonly #excluded: QueryPhrase[] = [];
  readonly #filters = new FilterReader();
  #wordsLeft = QUERY_WORDS_MAX;
  /** What an OR would join to: the chunk before it, taken back into a group. Null where it cannot be joined. */
  #before: { readonly phrase: QueryPhrase; readonly takeBack: () => void } | null = null;
  /** The group that an OR has opened, waiting for what comes after it. */
  #openGroup: QueryPhrase[] | null = null;

  constructor(raw: string) {
    this.#text = raw.replace(TYPOGRAPHIC_QUOTES, '"');
  }

  parse(): Omit<SearchQuery, 'infohashHex'> {
    const text = this.#text;
    for (let at = 0; at < text.length && this.#wordsLeft > 0;) {
      if (/\s/.test(text[at]!)) {
        at++;
        continue;
      }
      const chunk = readChunk(text, at);
      at = chunk.end;
      this.#take(chunk, at === text.length);
    }
    // An OR that nothing followed joins nothing.
    for (const group of this.#anyOf.filter(({ length }) => length === 1)) this.#phrases.push(group[0]!);
    const read = {
      terms: this.#terms,
      phrases: this.#phrases,
      anyOf: this.#anyOf.filter(({ length }) => length > 1),
      excluded: this.#excluded,
      filters: this.#filters.finish(),
    };
    const asksNothing = !hasWords(read) && read.filters.isEmpty;
    return { ...read, isUnmatchable: asksNothing && !this.#filters.isUnfinished && !OPERATORS_ONLY.test(text) };
  }

  #take(chunk: Chunk, isLast: boolean): void {
    if (isOr(chunk) && this.#before !== null && !isLast) return this.#openOr(this.#before);
    if (chunk.key !== null && this.#filters.read(chunk.key, valueOf(chunk), { ...chunk, isLast })) {
      this.#before = null;
      this.#openGroup = null;
      return;
    }
    const isBeingTyped = chunk.kind === 'word' && !chunk.isExcluded && isLast;
    const found = queryWords(chunk.text, isBeingTyped).slice(0, this.#wordsLeft);
    this.#wordsLeft -= found.length;
    if (found.length === 0) return;
    if (chunk.isExcluded) {
      this.#before = null;
      this.#openGroup = null;
      this.#excluded.push(found);
    } else if (this.#openGroup !== null) {
      this.#openGroup.push(found);
      this.#before = { phrase: found, takeBack: () => undefined };
      this.#openGroup = null;
    } else {
      this.#add(found, chunk.kind === 'phrase');
    }
  }

  #add(found: QueryPhrase, isPhrase: boolean): void {
    const list: (QueryWord | QueryPhrase)[] = isPhrase ? this.#phrases : this.#terms;
    const length = list.length;
    if (isPhrase) this.#phrases.push(found);
    else this.#terms.push(...found);
    this.#before = { phrase: found, takeBack: () => void list.splice(length) };
  }

  /** `a OR`: `a` becomes the first of a group; after `a OR b`, `OR c` goes into the same group. */
  #openOr({ phrase, takeBack }: { phrase: QueryPhrase; takeBack: () => void }): void {
    const group = this.#anyOf.at(-1);
    if (group?.at(-1) === phrase) {
      this.#openGroup = group;
    } else {
      takeBack();
      this.#openGroup = [phrase];
      this.#anyOf.push(this.#openGroup);
    }
    this.#before = null;
  }
}

const TYPOGRAPHIC_QUOTES = /[“”„‟〝〞＂]/g;
/** On the way to a phrase, an exclusion or an alternative: not yet a query. */
const OPERATORS_ONLY = /^[\s"|-]*$/;
const FILTER = /^(type|size|files|age|seeds|ext|path|hash):/i;

const isOr = ({ kind, text, isExcluded }: Chunk): boolean =>
  kind === 'word' && !isExcluded && (text === 'OR' || text === '|');

/** What comes after `key:`. */
const valueOf = ({ key, text, kind }: Chunk): string =>
  key === null || kind === 'phrase' ? text : text.slice(key.length + 1);

/** The chunk that begins at `from`: a phrase in closed quotes, or the characters up to white space or a quote. */
function readChunk(text: string, from: number): Chunk {
  const startsChunk = from === 0 || /\s/.test(text[from - 1]!);
  const isExcluded = startsChunk && text[from] === '-' && /[^\s-]/.test(text[from + 1] ?? ' ');
  const start = isExcluded ? from + 1 : from;
  const key = startsChunk ? (FILTER.exec(text.slice(start, start + 6))?.[1]?.toLowerCase() ?? null) : null;
  const quoteAt = key === null ? start : start + key.length + 1;
  if (text[quoteAt] === '"') {
    const close = text.indexOf('"', quoteAt + 1);
    if (close > 0) {
      return { text: text.slice(quoteAt + 1, close), kind: 'phrase', isExcluded, key, end: close + 1 };
    }
  }
  // At least one character, so that a quote that nothing closes is passed over.
  let end = start + 1;
  while (end < text.length && text[end] !== '"' && !/\s/.test(text[end]!)) end++;
  return { text: text.slice(start, end), kind: 'word', isExcluded, key, end };
}
