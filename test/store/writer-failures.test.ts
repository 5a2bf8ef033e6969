// What the writer does when its file fails it: full, locked, unwritable, cut short, overwritten, from the future.
// Each time: a sentence for the person, no lost commit, and an engine that is told to wait instead of being left hanging.
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../main/catalogue/open-database.ts';
import type { CatalogueDatabase } from '../../main/catalogue/open-database.ts';
import { openOrRecover } from '../../main/store/recover-catalogue.ts';
import { COMMIT_EVERY_MS, IS_RESTING, WAITING_TORRENTS_MAX } from '../../main/store/store-contract.ts';
import { LOOK_EVERY_MS } from '../../main/store/housekeeping.ts';
import { MENDINGS_MAX, RETRY_AFTER_MS } from '../../main/store/troubles.ts';
import { WAITING_TORRENTS_HARD_MAX } from '../../main/store/waiting-torrents.ts';
import { madeRow, madeTorrent, openAt, sha1Of, temporaryPath } from '../catalogue/support.ts';
import { startWriter } from './writer-support.ts';

const PAGE_BYTES = 4096;
const made = (from: number, count: number) => Array.from({ length: count }, (_, index) => madeTorrent(from + index));

/** A closed catalogue with `count` torrents. */
function storedCatalogue(count: number): string {
  const path = temporaryPath();
  const { writer, clock, send } = startWriter(path);
  for (let from = 0; from < count; from += 200) {
    send({ type: 'store', torrents: made(from, Math.min(200, count - from)) });
    clock.advance(COMMIT_EVERY_MS);
  }
  writer.stop();
  return path;
}

function overwrite(path: string, position: number, bytes: Uint8Array): void {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, position);
  closeSync(file);
}

const asideOf = (path: string): string[] => readdirSync(dirname(path)).filter((name) => /\.damaged-\d+$/.test(name));

/** A writer whose own connection can be limited by the test. */
function startLimited(path: string) {
  let database: CatalogueDatabase | null = null;
  const started = startWriter(path, (...parameters) => {
    const opened = openOrRecover(...parameters);
    database = opened.catalogue.reader.database;
    database.pragma('busy_timeout = 20');
    return opened;
  });
  return { ...started, database: database! };
}

function leaveNoRoom(database: CatalogueDatabase): void {
  database.pragma(`max_page_count = ${Number(database.pragma('page_count', { simple: true }))}`);
}

describe('a full disk', () => {
  it('is said once; the batch waits, and is stored when there is room', () => {
    const { writer, clock, database, events, eventsOf, toEngine, send } = startLimited(temporaryPath());
    send({ type: 'store', torrents: made(0, 20) });
    clock.advance(COMMIT_EVERY_MS);
    leaveNoRoom(database);
    send({ type: 'store', torrents: made(100, 150) });
    clock.advance(COMMIT_EVERY_MS);
    expect(eventsOf('failed')).toEqual([
      { type: 'failed', problem: expect.stringMatching(/is full.*is safe.*Free some/), isPassing: true },
    ]);
    expect(toEngine.at(-1)).toEqual({ type: 'stored', storedCount: 0, waitingCount: WAITING_TORRENTS_MAX });
    clock.advance(RETRY_AFTER_MS);
    expect(eventsOf('failed')).toHaveLength(1);
    send({ type: 'are-known', questionId: 1, infohashes: sha1Of('v1 3') });
    expect(toEngine.at(-1)).toMatchObject({ type: 'known', isKnown: Uint8Array.of(1) });
    writer.checkInvariants();
    database.pragma('max_page_count = 1000000');
    clock.advance(RETRY_AFTER_MS);
    expect(events.slice(-2)).toEqual([
      { type: 'ready', torrentCount: 170, notice: expect.stringContaining('again') },
      expect.objectContaining({ type: 'torrents-added', addedCount: 150, torrentCount: 170 }),
    ]);
    expect(toEngine.at(-1)).toEqual({ type: 'stored', storedCount: 150, waitingCount: 0 });
  });

  it('never lets more wait than the limit, and counts what is dropped', () => {
    const { writer, database, toEngine, logged, send } = startLimited(temporaryPath());
    leaveNoRoom(database);
    for (let from = 0; from < 1200; from += 100) send({ type: 'store', torrents: made(from, 100) });
    expect(writer.droppedCount).toBe(1200 - WAITING_TORRENTS_HARD_MAX);
    expect(toEngine.at(-1)).toMatchObject({ waitingCount: WAITING_TORRENTS_HARD_MAX });
    expect(logged.filter((line) => line.includes('dropped'))).toHaveLength(1);
    writer.checkInvariants();
  });
});

