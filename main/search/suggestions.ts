// FlexSearch in the two places where it is better than an index of our own: the drop-down of titles while typing, and
// "did you mean". Both small and in memory, built in small steps while nobody waits, replaced as a whole when they are done.
// Not here: searching names. At a million names FlexSearch takes 200 ms for three words and cannot sort.
import { Charset, Index } from 'flexsearch';
import { isAdultName } from './adult-names.ts';
import { cleanTitle } from './clean-title.ts';
import { highestFirst } from './highest-first.ts';
import { soundKey, soundOf } from './sound-key.ts';
import { fold, words } from './tokens.ts';
import type { Vocabulary } from './vocabulary.ts';

/** 31 MB and 2 ms a keystroke at most; 50,000 would find no more titles in the first eight. */
export const TITLES_MAX = 20_000;
/** Different titles counted while the most popular are looked for. */
const TITLES_COUNTED_MAX = 200_000;
const TITLES_SHOWN = 8;
/** Weights that differ by less than a quarter are the same. */
const WEIGHT_STEPS = 4;
/** Of so many popular ones those that begin like the text are preferred. */
const TITLES_FOUND = 200;
const SOUND_CHARACTERS_MIN = 4;
const STEP_NAMES = 100;
const STEP_TITLES = 20;

export interface NamedRow {
  readonly name: string;
  readonly peersSeen: number;
}

export class TitleSuggestions {
  readonly #titles: string[] = [];
  /** Of these, names were adult: the title alone may not tell. */
  readonly #adult = new Set<string>();
  /** Insertion order is popularity, and FlexSearch answers in insertion order. LatinBalance forgives doubled and like-sounding letters. */
  readonly #index = new Index({ tokenize: 'forward', encoder: Charset.LatinBalance, resolution: 1 });

  get titleCount(): number {
    return this.#titles.length;
  }

  /** Collects the titles of `rows` and indexes the most popular, in small steps. Names come newest first, in chunks. */
  static *build(rows: Iterable<readonly NamedRow[]>): Generator<void, TitleSuggestions> {
    const found = new Map<string, FoundTitle>();
    let sinceStep = 0;
    for (const chunk of rows) {
      for (const row of chunk) {
        countTitle(found, row);
        if (++sinceStep % STEP_NAMES === 0) yield;
      }
      yield;
    }
    const popular = yield* highestFirst(found.values(), ({ weight }) => Math.round(weight * WEIGHT_STEPS), TITLES_MAX);
    found.clear();
    const suggestions = new TitleSuggestions();
    for (const [count, { title, isAdult }] of popular.entries()) {
      if (isAdult) suggestions.#adult.add(title);
      suggestions.#index.add(count, title);
      suggestions.#titles.push(title);
      if (count % STEP_TITLES === STEP_TITLES - 1) yield;
    }
    return suggestions;
  }

  /** At most eight titles: those that begin with the text, those with all its words, then (for longer texts) alike ones. */
  suggest(text: string, hidesAdult = false): string[] {
    const asked = fold(text).trim();
    const exact = this.#find(asked, false, hidesAdult);
    const found = exact.length > 0 ? exact : this.#find(asked, true, hidesAdult);
    // A list of nothing but what is in the box already is noise.
    return found.length === 1 && fold(found[0]!) === asked ? [] : found;
  }

  /** `isLoose`: titles that have only some of the words. */
  #find(asked: string, isLoose: boolean, hidesAdult: boolean): string[] {
    const askedWords = words(asked);
    if (askedWords.length === 0) return [];
    const ranked: [string[], string[], string[]] = [[], [], []];
    for (const titleIndex of this.#index.search(asked, { limit: TITLES_FOUND, suggest: isLoose })) {
      const title = this.#titles[Number(titleIndex)]!;
      if (hidesAdult && this.#adult.has(title)) continue;
      const folded = fold(title);
      const titleWords = words(folded);
      const hasAll = askedWords.every((word) => titleWords.some(({ text }) => text.startsWith(word.text)));
      ranked[folded.startsWith(asked) ? 0 : hasAll ? 1 : 2].push(title);
    }
    const [beginning, having, alike] = ranked;
    const found = [...beginning, ...having];
    // By sound a letter or two are like anything.
    if (found.length === 0 && asked.length >= SOUND_CHARACTERS_MIN) found.push(...alike);
    return found.slice(0, TITLES_SHOWN);
  }
}

interface FoundTitle {
  readonly title: string;
  weight: number;
  readonly isAdult: boolean;
}

function countTitle(found: Map<string, FoundTitle>, { name, peersSeen }: NamedRow): void {
  const title = cleanTitle(name);
  if (title === null) return;
  const key = words(fold(title))
    .map((word) => word.text)
    .join(' ');
  const weight = 1 + Math.log2(1 + peersSeen);
  const known = found.get(key);
  if (known !== undefined) known.weight += weight;
  else if (found.size < TITLES_COUNTED_MAX) found.set(key, { title, weight, isAdult: isAdultName(name) });
}

