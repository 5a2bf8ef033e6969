// The known infohashes for the engine's filter, newest first, in messages of some 25 ms of reading.
import type { CatalogueReader } from '../catalogue/catalogue-reader.ts';

/** Infohashes of one warm-up message; then other messages get their turn. */
export const WARM_UP_ROWS_PER_CHUNK = 10_000;

export interface WarmUpChunk {
  readonly infohashes: Uint8Array<ArrayBuffer>;
  /** What is to be asked next, or null when this was the last. */
  readonly rest: { readonly beforeId: number; readonly limit: number } | null;
}

export const NO_CHUNK = (): WarmUpChunk => ({ infohashes: new Uint8Array(0), rest: null });

export function warmUpChunk(reader: CatalogueReader, beforeId: number | null, limit: number): WarmUpChunk {
  const chunkRows = Math.max(0, Math.min(limit, WARM_UP_ROWS_PER_CHUNK));
  const { infohashes, rowCount, beforeId: next } = reader.latestInfohashes({ beforeId, limit: chunkRows });
  const left = limit - rowCount;
  return { infohashes, rest: next === 0 || left <= 0 ? null : { beforeId: next, limit: left } };
}
