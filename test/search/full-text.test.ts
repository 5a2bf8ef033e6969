// The full-text tables asked the way search asks them, on a real catalogue.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FULL_TEXT_QUERIES, FullText } from '../../main/search/full-text.ts';
import { nameMatches, needsName } from '../../main/search/name-match.ts';
import { parseQuery } from '../../main/search/search-query.ts';
import { tokens } from '../../main/search/tokens.ts';
import { toCatalogueRow } from '../../main/store/catalogue-row.ts';
import { madeTorrent, openAt, temporaryPath } from '../catalogue/support.ts';
import { Corpus } from '../bench/corpus.ts';

const MOST = { beforeId: Number.MAX_SAFE_INTEGER, limit: 1000 };

function storedNames(names: readonly string[]): FullText {
  const catalogue = openAt(temporaryPath());
  catalogue.insertMany(names.map((name, index) => toCatalogueRow(madeTorrent(index, { name }))));
  return new FullText(catalogue.reader.database);
}

test('finds what the names have, newest first, and counts it', () => {
  const corpus = new Corpus(21);
  const names = Array.from({ length: 300 }, (_, index) => corpus.name(index));
  const fullText = storedNames(names);
  const texts = ['', 's', '1080p', 'the hou', 'web dl -1080p', '東', '第1', 'ночь ', 'zzzz', '사', 'house -web -dl'];
  for (const text of texts) {
    const query = parseQuery(text);
    expect([text, needsName(query)]).toEqual([text, false]);
    const expected = names.flatMap((name, index) => (nameMatches(query, name) ? [index + 1] : [])).reverse();
    expect([text, fullText.nameIds(query, MOST)]).toEqual([text, expected]);
    expect(fullText.nameIds(query, { beforeId: 150, limit: 3 })).toEqual(expected.filter((id) => id < 150).slice(0, 3));
    expect(fullText.countNames(query, { beforeId: 200, most: 20 })).toBe(
      Math.min(20, expected.filter((id) => id < 200).length),
    );
  }
});

test('exclusions alone are for whoever looks at the names', () => {
  const fullText = storedNames(['one', 'two', 'three']);
  expect(fullText.nameIds(parseQuery('-two'), MOST)).toEqual([3, 2, 1]);
  expect(fullText.pathIds(parseQuery('-two'), MOST)).toEqual([]);
});

test('every letter and digit of every script can be searched for', () => {
  const letters: string[] = [];
  for (let code = 0; code < 0x32000; code += 37) {
    const letter = String.fromCodePoint(code);
    if (/[\p{L}\p{N}]/u.test(letter) && tokens(letter).length > 0) letters.push(letter);
  }
  const fullText = storedNames(letters.map((letter) => `q${letter}w`));
  for (const [index, letter] of letters.entries()) {
    expect([letter, fullText.nameIds(parseQuery(`q${letter}w `), MOST).includes(index + 1)]).toEqual([letter, true]);
  }
});

test('no text makes SQLite complain', () => {
  const fullText = storedNames(['Some Name', '東京物語']);
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'grapheme-composite' }),
  );
  fc.assert(
    fc.property(text, (raw) => {
      const query = parseQuery(raw);
      expect(fullText.nameIds(query, MOST).length).toBeLessThanOrEqual(2);
      expect(fullText.pathIds(query, MOST).length).toBeLessThanOrEqual(2);
      expect(fullText.countNames(query, { beforeId: 10, most: 10 })).toBeLessThanOrEqual(2);
    }),
  );
});

test('FTS5 is handed integers as bounds: to anything else it does not seek', () => {
  for (const [name, sql] of Object.entries(FULL_TEXT_QUERIES)) {
    expect([name, sql]).toEqual([name, expect.not.stringMatching(/rowid [<>]=? \?/)]);
  }
  const { database } = openAt(temporaryPath()).reader;
  expect(database.prepare('SELECT typeof(?), typeof(CAST(? AS INTEGER))').raw().get(7, 7)).toEqual(['real', 'integer']);
});

test('every statement goes by an index, none sorts', () => {
  const { database } = openAt(temporaryPath()).reader;
  for (const [name, sql] of Object.entries(FULL_TEXT_QUERIES)) {
    const plan = database
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...Array.from({ length: sql.split('?').length - 1 }, () => 'x'))
      .map((step) => (step as { detail: string }).detail)
      .join('; ');
    expect([name, plan]).toEqual([name, expect.stringMatching(/VIRTUAL TABLE INDEX|PRIMARY KEY/)]);
    expect([name, plan]).toEqual([name, expect.not.stringMatching(/TEMP B-TREE/)]);
  }
});
