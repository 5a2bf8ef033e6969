// The catalogue within its limits: what is forgotten and what never, what stays blocked, a list that is read again, a disk that
// fills up. On real files, the clock moved by hand.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Catalogue } from '../../main/catalogue/catalogue.ts';
import type { ForgetFirst } from '../../main/catalogue/forgetting.ts';
import { FREE_BYTES_MIN, LOOK_EVERY_MS, UNDO_SECONDS } from '../../main/store/housekeeping.ts';
import { LOG_PAGES_MAX } from '../../main/store/checkpoints.ts';
import { NO_POLICY } from '../../main/store/owner-contract.ts';
import { openOrRecover } from '../../main/store/recover-catalogue.ts';
import { readSafetyList } from '../../main/store/safety-list.ts';
import { COMMIT_EVERY_MS, WAITING_TORRENTS_MAX } from '../../main/store/store-contract.ts';
import { madeTorrent, openAt, packed, sha1Of, sha256Of, temporaryPath } from '../catalogue/support.ts';
import { startWriter, type WriterUnderTest } from './writer-support.ts';

const v1 = (seed: number | string) => sha1Of(`v1 ${seed}`);
const digestOf = (infohash: Uint8Array): string => createHash('sha256').update(infohash).digest('hex');
const MANY_FILES = Array.from({ length: 40 }, (_, index) => ({ path: `some folder/file ${index}.bin`, sizeBytes: 7 }));

function store({ send, clock }: WriterUnderTest, from: number, to: number): void {
  for (let at = from; at < to; at += 100) {
    const torrents = Array.from({ length: Math.min(100, to - at) }, (_, index) =>
      madeTorrent(at + index, { files: MANY_FILES, fileCount: 40 }),
    );
    send({ type: 'store', torrents });
    clock.advance(COMMIT_EVERY_MS);
  }
}

function mark({ writer }: WriterUnderTest, mark: 'star' | 'hide' | 'open' | 'block', seeds: readonly number[]): void {
  writer.request({ type: 'mark', requestId: 1, mark, isOn: true, infohashes: packed(seeds.map(v1)) });
}

const namesLeft = (path: string): Set<number> => {
  const catalogue = openAt(path);
  const rows = catalogue.reader.database.prepare('SELECT name FROM torrents').pluck().all() as string[];
  catalogue.checkInvariants();
  catalogue.abandon();
  return new Set(rows.map((name) => Number(/Torrent (\d+)/.exec(name)![1])));
};

