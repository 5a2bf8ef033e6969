// The window's small pure parts: figures as text, matched ranges, tags, the first minute, keys.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stepsOf } from '../../renderer/first-run/first-minute.ts';
import { tagsOf } from '../../renderer/search/name-tags.ts';
import { searchedWords } from '../../renderer/search/searched-words.ts';
import { formatAge, formatCountShort, formatSize, isFresh, sizeStepOf } from '../../renderer/shared/format.ts';
import { markedName, rangesOf } from '../../renderer/shared/highlight.ts';
import { commandFor } from '../../renderer/shared/shortcuts.ts';
import { shortNotice } from '../../renderer/status/short-notice.ts';
import { status } from './fake-window.ts';

/** Digits and units only: the separator is the system's. */
const plain = (text: string): string => text.replace(/[.,\u202f\u00a0]/g, '.');

describe('format', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [7_300_000, '7.3 MB'],
    [73_400_000, '73 MB'],
    [734_000_000, '734 MB'],
    [999_600_000, '1.0 GB'],
    [1_400_000_000, '1.4 GB'],
    [73_400_000_000, '73.4 GB'],
    [734_000_000_000, '734 GB'],
    [2 ** 53, '9.0 PB'],
    [1e19, '10000 PB'],
  ])('%d bytes', (sizeBytes, expected) => {
    expect(plain(formatSize(sizeBytes, 1000)).replace('10.000', '10000')).toBe(expected);
  });

  test('counts by 1,024 where the system does', () => {
    expect(plain(formatSize(1_073_741_824, 1024))).toBe('1.0 GB');
    expect(sizeStepOf('Mozilla/5.0 (Windows NT 10.0; Win64; x64)')).toBe(1024);
    expect(sizeStepOf('Mozilla/5.0 (X11; Linux x86_64)')).toBe(1000);
  });

  test.each([
    [-500, 'now'],
    [59, 'now'],
    [60, '1 min ago'],
    [3599, '59 min ago'],
    [3600, '1 hr ago'],
    [86_400 * 2, '2 days ago'],
    [86_400 * 70, '2 mo ago'],
    [86_400 * 800, '2 yr ago'],
  ])('an age of %d s', (ageSeconds, expected) => {
    expect(formatAge(1_700_000_000 - ageSeconds, 1_700_000_000)).toBe(expected);
  });

  test('fresh is what reads as now; counts shorten from ten thousand on', () => {
    expect(isFresh(100, 159)).toBe(true);
    expect(isFresh(100, 160)).toBe(false);
    expect(plain(formatCountShort(9999))).toBe('9.999');
    expect(plain(formatCountShort(48_213))).toMatch(/^48\.2/);
  });
});

describe('highlight', () => {
  test('cuts at the ranges', () => {
    expect(markedName('Deep Ocean', [0, 4, 5, 8])).toEqual({
      marks: [
        { before: '', match: 'Deep' },
        { before: ' ', match: 'Oce' },
      ],
      rest: 'an',
    });
    expect(markedName('Deep Ocean', [])).toEqual({ marks: [], rest: 'Deep Ocean' });
  });

  test('whatever the ranges, the pieces are the name', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.integer({ min: -5, max: 40 })), (name, ranges) => {
        const { marks, rest } = markedName(name, ranges);
        expect(marks.map(({ before, match }) => before + match).join('') + rest).toBe(name);
        expect(marks.every(({ match }) => match !== '')).toBe(true);
      }),
    );
  });

  test('ranges of a query are in order, do not overlap, and say what they found', () => {
    expect(rangesOf('Part 12 part', 'PART 12')).toEqual([0, 4, 5, 7]);
    expect(rangesOf('abcd', 'abc bcd')).toEqual([0, 4]);
    expect(rangesOf('İstanbul', 'stan')).toEqual([]);
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, query) => {
        const ranges = rangesOf(text, query);
        ranges.forEach((offset, index) => expect(offset).toBeGreaterThan(ranges[index - 1] ?? -1));
        expect(ranges.length % 2).toBe(0);
      }),
    );
  });
});

describe('tags', () => {
  test.each([
    ['Deep.Ocean.S03E07.1080p.WEB.x265-GRP', ['S03E07', '1080p', 'x265']],
    ['Goldberg Variations [FLAC 24-96]', ['FLAC']],
    ['debian-13.4.0-amd64-DVD-1.iso', ['amd64']],
    ['A 4Kids film about x2650 things', []],
    ['', []],
  ])('%s', (name, expected) => {
    expect(tagsOf(name)).toEqual(expected);
  });

  test('a hostile name costs no time', () => {
    const startedAtMs = performance.now();
    for (let i = 0; i < 200; i += 1) tagsOf('S1E'.repeat(100_000));
    // Reading all of it would take minutes; the bound stands a busy machine.
    expect(performance.now() - startedAtMs).toBeLessThan(10_000);
  });
});

