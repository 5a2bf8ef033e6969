// A segment in use: its immutable data, which of its rows are gone, and the counts that need no looking.
import { assert } from '../base/assert.ts';
import { CONTENT_TYPES, type ContentType } from '../store/store-contract.ts';
import { adultBits } from './adult-bits.ts';
import { bitCountOfBoth, clearBit, isSet, keepBits, setBit, wordsFor } from './bitmap.ts';
import { DenseRows } from './dense-rows.ts';
import { firstAtLeast } from './first-at-least.ts';
import { SEGMENT_ROWS_MAX, type SegmentData } from './index-segment.ts';
import { NameReader } from './name-bytes.ts';
import { RowOrders } from './row-orders.ts';
import type { MergePart } from './segment-merge.ts';

/** With this share of rows gone, a segment is worth writing anew. */
const SPARSE_SHARE = 0.25;
/** Of more rows than this share, those of a type are counted by whole words of bits: that takes the same time for any number. */
const MANY_SHARE = 0.06;

export class LiveSegment {
  readonly data: SegmentData;
  readonly orders: RowOrders;
  readonly dense: DenseRows;
  /** Rows of each type, whether they are gone or not; null where there is none. */
  readonly typeBits: readonly (Uint32Array | null)[];
  /** True: a later row is never older. Rows of an import may be. */
  readonly hasRisingTimes: boolean;
  /** The types that there are, the one with most rows first. */
  readonly #typesByRows: readonly number[];
  readonly #names: NameReader;
  #gone: Uint32Array | null = null;
  #goneCount = 0;
  #adultBits: Uint32Array | null | undefined;
  /** Rows that are there, by type: what an empty query counts. */
  readonly #countsByType = new Uint32Array(CONTENT_TYPES.length);