describe('the quota', () => {
  it.each<[ForgetFirst, boolean]>([
    ['dead', true],
    ['unopened', false],
    ['old', false],
  ])('holds, and %s torrents go first; starred and hidden ones never', (forgetFirst, deadFirst) => {
    const path = temporaryPath();
    const under = startWriter(path);
    const { writer, clock, send, statuses, toSearch } = under;
    store(under, 0, 4000);
    mark(under, 'star', [0, 1, 2]);
    mark(under, 'hide', [3]);
    mark(under, 'open', [4, 5]);
    send({ type: 'dead', infohashes: packed([3990, 3991, 0].map(v1)) });
    clock.advance(LOOK_EVERY_MS);
    const before = statuses.at(-1)!.usedBytes;
    const quotaBytes = 8e6 + Math.round(statSync(path).size * 0.5);
    writer.setPolicy({ ...NO_POLICY, quotaBytes, forgetFirst });
    clock.advance(60_000);
    const status = statuses.at(-1)!;
    expect(status).toMatchObject({ quotaBytes, isQuotaReached: false, problem: null, starredCount: 3, hiddenCount: 1 });
    expect(status.forgottenCount).toBeGreaterThan(1000);
    writer.checkInvariants();
    store(under, 4000, 6000);
    clock.advance(30_000);
    expect(statuses.at(-1)!.usedBytes).toBeLessThan(quotaBytes);
    expect(statuses.at(-1)!.usedBytes).toBeLessThan(before);
    const removed = toSearch.flatMap((message) => (message.type === 'changed' ? message.removedIds : []));
    expect(removed.length).toBeGreaterThanOrEqual(statuses.at(-1)!.forgottenCount);
    writer.stop();
    expect(statSync(path).size).toBeLessThanOrEqual(quotaBytes);
    const left = namesLeft(path);
    for (const seed of [0, 1, 2, 3, 5999]) expect(left, `torrent ${seed}`).toContain(seed);
    expect(left).not.toContain(6);
    expect(left.has(4)).toBe(forgetFirst !== 'old');
    if (deadFirst) expect(left).not.toContain(3990);
    // What was forgotten may come back.
    const again = startWriter(path);
    again.send({ type: 'are-known', questionId: 1, infohashes: packed([v1(6), v1(0)]) });
    expect(again.toEngine.at(-1)).toMatchObject({ isKnown: Uint8Array.of(0, 1) });
  });

  it('forgets no more before what it forgot is out of the full-text tables, and moves the log as soon as there is much of it', () => {
    const path = temporaryPath();
    const open: typeof openOrRecover = (...given) => {
      const opened = openOrRecover(...given);
      watchSteps(opened.catalogue);
      return opened;
    };
    let isMerging = false;
    let forgetSteps = 0;
    let mergeSteps = 0;
    let mostPages = 0;
    const watchSteps = (catalogue: Catalogue): void => {
      const { merge } = catalogue.tokens;
      const step = merge.step.bind(merge);
      merge.step = (pages) => {
        isMerging = step(pages);
        if (isMerging) mergeSteps++;
        mostPages = Math.max(mostPages, catalogue.log.pages());
        return isMerging;
      };
      const remove = catalogue.removeRows.bind(catalogue);
      catalogue.removeRows = (ids) => {
        if (ids.length === 0) return [];
        expect(isMerging).toBe(false);
        forgetSteps++;
        return remove(ids);
      };
    };
    const under = startWriter(path, open);
    store(under, 0, 3000);
    under.clock.advance(10_000);
    const mergedBefore = mergeSteps;
    under.writer.setPolicy({ ...NO_POLICY, quotaBytes: 8e6 + Math.round(statSync(path).size * 0.3) });
    under.clock.advance(60_000);
    expect(mergedBefore).toBeGreaterThan(5);
    expect(forgetSteps).toBeGreaterThan(20);
    expect(mergeSteps).toBeGreaterThan(mergedBefore + 2); // more than half of it was forgotten
    expect(mostPages).toBeLessThan(4 * LOG_PAGES_MAX);
    under.writer.checkInvariants();
  });

  it('that only starred torrents fill is said, and the engine waits until it is raised', () => {
    const under = startWriter(temporaryPath());
    const { writer, clock, statuses, toEngine } = under;
    store(under, 0, 1000);
    mark(
      under,
      'star',
      Array.from({ length: 1000 }, (_, seed) => seed),
    );
    writer.setPolicy({ ...NO_POLICY, quotaBytes: 8.2e6 });
    clock.advance(10 * LOOK_EVERY_MS);
    expect(statuses.at(-1)).toMatchObject({ isQuotaReached: true, problem: expect.stringContaining('limit') });
    expect(toEngine.at(-1)).toEqual({ type: 'stored', storedCount: 0, waitingCount: WAITING_TORRENTS_MAX });
    writer.setPolicy({ ...NO_POLICY, quotaBytes: 1e9 });
    clock.advance(LOOK_EVERY_MS);
    expect(statuses.at(-1)).toMatchObject({ isQuotaReached: false, problem: null, forgottenCount: 0 });
    expect(toEngine.at(-1)).toEqual({ type: 'stored', storedCount: 0, waitingCount: 0 });
  });
});

describe('a disk with little room', () => {
  it('makes the crawl wait, says so, and lets it go on by itself', () => {
    let free: number | null = 10e9;
    const under = startWriter(temporaryPath(), undefined, () => free);
    const { clock, statuses, toEngine } = under;
    store(under, 0, 10);
    free = FREE_BYTES_MIN - 1;
    clock.advance(LOOK_EVERY_MS);
    expect(statuses.at(-1)).toMatchObject({
      isSpaceLow: true,
      problem: expect.stringMatching(/500 MB.*paused.*again/),
    });
    expect(toEngine.at(-1)).toEqual({ type: 'stored', storedCount: 0, waitingCount: WAITING_TORRENTS_MAX });
    free = FREE_BYTES_MIN + 1; // not yet: it would go on and off
    clock.advance(LOOK_EVERY_MS);
    expect(statuses.at(-1)!.isSpaceLow).toBe(true);
    free = 2 * FREE_BYTES_MIN;
    clock.advance(LOOK_EVERY_MS);
    expect(statuses.at(-1)).toMatchObject({ isSpaceLow: false, problem: null });
    expect(toEngine.at(-1)).toEqual({ type: 'stored', storedCount: 0, waitingCount: 0 });
  });
});

