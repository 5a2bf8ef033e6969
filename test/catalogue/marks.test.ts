// Stars, hides and blocks in the catalogue: what changes, what is found, what comes back, what never does.
import { describe, expect, it } from 'vitest';
import type { Catalogue } from '../../main/catalogue/catalogue.ts';
import type { StoredDetails } from '../../main/catalogue/catalogue-reader.ts';
import { BlockedTable } from '../../main/catalogue/blocked-table.ts';
import { FORGETTING_QUERIES } from '../../main/catalogue/forgetting.ts';
import { MARK_QUERIES } from '../../main/catalogue/mark-table.ts';
import { BLOCKED, HIDDEN, OPENED, STARRED } from '../../main/catalogue/marks.ts';
import type { Mark } from '../../main/catalogue/torrent.ts';
import { tokenTexts } from '../../main/store/catalogue-row.ts';
import { madeRow, openAt, sha1Of, sha256Of, temporaryPath } from './support.ts';

const NOW = 1_790_000_500;
const tokensOf = ({ name, files }: StoredDetails) => tokenTexts(name, files);
const v1 = (seed: number | string) => sha1Of(`v1 ${seed}`);

function filled(count = 5): Catalogue {
  const catalogue = openAt(temporaryPath());
  catalogue.insertMany(Array.from({ length: count }, (_, seed) => madeRow(seed)));
  return catalogue;
}

function mark(catalogue: Catalogue, name: Mark, isOn: boolean, infohashes: readonly Uint8Array[]) {
  const outcome = catalogue.mark({ mark: name, isOn, infohashes, nowUnixSeconds: NOW }, tokensOf);
  catalogue.checkInvariants();
  return outcome;
}

const found = (catalogue: Catalogue, word: string): unknown[] =>
  catalogue.reader.database.prepare('SELECT rowid FROM name_fts WHERE name_fts MATCH ?').pluck().all(word);

describe('marks', () => {
  it('tell which torrents they changed, so that undo touches no others', () => {
    const catalogue = filled();
    expect(mark(catalogue, 'star', true, [v1(0), v1(1)]).changed).toHaveLength(2);
    expect(mark(catalogue, 'star', true, [v1(1), v1(2), v1('nowhere')]).changed).toEqual([v1(2)]);
    expect(mark(catalogue, 'star', false, [v1(2)]).changed).toEqual([v1(2)]);
    expect(catalogue.marks.starredCount).toBe(2);
    expect(catalogue.reader.starredIds(10)).toEqual([2, 1]);
  });

  it('stand beside each other', () => {
    const catalogue = filled();
    for (const name of ['star', 'open', 'hide'] as const) mark(catalogue, name, true, [v1(3)]);
    expect(catalogue.reader.details(v1(3))!.marks).toBe(STARRED | OPENED | HIDDEN);
    mark(catalogue, 'hide', false, [v1(3)]);
    expect(catalogue.reader.details(v1(3))!.marks).toBe(STARRED | OPENED);
  });

  it('of a batch are set together or, when one fails, not at all', () => {
    const catalogue = filled();
    const broken = { mark: 'hide', isOn: false, infohashes: [v1(0), v1(1)], nowUnixSeconds: NOW } as const;
    mark(catalogue, 'hide', true, [v1(0), v1(1)]);
    let calls = 0;
    const failing = () => {
      if (++calls === 2) throw new Error('no tokens');
      return { nameTokens: 'x', pathTokens: '' };
    };
    expect(() => catalogue.mark(broken, failing)).toThrow('no tokens');
    expect(catalogue.marks.hiddenCount).toBe(2);
    catalogue.checkInvariants();
  });
});

