// Saved searches in the app: the search thread holds new torrents against them; here matches are counted for the badge and
// told by the system, several together and seldom. A window that has the focus shows the badge; nothing else is said then.
import type { Clock, Timer } from '../base/clock.ts';
import type { SearchClient } from '../session/search-client.ts';
import type { SavedMatch } from '../store/saved-contract.ts';
import { UNSEEN_MAX } from '../../preload/settings-contract.ts';
import type { SystemNotice } from './notification.ts';
import { savedNotice } from './saved-notice.ts';
import type { SettingsFile } from './settings-file.ts';

/** Matches are counted together: each count is a small file written. */
export const COUNT_AFTER_MS = 10_000;
/** Never more than one notification in this time. */
export const NOTIFY_EVERY_MS = 5 * 60_000;
const NAMES_HELD_MAX = 3;

export interface SavedSearchesParts {
  readonly clock: Clock;
  readonly settings: Pick<SettingsFile, 'settings' | 'change'>;
  readonly search: Pick<SearchClient, 'watch' | 'onSavedMatches'>;
  /** Shows a notification of the system; a click on it leads to the one search, or, null, to all of them. */
  readonly notify: (notice: SystemNotice, searchId: string | null) => void;
  /** The person is looking at the window. */
  readonly isWatched: () => boolean;
}

export class SavedSearches {
  readonly #parts: SavedSearchesParts;
  /** Not counted yet, by search. */
  readonly #fresh = new Map<string, number>();
  /** Counted, and not told yet. No more than there are searches. */
  readonly #untold = new Map<string, { count: number; names: readonly string[] }>();
  #toldAtMs = -Infinity;
  #counting: Timer | null = null;
  #telling: Timer | null = null;

  constructor(parts: SavedSearchesParts) {
    this.#parts = parts;
    parts.search.onSavedMatches = (matches) => this.#matched(matches);
  }

  /** Other searches are saved now, or others of their names are hidden; also to begin with. */
  settingsChanged(): void {
    const { settings, search } = this.#parts;
    const { savedSearches, hideAdultNames: hidesAdult } = settings.settings;
    search.watch(savedSearches.map(({ id, text }) => ({ id, text, hidesAdult })));
    const ids = new Set(savedSearches.map(({ id }) => id));
    for (const map of [this.#fresh, this.#untold]) for (const id of map.keys()) if (!ids.has(id)) map.delete(id);
    // What the person has looked at meanwhile is told no more.
    for (const { id, unseenCount } of savedSearches) {
      if (unseenCount === 0 && !this.#fresh.has(id)) this.#untold.delete(id);
    }
  }

  /** Writes down what is counted; nothing is told any more. */
  async stop(): Promise<void> {
    this.#counting?.cancel();
    this.#telling?.cancel();
    this.#untold.clear();
    await this.#count();
  }

  #matched(matches: readonly SavedMatch[]): void {
    for (const { id, count, names } of matches) {
      const search = this.#parts.settings.settings.savedSearches.find((one) => one.id === id);
      if (search === undefined) continue;
      this.#fresh.set(id, (this.#fresh.get(id) ?? 0) + count);
      if (!search.notifies) continue;
      const before = this.#untold.get(id);
      const held = [...names, ...(before?.names ?? [])].slice(0, NAMES_HELD_MAX);
      this.#untold.set(id, { count: (before?.count ?? 0) + count, names: held });
    }
    if (this.#fresh.size === 0) return;
    this.#counting ??= this.#parts.clock.setTimer(COUNT_AFTER_MS, () => {
      this.#counting = null;
      void this.#count();
      this.#tell();
    });
  }

  async #count(): Promise<void> {
    if (this.#fresh.size === 0) return;
    const { settings } = this.#parts;
    const savedSearches = settings.settings.savedSearches.map((search) => ({
      ...search,
      unseenCount: Math.min(UNSEEN_MAX, search.unseenCount + (this.#fresh.get(search.id) ?? 0)),
    }));
    this.#fresh.clear();
    await settings.change({ savedSearches });
  }

  #tell(): void {
    const { clock, isWatched, notify, settings } = this.#parts;
    if (this.#untold.size === 0 || this.#telling !== null) return;
    if (isWatched() || !settings.settings.notifications) return this.#untold.clear();
    const waitMs = this.#toldAtMs + NOTIFY_EVERY_MS - clock.nowMs();
    if (waitMs > 0) {
      this.#telling = clock.setTimer(waitMs, () => {
        this.#telling = null;
        this.#tell();
      });
      return;
    }
    this.#toldAtMs = clock.nowMs();
    const names = new Map(settings.settings.savedSearches.map(({ id, name }) => [id, name]));
    const untold = [...this.#untold].map(([id, one]) => ({ ...one, search: names.get(id) ?? '' }));
    const [id = null] = this.#untold.keys();
    notify(savedNotice(untold), untold.length === 1 ? id : null);
    this.#untold.clear();
  }
}