describe('a locked file', () => {
  it('is said, and storing goes on when the other program is done', () => {
    const path = temporaryPath();
    const { clock, eventsOf, toEngine, send } = startLimited(path);
    const other = openDatabase({ path, role: 'writer', nativeBinding: null });
    other.exec('BEGIN IMMEDIATE');
    send({ type: 'store', torrents: made(0, 5) });
    clock.advance(COMMIT_EVERY_MS);
    expect(eventsOf('failed')[0]!.problem).toMatch(/Another program .* is safe.*Close that program/);
    other.exec('COMMIT');
    other.close();
    clock.advance(RETRY_AFTER_MS);
    expect(toEngine.at(-1)).toEqual({ type: 'stored', storedCount: 5, waitingCount: 0 });
  });
});

describe('a question that meets a lock', () => {
  it('is answered with later, and the engine hears when it may go on', () => {
    const path = temporaryPath();
    let isLocked = true;
    const { clock, eventsOf, toEngine, send } = startWriter(path, (...parameters) => {
      const opened = openOrRecover(...parameters);
      const { reader } = opened.catalogue;
      const areKnown = reader.areKnown.bind(reader);
      reader.areKnown = (infohashes) => {
        if (isLocked) throw Object.assign(new Error('database is locked'), { code: 'SQLITE_BUSY_RECOVERY' });
        return areKnown(infohashes);
      };
      return opened;
    });
    send({ type: 'are-known', questionId: 1, infohashes: new Uint8Array(20) });
    expect(toEngine).toEqual([{ type: 'known', questionId: 1, isKnown: Uint8Array.of(IS_RESTING) }]);
    isLocked = false;
    clock.advance(RETRY_AFTER_MS);
    expect(eventsOf('failed')).toHaveLength(1);
    expect(eventsOf('ready')).toHaveLength(2);
    expect(toEngine.at(-1)).toEqual({ type: 'stored', storedCount: 0, waitingCount: 0 });
  });
});

describe('a catalogue that cannot be opened', () => {
  it('because it is locked is opened later, with what came in the meantime', () => {
    let isLocked = true;
    const { writer, clock, events, toEngine, toSearch, send } = startWriter(temporaryPath(), (...parameters) => {
      if (isLocked) throw Object.assign(new Error('database is locked'), { code: 'SQLITE_BUSY' });
      return openOrRecover(...parameters);
    });
    send({ type: 'store', torrents: made(0, 3) });
    clock.advance(2 * RETRY_AFTER_MS);
    expect(events).toEqual([{ type: 'failed', problem: expect.stringContaining('Another program'), isPassing: true }]);
    expect(toSearch).toEqual([]);
    isLocked = false;
    clock.advance(RETRY_AFTER_MS);
    expect(events.map(({ type }) => type)).toEqual(['failed', 'ready', 'torrents-added']);
    expect(toSearch.map(({ type }) => type)).toEqual(['catalogue-ready', 'segment']);
    expect(toEngine.at(-1)).toEqual({ type: 'stored', storedCount: 3, waitingCount: 0 });
    writer.checkInvariants();
  });

  it('is said, and every question of the engine still gets its answer', () => {
    const path = temporaryPath();
    writeFileSync(path, 'a file where the folder should be');
    const { writer, clock, events, toEngine, send } = startWriter(join(path, 'catalogue.db'));
    expect(events).toEqual([
      { type: 'failed', problem: expect.stringMatching(/may not write.*start Lanternfish again/), isPassing: false },
    ]);
    send({ type: 'store', torrents: made(0, 3) });
    send({ type: 'are-known', questionId: 5, infohashes: new Uint8Array(40) });
    send({ type: 'warm-up', limit: 100 });
    clock.advance(10 * RETRY_AFTER_MS);
    expect(toEngine).toEqual([
      { type: 'stored', storedCount: 0, waitingCount: WAITING_TORRENTS_MAX },
      { type: 'known', questionId: 5, isKnown: Uint8Array.of(IS_RESTING, IS_RESTING) },
      { type: 'warm-up', infohashes: new Uint8Array(0), isLast: true },
    ]);
    writer.stop();
    expect(events.at(-1)).toEqual({ type: 'stopped' });
  });

  it('from a newer version is refused and left alone', () => {
    const path = storedCatalogue(3);
    const newer = openAt(path);
    newer.reader.database.pragma('user_version = 99');
    newer.close();
    const { events } = startWriter(path);
    expect(events).toEqual([
      { type: 'failed', problem: expect.stringContaining('newer Lanternfish'), isPassing: false },
    ]);
    expect(asideOf(path)).toEqual([]);
  });
});

