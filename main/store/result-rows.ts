// Stored rows as the window sees them: with their health, their marks and where the words of the search are.
import { toHex } from '../base/bytes.ts';
import type { CatalogueReader, StoredRow } from '../catalogue/catalogue-reader.ts';
import { healthOfRows } from '../catalogue/health-table.ts';
import { matchRanges } from '../search/name-match.ts';
import type { SearchQuery } from '../search/search-query.ts';
import { contentTypeNamed } from './catalogue-row.ts';
import { FILE_MATCHES_SHOWN, findFileMatch } from './file-match.ts';
import { shownMarks } from './marked-page.ts';
import type { ResultRow } from './store-contract.ts';

export function toResultRows(reader: CatalogueReader, rows: readonly StoredRow[], query: SearchQuery): ResultRow[] {
  const health = healthOfRows(
    reader.health,
    rows.map(({ id }) => id),
  );
  let lookedInto = 0;
  return rows.map((row) => {
    const matches = matchRanges(query, row.name);
    const looks = matches.length === 0 && lookedInto++ < FILE_MATCHES_SHOWN;
    return {
      infohashHex: toHex(row.infohash),
      name: row.name,
      sizeBytes: row.sizeBytes,
      fileCount: row.fileCount,
      peersSeen: row.peersSeen,
      discoveredAtUnixSeconds: row.discoveredAtUnixSeconds,
      contentType: contentTypeNamed(row.contentType),
      health: health.get(row.id) ?? null,
      ...shownMarks(row.marks),
      matches,
      fileMatch: looks ? findFileMatch(reader, query, row.id) : null,
    };
  });
}
