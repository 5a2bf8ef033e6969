// What is saved of a damaged catalogue: everything whose own page is whole, whatever happened to the pages that lead to it.
import { closeSync, copyFileSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Catalogue } from '../../main/catalogue/catalogue.ts';
import { openDatabase } from '../../main/catalogue/open-database.ts';
import { salvagePages } from '../../main/catalogue/salvage-pages.ts';
import { markForCheck } from '../../main/catalogue/database-files.ts';
import { openOrRecover } from '../../main/store/recover-catalogue.ts';
import { tokenTexts } from '../../main/store/catalogue-row.ts';
import { madeRow, openAt, sha1Of, sha256Of, temporaryPath } from '../catalogue/support.ts';

const PAGE_BYTES = 4096;
const NOW = 1_790_000_000;
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

const rowOf = (seed: number) => madeRow(seed, seed % 5 === 0 ? { infohashV2: sha256Of(`v2 ${seed}`) } : {});

/** `count` torrents, and of each kind of other row some. Closed. */
function fullCatalogue(count: number): string {
  const path = temporaryPath();
  const catalogue = openAt(path);
  for (let from = 1; from <= count; from += 500) {
    catalogue.insertMany(Array.from({ length: Math.min(500, count - from + 1) }, (_, index) => rowOf(from + index)));
  }
  const infohash = (seed: number): Uint8Array => sha1Of(`v1 ${seed}`);
  catalogue.recordHealth([
    { infohash: infohash(1), source: 'dht', seeders: 11, leechers: 2, checkedAtUnixSeconds: NOW },
    { infohash: infohash(1), source: 'tracker', seeders: 13, leechers: 4, checkedAtUnixSeconds: NOW + 1 },
  ]);
  catalogue.markDead([infohash(2)]);
  catalogue.recordSightings([{ id: 3, times: 40, lastAtUnixSeconds: NOW + 500 }]);
  const tokensOf = () => tokenTexts('', []);
  const nowUnixSeconds = NOW;
  catalogue.mark({ mark: 'star', isOn: true, infohashes: [infohash(4)], nowUnixSeconds }, tokensOf);
  catalogue.mark({ mark: 'hide', isOn: true, infohashes: [infohash(5)], nowUnixSeconds }, tokensOf);
  catalogue.mark(
    { mark: 'block', isOn: true, infohashes: [infohash(10), sha1Of('never stored')], nowUnixSeconds },
    tokensOf,
  );
  catalogue.block([12], 'word', NOW + 7);
  catalogue.retries.add([
    { infohash: sha1Of('asked'), purpose: 'metadata', failureCount: 2, popularity: 9, dueAtUnixSeconds: NOW + 99 },
    { infohash: infohash(6), purpose: 'health', failureCount: 1, popularity: 3, dueAtUnixSeconds: NOW + 50 },
  ]);
  catalogue.retries.addInvalid([sha1Of('nonsense')]);
  catalogue.close();
  return path;
}

/** Pages of `table`, those that are leaves or those that lead to them. */
function pagesOf(path: string, table: string, kind: 'leaf' | 'internal'): number[] {
  const database = openDatabase({ path, role: 'reader', nativeBinding: null });
  const sql = 'SELECT pageno FROM dbstat WHERE name = ? AND pagetype = ? ORDER BY pageno';
  const pages = database.prepare(sql).pluck().all(table, kind) as number[];
  database.close();
  return pages;
}

function destroy(path: string, pages: readonly number[]): void {
  const file = openSync(path, 'r+');
  for (const page of pages) writeSync(file, Buffer.alloc(PAGE_BYTES, 0xff), 0, PAGE_BYTES, (page - 1) * PAGE_BYTES);
  closeSync(file);
}

function recovered(path: string): Catalogue {
  markForCheck(path);
  const { catalogue, notice } = openOrRecover({ databasePath: path, nativeBinding: null }, silent, NOW);
  onTestFinished(() => catalogue.abandon());
  expect(notice).toMatch(/was damaged/);
  catalogue.checkInvariants();
  return catalogue;
}

