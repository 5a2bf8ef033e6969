// Questions to the search thread as promises: numbered, bounded, answered or refused, never left hanging.
import type { SavedMatch, WatchedSearch } from '../store/saved-contract.ts';
import { LINKS_MAX } from '../store/store-contract.ts';
import type {
  LinkFacts,
  ResultPage,
  ResultRow,
  ResultRows,
  RowsRequest,
  SearchCommand,
  SearchEvent,
  SearchRequest,
  TorrentDetails,
} from '../store/store-contract.ts';

/** More open questions than one window can sensibly have. */
const OPEN_QUESTIONS_MAX = 256;

interface Question {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A failure with a sentence that may be shown as it is. */
export class SearchProblem extends Error {
  override readonly name = 'SearchProblem';
}

export class SearchClient {
  readonly #post: (command: SearchCommand) => boolean;
  readonly #open = new Map<number, Question>();
  #nextRequestId = 1;
  #watched: readonly WatchedSearch[] = [];
  #hasWatched = false;
  #lookedUntilId: number | null = null;
  /** Set when the search thread fell; null: what is in the catalogue is nothing new. */
  #resumeAfterId: number | null = null;

  /** New torrents match searches that are watched. */
  onSavedMatches: (matches: readonly SavedMatch[]) => void = () => undefined;

  /** `post` answers false when there is no search thread to hand the command to. */
  constructor(post: (command: SearchCommand) => boolean) {
    this.#post = post;
  }

  /** A page of results; null when a newer search of the same `box` overtook it. Rejects with SearchProblem. */
  search(box: string, request: SearchRequest): Promise<ResultPage | null> {
    return this.#ask((requestId) => ({ type: 'search', requestId, box, request }));
  }

  /** Rows out of the middle of a list; null when a newer search of the same `box` overtook it. */
  rowsAt(box: string, request: RowsRequest): Promise<ResultRows | null> {
    return this.#ask((requestId) => ({ type: 'rows-at', requestId, box, request }));
  }

  /** `hidesAdult` here and below: see SearchRequest. */
  suggest(text: string, hidesAdult = false): Promise<readonly string[]> {
    return this.#ask((requestId) => ({ type: 'suggest', requestId, text, hidesAdult }));
  }

  /** Null when the catalogue has no such torrent. */
  details(infohashHex: string): Promise<TorrentDetails | null> {
    return this.#ask((requestId) => ({ type: 'details', requestId, infohashHex }));
  }

  /** Near-duplicates of a torrent. */
  variants(infohashHex: string, hidesAdult = false): Promise<readonly ResultRow[]> {
    return this.#ask((requestId) => ({ type: 'variants', requestId, infohashHex, hidesAdult }));
  }

  /** What the magnet links of these torrents are made of, in their order; torrents that are gone are left out. */
  async links(infohashesHex: readonly string[]): Promise<readonly LinkFacts[]> {
    const found: LinkFacts[] = [];
    for (let from = 0; from < infohashesHex.length; from += LINKS_MAX) {
      const portion = infohashesHex.slice(from, from + LINKS_MAX);
      found.push(
        ...(await this.#ask<readonly LinkFacts[]>((requestId) => ({
          type: 'links',
          requestId,
          infohashesHex: portion,
        }))),
      );
    }
    return found;
  }

  /** Holds new torrents against these from now on, instead of others; onSavedMatches tells. At most WATCHED_MAX. */
  watch(searches: readonly WatchedSearch[]): void {
    this.#watched = searches;
    this.watchAgain();
  }

  /** The search thread is a new one. Where the one before fell, rows are new that it had not looked at. */
  watchAgain(): void {
    if (this.#watched.length === 0 && !this.#hasWatched) return;
    this.#hasWatched = true;
    const sent = this.#post({ type: 'watch', searches: this.#watched, afterId: this.#resumeAfterId });
    if (sent) this.#resumeAfterId = null;
  }

  /** Hands in an event of the search thread; true when it was an answer. */
  receive(event: SearchEvent): boolean {
    if (event.type === 'saved-looked') {
      this.#lookedUntilId = event.untilId;
      if (event.matches.length > 0) this.onSavedMatches(event.matches);
      return true;
    }
    if (!('requestId' in event)) return false;
    const question = this.#open.get(event.requestId);
    this.#open.delete(event.requestId);
    if (!question) return true;
    switch (event.type) {
      case 'page':
        question.resolve(event.page);
        break;
      case 'rows':
        question.resolve(event.rows);
        break;
      case 'variants':
        question.resolve(event.rows);
        break;
      case 'superseded':
        question.resolve(null);
        break;
      case 'suggestions':
        question.resolve(event.titles);
        break;
      case 'details':
        question.resolve(event.details);
        break;
      case 'links':
        question.resolve(event.links);
        break;
      case 'request-failed':
        question.reject(new SearchProblem(event.problem));
        break;
    }
    return true;
  }

  /** The search thread fell: everybody who waits hears `sentence`. */
  failAll(sentence: string): void {
    for (const question of this.#open.values()) question.reject(new SearchProblem(sentence));
    this.#open.clear();
    this.#resumeAfterId = this.#lookedUntilId;
  }

  #ask<Answer>(command: (requestId: number) => SearchCommand): Promise<Answer> {
    if (this.#open.size >= OPEN_QUESTIONS_MAX)
      return Promise.reject(new SearchProblem('The search is busy. Try again.'));
    const requestId = this.#nextRequestId++;
    return new Promise<Answer>((resolve, reject) => {
      this.#open.set(requestId, { resolve: resolve as (value: unknown) => void, reject });
      if (this.#post(command(requestId))) return;
      this.#open.delete(requestId);
      reject(new SearchProblem('The search is not running at the moment. Try again.'));
    });
  }
}
