// Rows from anywhere in a long list, for a scroll bar that is dragged: the order of all results is made once, kept as ids
// while the same list is read, and pages are cut out of it. Only of what the index in memory answers alone.
import type { StoredRow } from '../catalogue/catalogue-reader.ts';
import { needsName } from '../search/name-match.ts';
import type { SearchQuery } from '../search/search-query.ts';
import type { Asked, PageSources } from './page-sources.ts';
import type { ResultCursor } from './result-cursor.ts';
import type { ContentType, SortOrder } from './store-contract.ts';

export interface OrderRequest extends Asked {
  /** What tells this list from others. */
  readonly key: string;
  readonly sort: SortOrder;
  readonly isReversed: boolean;
  readonly contentType: ContentType | null;
  readonly cursor: ResultCursor;
}

/** True where the index decides alone which rows match, so that the n-th row is known without the others. */
export function hasRandomAccess(query: SearchQuery): boolean {
  return !needsName(query) && query.filters.hashPrefix === null;
}

export class RowsAt {
  readonly #sources: Pick<PageSources, 'reader' | 'index'>;
  /** Four bytes a row, of one list. */
  #kept: { readonly key: string; readonly ids: Uint32Array } | null = null;

  constructor(sources: Pick<PageSources, 'reader' | 'index'>) {
    this.#sources = sources;
  }

  /** Another list is read now. */
  forget(): void {
    this.#kept = null;
  }

  /**
   * The rows from `offset` on, at most `limit`; null in the place of one that has left the catalogue. Null altogether when
   * `pause` answered false.
   */
  async read(
    request: OrderRequest,
    { offset, limit }: { offset: number; limit: number },
    pause: () => Promise<boolean>,
  ): Promise<(StoredRow | null)[] | null> {
    const ids = await this.#idsOf(request, pause);
    if (ids === null) return null;
    const wanted = [...ids.subarray(offset, offset + limit)];
    const rows = new Map(this.#sources.reader.rowsByIds(wanted).map((row) => [row.id, row]));
    return wanted.map((id) => rows.get(id) ?? null);
  }

  async #idsOf(request: OrderRequest, pause: () => Promise<boolean>): Promise<Uint32Array | null> {
    const { lowId, highId } = request.cursor;
    const key = `${request.key}_${lowId}_${highId}`;
    if (this.#kept?.key === key) return this.#kept.ids;
    const { sort, isReversed, contentType, indexQuery } = request;
    const job = this.#sources.index.idsInOrder({ query: indexQuery, sort, isReversed, contentType, lowId, highId });
    for (let step = job.next(); ; step = job.next()) {
      if (step.done === true) {
        this.#kept = { key, ids: step.value };
        return step.value;
      }
      if (!(await pause())) return null;
    }
  }
}
