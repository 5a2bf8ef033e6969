// Rows out of the middle of a long list, by their place: loaded when they come into sight, the latest wish first, and given
// up when many others have been read since. A million rows in the window would be half a gigabyte.
import type { ResultRowDto } from '../../preload/ipc-contract.ts';
import type { Timer, WindowClock } from '../shared/clock.ts';

export const PAGE_ROWS = 100;
/** Of PAGE_ROWS each; what was looked at longest ago goes first. */
export const PAGES_KEPT_MAX = 60;
/** Asked for at the same time: a dragged scroll bar passes thousands of pages that nobody will see. */
const LOADS_MAX = 2;
/** Where a load came to nothing, rows that are still in sight are asked for again after this. */
const AGAIN_AFTER_MS = 200;

type Rows = readonly (ResultRowDto | null)[];
/** Answers null when something else came first. */
export type LoadRows = (offset: number, limit: number) => Promise<Rows | null>;

export class ResultPages {
  #pages = $state.raw<ReadonlyMap<number, Rows>>(new Map());
  /** The numbers of #pages, the latest in sight last. */
  readonly #inOrder = new Set<number>();
  readonly #loading = new Set<number>();
  readonly #clock: WindowClock;
  readonly #load: LoadRows;
  #wanted: readonly number[] = [];
  #generation = 0;
  #again: Timer | null = null;
  /** Pages given up since the window opened. */
  droppedCount = 0;

  constructor(clock: WindowClock, load: LoadRows) {
    this.#clock = clock;
    this.#load = load;
  }

  /** Undefined: not here (yet). Null: it has left the catalogue. */
  at(index: number): ResultRowDto | null | undefined {
    const rows = this.#pages.get(Math.floor(index / PAGE_ROWS));
    return rows === undefined ? undefined : (rows[index % PAGE_ROWS] ?? null);
  }

  /** The rows from `first` to `last` are in sight now, instead of others. */
  need(first: number, last: number): void {
    const pages: number[] = [];
    for (let page = Math.floor(first / PAGE_ROWS); page <= Math.floor(last / PAGE_ROWS); page++) pages.push(page);
    for (const page of pages) {
      if (this.#inOrder.delete(page)) this.#inOrder.add(page);
    }
    this.#wanted = pages.filter((page) => !this.#inOrder.has(page));
    this.#loadWanted();
  }

  /** Another list, or the same one made anew. */
  clear(): void {
    this.#generation++;
    this.#inOrder.clear();
    this.#loading.clear();
    this.#wanted = [];
    if (this.#pages.size > 0) this.#pages = new Map();
  }

  #keep(page: number, rows: Rows): void {
    const pages = new Map(this.#pages).set(page, rows);
    this.#inOrder.add(page);
    for (const oldest of this.#inOrder) {
      if (this.#inOrder.size <= PAGES_KEPT_MAX) break;
      this.#inOrder.delete(oldest);
      pages.delete(oldest);
      this.droppedCount++;
    }
    this.#pages = pages;
  }

  #loadWanted(): void {
    for (const page of this.#wanted) {
      if (this.#loading.size >= LOADS_MAX) return;
      if (!this.#loading.has(page) && !this.#inOrder.has(page)) void this.#loadPage(page);
    }
  }

  async #loadPage(page: number): Promise<void> {
    const generation = this.#generation;
    this.#loading.add(page);
    const rows = await this.#load(page * PAGE_ROWS, PAGE_ROWS);
    if (generation !== this.#generation) return;
    this.#loading.delete(page);
    if (rows === null) return this.#loadAgainSoon();
    this.#keep(page, rows);
    this.#loadWanted();
  }

  #loadAgainSoon(): void {
    if (this.#again !== null) return;
    this.#again = this.#clock.setTimer(AGAIN_AFTER_MS, () => {
      this.#again = null;
      this.#loadWanted();
    });
  }
}
