// Saved searches as the owner and the search thread speak of them; store-contract.ts has the messages. Types and limits only.

/** The most saved searches that are watched; the person cannot save more. */
export const WATCHED_MAX = 100;

/** A saved search that new torrents are held against. */
export interface WatchedSearch {
  readonly id: string;
  readonly text: string;
  /** Without adult names, as the window shows what it finds. */
  readonly hidesAdult: boolean;
}

/** New torrents that match a saved search. */
export interface SavedMatch {
  readonly id: string;
  readonly count: number;
  /** Of some, the newest first. */
  readonly names: readonly string[];
}
