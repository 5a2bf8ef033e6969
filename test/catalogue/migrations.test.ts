// Opening catalogues of every age: stored files of older versions, newer ones, somebody else's, and steps that fail.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CatalogueProblem } from '../../main/catalogue/catalogue-problem.ts';
import { HIDDEN, OPENED, STARRED } from '../../main/catalogue/marks.ts';
import { latestVersion, MIGRATIONS } from '../../main/catalogue/migrations.ts';
import { openCatalogue } from '../../main/catalogue/open-catalogue.ts';
import { checkRuntime, openDatabase } from '../../main/catalogue/open-database.ts';
import type { CatalogueDatabase } from '../../main/catalogue/open-database.ts';
import { primaryInfohash } from '../../main/catalogue/torrent.ts';
import {
  FIXTURE_BLOCKED,
  FIXTURE_HIDDEN,
  FIXTURE_RETRIES,
  FIXTURE_SIGHTING,
  FIXTURE_STARRED,
  FIXTURE_TORRENTS,
} from '../fixtures/catalogue/fixture-torrents.ts';
import { madeRow, openAt, temporaryPath } from './support.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/catalogue');
const STORED = readdirSync(FIXTURES).filter((name) => name.endsWith('.db'));
const next = latestVersion() + 1;

function problemOf(run: () => unknown): CatalogueProblem {
  try {
    run();
  } catch (error) {
    if (error instanceof CatalogueProblem) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

const noTokens = () => ({ nameTokens: '', pathTokens: '' });
const open = (databasePath: string, migrations = MIGRATIONS) =>
  openCatalogue({ databasePath, nativeBinding: null, migrations });
const version = (database: CatalogueDatabase) => database.pragma('user_version', { simple: true });
const schema = (database: CatalogueDatabase) =>
  database.prepare("SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY name").all();

describe('stored catalogues', () => {
  it('are there for every version that a migration starts from', () => {
    expect(STORED.sort()).toEqual(MIGRATIONS.map((migration) => `catalogue-v${migration.version}.db`).sort());
    expect(MIGRATIONS.map((migration) => migration.version)).toEqual(MIGRATIONS.map((_, index) => index + 1));
  });

  it.each(STORED)('%s opens with all it has, and with the schema of a new file', (name) => {
    const path = temporaryPath();
    copyFileSync(join(FIXTURES, name), path);
    const catalogue = openAt(path);
    expect(version(catalogue.reader.database)).toBe(latestVersion());
    expect(schema(catalogue.reader.database)).toEqual(schema(openAt(temporaryPath()).reader.database));
    for (const torrent of FIXTURE_TORRENTS) {
      const { infohashV1, infohashV2, ...rest } = torrent;
      const details = catalogue.reader.details(primaryInfohash(torrent))!;
      expect(details).toMatchObject(rest);
      expect(details.infohashV1 && new Uint8Array(details.infohashV1)).toEqual(infohashV1);
      expect(details.infohashV2 && new Uint8Array(details.infohashV2)).toEqual(infohashV2);
    }
    const found = catalogue.reader.database.prepare('SELECT rowid FROM name_fts WHERE name_fts MATCH ?').pluck();
    expect(found.all('"sea" "sou"*')).toEqual([2]);
    catalogue.insertMany([madeRow(1)]);
    catalogue.checkInvariants();
  });

  it('of version 1 get an empty retry ladder that works, of version 2 keep theirs', () => {
    for (const name of STORED) {
      const path = temporaryPath();
      copyFileSync(join(FIXTURES, name), path);
      const catalogue = openAt(path);
      const isFirst = name === 'catalogue-v1.db';
      expect(catalogue.retries.count, name).toBe(isFirst ? 0 : FIXTURE_RETRIES.length);
      const [one] = FIXTURE_TORRENTS;
      const health = catalogue.reader.health.get(catalogue.reader.findId(one!.infohashV1!)!);
      expect(health?.dht?.seeders, name).toBe(isFirst ? undefined : 12);
      catalogue.retries.add(FIXTURE_RETRIES);
      expect(catalogue.retries.takeDue(1_790_000_000, 10)).toEqual(FIXTURE_RETRIES);
      catalogue.checkInvariants();
    }
  });
});

describe('what the person decided', () => {
  it('is in catalogues of version 3, and can be decided in those of versions 1 and 2', () => {
    for (const name of STORED) {
      const path = temporaryPath();
      copyFileSync(join(FIXTURES, name), path);
      const catalogue = openAt(path);
      const { reader, blocked } = catalogue;
      const marksOf = (infohash: Uint8Array) => reader.details(infohash)!.marks;
      const isMarked = name >= 'catalogue-v3.db';
      expect(marksOf(FIXTURE_STARRED), name).toBe(isMarked ? STARRED | OPENED : 0);
      expect(marksOf(FIXTURE_HIDDEN), name).toBe(isMarked ? HIDDEN : 0);
      expect(blocked.count, name).toBe(isMarked ? FIXTURE_BLOCKED.length : 0);
      const { timesSeen, lastSeenAtUnixSeconds } = reader.details(FIXTURE_STARRED)!;
      expect(timesSeen, name).toBe(isMarked ? 1 + FIXTURE_SIGHTING.times : 1);
      if (isMarked) expect(lastSeenAtUnixSeconds).toBe(FIXTURE_SIGHTING.lastAtUnixSeconds);
      const mark = { isOn: true, infohashes: [FIXTURE_STARRED, ...FIXTURE_BLOCKED], nowUnixSeconds: 1_790_000_000 };
      catalogue.mark({ ...mark, mark: 'block' }, noTokens);
      expect(blocked.list({ beforeId: null, limit: 10 })).toHaveLength(3);
      catalogue.checkInvariants();
    }
  });

  it('needs a file that can shrink: older ones are written anew', () => {
    for (const name of STORED) {
      const path = temporaryPath();
      copyFileSync(join(FIXTURES, name), path);
      expect(openAt(path).reader.database.pragma('auto_vacuum', { simple: true }), name).toBe(2);
    }
    expect(openAt(temporaryPath()).reader.database.pragma('auto_vacuum', { simple: true })).toBe(2);
  });
});

describe('a migration', () => {
  const addColumn = { version: next, sql: 'ALTER TABLE torrents ADD COLUMN note TEXT' };

  it('of an existing file keeps a copy of it first, with what was only in its log', () => {
    const path = temporaryPath();
    const before = open(path);
    before.insertMany([madeRow(1)]);
    before.abandon(); // no TRUNCATE: the row is in the -wal file
    const after = open(path, [...MIGRATIONS, addColumn]);
    expect(after.reader.database.prepare('SELECT name, note FROM torrents').all()).toHaveLength(1);
    after.abandon();
    const copy = openDatabase({ path: `${path}.before-format-${next}`, role: 'writer', nativeBinding: null });
    expect(version(copy)).toBe(latestVersion());
    expect(copy.prepare('SELECT count(*) FROM torrents').pluck().get()).toBe(1);
    copy.close();
  });

  it('of a new file keeps no copy', () => {
    const path = temporaryPath();
    open(path, [...MIGRATIONS, addColumn]).abandon();
    expect(readdirSync(dirname(path)).filter((name) => name.includes('before'))).toEqual([]);
  });

  it('that fails leaves the file as it was', () => {
    const path = temporaryPath();
    const before = open(path);
    before.insertMany([madeRow(1)]);
    before.close();
    const broken = { version: next, sql: `${addColumn.sql}; INSERT INTO nowhere VALUES(1)` };
    expect(problemOf(() => open(path, [...MIGRATIONS, broken])).kind).toBe('other');
    const after = open(path);
    expect(version(after.reader.database)).toBe(latestVersion());
    expect(schema(after.reader.database)).toEqual(schema(openAt(temporaryPath()).reader.database));
    expect(after.count).toBe(1);
    after.abandon();
  });
});

describe('refused, in a sentence and untouched', () => {
  it('a catalogue of a newer version', () => {
    const path = temporaryPath();
    const newer = open(path);
    newer.reader.database.pragma(`user_version = ${next}`);
    newer.close();
    const bytes = readFileSync(path);
    const problem = problemOf(() => open(path));
    expect(problem.kind).toBe('newer-schema');
    expect(problem.message).toMatch(/written by a newer Lanternfish .* not been changed/);
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it('a database of another program', () => {
    const path = temporaryPath();
    const other = openDatabase({ path, role: 'writer', nativeBinding: null });
    other.exec('CREATE TABLE bookmarks(url TEXT)');
    other.close();
    const bytes = readFileSync(path);
    const problem = problemOf(() => open(path));
    expect(problem.kind).toBe('foreign');
    expect(problem.message).toMatch(/another program/);
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it.each(['a folder at its path', 'a file where its folder should be'])('%s', (what) => {
    const path = temporaryPath();
    if (what === 'a folder at its path') mkdirSync(path);
    else writeFileSync(path, 'not a folder');
    const databasePath = what === 'a folder at its path' ? path : join(path, 'catalogue.db');
    const problem = problemOf(() => open(databasePath));
    expect(problem.kind).toBe('unwritable');
    expect(problem.message).toContain('may not write its catalogue');
  });

  it('a file that is not a database, as damaged', () => {
    const path = temporaryPath();
    writeFileSync(path, 'x'.repeat(5000));
    expect(problemOf(() => open(path)).kind).toBe('damaged');
    expect(existsSync(path)).toBe(true);
  });

  it('a Node that would be killed by the library', () => {
    expect(problemOf(() => checkRuntime({ node: '20.20.2', napi: '9' })).message).toBe(
      'Lanternfish needs Node 22.14 or newer; this is Node 20.20.2. Install a newer Node and start Lanternfish again.',
    );
    expect(() => checkRuntime({ node: '22.14.0', napi: '10' })).not.toThrow();
  });
});