/** Candidates compared letter by letter for one word. */
const TRIGRAM_CANDIDATES = 60;
/** Many words have one skeleton of consonants; the commonest come first. */
const SOUND_CANDIDATES = 300;
/** Words one slip away; with so many, nobody means one that is two away. */
const NEAR_ENOUGH = 5;
const SHORT_CHARACTERS = 6;
const STEP_TERMS = 60;
/** Two slips of the finger; in short words one. */
const DISTANCE_MAX = 2;
/** Of the letters, how many may differ in a word that sounds alike (`filosofi`: half). */
const SOUND_DISTANCE_SHARE = 0.65;

/** Better spellings of single words: by shared letter triples (slips of the finger), interleaved with by sound. */
export class DidYouMean {
  readonly #terms: readonly string[];
  readonly #vocabulary: Vocabulary;
  readonly #byLetters = new Index({ tokenize: 'strict', encode: trigrams, resolution: 1 });
  readonly #bySound = new Index({ tokenize: 'strict', encode: (word) => [soundKey(soundOf(word))], resolution: 1 });

  private constructor(vocabulary: Vocabulary, terms: readonly string[]) {
    this.#vocabulary = vocabulary;
    this.#terms = terms;
  }

  get termCount(): number {
    return this.#terms.length;
  }

  /** Indexes the words of `vocabulary` that are worth suggesting, the commonest first, in small steps. */
  static *build(vocabulary: Vocabulary): Generator<void, DidYouMean> {
    const built = new DidYouMean(vocabulary, yield* vocabulary.correctable());
    for (const [termIndex, term] of built.#terms.entries()) {
      built.#byLetters.add(termIndex, term);
      built.#bySound.add(termIndex, term);
      if (termIndex % STEP_TERMS === STEP_TERMS - 1) yield;
    }
    return built;
  }

  /** True when a better spelling is worth looking for: hardly any name has the word. */
  isDoubtful(word: string): boolean {
    return /^[a-z]{4,30}$/.test(word) && this.#vocabulary.countOf(word) < DOUBTFUL_COUNT;
  }

  /** At most `limit` other spellings of `word` (folded), best first. */
  corrections(word: string, limit: number): string[] {
    const byLetters = this.#rankedByLetters(word);
    const bySound = this.#rankedBySound(word);
    const first = [...byLetters.slice(0, 2), ...bySound.slice(0, 2), ...byLetters.slice(2, 4)];
    return [...new Set([...first, ...bySound.slice(2), ...byLetters.slice(4)])].slice(0, limit);
  }

  /** What sounds alike may look quite different; the nearest in sound first. */
  #rankedBySound(word: string): string[] {
    const sound = soundOf(word);
    return this.#bySound
      .search(word, { limit: SOUND_CANDIDATES })
      .map((termIndex) => this.#terms[Number(termIndex)]!)
      .map((term) => ({ term, letters: editDistance(word, term) }))
      .filter(({ letters }) => letters > 0 && letters <= word.length * SOUND_DISTANCE_SHARE)
      .map(({ term, letters }) => ({ term, letters, distance: editDistance(sound, soundOf(term)) }))
      .sort((a, b) => a.distance - b.distance || a.letters - b.letters)
      .map(({ term }) => term);
  }

  /** One slip away: all of them, by trying each. Two: of those that share triples of letters, where one slip gives few. */
  #rankedByLetters(word: string): string[] {
    const near = [...oneSlipAway(word)].filter((term) => this.#vocabulary.countOf(term) > 0);
    const most = word.length < SHORT_CHARACTERS ? 1 : DISTANCE_MAX;
    const isEnough = most === 1 || near.length >= NEAR_ENOUGH;
    const alike = isEnough ? [] : this.#byLetters.search(word, { limit: TRIGRAM_CANDIDATES, suggest: true });
    return [...new Set([...near, ...alike.map((termIndex) => this.#terms[Number(termIndex)]!)])]
      .map((term) => ({ term, distance: editDistance(word, term), count: this.#vocabulary.countOf(term) }))
      .filter(({ distance }) => distance > 0 && distance <= most)
      .sort((a, b) => a.distance - b.distance || b.count - a.count)
      .map(({ term }) => term);
  }
}

/** A word in fewer names than this may be a slip. */
const DOUBTFUL_COUNT = 3;

/** `breaking` -> ^br bre rea ... ng$: a slip spoils three at most. */
function trigrams(text: string): string[] {
  const bounded = `^${text}$`;
  return Array.from({ length: Math.max(0, bounded.length - 2) }, (_, at) => bounded.slice(at, at + 3));
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** Every spelling that one letter left out, added, replaced or swapped with the next gives; some twice. */
function* oneSlipAway(word: string): Generator<string> {
  for (let at = 0; at <= word.length; at++) {
    const before = word.slice(0, at);
    const after = word.slice(at);
    if (after !== '') yield before + after.slice(1);
    if (after.length > 1) yield before + after[1]! + after[0]! + after.slice(2);
    for (const letter of LETTERS) {
      yield before + letter + after;
      if (after !== '') yield before + letter + after.slice(1);
    }
  }
}

/** Optimal string alignment: insertions, deletions, replacements and swaps of neighbours, each 1. */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      let cost = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (isSame ? 0 : 1));
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        cost = Math.min(cost, beforeLast[column - 2]! + 1);
      }
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length]!;
}