describe('blocked torrents', () => {
  it('keep their rows for undo, and then go', () => {
    const path = temporaryPath();
    const under = startWriter(path);
    store(under, 0, 10);
    mark(under, 'block', [3]);
    under.clock.advance((UNDO_SECONDS - 10) * 1000);
    expect(namesLeft(path)).toContain(3);
    under.clock.advance(20_000);
    expect(namesLeft(path)).not.toContain(3);
    store(under, 3, 4);
    expect(under.statuses.at(-1)).toMatchObject({ blockedCount: 1 });
    expect(namesLeft(path)).not.toContain(3);
  });
});

describe('blocked words', () => {
  it('keep torrents out, hide those that are stored, and can be taken back', () => {
    const path = temporaryPath();
    const under = startWriter(path);
    const { writer, clock, send, statuses, toEngine, toSearch } = under;
    store(under, 0, 5);
    send({ type: 'store', torrents: [madeTorrent('x', { name: 'A Täst of CAM quality' })] });
    clock.advance(COMMIT_EVERY_MS);
    writer.setPolicy({ ...NO_POLICY, blockedWords: ['cam', 'never met', '字幕', ''] });
    clock.advance(LOOK_EVERY_MS);
    expect(toSearch.at(-1)).toMatchObject({ type: 'changed', removedIds: [6] });
    send({
      type: 'store',
      torrents: [
        madeTorrent('camera', { name: 'A camera manual' }),
        madeTorrent('y', { name: 'Some.Film.CAM.x264' }),
        madeTorrent('z', { name: '電影字幕版' }),
        madeTorrent('w', { name: 'We have never met before' }),
      ],
    });
    clock.advance(LOOK_EVERY_MS);
    expect(statuses.at(-1)).toMatchObject({ refusedCount: 3, blockedCount: 4 });
    send({ type: 'are-known', questionId: 1, infohashes: packed([v1('y'), v1('camera'), v1('other')]) });
    expect(toEngine.at(-1)).toMatchObject({ isKnown: Uint8Array.of(1, 1, 0) });
    writer.setPolicy(NO_POLICY);
    clock.advance(LOOK_EVERY_MS);
    expect(toSearch.at(-1)).toMatchObject({ type: 'changed', removedIds: [], restoredIds: [6] });
    send({ type: 'are-known', questionId: 2, infohashes: packed([v1('y')]) });
    expect(toEngine.at(-1)).toMatchObject({ isKnown: Uint8Array.of(0) });
    writer.checkInvariants();
  });
});

