// The search: what is asked, the rows that came back so far, which one is selected. Every keystroke asks at once and the
// latest wins; old rows stay until the answer is there. Pages follow by cursor as the list scrolls. Arrivals are only
// counted (the '12 new' pill): nothing moves what the pointer is on.
import type {
  ContentType,
  LanternfishApi,
  ResultPageDto,
  ResultRowDto,
  SortOrder,
} from '../../preload/ipc-contract.ts';
import type { Timer, WindowClock } from '../shared/clock.ts';
import { messages } from '../shared/messages.ts';

export const PAGE_ROWS = 100;
/** Beyond this a person adds a word instead of scrolling, and the list's height stays far below what Chromium can draw. */
export const LOADED_ROWS_MAX = 10_000;
/** The list asks for more when this many rows are left below the last one drawn. */
const LOAD_AHEAD_ROWS = 30;
/** Until this many rows are there, the first screen fills by itself; then arrivals wait behind the pill. */
const FILL_ROWS = 20;
/** A search without results asks again at most this often while torrents arrive. */
const ASK_AGAIN_EVERY_MS = 2000;
/** Figures (results, types) follow what arrives at most this often; the rows stay. */
const COUNT_AGAIN_EVERY_MS = 3000;
/** Answers sooner than this need no sign that something is going on. */
const BUSY_SHOWN_AFTER_MS = 300;
/** Counts are read out when the typing stops, not at each letter. */
const ANNOUNCE_AFTER_MS = 800;

type PageFacts = Omit<ResultPageDto, 'rows' | 'nextCursor'>;
const NO_FACTS: PageFacts = {
  totalCount: 0,
  totalIsExact: true,
  reachableCount: 0,
  isPartial: false,
  countsByType: null,
  didYouMean: [],
};

export class SearchController {
  text = $state('');
  /** Null: best match for words, newest without. */
  chosenSort = $state<SortOrder | null>(null);
  contentType = $state<ContentType | null>(null);
  rows = $state.raw<readonly ResultRowDto[]>([]);
  facts = $state.raw<PageFacts>(NO_FACTS);
  /** The words that `rows` answer; `text` may be ahead of it. */
  answeredText = $state('');
  hasAnswer = $state(false);
  /** Some answer had rows: the catalogue is not empty. */
  hasFoundAny = $state(false);
  problem = $state<string | null>(null);
  isBusyShown = $state(false);
  waitingNewCount = $state(0);
  /** For screen readers, once the results have settled. */
  announcement = $state('');
  selectedInfohashHex = $state<string | null>(null);
  /** Counts up when the list should go back to its top. */
  scrollToTopRequests = $state(0);
  /** The pointer or the focus is in the list: no row may move there. */
  isListInUse = false;

  readonly sort: SortOrder = $derived(this.chosenSort ?? (this.text.trim() === '' ? 'newest' : 'relevance'));
  readonly isBrowsingNewest = $derived(this.text.trim() === '' && this.sort === 'newest' && this.contentType === null);
  readonly selectedIndex = $derived(this.rows.findIndex((row) => row.infohashHex === this.selectedInfohashHex));
  readonly isCapped = $derived(this.rows.length >= LOADED_ROWS_MAX);
  hasMore = $state(false);

  readonly #api: LanternfishApi;
  readonly #clock: WindowClock;
  #generation = 0;
  #nextCursor: string | null = null;
  #isRunning = false;
  #isLoadingMore = false;
  #selectsFirstOfAnswer = false;
  #busyTimer: Timer | null = null;
  #askAgainTimer: Timer | null = null;
  #countAgainTimer: Timer | null = null;
  /** How many there were when `rows` were read. */
  #countAtAnswer = 0;
  #announceTimer: Timer | null = null;

  constructor(api: LanternfishApi, clock: WindowClock) {
    this.#api = api;
    this.#clock = clock;
  }

