// The wall between the window and the app, as one file that both sides read: every call, every event, every limit.
// Calls carry at most one object. `main/app/ipc-handlers.ts` checks each against its schema before anything looks at it;
// `preload.ts` turns the same names into functions; the renderer sees only types. Settings have a file of their own beside it.
import * as v from 'valibot';
import type { CrawlDto } from './crawl-contract.ts';
import { settingsInputs, type SettingsDto, type SettingsOutputs } from './settings-contract.ts';
import { transferInputs, type TransferEvents, type TransferOutputs } from './transfer-contract.ts';

export const QUERY_CHARACTERS_MAX = 1000;
export const PAGE_ROWS_MAX = 200;
/** Torrents of one selection. */
export const SELECTED_MAX = 10_000;
/** Torrents that can be on screen at once. */
export const CHECKED_MAX = 200;
/** Counters reach a visible window at most this often. */
export const STATUS_EVERY_MS = 500;

const infohashHex = v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/));
const infohashesHex = (most: number) => v.pipe(v.array(infohashHex), v.minLength(1), v.maxLength(most));
const pageLimit = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(PAGE_ROWS_MAX));
const queryText = v.pipe(v.string(), v.maxLength(QUERY_CHARACTERS_MAX));

export const CONTENT_TYPES = ['video', 'audio', 'book', 'software', 'game', 'other', 'image', 'archive'] as const;
export const SORT_ORDERS = ['relevance', 'newest', 'size', 'files', 'peers'] as const;
export type ContentType = (typeof CONTENT_TYPES)[number];
export type SortOrder = (typeof SORT_ORDERS)[number];

// ---------------------------------------------------------------- what travels to the window

export type CrawlState =
  'awaiting-consent' | 'starting' | 'joining' | 'running' | 'no-reply' | 'paused' | 'stopped' | 'failed';

/** Why nothing is sent while the state is `paused`; main/app/pause-keeper.ts. */
export type PauseReason = 'person' | 'for-a-while' | 'schedule' | 'battery' | 'metered' | 'asleep';

export interface StatusDto {
  readonly state: CrawlState;
  readonly problem: string | null;
  /** A sentence about something that was mended: a damaged file was put aside. Stays until the app ends. */
  readonly notice: string | null;
  readonly pace: string;
  readonly nodes: number;
  readonly packetsOut: number;
  readonly packetsIn: number;
  readonly samplesAsked: number;
  readonly infohashesSeen: number;
  readonly infohashesNew: number;
  readonly metadataTried: number;
  readonly metadataFetched: number;
  readonly sampledPerMinute: number;
  readonly newPerMinute: number;
  readonly torrentCount: number;
  readonly databaseBytes: number;
  readonly localAddressesAllowed: boolean;
  /** Why nothing is sent, what says most first; empty unless paused. */
  readonly pauseReasons: readonly PauseReason[];
  /** When a pause for a while ends. */
  readonly pausedUntilUnixSeconds: number | null;
}

/** Looking for a new version of the app, and having it. `not-here`: this build names no server to ask. */
export type UpdateDto =
  | { readonly state: 'not-here' | 'idle' | 'checking' }
  | { readonly state: 'current'; readonly checkedAtUnixSeconds: number }
  | { readonly state: 'available' | 'ready'; readonly version: string }
  | { readonly state: 'downloading'; readonly version: string; readonly percent: number }
  | { readonly state: 'failed'; readonly problem: string };

/** What this system can do. */
export interface SystemDto {
  readonly hasTray: boolean;
  /** False: nobody here says whether a network is metered, so pausing for that is not available. */
  readonly knowsMetered: boolean;
  readonly update: UpdateDto;
}

export interface StartDto {
  readonly status: StatusDto;
  readonly settings: SettingsDto;
  readonly appVersion: string;
  /** Says which runtime and that it is the test runtime, where it is; else null. */
  readonly runtimeNotice: string | null;
  /** False: this build cannot register itself to start with the computer, so the switch is not shown. */
  readonly canStartWithComputer: boolean;
  readonly update: UpdateDto;
}

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

