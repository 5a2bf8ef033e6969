// What the person typed -> what is asked of the index. Every string is a query: syntax that does not close is text, symbols
// that no name is indexed by match nothing, and everything is bounded. Never throws.
//   words        all must be in the name, anywhere; the last one as a beginning while it is being typed
//   "a phrase"   its words side by side, whole
//   -word        not in the name (also -"a phrase"); a `-` inside or after a word is only a hyphen
//   an infohash  40 or 64 hexadecimal digits, 32 of base32, or a magnet link: that torrent
// Filters (`type:video`, `size:>1GB`, OR) will be read in `readChunk`; until then `key:value` is two words.
import { fromHex, toHex } from '../base/bytes.ts';
import { QUERY_CHARACTERS_MAX } from '../store/store-contract.ts';
import { fold, words } from './tokens.ts';

/** Words of one query, all parts together; what comes after is not read. */
export const QUERY_WORDS_MAX = 32;

export interface QueryWord {
  /** Folded as in tokens.ts. */
  readonly text: string;
  /** True: a word of a script without spaces; it matches anywhere inside one. */
  readonly isUnspaced: boolean;
  /** True: matches words that begin with it. */
  readonly isPrefix: boolean;
}

export interface SearchQuery {
  readonly terms: readonly QueryWord[];
  /** Each of one word or more. */
  readonly phrases: readonly (readonly QueryWord[])[];
  /** Each of one word or more, read like a phrase. */
  readonly excluded: readonly (readonly QueryWord[])[];
  /** Lower-case hexadecimal, 40 (v1, or a v2 cut short) or 64 (v2) digits. */
  readonly infohashHex: string | null;
  /** True: there is text, but nothing in it that a name can match (emoji only). Matches no torrent. */
  readonly isUnmatchable: boolean;
}

interface Chunk {
  readonly text: string;
  readonly kind: 'word' | 'phrase';
  readonly isExcluded: boolean;
  /** Index after the chunk. */
  readonly end: number;
}

export function parseQuery(text: string): SearchQuery {
  const read = text.slice(0, QUERY_CHARACTERS_MAX);
  const link = readInfohash(read.trim());
  return { ...parseText(link?.name ?? read), infohashHex: link?.infohashHex ?? null };
}

/** True when the query asks for nothing in particular: everything matches. */
export function isEmptyQuery(query: SearchQuery): boolean {
  return (
    query.terms.length === 0 &&
    query.phrases.length === 0 &&
    query.excluded.length === 0 &&
    query.infohashHex === null &&
    !query.isUnmatchable
  );
}

/** The words that a match must have, in the order typed within terms, then phrases. */
export function requiredWords(query: SearchQuery): QueryWord[] {
  return [...query.terms, ...query.phrases.flat()];
}

function parseText(raw: string): Omit<SearchQuery, 'infohashHex'> {
  const text = raw.replace(TYPOGRAPHIC_QUOTES, '"');
  const terms: QueryWord[] = [];
  const phrases: QueryWord[][] = [];
  const excluded: QueryWord[][] = [];
  let wordsLeft = QUERY_WORDS_MAX;
  let at = 0;
  while (at < text.length && wordsLeft > 0) {
    if (/\s/.test(text[at]!)) {
      at++;
      continue;
    }
    const chunk = readChunk(text, at);
    at = chunk.end;
    const isBeingTyped = chunk.kind === 'word' && !chunk.isExcluded && at === text.length;
    const found = queryWords(chunk.text, isBeingTyped).slice(0, wordsLeft);
    wordsLeft -= found.length;
    if (found.length === 0) continue;
    if (chunk.isExcluded) excluded.push(found);
    else if (chunk.kind === 'phrase') phrases.push(found);
    else terms.push(...found);
  }
  const hasWords = terms.length + phrases.length + excluded.length > 0;
  return { terms, phrases, excluded, isUnmatchable: !hasWords && !OPERATORS_ONLY.test(text) };
}

const TYPOGRAPHIC_QUOTES = /[“”„‟〝〞＂]/g;
/** On the way to a phrase or an exclusion: not yet a query. */
const OPERATORS_ONLY = /^[\s"-]*$/;

/** The chunk that begins at `from`: a phrase in closed quotes, or the characters up to white space or a quote. */
function readChunk(text: string, from: number): Chunk {
  const startsChunk = from === 0 || /\s/.test(text[from - 1]!);
  const isExcluded = startsChunk && text[from] === '-' && /[^\s-]/.test(text[from + 1] ?? ' ');
  const start = isExcluded ? from + 1 : from;
  if (text[start] === '"') {
    const close = text.indexOf('"', start + 1);
    if (close > 0) return { text: text.slice(start + 1, close), kind: 'phrase', isExcluded, end: close + 1 };
  }
  // At least one character, so that a quote that nothing closes is passed over.
  let end = start + 1;
  while (end < text.length && text[end] !== '"' && !/\s/.test(text[end]!)) end++;
  return { text: text.slice(start, end), kind: 'word', isExcluded, end };
}

function queryWords(text: string, isBeingTyped: boolean): QueryWord[] {
  const folded = fold(text);
  const found = words(folded);
  return found.map((word, index) => ({
    text: word.text,
    isUnspaced: word.isUnspaced,
    // `foo-` is finished; `fo` may go on.
    isPrefix: isBeingTyped && index === found.length - 1 && word.end === folded.length,
  }));
}

/** The infohash that `text` is, or that the magnet link in it names, and the link's display name. */
function readInfohash(text: string): { infohashHex: string; name: string } | null {
  if (/^magnet:\?/i.test(text)) {
    const link = new URLSearchParams(text.slice('magnet:?'.length));
    for (const topic of link.getAll('xt')) {
      const infohashHex = infohashOf(topic);
      if (infohashHex !== null) return { infohashHex, name: link.get('dn') ?? infohashHex };
    }
    return null;
  }
  const infohashHex = infohashOf(text);
  return infohashHex === null ? null : { infohashHex, name: text };
}

/** Reads `urn:btih:` (BEP 9), `urn:btmh:1220` (BEP 52: SHA-256 as a multihash) or the bare digits. */
function infohashOf(text: string): string | null {
  const digits = text.replace(/^urn:bt(ih:|mh:1220)/i, '');
  if (/^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(digits)) return toHex(fromHex(digits)!);
  return /^[a-z2-7]{32}$/i.test(digits) ? base32ToHex(digits.toUpperCase()) : null;
}

function base32ToHex(digits: string): string {
  let bits = 0n;
  for (const digit of digits) bits = (bits << 5n) | BigInt('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(digit));
  return bits.toString(16).padStart(40, '0');
}
