// A search without an index in memory, for the command line: the full-text tables, newest first, the newest thousand ranked
// by their names. The same queries and the same matches as in the window.
import { fromHex } from '../base/bytes.ts';
import type { CatalogueReader, StoredRow } from '../catalogue/catalogue-reader.ts';
import { type ColumnFilter, toColumnFilter } from '../search/column-filter.ts';
import { findByFiles } from '../search/file-search.ts';
import { FullText } from '../search/full-text.ts';
import { nameMatches } from '../search/name-match.ts';
import { nameScore, staticScore } from '../search/ranking.ts';
import { isEmptyQuery, parseQuery, type SearchQuery, wantedPhrases } from '../search/search-query.ts';
import { rowPasses } from './page-sources.ts';

/** Matches that are ranked; older ones follow, newest first. */
export const RANKED_MAX = 1000;
/** With fewer matches by name than this, file paths are searched as well (as in the window: result-counts.ts). */
export const FEW_NAMES = 200;
const STEP_ROWS = 1000;

/** True when there is something to search for in `text`. */
export function asksForSomething(text: string): boolean {
  return !isEmptyQuery(parseQuery(text));
}

interface Sources {
  readonly reader: CatalogueReader;
  readonly fullText: FullText;
  readonly filter: ColumnFilter | null;
}

/** At most `limit` rows, best first. */
export function searchCatalogue(
  reader: CatalogueReader,
  { text, limit, nowUnixSeconds }: { text: string; limit: number; nowUnixSeconds: number },
): StoredRow[] {
  const query = parseQuery(text);
  const infohash = query.infohashHex === null ? null : fromHex(query.infohashHex);
  const id = infohash === null ? null : reader.findId(infohash.subarray(0, 20));
  if (id !== null) return reader.rowsByIds([id]);
  const fullText = new FullText(reader.database);
  const filter = toColumnFilter(query.filters, nowUnixSeconds);
  if (query.filters.hashPrefix !== null) {
    const rows = reader.rowsByIds(reader.findIdsByPrefix(query.filters.hashPrefix, limit));
    return rows.filter((row) => nameMatches(query, row.name) && rowPasses({ reader }, { query, filter }, row, true));
  }
  const byName = nameRows({ reader, fullText, filter }, query, Math.max(limit, RANKED_MAX));
  const rows = [...ranked(query, byName.slice(0, RANKED_MAX)), ...byName.slice(RANKED_MAX)];
  if (rows.length < Math.min(limit, FEW_NAMES)) {
    const byFiles = fileRows(reader, fullText, query, rows);
    rows.push(...byFiles.filter((row) => rowPasses({ reader }, { query, filter }, row, false)));
  }
  return rows.slice(0, limit);
}

/** At most `most` rows whose names match, newest first. */
function nameRows({ reader, fullText, filter }: Sources, query: SearchQuery, most: number): StoredRow[] {
  const found: StoredRow[] = [];
  const asked = { query, filter };
  for (let beforeId = Number.MAX_SAFE_INTEGER; found.length < most;) {
    const ids = fullText.candidateIds(query, { beforeId, limit: STEP_ROWS });
    for (const row of reader.rowsByIds(ids)) {
      if (found.length < most && nameMatches(query, row.name) && rowPasses({ reader }, asked, row, true))
        found.push(row);
    }
    if (ids.length < STEP_ROWS) break;
    beforeId = ids.at(-1)!;
  }
  return found;
}

export function ranked(query: SearchQuery, rows: readonly StoredRow[]): StoredRow[] {
  const asked = wantedPhrases(query).flat();
  if (asked.length === 0) return [...rows];
  const lowId = rows.at(-1)?.id ?? 0;
  const span = Math.max(1, (rows[0]?.id ?? 0) - lowId);
  return rows
    .map((row) => ({
      row,
      score: staticScore(row.peersSeen, (row.id - lowId) / span) + nameScore(asked, row.name),
    }))
    .sort((a, b) => b.score - a.score || b.row.id - a.row.id)
    .map(({ row }) => row);
}

export function fileRows(
  reader: CatalogueReader,
  fullText: FullText,
  query: SearchQuery,
  shown: readonly StoredRow[],
): StoredRow[] {
  const rows = {
    nameOf: (id: number): string | null => fullText.nameOf(id),
    pathsOf: (id: number): readonly string[] => reader.detailsById(id)?.files.map((file) => file.path) ?? [],
  };
  const nameIds = new Set(shown.map((row) => row.id));
  return reader.rowsByIds(findByFiles(fullText, rows, { query, nameIds, highId: reader.newestId() }));
}