describe('a damaged file', () => {
  it('that is no database at all is kept aside, and a new one started', () => {
    const path = temporaryPath();
    writeFileSync(path, Buffer.alloc(50_000, 'rubbish '));
    const { events, clock, toEngine, send } = startWriter(path);
    const [aside] = asideOf(path);
    expect(events).toEqual([{ type: 'ready', torrentCount: 0, notice: expect.stringContaining(aside!) }]);
    expect(
      readFileSync(join(dirname(path), aside!))
        .subarray(0, 7)
        .toString(),
    ).toBe('rubbish');
    send({ type: 'store', torrents: made(0, 3) });
    clock.advance(COMMIT_EVERY_MS);
    expect(toEngine).toEqual([{ type: 'stored', storedCount: 3, waitingCount: 0 }]);
  });

  it('that was cut short gives back the torrents in what is left', () => {
    const path = storedCatalogue(2000);
    const bytes = statSync(path).size;
    truncateSync(path, Math.floor((bytes * 0.6) / PAGE_BYTES) * PAGE_BYTES);
    const { writer, events, send, toEngine } = startWriter(path);
    const [ready] = events as [{ type: 'ready'; torrentCount: number; notice: string }];
    expect(ready.type).toBe('ready');
    expect(ready.notice).toMatch(/was damaged\. [\d,]+ torrents could be read/);
    expect(ready.torrentCount).toBeGreaterThan(500);
    expect(ready.torrentCount).toBeLessThan(2000);
    writer.checkInvariants();
    send({ type: 'are-known', questionId: 1, infohashes: sha1Of('v1 0') });
    expect(toEngine.at(-1)).toMatchObject({ isKnown: Uint8Array.of(1) });
  });

  it('that has holes all over gives back the torrents between them', () => {
    const path = storedCatalogue(2000);
    const pageCount = statSync(path).size / PAGE_BYTES;
    for (let page = 12; page < pageCount; page += 3) overwrite(path, page * PAGE_BYTES, Buffer.alloc(PAGE_BYTES, 0xff));
    const { writer, eventsOf } = startWriter(path);
    const [ready] = eventsOf('ready');
    expect(ready!.notice).toMatch(/was damaged\. [\d,]+ torrents could be read/);
    expect(ready!.torrentCount).toBeGreaterThan(1000); // two of three pages, as they happen to be shared out among the tables
    writer.checkInvariants();
    writer.stop();
    expect(startWriter(path).eventsOf('ready')[0]!.notice).toBeNull();
  });

  it('whose damage shows only while running is mended at once, and what waited is stored', () => {
    const path = storedCatalogue(2000);
    overwrite(path, (lastLeafOf(path, 'torrent_files') - 1) * PAGE_BYTES, Buffer.alloc(PAGE_BYTES, 0xff));
    const { writer, clock, events, eventsOf, toEngine, toSearch, send } = startWriter(path);
    expect(events).toEqual([{ type: 'ready', torrentCount: 2000, notice: null }]);
    send({ type: 'store', torrents: made(5000, 200) });
    expect(eventsOf('failed')).toEqual([
      { type: 'failed', problem: expect.stringMatching(/is damaged.*being saved.*nothing to do/), isPassing: true },
    ]);
    expect(toEngine.at(-1)).toMatchObject({ storedCount: 0, waitingCount: WAITING_TORRENTS_MAX });
    clock.advance(0);
    expect(events.slice(2)).toEqual([
      { type: 'ready', torrentCount: 2000, notice: expect.stringContaining('2,000 torrents could be read') },
      expect.objectContaining({ type: 'torrents-added', addedCount: 200, torrentCount: 2200 }),
    ]);
    expect(toEngine.at(-1)).toEqual({ type: 'stored', storedCount: 200, waitingCount: 0 });
    expect(toSearch.map(({ type }) => type)).toEqual(['catalogue-ready', 'catalogue-ready', 'segment']);
    expect(asideOf(path)).toHaveLength(1);
    writer.checkInvariants();
    writer.stop();
    expect(readdirSync(dirname(path)).filter((name) => /check|lock$/.test(name))).toEqual([]);
  });

  it('in which a check finds nothing is made anew when damage is reported again', () => {
    const path = storedCatalogue(50);
    const { clock, eventsOf, damageMet } = startWriter(path);
    damageMet();
    clock.advance(0);
    expect(eventsOf('ready').at(-1)).toEqual({ type: 'ready', torrentCount: 50, notice: null });
    expect(asideOf(path)).toEqual([]);
    damageMet();
    clock.advance(0);
    expect(eventsOf('ready').at(-1)!.notice).toMatch(/was damaged\. 50 torrents could be read/);
    expect(asideOf(path)).toHaveLength(1);
  });

  it('is not mended for ever, and few of the damaged files are kept', () => {
    const path = storedCatalogue(20);
    const kept = ['1', '2', '3', '4'].map((stamp) => `${path}.damaged-${stamp}`);
    for (const aside of kept) writeFileSync(aside, 'of long ago');
    const { clock, eventsOf, damageMet, logged } = startWriter(path);
    for (let times = 0; times <= MENDINGS_MAX; times++) {
      damageMet();
      clock.advance(0);
    }
    expect(eventsOf('ready')).toHaveLength(1 + MENDINGS_MAX);
    expect(eventsOf('failed').at(-1)).toMatchObject({ isPassing: false });
    expect(asideOf(path)).toHaveLength(3);
    expect(logged.join()).toContain('damaged');
  });

  it('is mended again from the start when mending was cut short', () => {
    const path = storedCatalogue(2000);
    truncateSync(path, statSync(path).size - PAGE_BYTES);
    const partial = openAt(`${path}.rebuilding`);
    partial.insertMany([madeRow('left by the mending that was cut short')]);
    partial.abandon();
    const { eventsOf, writer } = startWriter(path);
    const salvagedCount = eventsOf('ready')[0]!.torrentCount;
    expect(salvagedCount).toBeGreaterThan(1900);
    expect(readdirSync(dirname(path)).filter((name) => name.includes('rebuilding'))).toEqual([]);
    writer.stop();

    // Killed between the two renames: the new file is complete, but not yet in its place.
    renameSync(path, `${path}.rebuilding`);
    expect(startWriter(path).events).toEqual([{ type: 'ready', torrentCount: salvagedCount, notice: null }]);
  });

  it('keeps the columns that a salvaged row had', () => {
    const path = storedCatalogue(300);
    const before = openAt(path);
    const original = before.reader.details(sha1Of('v1 7'))!;
    before.close();
    truncateSync(path, statSync(path).size - PAGE_BYTES);
    startWriter(path).writer.stop();
    expect(asideOf(path)).toHaveLength(1);
    const { id: _, ...kept } = openAt(path).reader.details(sha1Of('v1 7'))!;
    const { id: __, ...had } = original;
    expect(kept).toEqual(had);
  });
});

