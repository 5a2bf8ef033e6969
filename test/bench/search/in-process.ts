// The search without threads, ports and inserts: what a query costs by itself, counts, and whether what was meant is found.
import { systemClock } from '../../../main/base/clock.ts';
import type { CatalogueReader } from '../../../main/catalogue/catalogue-reader.ts';
import { toIndexQuery } from '../../../main/search/index-query.ts';
import { runToEnd, SEGMENT_ROWS_MAX, SegmentBuilder } from '../../../main/search/index-segment.ts';
import { NameIndex } from '../../../main/search/name-index.ts';
import { parseQuery } from '../../../main/search/search-query.ts';
import { toSegmentRow } from '../../../main/store/catalogue-row.ts';
import { readSnapshot } from '../../../main/store/index-snapshot.ts';
import { StoreSearch } from '../../../main/store/store-search.ts';
import { openReader } from './bench-corpus.ts';
import { type KnownTitle, measureSpelling, reciprocalRank, type Spelling } from './quality.ts';
import type { Queries } from './queries.ts';

const READ_ROWS = 5000;

export interface InProcess {
  /** By class, the first batch: of three runs the shortest, so that a busy machine counts less. */
  readonly leastMs: Readonly<Record<string, number[]>>;
  readonly countMs: number[];
  readonly indexBytes: number;
  readonly reciprocalRank: number;
  readonly spelling: Spelling;
}

export async function measureInProcess(
  databasePath: string,
  titles: readonly KnownTitle[],
  queries: Queries,
): Promise<InProcess> {
  const reader = openReader(databasePath);
  const index = await indexOf(reader, `${databasePath}.names`);
  const search = new StoreSearch(reader, index, { ...systemClock, nowUnixSeconds: () => 1_800_000_000 });
  const goOn = (): Promise<boolean> => Promise.resolve(true);
  const found = new Map<string, string[]>();
  for (const { text } of titles) {
    const page = await search.page({ text, sort: 'relevance', contentType: null, limit: 10, cursor: null }, goOn);
    found.set(
      text,
      page!.rows.map((row) => row.name),
    );
  }
  const leastMs: Record<string, number[]> = {};
  for (let run = 0; run < 3; run++) {
    for (const [kind, requests] of Object.entries(queries)) {
      const times = (leastMs[kind] ??= requests.map(() => Infinity));
      for (const [at, request] of requests.entries()) {
        const startedAtMs = performance.now();
        await search.page({ ...request, isFast: true }, goOn);
        times[at] = Math.min(times[at]!, performance.now() - startedAtMs);
      }
    }
  }
  const result = {
    leastMs,
    countMs: countsOf(index),
    indexBytes: index.segments.reduce((sum, segment) => sum + bytesOf(segment), 0),
    reciprocalRank: reciprocalRank(titles, (text) => found.get(text) ?? []),
    spelling: measureSpelling(index.segments),
  };
  reader.close();
  return result;
}

/** Out of the kept snapshot where there is one. Orders are made as the search thread makes them when nobody waits. */
async function indexOf(reader: CatalogueReader, snapshotPath: string): Promise<NameIndex> {
  const index = new NameIndex();
  const snapshot = await readSnapshot(snapshotPath, () => undefined);
  for (const { data, gone } of snapshot?.parts.toReversed() ?? []) index.addOlder(data, gone);
  if (snapshot === null) readAll(reader, index);
  else if (!snapshot.hasOlder) index.markComplete();
  for (let order = index.nextOrder(); order !== null; order = index.nextOrder()) runToEnd(order);
  return index;
}

function readAll(reader: CatalogueReader, index: NameIndex): void {
  for (let beforeId = reader.newestId() + 1; !index.isFull && beforeId > 1;) {
    const rows = [];
    while (rows.length < SEGMENT_ROWS_MAX) {
      const page = reader.latestPage({ beforeId, limit: Math.min(READ_ROWS, SEGMENT_ROWS_MAX - rows.length) });
      if (page.length === 0) break;
      for (const row of page) rows.push(toSegmentRow(row));
      beforeId = page.at(-1)!.id;
    }
    if (rows.length === 0) return index.markComplete();
    const builder = new SegmentBuilder(rows.length);
    for (const row of rows.reverse()) builder.add(row);
    index.addOlder(runToEnd(builder.finish()));
  }
}

/** Every match counted, by type, for two of the commonest words. */
function countsOf(index: NameIndex): number[] {
  const all = { lowId: 0, highId: Number.MAX_SAFE_INTEGER, contentType: null, after: null, limit: 0 } as const;
  return Array.from({ length: 100 }, (_, at) => {
    const query = toIndexQuery(parseQuery(['1080p ', 'web '][at % 2]!));
    const startedAtMs = performance.now();
    index.search({ ...all, query, sort: 'newest', withCounts: true });
    return performance.now() - startedAtMs;
  });
}

const bytesOf = (segment: object): number =>
  Object.values(segment).reduce<number>((sum, column) => sum + (ArrayBuffer.isView(column) ? column.byteLength : 0), 0);
