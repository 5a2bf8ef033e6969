// The rows of a full segment sorted by a column, so that the best fifty of a million come without looking at the rest, and a
// filter on the column is one run of rows. Made beside the segment when nobody waits: 1 ms a column, 2 bytes a row each.
import type { SegmentData } from './index-segment.ts';

export const ORDERED_COLUMNS = ['sizes', 'fileCounts', 'peers'] as const;
export type OrderedColumn = (typeof ORDERED_COLUMNS)[number];

/** Smaller segments are looked through as fast. */
const ORDERED_ROWS_MIN = 2048;

/** With more rows moved than this, the order is made anew. */
const MOVED_MAX = 1000;

export interface RowOrder {
  /** Row numbers: the highest value first, of equal values the highest row. */
  readonly rows: Uint16Array;
  /** The values that `rows` is sorted by, by row number: what they were when it was made. */
  readonly values: Float64Array | Uint32Array | Uint16Array;
}

export class RowOrders {
  readonly #data: SegmentData;
  readonly #orders = new Map<OrderedColumn, RowOrder>();
  /** Rows of which other peers were told since `peers` was sorted. */
  readonly #moved = new Set<number>();

  readonly #rowsMin: number;

  constructor(data: SegmentData, rowsMin = ORDERED_ROWS_MIN) {
    this.#data = data;
    this.#rowsMin = rowsMin;
  }

  /** The next column that has no order yet; null: none is missing. */
  get missing(): OrderedColumn | null {
    if (this.#data.rowCount < this.#rowsMin) return null;
    return ORDERED_COLUMNS.find((column) => !this.#orders.has(column)) ?? null;
  }

  make(column: OrderedColumn): void {
    // The one column that changes while the segment lives.
    const values = column === 'peers' ? this.#data.peers.slice() : this.#data[column];
    this.#orders.set(column, { rows: sortedRows(values), values });
    if (column === 'peers') this.#moved.clear();
  }

  /** Makes them all, one a step. */
  *makeMissing(): Generator<void, void> {
    for (let column = this.missing; column !== null; column = this.missing) {
      this.make(column);
      yield;
    }
  }

  get(column: OrderedColumn): RowOrder | null {
    return this.#orders.get(column) ?? null;
  }

  /** Rows that are not where `get('peers')` has them, and perhaps some that are. */
  get moved(): ReadonlySet<number> {
    return this.#moved;
  }

  move(row: number): void {
    if (!this.#orders.has('peers')) return;
    this.#moved.add(row);
    if (this.#moved.size <= MOVED_MAX) return;
    this.#orders.delete('peers');
    this.#moved.clear();
  }
}

/** Where the values from `max` down to `min` begin and end in an order. */
export function spanOf({ rows, values }: RowOrder, min: number, max: number): [number, number] {
  const firstAtMost = (bound: number, isStrict: boolean): number => {
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const value = values[rows[middle]!]!;
      if (isStrict ? value >= bound : value > bound) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return [firstAtMost(max, false), firstAtMost(min, true)];
}

/** By counting, 16 bits of the value at a time, the lowest first; values are whole numbers up to 2^53. */
function sortedRows(values: ArrayLike<number>): Uint16Array {
  const count = values.length;
  const low = new Uint32Array(count);
  const high = new Uint32Array(count);
  let [anyLow, anyHigh] = [0, 0];
  for (let row = 0; row < count; row++) {
    low[row] = values[row]!;
    high[row] = values[row]! / 0x1_0000_0000;
    anyLow |= low[row]!;
    anyHigh |= high[row]!;
  }
  let rows = new Uint16Array(count);
  for (let row = 0; row < count; row++) rows[row] = row;
  if (anyLow !== 0) rows = countingPass(rows, low, 0);
  if (anyLow >>> 16 !== 0) rows = countingPass(rows, low, 16);
  if (anyHigh !== 0) rows = countingPass(rows, high, 0);
  if (anyHigh >>> 16 !== 0) rows = countingPass(rows, high, 16);
  return rows.reverse();
}

/** The rows by 16 bits of their values, from bit `shift` on; those with the same stay in their order. */
function countingPass(rows: Uint16Array, values: Uint32Array, shift: number): Uint16Array<ArrayBuffer> {
  const starts = new Uint32Array(65_537);
  for (let row = 0; row < values.length; row++) starts[((values[row]! >>> shift) & 0xffff) + 1]!++;
  for (let digit = 0; digit < 65_536; digit++) starts[digit + 1]! += starts[digit]!;
  const sorted = new Uint16Array(rows.length);
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    sorted[starts[(values[row]! >>> shift) & 0xffff]!++] = row;
  }
  return sorted;
}
