// What the engine's filter is filled from: what is blocked, then the known infohashes, newest first, in messages of some 25 ms
// of reading.
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';

/** Infohashes of one warm-up message; then other messages get their turn. */
export const WARM_UP_ROWS_PER_CHUNK = 10_000;

/** What is to be asked next. */
export interface WarmUpRest {
  /** Null once all that is blocked was told. */
  readonly blockedBeforeId: number | null;
  readonly beforeId: number | null;
  readonly limit: number;
}

export interface WarmUpChunk {
  readonly infohashes: Uint8Array<ArrayBuffer>;
  /** Null when this was the last. */
  readonly rest: WarmUpRest | null;
}

export const NO_CHUNK = (): WarmUpChunk => ({ infohashes: new Uint8Array(0), rest: null });

/** Everything, when it is asked for first. */
export const wholeWarmUp = (limit: number): WarmUpRest => ({
  blockedBeforeId: Number.MAX_SAFE_INTEGER,
  beforeId: null,
  limit,
});

export function warmUpChunk({ reader, blocked }: Catalogue, asked: WarmUpRest): WarmUpChunk {
  const { blockedBeforeId, beforeId, limit } = asked;
  if (blockedBeforeId !== null && blocked.count > 0) {
    const { infohashes, lastId } = blocked.before(blockedBeforeId, WARM_UP_ROWS_PER_CHUNK);
    const isAll = infohashes.length < WARM_UP_ROWS_PER_CHUNK * IDENTIFIER_BYTES;
    return { infohashes, rest: { ...asked, blockedBeforeId: isAll ? null : lastId } };
  }
  const chunkRows = Math.max(0, Math.min(limit, WARM_UP_ROWS_PER_CHUNK));
  const { infohashes, rowCount, beforeId: next } = reader.latestInfohashes({ beforeId, limit: chunkRows });
  const left = limit - rowCount;
  return { infohashes, rest: next === 0 || left <= 0 ? null : { blockedBeforeId: null, beforeId: next, limit: left } };
}
