// The settings as both sides of the wall know them: what each may be, and which of them the window may change. Defaults and
// the file are main/app's; here is only what a value must look like. Imports nothing but valibot.
import * as v from 'valibot';

export const PACE_CHOICES = ['gentle', 'balanced', 'fast', 'custom'] as const;
export const THEMES = ['system', 'light', 'dark', 'high-contrast'] as const;
export const LANGUAGES = ['system', 'en', 'rtl-test'] as const;
export const FONT_SIZES_PERCENT = [90, 100, 115, 130, 150] as const;
export const ROW_SIZES = ['comfortable', 'compact'] as const;
/** How many names the search can keep in memory. */
export const NAMES_IN_MEMORY = [250_000, 1_000_000, 3_000_000] as const;
/** What leaves the catalogue first when it is full; starred torrents never do. */
export const FORGET_FIRST = ['dead', 'old', 'unopened'] as const;
export const TORRENT_CLIENTS = ['qbittorrent', 'transmission', 'aria2'] as const;
export const QUOTA_BYTES_MIN = 100_000_000;
export const BLOCKED_WORDS_MAX = 500;
export const BLOCKED_WORD_CHARACTERS_MAX = 60;
export const SAVED_SEARCHES_MAX = 100;
/** New matches of one saved search are counted so far. */
export const UNSEEN_MAX = 1_000_000;
/** What a custom pace may ask for: [least, most]. */
export const CUSTOM_LIMITS = {
  newAddressesPerSecond: [1, 200],
  packetsPerSecond: [4, 1000],
  newConnectionsPerSecond: [1, 30],
  connectionsMax: [4, 300],
} as const;

const SAVED_SORTS = ['relevance', 'newest', 'size', 'files', 'peers'] as const;
const MINUTES_OF_A_DAY = 24 * 60;

