// The rule of adult-names.ts over a whole segment: one bit a row, made of the terms that the index has anyway. Some 150 terms
// are looked up, 0.3 ms for a full segment; made when it is first wanted and kept as long as the segment. So there is no column,
// no migration and nothing in the snapshot, and another list of words holds for old rows at once.
import { ADULT_RULE, type Terms } from './adult-names.ts';
import { addBits, dropBits, keepBits, setBit, wordsFor } from './bitmap.ts';
import type { SegmentData } from './index-segment.ts';
import { termRange } from './term-range.ts';

/** Null: no row of it is. */
export function adultBits(data: SegmentData): Uint32Array | null {
  const { decisive, doubtful, tripleX, notTripleX, aboutIt } = ADULT_RULE;
  const rows = new SegmentRows(data);
  const adult = rows.none();
  for (const terms of decisive) addFound(adult, rows.having(terms));
  const triple = rows.having(tripleX);
  if (triple !== null) {
    for (const terms of notTripleX) dropFound(triple, rows.having(terms));
    addBits(adult, triple);
  }
  const [once, twice] = [rows.none(), rows.none()];
  for (const terms of doubtful) {
    const found = rows.having(terms);
    if (found === null) continue;
    const again = found.slice();
    keepBits(again, once);
    addBits(twice, again);
    addBits(once, found);
  }
  for (const terms of aboutIt) dropFound(twice, rows.having(terms));
  addBits(adult, twice);
  return adult.some((word) => word !== 0) ? adult : null;
}

class SegmentRows {
  readonly #data: SegmentData;

  constructor(data: SegmentData) {
    this.#data = data;
  }

  none(): Uint32Array {
    return new Uint32Array(wordsFor(this.#data.rowCount));
  }

  /** Rows that have all of `terms`; null: there is none. */
  having(terms: Terms): Uint32Array | null {
    let all: Uint32Array | null = null;
    for (const term of terms) {
      const found = this.#havingOne(term);
      if (found === null) return null;
      if (all === null) all = found;
      else keepBits(all, found);
    }
    return all;
  }

  #havingOne(term: string): Uint32Array | null {
    const { postings, postingStarts } = this.#data;
    const [from, to] = termRange(this.#data, { bytes: bytesOf(term), isPrefix: false });
    if (from === to) return null;
    const bits = this.none();
    for (let at = postingStarts[from]!; at < postingStarts[to]!; at++) setBit(bits, postings[at]!);
    return bits;
  }
}

const BYTES = new Map<string, Uint8Array>();

function bytesOf(term: string): Uint8Array {
  const known = BYTES.get(term) ?? Buffer.from(term);
  BYTES.set(term, known);
  return known;
}

function addFound(bits: Uint32Array, found: Uint32Array | null): void {
  if (found !== null) addBits(bits, found);
}

function dropFound(bits: Uint32Array, found: Uint32Array | null): void {
  if (found !== null) dropBits(bits, found);
}
