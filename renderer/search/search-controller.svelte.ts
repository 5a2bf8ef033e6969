// The search: what is asked, the rows that came back so far, which one is selected. Every keystroke asks at once and the
// latest wins; old rows stay until the answer is there. More rows come as the list scrolls: by their place where the app
// knows it (result-pages.svelte.ts), else page after page. Arrivals are only counted (the '12 new' pill): nothing moves what
// the pointer is on.
import type { ContentType, LanternfishApi, MarkedList } from '../../preload/ipc-contract.ts';
import type { ResultPageDto, ResultRowDto, SortOrder } from '../../preload/ipc-contract.ts';
import type { WindowClock } from '../shared/clock.ts';
import { Later } from '../shared/later.ts';
import { messages } from '../shared/messages.ts';
import { Announcer } from './announcer.svelte.ts';
import { askUntilRows } from './ask-until-rows.ts';
import { BusySign } from './busy-sign.svelte.ts';
import { ListCursor } from './list-cursor.svelte.ts';
import * as limits from './list-limits.ts';
import { NO_FACTS, type PageFacts, uniqueRows } from './page-facts.ts';
import { withFilter } from './query-text.ts';
import { PAGE_ROWS, ResultPages } from './result-pages.svelte.ts';
import { SearchQuestion } from './search-question.svelte.ts';

export class SearchController extends SearchQuestion {
  rows = $state.raw<readonly ResultRowDto[]>([]);
  facts = $state.raw<PageFacts>(NO_FACTS);
  /** What comes behind the rows that can be reached by their place. */
  #tail = $state.raw<readonly ResultRowDto[]>([]);
  /** The words that `rows` answer; `text` may be ahead of it. */
  answeredText = $state('');
  hasAnswer = $state(false);
  /** Some answer had rows: the catalogue is not empty. */
  hasFoundAny = $state(false);
  problem = $state<string | null>(null);
  waitingNewCount = $state(0);
  /** Counts up when the list should go back to its top. */
  scrollToTopRequests = $state(0);
  /** The pointer or the focus is in the list: no row may move there. */
  isListInUse = false;

