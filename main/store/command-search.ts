// A search without an index in memory, for the command line: the full-text tables, newest first, the newest thousand ranked
// by their names. The same queries and the same matches as in the window.
import { fromHex } from '../base/bytes.ts';
import type { CatalogueReader, StoredRow } from '../catalogue/catalogue-reader.ts';
import { findByFiles } from '../search/file-search.ts';
import { FullText } from '../search/full-text.ts';
import { nameMatches } from '../search/name-match.ts';
import { nameScore, staticScore } from '../search/ranking.ts';
import { isEmptyQuery, parseQuery, requiredWords, type SearchQuery } from '../search/search-query.ts';

/** Matches that are ranked; older ones follow, newest first. */
const RANKED_MAX = 1000;
/** With fewer matches by name than this, file paths are searched as well (as in the window: result-counts.ts). */
const FEW_NAMES = 200;
const STEP_ROWS = 1000;

/** True when there is something to search for in `text`. */
export function asksForSomething(text: string): boolean {
  return !isEmptyQuery(parseQuery(text));
}

/** At most `limit` rows, best first. */
export function searchCatalogue(reader: CatalogueReader, text: string, limit: number): StoredRow[] {
  const query = parseQuery(text);
  const infohash = query.infohashHex === null ? null : fromHex(query.infohashHex);
  const id = infohash === null ? null : reader.findId(infohash.subarray(0, 20));
  if (id !== null) return reader.rowsByIds([id]);
  const fullText = new FullText(reader.database);
  const byName = nameRows(reader, fullText, query, Math.max(limit, RANKED_MAX));
  const rows = [...ranked(query, byName.slice(0, RANKED_MAX)), ...byName.slice(RANKED_MAX)];
  if (rows.length < Math.min(limit, FEW_NAMES)) rows.push(...fileRows(reader, fullText, query, rows));
  return rows.slice(0, limit);
}

/** At most `most` rows whose names match, newest first. */
function nameRows(reader: CatalogueReader, fullText: FullText, query: SearchQuery, most: number): StoredRow[] {
  const found: StoredRow[] = [];
  for (let beforeId = Number.MAX_SAFE_INTEGER; found.length < most;) {
    const ids = fullText.nameIds(query, { beforeId, limit: STEP_ROWS });
    for (const row of reader.rowsByIds(ids)) {
      if (found.length < most && nameMatches(query, row.name)) found.push(row);
    }
    if (ids.length < STEP_ROWS) break;
    beforeId = ids.at(-1)!;
  }
  return found;
}

function ranked(query: SearchQuery, rows: readonly StoredRow[]): StoredRow[] {
  const asked = requiredWords(query);
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

function fileRows(
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
