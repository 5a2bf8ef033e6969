// Fills one page of results, stage by stage (result-cursor.ts), in steps of a few milliseconds: whoever runs it may answer
// somebody else between two steps, or give up when a newer search has come.
import { assert } from '../base/assert.ts';
import type { StoredRow } from '../catalogue/catalogue-reader.ts';
import { nameMatches, needsName } from '../search/name-match.ts';
import { nameScore, RESCORED_MAX } from '../search/ranking.ts';
import { wantedPhrases } from '../search/search-query.ts';
import type { Place } from '../search/top-rows.ts';
import type { OlderMatches } from './older-matches.ts';
import { type Asked, nameOf, type PageSources, rowPasses } from './page-sources.ts';
import { CONTENT_TYPES, type ContentType, type SortOrder } from './store-contract.ts';
import type { ResultCursor, Stage } from './result-cursor.ts';

/** Rows looked at in one step where each name has to be read: some 3 ms. */
const STEP_ROWS = 250;
/** Names read for one page; then it is handed out as it is, with a cursor to go on from. */
const NAMES_READ_MAX = 100_000;

export interface PageRequest extends Asked {
  readonly sort: SortOrder;
  readonly isReversed: boolean;
  readonly contentType: ContentType | null;
  readonly limit: number;
  /** What is below the window; null: stop where the disk would have to be asked. */
  readonly older: OlderMatches | null;
  /** What only the file paths match, highest first, shown after the names. Asked when all of the names are known. */
  readonly fileIds: () => readonly number[];
  /** Then the page is handed out as it is, with a cursor to go on from. */
  readonly isTimeUp: () => boolean;
  readonly cursor: ResultCursor;
}

export class PageRun {
  readonly #sources: PageSources;
  readonly #request: PageRequest;
  readonly #needsName: boolean;
  readonly #typeIndex: number;
  readonly #rows: StoredRow[] = [];
  /** Where to go on after each row. */
  readonly #cursors: ResultCursor[] = [];
  #cursor: ResultCursor;
  #fetched: ReadonlyMap<number, StoredRow> = new Map();
  #namesRead = 0;
  /** However late it is, one step is done, so that every page leads on. */
  #hasBegun = false;
  #best: Place[] | null = null;

  constructor(sources: PageSources, request: PageRequest) {
    this.#sources = sources;
    this.#request = request;
    this.#cursor = request.cursor;
    this.#needsName = needsName(request.query);
    this.#typeIndex = request.contentType === null ? -1 : CONTENT_TYPES.indexOf(request.contentType);
  }

  /** True when the page is full, or nothing is left, or enough was read. One row more than asked tells whether there is more. */
  get isDone(): boolean {
    const { stage } = this.#cursor;
    const { older, limit } = this.#request;
    if (older === null && (stage === 'older' || stage === 'files')) return true;
    return this.#rows.length > limit || stage === 'end' || this.#namesRead >= NAMES_READ_MAX || this.#isCutShort;
  }

