// Rows that are shown again after a merge has left them behind: read anew with those around them, and put in their place.
import type { CatalogueReader } from '../catalogue/catalogue-reader.ts';
import { SEGMENT_ROWS_MAX, SegmentBuilder, type SegmentData, type SegmentRow } from '../search/index-segment.ts';
import type { NameIndex } from '../search/name-index.ts';
import { toSegmentRow } from './catalogue-row.ts';

/** Rows read in one step: 3 to 5 ms. */
const STEP_ROWS = 500;
const STEP_ROWS_INDEXED = 200;

/**
 * In small steps, once for all of `missingIds` that fall into one segment; takes out of it what is done. Nothing may be
 * merged meanwhile.
 */
export function* restoreRows(
  { index, reader }: { readonly index: NameIndex; readonly reader: CatalogueReader },
  missingIds: Set<number>,
): Generator<void, void> {
  for (const id of missingIds) {
    missingIds.delete(id);
    const isBelowWindow = id < index.lowId && (index.hasOlder || index.isFull);
    if (isBelowWindow || index.restore(id)) continue;
    const range = index.rangeAround(id);
    const rows: SegmentRow[] = [];
    for (let afterId = range.lowId - 1; ;) {
      const page = reader.rowsBetween({ afterId, untilId: range.highId, limit: STEP_ROWS });
      for (const row of page) rows.push(toSegmentRow(row));
      if (page.length < STEP_ROWS) break;
      afterId = page.at(-1)!.id;
      yield;
    }
    const segments: SegmentData[] = [];
    for (let at = 0; at < rows.length; at += SEGMENT_ROWS_MAX) {
      segments.push(yield* segmentOf(rows.slice(at, at + SEGMENT_ROWS_MAX)));
    }
    if (!index.replaceRange(range, segments)) missingIds.add(id);
    yield;
  }
}

/** `rows` have rising ids. */
export function* segmentOf(rows: readonly SegmentRow[]): Generator<void, SegmentData> {
  const builder = new SegmentBuilder();
  for (const [index, row] of rows.entries()) {
    builder.add(row);
    if (index % STEP_ROWS_INDEXED === STEP_ROWS_INDEXED - 1) yield;
  }
  return yield* builder.finish();
}
