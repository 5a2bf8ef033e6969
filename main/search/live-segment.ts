// A segment in use: its immutable data, which of its rows are gone, and the counts that need no looking.
import { assert } from '../base/assert.ts';
import { CONTENT_TYPES } from '../store/store-contract.ts';
import type { SegmentData } from './index-segment.ts';
import type { MergePart } from './segment-merge.ts';
import { firstAtLeast } from './segment-search.ts';

/** With this share of rows gone, a segment is worth writing anew. */
const SPARSE_SHARE = 0.25;

export class LiveSegment {
  readonly data: SegmentData;
  #gone: Uint32Array | null = null;
  #goneCount = 0;
  /** Rows that are there, by type: what an empty query counts. */
  readonly #countsByType = new Uint32Array(CONTENT_TYPES.length);

  /** `gone`: a bitmap of rows that left the catalogue before; null: none. */
  constructor(data: SegmentData, gone: Uint32Array | null = null) {
    this.data = data;
    for (const type of data.types) this.#countsByType[type]!++;
    if (gone === null) return;
    for (let row = 0; row < data.rowCount; row++) if (isSet(gone, row)) this.#removeRow(row);
  }

  /** The result of merging `parts` as they were `before`; takes over what has changed in them meanwhile. */
  static inPlaceOf(before: readonly MergePart[], parts: readonly LiveSegment[], merged: SegmentData): LiveSegment {
    const live = new LiveSegment(merged);
    let to = 0;
    for (const [at, part] of parts.entries()) {
      const { gone } = before[at]!;
      for (let row = 0; row < part.data.rowCount; row++) {
        if (isSet(gone, row)) continue;
        merged.peers[to] = part.data.peers[row]!;
        if (isSet(part.#gone, row)) live.#removeRow(to);
        to++;
      }
    }
    return live;
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
    if (row < 0 || isSet(this.#gone, row)) return false;
    this.#removeRow(row);
    return true;
  }

  /** A row that was gone is back; false when it is not in here (any more). */
  restore(id: number): boolean {
    const row = this.#rowOf(id);
    if (row < 0 || !isSet(this.#gone, row)) return false;
    this.#gone![row >>> 5]! &= ~(1 << (row & 31));
    this.#goneCount--;
    this.#countsByType[this.data.types[row]!]!++;
    return true;
  }

  setPeers(id: number, peers: number): void {
    const row = this.#rowOf(id);
    if (row >= 0) this.data.peers[row] = peers;
  }

  /** Ids of the rows that are there, from `lowId` on, at most `limit`. */
  idsFrom(lowId: number, limit: number): number[] {
    const found: number[] = [];
    for (let row = firstAtLeast(this.data.ids, lowId); row < this.data.rowCount && found.length < limit; row++) {
      if (!isSet(this.#gone, row)) found.push(this.data.ids[row]!);
    }
    return found;
  }

  /** Index into CONTENT_TYPES, -1 when there is no such row. */
  typeOf(id: number): number {
    const row = this.#rowOf(id);
    return row < 0 || isSet(this.#gone, row) ? -1 : this.data.types[row]!;
  }

  /** Clears the bits of rows that are gone. */
  dropGone(bits: Uint32Array): void {
    if (this.#gone === null) return;
    for (let word = 0; word < bits.length; word++) bits[word]! &= ~this.#gone[word]!;
  }

  /** Adds to `counts` how many of the rows with their bits set are of each type. */
  countTypes(bits: Uint32Array, counts: number[]): void {
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
    let goneCount = 0;
    for (let row = 0; row < this.data.rowCount; row++) if (isSet(this.#gone, row)) goneCount++;
    assert(goneCount === this.#goneCount, 'the rows that are gone are counted');
    const total = this.#countsByType.reduce((sum, count) => sum + count, 0);
    assert(total === this.rowCount, 'every row that is there has a type');
  }

  #removeRow(row: number): void {
    this.#gone ??= new Uint32Array((this.data.rowCount + 31) >>> 5);
    this.#gone[row >>> 5]! |= 1 << (row & 31);
    this.#goneCount++;
    this.#countsByType[this.data.types[row]!]!--;
  }

  #rowOf(id: number): number {
    const row = firstAtLeast(this.data.ids, id);
    return this.data.ids[row] === id ? row : -1;
  }
}

/** `segments` with `data` in the place of those within lowId to highId; null when one of them reaches beyond it. */
export function withRangeReplaced(
  segments: readonly LiveSegment[],
  { lowId, highId }: { readonly lowId: number; readonly highId: number },
  data: readonly SegmentData[],
): LiveSegment[] | null {
  const touched = segments.filter((segment) => segment.lowId <= highId && segment.highId >= lowId);
  if (touched.some((segment) => segment.lowId < lowId || segment.highId > highId)) return null;
  const before = segments.filter((segment) => segment.highId < lowId);
  const after = segments.filter((segment) => segment.lowId > highId);
  return [...before, ...data.map((one) => new LiveSegment(one)), ...after];
}

const isSet = (bits: Uint32Array | null, row: number): boolean =>
  bits !== null && (bits[row >>> 5]! & (1 << (row & 31))) !== 0;
