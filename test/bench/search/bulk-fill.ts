// Stores a large corpus in a sixth of the time that commits as the writer makes them take: one connection with a large cache,
// hundreds of thousands of rows a commit, nothing awaited on the disk. The rows are the same, written by the same code. The
// full-text tables get the segments that a crawled catalogue of this size has: a commit is as many rows as FTS5 has brought
// together at its sixth level, and joining them makes the levels above. The small levels, some percent of the
// rows, are missing; those that come in while something is measured make them.
import { Catalogue } from '../../../main/catalogue/catalogue.ts';
import { openCatalogue } from '../../../main/catalogue/open-catalogue.ts';
import { type CatalogueDatabase, openDatabase } from '../../../main/catalogue/open-database.ts';
import { RowWriter } from '../../../main/catalogue/row-writer.ts';
import { TOKENISER_VERSION } from '../../../main/search/tokens.ts';
import { toCatalogueRow } from '../../../main/store/catalogue-row.ts';
import type { Corpus } from '../corpus.ts';

/** Ten rows a commit, eight segments of each level for one of the next: 10 * 8^5. */
const BULK_COMMIT_ROWS = 327_680;
const CACHE_KIB = 2_000_000;
const MERGED_PAGES = 10_000;
/** FTS5 writes a segment when its terms take this much; enough for a whole commit. */
const TERMS_BYTES = 1_000_000_000;
/** FTS5's own choice. */
const TERMS_BYTES_USUAL = 1024 * 1024;

export interface FillFigures {
  readonly rowCount: number;
  readonly cpuMicroseconds: number;
  readonly fileCount: number;
}

export class BulkFill {
  readonly #database: CatalogueDatabase;
  readonly #catalogue: Catalogue;
  readonly #rows: RowWriter;

  constructor(databasePath: string) {
    const empty = openCatalogue({ databasePath, nativeBinding: null }); // makes the tables
    empty.tokens.beginRefill(TOKENISER_VERSION);
    empty.close();
    this.#database = openDatabase({ path: databasePath, role: 'writer', nativeBinding: null });
    this.#database.pragma(`cache_size = -${CACHE_KIB}`);
    this.#database.pragma('synchronous = OFF');
    this.#catalogue = new Catalogue(this.#database);
    this.#rows = new RowWriter(this.#database, this.#catalogue);
    this.#setTermsBytes(TERMS_BYTES);
  }

  get storedCount(): number {
    return this.#catalogue.reader.newestId();
  }

  /** The next torrents up to `to`, at most one commit of them: all, or, when it is ended before, none. */
  next(corpus: Corpus, to: number): FillFigures {
    const before = process.cpuUsage();
    const from = this.storedCount;
    const end = Math.min(to, from + BULK_COMMIT_ROWS);
    let fileCount = 0;
    this.#database
      .transaction(() => {
        for (let at = from; at < end; at++) {
          const torrent = corpus.torrent(at);
          fileCount += torrent.fileCount;
          this.#rows.insert(toCatalogueRow(torrent));
        }
      })
      .immediate();
    while (this.#catalogue.tokens.merge.step(MERGED_PAGES)) this.#catalogue.log.checkpoint('PASSIVE');
    this.#catalogue.log.checkpoint('TRUNCATE');
    const { user, system } = process.cpuUsage(before);
    return { rowCount: end - from, cpuMicroseconds: user + system, fileCount };
  }

  close(): void {
    this.#setTermsBytes(TERMS_BYTES_USUAL);
    this.#catalogue.close();
  }

  #setTermsBytes(bytes: number): void {
    for (const table of ['name_fts', 'path_fts'])
      this.#database.exec(`INSERT INTO ${table}(${table}, rank) VALUES('hashsize', ${bytes})`);
  }
}