describe('the safety list', () => {
  const read = () => new Promise((resolve) => setTimeout(resolve, 150));

  it('is checked before anything is asked for, removes what is stored, and is read again when it changes', async () => {
    const path = temporaryPath();
    const list = temporaryPath('list.txt');
    writeFileSync(list, `# a comment\n${digestOf(v1(2))}\n${digestOf(v1('new')).toUpperCase()}\r\nrubbish\n\n`);
    const under = startWriter(path);
    const { writer, clock, send, statuses, toEngine } = under;
    store(under, 0, 5);
    writer.setPolicy({ ...NO_POLICY, safetyListPath: list });
    await read();
    clock.advance(LOOK_EVERY_MS);
    expect(statuses.at(-1)!.safetyList).toMatchObject({
      entryCount: 2,
      malformedCount: 1,
      problem: expect.stringMatching(/1 lines/),
    });
    expect(namesLeft(path)).toEqual(new Set([0, 1, 3, 4]));
    send({ type: 'are-known', questionId: 1, infohashes: packed([v1('new'), v1(2), v1('other')]) });
    expect(toEngine.at(-1)).toMatchObject({ isKnown: Uint8Array.of(1, 1, 0) });
    store(under, 2, 3);
    expect(namesLeft(path)).not.toContain(2);
    writeFileSync(list, `${digestOf(v1('other'))}\n${digestOf(sha256Of('v2').slice(0, 20))}`);
    utimesSync(list, 1, 1);
    clock.advance(20_000);
    await read();
    clock.advance(LOOK_EVERY_MS);
    send({ type: 'are-known', questionId: 2, infohashes: packed([v1('other'), v1(2), v1('new')]) });
    // What it removed stays blocked; what it only named may come now.
    expect(toEngine.at(-1)).toMatchObject({ isKnown: Uint8Array.of(1, 1, 0) });
    send({ type: 'store', torrents: [madeTorrent('hybrid', { infohashV2: sha256Of('v2') })] });
    clock.advance(LOOK_EVERY_MS);
    expect(statuses.at(-1)!.refusedCount).toBeGreaterThan(0);
    await read(); // the last look may have begun to read
    writer.setPolicy({ ...NO_POLICY, safetyListPath: `${list}.gone` });
    await read();
    clock.advance(LOOK_EVERY_MS);
    expect(statuses.at(-1)!.safetyList).toMatchObject({
      entryCount: 0,
      problem: expect.stringMatching(/cannot be read/),
    });
    writer.checkInvariants();
  });

  it('is bounded: what is beyond is counted, and lines cut by a chunk are whole', async () => {
    const list = temporaryPath('list.txt');
    const lines = Array.from({ length: 5000 }, (_, index) => digestOf(v1(index)));
    writeFileSync(list, lines.join('\n'));
    const all = await readSafetyList(list);
    expect([all.entryCount, all.malformedCount, all.excessCount]).toEqual([5000, 0, 0]);
    for (let index = 0; index < 5000; index += 7) expect(all.has(v1(index))).toBe(true);
    expect(all.has(v1('no'))).toBe(false);
    const some = await readSafetyList(list, 1000);
    expect([some.entryCount, some.excessCount]).toEqual([1000, 4000]);
    expect([some.has(v1(999)), some.has(v1(1000))]).toEqual([true, false]);
  });
});

describe('deleting everything', () => {
  it.each([true, false])(
    'leaves an empty catalogue that works, and nothing beside it (what is blocked stays: %s)',
    (keepsBlocked) => {
      const path = temporaryPath();
      const under = startWriter(path);
      store(under, 0, 300);
      mark(under, 'block', [5]);
      for (const ending of ['.names', '.damaged-17', '.before-format-3', '.needs-check'])
        writeFileSync(path + ending, 'x');
      under.writer.request({ type: 'delete-everything', requestId: 9, keepsBlocked });
      expect(under.events.slice(-2)).toEqual([
        { type: 'emptied', requestId: 9 },
        { type: 'ready', torrentCount: 0, notice: null },
      ]);
      expect(under.toSearch.at(-1)).toEqual({ type: 'catalogue-ready' });
      expect(readdirSync(dirname(path)).sort()).toEqual([
        ...['catalogue.db', 'catalogue.db-shm', 'catalogue.db-wal', 'catalogue.db.lock'],
      ]);
      expect(readFileSync(path).includes('Made Torrent')).toBe(false);
      store(under, 5, 7);
      expect(namesLeft(path)).toEqual(new Set(keepsBlocked ? [6] : [5, 6]));
      under.writer.checkInvariants();
    },
  );
});

describe('a damaged catalogue', () => {
  it('keeps its blocks, stars and hidden ones through the mending', () => {
    const path = temporaryPath();
    const under = startWriter(path);
    store(under, 0, 500);
    mark(under, 'block', [5]);
    mark(under, 'star', [6]);
    mark(under, 'hide', [7]);
    under.writer.stop();
    truncateSync(path, statSync(path).size - 4096);
    const again = startWriter(path);
    expect(again.eventsOf('ready')[0]!.notice).toContain('was damaged');
    again.send({ type: 'are-known', questionId: 1, infohashes: v1(5) });
    expect(again.toEngine.at(-1)).toMatchObject({ isKnown: Uint8Array.of(1) });
    again.clock.advance(LOOK_EVERY_MS);
    expect(again.statuses.at(-1)).toMatchObject({ blockedCount: 1, starredCount: 1, hiddenCount: 1 });
    again.writer.checkInvariants();
  });
});
