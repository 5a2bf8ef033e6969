// The filters of the query language: `key:value` -> ranges over the columns of the index, words of paths, extensions.
//   type:video  type:video,audio  -type:game  type:vid (a beginning)
//   size:>1GB  size:<=700MB  size:1GB..4GB  size:1.4GB (what is shown as 1.4 GB)   kB MB GB TB, also KiB MiB GiB TiB
//   files:>10  files:2..20  files:1     age:<7d  age:1w..2mo  age:3d (at most)     seeds:>5  seeds:10 (at least)
//   ext:mkv  ext:mkv,mp4  -ext:exe      path:sample  path:"two words"  -path:sample   hash:0123ab (a beginning)
// Pure. A value that cannot be read is for the caller to take as text.
import { CONTENT_TYPES, type ContentType } from '../store/store-contract.ts';
import { type QueryWord, queryWords } from './query-words.ts';
import { fold } from './tokens.ts';

/** Both ends belong to it. */
export interface NumberRange {
  readonly min: number;
  readonly max: number;
}
export const RANGE_KEYS = ['size', 'files', 'age', 'seeds'] as const;
export type RangeKey = (typeof RANGE_KEYS)[number];

export interface QueryFilters {
  /** Null: all. */
  readonly types: readonly ContentType[] | null;
  /** Bytes, files, seconds since it was found, seeders; null: any. */
  readonly ranges: Readonly<Record<RangeKey, NumberRange | null>>;
  /** Of each group one extension at least is there; lower case, without the dot. */
  readonly extensions: readonly (readonly string[])[];
  readonly excludedExtensions: readonly string[];
  /** Each is in the path of a file or in the torrent's name. */
  readonly paths: readonly QueryWord[];
  readonly excludedPaths: readonly QueryWord[];
  /** First hexadecimal digits of an infohash, lower case; null: any. */
  readonly hashPrefix: string | null;
  readonly isEmpty: boolean;
}

/** Extensions and words of paths in one query, all together. */
const PATH_PARTS_MAX = 16;
const EXTENSION = /^\.?([\p{L}\p{N}]{1,10})$/u;
const HASH_PREFIX = /^[0-9a-f]{1,64}$/i;
const NUMBER = /^(\d{1,15}(?:\.\d{1,6})?|\.\d{1,6})\s*([a-zµ]*)$/i;
const DECIMAL = { k: 1e3, m: 1e6, g: 1e9, t: 1e12, p: 1e15 } as const;
const BINARY = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40, p: 2 ** 50 } as const;
const DAY_SECONDS = 86_400;
const AGE_SECONDS: Readonly<Record<string, number>> = {
  min: 60,
  h: 3600,
  d: DAY_SECONDS,
  w: 7 * DAY_SECONDS,
  mo: 30 * DAY_SECONDS,
  m: 60,
  y: 365 * DAY_SECONDS,
};
/** What people call the types beside their names. */
const TYPE_WORDS: Readonly<Record<string, ContentType>> = {
  movie: 'video',
  movies: 'video',
  film: 'video',
  tv: 'video',
  music: 'audio',
  books: 'book',
  ebook: 'book',
  app: 'software',
  apps: 'software',
  program: 'software',
  games: 'game',
  images: 'image',
  picture: 'image',
  pictures: 'image',
  photos: 'image',
  archives: 'archive',
};

/** The empty ranges of a query without filters. */
const ANY: Readonly<Record<RangeKey, NumberRange | null>> = { size: null, files: null, age: null, seeds: null };

export class FilterReader {
  #types: Set<ContentType> | null = null;
  readonly #excludedTypes = new Set<ContentType>();
  readonly #ranges: Record<RangeKey, NumberRange | null> = { ...ANY };
  readonly #extensions: string[][] = [];
  readonly #excludedExtensions: string[] = [];
  readonly #paths: QueryWord[] = [];
  readonly #excludedPaths: QueryWord[] = [];
  #hashPrefix: string | null = null;
  #partsLeft = PATH_PARTS_MAX;
  /** Some filter was begun and has no value yet. */
  isUnfinished = false;

  /** True when the value was understood, or is still to be typed; false: it is text. */
  read(key: string, value: string, { isExcluded, isLast }: { isExcluded: boolean; isLast: boolean }): boolean {
    if (/^[<>=]*$/.test(value.trim())) {
      this.isUnfinished = true;
      return true;
    }
    switch (key) {
      case 'type':
        return this.#readTypes(value, isExcluded);
      case 'ext':
        return this.#readExtensions(value, isExcluded);
      case 'path':
        return this.#readPath(value, isExcluded, isLast);
      case 'hash':
        return this.#readHash(value, isExcluded);
      default:
        return !isExcluded && this.#readRange(key as RangeKey, value);
    }
  }

