// The benchmark of the search in parts, each a process of its own over the kept corpus, so that one's memory is not another's
// and each can be run alone. What a part finds is plain data and is kept; table.ts prints all of it.
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCatalogue } from '../../../main/catalogue/open-catalogue.ts';
import { databaseBytes } from '../../../main/catalogue/database-files.ts';
import { benchCorpus, fillRows } from './bench-corpus.ts';
import { measureInProcess } from './in-process.ts';
import { copyOf, keptCatalogue } from './kept-catalogue.ts';
import { measureOther, OTHER_NAMES, type OtherName } from './others.ts';
import { knownTitles } from './quality.ts';
import { makeQueries } from './queries.ts';
import { measureThreads } from './threads.ts';

const QUERIES_PER_CLASS = 60;
/** Stored anew at each run: enough for the full-text tables to merge many times. */
const INSERTED = 200_000;

export const PART_NAMES = ['corpus', 'inserts', 'start', 'threads', 'process', ...OTHER_NAMES] as const;
export type PartName = (typeof PART_NAMES)[number];

/** What a part answers is what its function returns, through JSON. */
export type PartResults = {
  readonly corpus: ReturnType<typeof buildCorpus>;
  readonly inserts: ReturnType<typeof measureInserts>;
  readonly start: Awaited<ReturnType<typeof measureStart>>;
  readonly threads: Awaited<ReturnType<typeof measureQueries>>;
  readonly process: Awaited<ReturnType<typeof measureInProcess>>;
} & { readonly [Name in OtherName]: ReturnType<typeof measureOther> };

export async function runPart(part: PartName, torrentCount: number): Promise<PartResults[PartName]> {
  switch (part) {
    case 'corpus':
      return buildCorpus(torrentCount);
    case 'inserts':
      return measureInserts();
    case 'start':
      return measureStart(torrentCount);
    case 'threads':
      return measureQueries(torrentCount);
    case 'process': {
      const { corpus, queries, kept } = prepared(torrentCount);
      return measureInProcess(kept.databasePath, knownTitles(corpus, torrentCount), queries);
    }
    default: {
      const corpus = benchCorpus();
      const queries = makeQueries(corpus, torrentCount, QUERIES_PER_CLASS);
      return measureOther(part, { corpus, torrentCount, queries, titles: knownTitles(corpus, torrentCount) });
    }
  }
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

function prepared(torrentCount: number) {
  const corpus = benchCorpus();
  const queries = makeQueries(corpus, torrentCount, QUERIES_PER_CLASS);
  return { corpus, queries, kept: keptCatalogue(corpus, torrentCount, say) };
}

function buildCorpus(torrentCount: number) {
  const { databasePath: _, ...figures } = keptCatalogue(benchCorpus(), torrentCount, say);
  return figures;
}

/** A new catalogue, so that the figure is of the code as it is now. */
function measureInserts() {
  const folder = mkdtempSync(join(tmpdir(), 'lanternfish-bench-'));
  try {
    const databasePath = join(folder, 'catalogue.db');
    const catalogue = openCatalogue({ databasePath, nativeBinding: null });
    const { cpuMicroseconds, fileCount } = fillRows(catalogue, benchCorpus(), { from: 0, to: INSERTED });
    catalogue.close();
    const bytes = databaseBytes(databasePath);
    return { torrentCount: INSERTED, torrentsPerCpuSecond: INSERTED / (cpuMicroseconds / 1e6), bytes, fileCount };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The first start, which makes the index of names; it is kept for the starts after it, as a person's is. */
async function measureStart(torrentCount: number) {
  const { queries, corpus, kept } = prepared(torrentCount);
  const names = `${kept.databasePath}.names`;
  rmSync(names, { force: true });
  const copy = copyOf(kept);
  try {
    const few = Object.fromEntries(Object.entries(queries).map(([kind, requests]) => [kind, requests.slice(0, 2)]));
    const { firstAnswerMs, readyMs } = await measureThreads(copy.databasePath, { corpus, queries: few, from: null });
    if (existsSync(`${copy.databasePath}.names`)) copyFileSync(`${copy.databasePath}.names`, names);
    return { firstAnswerMs, readyMs };
  } finally {
    copy.remove();
  }
}

async function measureQueries(torrentCount: number) {
  const { queries, corpus, kept } = prepared(torrentCount);
  const copy = copyOf(kept);
  try {
    return await measureThreads(copy.databasePath, { corpus, queries: queries, from: torrentCount });
  } finally {
    copy.remove();
  }
}
