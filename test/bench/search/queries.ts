// What people type, by class; all classes count alike. Words come out of the names themselves.
import { createSeededRandom, type Random } from '../../../main/base/random.ts';
import type { SearchRequest } from '../../../main/store/store-contract.ts';
import type { Corpus } from '../corpus.ts';

export type Queries = Readonly<Record<string, readonly SearchRequest[]>>;

const COMMON = ['1080p', '720p', 'web', 'x264', 'bluray', 'the', 'in', 'flac', 'hevc', 'aac'];

export function makeQueries(corpus: Corpus, torrentCount: number, perClass: number): Queries {
  const random = createSeededRandom(5);
  const queries: Record<string, SearchRequest[]> = {};
  const add = (kind: string, text: string, changes: Partial<SearchRequest> = {}): void => {
    const request = { text, sort: 'relevance', contentType: null, limit: 50, cursor: null, ...changes } as const;
    (queries[kind] ??= []).push(request);
  };
  for (let count = 0; count < perClass; count++) {
    const [first, second] = titleWords(corpus, random, torrentCount);
    const often = COMMON[count % COMMON.length]!;
    add('one common word', `${often} `);
    add('one common word, by size', `${often} `, { sort: 'size' });
    add('one common word, newest', `${often} `, { sort: 'newest' });
    add('one word of a title', `${first} `);
    add('two words of a title', `${first} ${second} `);
    add('two words and a common one', `${first} ${second} ${often}`);
    add('two common words', `${often} ${COMMON[(count * 7 + 3) % COMMON.length]} `);
    add('typing: 1 letter', first.slice(0, 1));
    add('typing: 2 or 3 letters', first.slice(0, 2 + (count % 2)));
    add('typing: word and letters', `${first} ${second.slice(0, 1 + (count % 3))}`);
    add('phrase', `"${first} ${second}"`);
    add('common phrase', count % 2 === 0 ? '"web dl"' : '"deluxe edition"');
    add('either word', `${first} OR ${often} `);
    add('filters', `${often} type:video size:500MB..2GB`, { sort: 'peers' });
    add('filters alone', 'size:>1GB files:>3 seeds:>2', { sort: 'size' });
    add('a type, by seeders', '', { sort: 'peers', contentType: 'audio' });
    add(
      'Han, 2 and 3 letters',
      foreign(corpus, random, torrentCount, /[\p{Script=Han}]{3,}/u).slice(0, 2 + (count % 2)),
    );
    add('Cyrillic', foreign(corpus, random, torrentCount, /\p{Script=Cyrillic}{3,}/u));
    add('not there', `${first.slice(0, 2)}q${first.slice(2)} ${second} `);
    add('nothing typed', '');
  }
  return queries;
}

export function titleWords(corpus: Corpus, random: Random, torrentCount: number): [string, string] {
  for (let index = random.below(torrentCount); ; index = (index + 1) % torrentCount) {
    const found = corpus.name(index).match(/[A-Z][a-z]{3,}/g);
    if (found !== null && found.length >= 2) return [found[0], found[1]!];
  }
}

function foreign(corpus: Corpus, random: Random, torrentCount: number, pattern: RegExp): string {
  for (let index = random.below(torrentCount); ; index = (index + 1) % torrentCount) {
    const found = pattern.exec(corpus.name(index));
    if (found !== null) return found[0];
  }
}

/** The `share` quantile. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

export const figures = (values: readonly number[]): string =>
  `p50 ${quantile(values, 0.5).toFixed(2)}, p99 ${quantile(values, 0.99).toFixed(1)}, max ${quantile(values, 1).toFixed(0)} ms`;
