// The index while it changes: torrents come, go and find more peers in any order, segments are merged in the middle of it,
// and at every moment it answers like a scan over the rows that there are.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { passesFilter, toColumnFilter } from '../../main/search/column-filter.ts';
import { toIndexQuery } from '../../main/search/index-query.ts';
import { buildSegment, runToEnd, type SegmentRow } from '../../main/search/index-segment.ts';
import { NameIndex } from '../../main/search/name-index.ts';
import { mergeSteps, type PendingMerge } from '../../main/search/segment-merge.ts';
import { nameMatches, needsName } from '../../main/search/name-match.ts';
import { parseQuery } from '../../main/search/search-query.ts';
import { CONTENT_TYPES, type SortOrder } from '../../main/store/store-contract.ts';
import { Corpus } from '../bench/corpus.ts';

const NOW = 1_700_100_000;
const corpus = new Corpus(3);

/** One row of many that are alike: few words, few sizes. */
function rowOf(id: number): SegmentRow {
  const torrent = corpus.torrent(id % 90);
  return {
    ...torrent,
    id,
    sizeBytes: (id * 7919) % 40,
    fileCount: 1 + (id % 5),
    peersSeen: id % 11,
    discoveredAtUnixSeconds: NOW - ((id * 104_729) % 1_000_000),
    contentType: CONTENT_TYPES[id % CONTENT_TYPES.length]!,
  };
}

type Action =
  | { readonly do: 'add'; readonly count: number; readonly gap: number }
  | { readonly do: 'remove' | 'find-peers'; readonly at: number }
  | { readonly do: 'begin-merge' | 'end-merge' | 'order' };

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('add' as const), count: fc.integer({ min: 1, max: 12 }), gap: fc.nat(3) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom('remove' as const, 'find-peers' as const), at: fc.nat(10_000) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('begin-merge' as const, 'end-merge' as const, 'order' as const),
    }),
  },
);

const FIRST = corpus
  .name(1)
  .split(/[^\p{L}\p{N}]+/u)
  .filter(Boolean);
const SECOND = corpus
  .name(2)
  .split(/[^\p{L}\p{N}]+/u)
  .filter(Boolean);
const queryText = fc.constantFrom(
  '',
  's',
  '1080p ',
  '-1080p',
  `${FIRST[0]} OR ${SECOND[0]} `,
  `1080p OR 720p web OR bluray `,
  'type:video,audio',
  '-type:video size:10..30',
  'files:>2 seeds:3',
  'age:<5d 1080p ',
  'age:2d..9d -type:book web OR x264 ',
  'size:<0',
  '第 OR 1080p ',
);

/** The index and the rows that should be in it. */
class Model {
  readonly index = new NameIndex({ orderedRowsMin: 4 });
  readonly rows = new Map<number, SegmentRow>();
  #lastId = 0;
  #merge: PendingMerge | null = null;

  apply(one: Action): void {
    switch (one.do) {
      case 'add':
        return this.#add(one);
      case 'remove':
      case 'find-peers':
        return this.#change(one.do, [...this.rows.keys()][one.at % Math.max(1, this.rows.size)] ?? 5);
      case 'begin-merge':
        this.#merge ??= this.index.nextMerge();
        return;
      case 'end-merge':
        this.#merge?.finish(runToEnd(mergeSteps(this.#merge.parts)));
        this.#merge = null;
        return;
      case 'order':
        for (let job = this.index.nextOrder(); job !== null; job = this.index.nextOrder()) runToEnd(job);
    }
  }

  #add({ count, gap }: { count: number; gap: number }): void {
    const added = Array.from({ length: count }, () => rowOf((this.#lastId += 1 + gap)));
    this.index.addNewer(buildSegment(added).segment);
    for (const row of added) this.rows.set(row.id, row);
  }

  #change(what: 'remove' | 'find-peers', id: number): void {
    const row = this.rows.get(id);
    const peers = what === 'find-peers' ? [{ id, peersSeen: 70_000 - id }] : [];
    this.index.change({ removedIds: what === 'remove' ? [id, id] : [], peers });
    if (what === 'remove') this.rows.delete(id);
    else if (row !== undefined) this.rows.set(id, { ...row, peersSeen: Math.min(65_535, 70_000 - id) });
  }
}

function expected(model: Model, text: string, sort: Exclude<SortOrder, 'relevance'>) {
  const query = parseQuery(text);
  const filter = toColumnFilter(query.filters, NOW);
  const keyOf = (row: SegmentRow) =>
    ({ newest: 0, size: row.sizeBytes, files: row.fileCount, peers: row.peersSeen })[sort];
  const matching = [...model.rows.values()].filter(
    (row) =>
      nameMatches(query, row.name) &&
      passesFilter(filter, { ...row, contentType: CONTENT_TYPES.indexOf(row.contentType) }),
  );
  return {
    ids: matching.sort((a, b) => keyOf(b) - keyOf(a) || b.id - a.id).map(({ id }) => id),
    counts: Object.fromEntries(
      CONTENT_TYPES.map((type) => [type, matching.filter(({ contentType }) => contentType === type).length]),
    ),
  };
}

test('inserts, deletes, updates and merges in any order', () => {
  const sorts = ['newest', 'size', 'files', 'peers'] as const;
  const questions = fc.array(fc.tuple(queryText, fc.constantFrom(...sorts)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(action, { minLength: 5, maxLength: 120 }), questions, (actions, asked) => {
      const model = new Model();
      for (const one of actions) model.apply(one);
      model.index.checkInvariants();
      expect(model.index.rowCount).toBe(model.rows.size);
      for (const [id, { name }] of model.rows) expect(model.index.nameOf(id)).toBe(name);
      expect(model.index.nameOf(1e9)).toBeNull();
      for (const [text, sort] of asked) {
        const query = parseQuery(text);
        expect(needsName(query)).toBe(false);
        const range = { lowId: 0, highId: 1e9, contentType: null, after: null, limit: 2000, withCounts: true };
        const indexQuery = toIndexQuery(query, toColumnFilter(query.filters, NOW));
        const found = model.index.search({ ...range, query: indexQuery, sort });
        const { ids, counts } = expected(model, text, sort);
        expect(found.places.map(({ id }) => id)).toEqual(ids);
        const first = model.index.search({ ...range, query: indexQuery, sort, limit: 3, withCounts: false });
        expect(first.places.map(({ id }) => id)).toEqual(ids.slice(0, 3));
        const last = model.index.search({ ...range, query: indexQuery, sort, limit: 3, isReversed: true });
        expect(last.places.map(({ id }) => id)).toEqual(ids.slice(-3).reverse());
        expect(found.countsByType).toEqual(counts);
      }
    }),
    { numRuns: 250 },
  );
});

function merge(index: NameIndex): void {
  const { parts, finish } = index.nextMerge()!;
  finish(runToEnd(mergeSteps(parts)));
}

test('a segment that has lost many rows is written anew without them', () => {
  const index = new NameIndex();
  const rows = Array.from({ length: 100 }, (_, at) => rowOf(at + 1));
  index.addNewer(buildSegment(rows).segment);
  expect(index.nextMerge()).toBeNull();
  for (let id = 1; id <= 60; id++) index.remove(id);
  merge(index);
  index.checkInvariants();
  expect([index.rowCount, index.segments[0]!.rowCount, index.lowId]).toEqual([40, 40, 61]);
  for (let id = 61; id <= 100; id++) index.remove(id);
  merge(index);
  expect([index.rowCount, index.segments.length, index.highId]).toEqual([0, 0, 0]);
});
