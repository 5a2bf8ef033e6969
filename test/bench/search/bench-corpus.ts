// The corpus of the search benchmark, shaped like search.md's: 200,000 English words and 100,000 titles by Zipf's law, other
// scripts in a tenth of the names, long file lists; and how it is stored.
import { createRequire } from 'node:module';
import { createSeededRandom } from '../../../main/base/random.ts';
import type { CatalogueReader } from '../../../main/catalogue/catalogue-reader.ts';
import type { Catalogue } from '../../../main/catalogue/catalogue.ts';
import type { Torrent } from '../../../main/catalogue/torrent.ts';
import { openCatalogue, openCatalogueReader } from '../../../main/catalogue/open-catalogue.ts';
import { buildSegment } from '../../../main/search/index-segment.ts';
import { TOKENISER_VERSION } from '../../../main/search/tokens.ts';
import { contentTypeNamed, toCatalogueRow } from '../../../main/store/catalogue-row.ts';
import { LOG_PAGES_MUCH } from '../../../main/store/checkpoints.ts';
import { MUCH_PAGES } from '../../../main/store/housekeeping.ts';
import { Corpus } from '../corpus.ts';

const WORDS = 200_000;
export const COMMIT_ROWS = 500;

export function benchCorpus(): Corpus {
  const all = (createRequire(import.meta.url)('an-array-of-english-words') as string[]).filter((word) =>
    /^[a-z]{3,14}$/.test(word),
  );
  const random = createSeededRandom(2024);
  for (let at = all.length - 1; at > 0; at--) {
    const other = random.below(at + 1);
    [all[at], all[other]] = [all[other]!, all[at]!];
  }
  return new Corpus(1, { words: all.slice(0, WORDS), titleCount: 100_000, hasLongLists: true });
}

/** Stores one batch as the writer does, with all the upkeep that it causes. Answers the CPU time in microseconds. */
export function storeBatch(catalogue: Catalogue, torrents: readonly Torrent[]): number {
  globalThis.gc?.({ type: 'minor', execution: 'sync' }); // what making them up left behind is not the catalogue's
  const before = process.cpuUsage();
  const { inserted } = catalogue.insertMany(torrents.map(toCatalogueRow));
  buildSegment(inserted.map(({ id, row }) => ({ ...row, id, contentType: contentTypeNamed(row.contentType) })));
  upkeep(catalogue);
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** What the writer does because of a commit while much comes in, all of it at once. */
export function upkeep(catalogue: Catalogue): void {
  while (catalogue.tokens.merge.step(MUCH_PAGES)) moveLog(catalogue);
  moveLog(catalogue);
}

function moveLog(catalogue: Catalogue): void {
  if (catalogue.log.pages() >= LOG_PAGES_MUCH) catalogue.log.checkpoint('PASSIVE');
}

/** Stores torrents `from` to `to` of the corpus; counts CPU time without that of making them up. */
export function fillRows(catalogue: Catalogue, corpus: Corpus, { from, to }: { from: number; to: number }) {
  let cpuMicroseconds = 0;
  let fileCount = 0;
  for (let at = from; at < to; at += COMMIT_ROWS) {
    const count = Math.min(COMMIT_ROWS, to - at);
    const torrents = Array.from({ length: count }, (_, offset) => corpus.torrent(at + offset));
    for (const torrent of torrents) fileCount += torrent.fileCount;
    cpuMicroseconds += storeBatch(catalogue, torrents);
  }
  return { cpuMicroseconds, fileCount };
}

/** Fills a new catalogue. */
export function fillCatalogue(databasePath: string, corpus: Corpus, torrentCount: number): void {
  const catalogue = openCatalogue({ databasePath, nativeBinding: null });
  // As the writer does: else it would fill the full-text tables anew, for minutes, while something else is measured.
  catalogue.tokens.beginRefill(TOKENISER_VERSION);
  fillRows(catalogue, corpus, { from: 0, to: torrentCount });
  catalogue.close();
}

export const openReader = (databasePath: string): CatalogueReader =>
  openCatalogueReader({ databasePath, nativeBinding: null });
