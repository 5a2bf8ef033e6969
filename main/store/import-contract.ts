// What an import (transfer/) and the writer say to each other, over a MessageChannel. Types and limits only; part of store-contract.ts.
import type { Torrent, TorrentHealth } from '../catalogue/torrent.ts';

/** Torrents of one import batch: some 60 ms of writing, so that the crawler's commits come in between. */
export const IMPORT_BATCH_ROWS_MAX = 1000;

/** A torrent out of a file of the person's. Its figures are taken at their word; its names were cleaned. */
export interface ImportedTorrent extends Torrent {
  readonly timesSeen: number;
  readonly lastSeenAtUnixSeconds: number;
  readonly health: TorrentHealth | null;
  readonly isStarred: boolean;
}

export type TransferToWriter =
  /** At most IMPORT_BATCH_ROWS_MAX. Answered by `imported`. */
  | { readonly type: 'import'; readonly batchId: number; readonly torrents: readonly ImportedTorrent[] }
  /** Infohashes whose metadata is to be fetched, n x 20 bytes packed. Answered by `queued`. */
  | { readonly type: 'queue'; readonly batchId: number; readonly infohashes: Uint8Array };

/** `problem`: a sentence, and nothing of the batch was stored. Indexes into the batch tell what was not taken. */
export type WriterToTransfer =
  | {
      readonly type: 'imported';
      readonly batchId: number;
      readonly newCount: number;
      /** Torrents that had to make room, since the writer started. */
      readonly forgottenCount: number;
      readonly blocked: readonly number[];
      /** Its two infohashes belong to two stored torrents, and nobody has proved that they are one. */
      readonly twofold: readonly number[];
      readonly problem: string | null;
    }
  | {
      readonly type: 'queued';
      readonly batchId: number;
      /** In the catalogue already. */
      readonly known: readonly number[];
      readonly blocked: readonly number[];
      readonly invalid: readonly number[];
      readonly noRoom: readonly number[];
      readonly problem: string | null;
    };
