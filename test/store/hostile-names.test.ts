// Names that try something: markup, SQL, the operators of FTS5 and of our own language, right-to-left overrides, 64 KiB,
// NUL, halves of surrogate pairs. Each is stored, found by what it says, and shown as it is, in memory and on disk.
import { expect, test } from 'vitest';
import { fold, tokens, words } from '../../main/search/tokens.ts';
import { madeTorrent, openAt, temporaryPath } from '../catalogue/support.ts';
import { startSearch, storeAndTell, until, writerPorts } from './search-support.ts';

const HOSTILE = [
  '<img src=x onerror=alert(1)> markup',
  '</script><script>alert(1)</script> scripted',
  "Robert'); DROP TABLE torrents;-- sqlword",
  '" OR 1=1 -- quoteword',
  'NEAR(aaa bbb, 5) AND NOT ccc* ^ddd {t}: nearword',
  'name_fts:column -minus +plus (paren) colonword',
  'type:video size:>1GB ext:mkv hash:00 filterword',
  '\u202Egnp.exe \u2066isolate\u2069 bidiword',
  'nul\0inside nulword',
  '\uD800 lone \uDC00 surrogateword',
  `${'long '.repeat(13_000)} tailword`,
  `${'x'.repeat(65_536)} unbrokenword`,
  '\u0301\u0302\u0303 marks only marksword',
  '💣🏴‍☠️ emojiword',
  'ＦＵＬＬ ｗｉｄｔｈ wideword',
  'ﷺ expands expandword',
  '한국어 이름 hangulword',
  'ภาษาไทย thaiword',
  'İstanbul ẞ ﬁne foldword',
  '%s %n %x ../../etc/passwd C:\\Windows pathword',
] as const;
/** Read to TEXT_CHARACTERS_MAX: what comes after is neither indexed nor matched. */
const UNREACHED = new Set(['tailword', 'unbrokenword']);

test.each([
  ['in memory', 1_000_000],
  ['on disk', 1],
])('hostile names %s', async (_, windowRows) => {
  const path = temporaryPath();
  const catalogue = openAt(path);
  const hostile = HOSTILE.map((name, at) => madeTorrent(`hostile ${at}`, { name }));
  const { ready, page, service, events } = startSearch(path, { windowRows });
  const { writerEnd, searchEnd } = writerPorts();
  service.connectWriter(searchEnd);
  await ready;
  const last = madeTorrent('last', { name: 'the newest one' });
  for (const torrents of [hostile.slice(0, 10), hostile.slice(10), [last]])
    storeAndTell(catalogue, torrents, writerEnd);
  catalogue.checkInvariants();
  await until(async () => (await page({})).rows[0]?.name === last.name);
  // A window of one row holds the newest segment alone.
  expect((await page({ text: '', isFast: true })).totalCount).toBe(Math.min(windowRows, HOSTILE.length + 1));
  for (const name of HOSTILE) {
    const shown = name.toWellFormed();
    const word = /\w+word$/.exec(name)?.[0];
    if (word !== undefined && !UNREACHED.has(word)) {
      const { rows } = await page({ text: `${word} ` });
      expect([word, rows.map((row) => row.name)]).toEqual([word, [shown]]);
      for (let at = 0; at < rows[0]!.matches.length; at += 2) {
        expect(rows[0]!.matches[at]!).toBeLessThan(rows[0]!.matches[at + 1]!);
        expect(rows[0]!.matches[at + 1]!).toBeLessThanOrEqual(shown.length);
      }
    }
    // The name itself, pasted, is a query like any other.
    await page({ text: name.slice(0, 1000), sort: 'relevance' });
    expect(words(fold(name)).length).toBeLessThan(5000);
    expect(tokens(name).length).toBeLessThan(9000);
  }
  const { rows, totalCount } = await page({});
  expect(totalCount).toBe(HOSTILE.length + 1);
  expect(new Set(rows.map((row) => row.name))).toEqual(
    new Set([...HOSTILE.map((name) => name.toWellFormed()), 'the newest one']),
  );
  expect((await page({ text: 'istanbul ss fine' })).rows[0]!.name).toBe('İstanbul ẞ ﬁne foldword');
  expect((await page({ text: '국어' })).rows[0]!.name).toContain('hangulword');
  expect((await page({ text: 'ไทย' })).rows[0]!.name).toContain('thaiword');
  expect((await page({ text: 'full width' })).rows[0]!.name).toContain('wideword');
  expect(events.filter(({ type }) => type === 'request-failed')).toEqual([]);
  service.checkInvariants();
});
