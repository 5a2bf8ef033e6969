// The wall between the window and the app, as one file that both sides read: every call, every event, every limit.
// Calls carry at most one object. `main/app/ipc-handlers.ts` checks each against its schema before anything looks at it;
// `preload.ts` turns the same names into functions; the renderer sees only types. Settings have a file of their own beside it.
import * as v from 'valibot';
import { CONTENT_TYPES, MARKED_LISTS, SORT_ORDERS } from './torrent-contract.ts';
import type { HealthFoundDto, ResultPageDto, ResultRowDto, ResultRowsDto, DetailsDto } from './torrent-contract.ts';
import type { CrawlDto } from './crawl-contract.ts';
import { settingsInputs, type SettingsDto, type SettingsOutputs, type TorrentClient } from './settings-contract.ts';
import { transferInputs, type TransferEvents, type TransferOutputs } from './transfer-contract.ts';

export const QUERY_CHARACTERS_MAX = 1000;
export const PAGE_ROWS_MAX = 200;
/** Torrents of one selection. */
export const SELECTED_MAX = 10_000;
/** Torrents handed to the torrent client in one call. */
export const SENT_AT_ONCE_MAX = 20;
/** Torrents that can be on screen at once. */
export const CHECKED_MAX = 200;
/** Counters reach a visible window at most this often. */
export const STATUS_EVERY_MS = 500;

const infohashHex = v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/));
const infohashesHex = (most: number) => v.pipe(v.array(infohashHex), v.minLength(1), v.maxLength(most));
const pageLimit = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(PAGE_ROWS_MAX));
const queryText = v.pipe(v.string(), v.maxLength(QUERY_CHARACTERS_MAX));

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
  /** Null: none is subscribed. */
  readonly safetyList: SafetyListDto | null;
}

export interface SafetyListDto {
  readonly path: string;
  /** False: not yet, or it cannot be; until it was read, or cannot be, nothing is asked for. */
  readonly isRead: boolean;
  readonly entryCount: number;
  readonly malformedCount: number;
  /** A sentence. */
  readonly problem: string | null;
}

/** Looking for a new version of the app, and having it. `not-here`: this build names no server to ask. */
export type UpdateDto =
  | { readonly state: 'not-here' | 'idle' | 'checking' }
  | { readonly state: 'current'; readonly checkedAtUnixSeconds: number }
  | { readonly state: 'available' | 'ready'; readonly version: string }
  | { readonly state: 'downloading'; readonly version: string; readonly percent: number }
  | { readonly state: 'failed'; readonly problem: string };

export interface ClientFactsDto {
  /** `isEncrypted` false: this system has no keychain, a file of the account's own is all that protects it. */
  readonly password: { readonly isSet: boolean; readonly isEncrypted: boolean };
  /** Where each client answers when nothing else is set. */
  readonly addresses: Readonly<Record<TorrentClient['kind'], string>>;
}

/** A torrent file is being asked for. */
export interface TorrentSaveDto {
  readonly infohashHex: string;
  readonly name: string;
  /** Who may have it, as far as they are found. */
  readonly peerCount: number;
}

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

export type {
  ContentType,
  SortOrder,
  MarkedList,
  MarksDto,
  SwarmCountDto,
  HealthFoundDto,
  HealthDto,
  ResultRowDto,
  ResultPageDto,
  ResultRowsDto,
  TypeReasonDto,
  FileDto,
  DetailsDto,
} from './torrent-contract.ts';

/** Every call resolves to one of these; it never rejects and never carries a stack. `problem` is a sentence. */
export type CallResult<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

// ---------------------------------------------------------------- calls: name -> input schema, output type

const nothing = v.undefined();