  /** Between two rows of what takes long to find. */
  get #isCutShort(): boolean {
    const takesLong = this.#cursor.stage === 'older' || (this.#cursor.stage === 'window' && this.#needsName);
    return takesLong && this.#hasBegun && this.#request.isTimeUp();
  }

  get result(): { rows: StoredRow[]; nextCursor: ResultCursor | null } {
    const { limit } = this.#request;
    assert(this.isDone, 'a page is read when it is done');
    if (this.#rows.length > limit) return { rows: this.#rows.slice(0, limit), nextCursor: this.#cursors[limit - 1]! };
    return { rows: this.#rows, nextCursor: this.#cursor.stage === 'end' ? null : this.#cursor };
  }

  step(): void {
    this.#hasBegun = true;
    switch (this.#cursor.stage) {
      case 'best':
        return this.#stepBest();
      case 'window':
        return this.#stepWindow();
      case 'older':
        return this.#stepOlder();
      case 'files':
        return this.#stepFiles();
      case 'end':
        return;
    }
  }

  get #missing(): number {
    return this.#request.limit + 1 - this.#rows.length;
  }

  #goTo(stage: Stage, place: Place): void {
    this.#cursor = { ...this.#cursor, stage, ...place };
  }

  #stepBest(): void {
    const ranked = (this.#best ??= this.#rankBest());
    this.#fetch(ranked.slice(this.#cursor.offset, this.#cursor.offset + this.#missing).map(({ id }) => id));
    for (const { id } of ranked.slice(this.#cursor.offset)) {
      if (this.#missing === 0) return;
      this.#cursor = { ...this.#cursor, offset: this.#cursor.offset + 1 };
      this.#take(id);
    }
    if (this.#missing === 0) return;
    this.#goTo('window', this.#bestEnd);
  }

  /** Where the static order goes on after the rows that were ranked by their names. */
  #bestEnd: Place = { key: Infinity, id: 0 };

  #rankBest(): Place[] {
    const { query } = this.#request;
    const asked = wantedPhrases(query).flat();
    const { places } = this.#search('relevance', RESCORED_MAX, null);
    this.#bestEnd = places.length < RESCORED_MAX ? { key: -Number.MAX_VALUE, id: 0 } : places.at(-1)!;
    const ranked: Place[] = [];
    for (const { id, key } of places) {
      const name = nameOf(this.#sources, id);
      if (name === null || (this.#needsName && !nameMatches(query, name))) continue;
      ranked.push({ id, key: key + nameScore(asked, name) });
    }
    return ranked.sort((a, b) => b.key - a.key || b.id - a.id);
  }

  #stepWindow(): void {
    const { key, id } = this.#cursor;
    const limit = this.#needsName ? STEP_ROWS : this.#missing;
    const { places } = this.#search(this.#request.sort, limit, { key, id });
    if (!this.#needsName) this.#fetch(places.map(({ id }) => id));
    for (const place of places) {
      if (this.#missing === 0) return;
      this.#goTo('window', place);
      if (!this.#needsName || this.#nameMatches(place.id)) this.#take(place.id);
    }
    if (places.length < limit) this.#goTo('older', { key: 0, id: this.#cursor.lowId });
  }

  #stepOlder(): void {
    const { older } = this.#request;
    if (older === null) return;
    const next = (limit: number): number[] => older.below(this.#cursor.id, this.#typeIndex, limit);
    if (next(1).length === 0 && !older.isEnd) older.step();
    const ids = next(this.#missing);
    this.#fetch(ids);
    for (const id of ids) {
      this.#goTo('older', { key: 0, id });
      this.#take(id);
    }
    if (ids.length > 0) return;
    if (older.isEnd) this.#goTo('files', { key: 0, id: Number.MAX_SAFE_INTEGER });
    // Whoever goes on from here need not look again at what matches nothing.
    else this.#goTo('older', { key: 0, id: Math.min(this.#cursor.id, older.lookedDownTo) });
  }

  #stepFiles(): void {
    const before = this.#cursor.id;
    for (const id of this.#request.fileIds()) {
      if (id >= before) continue;
      if (this.#missing === 0) return;
      this.#goTo('files', { key: 0, id });
      this.#take(id);
    }
    if (this.#missing > 0) this.#goTo('end', { key: 0, id: 0 });
  }

  #search(sort: SortOrder, limit: number, after: Place | null) {
    const { lowId, highId } = this.#cursor;
    const { contentType, isReversed, indexQuery: query } = this.#request;
    const range = { lowId, highId, withCounts: false };
    return this.#sources.index.search({ ...range, query, sort, isReversed, contentType, limit, after });
  }

  #nameMatches(id: number): boolean {
    return nameMatches(this.#request.query, nameOf(this.#sources, id) ?? '');
  }

  /** Reads rows that are about to be taken, all at once. */
  #fetch(ids: readonly number[]): void {
    const rows = this.#sources.reader.rowsByIds(ids);
    this.#fetched = new Map(rows.map((row) => [row.id, row]));
  }

  /** Adds the row to the page, unless it is gone, of another type or does not pass the filters. */
  #take(id: number): void {
    this.#namesRead++;
    const row = this.#fetched.get(id) ?? this.#sources.reader.rowsByIds([id])[0];
    if (row === undefined || (this.#typeIndex >= 0 && row.contentType !== this.#typeIndex)) return;
    if (!rowPasses(this.#sources, this.#request, row, false)) return;
    this.#rows.push(row);
    this.#cursors.push(this.#cursor);
  }
}
