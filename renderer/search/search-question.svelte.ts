// What is asked of the app: words, type, order, which list. Apart from the controller, which asks it and keeps the answers.
import type { ContentType, LanternfishApi, MarkedList, SortOrder } from '../../preload/ipc-contract.ts';
import { typeOf } from './query-text.ts';
import { PAGE_ROWS } from './result-pages.svelte.ts';
import { searchedWords } from './searched-words.ts';

export class SearchQuestion {
  text = $state('');
  /** Null: best match for words, newest without. */
  chosenSort = $state<SortOrder | null>(null);
  /** From the other end: the smallest, the oldest first. Best match has no other end. */
  isReversed = $state(false);
  /** Null: everything. Else what a person starred, or hid. */
  list = $state<MarkedList | null>(null);

  /** Until the words are others, what the adult-name filter hides is shown. */
  showsAdult = $state(false);

  /** A type in the text is asked apart, so that the others are counted, too. */
  readonly #asked = $derived(typeOf(this.text));
  readonly contentType: ContentType | null = $derived(this.#asked.contentType);
  readonly hasWords = $derived(searchedWords(this.text) !== '');
  readonly sort: SortOrder = $derived(this.chosenSort ?? (this.hasWords ? 'relevance' : 'newest'));
  readonly isBrowsingNewest = $derived(
    this.text.trim() === '' && this.sort === 'newest' && !this.isReversed && this.list === null,
  );

  /** Other words. An order chosen for one search is kept while it is refined, and forgotten with its words. */
  protected refine(text: string): void {
    if (text.trim() === '') {
      this.chosenSort = null;
      this.isReversed = false;
    }
    this.showsAdult = false;
    this.text = text;
  }

  /** As everything is at the start. */
  protected clear(): void {
    this.text = '';
    this.chosenSort = this.list = null;
    this.isReversed = this.showsAdult = false;
  }

  protected request(cursor: string | null): Parameters<LanternfishApi['search']>[0] {
    const { rest: text, contentType } = this.#asked;
    const { sort, isReversed, list, showsAdult } = this;
    return { text, sort, isReversed, contentType, list, showsAdult, limit: PAGE_ROWS, cursor, isFast: false };
  }
}