  setText(text: string): void {
    if (text === this.text) return;
    // An order chosen for one search is kept while it is refined, and forgotten with its words.
    if (text.trim() === '') this.chosenSort = null;
    this.#selectsFirstOfAnswer = false;
    this.text = text;
    void this.run();
  }

  setSort(sort: SortOrder): void {
    this.chosenSort = sort;
    void this.run();
  }

  setContentType(contentType: ContentType | null): void {
    if (contentType === this.contentType) return;
    this.contentType = contentType;
    void this.run();
  }

  /**
   * Asks anew from the first row. Resolves when this answer, or a newer one, is in place. `keepsRows`: what is new goes
   * below the rows there are, so that none of them moves.
   */
  async run({ keepsPlace = false, keepsRows = false } = {}): Promise<void> {
    this.#generation += 1;
    const generation = this.#generation;
    const waitingBefore = this.waitingNewCount;
    this.#isRunning = true;
    this.#showBusyLater();
    const text = this.text;
    let answer = await this.#api.search({ ...this.#request(null), isFast: true });
    // Nothing in memory is no answer yet: what is shown stays until the disk has been asked.
    if (answer.ok && answer.value?.isPartial === true && answer.value.rows.length === 0) {
      if (generation === this.#generation) answer = await this.#api.search(this.#request(answer.value.nextCursor));
    }
    if (generation !== this.#generation) return;
    this.#isRunning = false;
    this.#hideBusy();
    if (!answer.ok) {
      this.problem = answer.problem;
      return;
    }
    // Overtaken by a search of this window that we do not know of (it was reloaded): that one's rows are not ours.
    if (answer.value === null) return;
    this.problem = null;
    this.#take(answer.value, text, keepsRows ? this.rows : []);
    this.waitingNewCount = Math.max(0, this.waitingNewCount - waitingBefore);
    if (!keepsPlace) this.scrollToTopRequests += 1;
    if (answer.value.isPartial) await this.#loadMore();
  }

  #take(page: ResultPageDto, text: string, rowsBefore: readonly ResultRowDto[]): void {
    const { rows, nextCursor, ...facts } = page;
    this.rows = uniqueRows(rowsBefore, rows);
    this.#takeFacts(facts);
    this.#nextCursor = nextCursor;
    this.hasMore = nextCursor !== null;
    this.answeredText = text;
    this.hasAnswer = true;
    if (rows.length > 0) this.hasFoundAny = true;
    if (this.#selectsFirstOfAnswer && this.selectedIndex < 0) this.select(0);
    this.#selectsFirstOfAnswer = false;
  }

  #takeFacts(facts: PageFacts): void {
    // Where the types were not counted for this page, the figures beside them stay as they were.
    this.facts = { ...facts, countsByType: facts.countsByType ?? this.facts.countsByType };
    this.#countAtAnswer = facts.totalCount;
    this.#announceTimer?.cancel();
    this.#announceTimer = this.#clock.setTimer(ANNOUNCE_AFTER_MS, () => {
      this.announcement = messages.search.count(this.facts.totalCount, this.facts.totalIsExact);
    });
  }

  /** The list tells which row is the last one drawn. */
  async reached(lastDrawnIndex: number): Promise<void> {
    const isNearEnd = lastDrawnIndex >= this.rows.length - LOAD_AHEAD_ROWS;
    // A page asked for while a new search is under way would overtake it.
    if (isNearEnd && !this.isCapped) await this.#loadMore();
  }

  /** The next page, below what is shown. After a first page out of memory it also brings the whole figures. */
  async #loadMore(): Promise<void> {
    if (this.#isRunning || this.#isLoadingMore || this.#nextCursor === null) return;
    this.#isLoadingMore = true;
    const generation = this.#generation;
    const answer = await this.#api.search(this.#request(this.#nextCursor));
    this.#isLoadingMore = false;
    if (generation !== this.#generation) return;
    if (!answer.ok) this.problem = answer.problem;
    if (!answer.ok || answer.value === null) return;
    this.problem = null;
    const { rows, nextCursor, ...facts } = answer.value;
    this.rows = uniqueRows(this.rows, rows).slice(0, LOADED_ROWS_MAX);
    if (this.facts.isPartial && !facts.isPartial) this.#takeFacts(facts);
    this.#nextCursor = nextCursor;
    this.hasMore = this.#nextCursor !== null;
  }

  #request(cursor: string | null): Parameters<LanternfishApi['search']>[0] {
    const { text, sort, contentType } = this;
    return { text, sort, contentType, limit: PAGE_ROWS, cursor, isFast: false };
  }

  /** Brings the figures up to date and leaves the rows alone. What else is asked meanwhile goes first. */
  async #countAgain(): Promise<void> {
    this.#countAgainTimer = null;
    if (this.#isRunning || this.#isLoadingMore || this.rows.length === 0) return;
    const generation = this.#generation;
    const answer = await this.#api.search({ ...this.#request(null), limit: 1 });
    if (generation !== this.#generation || !answer.ok || answer.value === null) return;
    const { totalCount, totalIsExact, countsByType } = answer.value;
    this.facts = { ...this.facts, totalCount, totalIsExact, countsByType: countsByType ?? this.facts.countsByType };
    if (!this.isBrowsingNewest) this.waitingNewCount = Math.max(0, totalCount - this.#countAtAnswer);
  }

  /** New torrents can be found: count them, or look again where nothing on screen can move by it. */
  torrentsAdded(addedCount: number): void {
    if (this.isBrowsingNewest) this.waitingNewCount += addedCount;
    const isFilling = this.isBrowsingNewest && this.rows.length < FILL_ROWS;
    if (isFilling || this.rows.length === 0) this.#askAgainSoon();
    if (!this.#countAgainTimer)
      this.#countAgainTimer = this.#clock.setTimer(COUNT_AGAIN_EVERY_MS, () => void this.#countAgain());
  }

  #askAgainSoon(): void {
    if (this.#askAgainTimer) return;
    const delayMs = this.rows.length === 0 && this.text === '' ? 0 : ASK_AGAIN_EVERY_MS;
    this.#askAgainTimer = this.#clock.setTimer(delayMs, () => {
      this.#askAgainTimer = null;
      if (this.rows.length > 0 && !this.isBrowsingNewest) return;
      void this.run({ keepsPlace: true, keepsRows: this.isListInUse });
    });
  }

  /** The pill, or Home. */
  async showNew(): Promise<void> {
    if (this.waitingNewCount > 0) await this.run();
  }

  /** Selects the first row where none is selected; of the answer still on its way, if there is one. */
  selectFirst(): void {
    if (this.#isRunning) this.#selectsFirstOfAnswer = true;
    else if (this.selectedIndex < 0) this.select(0);
  }

  select(index: number): ResultRowDto | null {
    const row = this.rows[Math.min(Math.max(index, 0), this.rows.length - 1)] ?? null;
    this.selectedInfohashHex = row?.infohashHex ?? null;
    return row;
  }

  #showBusyLater(): void {
    if (this.#busyTimer) return;
    this.#busyTimer = this.#clock.setTimer(BUSY_SHOWN_AFTER_MS, () => {
      this.isBusyShown = true;
    });
  }

  #hideBusy(): void {
    this.#busyTimer?.cancel();
    this.#busyTimer = null;
    this.isBusyShown = false;
  }
}

/** Pages may overlap when rows arrive between them; the list is keyed by infohash and must hold each once. */
function uniqueRows(before: readonly ResultRowDto[], added: readonly ResultRowDto[]): readonly ResultRowDto[] {
  const seen = new Set(before.map((row) => row.infohashHex));
  const fresh = added.filter((row) => {
    const isNew = !seen.has(row.infohashHex);
    seen.add(row.infohashHex);
    return isNew;
  });
  return [...before, ...fresh];
}
