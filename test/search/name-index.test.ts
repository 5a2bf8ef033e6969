// The index against a brute force over the names themselves: same matches, same order, same counts, page by page, however
// the rows are cut into segments and whatever has been merged.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildSegment, runToEnd, type SegmentRow } from '../../main/search/index-segment.ts';
import { NameIndex } from '../../main/search/name-index.ts';
import { nameMatches, needsName } from '../../main/search/name-match.ts';
import { staticScore } from '../../main/search/ranking.ts';
import { parseQuery } from '../../main/search/search-query.ts';
import { sortedByBytes } from '../../main/search/sorted-terms.ts';
import { mergeRun, mergeSteps } from '../../main/search/segment-merge.ts';
import { toIndexQuery } from '../../main/search/index-query.ts';
import type { Place } from '../../main/search/top-rows.ts';
import { CONTENT_TYPES, SORT_ORDERS, type ContentType, type SortOrder } from '../../main/store/store-contract.ts';
import { Corpus } from '../bench/corpus.ts';

const corpus = new Corpus(7);

function madeRows(count: number, firstId = 1): SegmentRow[] {
  return Array.from({ length: count }, (_, index) => {
    const torrent = corpus.torrent(firstId + index);
    return {
      ...torrent,
      // Ids with gaps, as deletes leave them; many equal sizes and peers.
      id: (firstId + index) * 2,
      sizeBytes: torrent.sizeBytes % 50,
      peersSeen: torrent.peersSeen % 7,
      contentType: CONTENT_TYPES[index % CONTENT_TYPES.length]!,
    };
  });
}

/** Cuts `rows` into segments of these sizes, the last one taking the rest. */
function indexOf(rows: readonly SegmentRow[], sizes: readonly number[], isOrdered = false): NameIndex {
  const index = new NameIndex({ orderedRowsMin: 1 });
  let from = 0;
  for (const size of [...sizes, rows.length]) {
    const part = rows.slice(from, from + size);
    if (part.length > 0) index.addNewer(buildSegment(part).segment);
    from += part.length;
  }
  for (let job = isOrdered ? index.nextOrder() : null; job !== null; job = index.nextOrder()) runToEnd(job);
  index.checkInvariants();
  return index;
}

function bruteForce(rows: readonly SegmentRow[], text: string, sort: SortOrder, contentType: ContentType | null) {
  const query = parseQuery(text);
  const lowId = rows[0]!.id;
  const span = Math.max(1, rows.at(-1)!.id - lowId);
  const keyOf = (row: SegmentRow): number =>
    ({
      newest: 0,
      size: row.sizeBytes,
      files: row.fileCount,
      peers: row.peersSeen,
      relevance: staticScore(row.peersSeen, (row.id - lowId) / span),
    })[sort];
  const matching = rows.filter((row) => nameMatches(query, row.name));
  const ids = matching
    .filter((row) => contentType === null || row.contentType === contentType)
    .sort((a, b) => keyOf(b) - keyOf(a) || b.id - a.id)
    .map((row) => row.id);
  const counts = Object.fromEntries(CONTENT_TYPES.map((type) => [type, 0])) as Record<ContentType, number>;
  for (const row of matching) counts[row.contentType]++;
  return { ids, counts };
}

interface Paging {
  readonly sort: SortOrder;
  readonly contentType: ContentType | null;
  readonly limit: number;
  readonly isReversed?: boolean;
}

function allPages(index: NameIndex, text: string, paging: Paging) {
  const { sort, contentType, limit, isReversed = false } = paging;
  const query = toIndexQuery(parseQuery(text));
  const ids: number[] = [];
  for (let after: Place | null = null; ;) {
    const request = {
      query,
      sort,
      contentType,
      limit,
      after,
      lowId: index.lowId,
      highId: index.highId,
      withCounts: true,
      isReversed,
    };
    const { places, totalCount, countsByType } = index.search(request);
    ids.push(...places.map(({ id }) => id));
    if (places.length < limit) return { ids, totalCount, counts: countsByType };
    after = places.at(-1)!;
  }
}

