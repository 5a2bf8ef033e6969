// The filters of a query as bounds on the columns of the index, and what a stored row has to have to pass them.
import { CONTENT_TYPES } from '../store/store-contract.ts';
import { PEERS_MAX, type SegmentData } from './index-segment.ts';
import { type NumberRange, type QueryFilters, RANGE_KEYS } from './query-filters.ts';

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

/** Clears the bits of rows that do not pass. */
export function keepPassing(segment: SegmentData, bits: Uint32Array, filter: ColumnFilter): void {
  const { sizes, fileCounts, times, peers, types } = segment;
  const { size, files, time, seeds, typeBits } = filter;
  for (let word = 0; word < bits.length; word++) {
    let kept = bits[word]!;
    for (let left = kept; left !== 0; left &= left - 1) {
      const bit = 31 - Math.clz32(left & -left);
      const row = word * 32 + bit;
      const passes =
        ((typeBits >>> types[row]!) & 1) === 1 &&
        sizes[row]! >= size.min &&
        sizes[row]! <= size.max &&
        times[row]! >= time.min &&
        times[row]! <= time.max &&
        peers[row]! >= seeds.min &&
        peers[row]! <= seeds.max &&
        fileCounts[row]! >= files.min &&
        fileCounts[row]! <= files.max;
      if (!passes) kept &= ~(1 << bit);
    }
    bits[word] = kept;
  }
}
