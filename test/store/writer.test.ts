// The writer's logic without its thread: when it commits, what it answers, what the search thread is told.
import { describe, expect, it } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import type { SegmentData } from '../../main/search/index-segment.ts';
import { COMMIT_EVERY_MS, COMMIT_TORRENTS_MAX } from '../../main/store/store-contract.ts';
import { unpacked } from '../../main/store/retry-desk.ts';
import { WARM_UP_ROWS_PER_CHUNK } from '../../main/store/warm-up.ts';
import { madeRow, madeTorrent, openAt, packed, sha1Of, sha256Of, temporaryPath } from '../catalogue/support.ts';
import { startWriter } from './writer-support.ts';

const made = (from: number, count: number) => Array.from({ length: count }, (_, index) => madeTorrent(from + index));

describe('storing', () => {
  it('commits what came within its interval together, and says so to everybody', () => {
    const { writer, clock, events, toEngine, toSearch, send } = startWriter(temporaryPath());
    expect(events).toEqual([{ type: 'ready', torrentCount: 0, notice: null }]);
    send({ type: 'store', torrents: made(0, 3) });
    clock.advance(COMMIT_EVERY_MS - 1);
    send({ type: 'store', torrents: made(3, 2) });
    writer.checkInvariants();
    expect(toEngine).toEqual([]);
    clock.advance(1);
    expect(toEngine).toEqual([{ type: 'stored', storedCount: 5, waitingCount: 0 }]);
    expect(events[1]).toMatchObject({ type: 'torrents-added', addedCount: 5, torrentCount: 5 });
    expect(toSearch.map(({ type }) => type)).toEqual(['catalogue-ready', 'segment']);
    expect(clock.timerCount).toBe(1); // the next look at the sizes
    writer.checkInvariants();
  });

  it('does not wait when a batch is full, and commits no more than a batch at once', () => {
    const { toEngine, eventsOf, send } = startWriter(temporaryPath());
    send({ type: 'store', torrents: made(0, COMMIT_TORRENTS_MAX + 50) });
    expect(toEngine).toEqual([
      { type: 'stored', storedCount: COMMIT_TORRENTS_MAX, waitingCount: 50 },
      { type: 'stored', storedCount: 50, waitingCount: 0 },
    ]);
    const sizes = eventsOf('torrents-added').map(({ databaseBytes }) => databaseBytes);
    expect(sizes[1]).toBeGreaterThan(sizes[0]!);
    expect(sizes[0]).toBeGreaterThan(4096);
  });

  it('counts only what is new', () => {
    const { clock, toEngine, eventsOf, toSearch, send } = startWriter(temporaryPath());
    for (const torrents of [made(0, 3), made(1, 3), made(0, 4)]) {
      send({ type: 'store', torrents });
      clock.advance(COMMIT_EVERY_MS);
    }
    expect(toEngine.map((reply) => reply.type === 'stored' && reply.storedCount)).toEqual([3, 1, 0]);
    expect(eventsOf('torrents-added').map(({ torrentCount }) => torrentCount)).toEqual([3, 4]);
    expect(toSearch.filter(({ type }) => type === 'segment')).toHaveLength(2);
  });

  it('hands the search thread a segment of exactly the rows that are new', () => {
    const { clock, toSearch, send } = startWriter(temporaryPath());
    const video = madeTorrent('video', { name: 'Ünique Wörd 2160p.mkv', peersSeen: 7 });
    const book = madeTorrent('book', { name: 'A Book', files: [{ path: 'a.epub', sizeBytes: 9 }] });
    send({ type: 'store', torrents: [video, video, book] });
    clock.advance(COMMIT_EVERY_MS);
    const segment = (toSearch[1] as { segment: SegmentData }).segment;
    expect([...segment.ids]).toEqual([1, 2]);
    expect([...segment.types]).toEqual([0, 2]);
    expect([...segment.peers]).toEqual([7, 4]);
    expect(Buffer.from(segment.termBytes).toString()).toContain('unique');
  });

  it('tells the search thread what has changed of rows that were there', () => {
    const { clock, toSearch, send } = startWriter(temporaryPath());
    const [v1, v2] = [sha1Of('h'), sha256Of('h')];
    const store = (...torrents: ReturnType<typeof madeTorrent>[]): void => {
      send({ type: 'store', torrents });
      clock.advance(COMMIT_EVERY_MS);
    };
    store(madeTorrent('a', { infohashV1: v1, peersSeen: 3 }), madeTorrent('b', { infohashV1: null, infohashV2: v2 }));
    store(madeTorrent('a', { infohashV1: v1, peersSeen: 9 }));
    // Both were one torrent: the younger row goes into the older.
    store(madeTorrent('ab', { infohashV1: v1, infohashV2: v2, peersSeen: 5 }));
    expect(toSearch.filter(({ type }) => type === 'changed')).toEqual([
      { type: 'changed', removedIds: [], peers: [{ id: 1, peersSeen: 9 }] },
      { type: 'changed', removedIds: [2], peers: [{ id: 1, peersSeen: 9 }] },
    ]);
  });

  it('commits what waits when it is stopped, and leaves no log behind', () => {
    const path = temporaryPath();
    const { writer, events, send } = startWriter(path);
    send({ type: 'store', torrents: made(0, 3) });
    writer.stop();
    expect(events.map(({ type }) => type)).toEqual(['ready', 'torrents-added', 'stopped']);
    const again = startWriter(path);
    expect(again.events[0]).toEqual({ type: 'ready', torrentCount: 3, notice: null });
  });

  it('keeps its log short while it runs', async () => {
    const { statSync } = await import('node:fs');
    const path = temporaryPath();
    const { clock, send } = startWriter(path);
    for (let batch = 0; batch < 100; batch++) {
      send({ type: 'store', torrents: made(batch * 50, 50) });
      clock.advance(COMMIT_EVERY_MS);
    }
    // 5,000 torrents are some 4 MB of rows and several times that in page writes, were the log never reset.
    expect(statSync(path).size).toBeGreaterThan(1024 * 1024);
    expect(statSync(`${path}-wal`).size).toBeLessThan(12 * 1024 * 1024);
  });
});