describe('what is hidden', () => {
  it('is in no list and no full text, keeps its row, and comes back whole', () => {
    const catalogue = filled();
    const { reader } = catalogue;
    const before = reader.details(v1(2));
    expect(mark(catalogue, 'hide', true, [v1(2)])).toMatchObject({ hiddenIds: [3], shownIds: [] });
    expect(reader.latestPage({ beforeId: null, limit: 10 }).map(({ id }) => id)).toEqual([5, 4, 2, 1]);
    expect(reader.rowsByIds([2, 3])).toHaveLength(1);
    expect(reader.rowsByIds([3])).toHaveLength(0);
    expect(reader.rowsByIds([3], BLOCKED)).toHaveLength(1);
    expect(reader.unshownIds(HIDDEN, BLOCKED)).toEqual([3]);
    expect(found(catalogue, '"1080p"')).not.toContain(3);
    expect(catalogue.count).toBe(5);
    expect(catalogue.insertMany([madeRow(2)])).toMatchObject({ inserted: [], refusedCount: 0 });
    expect(mark(catalogue, 'hide', false, [v1(2)])).toMatchObject({ hiddenIds: [], shownIds: [3] });
    expect(found(catalogue, '"1080p"')).toContain(3);
    expect(reader.details(v1(2))).toMatchObject({ name: before!.name, files: before!.files, marks: 0 });
  });

  it('stays hidden when it turns out to be one torrent with another', () => {
    const catalogue = filled(0);
    catalogue.insertMany([madeRow(1)]);
    catalogue.insertMany([madeRow(2, { infohashV1: null, infohashV2: sha256Of('two') })]);
    mark(catalogue, 'hide', true, [sha256Of('two').slice(0, 20)]);
    const outcome = catalogue.insertMany([madeRow(1, { infohashV2: sha256Of('two') })]);
    expect(outcome.removedIds).toEqual([2, 1]);
    expect(catalogue.reader.details(v1(1))!.marks).toBe(HIDDEN);
    catalogue.checkInvariants();
  });

  it('gets no tokens twice while the full-text tables are filled anew', () => {
    const catalogue = filled();
    mark(catalogue, 'hide', true, [v1(4)]);
    catalogue.tokens.beginRefill(999);
    mark(catalogue, 'hide', false, [v1(4)]);
    const rows = catalogue.reader.rowsBetween({ afterId: 0, untilId: 5, limit: 100 });
    expect(rows).toHaveLength(5);
    catalogue.tokens.refill(rows.map(({ id }) => ({ id, nameTokens: 'again', pathTokens: '' })));
    catalogue.tokens.refill([]);
    expect(found(catalogue, 'again')).toHaveLength(5);
    catalogue.checkInvariants();
  });
});

