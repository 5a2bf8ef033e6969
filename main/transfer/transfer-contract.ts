// What the transfer thread (export, import, backup, restore) hears and says. Types and limits only.
//   owner    <-> transfer   TransferCommand / TransferEvent      (owner = Electron's main thread, or a headless command)
//   transfer <-> writer     TransferToWriter / WriterToTransfer  (store-contract.ts)
import type { MessagePort } from 'node:worker_threads';
import type { ContentType, SortOrder } from '../store/store-contract.ts';

/** `csv`: for spreadsheets; `jsonl`: for programs, one JSON object a line; `magnets`: one link a line. */
export const EXPORT_FORMATS = ['csv', 'jsonl', 'magnets'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Files of one import; more are dropped by hand in several goes. */
export const IMPORT_PATHS_MAX = 10_000;
/** Skipped entries that are told one by one; all are counted. */
export const SKIPPED_TOLD_MAX = 100;

/** Torrents that one export names by infohash. */
export const SELECTED_MAX = 10_000;

export type ExportScope =
  | { readonly kind: 'all' }
  /** These torrents, 40 hexadecimal digits each, in this order; at most SELECTED_MAX. */
  | { readonly kind: 'selection'; readonly infohashesHex: readonly string[] }
  /** What a search with these words finds, in its order. */
  | {
      readonly kind: 'results';
      readonly text: string;
      readonly contentType: ContentType | null;
      readonly sort: SortOrder;
      /** As the window leaves them out. */
      readonly hidesAdult?: boolean;
    };

export interface ExportJob {
  readonly kind: 'export';
  /** Written as a whole or not at all; what is there is replaced. */
  readonly targetPath: string;
  readonly format: ExportFormat;
  readonly scope: ExportScope;
  /** File lists make up most of what is written. */
  readonly withFiles: boolean;
  /** CSV only: without it Excel reads UTF-8 as the system's old charset. */
  readonly withByteOrderMark: boolean;
}
export interface ImportJob {
  readonly kind: 'import';
  /** Files or folders; of a folder, the .torrent files that lie directly in it. */
  readonly paths: readonly string[];
}
export interface BackupJob {
  readonly kind: 'backup';
  readonly targetPath: string;
}
/** Makes a checked copy of a backup beside the catalogue, ready to take its place. */
export interface RestoreJob {
  readonly kind: 'restore';
  readonly sourcePath: string;
}
/** Copies the data folder while nobody writes it; the owner then makes the copy the one that counts. */
export interface MoveJob {
  readonly kind: 'move';
  readonly fromDir: string;
  /** Is not there, or empty; its parent is there. */
  readonly targetDir: string;
}
export type TransferJob = ExportJob | ImportJob | BackupJob | RestoreJob | MoveJob;

/** Why an entry of an import was not taken. */
export type SkipReason =
  | 'unknown-format' //      no file that can be imported
  | 'unreadable' //          the system does not let us read it
  | 'too-large' //           a .torrent file or a line beyond any sense
  | 'damaged' //             cut off, or not what it says it is
  | 'bad-torrent' //         a .torrent file whose info dictionary makes no sense
  | 'no-infohash' //         a line without one
  | 'bad-infohash'
  | 'no-name'
  | 'bad-field' //           a figure or a list that is none
  | 'two-torrents' //        its two infohashes belong to two stored torrents
  | 'blocked' //             the person blocked it
  | 'invalid' //             proved nonsense earlier
  | 'no-room'; //            the list of infohashes to fetch is full

export interface SkippedEntry {
  readonly fileName: string;
  /** From 1 on; null where the whole file was skipped. */
  readonly line: number | null;
  readonly reason: SkipReason;
}

export interface ImportCounts {
  /** Torrents that were not in the catalogue. */
  readonly newCount: number;
  /** Torrents that were there already and learned what the file knew. */
  readonly mergedCount: number;
  /** Infohashes without metadata that discovery will fetch. */
  readonly queuedCount: number;
  /** Torrents that had to make room for these. */
  readonly forgottenCount: number;
  readonly skippedCount: number;
}

export interface TransferProgress {
  readonly unit: 'torrents' | 'bytes';
  readonly done: number;
  /** Null where nobody knows yet. */
  readonly total: number | null;
  /** Only of an import. */
  readonly counts: ImportCounts | null;
}

export interface ImportSummary extends ImportCounts {
  readonly skippedByReason: Readonly<Partial<Record<SkipReason, number>>>;
  /** The first SKIPPED_TOLD_MAX of them. */
  readonly skipped: readonly SkippedEntry[];
}

/** What a catalogue file holds. */
export interface CatalogueFacts {
  readonly torrentCount: number;
  readonly newestAtUnixSeconds: number | null;
}

export type TransferResult =
  | {
      readonly kind: 'export';
      readonly targetPath: string;
      readonly writtenCount: number;
      readonly sizeBytes: number;
    }
  | ({ readonly kind: 'import' } & ImportSummary)
  | ({ readonly kind: 'backup'; readonly targetPath: string; readonly sizeBytes: number } & CatalogueFacts)
  | { readonly kind: 'move'; readonly targetDir: string; readonly sizeBytes: number }
  /** The checked copy is at `preparedPath`; the owner lets the writer swap. */
  | ({ readonly kind: 'restore'; readonly sourcePath: string; readonly preparedPath: string } & CatalogueFacts);

export type TransferCommand =
  | { readonly type: 'connect-writer'; readonly port: MessagePort }
  | { readonly type: 'start'; readonly jobId: number; readonly job: TransferJob }
  | { readonly type: 'cancel'; readonly jobId: number }
  /** After a restore job, with nobody having the catalogue open. Both are answered by `swapped`. */
  | { readonly type: 'swap' }
  | { readonly type: 'swap-back'; readonly asidePath: string }
  | { readonly type: 'stop' };

export type TransferEvent =
  | { readonly type: 'progress'; readonly jobId: number; readonly progress: TransferProgress }
  | { readonly type: 'done'; readonly jobId: number; readonly result: TransferResult }
  /** Nothing was left behind, except by an import: `summary` says what it has stored, and that stays. */
  | { readonly type: 'cancelled'; readonly jobId: number; readonly summary: ImportSummary | null }
  /** `problem` is a sentence for the person. */
  | {
      readonly type: 'failed';
      readonly jobId: number;
      readonly problem: string;
      readonly summary: ImportSummary | null;
    }
  /** `asidePath`: where the catalogue of before is; null when it is in its place. */
  | { readonly type: 'swapped'; readonly asidePath: string | null; readonly problem: string | null }
  | { readonly type: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly message: string }
  | { readonly type: 'stopped' };
