// What travels to the window about torrents: rows of results, details, who has one. ipc-contract.ts hands it on.

export const CONTENT_TYPES = ['video', 'audio', 'book', 'software', 'game', 'other', 'image', 'archive'] as const;
export const SORT_ORDERS = ['relevance', 'newest', 'size', 'files', 'peers'] as const;
/** What a person made of torrents by hand. */
export const MARKED_LISTS = ['starred', 'hidden'] as const;
export type MarkedList = (typeof MARKED_LISTS)[number];
export type ContentType = (typeof CONTENT_TYPES)[number];
export type SortOrder = (typeof SORT_ORDERS)[number];

export interface SwarmCountDto {
  readonly seeders: number;
  readonly leechers: number;
  readonly checkedAtUnixSeconds: number;
}

/** One count, as it is found. */
export interface HealthFoundDto extends SwarmCountDto {
  readonly infohashHex: string;
  readonly source: 'dht' | 'tracker';
}

/** Who has a torrent, by each source that was asked. */
export interface HealthDto {
  readonly dht: SwarmCountDto | null;
  readonly tracker: SwarmCountDto | null;
  /** Nobody had it each time that was looked: not to be shown as alive. */
  readonly isDead: boolean;
}

/** What the person decided about a torrent. */
export interface MarksDto {
  readonly isStarred: boolean;
  readonly isHidden: boolean;
  readonly wasOpened: boolean;
}

export interface ResultRowDto extends MarksDto {
  readonly infohashHex: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly fileCount: number;
  readonly peersSeen: number;
  readonly discoveredAtUnixSeconds: number;
  readonly contentType: ContentType;
  /** Null when nobody has looked yet. */
  readonly health: HealthDto | null;
  /** [start, end) pairs of UTF-16 offsets into `name`, flat, in order. */
  readonly matches: readonly number[];
  /** The path of a file that has the words where the name has none of them. */
  readonly fileMatch: { readonly path: string; readonly matches: readonly number[] } | null;
}

export interface ResultPageDto {
  readonly rows: readonly ResultRowDto[];
  readonly nextCursor: string | null;
  readonly totalCount: number;
  readonly totalIsExact: boolean;
  /** The first so many can also be had by their place (`rowsAt`); 0: only page after page. */
  readonly reachableCount: number;
  /** True: the next page brings what only the disk knows, and the whole figures. What is shown stays where it is. */
  readonly isPartial: boolean;
  readonly countsByType: Readonly<Record<ContentType, number>> | null;
  readonly didYouMean: readonly string[];
  /** What the adult-name filter has left out of this; null where it is off. Not exact: at least so many. */
  readonly adultHidden: { readonly count: number; readonly isExact: boolean } | null;
}

export interface ResultRowsDto {
  /** Null in the place of a row that has left the catalogue since. */
  readonly rows: readonly (ResultRowDto | null)[];
  /** Goes on behind the last row that can be reached. */
  readonly tailCursor: string;
}

/** Why a torrent counts as what it does: most of its bytes are such files, a word of its name says so, or nothing does. */
export type TypeReasonDto =
  | { readonly kind: 'files'; readonly extension: string; readonly percent: number }
  | { readonly kind: 'name'; readonly word: string }
  | { readonly kind: 'nothing' };

export interface FileDto {
  readonly path: string;
  readonly sizeBytes: number;
  /** Some of `x` executable, `h` hidden, `l` a symbolic link (BEP 47). */
  readonly attributes?: string;
  /** Where a symbolic link points: text to show. */
  readonly linkTarget?: string;
}

export interface DetailsDto extends MarksDto {
  readonly infohashHex: string;
  readonly infohashV1Hex: string | null;
  readonly infohashV2Hex: string | null;
  readonly name: string;
  readonly sizeBytes: number;
  readonly fileCount: number;
  readonly files: readonly FileDto[];
  readonly peersSeen: number;
  readonly isPrivate: boolean;
  readonly discoveredAtUnixSeconds: number;
  /** How often nodes named it, or peers sent it. */
  readonly timesSeen: number;
  readonly lastSeenAtUnixSeconds: number;
  readonly contentType: ContentType;
  readonly typeReason: TypeReasonDto;
  readonly health: HealthDto | null;
  readonly magnet: string;
}