/** The newest leaf of a table: where the next row belongs. */
function lastLeafOf(path: string, table: string): number {
  const database = openDatabase({ path, role: 'reader', nativeBinding: null });
  const sql = "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path DESC LIMIT 1";
  const page = database.prepare(sql).pluck().get(table) as number;
  database.close();
  return page;
}

describe('a disk that reports errors', () => {
  it('is said, the file is opened anew until it works, and what waited is stored', () => {
    let isBroken = false;
    const { clock, eventsOf, toEngine, send } = startWriter(temporaryPath(), (...parameters) => {
      if (isBroken) throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_READ' });
      const opened = openOrRecover(...parameters);
      const insertMany = opened.catalogue.insertMany.bind(opened.catalogue);
      opened.catalogue.insertMany = (rows) => {
        if (isBroken) throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_WRITE' });
        return insertMany(rows);
      };
      return opened;
    });
    isBroken = true;
    send({ type: 'store', torrents: made(0, 5) });
    clock.advance(COMMIT_EVERY_MS + 3 * RETRY_AFTER_MS);
    expect(eventsOf('failed')).toEqual([
      { type: 'failed', problem: expect.stringMatching(/reports errors.*is safe.*goes on by itself/), isPassing: true },
    ]);
    isBroken = false;
    clock.advance(RETRY_AFTER_MS);
    expect(toEngine.at(-1)).toEqual({ type: 'stored', storedCount: 5, waitingCount: 0 });
  });
});