export interface ResultRowDto {
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

export interface DetailsDto {
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
  readonly contentType: ContentType;
  readonly typeReason: TypeReasonDto;
  readonly health: HealthDto | null;
  readonly magnet: string;
}

/** Every call resolves to one of these; it never rejects and never carries a stack. `problem` is a sentence. */
export type CallResult<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

// ---------------------------------------------------------------- calls: name -> input schema, output type

const nothing = v.undefined();

export const callInputs = {
  /** The first thing the window asks. */
  getStart: nothing,
  /** The person agreed to the network notice: from here on packets may leave. */
  acceptNotice: v.strictObject({ startWithComputer: v.boolean() }),
  search: v.strictObject({
    text: queryText,
    sort: v.picklist(SORT_ORDERS),
    contentType: v.nullable(v.picklist(CONTENT_TYPES)),
    limit: pageLimit,
    cursor: v.nullable(v.pipe(v.string(), v.maxLength(200))),
    /** True: only what is in memory, at once; see `isPartial`. */
    isFast: v.boolean(),
  }),
  /** Rows out of the middle of a list: `cursor` is any of its cursors, `offset` below its `reachableCount`. */
  rowsAt: v.strictObject({
    text: queryText,
    sort: v.picklist(SORT_ORDERS),
    contentType: v.nullable(v.picklist(CONTENT_TYPES)),
    limit: pageLimit,
    cursor: v.pipe(v.string(), v.maxLength(200)),
    offset: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  }),
  suggest: v.strictObject({ text: queryText }),
  getDetails: v.strictObject({ infohashHex }),
  copyMagnet: v.strictObject({ infohashHex }),
  copyMagnets: v.strictObject({ infohashesHex: infohashesHex(SELECTED_MAX) }),
  copyInfohash: v.strictObject({ infohashHex }),
  /** Looks who has these now, in the place of what was asked before; `healthFound` tells. */
  checkHealth: v.strictObject({ infohashesHex: infohashesHex(CHECKED_MAX) }),
  /** `isConfirmed`: the person just agreed to hand magnets to the system's client; remembered. */
  openMagnet: v.strictObject({ infohashHex, isConfirmed: v.boolean() }),
  setPaused: v.strictObject({ isPaused: v.boolean() }),
  getCrawl: nothing,
  /** Pauses, and resumes by itself. */
  pauseFor: v.strictObject({ minutes: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(24 * 60)) }),
  getSystem: nothing,
  /** `check` may be asked at any time; each further step only after the one before, else it does nothing. */
  updateApp: v.strictObject({ step: v.picklist(['check', 'download', 'install']) }),
  /** Versions, state, counters and the end of the log to the clipboard: no address, no query, no name. */
  copyDiagnostics: nothing,
  /** Opens the folder of the log. */
  showLogs: nothing,
  quit: nothing,
  ...settingsInputs,
  ...transferInputs,
} as const;

export type CallName = keyof typeof callInputs;
export type CallInput<Name extends CallName> = v.InferOutput<(typeof callInputs)[Name]>;

export interface CallOutputs extends SettingsOutputs, TransferOutputs {
  getStart: StartDto;
  acceptNotice: null;
  /** Null: a newer search of this window overtook it. */
  search: ResultPageDto | null;
  /** Null: a newer search of this window overtook it. */
  rowsAt: ResultRowsDto | null;
  suggest: readonly string[];
  getDetails: DetailsDto | null;
  copyMagnet: null;
  /** How many links there are. */
  copyMagnets: number;
  copyInfohash: null;
  checkHealth: null;
  /** `needs-consent`: ask the person, then call again with isConfirmed. `no-client`: nothing on this system opens magnets. */
  openMagnet: 'opened' | 'needs-consent' | 'no-client';
  setPaused: null;
  getCrawl: CrawlDto;
  pauseFor: null;
  getSystem: SystemDto;
  updateApp: UpdateDto;
  copyDiagnostics: null;
  showLogs: null;
  quit: null;
}

// ---------------------------------------------------------------- events: main -> window

export interface Events extends TransferEvents {
  status: StatusDto;
  /** All of them, after some have changed. */
  settings: SettingsDto;
  /** Torrents were committed and can be found now. */
  torrentsAdded: { readonly addedCount: number; readonly torrentCount: number };
  healthFound: readonly HealthFoundDto[];
  /** A second launch, or the menu, asks for the search box. */
  focusSearch: null;
  /** The tray asks for the settings surface. */
  openSettings: null;
  update: UpdateDto;
}
export type EventName = keyof Events;

/** What preload puts on `window.lanternfish`. */
export type LanternfishApi = {
  readonly [Name in Exclude<CallName, 'importDropped'>]: CallInput<Name> extends undefined
    ? () => Promise<CallResult<CallOutputs[Name]>>
    : (input: CallInput<Name>) => Promise<CallResult<CallOutputs[Name]>>;
} & {
  /** Files as the browser hands them over; preload asks the system for their paths, which the window never sees. */
  readonly importDropped: (files: readonly File[]) => Promise<CallResult<CallOutputs['importDropped']>>;
  /** Calls `receive` for each event until the returned function is called. */
  readonly on: <Name extends EventName>(name: Name, receive: (payload: Events[Name]) => void) => () => void;
};

/** IPC channel of a call or an event. One prefix, so that a listener on anything else stands out. */
export const callChannel = (name: CallName): string => `lanternfish:call:${name}`;
export const eventChannel = (name: EventName): string => `lanternfish:event:${name}`;