  /** `gone`: a bitmap of rows that left the catalogue before; null: none. `orderedRowsMin`: see row-orders.ts. */
  constructor(data: SegmentData, gone: Uint32Array | null = null, orderedRowsMin?: number) {
    this.data = data;
    this.orders = new RowOrders(data, orderedRowsMin);
    this.dense = new DenseRows(data, orderedRowsMin);
    this.#names = new NameReader(data);
    const typeBits: (Uint32Array | null)[] = CONTENT_TYPES.map(() => null);
    for (let row = 0; row < data.rowCount; row++) {
      const type = data.types[row]!;
      this.#countsByType[type]!++;
      setBit((typeBits[type] ??= new Uint32Array(wordsFor(data.rowCount))), row);
    }
    this.typeBits = typeBits;
    this.#typesByRows = [...typeBits.keys()]
      .filter((type) => typeBits[type] !== null)
      .sort((a, b) => this.#countsByType[b]! - this.#countsByType[a]!);
    this.hasRisingTimes = data.times.every((time, row) => row === 0 || data.times[row - 1]! <= time);
    if (gone === null) return;
    for (let row = 0; row < data.rowCount; row++) if (isSet(gone, row)) this.#removeRow(row);
  }

  /** The result of merging `parts` as they were `before`; takes over what has changed in them meanwhile. */
  static inPlaceOf(
    before: readonly MergePart[],
    parts: readonly LiveSegment[],
    merged: SegmentData,
    orderedRowsMin?: number,
  ): LiveSegment {
    const live = new LiveSegment(merged, null, orderedRowsMin);
    let to = 0;
    for (const [at, part] of parts.entries()) {
      const { gone } = before[at]!;
      for (let row = 0; row < part.data.rowCount; row++) {
        if (gone !== null && isSet(gone, row)) continue;
        merged.peers[to] = part.data.peers[row]!;
        if (part.#isGone(row)) live.#removeRow(to);
        to++;
      }
    }
    return live;
  }

  /** Rows with an adult name, whether they are gone or not; null: none. Made when it is first wanted. */
  get adultBits(): Uint32Array | null {
    if (this.#adultBits === undefined) this.#adultBits = adultBits(this.data);
    return this.#adultBits;
  }

  /** Rows that are there. */
  get rowCount(): number {
    return this.data.rowCount - this.#goneCount;
  }

  get lowId(): number {
    return this.data.ids[0]!;
  }

  get highId(): number {
    return this.data.ids.at(-1)!;
  }

  /** One bit a row; null: none is gone. */
  get gone(): Uint32Array | null {
    return this.#gone;
  }

  get isSparse(): boolean {
    return this.#goneCount > 0 && this.#goneCount >= this.data.rowCount * SPARSE_SHARE;
  }

  /** False when there is no such row (any more). */
  remove(id: number): boolean {
    const row = this.#rowOf(id);
    if (row < 0 || this.#isGone(row)) return false;
    this.#removeRow(row);
    return true;
  }

  /** A row that was gone is back; false when it is not in here (any more). */
  restore(id: number): boolean {
    const row = this.#rowOf(id);
    if (row < 0 || this.#gone === null || !isSet(this.#gone, row)) return false;
    clearBit(this.#gone, row);
    this.#goneCount--;
    this.#countsByType[this.data.types[row]!]!++;
    return true;
  }

  setPeers(id: number, peers: number): void {
    const row = this.#rowOf(id);
    if (row < 0 || this.data.peers[row] === peers) return;
    this.data.peers[row] = peers;
    this.orders.move(row);
  }

  /** Ids of the rows that are there, from `lowId` on, at most `limit`. */
  idsFrom(lowId: number, limit: number): number[] {
    const found: number[] = [];
    for (let row = firstAtLeast(this.data.ids, lowId); row < this.data.rowCount && found.length < limit; row++) {
      if (!this.#isGone(row)) found.push(this.data.ids[row]!);
    }
    return found;
  }

  /** Index into CONTENT_TYPES, -1 when there is no such row. */
  typeOf(id: number): number {
    const row = this.#rowOf(id);
    return row < 0 || this.#isGone(row) ? -1 : this.data.types[row]!;
  }

  /** Null when there is no such row. */
  nameOf(id: number): string | null {
    const row = this.#rowOf(id);
    return row < 0 || this.#isGone(row) ? null : this.#names.read(row);
  }

  /** Those of `bits` (not to be changed) that are of one type; null when there is none. */
  ofType(bits: Uint32Array, type: ContentType | null): Uint32Array | null {
    if (type === null) return bits;
    const ofType = this.typeBits[CONTENT_TYPES.indexOf(type)] ?? null;
    if (ofType === null) return null;
    const kept = bits.slice();
    keepBits(kept, ofType);
    return kept;
  }

  /** Adds to `counts` how many of the `matchCount` rows with their bits set are of each type. */
  countTypes(bits: Uint32Array, matchCount: number, counts: number[]): void {
    const known = this.dense.countsByType(bits, this.typeBits);
    if (known !== null) {
      for (const [type, count] of known.entries()) counts[type]! += count;
      return;
    }
    if (matchCount > MANY_SHARE * this.data.rowCount) {
      // The type that most rows have comes first: most searches find hardly anything else, and are done with it.
      let left = matchCount;
      for (const type of this.#typesByRows) {
        if (left === 0) return;
        const count = bitCountOfBoth(bits, this.typeBits[type]!);
        counts[type]! += count;
        left -= count;
      }
      return;
    }
    const { types } = this.data;
    for (let word = 0; word < bits.length; word++) {
      for (let left = bits[word]!; left !== 0; left &= left - 1) {
        counts[types[word * 32 + 31 - Math.clz32(left & -left)]!]!++;
      }
    }
  }

  /** The same when every row counts. */
  countAllTypes(counts: number[]): void {
    for (const [type, count] of this.#countsByType.entries()) counts[type]! += count;
  }

  checkInvariants(): void {
    const { data } = this;
    assert(data.rowCount > 0 && data.rowCount <= SEGMENT_ROWS_MAX, 'segments are neither empty nor too large');
    assert(data.ids.length === data.rowCount, 'every row has an id');
    assert(
      data.ids.every((id, row) => row === 0 || id > data.ids[row - 1]!),
      'ids rise',
    );
    assert(data.postingStarts.at(-1) === data.postings.length, 'every posting belongs to a term');
    assert(data.nameStarts.length === data.rowCount + 1, 'every row has a name');
    assert(data.nameStarts.at(-1) === data.nameBytes.length, 'every byte belongs to a name');
    assert(data.termStarts.at(-1) === data.termBytes.length, 'every byte belongs to a term');
    let goneCount = 0;
    for (let row = 0; row < this.data.rowCount; row++) if (this.#isGone(row)) goneCount++;
    assert(goneCount === this.#goneCount, 'the rows that are gone are counted');
    const total = this.#countsByType.reduce((sum, count) => sum + count, 0);
    assert(total === this.rowCount, 'every row that is there has a type');
  }

  #removeRow(row: number): void {
    setBit((this.#gone ??= new Uint32Array(wordsFor(this.data.rowCount))), row);
    this.#goneCount++;
    this.#countsByType[this.data.types[row]!]!--;
  }

  #isGone(row: number): boolean {
    return this.#gone !== null && isSet(this.#gone, row);
  }

  #rowOf(id: number): number {
    const row = firstAtLeast(this.data.ids, id);
    return this.data.ids[row] === id ? row : -1;
  }
}

/** The one of `segments` (rising ids) whose span of ids `id` falls into; null where there is none. */
export function segmentWith(segments: readonly LiveSegment[], id: number): LiveSegment | null {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (segments[middle]!.highId < id) low = middle + 1;
    else high = middle;
  }
  const segment = segments[low];
  return segment === undefined || segment.lowId > id ? null : segment;
}

/** `segments` with `fresh` in the place of those within lowId to highId; null when one of them reaches beyond it. */
export function withRangeReplaced(
  segments: readonly LiveSegment[],
  { lowId, highId }: { readonly lowId: number; readonly highId: number },
  fresh: readonly LiveSegment[],
): LiveSegment[] | null {
  const touched = segments.filter((segment) => segment.lowId <= highId && segment.highId >= lowId);
  if (touched.some((segment) => segment.lowId < lowId || segment.highId > highId)) return null;
  const before = segments.filter((segment) => segment.highId < lowId);
  const after = segments.filter((segment) => segment.lowId > highId);
  return [...before, ...fresh, ...after];
}
