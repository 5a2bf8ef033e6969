// The filters of a query as bounds on the columns of the index, and what a stored row has to have to pass them.
import { CONTENT_TYPES } from '../store/store-contract.ts';
import { addBits, bitCount, clearBit, isSet, keepBits, keepSpan, setBit } from './bitmap.ts';
import { firstAtLeast } from './first-at-least.ts';
import { PEERS_MAX, type SegmentData } from './index-segment.ts';
import type { LiveSegment } from './live-segment.ts';
import { type NumberRange, type QueryFilters, RANGE_KEYS } from './query-filters.ts';
import { type RowOrder, spanOf } from './row-orders.ts';

/** Bounds of every column, both ends included. */
export interface ColumnFilter {
  readonly size: NumberRange;
  readonly files: NumberRange;
  /** Unix seconds. */
  readonly time: NumberRange;
  readonly seeds: NumberRange;
  /** Bit n: the n-th of CONTENT_TYPES. */
  readonly typeBits: number;
}

const ANY: NumberRange = { min: 0, max: Infinity };

/** Null when every row passes. Ages are counted from `nowUnixSeconds`. */
export function toColumnFilter({ types, ranges }: QueryFilters, nowUnixSeconds: number): ColumnFilter | null {
  if (types === null && RANGE_KEYS.every((key) => ranges[key] === null)) return null;
  const { age } = ranges;
  return {
    size: ranges.size ?? ANY,
    files: ranges.files ?? ANY,
    time: age === null ? ANY : { min: nowUnixSeconds - age.max, max: nowUnixSeconds - age.min },
    seeds: ranges.seeds ?? ANY,
    typeBits: types === null ? -1 : types.reduce((bits, type) => bits | (1 << CONTENT_TYPES.indexOf(type)), 0),
  };
}

export interface FilteredRow {
  readonly sizeBytes: number;
  readonly fileCount: number;
  readonly peersSeen: number;
  readonly discoveredAtUnixSeconds: number;
  /** Index into CONTENT_TYPES. */
  readonly contentType: number;
}

/** The same for a row read from the catalogue. */
export function passesFilter(filter: ColumnFilter | null, row: FilteredRow): boolean {
  if (filter === null) return true;
  return (
    isWithin(filter.size, row.sizeBytes) &&
    isWithin(filter.files, row.fileCount) &&
    isWithin(filter.time, row.discoveredAtUnixSeconds) &&
    isWithin(filter.seeds, Math.min(PEERS_MAX, row.peersSeen)) &&
    ((filter.typeBits >>> row.contentType) & 1) === 1
  );
}

const isWithin = ({ min, max }: NumberRange, value: number): boolean => value >= min && value <= max;

/** Fewer rows than this share of a segment are looked at one by one. */
const FEW_SHARE = 0.1;

/** Clears the bits of rows that do not pass. `scratch` has room for as many rows. */
export function keepPassing(segment: LiveSegment, bits: Uint32Array, filter: ColumnFilter, scratch: Uint32Array): void {
  const { data, typeBits, hasRisingTimes } = segment;
  const ranges = RANGES.filter(([key]) => filter[key] !== ANY);
  if (filter.typeBits !== -1) keepTypes(typeBits, bits, filter.typeBits, scratch);
  const isFew = bitCount(bits) < FEW_SHARE * data.rowCount;
  for (const [key, column] of ranges) {
    const { min, max } = filter[key];
    const order = column === 'times' ? null : segment.orders.get(column);
    if (isFew || (order === null && !(column === 'times' && hasRisingTimes))) keepLooking(data[column], bits, min, max);
    else if (order === null)
      keepSpan(bits, firstAtLeast(data.times, min), firstAtLeast(data.times, Math.floor(max) + 1));
    else keepOrdered(segment, bits, { order, min, max, scratch });
  }
}

const RANGES = [
  ['time', 'times'],
  ['files', 'fileCounts'],
  ['size', 'sizes'],
  ['seeds', 'peers'],
] as const satisfies readonly [Exclude<keyof ColumnFilter, 'typeBits'>, keyof SegmentData][];

function keepTypes(ofTypes: LiveSegment['typeBits'], bits: Uint32Array, wanted: number, scratch: Uint32Array): void {
  scratch.fill(0);
  for (const [type, ofType] of ofTypes.entries()) {
    if (ofType !== null && ((wanted >>> type) & 1) === 1) addBits(scratch, ofType);
  }
  keepBits(bits, scratch);
}

function keepLooking(column: ArrayLike<number>, bits: Uint32Array, min: number, max: number): void {
  for (let word = 0; word < bits.length; word++) {
    let kept = bits[word]!;
    for (let left = kept; left !== 0; left &= left - 1) {
      const bit = 31 - Math.clz32(left & -left);
      const value = column[word * 32 + bit]!;
      if (value < min || value > max) kept &= ~(1 << bit);
    }
    bits[word] = kept;
  }
}

interface Ordered {
  readonly order: RowOrder;
  readonly min: number;
  readonly max: number;
  readonly scratch: Uint32Array;
}

/** Rows that pass are a run of the order; the shorter of what is in it and what is not is gone through. */
function keepOrdered({ data, orders }: LiveSegment, bits: Uint32Array, { order, min, max, scratch }: Ordered): void {
  const { rows } = order;
  const [from, to] = spanOf(order, min, max);
  const moved = order === orders.get('peers') ? [...orders.moved].filter((row) => isSet(bits, row)) : [];
  if (to - from < rows.length / 2) {
    scratch.fill(0);
    for (let at = from; at < to; at++) setBit(scratch, rows[at]!);
    keepBits(bits, scratch);
  } else {
    for (let at = 0; at < from; at++) clearBit(bits, rows[at]!);
    for (let at = to; at < rows.length; at++) clearBit(bits, rows[at]!);
  }
  for (const row of moved) {
    if (isWithin({ min, max }, data.peers[row]!)) setBit(bits, row);
    else clearBit(bits, row);
  }
}