/** Queries out of the names: words, beginnings, pairs, exclusions, what is nowhere, everything. */
const queryText = fc
  .tuple(fc.nat(299), fc.nat(30), fc.nat(4), fc.nat(30))
  .map(([nameIndex, wordIndex, kind, otherIndex]) => {
    const words = corpus
      .name(1 + nameIndex)
      .split(/[^\p{L}\p{N}]+/u)
      .filter(Boolean);
    const word = words[wordIndex % words.length] ?? '';
    const other = words[otherIndex % words.length] ?? '';
    return [`${word} `, word.slice(0, 2), `${word} ${other} `, `${word} -${other}`, ''][kind]!;
  })
  // What only names decide is page-run's task.
  .filter((text) => !needsName(parseQuery(text)));

describe('NameIndex', () => {
  const rows = madeRows(300);

  test('answers like a brute force, in any cut, sort, type and page size', () => {
    fc.assert(
      fc.property(
        queryText,
        fc.constantFrom(...SORT_ORDERS),
        fc.constantFrom(null, ...CONTENT_TYPES),
        fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 60 }),
        fc.boolean(),
        fc.boolean(),
        (text, sort, contentType, sizes, limit, isOrdered, reverses) => {
          const isReversed = reverses && sort !== 'relevance';
          const expected = bruteForce(rows, text, sort, contentType);
          const found = allPages(indexOf(rows, sizes, isOrdered), text, { sort, contentType, limit, isReversed });
          expect(found.ids).toEqual(isReversed ? expected.ids.toReversed() : expected.ids);
          expect(found.counts).toEqual(expected.counts);
          expect(found.totalCount).toBe(expected.ids.length);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('every name is found by each of its words, by each beginning of them, and whole', () => {
    const index = indexOf(rows, [100]);
    const idsOf = (text: string) => {
      const query = toIndexQuery(parseQuery(text));
      const range = { lowId: 0, highId: 1e9, contentType: null, after: null, withCounts: true };
      return index.search({ ...range, query, sort: 'newest', limit: 300 }).places.map(({ id }) => id);
    };
    for (const { id, name } of rows) {
      const plain = name.replaceAll('"', ' ').replaceAll(' -', ' ');
      expect(idsOf(plain)).toContain(id);
      for (const word of plain.split(/[^\p{L}\p{N}]+/u).filter(Boolean)) {
        expect(idsOf(word)).toContain(id);
        expect(idsOf(word.slice(0, 1 + (id % word.length)))).toContain(id);
      }
    }
  });

  test('pieces of two letters and more of unspaced names are found', () => {
    const index = indexOf(rows, [50, 50]);
    const run = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]{2,}/gu;
    let checked = 0;
    for (const { id, name } of rows) {
      for (const [letters] of name.matchAll(run)) {
        for (let start = 0; start + 2 <= letters.length; start++) {
          for (const length of [1, 2, 3]) {
            const text = letters.slice(start, start + length);
            const query = toIndexQuery(parseQuery(text));
            const range = { lowId: 0, highId: 1e9, contentType: null, after: null, withCounts: true };
            const { places } = index.search({ ...range, query, sort: 'newest', limit: 300 });
            expect(places.map((place) => place.id)).toContain(id);
            checked++;
          }
        }
      }
    }
    expect(checked).toBeGreaterThan(50);
  });

  test('grows at both ends and keeps to its window', () => {
    const index = new NameIndex({ windowRows: 250 });
    const part = (from: number, to: number) => buildSegment(rows.slice(from, to)).segment;
    index.addNewer(part(100, 200));
    index.addOlder(part(0, 100));
    index.checkInvariants();
    index.markComplete();
    expect(index.hasOlder).toBe(false);
    index.addNewer(part(200, 300));
    expect([index.rowCount, index.lowId, index.hasOlder]).toEqual([300, rows[0]!.id, false]);
    index.addNewer(buildSegment(madeRows(60, 400)).segment);
    expect([index.rowCount, index.lowId, index.hasOlder]).toEqual([260, rows[100]!.id, true]);
    index.checkInvariants();
  });

  test('rows outside the asked range stay out', () => {
    const index = indexOf(rows, [40, 40]);
    const query = toIndexQuery(parseQuery(''));
    const request = { query, sort: 'newest', contentType: null, limit: 500, after: null, withCounts: true } as const;
    const { places, totalCount } = index.search({ ...request, lowId: 100, highId: 200 });
    expect(totalCount).toBe(51);
    expect([places[0]!.id, places.at(-1)!.id]).toEqual([200, 100]);
  });
});

describe('merging', () => {
  const rows = madeRows(300);

  test('changes nothing but the number of segments, also while rows come in', () => {
    const index = indexOf(
      rows.slice(0, 200),
      Array.from({ length: 40 }, () => 5),
    );
    const merge = index.nextMerge();
    expect(merge).not.toBeNull();
    index.addNewer(buildSegment(rows.slice(200)).segment);
    merge!.finish(runToEnd(mergeSteps(merge!.parts)));
    index.checkInvariants();
    expect(index.segments.length).toBe(2);
    for (const text of ['', '1080p', 's', 'the ']) {
      for (const sort of SORT_ORDERS) {
        const expected = bruteForce(rows, text, sort, null);
        const found = allPages(index, text, { sort, contentType: null, limit: 50 });
        expect(found.ids).toEqual(expected.ids);
        expect(found.counts).toEqual(expected.counts);
      }
    }
  });

  test('is in vain when the window has dropped what was to be merged', () => {
    const index = new NameIndex({ windowRows: 100 });
    for (let from = 0; from < 100; from += 2) index.addNewer(buildSegment(rows.slice(from, from + 2)).segment);
    const merge = index.nextMerge()!;
    index.addNewer(buildSegment(rows.slice(200)).segment);
    merge.finish(runToEnd(mergeSteps(merge.parts)));
    index.checkInvariants();
    expect(index.rowCount).toBe(100);
  });

  test('segments stay few, whatever the writer sends', () => {
    const sizes: number[] = [];
    let moved = 0;
    const rowsSent = 40_000;
    for (let sent = 0; sent < rowsSent; sent += 25) {
      sizes.push(25);
      for (let run = mergeRun(sizes); run !== null; run = mergeRun(sizes)) {
        const rowCount = sizes.slice(run.from, run.to).reduce((sum, size) => sum + size, 0);
        sizes.splice(run.from, run.to - run.from, rowCount);
        moved += rowCount;
      }
      expect(sizes.length).toBeLessThan(48);
    }
    expect(moved / rowsSent).toBeLessThan(4);
  });
});

describe('names in memory', () => {
  test('come back as the catalogue has them, whatever they are made of', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 80 }), { minLength: 1, maxLength: 40 }), (names) => {
        const index = new NameIndex();
        const rows = names.map((name, at) => ({ ...madeRows(1)[0]!, id: at + 1, name: name.toWellFormed() }));
        index.addNewer(buildSegment(rows).segment);
        index.checkInvariants();
        expect(rows.map(({ id }) => index.nameOf(id))).toEqual(rows.map(({ name }) => name));
        index.remove(1);
        expect(index.nameOf(1)).toBeNull();
      }),
    );
  });

  test('one of 64 KiB makes room for itself', () => {
    const index = new NameIndex();
    const name = '第'.repeat(65_536);
    index.addNewer(buildSegment([{ ...madeRows(1)[0]!, id: 1, name }]).segment);
    expect(index.nameOf(1)).toBe(name);
  });
});

test('terms are sorted by their bytes, also beyond the first 65,536 characters', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', 's', 'z', 'é', '第', '\u{20bb7}', '\u{fb50}', '\u{ffdc}', '\u{10400}'),
    minLength: 1,
    maxLength: 5,
  });
  fc.assert(
    fc.property(fc.uniqueArray(text, { maxLength: 60 }), (terms) => {
      const byBytes = terms.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(runToEnd(sortedByBytes(terms, 7))).toEqual(byBytes);
    }),
  );
});