describe('two Lanternfish on one catalogue', () => {
  it('the second one says so, leaves it alone, and goes on when the first has ended', () => {
    const path = storedCatalogue(3);
    const first = startWriter(path);
    const second = startWriter(path);
    expect(second.events).toEqual([
      {
        type: 'failed',
        problem: expect.stringMatching(/Another Lanternfish is using .*Close that one/),
        isPassing: false,
      },
    ]);
    second.writer.request({ type: 'delete-everything', requestId: 1, keepsBlocked: false });
    expect(second.eventsOf('store-request-failed')[0]!.problem).toMatch(/Another Lanternfish/);
    second.send({ type: 'store', torrents: made(100, 5) });
    first.writer.stop();
    second.clock.advance(RETRY_AFTER_MS);
    expect(second.eventsOf('ready')).toEqual([{ type: 'ready', torrentCount: 3, notice: null }]);
    expect(second.toEngine.at(-1)).toEqual({ type: 'stored', storedCount: 5, waitingCount: 0 });
  });
});

describe('files that are gone', () => {
  it.each(['', '-wal'])('while running (catalogue.db%s): everything is written again', (ending) => {
    const path = storedCatalogue(30);
    const { writer, clock, eventsOf, toEngine, toSearch, send } = startWriter(path);
    send({ type: 'store', torrents: made(100, 5) });
    clock.advance(COMMIT_EVERY_MS);
    rmSync(path + ending);
    clock.advance(LOOK_EVERY_MS);
    expect(eventsOf('ready').at(-1)).toEqual({
      type: 'ready',
      torrentCount: 35,
      notice: expect.stringMatching(/were deleted or moved.*Nothing is lost: all 35 torrents/),
    });
    expect(toSearch.at(-1)).toEqual({ type: 'catalogue-ready' });
    send({ type: 'store', torrents: made(200, 5) });
    clock.advance(COMMIT_EVERY_MS);
    expect(toEngine.at(-1)).toEqual({ type: 'stored', storedCount: 5, waitingCount: 0 });
    writer.checkInvariants();
    writer.stop();
    expect(readdirSync(dirname(path)).sort()).toEqual(['catalogue.db']);
    expect(openAt(path).count).toBe(40);
  });

  it('and another file is in their place: that one is kept aside', () => {
    const path = storedCatalogue(3);
    const other = storedCatalogue(7);
    const { clock, eventsOf } = startWriter(path);
    renameSync(other, path);
    clock.advance(LOOK_EVERY_MS);
    expect(eventsOf('ready').at(-1)!.notice).toMatch(/all 3 torrents.*put in its place is kept as .*\.damaged-\d+\.$/);
    expect(openAt(join(dirname(path), asideOf(path)[0]!)).count).toBe(7);
    expect(openAt(path).count).toBe(3);
  });

  it('with their folder, too', () => {
    const path = join(dirname(temporaryPath()), 'inner', 'catalogue.db');
    const { writer, clock, send } = startWriter(path);
    send({ type: 'store', torrents: made(0, 5) });
    clock.advance(COMMIT_EVERY_MS);
    rmSync(dirname(path), { recursive: true });
    clock.advance(LOOK_EVERY_MS);
    writer.stop();
    expect(openAt(path).count).toBe(5);
  });

  it('the log of a process that was killed: it is said, and the rest is checked', () => {
    const path = storedCatalogue(30);
    writeFileSync(`${path}.lock`, 'left by a process that was killed');
    const { events } = startWriter(path);
    expect(events).toEqual([
      { type: 'ready', torrentCount: 30, notice: expect.stringMatching(/catalogue\.db-wal\) is not there.*is sound/) },
    ]);
  });
});
