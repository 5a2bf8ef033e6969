// Chips and text say the same: what a chip stands for, what is left when it goes, and that nothing else changes.
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  chipsOf,
  filterOf,
  partsOf,
  typeOf,
  withFilter,
  withoutPart,
  wordsOnly,
} from '../../renderer/search/query-text.ts';
import { SearchController } from '../../renderer/search/search-controller.svelte.ts';
import { messages } from '../../renderer/shared/messages.ts';
import { FakeApi, FakeClock, page, row } from './fake-window.ts';

const whole = 'deep type:video size:>1gb files:<10 age:<7d seeds:>3 "exact phrase" -word sea';

describe('the parts of a query', () => {
  test('of the issue’s own example', () => {
    expect(chipsOf(whole).map(({ key, value, isExcluded }) => [key, value, isExcluded])).toEqual([
      ['type', 'video', false],
      ['size', '>1gb', false],
      ['files', '<10', false],
      ['age', '<7d', false],
      ['seeds', '>3', false],
      [null, 'exact phrase', false],
      [null, 'word', true],
    ]);
  });

  test.each([
    ['size:', 0], // still being typed
    ['size:>', 0],
    ['size:>abc', 0],
    ['a-b spider-man', 0],
    ['-', 0],
    ['"not closed', 0],
    ['-type:game', 1],
    ['path:"two words"', 1],
    ['“typographic”', 1],
    ['xtype:video', 0],
  ])('%j has %d chips', (text, count) => {
    expect(chipsOf(text)).toHaveLength(count);
  });

  test('a chip that goes takes its own text and no other', () => {
    for (const chip of chipsOf(whole)) {
      const left = withoutPart(whole, chip);
      expect(left).toBe(whole.replace(`${whole.slice(chip.start, chip.end)} `, ''));
    }
    expect(wordsOnly(whole)).toBe('deep "exact phrase" sea');
  });

  test('any text: parts lie in order, inside it, and taking all of them away leaves nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        let end = 0;
        for (const part of partsOf(text)) {
          expect(part.start).toBeGreaterThanOrEqual(end);
          expect(part.end).toBeGreaterThan(part.start);
          end = part.end;
        }
        expect(end).toBeLessThanOrEqual(text.length);
      }),
    );
  });

  test('a filter takes the place of others of its key, and leaves what is excluded', () => {
    expect(withFilter('a size:>1gb size:<2gb b', 'size', '>4GB')).toBe('a b size:>4GB');
    expect(withFilter('-type:game x', 'type', 'video')).toBe('-type:game x type:video');
    expect(withFilter('type:video', 'type', null)).toBe('');
    expect([filterOf(whole, 'age'), filterOf(whole, 'ext'), filterOf('age:1d age:2d', 'age')]).toEqual([
      '<7d',
      null,
      null,
    ]);
  });

  test('chips are read as people say it', () => {
    const say = (key: Parameters<typeof messages.filter.value>[0], value: string) => messages.filter.value(key, value);
    expect(say('size', '>1gb')).toBe('> 1 GB');
    expect(say('age', '<7d')).toBe('in the last 7 d');
    expect(say('files', '<10')).toBe('< 10');
  });
});

describe('a type in the text', () => {
  let api: FakeApi;
  let search: SearchController;
  beforeEach(() => {
    api = new FakeApi();
    search = new SearchController(api.api, new FakeClock());
  });

  test('is asked apart, so that the others are counted', () => {
    search.setText('deep type:video sea');
    expect(api.last('search').input).toMatchObject({ text: 'deep sea', contentType: 'video', sort: 'relevance' });
    expect(typeOf('-type:video x')).toEqual({ contentType: null, rest: '-type:video x' });
    expect(typeOf('type:video,audio').contentType).toBeNull();
    expect(typeOf('type:vid').contentType).toBeNull(); // the search thread knows what is meant
  });

  test('chosen by its chip stands in the text, and goes with it', () => {
    search.setText('deep');
    search.setContentType('book');
    expect([search.text, search.contentType]).toEqual(['deep type:book', 'book']);
    search.setContentType(null);
    expect([search.text, search.contentType]).toEqual(['deep', null]);
  });

  test('filters alone are no words: the newest come first, and no row is said to be found in its files', async () => {
    search.setText('size:>1gb');
    expect(api.last('search').input).toMatchObject({ text: 'size:>1gb', sort: 'newest' });
    await api.last('search').succeed(page({ rows: [row(1)] }));
    expect(search.hasWords).toBe(false);
  });
});
