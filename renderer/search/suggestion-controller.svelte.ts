// The drop-down under the search box: titles that begin like what is typed. Opens only while typing, closes for good at
// the first other act, so that it never stands in front of results somebody is reading.
import type { LanternfishApi } from '../../preload/ipc-contract.ts';

const SUGGESTIONS_MAX = 6;
/** One letter suggests everything. */
const CHARACTERS_MIN = 2;

export class SuggestionController {
  titles = $state.raw<readonly string[]>([]);
  /** -1: none, the typed text counts. */
  activeIndex = $state(-1);
  readonly isOpen = $derived(this.titles.length > 0);
  readonly activeTitle = $derived(this.titles[this.activeIndex] ?? null);
  readonly #api: LanternfishApi;
  #askedCount = 0;

  constructor(api: LanternfishApi) {
    this.#api = api;
  }

  async typed(text: string): Promise<void> {
    this.#askedCount += 1;
    const asked = this.#askedCount;
    if (text.trim().length < CHARACTERS_MIN) {
      this.close();
      return;
    }
    const answer = await this.#api.suggest({ text });
    if (asked !== this.#askedCount) return;
    // No suggestions is no problem worth a word: the results below answer the question.
    const typed = text.trim().toLowerCase();
    const titles = answer.ok ? answer.value.filter((title) => title.toLowerCase() !== typed) : [];
    this.titles = [...new Set(titles)].slice(0, SUGGESTIONS_MAX);
    this.activeIndex = -1;
  }

  /** Also makes an answer still on its way come to nothing. */
  close(): void {
    this.#askedCount += 1;
    this.titles = [];
    this.activeIndex = -1;
  }

  /** Moves down; false: already at the last, the caller may go on to the results. */
  moveDown(): boolean {
    if (this.activeIndex >= this.titles.length - 1) return false;
    this.activeIndex += 1;
    return true;
  }

  moveUp(): void {
    this.activeIndex = Math.max(-1, this.activeIndex - 1);
  }
}
