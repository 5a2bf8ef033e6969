// The matches of one query below the window in memory, found on disk newest first, in steps of some milliseconds, and kept while
// the pages of the query are read: counting and paging do not look for the same rows twice, and a page that ended because its
// time was up goes on where it ended.
import { nameMatches } from '../search/name-match.ts';
import { type LookUpTerms, lookUpTerms } from '../search/older-look-up.ts';
import { type Asked, type PageSources, rowPasses, windowHasOlder } from './page-sources.ts';
import { StepSize } from './step-size.ts';
import { CONTENT_TYPES } from './store-contract.ts';

/** Rows looked at in one step: a file list to be unpacked takes 0.2 ms, and a row 10 ms where a disk has to turn for it. */
const STEP_ROWS = { min: 25, max: 400, wantedMs: 4 };
/** Candidates asked for at once, at first and at most: each time FTS5 begins anew, and where few of them pass, more are wanted. */
const FIRST_CANDIDATES = 100;
const CANDIDATES_MAX = 5000;
/** Ids kept; of more the first half is given up, as pages are read downwards. */
const KEPT_MAX = 20_000;

interface OlderStart {
  /** Only lower ids. */
  readonly beforeId: number;
  /** Matches for each name in memory. */
  readonly matchShare: number;
  readonly nowMs: () => number;
}

export class OlderMatches {
  readonly #sources: PageSources;
  readonly #request: Asked;
  readonly #terms: LookUpTerms;
  readonly #nowMs: () => number;
  readonly #stepRows = new StepSize(STEP_ROWS);
  /** Falling, and the types beside them. */
  readonly #ids: number[] = [];
  readonly #types: number[] = [];
  readonly #countsByType = CONTENT_TYPES.map(() => 0);
  /** Matches from here on are known, down to `lookedDownTo`. */
  #knownBelow: number;
  #lookedDownTo: number;
  #candidates: number[] = [];
  #askedLast = FIRST_CANDIDATES / 4;
  #isLast: boolean;
  #count = 0;
  /** What only file paths match, once that has been looked up. */
  fileIds: readonly number[] | null = null;

  constructor(sources: PageSources, request: Asked, { beforeId, matchShare, nowMs }: OlderStart) {
    this.#sources = sources;
    this.#request = request;
    this.#nowMs = nowMs;
    this.#knownBelow = beforeId;
    this.#lookedDownTo = beforeId;
    this.#isLast = !windowHasOlder(sources.index, beforeId);
    this.#terms = lookUpTerms(request.query, sources.index.segments, matchShare);
  }

  /** Every match is known. */
  get isEnd(): boolean {
    return this.#isLast && this.#candidates.length === 0;
  }

  /** True: FTS5 is asked for more rows than match. */
  get looksUpMore(): boolean {
    return this.#terms.isWider;
  }

  /** Found so far. */
  get count(): number {
    return this.#count;
  }

  /** By their place in CONTENT_TYPES. */
  get countsByType(): readonly number[] {
    return this.#countsByType;
  }

  /** No id from here on has to be looked at any more. */
  get lookedDownTo(): number {
    return this.#lookedDownTo;
  }

  /** Whether the matches below `id` are all here, as far as they were found. */
  covers(id: number): boolean {
    return id <= this.#knownBelow;
  }

  /** Matches below `id` that were found so far, newest first; `type`: of this place in CONTENT_TYPES, -1: any. */
  below(id: number, type: number, limit: number): number[] {
    const found: number[] = [];
    for (let at = firstBelow(this.#ids, id); at < this.#ids.length && found.length < limit; at++) {
      if (type < 0 || this.#types[at] === type) found.push(this.#ids[at]!);
    }
    return found;
  }

  /** Looks at some more candidates. */
  step(): void {
    const { reader } = this.#sources;
    const { query } = this.#request;
    if (this.#candidates.length === 0 && !this.#isLast) this.#ask();
    const startedAtMs = this.#nowMs();
    const ids = this.#candidates.splice(0, this.#stepRows.size);
    for (const row of reader.rowsByIds(ids)) {
      if (!nameMatches(query, row.name) || !rowPasses(this.#sources, this.#request, row, true)) continue;
      this.#ids.push(row.id);
      this.#types.push(row.contentType);
      this.#countsByType[row.contentType]!++;
      this.#count++;
    }
    this.#lookedDownTo = ids.at(-1) ?? this.#lookedDownTo;
    if (this.#ids.length > KEPT_MAX) this.#forgetHalf();
    this.#stepRows.took(this.#nowMs() - startedAtMs);
  }

  #ask(): void {
    const limit = Math.min(CANDIDATES_MAX, this.#askedLast * 4);
    const limits = { beforeId: this.#lookedDownTo, limit };
    this.#candidates = this.#sources.fullText.candidateIds(this.#request.query, limits, this.#terms);
    this.#askedLast = limit;
    this.#isLast = this.#candidates.length < limit;
  }

  #forgetHalf(): void {
    this.#ids.splice(0, KEPT_MAX / 2);
    this.#types.splice(0, KEPT_MAX / 2);
    this.#knownBelow = this.#ids[0]! + 1;
  }
}

/** The place of the first of `falling` that is below `bound`. */
function firstBelow(falling: readonly number[], bound: number): number {
  let low = 0;
  let high = falling.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (falling[middle]! >= bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