  finish(): QueryFilters {
    const types = this.#types ?? (this.#excludedTypes.size > 0 ? new Set(CONTENT_TYPES) : null);
    const read = {
      types: types === null ? null : [...types].filter((type) => !this.#excludedTypes.has(type)),
      ranges: this.#ranges,
      extensions: this.#extensions,
      excludedExtensions: this.#excludedExtensions,
      paths: this.#paths,
      excludedPaths: this.#excludedPaths,
      hashPrefix: this.#hashPrefix,
    };
    const hasRange = RANGE_KEYS.some((key) => this.#ranges[key] !== null);
    const isEmpty = types === null && !hasRange && this.#partsLeft === PATH_PARTS_MAX && this.#hashPrefix === null;
    return { ...read, isEmpty };
  }

  #readTypes(value: string, isExcluded: boolean): boolean {
    const types = value.split(',').filter(Boolean).map(typeNamed);
    if (types.length === 0 || types.includes(null)) return false;
    const into = isExcluded ? this.#excludedTypes : (this.#types ??= new Set());
    for (const type of types) into.add(type!);
    return true;
  }

  #readExtensions(value: string, isExcluded: boolean): boolean {
    const found = value.split(',').filter(Boolean);
    const extensions = found.map((part) => EXTENSION.exec(fold(part))?.[1]);
    if (extensions.length === 0 || extensions.includes(undefined)) return false;
    const taken = (extensions as string[]).slice(0, this.#partsLeft);
    this.#partsLeft -= taken.length;
    if (isExcluded) this.#excludedExtensions.push(...taken);
    else if (taken.length > 0) this.#extensions.push(taken);
    return true;
  }

  #readPath(value: string, isExcluded: boolean, isLast: boolean): boolean {
    const found = queryWords(value, isLast && !isExcluded).slice(0, this.#partsLeft);
    if (found.length === 0) return false;
    this.#partsLeft -= found.length;
    (isExcluded ? this.#excludedPaths : this.#paths).push(...found);
    return true;
  }

  #readHash(value: string, isExcluded: boolean): boolean {
    if (isExcluded || !HASH_PREFIX.test(value)) return false;
    this.#hashPrefix = value.toLowerCase();
    return true;
  }

  /** Given twice, both hold. */
  #readRange(key: RangeKey, value: string): boolean {
    const range = readRange(key, value.trim());
    if (range === null) return false;
    const before = this.#ranges[key];
    this.#ranges[key] =
      before === null ? range : { min: Math.max(before.min, range.min), max: Math.min(before.max, range.max) };
    return true;
  }
}

/** By its name, a usual other word for it, or the beginning of its name. */
function typeNamed(text: string): ContentType | null {
  const name = fold(text);
  return TYPE_WORDS[name] ?? CONTENT_TYPES.find((type) => type.startsWith(name)) ?? null;
}

function readRange(key: RangeKey, value: string): NumberRange | null {
  const between = /^(.*?)(?:\.\.+|(?<=\w)-(?=\w))(.*)$/.exec(value);
  if (between !== null) {
    const [, fromText = '', toText = ''] = between;
    if (fromText === '' && toText === '') return null;
    const to = toText === '' ? null : readNumber(key, toText);
    // `1..4GB`: the unit of the second number is meant for both.
    const from =
      fromText === '' ? null : readNumber(key, /[a-z]$/i.test(fromText) ? fromText : fromText + unitOf(toText));
    if ((toText !== '' && to === null) || (fromText !== '' && from === null)) return null;
    return { min: from?.value ?? 0, max: to?.value ?? Infinity };
  }
  const operator = /^(>=|<=|>|<|=)?/.exec(value)![0];
  const number = readNumber(key, value.slice(operator.length));
  if (number === null) return null;
  const { value: at, step } = number;
  switch (operator) {
    case '>':
      return { min: nextAfter(at), max: Infinity };
    case '>=':
      return { min: at, max: Infinity };
    case '<':
      return { min: 0, max: at <= 0 ? -1 : nextBefore(at) };
    case '<=':
      return { min: 0, max: at };
    default:
      return bareRange(key, at, operator === '=' ? 0 : step);
  }
}

/** A number alone: a size as it is shown, just so many files, at most so old, at least so many seeders. */
function bareRange(key: RangeKey, at: number, step: number): NumberRange {
  if (key === 'age') return { min: 0, max: at };
  if (key === 'seeds') return { min: at, max: Infinity };
  return key === 'size' ? { min: at - step / 2, max: at + step / 2 } : { min: at, max: at };
}

// Columns hold whole numbers.
const nextAfter = (value: number): number => Math.floor(value) + 1;
const nextBefore = (value: number): number => Math.ceil(value) - 1;
const unitOf = (text: string): string => NUMBER.exec(text.trim())?.[2] ?? '';

/** `step`: what the last digit given is worth. */
function readNumber(key: RangeKey, text: string): { value: number; step: number } | null {
  const found = NUMBER.exec(text.trim());
  if (found === null) return null;
  const scale = scaleOf(key, found[2]!.toLowerCase());
  if (scale === null) return null;
  const decimals = found[1]!.split('.')[1]?.length ?? 0;
  return { value: Number(found[1]) * scale, step: scale === 1 ? 0 : scale / 10 ** decimals };
}

function scaleOf(key: RangeKey, unit: string): number | null {
  if (key === 'age')
    return unit === '' ? DAY_SECONDS : (AGE_SECONDS[unit.replace(/(?<=\w{3})s$/, '')] ?? ageWord(unit));
  const size = /^(?:([kmgtp])(i?))?b?$/.exec(unit);
  if (size === null) return null;
  if (key !== 'size' && /[bi]/.test(unit)) return null;
  const letter = size[1] as keyof typeof DECIMAL | undefined;
  if (letter === undefined) return 1;
  return size[2] === 'i' ? BINARY[letter] : DECIMAL[letter];
}

function ageWord(unit: string): number | null {
  const [short] = /^(min(?=ute)|h(?=our)|d(?=ay)|w(?=eek)|mo(?=nth)|y(?=ear))/.exec(unit) ?? [];
  return short === undefined ? null : AGE_SECONDS[short]!;
}
