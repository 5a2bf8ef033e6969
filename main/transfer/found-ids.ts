// The ids of what a query finds, in the order of the window, by the full-text tables on disk: the transfer thread has no index
// in memory, and takes nothing from the search thread's time.
import { fromHex } from '../base/bytes.ts';
import type { CatalogueReader, StoredRow } from '../catalogue/catalogue-reader.ts';
import { toColumnFilter } from '../search/column-filter.ts';
import { FullText } from '../search/full-text.ts';
import { nameMatches } from '../search/name-match.ts';
import { parseQuery, type SearchQuery } from '../search/search-query.ts';
import { FEW_NAMES, fileRows, ranked, RANKED_MAX } from '../store/command-search.ts';
import { rowPasses } from '../store/page-sources.ts';
import { CONTENT_TYPES, type SortOrder } from '../store/store-contract.ts';
import type { ExportScope } from './transfer-contract.ts';

const STEP_ROWS = 500;
/** Results put in order; of more, the newest so many are, and the rest follows newest first. 48 MB. */
const ORDERED_MAX = 3_000_000;

type Results = Extract<ExportScope, { kind: 'results' }>;

/** `breathe` is awaited between steps of a few milliseconds. */
export async function findIds(
  reader: CatalogueReader,
  { text, contentType, sort, hidesAdult = false }: Results,
  nowUnixSeconds: number,
  breathe: () => Promise<void>,
): Promise<Uint32Array> {
  const query = parseQuery(text);
  const typeIndex = contentType === null ? null : CONTENT_TYPES.indexOf(contentType);
  const isWanted = (row: StoredRow): boolean => typeIndex === null || row.contentType === typeIndex;
  const infohash = query.infohashHex === null ? null : fromHex(query.infohashHex);
  const id = infohash === null ? null : reader.findId(infohash.subarray(0, 20));
  if (id !== null) return Uint32Array.from(reader.rowsByIds([id]), (row) => row.id);
  const fullText = new FullText(reader.database);
  const asked = { query, filter: toColumnFilter(query.filters, nowUnixSeconds), hidesAdult };
  const found = new FoundRows(sort);
  const best: StoredRow[] = [];
  for await (const rows of candidates(reader, fullText, query, breathe)) {
    for (const row of rows) {
      if (!isWanted(row) || !nameMatches(query, row.name) || !rowPasses({ reader }, asked, row, true)) continue;
      if (sort === 'relevance' && best.length < RANKED_MAX) best.push(row);
      else found.add(row);
    }
  }
  const first = ranked(query, best).map((row) => row.id);
  const byName = [...first];
  if (found.count + first.length < FEW_NAMES) byName.push(...found.ordered());
  const byFiles = byName.length < FEW_NAMES && found.count + first.length < FEW_NAMES ? fileIds() : [];
  return joined([Uint32Array.from(first), found.ordered(), Uint32Array.from(byFiles)]);

  function fileIds(): number[] {
    const shown = reader.rowsByIds(byName);
    const rows = fileRows(reader, fullText, query, shown).filter(isWanted);
    return rows.filter((row) => rowPasses({ reader }, asked, row, false)).map((row) => row.id);
  }
}

async function* candidates(
  reader: CatalogueReader,
  fullText: FullText,
  query: SearchQuery,
  breathe: () => Promise<void>,
): AsyncGenerator<StoredRow[]> {
  const { hashPrefix } = query.filters;
  if (hashPrefix !== null) {
    yield reader.rowsByIds(reader.findIdsByPrefix(hashPrefix, STEP_ROWS));
    return;
  }
  for (let beforeId = Number.MAX_SAFE_INTEGER; ;) {
    const ids = fullText.candidateIds(query, { beforeId, limit: STEP_ROWS });
    yield reader.rowsByIds(ids);
    await breathe();
    if (ids.length < STEP_ROWS) return;
    beforeId = ids.at(-1)!;
  }
}

/** Ids in the order they came (newest first), with what they are to be ordered by. */
class FoundRows {
  readonly #sort: SortOrder;
  #ids = new Uint32Array(1024);
  #keys = new Float64Array(0);
  count = 0;

  constructor(sort: SortOrder) {
    this.#sort = sort;
    if (this.#isOrdered) this.#keys = new Float64Array(1024);
  }

  get #isOrdered(): boolean {
    return this.#sort === 'size' || this.#sort === 'files' || this.#sort === 'peers';
  }

  add(row: StoredRow): void {
    if (this.count === this.#ids.length) this.#ids = grown(this.#ids, new Uint32Array(2 * this.count));
    if (this.#isOrdered && this.count < ORDERED_MAX) {
      if (this.count === this.#keys.length) this.#keys = grown(this.#keys, new Float64Array(2 * this.count));
      const { sizeBytes, fileCount, peersSeen } = row;
      this.#keys[this.count] = this.#sort === 'size' ? sizeBytes : this.#sort === 'files' ? fileCount : peersSeen;
    }
    this.#ids[this.count++] = row.id;
  }

  ordered(): Uint32Array {
    const ids = this.#ids.subarray(0, this.count);
    if (!this.#isOrdered) return ids;
    const keys = this.#keys;
    const places = Uint32Array.from({ length: Math.min(this.count, ORDERED_MAX) }, (_, index) => index);
    places.sort((a, b) => keys[b]! - keys[a]! || a - b);
    return joined([places.map((place) => ids[place]!), ids.subarray(places.length)]);
  }
}

function grown<Numbers extends Uint32Array | Float64Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}

function joined(parts: readonly Uint32Array[]): Uint32Array {
  const whole = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