describe('the first minute', () => {
  const marks = (facts: Partial<typeof status>): string[] =>
    stepsOf({ ...status, state: 'joining', ...facts }).map((step) => step.mark);

  test('ticks off as it happens', () => {
    expect(marks({})).toEqual(['now', 'waiting', 'waiting', 'waiting']);
    expect(marks({ packetsIn: 1 })).toEqual(['done', 'now', 'waiting', 'waiting']);
    expect(marks({ packetsIn: 9, nodes: 8 })).toEqual(['done', 'now', 'waiting', 'waiting']);
    expect(marks({ packetsIn: 9, nodes: 8, samplesAsked: 1 })).toEqual(['done', 'done', 'now', 'waiting']);
    expect(marks({ packetsIn: 9, nodes: 8, samplesAsked: 1, infohashesSeen: 20 })).toEqual([
      'done',
      'done',
      'done',
      'now',
    ]);
  });

  test('nothing is happening now while paused or ended', () => {
    expect(marks({ state: 'paused', packetsIn: 1 })).toEqual(['done', 'waiting', 'waiting', 'waiting']);
    expect(marks({ state: 'failed' })).not.toContain('now');
  });

  test('figures show once there is something to count', () => {
    expect(stepsOf({ ...status, nodes: 1, infohashesSeen: 120 }).map((step) => step.figure)).toEqual([
      null,
      '1 node',
      '120 infohashes',
      null,
    ]);
  });
});

describe('keys', () => {
  const press = (key: string, more: object = {}, isTyping = false): unknown =>
    commandFor({ key, code: '', ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...more }, isTyping);

  test('plain letters act, except in a text field', () => {
    expect(press('/')).toEqual({ kind: 'focus-search' });
    expect(press('c')).toEqual({ kind: 'copy-magnet' });
    expect(press('Delete')).toEqual({ kind: 'hide' });
    expect(press('Delete', { shiftKey: true })).toEqual({ kind: 'block' });
    expect(press('Delete', {}, true)).toBeNull();
    for (const key of ['/', '?', 'c', 'o']) expect(press(key, {}, true)).toBeNull();
  });

  test('Control works everywhere; copying text stays the browser’s', () => {
    expect(press('f', { ctrlKey: true }, true)).toEqual({ kind: 'focus-search' });
    expect(press('P', { ctrlKey: true, shiftKey: true }, true)).toEqual({ kind: 'toggle-pause' });
    expect(press('p', { metaKey: true, shiftKey: true })).toEqual({ kind: 'toggle-pause' });
    expect(press('&', { ctrlKey: true, code: 'Digit1' })).toEqual({ kind: 'choose-type', index: 0 });
    expect(press('c', { ctrlKey: true })).toBeNull();
    expect(press('0', { ctrlKey: true, code: 'Digit0' })).toEqual({ kind: 'font-size', steps: 0 });
    expect(press('+', { ctrlKey: true, shiftKey: true })).toEqual({ kind: 'font-size', steps: 1 });
    expect(press(',', { metaKey: true })).toEqual({ kind: 'show-surface', surface: 'settings' });
    expect(press('K', { ctrlKey: true, shiftKey: true })).toEqual({ kind: 'show-surface', surface: 'crawl' });
    expect(press('c', { altKey: true })).toBeNull();
  });
});

describe('what a search asks for', () => {
  test.each([
    ['', ''],
    ['  ', ''],
    ['quiet  River', 'quiet River'],
    ['"quiet river" -mkv x', 'quiet river x'],
    ['-"quiet river"', ''],
    ['h-264 “gentle”', 'h-264 gentle'],
    ['灯台の歌', '灯台の歌'],
    ['0123456789abcdef0123456789abcdef01234567', ''],
    ['magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567&dn=a b', ''],
  ])('%j: the words %j', (text, expected) => {
    expect(searchedWords(text)).toBe(expected);
  });

  test('any text gives words without quotes', () => {
    fc.assert(fc.property(fc.string(), (text) => !searchedWords(text).includes('"')));
  });
});

describe('the notice of a test runtime, cut short', () => {
  test.each([
    ['Test runtime: Electron 33.2.1 from x@1 (unknown publisher), because it cannot.', 'Test runtime: Electron 33.2.1'],
    ['Electron v33.2.1 from ELECTRON_OVERRIDE_DIST_PATH (/x).', 'Electron v33.2.1'],
    ['Something else.', 'Something else'],
    ['', ''],
  ])('%j', (notice, expected) => {
    expect(shortNotice(notice)).toBe(expected);
  });
});
