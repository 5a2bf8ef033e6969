// The query as the person's own text, cut into the parts that chips stand for; chips change the text and nothing else, so
// that text and chips can never say different things. What a part means is the search thread's to say (main/search). Pure.
import type { ContentType } from '../../preload/ipc-contract.ts';
import { CONTENT_TYPES } from '../shared/choices.ts';

export const FILTER_KEYS = ['type', 'size', 'files', 'age', 'seeds', 'ext', 'path', 'hash'] as const;
export type FilterKey = (typeof FILTER_KEYS)[number];

export interface QueryPart {
  readonly kind: 'filter' | 'phrase' | 'word';
  /** Of a filter. */
  readonly key: FilterKey | null;
  /** Without key, quotes and the `-` before it. */
  readonly value: string;
  readonly isExcluded: boolean;
  readonly start: number;
  readonly end: number;
}

const PART = /(-?)(?:(type|size|files|age|seeds|ext|path|hash):)?(?:["“”]([^"“”]*)["“”]|(\S+))/giu;
/** Without a figure it is not read as a range; while it is typed it is not a filter yet. */
const NEEDS_DIGIT: readonly (string | null)[] = ['size', 'files', 'age', 'seeds'];

export function partsOf(text: string): readonly QueryPart[] {
  const parts: QueryPart[] = [];
  for (const match of text.matchAll(PART)) {
    const [whole, minus = '', keyText, phrase, word = ''] = match;
    const start = match.index;
    const startsPart = start === 0 || /\s/.test(text[start - 1] ?? ' ');
    const value = phrase ?? word;
    const key = startsPart ? (FILTER_KEYS.find((one) => one === keyText?.toLowerCase()) ?? null) : null;
    const isFilter = key !== null && (!NEEDS_DIGIT.includes(key) || /\d/.test(value));
    const isExcluded = minus === '-' && startsPart && value !== '';
    const kind = isFilter ? 'filter' : phrase !== undefined ? 'phrase' : 'word';
    parts.push({ kind, key: isFilter ? key : null, value, isExcluded, start, end: start + whole.length });
  }
  return parts;
}

/** What chips are made of: everything but plain words. */
export function chipsOf(text: string): readonly QueryPart[] {
  return partsOf(text).filter((part) => part.kind !== 'word' || part.isExcluded);
}

export function withoutPart(text: string, { start, end }: Pick<QueryPart, 'start' | 'end'>): string {
  return joined(text.slice(0, start), text.slice(end));
}

/** `text` without its filters and what it excludes. */
export function wordsOnly(text: string): string {
  return partsOf(text)
    .filter((part) => part.kind === 'filter' || part.isExcluded)
    .reduceRight(withoutPart, text);
}

/** `text` with `key:value` as the only filter of its key, at the end; null: with none. What is excluded stays. */
export function withFilter(text: string, key: FilterKey, value: string | null): string {
  const others = partsOf(text)
    .filter((part) => part.key === key && !part.isExcluded)
    .reduceRight(withoutPart, text);
  return value === null ? others : joined(others, `${key}:${value}`);
}

/** The value of the only filter of that key; null where there is none, or several. */
export function filterOf(text: string, key: FilterKey): string | null {
  const found = partsOf(text).filter((part) => part.key === key && !part.isExcluded);
  return found.length === 1 ? (found[0]?.value ?? null) : null;
}

/**
 * The one type that is asked for, apart from the rest: the app then also counts what there is of the others. Null where
 * the text asks for none, several or something else; then it is asked as it stands.
 */
export function typeOf(text: string): { readonly contentType: ContentType | null; readonly rest: string } {
  const [part, second] = partsOf(text).filter(({ key }) => key === 'type');
  const contentType = CONTENT_TYPES.find((type) => type === part?.value.toLowerCase()) ?? null;
  if (!part || second || part.isExcluded || contentType === null) return { contentType: null, rest: text };
  return { contentType, rest: withoutPart(text, part) };
}

function joined(before: string, after: string): string {
  const [head, tail] = [before.trimEnd(), after.trimStart()];
  return head === '' || tail === '' ? head + tail : `${head} ${tail}`;
}