const wholeNumber = (least: number, most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
const text = (charactersMax: number) => v.pipe(v.string(), v.maxLength(charactersMax));
const unixSeconds = wholeNumber(1, 1e11);
const limit = (name: keyof typeof CUSTOM_LIMITS) => wholeNumber(CUSTOM_LIMITS[name][0], CUSTOM_LIMITS[name][1]);

/** Each field with what it may be. The window changes these. */
export const changeableFields = {
  // ------------------------------------------------------------ discovering
  pace: v.picklist(PACE_CHOICES),
  /** Of the pace `custom`. */
  customLimits: v.strictObject({
    newAddressesPerSecond: limit('newAddressesPerSecond'),
    packetsPerSecond: limit('packetsPerSecond'),
    newConnectionsPerSecond: limit('newConnectionsPerSecond'),
    connectionsMax: limit('connectionsMax'),
  }),
  /** 0: the system chooses, and the choice is kept. */
  port: wholeNumber(0, 65_535),
  /** The only address of this machine to speak from; null: all of them. */
  bindHost: v.nullable(v.pipe(v.string(), v.ip())),
  ipv6: v.boolean(),
  trackersOn: v.boolean(),
  /** On battery power nothing is sent. */
  pauseOnBattery: v.boolean(),
  pauseOnMetered: v.boolean(),
  /** Minutes of the local day between which nothing is sent; from after to: across midnight. */
  schedule: v.nullable(
    v.strictObject({
      fromMinute: wholeNumber(0, MINUTES_OF_A_DAY - 1),
      toMinute: wholeNumber(0, MINUTES_OF_A_DAY - 1),
    }),
  ),

  // ------------------------------------------------------------ storing
  /** Null: no limit but the disk. */
  quotaBytes: v.nullable(wholeNumber(QUOTA_BYTES_MIN, 1e15)),
  forgetFirst: v.picklist(FORGET_FIRST),
  blockedWords: v.pipe(
    v.array(v.pipe(text(BLOCKED_WORD_CHARACTERS_MAX), v.trim(), v.minLength(1))),
    v.maxLength(BLOCKED_WORDS_MAX),
  ),
  /** A file with one SHA-256 of an infohash a line; what is in it is never asked for. */
  safetyListPath: v.nullable(text(4096)),

  // ------------------------------------------------------------ searching
  /** Hides, never deletes. */
  hideAdultNames: v.boolean(),
  namesInMemory: v.picklist(NAMES_IN_MEMORY),
  savedSearches: v.pipe(
    v.array(
      v.strictObject({
        id: text(64),
        name: text(200),
        text: text(1000),
        notifies: v.boolean(),
        /** The order it is shown in; null: the usual one. */
        sort: v.optional(v.nullable(v.picklist(SAVED_SORTS)), null),
        /** Matches since it was opened last. */
        unseenCount: v.optional(wholeNumber(0, UNSEEN_MAX), 0),
        createdAtUnixSeconds: unixSeconds,
      }),
    ),
    v.maxLength(SAVED_SEARCHES_MAX),
  ),
  /** Whom torrents are handed to beside the system's own client. Its password is kept apart, main/app/client-password.ts. */
  torrentClient: v.nullable(v.strictObject({ kind: v.picklist(TORRENT_CLIENTS), url: text(500), user: text(200) })),
  mayOpenMagnets: v.boolean(),

  // ------------------------------------------------------------ appearance
  theme: v.picklist(THEMES),
  fontSizePercent: v.picklist(FONT_SIZES_PERCENT),
  /** `rtl-test`: English, drawn from right to left, to see that every surface can be. */
  language: v.picklist(LANGUAGES),
  rowSize: v.picklist(ROW_SIZES),

  // ------------------------------------------------------------ background
  autostart: v.boolean(),
  startMinimised: v.boolean(),
  /** What closing the window means; null: ask. */
  closesToTray: v.nullable(v.boolean()),
  notifications: v.boolean(),
  /** Looking for new versions. Off until agreed. */
  updates: v.boolean(),
} as const;

/** What only the app itself changes, by a call of its own or on its own account. */
export const ownFields = {
  /** When the network notice was accepted; null: nothing may be sent. */
  consentAtUnixSeconds: v.nullable(unixSeconds),
  isPaused: v.boolean(),
  pausedUntilUnixSeconds: v.nullable(unixSeconds),
  /** Where catalogue and tables were moved to; null: the system's own place. */
  dataDir: v.nullable(text(4096)),
} as const;

export type Settings = {
  [Name in keyof typeof changeableFields]: v.InferOutput<(typeof changeableFields)[Name]>;
} & { [Name in keyof typeof ownFields]: v.InferOutput<(typeof ownFields)[Name]> };
/** As they travel to the window. */
export type SettingsDto = Readonly<Settings>;
export type SettingsChange = Partial<Pick<Settings, keyof typeof changeableFields>>;

export type PaceChoice = Settings['pace'];
export type CustomLimits = Settings['customLimits'];
export type Theme = Settings['theme'];
export type Language = Settings['language'];
export type SavedSearch = Settings['savedSearches'][number];
export type TorrentClient = NonNullable<Settings['torrentClient']>;

export interface LocalAddressDto {
  readonly host: string;
  /** Of the network card. */
  readonly name: string;
}

/** What the settings surface needs to know beside the settings. */
export interface SettingsFactsDto {
  readonly defaults: SettingsDto;
  readonly localAddresses: readonly LocalAddressDto[];
  readonly dataDir: string;
  readonly canStartWithComputer: boolean;
  /** What names in memory cost, choice by choice. */
  readonly namesInMemoryChoices: readonly { readonly names: number; readonly megabytes: number }[];
}

/** One of the infohashes that are never asked for again. */
export interface BlockedInfohashDto {
  readonly id: number;
  readonly infohashHex: string;
  /** Null where it was never known. */
  readonly name: string | null;
  readonly reason: 'person' | 'list' | 'word';
  readonly blockedAtUnixSeconds: number;
}
export interface BlockedPageDto {
  readonly entries: readonly BlockedInfohashDto[];
  /** For the next page; null: these were the last. */
  readonly nextBeforeId: number | null;
  readonly totalCount: number;
}

// ---------------------------------------------------------------- calls

const nothing = v.undefined();

export const settingsInputs = {
  /** Some settings, applied at once. Everybody hears of it by the event `settings`. */
  changeSettings: v.partial(v.strictObject(changeableFields)),
  getSettingsFacts: nothing,
  /** What is blocked, newest first; `beforeId` null for the first page. */
  getBlocked: v.strictObject({ beforeId: v.nullable(v.pipe(v.number(), v.safeInteger())) }),
  setBlocked: v.strictObject({ infohashHex: v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/)), isBlocked: v.boolean() }),
  openDataDir: nothing,
  /** Asks which file (the system's dialog), then subscribes it. */
  chooseSafetyList: nothing,
  readSafetyListAgain: nothing,
  /** Every torrent; `forgetsAll` also settings, addresses of nodes and logs. Discovering is paused by it. */
  deleteEverything: v.strictObject({ keepsBlocked: v.boolean(), forgetsAll: v.boolean() }),
} as const;

export interface SettingsOutputs {
  changeSettings: null;
  getSettingsFacts: SettingsFactsDto;
  getBlocked: BlockedPageDto;
  setBlocked: null;
  openDataDir: null;
  chooseSafetyList: null;
  readSafetyListAgain: null;
  deleteEverything: null;
}
