// Saved searches in the window: kept among the settings, so that they are there wherever settings are. What is deleted can
// be had back by the line that says so.
import type { SavedSearch } from '../../preload/settings-contract.ts';
import type { SearchController } from '../search/search-controller.svelte.ts';
import { SAVED_SEARCHES_MAX } from '../settings/choices.ts';
import type { SettingsController } from '../settings/settings-controller.svelte.ts';
import type { WindowClock } from '../shared/clock.ts';
import { messages } from '../shared/messages.ts';

const NAME_CHARACTERS_MAX = 200;

export interface SavedParts {
  readonly settings: SettingsController;
  readonly search: SearchController;
  readonly clock: WindowClock;
  readonly say: (line: string) => void;
  readonly newId: () => string;
}

export class SavedController {
  /** The list of saved searches is up. */
  isOpen = $state(false);
  /** The one that was deleted last, while the list is up: it can be had back. */
  removed = $state.raw<{ readonly search: SavedSearch; readonly at: number } | null>(null);
  readonly #parts: SavedParts;

  constructor(parts: SavedParts) {
    this.#parts = parts;
  }

  get all(): readonly SavedSearch[] {
    return this.#parts.settings.current?.savedSearches ?? [];
  }

  get unseenCount(): number {
    return this.all.reduce((sum, search) => sum + search.unseenCount, 0);
  }

  get isFull(): boolean {
    return this.all.length >= SAVED_SEARCHES_MAX;
  }

  /** The search in the box is not saved yet, and there is one. */
  get canSave(): boolean {
    return this.#parts.search.text.trim() !== '' && this.#shown === null;
  }

  /** The saved search that stands in the box. */
  get #shown(): SavedSearch | null {
    const text = this.#parts.search.text.trim();
    return this.all.find((search) => search.text === text) ?? null;
  }

  show(): void {
    this.removed = null;
    this.isOpen = true;
  }

  /** Keeps the search as it stands in the box, with the order that was chosen for it. */
  async save(): Promise<void> {
    const { search, settings, clock, newId, say } = this.#parts;
    const text = search.text.trim();
    if (!this.canSave) return;
    if (this.isFull) return say(messages.saved.full(SAVED_SEARCHES_MAX));
    const saved: SavedSearch = {
      id: newId(),
      name: text.slice(0, NAME_CHARACTERS_MAX),
      text,
      sort: search.chosenSort,
      notifies: true,
      unseenCount: 0,
      createdAtUnixSeconds: clock.nowUnixSeconds(),
    };
    if (await settings.change({ savedSearches: [...this.all, saved] })) say(messages.saved.done);
  }

  /** Searches for it; what it found meanwhile counts as seen. */
  open(saved: SavedSearch): void {
    const { search } = this.#parts;
    this.isOpen = false;
    search.setList(null);
    search.setText(saved.text);
    if (saved.sort !== null && saved.sort !== search.sort) search.setSort(saved.sort);
    if (saved.unseenCount > 0) this.#replace(saved.id, { unseenCount: 0 });
  }

  /** A notification was clicked: about one search, or about several. */
  openNotified(searchId: string | null): void {
    const saved = this.all.find(({ id }) => id === searchId);
    if (saved === undefined) this.show();
    else this.open(saved);
  }

  /** The person is looking at the results of the search in the box. */
  seen(): void {
    const shown = this.#shown;
    if (shown !== null && shown.unseenCount > 0) this.#replace(shown.id, { unseenCount: 0 });
  }

  rename(saved: SavedSearch, name: string): void {
    const wanted = name.trim().slice(0, NAME_CHARACTERS_MAX);
    if (wanted !== '' && wanted !== saved.name) this.#replace(saved.id, { name: wanted });
  }

  setNotifies(saved: SavedSearch, notifies: boolean): void {
    this.#replace(saved.id, { notifies });
  }

  remove(saved: SavedSearch): void {
    const at = this.all.findIndex(({ id }) => id === saved.id);
    if (at < 0) return;
    this.removed = { search: saved, at };
    this.#change(this.all.filter(({ id }) => id !== saved.id));
  }

  /** Brings back what was deleted last, where it was. */
  takeBack(): void {
    const removed = this.removed;
    this.removed = null;
    if (removed === null || this.isFull) return;
    this.#change(this.all.toSpliced(removed.at, 0, removed.search));
  }

  #replace(id: string, change: Partial<SavedSearch>): void {
    this.#change(this.all.map((search) => (search.id === id ? { ...search, ...change } : search)));
  }

  #change(savedSearches: readonly SavedSearch[]): void {
    void this.#parts.settings.change({ savedSearches: [...savedSearches] });
  }
}