describe('what is blocked', () => {
  it('never comes back, whether it was stored or not', () => {
    const catalogue = filled();
    catalogue.retries.add([
      { infohash: v1('unknown'), purpose: 'metadata', failureCount: 1, popularity: 1, dueAtUnixSeconds: 1 },
    ]);
    expect(mark(catalogue, 'block', true, [v1(1), v1('unknown')]).changed).toHaveLength(2);
    expect(catalogue.retries.count).toBe(0);
    expect(catalogue.removeRows([2])).toEqual([2]);
    const outcome = catalogue.insertMany([madeRow(1), madeRow('unknown'), madeRow('fine')]);
    expect(outcome).toMatchObject({ refusedCount: 2, inserted: [{ row: { name: expect.stringContaining('fine') } }] });
    expect(catalogue.blocked.list({ beforeId: null, limit: 1 })).toMatchObject([{ name: null, reason: 'person' }]);
    expect(catalogue.blocked.list({ beforeId: 2, limit: 9 })).toMatchObject([
      { name: expect.stringContaining('Torrent 1'), infohash: v1(1) },
    ]);
    catalogue.checkInvariants();
  });

  it('is blocked by both infohashes of a hybrid, and unblocked by either', () => {
    const catalogue = filled(0);
    const cut = sha256Of('hybrid').slice(0, 20);
    catalogue.insertMany([madeRow('h', { infohashV2: sha256Of('hybrid') })]);
    mark(catalogue, 'block', true, [cut]);
    expect(catalogue.blocked.count).toBe(2);
    expect(catalogue.blocked.list({ beforeId: null, limit: 9 })).toHaveLength(1);
    expect(catalogue.insertMany([madeRow('h')]).refusedCount).toBe(1);
    expect(mark(catalogue, 'block', false, [cut])).toMatchObject({ changed: [cut], shownIds: [1] });
    expect(catalogue.blocked.count).toBe(0);
    expect(catalogue.insertMany([madeRow('h')]).refusedCount).toBe(0);
  });

  it('takes a stored torrent with it that turns out to be the same', () => {
    const catalogue = filled(0);
    catalogue.insertMany([madeRow('a')]);
    mark(catalogue, 'block', true, [sha256Of('a').slice(0, 20)]);
    const outcome = catalogue.insertMany([madeRow('a', { infohashV2: sha256Of('a') })]);
    expect(outcome).toMatchObject({ refusedCount: 1, removedIds: [1] });
    expect(catalogue.blocked.has(v1('a'))).toBe(true);
    catalogue.checkInvariants();
  });

  it('brings its star back when the block is taken back', () => {
    const catalogue = filled();
    mark(catalogue, 'star', true, [v1(0)]);
    mark(catalogue, 'block', true, [v1(0)]);
    expect(catalogue.marks.blockedBefore(NOW, 9)).toEqual([]);
    expect(catalogue.marks.blockedBefore(NOW + 1, 9)).toEqual([1]);
    mark(catalogue, 'block', false, [v1(0)]);
    expect(catalogue.reader.details(v1(0))!.marks).toBe(STARRED);
  });

  it('is bounded: what lists and words block goes first, and what has no room is counted', () => {
    const { database } = filled(0).reader;
    const blocked = new BlockedTable(database, { byPersonMax: 2, derivedMax: 3 });
    const add = (seed: number, reason: 'person' | 'word'): boolean =>
      blocked.add({ infohashes: [v1(seed)], reason, name: null, atUnixSeconds: NOW });
    for (let seed = 0; seed < 5; seed++) expect(add(seed, 'word')).toBe(true);
    expect([blocked.count, blocked.evictedCount, blocked.has(v1(1)), blocked.has(v1(4))]).toEqual([3, 2, false, true]);
    expect([add(10, 'person'), add(11, 'person'), add(12, 'person')]).toEqual([true, true, false]);
    expect([blocked.count, blocked.refusedCount]).toEqual([5, 1]);
    expect(add(10, 'word')).toBe(false); // the person's word stands above it
    expect(blocked.reasonOf(v1(10))).toBe('person');
    blocked.checkInvariants();
  });
});

describe('sightings', () => {
  it('add up with what the row says, and go with it', () => {
    const catalogue = filled(1);
    catalogue.recordSightings([
      { id: 1, times: 3, lastAtUnixSeconds: NOW },
      { id: 77, times: 1, lastAtUnixSeconds: NOW },
    ]);
    catalogue.recordSightings([{ id: 1, times: 1, lastAtUnixSeconds: NOW - 50 }]);
    expect(catalogue.reader.details(v1(0))).toMatchObject({ timesSeen: 5, lastSeenAtUnixSeconds: NOW });
    catalogue.checkInvariants();
    catalogue.removeRows([1]);
    catalogue.checkInvariants();
  });
});

it('neither marks nor forgetting read every torrent', () => {
  const catalogue = filled(200);
  for (const [name, sql] of Object.entries({ ...MARK_QUERIES, ...FORGETTING_QUERIES })) {
    const parameters = Array.from(sql.matchAll(/\?/g), () => 1);
    const plan = catalogue.reader.database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters);
    for (const { detail } of plan as { detail: string }[]) expect(detail, name).not.toMatch(/^SCAN \w+$/);
  }
});
