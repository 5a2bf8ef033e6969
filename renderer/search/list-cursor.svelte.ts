// The row that keys act on, and the selection that grows from it. Its place is known before its row is loaded: End goes to
// the last of a million at once. Kept by infohash as soon as there is one, so that rows may come and go around it.
import type { ResultRowDto } from '../../preload/ipc-contract.ts';
import { Selection, SELECTED_MAX } from './selection.svelte.ts';

/** The most that the app hands out in one piece. */
const ROWS_READ_AT_ONCE = 200;

export interface CursorList {
  readonly length: number;
  readonly rows: readonly ResultRowDto[];
  at(index: number): ResultRowDto | null | undefined;
  rowsAt(offset: number, limit: number): Promise<readonly (ResultRowDto | null)[] | null>;
}

export class ListCursor {
  readonly selection = new Selection();
  #active = $state.raw<{ readonly index: number; readonly infohashHex: string | null } | null>(null);
  readonly #list: CursorList;
  /** A later key makes a selection that is still being read come to nothing. */
  #moveCount = 0;

  readonly infohashHex: string | null = $derived.by(() => {
    if (this.#active === null) return null;
    return this.#active.infohashHex ?? this.#list.at(this.#active.index)?.infohashHex ?? null;
  });
  /** -1: none. */
  readonly index: number = $derived.by(() => {
    if (this.#active === null) return -1;
    const { index, infohashHex } = this.#active;
    const row = index < this.#list.length ? this.#list.at(index) : null;
    if (row === undefined || (row && (infohashHex === null || row.infohashHex === infohashHex))) return index;
    return this.#list.rows.findIndex((one) => one.infohashHex === infohashHex);
  });

  constructor(list: CursorList) {
    this.#list = list;
  }

  /** Goes to the row at `index`, or the nearest there is, and selects it alone; null where it is not loaded yet. */
  select(index: number): ResultRowDto | null {
    const row = this.#goTo(index);
    if (row) this.selection.only(row.infohashHex, this.#active?.index ?? 0);
    else if (this.#active === null) this.selection.clear();
    else this.selection.anchorIndex = this.#active.index;
    return row;
  }

  /** Goes there and leaves the selection as it is (Ctrl with an arrow). */
  moveOnly(index: number): void {
    this.#goTo(index);
  }

  /** The row at `index` in or out of the selection (Ctrl with a click, or with Space). */
  toggle(index: number): void {
    const row = this.#goTo(index);
    if (row) this.selection.toggle(row.infohashHex, index);
  }

  /** Everything from where the selection began to `index` (Shift). */
  async extendTo(index: number): Promise<void> {
    const anchor = this.selection.anchorIndex < 0 ? Math.max(0, this.index) : this.selection.anchorIndex;
    this.#goTo(index);
    const to = this.#active?.index ?? -1;
    if (to < 0) return;
    this.selection.anchorIndex = anchor;
    await this.#selectRange(Math.min(anchor, to), Math.max(anchor, to), to < anchor);
  }

  async selectAll(): Promise<void> {
    if (this.#list.length === 0) return;
    if (this.#active === null) this.#goTo(0);
    await this.#selectRange(0, this.#list.length - 1, false);
  }

  /** The rows are about to be others; `isOtherSearch`: what was selected belongs to the words before. */
  listChanges(isOtherSearch: boolean): void {
    this.#moveCount++;
    if (this.#active !== null) this.#active = { ...this.#active, infohashHex: this.infohashHex };
    if (isOtherSearch) this.selection.clear();
  }

  /** One more than can be selected is read, so that the selection knows that it was cut. */
  async #selectRange(first: number, last: number, isFromEnd: boolean): Promise<void> {
    this.#moveCount++;
    const moveCount = this.#moveCount;
    const [from, to] = isFromEnd
      ? [Math.max(first, last - SELECTED_MAX), last]
      : [first, Math.min(last, first + SELECTED_MAX)];
    const rows = await this.#rowsBetween(from, to);
    if (moveCount === this.#moveCount) this.selection.set(rows.map(({ infohashHex }) => infohashHex));
  }

  /** Also those that have to be loaded first; without those that are gone. */
  async #rowsBetween(fromIndex: number, toIndex: number): Promise<readonly ResultRowDto[]> {
    const rows: ResultRowDto[] = [];
    for (let at = fromIndex; at <= toIndex;) {
      const known = this.#list.at(at);
      const found =
        known === undefined ? await this.#list.rowsAt(at, Math.min(ROWS_READ_AT_ONCE, toIndex - at + 1)) : [known];
      if (found === null || found.length === 0) break;
      rows.push(...found.filter((row) => row !== null));
      at += found.length;
    }
    return rows;
  }

  #goTo(index: number): ResultRowDto | null {
    this.#moveCount++;
    const place = Math.min(Math.max(index, 0), this.#list.length - 1);
    const row = place < 0 ? null : (this.#list.at(place) ?? null);
    this.#active = place < 0 ? null : { index: place, infohashHex: row?.infohashHex ?? null };
    return row;
  }
}
