// A catalogue of the benchmark's corpus, made once and kept in .cache/bench: a million torrents take two minutes, ten million
// half an hour. A build that was interrupted goes on where it ended. Whoever changes it works on a copy.
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
import { openCatalogue } from '../../../main/catalogue/open-catalogue.ts';
import { TOKENISER_VERSION } from '../../../main/search/tokens.ts';
import type { Corpus } from '../corpus.ts';
import { fillRows } from './bench-corpus.ts';

const FOLDER = fileURLToPath(new URL('../../../.cache/bench', import.meta.url));
const ROWS_PER_NOTE = 20_000;

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
  readonly databaseBytes: number;
  readonly fileCount: number;
}

export const keptFolder = (torrentCount: number): string => join(FOLDER, `search-${torrentCount}`);

/** Builds what is missing, in commits as the writer makes them; without a corpus it has to be there. `say` hears how far it is. */
export function keptCatalogue(corpus: Corpus | null, torrentCount: number, say: (line: string) => void): KeptCatalogue {
  const folder = keptFolder(torrentCount);
  mkdirSync(folder, { recursive: true });
  const databasePath = join(folder, 'catalogue.db');
  const notesPath = join(folder, 'build.json');
  let notes: BuildNotes = existsSync(notesPath)
    ? (JSON.parse(readFileSync(notesPath, 'utf8')) as BuildNotes)
    : { measuredRows: 0, cpuMicroseconds: 0, fileCount: 0, isComplete: false };
  if (!notes.isComplete) {
    if (corpus === null) throw new Error('the part `corpus` comes first');
    const catalogue = openCatalogue({ databasePath, nativeBinding: null });
    catalogue.tokens.setSetting('tokeniser_version', TOKENISER_VERSION);
    for (let from = catalogue.reader.newestId(); from < torrentCount; from += ROWS_PER_NOTE) {
      const to = Math.min(torrentCount, from + ROWS_PER_NOTE);
      const { cpuMicroseconds, fileCount } = fillRows(catalogue, corpus, { from, to });
      notes = {
        measuredRows: notes.measuredRows + to - from,
        cpuMicroseconds: notes.cpuMicroseconds + cpuMicroseconds,
        fileCount: notes.fileCount + fileCount,
        isComplete: false,
      };
      writeFileSync(notesPath, JSON.stringify(notes));
      if (to % 100_000 === 0 || to === torrentCount) say(`corpus: ${to.toLocaleString('en')} stored`);
    }
    catalogue.close();
    notes = { ...notes, isComplete: true };
    writeFileSync(notesPath, JSON.stringify(notes));
  }
  return {
    databasePath,
    torrentCount,
    torrentsPerCpuSecond: notes.measuredRows / (notes.cpuMicroseconds / 1e6),
    databaseBytes: databaseBytes(databasePath),
    fileCount: Math.round((notes.fileCount / notes.measuredRows) * torrentCount),
  };
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
  // Some were built without it, and a writer would fill their full-text tables anew while something else is measured.
  const catalogue = openCatalogue({ databasePath: copy, nativeBinding: null });
  catalogue.tokens.setSetting('tokeniser_version', TOKENISER_VERSION);
  catalogue.abandon();
  return { databasePath: copy, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