  /** Everything that arrives is a row of this list. */
  readonly #countsArrivals = $derived(this.isBrowsingNewest && this.facts.adultHidden === null);
  readonly #reachableCount = $derived(this.facts.reachableCount > this.rows.length ? this.facts.reachableCount : 0);
  /** Rows of the list, most of them not loaded where it is long. */
  readonly length = $derived(this.#reachableCount > 0 ? this.#reachableCount + this.#tail.length : this.rows.length);
  readonly isCapped = $derived(Math.max(this.rows.length, this.#tail.length) >= limits.LOADED_ROWS_MAX);
  hasMore = $state(false);
  readonly #pages: ResultPages;
  readonly busy: BusySign;
  /** For screen readers, once the results have settled. */
  readonly announcer: Announcer;
  /** The row that keys act on, and the selection. */
  readonly cursor: ListCursor;

  readonly #api: LanternfishApi;
  #generation = 0;
  #nextCursor: string | null = null;
  /** Any cursor of the list: it tells the app what the first page saw. */
  #listCursor: string | null = null;
  #tailCursor: string | null = null;
  #lastDrawnIndex = 0;
  #isRunning = false;
  #isLoadingMore = false;
  #selectsFirstOfAnswer = false;
  readonly #askAgain: Later;
  readonly #countAgain: Later;
  /** What follows the first page of a search that is being typed. */
  readonly #askForRest: Later;
  #rowsInSight = 0;
  /** How many there were when `rows` were read. */
  #countAtAnswer = 0;

  constructor(api: LanternfishApi, clock: WindowClock) {
    super();
    this.#api = api;
    this.#askAgain = new Later(clock, () => this.#lookAgain());
    this.#countAgain = new Later(clock, () => void this.#recount());
    this.#askForRest = new Later(clock, () => void this.#loadMore());
    this.busy = new BusySign(clock);
    this.announcer = new Announcer(clock);
    this.cursor = new ListCursor(this);
    this.#pages = new ResultPages(clock, (offset, limit) => this.rowsAt(offset, limit));
  }

  /** Undefined: not loaded (yet). Null: it has left the catalogue. */
  at(index: number): ResultRowDto | null | undefined {
    if (index < this.rows.length) return this.rows[index];
    return index < this.#reachableCount ? this.#pages.at(index) : this.#tail[index - this.#reachableCount];
  }

  stop(): void {
    for (const later of [this.#askAgain, this.#countAgain, this.#askForRest]) later.cancel();
  }

  setText(text: string): void {
    if (text === this.text) return;
    this.#selectsFirstOfAnswer = false;
    this.refine(text);
    void this.run({ isTyped: true });
  }

  emptied(): void {
    this.hasFoundAny = false;
    this.clear();
    this.waitingNewCount = 0;
    void this.run();
  }

  setList(list: MarkedList | null): void {
    if (list === this.list) return;
    this.list = list;
    void this.run();
  }

  /** Torrents left the list, or came back: the app leaves out what is hidden. */
  async marksChanged(): Promise<void> {
    const { index } = this.cursor;
    await this.run({ keepsPlace: true });
    if (index >= 0 && this.cursor.index < 0) this.cursor.select(index);
  }

  /** Chosen once more, the order is turned around. */
  setSort(sort: SortOrder): void {
    this.isReversed = sort === this.sort && sort !== 'relevance' && !this.isReversed;
    this.chosenSort = sort;
    void this.run();
  }

  /** What the adult-name filter has left out of this search as well. */
  showAdult(): void {
    this.showsAdult = true;
    void this.run();
  }

  setContentType(contentType: ContentType | null): void {
    this.setText(withFilter(this.text, 'type', contentType));
  }

  /**
   * Asks anew from the first row. Resolves when this answer, or a newer one, is in place. `keepsRows`: what is new goes
   * below the rows there are, so that none of them moves. `isTyped`: a next key may come at once, so only what can be seen is
   * asked for, and the rest when the fingers rest.
   */
  async run({ keepsPlace = false, keepsRows = false, isTyped = false } = {}): Promise<void> {
    this.#askForRest.cancel();
    this.#generation += 1;
    const generation = this.#generation;
    const waitingBefore = this.waitingNewCount;
    this.#isRunning = true;
    this.busy.begin();
    const text = this.text;
    const limit = isTyped ? limits.firstRows(this.#rowsInSight) : PAGE_ROWS;
    // Nothing in memory is no answer yet: what is shown stays until the disk has been asked.
    const isLatest = (): boolean => generation === this.#generation;
    const answer = await askUntilRows(this.#api, { ...this.request(null), limit, isFast: true }, isLatest);
    if (generation !== this.#generation) return;
    this.#isRunning = false;
    this.busy.end();
    if (!answer.ok) {
      this.problem = answer.problem;
      return;
    }
    if (answer.value === null) return; // overtaken by a search of before the window was reloaded
    this.problem = null;
    this.#take(answer.value, text, keepsRows ? this.rows : []);
    this.waitingNewCount = Math.max(0, this.waitingNewCount - waitingBefore);
    if (!keepsPlace) this.scrollToTopRequests += 1;
    if (isTyped && this.hasMore) this.#askForRest.in(limits.REST_AFTER_MS);
    else if (answer.value.isPartial) await this.#loadMore();
  }

  #take(page: ResultPageDto, text: string, rowsBefore: readonly ResultRowDto[]): void {
    const { rows, nextCursor, ...facts } = page;
    this.cursor.listChanges(text !== this.answeredText);
    this.#pages.clear();
    this.#tail = [];
    this.#tailCursor = null;
    this.#listCursor = nextCursor;
    this.rows = uniqueRows(rowsBefore, rows);
    this.#takeFacts(facts);
    this.#nextCursor = nextCursor;
    this.hasMore = nextCursor !== null;
    this.answeredText = text;
    this.hasAnswer = true;
    if (rows.length > 0) this.hasFoundAny = true;
    if (this.#selectsFirstOfAnswer && this.cursor.index < 0) this.cursor.select(0);
    this.#selectsFirstOfAnswer = false;
  }

  #takeFacts(facts: PageFacts): void {
    // Where the types were not counted for this page, the figures beside them stay as they were.
    this.facts = { ...facts, countsByType: facts.countsByType ?? this.facts.countsByType };
    this.#countAtAnswer = facts.totalCount;
    // The index is still being read; while paused nothing else would ask again.
    if (facts.countsByType === null && facts.totalCount > 0 && !this.hasWords)
      this.#countAgain.in(limits.COUNT_AGAIN_EVERY_MS);
    this.announcer.sayLater(() => messages.search.count(this.facts.totalCount, this.facts.totalIsExact));
  }

  /** The list tells which rows it draws. */
  async reached(lastDrawnIndex: number, firstDrawnIndex = 0): Promise<void> {
    this.#lastDrawnIndex = lastDrawnIndex;
    this.#rowsInSight = lastDrawnIndex - firstDrawnIndex + 1;
    if (this.#reachableCount > 0 && lastDrawnIndex >= this.rows.length) {
      const first = Math.max(firstDrawnIndex, this.rows.length);
      this.#pages.need(first, Math.min(lastDrawnIndex, this.#reachableCount - 1));
    }
    if (lastDrawnIndex < this.length - limits.LOAD_AHEAD_ROWS || this.isCapped) return;
    // A page asked for while a new search is under way would overtake it.
    if (this.#reachableCount > 0) await this.#loadTail();
    else await this.#loadMore();
  }

  /** Rows by their place; null where that came to nothing. */
  async rowsAt(offset: number, limit: number): Promise<readonly (ResultRowDto | null)[] | null> {
    if (this.#isRunning || this.#listCursor === null) return null;
    const generation = this.#generation;
    const { text, sort, isReversed, contentType, showsAdult } = this.request(null);
    const place = { showsAdult, limit, cursor: this.#listCursor, offset };
    const answer = await this.#api.rowsAt({ text, sort, isReversed, contentType, ...place });
    if (generation !== this.#generation) return null;
    if (!answer.ok) this.problem = answer.problem;
    if (!answer.ok || answer.value === null) return null;
    this.problem = null;
    this.#tailCursor ??= answer.value.tailCursor;
    if (this.#lastDrawnIndex >= this.length - limits.LOAD_AHEAD_ROWS) void this.#loadTail();
    return answer.value.rows;
  }

  /** What only the disk knows, behind the rows that have places. */
  async #loadTail(): Promise<void> {
    const { totalCount, totalIsExact } = this.facts;
    if (totalIsExact && totalCount <= this.#reachableCount) return;
    if (this.#isRunning || this.#isLoadingMore || this.#tailCursor === null || this.isCapped) return;
    const page = await this.#pageAfter(this.#tailCursor);
    if (page === null) return;
    this.#tail = uniqueRows(this.#tail, page.rows).slice(0, limits.LOADED_ROWS_MAX);
    // Where there is no more, the same cursor would begin again.
    this.#tailCursor = page.nextCursor;
    if (page.nextCursor === null) this.facts = { ...this.facts, totalIsExact: true, totalCount: this.length };
  }

  /** Null when it came to nothing. */
  async #pageAfter(cursor: string): Promise<ResultPageDto | null> {
    this.#isLoadingMore = true;
    const generation = this.#generation;
    const answer = await askUntilRows(this.#api, this.request(cursor), () => generation === this.#generation);
    this.#isLoadingMore = false;
    if (generation !== this.#generation) return null;
    this.problem = answer.ok ? (answer.value === null ? this.problem : null) : answer.problem;
    return answer.ok ? answer.value : null;
  }

  /** The next page, below what is shown. After a first page out of memory it also brings the whole figures. */
  async #loadMore(): Promise<void> {
    if (this.#isRunning || this.#isLoadingMore || this.#nextCursor === null || this.#askForRest.isDue) return;
    const page = await this.#pageAfter(this.#nextCursor);
    if (page === null) return;
    const { rows, nextCursor, ...facts } = page;
    this.rows = uniqueRows(this.rows, rows).slice(0, limits.LOADED_ROWS_MAX);
    if (this.facts.isPartial && !facts.isPartial) this.#takeFacts(facts);
    this.#nextCursor = nextCursor;
    this.hasMore = this.#nextCursor !== null;
  }

  /** Brings the figures up to date and leaves the rows alone. What else is asked meanwhile goes first. */
  async #recount(): Promise<void> {
    if (this.#isRunning || this.#isLoadingMore || this.#askForRest.isDue || this.rows.length === 0) return;
    const generation = this.#generation;
    const answer = await this.#api.search({ ...this.request(null), limit: 1 });
    if (generation !== this.#generation || !answer.ok || answer.value === null) return;
    const { totalCount, totalIsExact, countsByType, reachableCount, adultHidden } = answer.value;
    // After a start the index was still being read: what it reaches now is worth a longer list.
    if (reachableCount > 2 * this.length && !this.isListInUse) return this.run({ keepsPlace: true });
    this.facts = { ...this.facts, totalCount, totalIsExact, adultHidden, ...(countsByType && { countsByType }) };
    if (countsByType === null && !this.hasWords) this.#countAgain.in(limits.COUNT_AGAIN_EVERY_MS);
    if (!this.#countsArrivals) this.waitingNewCount = Math.max(0, totalCount - this.#countAtAnswer);
  }

  /** New torrents can be found: count them, or look again where nothing on screen can move by it. */
  torrentsAdded(addedCount: number): void {
    if (this.#countsArrivals) this.waitingNewCount += addedCount;
    const isFilling = this.rows.length === 0 || (this.isBrowsingNewest && this.rows.length < limits.FILL_ROWS);
    if (isFilling) this.#askAgain.in(this.rows.length === 0 && this.text === '' ? 0 : limits.ASK_AGAIN_EVERY_MS);
    this.#countAgain.in(limits.COUNT_AGAIN_EVERY_MS);
  }

  #lookAgain(): void {
    if (this.rows.length > 0 && !this.isBrowsingNewest) return;
    void this.run({ keepsPlace: true, keepsRows: this.isListInUse });
  }

  async showNew(): Promise<void> {
    if (this.waitingNewCount > 0) await this.run();
  }

  /** Selects the first row where none is selected; of the answer still on its way, if there is one. */
  selectFirst(): void {
    if (this.#isRunning) this.#selectsFirstOfAnswer = true;
    else if (this.cursor.index < 0) this.cursor.select(0);
  }
}
