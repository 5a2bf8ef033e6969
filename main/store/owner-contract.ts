// What the owner of the store (Electron's main thread, or the headless command) may ask of the writer, and what it hears.
// Types and limits only; part of store-contract.ts, which has the rest.
import type { BlockedEntry, Mark } from '../catalogue/torrent.ts';

/** What can be asked of a search instead of everything. */
export const MARKED_LISTS = ['starred', 'hidden'] as const;
export type MarkedList = (typeof MARKED_LISTS)[number];

/** Part of what is asked of a search. */
export interface Hiding {
  /** True: names that adult-names.ts calls adult are left out (not of `list`, nor of what is named by its infohash). */
  readonly hidesAdult?: boolean;
}

/** What the window sees of the person's marks. */
export interface ShownMarks {
  readonly isStarred: boolean;
  /** Its details or its magnet were opened. */
  readonly wasOpened: boolean;
  /** Only where it was asked for by its infohash or in the list of the hidden ones. */
  readonly isHidden: boolean;
}

/** Torrents of one `mark`. */
export const MARKED_MAX = 10_000;
/** Entries of one `list-blocked`. */
export const BLOCKED_LISTED_MAX = 500;

/** What can go first when the limit is near. */
export const FORGET_FIRST_RULES = ['dead', 'old', 'unopened'] as const;

/** What is kept and what is not, as the person set it; applied live. */
export interface StorePolicy {
  /** A hard limit of what the catalogue takes on the disk; null: none. */
  readonly quotaBytes: number | null;
  /** What goes first when the limit is near. Starred and hidden torrents never go. */
  readonly forgetFirst: (typeof FORGET_FIRST_RULES)[number];
  /** Torrents with one of these words in their name are not stored, and those that are stored are blocked. */
  readonly blockedWords: readonly string[];
  /** A file with SHA-256 digests of infohashes (safety-list.ts); read again when it changes. */
  readonly safetyListPath: string | null;
}
export const NO_POLICY: StorePolicy = {
  quotaBytes: null,
  forgetFirst: 'dead',
  blockedWords: [],
  safetyListPath: null,
};
export const FREE_BYTES_WORDS = '500 MB';

export interface SafetyListStatus {
  readonly path: string;
  /** False: not yet, or it cannot be. */
  readonly isRead: boolean;
  readonly entryCount: number;
  readonly malformedCount: number;
  /** Entries beyond the million that is used. */
  readonly excessCount: number;
  /** A sentence where something is wrong with the list. */
  readonly problem: string | null;
}

/** Live figures; posted at most every two seconds, when something has changed. Counts of events are since the start. */
export interface StoreStatus {
  readonly usedBytes: number;
  readonly quotaBytes: number | null;
  /** Null where the system does not tell. */
  readonly freeBytes: number | null;
  readonly isSpaceLow: boolean;
  readonly isQuotaReached: boolean;
  readonly starredCount: number;
  readonly hiddenCount: number;
  /** Infohashes; a hybrid has two. */
  readonly blockedCount: number;
  readonly forgottenCount: number;
  /** Blocked torrents that came again and were not stored. */
  readonly refusedCount: number;
  /** Blocked by lists or words and dropped because there were too many. */
  readonly blockedEvictedCount: number;
  readonly safetyList: SafetyListStatus | null;
  /** A sentence while nothing more is stored for want of room. */
  readonly problem: string | null;
}

export type StoreRequest =
  /**
   * Sets a mark or takes it back (n x 20 bytes packed, at most MARKED_MAX). Answered by `marked`. What is hidden or blocked
   * leaves every search at once. An infohash may be blocked that is not stored; the other marks pass it over.
   */
  | {
      readonly type: 'mark';
      readonly requestId: number;
      readonly mark: Mark;
      readonly isOn: boolean;
      readonly infohashes: Uint8Array;
    }
  /** Every torrent, the index of names, files kept aside. Answered by `emptied`; then `ready` comes again. */
  | { readonly type: 'delete-everything'; readonly requestId: number; readonly keepsBlocked: boolean }
  /** Newest first, at most BLOCKED_LISTED_MAX; `beforeId` null: from the newest on. Answered by `blocked-list`. */
  | {
      readonly type: 'list-blocked';
      readonly requestId: number;
      readonly beforeId: number | null;
      readonly limit: number;
    };

/** Every `requestId` gets one of these, or `store-request-failed` with a sentence for the person. */
export type WriterAnswer =
  /** Those whose state is another one now, packed: to undo, take the mark back from them. */
  | { readonly type: 'marked'; readonly requestId: number; readonly changed: Uint8Array }
  | {
      readonly type: 'blocked-list';
      readonly requestId: number;
      readonly entries: readonly BlockedEntry[];
      /** Null: these were the last. */
      readonly nextBeforeId: number | null;
      /** Infohashes blocked in all; a hybrid has two. */
      readonly totalCount: number;
    }
  | { readonly type: 'emptied'; readonly requestId: number }
  | { readonly type: 'store-request-failed'; readonly requestId: number; readonly problem: string };
