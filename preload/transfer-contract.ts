// The part of the wall that export, import, backup and restore go through: what the window may ask, and the one picture of what
// is going on that it draws. The window never names a file: dialogs are the app's, and what is dropped is named by preload.
import * as v from 'valibot';

export const TRANSFER_FORMATS = ['csv', 'jsonl', 'magnets'] as const;
export type TransferFormat = (typeof TRANSFER_FORMATS)[number];
/** Files dropped at once. */
export const DROPPED_MAX = 10_000;
/** Torrents of one selection. */
const SELECTED_MAX = 10_000;
const PATH_CHARACTERS_MAX = 4096;
const QUERY_CHARACTERS_MAX = 1000;
const CONTENT_TYPES = ['video', 'audio', 'book', 'software', 'game', 'other', 'image', 'archive'] as const;
const SORT_ORDERS = ['relevance', 'newest', 'size', 'files', 'peers'] as const;

/** What the menus offer. */
export type TransferCommandName = 'export' | 'import' | 'backup' | 'restore';

const nothing = v.undefined();

export const transferInputs = {
  /** Asks where to (the system's dialog), then begins. */
  startExport: v.strictObject({
    format: v.picklist(TRANSFER_FORMATS),
    withFiles: v.boolean(),
    /** Only these, 40 hexadecimal digits each; null: see `results`. */
    selection: v.nullable(
      v.pipe(v.array(v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/))), v.minLength(1), v.maxLength(SELECTED_MAX)),
    ),
    /** Null: everything. */
    results: v.nullable(
      v.strictObject({
        text: v.pipe(v.string(), v.maxLength(QUERY_CHARACTERS_MAX)),
        contentType: v.nullable(v.picklist(CONTENT_TYPES)),
        sort: v.picklist(SORT_ORDERS),
        showsAdult: v.boolean(),
      }),
    ),
  }),
  /** Asks which files (the system's dialog), then begins. */
  chooseImport: nothing,
  /** Preload makes the paths out of dropped files; the window cannot. */
  importDropped: v.strictObject({
    paths: v.pipe(
      v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(PATH_CHARACTERS_MAX))),
      v.minLength(1),
      v.maxLength(DROPPED_MAX),
    ),
  }),
  startBackup: nothing,
  /** Asks which file, checks it, and then waits in state `asking`. */
  chooseRestore: nothing,
  confirmRestore: v.strictObject({ isConfirmed: v.boolean() }),
  /** Restores what the last restore has put aside. */
  undoRestore: nothing,
  /** Asks for another data folder (the system's dialog) and looks at it. */
  chooseDataDir: nothing,
  /** Does what was chosen last, as a transfer. */
  moveDataDir: nothing,
  cancelTransfer: nothing,
  /** Shows what was written in its folder. */
  showTransferFile: nothing,
  /** The outcome was seen. */
  dismissTransfer: nothing,
  /** A window that was loaded anew asks what is going on. */
  getTransfer: nothing,
} as const;

/** `begun`: events tell the rest. `dismissed`: the person closed the dialog. */
export type Begun = 'begun' | 'dismissed';

/** What choosing a folder would mean. `use`: it has a catalogue already. */
export type DataDirPlanDto =
  | { readonly kind: 'move' | 'use'; readonly targetDir: string; readonly sizeBytes: number }
  | { readonly kind: 'refused'; readonly problem: string };

export interface TransferOutputs {
  startExport: Begun;
  chooseImport: Begun;
  importDropped: Begun;
  startBackup: Begun;
  chooseRestore: Begun;
  confirmRestore: null;
  undoRestore: Begun;
  chooseDataDir: DataDirPlanDto | null;
  moveDataDir: Begun;
  cancelTransfer: null;
  showTransferFile: null;
  dismissTransfer: null;
  getTransfer: TransferDto | null;
}

export type SkipReasonDto =
  | 'unknown-format'
  | 'unreadable'
  | 'too-large'
  | 'damaged'
  | 'bad-torrent'
  | 'no-infohash'
  | 'bad-infohash'
  | 'no-name'
  | 'bad-field'
  | 'two-torrents'
  | 'blocked'
  | 'invalid'
  | 'no-room';

export interface ImportCountsDto {
  readonly newCount: number;
  readonly mergedCount: number;
  readonly queuedCount: number;
  /** Torrents that had to make room for these. */
  readonly forgottenCount: number;
  readonly skippedCount: number;
}

export interface ImportSummaryDto extends ImportCountsDto {
  readonly skippedByReason: Readonly<Partial<Record<SkipReasonDto, number>>>;
  /** The first ones. `line` null: the whole file. */
  readonly skipped: readonly {
    readonly fileName: string;
    readonly line: number | null;
    readonly reason: SkipReasonDto;
  }[];
}

export interface TransferDto {
  readonly kind: 'export' | 'import' | 'backup' | 'restore' | 'move';
  /** `asking`: a backup was checked and waits for confirmRestore. */
  readonly state: 'running' | 'asking' | 'done' | 'cancelled' | 'failed';
  /** What is read or written: a file's name without its folder, or null for several. */
  readonly fileName: string | null;
  readonly progress: {
    readonly unit: 'torrents' | 'bytes';
    readonly done: number;
    readonly total: number | null;
    readonly counts: ImportCountsDto | null;
  } | null;
  /** A sentence, in state `failed`. */
  readonly problem: string | null;
  /** Of an import that ended in any way. */
  readonly summary: ImportSummaryDto | null;
  /** Torrents written, backed up or restored; bytes of the file. */
  readonly torrentCount: number | null;
  readonly sizeBytes: number | null;
  readonly newestAtUnixSeconds: number | null;
  /** After a restore: where the catalogue of before is. */
  readonly asidePath: string | null;
}

export interface TransferEvents {
  /** Null: nothing is going on, and the last outcome was seen. */
  transfer: TransferDto | null;
  /** The menu bar asks for one of them. */
  transferCommand: TransferCommandName;
}