describe('answering', () => {
  it('tells which infohashes are known, by either infohash of a hybrid', () => {
    const { clock, repliesOf, send } = startWriter(temporaryPath());
    const v2 = sha256Of('h');
    send({ type: 'store', torrents: [madeTorrent(0), madeTorrent(1, { infohashV2: v2 })] });
    clock.advance(COMMIT_EVERY_MS);
    const infohashes = packed([sha1Of('no'), sha1Of('v1 0'), sha1Of('v1 1'), v2.subarray(0, 20), sha1Of('v1 2')]);
    send({ type: 'are-known', questionId: 42, infohashes });
    expect(repliesOf('known')).toEqual([{ type: 'known', questionId: 42, isKnown: Uint8Array.of(0, 1, 1, 1, 0) }]);
  });

  it('answers an empty question and ignores bytes that are no whole infohash', () => {
    const { repliesOf, send } = startWriter(temporaryPath());
    send({ type: 'are-known', questionId: 1, infohashes: new Uint8Array(0) });
    send({ type: 'are-known', questionId: 2, infohashes: new Uint8Array(39) });
    expect(repliesOf('known').map(({ isKnown }) => isKnown.length)).toEqual([0, 1]);
  });

  it('warms up in chunks, and lets others in between', { timeout: 120_000 }, () => {
    const path = temporaryPath();
    const rowCount = 2 * WARM_UP_ROWS_PER_CHUNK + 500;
    const catalogue = openAt(path);
    catalogue.insertMany(
      Array.from({ length: rowCount }, (_, index) =>
        madeRow(index, { files: [], fileCount: 0, infohashV2: index < 10 ? sha256Of(`${index}`) : null }),
      ),
    );
    catalogue.close();
    const { clock, repliesOf, send } = startWriter(path);
    send({ type: 'warm-up', limit: 1_000_000 });
    expect(repliesOf('warm-up')).toHaveLength(1);
    send({ type: 'are-known', questionId: 1, infohashes: sha1Of('v1 0') });
    expect(repliesOf('known')).toHaveLength(1);
    clock.advance(0);
    const chunks = repliesOf('warm-up');
    expect(chunks.map(({ infohashes, isLast }) => [infohashes.length / 20, isLast])).toEqual([
      [WARM_UP_ROWS_PER_CHUNK, false],
      [WARM_UP_ROWS_PER_CHUNK, false],
      [500, false],
      [10, false], // the other infohashes of hybrids
      [0, true],
    ]);
    const told = new Set(chunks.flatMap(({ infohashes }) => unpacked(infohashes).map(toHex)));
    expect(told.size).toBe(rowCount + 10);
    for (const text of ['v1 0', 'v1 4', `v1 ${rowCount - 1}`]) expect(told).toContain(toHex(sha1Of(text)));
    expect(told).toContain(toHex(sha256Of('4').subarray(0, 20)));
  });

  it('warms up with the newest of a catalogue that is several times as large', () => {
    const { clock, repliesOf, send } = startWriter(temporaryPath());
    send({ type: 'store', torrents: made(0, 50) });
    clock.advance(COMMIT_EVERY_MS);
    send({ type: 'warm-up', limit: 5 });
    clock.advance(10);
    const told = repliesOf('warm-up').flatMap(({ infohashes }) => unpacked(infohashes).map(toHex));
    expect(told).toEqual([49, 48, 47, 46, 45].map((seed) => toHex(sha1Of(`v1 ${seed}`))));
  });

  it('warms up with no more than was asked for', () => {
    const { clock, repliesOf, send } = startWriter(temporaryPath());
    send({ type: 'store', torrents: made(0, 5) });
    clock.advance(COMMIT_EVERY_MS);
    for (const limit of [2, 0, -1]) send({ type: 'warm-up', limit });
    clock.advance(1000);
    expect(repliesOf('warm-up').map(({ infohashes }) => infohashes.length / 20)).toEqual([2, 0, 0, 0, 0]);
    expect(repliesOf('warm-up').filter(({ isLast }) => isLast)).toHaveLength(3);
  });

  it('warms up with what is blocked first', () => {
    const path = temporaryPath();
    const catalogue = openAt(path);
    catalogue.insertMany([madeRow(1)]);
    const infohashes = Array.from({ length: WARM_UP_ROWS_PER_CHUNK + 3 }, (_, index) => sha1Of(`blocked ${index}`));
    const nowUnixSeconds = 1;
    catalogue.mark({ mark: 'block', isOn: true, infohashes, nowUnixSeconds }, () => ({
      nameTokens: '',
      pathTokens: '',
    }));
    catalogue.close();
    const { clock, repliesOf, send } = startWriter(path);
    send({ type: 'warm-up', limit: 1000 });
    clock.advance(10);
    const chunks = repliesOf('warm-up');
    expect(chunks.map(({ infohashes: { length }, isLast }) => [length / 20, isLast])).toEqual([
      [WARM_UP_ROWS_PER_CHUNK, false],
      [3, false],
      [1, false],
      [0, false],
      [0, true],
    ]);
    expect(chunks[1]!.infohashes.subarray(-20)).toEqual(sha1Of('blocked 0'));
  });

  it('warms up an empty catalogue with one last, empty chunk', () => {
    const { clock, repliesOf, send } = startWriter(temporaryPath());
    send({ type: 'warm-up', limit: 1000 });
    clock.advance(10);
    expect(repliesOf('warm-up').slice(-1)).toEqual([{ type: 'warm-up', infohashes: new Uint8Array(0), isLast: true }]);
  });
});

