// Which torrents have these words or extensions in their paths: read from the full text on disk in small steps, kept for
// the next keystroke. With it the index in memory answers `ext:` and `path:` in any order and with exact counts.
import { firstAtLeast } from '../search/first-at-least.ts';
import type { FullText } from '../search/full-text.ts';
import { type PathRows, pathClauses } from '../search/index-query.ts';
import type { SearchQuery } from '../search/search-query.ts';

/** 4 bytes a row of the window each: 16 MB at a million rows where every row has all of them. */
const KEPT_MAX = 4;
/** Read between two pauses: some 2 ms. */
const STEP_ROWS = 10_000;

interface Kept {
  /** Rising. */
  readonly ids: Uint32Array;
  readonly lowId: number;
  /** Rows above this were not there yet. */
  readonly highId: number;
}

export class PathRowsReader {
  readonly #fullText: FullText;
  /** The latest used last. */
  readonly #kept = new Map<string, Kept>();

  constructor(fullText: FullText) {
    this.#fullText = fullText;
  }

  /** What `query` asks of paths, for ids from lowId to highId; null when `pause` answered false. */
  async read(
    query: SearchQuery,
    { lowId, highId }: { lowId: number; highId: number },
    pause: () => Promise<boolean>,
  ): Promise<PathRows | null> {
    const rows = new Map<string, Uint32Array>();
    for (const [key, clauses] of pathClauses(query)) {
      let kept = this.#kept.get(key);
      if (kept === undefined || kept.lowId > lowId || kept.highId < highId) {
        const reusable = kept !== undefined && kept.lowId <= lowId ? kept : null;
        const from = reusable === null ? lowId : reusable.highId + 1;
        const fresh = await this.#collect(this.#fullText.pathRows(clauses, from), highId, pause);
        if (fresh === null) return null;
        kept = reusable === null ? { ids: fresh, lowId, highId } : extended(reusable, fresh, { lowId, highId });
      }
      this.#keep(key, kept);
      rows.set(key, kept.ids);
    }
    return rows;
  }

  forget(): void {
    this.#kept.clear();
  }

  async #collect(
    found: IterableIterator<number>,
    highId: number,
    pause: () => Promise<boolean>,
  ): Promise<Uint32Array | null> {
    let ids = new Uint32Array(1024);
    let count = 0;
    for (const id of found) {
      if (id > highId) continue; // committed since; next time
      if (count === ids.length) {
        const grown = new Uint32Array(2 * count);
        grown.set(ids);
        ids = grown;
      }
      ids[count++] = id;
      // Leaving the loop also ends the statement.
      if (count % STEP_ROWS === 0 && !(await pause())) return null;
    }
    return ids.slice(0, count).reverse();
  }

  #keep(key: string, kept: Kept): void {
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT_MAX) break;
      this.#kept.delete(oldest);
    }
  }
}

/** `before` without what has left the window, and `fresh` behind it. */
function extended(before: Kept, fresh: Uint32Array, { lowId, highId }: { lowId: number; highId: number }): Kept {
  const stays = before.ids.subarray(firstAtLeast(before.ids, lowId));
  const ids = new Uint32Array(stays.length + fresh.length);
  ids.set(stays);
  ids.set(fresh, stays.length);
  return { ids, lowId, highId };
}
