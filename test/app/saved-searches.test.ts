// Matches of saved searches on their way to the person: counted for the badge, told together and seldom.
import { beforeEach, expect, test } from 'vitest';
import type { SystemNotice } from '../../main/app/notification.ts';
import { plainLine, savedNotice } from '../../main/app/saved-notice.ts';
import { COUNT_AFTER_MS, NOTIFY_EVERY_MS, SavedSearches } from '../../main/app/saved-searches.ts';
import { DEFAULT_SETTINGS } from '../../main/app/settings-schema.ts';
import type { SavedMatch, WatchedSearch } from '../../main/store/saved-contract.ts';
import type { Settings } from '../../preload/settings-contract.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';

let clock: SimulatedClock;
let told: (SystemNotice & { readonly searchId: string | null })[];
let isWatched: boolean;
let settings: { settings: Settings; change: (change: Partial<Settings>) => Promise<void> };
let watched: readonly WatchedSearch[];
let search: {
  watch: (all: readonly WatchedSearch[]) => void;
  onSavedMatches: (matches: readonly SavedMatch[]) => void;
};
let saved: SavedSearches;

const one = (id: string, notifies = true) => ({
  ...{ id, name: `Name ${id}`, text: id, sort: null, notifies, unseenCount: 0, createdAtUnixSeconds: 1 },
});
const unseen = (): number[] => settings.settings.savedSearches.map(({ unseenCount }) => unseenCount);
const match = (id: string, count: number): SavedMatch[] => [
  { id, count, names: Array.from({ length: Math.min(3, count) }, (_, at) => `${id}${at}`) },
];

beforeEach(() => {
  clock = new SimulatedClock();
  told = [];
  isWatched = false;
  settings = {
    settings: { ...DEFAULT_SETTINGS, savedSearches: [one('a'), one('b'), one('quiet', false)] },
    change: (change) => {
      settings.settings = { ...settings.settings, ...change };
      saved.settingsChanged(); // as the app does
      return Promise.resolve();
    },
  };
  watched = [];
  search = { watch: (all) => (watched = all), onSavedMatches: () => undefined };
  const notify = (notice: SystemNotice, searchId: string | null): void => void told.push({ ...notice, searchId });
  saved = new SavedSearches({ clock, settings, search, notify, isWatched: () => isWatched });
  saved.settingsChanged();
});

test('what is saved is watched, and matches of several looks are told as one', () => {
  expect(watched).toEqual(['a', 'b', 'quiet'].map((id) => ({ id, text: id, hidesAdult: false })));
  search.onSavedMatches(match('a', 1));
  search.onSavedMatches(match('b', 2));
  search.onSavedMatches(match('quiet', 5));
  expect(told).toEqual([]);
  clock.advance(COUNT_AFTER_MS);
  expect(unseen()).toEqual([1, 2, 5]);
  expect(told).toEqual([{ title: '3 new torrents for 2 saved searches', body: 'a0\nb0\nb1', searchId: null }]);
});

test('there is one notification in five minutes, and what came meanwhile is in the next', () => {
  search.onSavedMatches(match('a', 1));
  clock.advance(COUNT_AFTER_MS);
  for (let round = 0; round < 20; round++) {
    search.onSavedMatches(match('a', 1));
    clock.advance(COUNT_AFTER_MS);
  }
  expect(told).toHaveLength(1);
  clock.advance(NOTIFY_EVERY_MS);
  expect(told.map(({ title }) => title)).toEqual(['1 new torrent for “Name a”', '20 new torrents for “Name a”']);
  expect(told[1]).toMatchObject({ body: 'a0\na0\na0\nand 17 more', searchId: 'a' });
  clock.advance(2 * NOTIFY_EVERY_MS);
  expect(told).toHaveLength(2);
});

test('nothing is told to somebody who looks, nor where notifications are off; the badge counts all the same', () => {
  isWatched = true;
  search.onSavedMatches(match('a', 1));
  clock.advance(COUNT_AFTER_MS);
  isWatched = false;
  settings.settings = { ...settings.settings, notifications: false };
  search.onSavedMatches(match('a', 1));
  clock.advance(COUNT_AFTER_MS + NOTIFY_EVERY_MS);
  expect([told, unseen()]).toEqual([[], [2, 0, 0]]);
});

test('what the person has opened before its turn came is not told any more', () => {
  search.onSavedMatches(match('a', 1));
  clock.advance(COUNT_AFTER_MS);
  search.onSavedMatches(match('b', 1));
  clock.advance(COUNT_AFTER_MS);
  expect([told.length, unseen()]).toEqual([1, [1, 1, 0]]);
  void settings.change({ savedSearches: settings.settings.savedSearches.map((s) => ({ ...s, unseenCount: 0 })) });
  clock.advance(2 * NOTIFY_EVERY_MS);
  expect(told).toHaveLength(1);
});

test('a search that was deleted is not told, and stopping keeps what was counted', async () => {
  search.onSavedMatches(match('a', 1));
  search.onSavedMatches(match('b', 1));
  settings.settings = { ...settings.settings, savedSearches: [one('b')] };
  saved.settingsChanged();
  await saved.stop();
  expect([unseen(), watched]).toEqual([[1], [{ id: 'b', text: 'b', hidesAdult: false }]]);
  clock.advance(NOTIFY_EVERY_MS);
  expect(told).toEqual([]);
});

test('each search of several has its turn among the names', () => {
  const untold = ['a', 'b'].map((search) => ({ search, count: 40, names: [`${search}0`, `${search}1`, `${search}2`] }));
  expect(savedNotice(untold)).toEqual({
    title: '80 new torrents for 2 saved searches',
    body: 'a0\nb0\na1\nand 77 more',
  });
});

test('a stranger’s name is one plain line', () => {
  expect(plainLine('<a href="http://x">click</a> &amp;\n\u202egnp.exe\u0000  x')).toBe(
    '‹a href="http://x"›click‹/a› ＆amp; gnp.exe x',
  );
  expect([...plainLine('𝒳'.repeat(300))]).toHaveLength(120);
});
