// One immutable piece of the name index: up to 65,536 consecutive torrents as typed arrays. Built by the writer for rows
// just committed (tens of rows) and by the search thread for what was there before; NameIndex asks many of them at once.
// Layout: terms sorted by their UTF-8 bytes in one buffer, so that a prefix is one run of terms and one run of postings.
import { assert } from '../base/assert.ts';
import { CONTENT_TYPES, type ContentType } from '../store/store-contract.ts';
import { NameBytes, type NameSlice } from './name-bytes.ts';
import { sortedByBytes } from './sorted-terms.ts';
import { tokens } from './tokens.ts';
import { type PairMask, pairsOfTokens } from './word-pairs.ts';

/** Rows are numbered by 16 bits inside a segment: half the memory of 32, and a bitmap of 8 KiB that stays in the cache. */
export const SEGMENT_ROWS_MAX = 65_536;

/** The column of peers has 16 bits. */
export const PEERS_MAX = 0xffff;

export interface SegmentRow {
  readonly id: number;
  readonly name: string;
  readonly sizeBytes: number;
  readonly fileCount: number;
  readonly peersSeen: number;
  readonly discoveredAtUnixSeconds: number;
  readonly contentType: ContentType;
  /** `tokens(name).join(' ')` where somebody has made them already. */
  readonly nameTokens?: string;
}

/** What the index keeps of a row beside the terms of its name and the name itself. */
type Columns = Omit<SegmentRow, 'name' | 'nameTokens' | 'contentType'>;

/** Plain typed arrays: crosses a thread port with its buffers transferred. */
export interface SegmentData {
  readonly rowCount: number;
  /** Catalogue ids, strictly rising. */
  readonly ids: Uint32Array;
  readonly sizes: Float64Array;
  readonly fileCounts: Uint32Array;
  /** Capped at 65,535. The one column that changes while the segment lives. */
  readonly peers: Uint16Array;
  /** When each was found, in seconds of Unix time. */
  readonly times: Uint32Array;
  /** Index into CONTENT_TYPES. */
  readonly types: Uint8Array;
  /** Which words are neighbours in the name (word-pairs.ts). */
  readonly pairsLow: Uint32Array;
  readonly pairsHigh: Uint32Array;
  /** The names themselves, in UTF-8: ranking and phrases read hundreds of them for a keystroke. */
  readonly nameBytes: Uint8Array;
  /** One more than there are rows: the name of row `r` is nameBytes[nameStarts[r], nameStarts[r + 1]). */
  readonly nameStarts: Uint32Array;
  readonly termBytes: Uint8Array;
  /** One more than there are terms: term `t` is termBytes[termStarts[t], termStarts[t + 1]). */
  readonly termStarts: Uint32Array;
  /** One more than there are terms: postings of term `t` are [postingStarts[t], postingStarts[t + 1]). */
  readonly postingStarts: Uint32Array;
  /** Row numbers, rising within a term. */
  readonly postings: Uint16Array;
}

/** Every array of a segment, in the order in which a snapshot keeps them. */
export const SEGMENT_COLUMNS = [
  'sizes',
  'ids',
  'fileCounts',
  'times',
  'pairsLow',
  'pairsHigh',
  'nameStarts',
  'termStarts',
  'postingStarts',
  'peers',
  'postings',
  'types',
  'nameBytes',
  'termBytes',
] as const satisfies readonly (keyof SegmentData)[];

/** Indexes `rows` (rising ids, at most SEGMENT_ROWS_MAX). `transfer` lists every buffer of `segment`. */
export function buildSegment(rows: readonly SegmentRow[]): { segment: SegmentData; transfer: ArrayBuffer[] } {
  const builder = new SegmentBuilder();
  for (const row of rows) builder.add(row);
  const segment = runToEnd(builder.finish());
  return { segment, transfer: buffersOf(segment) };
}

export function buffersOf(segment: SegmentData): ArrayBuffer[] {
  return SEGMENT_COLUMNS.map((column) => segment[column].buffer as ArrayBuffer);
}

/** Runs a job that pauses by itself without pausing. */
export function runToEnd<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Terms sorted between two pauses of `finish`: about 5 ms. */
const TERMS_PER_STEP = 4000;
const TERM_BYTES_EXPECTED = 10;

/** Collects rows, then lays them out. `finish` is a job in small steps: a thread that must answer runs it between requests. */
export class SegmentBuilder {
  readonly #columns: RowColumns;
  readonly #termNumbers = new Map<string, number>();
  /** Rows of each term, rising. Index: term number. */
  readonly #rowsOfTerm: number[][] = [];
  #postingCount = 0;

  constructor(rowsExpected = 256) {
    this.#columns = new RowColumns(rowsExpected);
  }

  get rowCount(): number {
    return this.#columns.rowCount;
  }

  add(row: SegmentRow): void {
    const terms = row.nameTokens === undefined ? tokens(row.name) : row.nameTokens.split(' ');
    const typeIndex = CONTENT_TYPES.indexOf(row.contentType);
    const rowNumber = this.#columns.add(row, typeIndex, pairsOfTokens(terms), row.name);
    for (const term of terms) if (term !== '') this.#addPosting(term, rowNumber);
  }

