// A catalogue of the benchmark's corpus, made once and kept in .cache/bench: a million torrents take two minutes, ten million
// a quarter of an hour of CPU time. A build that was interrupted goes on where it ended. Whoever changes it works on a copy.
import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { databaseBytes } from '../../../main/catalogue/database-files.ts';
import type { Catalogue } from '../../../main/catalogue/catalogue.ts';
import { openCatalogue } from '../../../main/catalogue/open-catalogue.ts';
import { TOKENISER_VERSION } from '../../../main/search/tokens.ts';
import { NAMES_IN_MEMORY_DEFAULT } from '../../../main/store/store-contract.ts';
import type { Corpus } from '../corpus.ts';
import { fillRows } from './bench-corpus.ts';
import { BulkFill, type FillFigures } from './bulk-fill.ts';

const FOLDER = fileURLToPath(new URL('../../../.cache/bench', import.meta.url));
const ROWS_PER_NOTE = 50_000;
/** A build takes at most so many minutes at once. */
const MINUTES_MAX = Number(process.env['LANTERNFISH_BENCH_MINUTES'] ?? Infinity);

/** What is known of the build, beside the catalogue. Rows of a part that was cut short are stored and not counted. */
interface BuildNotes {
  /** Rows of which the next two were measured. */
  readonly measuredRows: number;
  readonly cpuMicroseconds: number;
  readonly fileCount: number;
  readonly isComplete: boolean;
}

export interface KeptCatalogue {
  readonly databasePath: string;
  readonly torrentCount: number;
  /** Rows, tokens, file lists, both full-text tables, index segments, checkpoints; making up the torrents not counted. */
  readonly torrentsPerCpuSecond: number;
  /** Built in bulk (bulk-fill.ts): what it took says nothing of the writer. */
  readonly isBulk: boolean;
  readonly databaseBytes: number;
  readonly fileCount: number;
}

export const keptFolder = (torrentCount: number): string => join(FOLDER, `search-${torrentCount}`);

/**
 * Builds what is missing: in commits as the writer makes them, or, of more torrents than are kept in memory, in bulk. Without a
 * corpus it has to be there. `say` hears how far it is.
 */
export function keptCatalogue(corpus: Corpus | null, torrentCount: number, say: (line: string) => void): KeptCatalogue {
  const folder = keptFolder(torrentCount);
  mkdirSync(folder, { recursive: true });
  const databasePath = join(folder, 'catalogue.db');
  const notesPath = join(folder, 'build.json');
  const isBulk = torrentCount > NAMES_IN_MEMORY_DEFAULT;
  let notes: BuildNotes = existsSync(notesPath)
    ? (JSON.parse(readFileSync(notesPath, 'utf8')) as BuildNotes)
    : { measuredRows: 0, cpuMicroseconds: 0, fileCount: 0, isComplete: false };
  if (!notes.isComplete) {
    if (corpus === null) throw new Error('the part `corpus` comes first');
    const fill = isBulk ? new BulkFill(databasePath) : new CommitFill(databasePath);
    while (fill.storedCount < torrentCount) {
      if (performance.now() > MINUTES_MAX * 60_000) {
        fill.close();
        throw new Error(`${fill.storedCount} torrents are stored, and the time is over: go on with another run`);
      }
      const { rowCount, cpuMicroseconds, fileCount } = fill.next(corpus, torrentCount);
      notes = {
        measuredRows: notes.measuredRows + rowCount,
        cpuMicroseconds: notes.cpuMicroseconds + cpuMicroseconds,
        fileCount: notes.fileCount + fileCount,
        isComplete: false,
      };
      writeFileSync(notesPath, JSON.stringify(notes));
      say(`corpus: ${fill.storedCount.toLocaleString('en')} stored`);
    }
    fill.close();
    notes = { ...notes, isComplete: true };
    writeFileSync(notesPath, JSON.stringify(notes));
  }
  return {
    databasePath,
    torrentCount,
    isBulk,
    torrentsPerCpuSecond: notes.measuredRows / (notes.cpuMicroseconds / 1e6),
    databaseBytes: databaseBytes(databasePath),
    fileCount: Math.round((notes.fileCount / notes.measuredRows) * torrentCount),
  };
}

/** In commits as the writer makes them. */
class CommitFill {
  readonly #catalogue: Catalogue;

  constructor(databasePath: string) {
    this.#catalogue = openCatalogue({ databasePath, nativeBinding: null });
    // As the writer does: else it would fill the full-text tables anew, for minutes, while something else is measured.
    this.#catalogue.tokens.beginRefill(TOKENISER_VERSION);
  }

  get storedCount(): number {
    return this.#catalogue.reader.newestId();
  }

  next(corpus: Corpus, to: number): FillFigures {
    const from = this.storedCount;
    const end = Math.min(to, from + ROWS_PER_NOTE);
    return { rowCount: end - from, ...fillRows(this.#catalogue, corpus, { from, to: end }) };
  }

  close(): void {
    this.#catalogue.close();
  }
}

/** A copy that may be changed, with the index of names if one is kept. `remove` takes it away. */
export function copyOf({ databasePath }: KeptCatalogue): {
  readonly databasePath: string;
  readonly remove: () => void;
} {
  const folder = mkdtempSync(join(FOLDER, 'copy-'));
  const copy = join(folder, 'catalogue.db');
  for (const ending of ['', '.names']) {
    if (!existsSync(databasePath + ending)) continue;
    copyFileSync(databasePath + ending, copy + ending, constants.COPYFILE_FICLONE);
  }
  return { databasePath: copy, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
