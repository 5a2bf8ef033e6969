// Titles that go on like what is typed. The best one stands behind the caret as a pale completion; the others wait in a
// drop-down that opens when asked for: results come as one types, and nothing may stand in front of them uninvited.
import type { LanternfishApi } from '../../preload/ipc-contract.ts';

const SUGGESTIONS_MAX = 6;
/** One letter suggests everything. */
const CHARACTERS_MIN = 2;

export class SuggestionController {
  titles = $state.raw<readonly string[]>([]);
  /** -1: none, the typed text counts. */
  activeIndex = $state(-1);
  #isWanted = $state(false);
  #typed = $state('');
  readonly isOpen = $derived(this.#isWanted && this.titles.length > 0);
  readonly activeTitle = $derived(this.isOpen ? (this.titles[this.activeIndex] ?? null) : null);
  /** What the best title adds to the typed text; empty when none begins with it. */
  readonly completion = $derived.by(() => {
    const start = this.#typed.toLowerCase();
    const title = this.titles.find((candidate) => candidate.toLowerCase().startsWith(start));
    return title?.slice(this.#typed.length) ?? '';
  });
  readonly #api: LanternfishApi;
  #askedCount = 0;

  constructor(api: LanternfishApi) {
    this.#api = api;
  }

  async typed(text: string): Promise<void> {
    this.#askedCount += 1;
    const asked = this.#askedCount;
    this.#typed = text;
    this.activeIndex = -1;
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
  }

  /** Shows the drop-down if there is anything in it. */
  open(): void {
    this.#isWanted = true;
  }

  /** Puts the drop-down away; the completion stays. */
  fold(): void {
    this.#isWanted = false;
    this.activeIndex = -1;
  }

  /** Also makes an answer still on its way come to nothing. */
  close(): void {
    this.#askedCount += 1;
    this.titles = [];
    this.fold();
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