export const callInputs = {
  /** The first thing the window asks. */
  getStart: nothing,
  /** The person agreed to the network notice: from here on packets may leave. */
  acceptNotice: v.strictObject({ startWithComputer: v.boolean(), lookForUpdates: v.boolean() }),
  search: v.strictObject({
    text: queryText,
    sort: v.picklist(SORT_ORDERS),
    /** The smallest, the oldest first. */
    isReversed: v.boolean(),
    contentType: v.nullable(v.picklist(CONTENT_TYPES)),
    /** Only what is starred, or hidden; newest first. */
    list: v.nullable(v.picklist(MARKED_LISTS)),
    limit: pageLimit,
    cursor: v.nullable(v.pipe(v.string(), v.maxLength(200))),
    /** Adult names as well, whatever the setting says. */
    showsAdult: v.boolean(),
    /** True: only what is in memory, at once; see `isPartial`. */
    isFast: v.boolean(),
  }),
  /** Rows out of the middle of a list: `cursor` is any of its cursors, `offset` below its `reachableCount`. */
  rowsAt: v.strictObject({
    text: queryText,
    sort: v.picklist(SORT_ORDERS),
    isReversed: v.boolean(),
    contentType: v.nullable(v.picklist(CONTENT_TYPES)),
    showsAdult: v.boolean(),
    limit: pageLimit,
    cursor: v.pipe(v.string(), v.maxLength(200)),
    offset: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  }),
  /** Sets a mark, or takes it back; gives those whose state is another one now: the ones to undo it for. */
  setMark: v.strictObject({
    mark: v.picklist(['star', 'hide', 'block', 'open']),
    isOn: v.boolean(),
    infohashesHex: infohashesHex(SELECTED_MAX),
  }),
  suggest: v.strictObject({ text: queryText }),
  getDetails: v.strictObject({ infohashHex }),
  getVariants: v.strictObject({ infohashHex }),
  copyMagnet: v.strictObject({ infohashHex }),
  copyMagnets: v.strictObject({ infohashesHex: infohashesHex(SELECTED_MAX) }),
  copyInfohash: v.strictObject({ infohashHex }),
  /** Looks who has these now, in the place of what was asked before; `healthFound` tells. */
  checkHealth: v.strictObject({ infohashesHex: infohashesHex(CHECKED_MAX) }),
  /** `isConfirmed`: the person just agreed to hand magnets to the system's client; remembered. */
  openMagnet: v.strictObject({ infohashHex, isConfirmed: v.boolean() }),
  getClientFacts: nothing,
  /** Of the torrent client; it never comes back. Empty: forgets it. */
  setClientPassword: v.strictObject({ password: v.pipe(v.string(), v.maxLength(500)) }),
  /** Asks who answers there; gives its name and version. */
  testClient: nothing,
  /** Hands their links to the torrent client of the settings. */
  sendToClient: v.strictObject({ infohashesHex: infohashesHex(SENT_AT_ONCE_MAX) }),
  /** Ends what the torrent client is being asked now. */
  cancelClient: nothing,
  /** Asks where, then asks those who have it; `torrentSave` tells how it goes. */
  saveTorrent: v.strictObject({ infohashHex }),
  cancelSaveTorrent: nothing,
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
  /** In whatever the system reads texts with: the licences of the libraries in the program. */
  openLicences: nothing,
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
  setMark: readonly string[];
  suggest: readonly string[];
  getDetails: DetailsDto | null;
  /** Near-duplicates. */
  getVariants: readonly ResultRowDto[];
  copyMagnet: null;
  /** How many links there are. */
  copyMagnets: number;
  copyInfohash: null;
  checkHealth: null;
  /** `needs-consent`: ask the person, then call again with isConfirmed. `no-client`: nothing on this system opens magnets. */
  openMagnet: 'opened' | 'needs-consent' | 'no-client';
  getClientFacts: ClientFactsDto;
  setClientPassword: ClientFactsDto['password'];
  testClient: string;
  /** `problem`: why fewer than all were taken. */
  sendToClient: { readonly takenCount: number; readonly problem: string | null };
  cancelClient: null;
  /** `paused`: nothing may be sent, so nobody can be asked. */
  saveTorrent: { readonly outcome: 'saved' | 'cancelled' | 'paused'; readonly fileName: string | null };
  cancelSaveTorrent: null;
  setPaused: null;
  getCrawl: CrawlDto;
  pauseFor: null;
  getSystem: SystemDto;
  updateApp: UpdateDto;
  copyDiagnostics: null;
  showLogs: null;
  openLicences: null;
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
  /** A torrent file is being asked for; null: no longer. */
  torrentSave: TorrentSaveDto | null;
  /** A notification about saved searches was clicked; null: it was about several. */
  openSaved: { readonly searchId: string | null };
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