/** Everything but ids, which are given anew. */
function contentOf({ reader, retries, blocked }: Catalogue, count: number) {
  const torrents = [];
  for (let seed = 1; seed <= count; seed++) {
    const details = reader.details(sha1Of(`v1 ${seed}`));
    if (details === null) continue;
    const { id, ...facts } = details;
    torrents.push({ ...facts, health: reader.health.get(id) });
  }
  const blocks = blocked.list({ beforeId: null, limit: 100 }).map(({ id: _, ...entry }) => entry);
  const ladder = reader.database.prepare('SELECT * FROM retry_ladder ORDER BY popularity DESC').all();
  return { torrents, blocks, blockedCount: blocked.count, ladder, isInvalid: retries.isInvalid(sha1Of('nonsense')) };
}

describe('a catalogue whose torrents are whole', () => {
  const COUNT = 1500;
  it.each([
    ['its first page is lost', () => [1]],
    ['all pages that lead to rows are lost', (path: string) => pagesOf(path, 'torrents', 'internal')],
    ['the index of infohashes is lost', (path: string) => pagesOf(path, 'sqlite_autoindex_torrents_1', 'leaf')],
    ['the full text is lost', (path: string) => pagesOf(path, 'name_fts_data', 'leaf')],
    ['all roots are lost', () => Array.from({ length: 28 }, (_, index) => index + 2)],
  ])('is saved whole when %s', (_, pages) => {
    const path = fullCatalogue(COUNT);
    const whole = openAt(path);
    const before = contentOf(whole, COUNT);
    whole.close();
    expect(before.torrents).toHaveLength(COUNT);
    expect(before).toMatchObject({ blockedCount: 4, isInvalid: true, ladder: [{ popularity: 9 }, { popularity: 3 }] });
    const lost = pages(path);
    expect(lost.length).toBeGreaterThan(0);
    // Small tables are their own root: what stood in a lost page cannot come back.
    const small = ['torrent_health', 'torrent_sightings', 'retry_ladder', 'invalid_infohashes', 'blocked_infohashes'];
    const isSmallLost = small.some((table) => pagesOf(path, table, 'leaf').some((page) => lost.includes(page)));
    destroy(path, lost);
    const after = contentOf(recovered(path), COUNT);
    if (isSmallLost) expect(after.torrents).toHaveLength(COUNT);
    else expect(after).toEqual(before);
  });
});

it('what was deleted stays deleted, and what only the log has is saved', () => {
  const path = fullCatalogue(1000);
  const catalogue = openAt(path);
  catalogue.removeRows(Array.from({ length: 700 }, (_, index) => index + 201));
  catalogue.log.checkpoint('TRUNCATE');
  catalogue.insertMany([madeRow('only in the log')]);
  const copy = temporaryPath();
  copyFileSync(path, copy);
  copyFileSync(`${path}-wal`, `${copy}-wal`);
  expect(statSync(`${copy}-wal`).size).toBeGreaterThan(PAGE_BYTES);
  const names = (at: string) => [...salvagePages(at)!.torrents()].map(({ name }) => name);
  const saved = names(copy);
  expect(saved).toHaveLength(301);
  expect(saved.at(-1)).toContain('only in the log');
  // A log that was cut short within a commit ends before it.
  const log = readFileSync(`${copy}-wal`);
  writeFileSync(`${copy}-wal`, log.subarray(0, log.length - 100));
  expect(names(copy)).toHaveLength(300);
});

it('no bytes make it throw or run on', () => {
  const path = fullCatalogue(60);
  const whole = readFileSync(path);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 400 }),
      fc.integer({ min: 0, max: whole.length }),
      (changes, end) => {
        const bytes = Buffer.from(whole);
        // Three of four changes hit the beginning of a page, where its kind, its cells and lengths are told.
        changes.forEach(([at, byte], index) => {
          bytes[index % 4 === 0 ? at : at - (at % PAGE_BYTES) + (at % 64)] = byte;
        });
        writeFileSync(path, bytes.subarray(0, end));
        const salvaged = salvagePages(path);
        if (salvaged === null) return;
        const rows = [...salvaged.torrents(), ...salvaged.blocked(), ...salvaged.retries(), ...salvaged.invalid()];
        salvaged.close();
        expect(rows.length).toBeLessThan(200);
      },
    ),
    { numRuns: 150 },
  );
});