  /** Rows of one term must come in rising order; the same row twice counts once. */
  #addPosting(term: string, rowNumber: number): void {
    let termNumber = this.#termNumbers.get(term);
    if (termNumber === undefined) {
      termNumber = this.#rowsOfTerm.length;
      this.#termNumbers.set(term, termNumber);
      this.#rowsOfTerm.push([]);
    }
    const rows = this.#rowsOfTerm[termNumber]!;
    if (rows.at(-1) === rowNumber) return;
    rows.push(rowNumber);
    this.#postingCount++;
  }

  *finish(): Generator<void, SegmentData> {
    const terms = yield* sortedByBytes(this.#termNumbers.keys(), TERMS_PER_STEP);
    const postingStarts = new Uint32Array(terms.length + 1);
    const postings = new Uint16Array(this.#postingCount);
    const texts = new NameBytes(terms.length, TERM_BYTES_EXPECTED);
    let postingAt = 0;
    for (const [index, term] of terms.entries()) {
      texts.add(term);
      for (const row of this.#rowsOfTerm[this.#termNumbers.get(term)!]!) postings[postingAt++] = row;
      postingStarts[index + 1] = postingAt;
      if (index % TERMS_PER_STEP === TERMS_PER_STEP - 1) yield;
    }
    const { nameBytes: termBytes, nameStarts: termStarts } = texts.finish();
    return { ...this.#columns.finish(), termBytes, termStarts, postingStarts, postings };
  }
}

/** The columns of rows being collected. Grows by doubling, so that laying them out at the end takes no time. */
export class RowColumns {
  #ids: Uint32Array;
  #sizes: Float64Array;
  #fileCounts: Uint32Array;
  #times: Uint32Array;
  #peers: Uint16Array;
  #types: Uint8Array;
  #pairsLow: Uint32Array;
  #pairsHigh: Uint32Array;
  readonly #names: NameBytes;
  #rowCount = 0;

  constructor(rowsExpected: number) {
    this.#ids = new Uint32Array(rowsExpected);
    this.#sizes = new Float64Array(rowsExpected);
    this.#fileCounts = new Uint32Array(rowsExpected);
    this.#times = new Uint32Array(rowsExpected);
    this.#peers = new Uint16Array(rowsExpected);
    this.#types = new Uint8Array(rowsExpected);
    this.#pairsLow = new Uint32Array(rowsExpected);
    this.#pairsHigh = new Uint32Array(rowsExpected);
    this.#names = new NameBytes(rowsExpected);
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** Returns the row's number. `name`: as text, or as bytes that a segment has. */
  add(row: Columns, typeIndex: number, pairs: PairMask, name: string | NameSlice): number {
    const at = this.#rowCount;
    assert(at < SEGMENT_ROWS_MAX, 'a segment holds at most 65,536 rows');
    assert(at === 0 || this.#ids[at - 1]! < row.id, 'rows of a segment come with rising ids');
    if (at === this.#ids.length) this.#grow(2 * at + 1);
    this.#ids[at] = row.id;
    this.#sizes[at] = row.sizeBytes;
    this.#fileCounts[at] = row.fileCount;
    this.#times[at] = row.discoveredAtUnixSeconds;
    this.#peers[at] = Math.min(PEERS_MAX, row.peersSeen);
    this.#types[at] = typeIndex;
    this.#pairsLow[at] = pairs.low;
    this.#pairsHigh[at] = pairs.high;
    this.#names.add(name);
    return this.#rowCount++;
  }

  finish() {
    const count = this.#rowCount;
    return {
      rowCount: count,
      ids: this.#ids.slice(0, count),
      sizes: this.#sizes.slice(0, count),
      fileCounts: this.#fileCounts.slice(0, count),
      times: this.#times.slice(0, count),
      peers: this.#peers.slice(0, count),
      types: this.#types.slice(0, count),
      pairsLow: this.#pairsLow.slice(0, count),
      pairsHigh: this.#pairsHigh.slice(0, count),
      ...this.#names.finish(),
    };
  }

  #grow(rows: number): void {
    const grown = <Column extends Uint32Array | Float64Array | Uint16Array | Uint8Array>(
      into: Column,
      from: Column,
    ) => {
      into.set(from);
      return into;
    };
    this.#ids = grown(new Uint32Array(rows), this.#ids);
    this.#sizes = grown(new Float64Array(rows), this.#sizes);
    this.#fileCounts = grown(new Uint32Array(rows), this.#fileCounts);
    this.#times = grown(new Uint32Array(rows), this.#times);
    this.#peers = grown(new Uint16Array(rows), this.#peers);
    this.#types = grown(new Uint8Array(rows), this.#types);
    this.#pairsLow = grown(new Uint32Array(rows), this.#pairsLow);
    this.#pairsHigh = grown(new Uint32Array(rows), this.#pairsHigh);
  }
}
