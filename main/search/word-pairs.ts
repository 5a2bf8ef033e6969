// Which words stand side by side in a name, as 64 bits a row: each pair of neighbours sets two. A phrase asks for the bits of
// its pairs, and of the names that have all of its words one in sixteen has them by chance; so few names are read in vain.
import type { QueryPhrase } from './query-words.ts';
import { seasonOf } from './tokens.ts';

export interface PairMask {
  readonly low: number;
  readonly high: number;
}

export const isNoPair = ({ low, high }: PairMask): boolean => low === 0 && high === 0;

/** The pairs among the tokens of a name, as `tokens` gives them. */
export function pairsOfTokens(terms: readonly string[]): PairMask {
  const pairs = new PairBits();
  let word = '';
  let wordHash = 0;
  let hashBefore = 0;
  let season: string | null = null;
  for (const term of terms) {
    const hash = hashOf(term);
    if (term === season) {
      // `s03` after `s03e07` is no word of its own: it stands where the episode stands.
      if (hashBefore !== 0) pairs.add(hashBefore, hash);
      season = null;
      continue;
    }
    if (word !== '') pairs.add(wordHash, hash);
    hashBefore = word === '' ? 0 : wordHash;
    word = term;
    wordHash = hash;
    season = seasonOf(term);
  }
  return pairs;
}

/** What every name with these phrases has. Words without spaces and beginnings have no pairs that are known. */
export function pairsOfPhrases(phrases: readonly QueryPhrase[]): PairMask {
  const pairs = new PairBits();
  for (const phrase of phrases) {
    for (let at = 1; at < phrase.length; at++) {
      const [one, other] = [phrase[at - 1]!, phrase[at]!];
      if (one.isUnspaced || other.isUnspaced || other.isPrefix) continue;
      pairs.add(hashOf(one.text), hashOf(other.text));
    }
  }
  return pairs;
}

class PairBits implements PairMask {
  low = 0;
  high = 0;

  add(one: number, other: number): void {
    const mixed = Math.imul(one ^ ((other << 15) | (other >>> 17)), 0x9e37_79b1);
    this.low = (this.low | (1 << (mixed >>> 27))) >>> 0;
    this.high = (this.high | (1 << ((mixed >>> 22) & 31))) >>> 0;
  }
}

/** FNV-1a over UTF-16; never 0. Only speed depends on it. */
function hashOf(text: string): number {
  let hash = 0x811c_9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x0100_0193);
  return hash | 1;
}