describe('a tokeniser that has changed', () => {
  it('makes the full-text tables anew beside everything else, also after being cut short', () => {
    const path = temporaryPath();
    const first = startWriter(path);
    for (const from of [0, 200, 400]) first.send({ type: 'store', torrents: made(from, 200) });
    first.writer.stop();
    const older = openAt(path);
    expect(older.tokens.beginRefill(999)).toEqual({ afterId: 0, untilId: 600 }); // as if another tokeniser had begun
    older.tokens.refill([{ id: 1, nameTokens: 'stale', pathTokens: '' }]);
    older.close();
    const second = startWriter(path);
    expect(second.events[0]).toMatchObject({ type: 'ready', torrentCount: 600 });
    second.writer.checkInvariants();
    second.writer.stop(); // before any of it is done
    const cutShort = openAt(path);
    cutShort.tokens.refill([{ id: 1, nameTokens: 'made', pathTokens: 'episode' }]);
    cutShort.checkInvariants();
    cutShort.close();
    const third = startWriter(path);
    third.send({ type: 'store', torrents: made(600, 5) });
    third.clock.advance(COMMIT_EVERY_MS);
    expect(third.toSearch.map(({ type }) => type)).toContain('tokens-filled');
    third.writer.checkInvariants();
    third.writer.stop();
    const { database } = openAt(path).reader;
    const found = (table: string, word: string) =>
      database.prepare(`SELECT count(*) FROM ${table} WHERE ${table} MATCH ?`).pluck().get(word);
    expect([found('name_fts', '"stale"'), found('name_fts', '"made"'), found('path_fts', '"episode"')]).toEqual([
      0, 605, 605,
    ]);
  });
});
