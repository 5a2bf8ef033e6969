// Offers the matches of one segment to the best rows found so far: in the order asked for where there is one, so that it ends
// with the first row that is no better; else all of them.
import type { SortOrder } from '../store/store-contract.ts';
import { isSet } from './bitmap.ts';
import type { SegmentData } from './index-segment.ts';
import type { LiveSegment } from './live-segment.ts';
import { peersNeeded, staticScore } from './ranking.ts';
import type { OrderedColumn, RowOrder } from './row-orders.ts';
import type { TopRows } from './top-rows.ts';

export interface Offering {
  readonly sort: SortOrder;
  /** The span of ids that ages are measured by: it comes with the request, so that keys stay the same from page to page. */
  readonly lowId: number;
  readonly highId: number;
  readonly isReversed: boolean;
  readonly top: TopRows;
}

const COLUMN_OF: Readonly<Record<Exclude<SortOrder, 'newest'>, OrderedColumn>> = {
  size: 'sizes',
  files: 'fileCounts',
  peers: 'peers',
  relevance: 'peers',
};

/** `matchCount`: how many of `bits` are set. */
export function offerRows(segment: LiveSegment, bits: Uint32Array, matchCount: number, offering: Offering): void {
  const { sort, top } = offering;
  if (sort === 'newest') return offerNewest(segment, bits, offering);
  const order = segment.orders.get(COLUMN_OF[sort]);
  // Walking the order finds `limit` rows after about limit * rows / matches short steps; offering all takes `matches` long ones.
  const isWorthIt = 4 * matchCount * matchCount > top.limit * segment.data.rowCount;
  if (order === null || !isWorthIt) return offerAll(segment, bits, offering);
  if (sort === 'relevance') offerByScore(segment, bits, order, offering);
  else offerByColumn(segment, bits, order, offering);
  if (order !== segment.orders.get('peers')) return;
  // Only the number of peers moves.
  for (const row of segment.orders.moved)
    if (isMoved(segment, order, row) && isSet(bits, row)) offerOne(segment, row, offering);
}

function offerNewest({ data: { ids } }: LiveSegment, bits: Uint32Array, { top, isReversed }: Offering): void {
  for (let step = 0; step < bits.length; step++) {
    const word = isReversed ? step : bits.length - 1 - step;
    let left = bits[word]!;
    while (left !== 0) {
      const bit = 31 - Math.clz32(isReversed ? left & -left : left);
      left &= ~(1 << bit);
      top.offer(0, ids[word * 32 + bit]!);
    }
    if (top.isFull) return;
  }
}

function offerByColumn(
  { data: { ids, peers } }: LiveSegment,
  bits: Uint32Array,
  order: RowOrder,
  offering: Offering,
): void {
  const { top, isReversed, sort } = offering;
  const { rows, values } = order;
  for (let step = 0; step < rows.length; step++) {
    const row = rows[isReversed ? rows.length - 1 - step : step]!;
    if ((bits[row >>> 5]! & (1 << (row & 31))) === 0) continue;
    if (top.isBeyond(values[row]!, ids[row]!)) return;
    if (sort !== 'peers' || peers[row] === values[row]) top.offer(values[row]!, ids[row]!);
  }
}

/** Of rows with as many peers the newest is the best; no row of the segment is newer than its last. */
function offerByScore({ data }: LiveSegment, bits: Uint32Array, { rows, values }: RowOrder, offering: Offering): void {
  const { ids, peers } = data;
  const { top, lowId, highId } = offering;
  const span = Math.max(1, highId - lowId);
  const mostAge = (ids.at(-1)! - lowId) / span;
  for (const row of rows) {
    if ((bits[row >>> 5]! & (1 << (row & 31))) === 0) continue;
    if (top.isKeyBeyond(staticScore(values[row]!, mostAge))) return;
    if (peers[row] === values[row]) top.offer(staticScore(values[row]!, (ids[row]! - lowId) / span), ids[row]!);
  }
}

const isMoved = ({ data }: LiveSegment, { values }: RowOrder, row: number): boolean => data.peers[row] !== values[row];

function offerAll(segment: LiveSegment, bits: Uint32Array, offering: Offering): void {
  const { sort, top } = offering;
  if (sort === 'relevance') return offerAllByScore(segment, bits, offering);
  const { ids } = segment.data;
  const column = segment.data[COLUMN_OF[sort as Exclude<SortOrder, 'newest'>]];
  // From the end: of equal keys the newer rows come in first, and older ones are turned away at once.
  for (let word = bits.length - 1; word >= 0; word--) {
    let left = bits[word]!;
    while (left !== 0) {
      const bit = 31 - Math.clz32(left);
      left &= ~(1 << bit);
      const row = word * 32 + bit;
      if (!top.isKeyBeyond(column[row]!)) top.offer(column[row]!, ids[row]!);
    }
  }
}

/** Most rows have so few peers that they need no score. */
function offerAllByScore({ data }: LiveSegment, bits: Uint32Array, { top, lowId, highId }: Offering): void {
  const { ids, peers } = data;
  const span = Math.max(1, highId - lowId);
  const mostAge = (ids.at(-1)! - lowId) / span;
  let fewestPeers = peersNeeded(top.lowestKey, mostAge);
  for (let word = bits.length - 1; word >= 0; word--) {
    let left = bits[word]!;
    while (left !== 0) {
      const bit = 31 - Math.clz32(left);
      left &= ~(1 << bit);
      const row = word * 32 + bit;
      if (peers[row]! < fewestPeers) continue;
      const key = staticScore(peers[row]!, (ids[row]! - lowId) / span);
      if (top.isKeyBeyond(key)) continue;
      top.offer(key, ids[row]!);
      fewestPeers = peersNeeded(top.lowestKey, mostAge);
    }
  }
}

function offerOne({ data }: LiveSegment, row: number, { sort, top, lowId, highId }: Offering): void {
  const id = data.ids[row]!;
  const age = (id - lowId) / Math.max(1, highId - lowId);
  top.offer(sort === 'relevance' ? staticScore(data.peers[row]!, age) : data.peers[row]!, id);
}

/** What rows are sorted by, as a function of the row: for whoever wants all of them. */
export function rowKeys(
  { ids, peers, ...data }: SegmentData,
  { sort, lowId, highId }: Pick<Offering, 'sort' | 'lowId' | 'highId'>,
): (row: number) => number {
  const span = Math.max(1, highId - lowId);
  if (sort === 'newest') return () => 0;
  if (sort === 'relevance') return (row) => staticScore(peers[row]!, (ids[row]! - lowId) / span);
  const column = sort === 'peers' ? peers : sort === 'size' ? data.sizes : data.fileCounts;
  return (row) => column[row]!;
}
