// The benchmark of the search in parts, each a process of its own over the kept corpus, so that one's memory is not another's
// and each can be run alone. What a part finds is plain data and is kept; table.ts prints all of it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCatalogue } from '../../../main/catalogue/open-catalogue.ts';
import { databaseBytes } from '../../../main/catalogue/database-files.ts';
import type { Torrent } from '../../../main/catalogue/torrent.ts';
import { benchCorpus, COMMIT_ROWS, storeBatch } from './bench-corpus.ts';
import { measureInProcess } from './in-process.ts';
import { measureForgetting } from './forgetting.ts';
import { copyOf, type KeptCatalogue, keptCatalogue, keptFolder } from './kept-catalogue.ts';
import { measureOther, OTHER_NAMES, type OtherName } from './others.ts';
import { type KnownTitle, knownTitles } from './quality.ts';
import { makeQueries, type Queries } from './queries.ts';
import type { SourceOrder } from './source-child.ts';
import { measureThreads } from './threads.ts';

const QUERIES_PER_CLASS = 60;
/** The limit is what the catalogue takes already: a tenth of it is forgotten, then the file becomes smaller. */
const FORGETTING = { seconds: 130, quotaShare: 1 };
/** Stored anew at each run, of a large corpus: enough for the full-text tables to merge many times. */
const INSERTED_MAX = 200_000;

export const PART_NAMES = ['corpus', 'inserts', 'start', 'threads', 'forget', 'process', ...OTHER_NAMES] as const;
export type PartName = (typeof PART_NAMES)[number];

/** What a part answers is what its function returns, through JSON. */
export type PartResults = {
  readonly corpus: ReturnType<typeof buildCorpus>;
  readonly inserts: Awaited<ReturnType<typeof measureInserts>>;
  readonly start: Awaited<ReturnType<typeof measureStart>>;
  readonly threads: Awaited<ReturnType<typeof measureQueries>>;
  readonly forget: Awaited<ReturnType<typeof measureForgetting>>;
  readonly process: Awaited<ReturnType<typeof measureInProcess>>;
} & { readonly [Name in OtherName]: ReturnType<typeof measureOther> };

export async function runPart(part: PartName, torrentCount: number): Promise<PartResults[PartName]> {
  switch (part) {
    case 'corpus':
      return buildCorpus(torrentCount);
    case 'inserts':
      return measureInserts(Math.min(torrentCount, INSERTED_MAX));
    case 'start':
      return measureStart(torrentCount);
    case 'threads':
      return measureQueries(torrentCount);
    case 'forget':
      return measureForget(torrentCount);
    case 'process': {
      const { titles, queries, kept } = prepared(torrentCount);
      return measureInProcess(kept.databasePath, titles, queries);
    }
    default: {
      const { titles, queries } = prepared(torrentCount);
      return measureOther(part, { corpus: benchCorpus(), torrentCount, queries, titles });
    }
  }
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Queries and titles are kept with the corpus, so that who measures memory has no vocabulary in it. */
interface Prepared {
  readonly queries: Queries;
  readonly titles: readonly KnownTitle[];
}

function prepared(torrentCount: number): Prepared & { readonly kept: KeptCatalogue } {
  const file = join(keptFolder(torrentCount), 'queries.json');
  if (!existsSync(file)) throw new Error('the part `corpus` comes first');
  const { queries, titles } = JSON.parse(readFileSync(file, 'utf8')) as Prepared;
  return { queries, titles, kept: keptCatalogue(null, torrentCount, say) };
}

function buildCorpus(torrentCount: number) {
  const corpus = benchCorpus();
  const { databasePath: _, ...figures } = keptCatalogue(corpus, torrentCount, say);
  const asked: Prepared = {
    queries: makeQueries(corpus, torrentCount, QUERIES_PER_CLASS),
    titles: knownTitles(corpus, torrentCount),
  };
  writeFileSync(join(keptFolder(torrentCount), 'queries.json'), JSON.stringify(asked));
  return figures;
}

/** A new catalogue, so that the figure is of the code as it is now; what is stored comes from another process. */
async function measureInserts(torrentCount: number) {
  const folder = mkdtempSync(join(tmpdir(), 'lanternfish-bench-'));
  const source = fork(fileURLToPath(new URL('source-child.ts', import.meta.url)), { serialization: 'advanced' });
  try {
    const databasePath = join(folder, 'catalogue.db');
    const catalogue = openCatalogue({ databasePath, nativeBinding: null });
    let cpuMicroseconds = 0;
    let fileCount = 0;
    for (let from = 0; from < torrentCount; from += COMMIT_ROWS) {
      source.send({ from, count: Math.min(COMMIT_ROWS, torrentCount - from) } satisfies SourceOrder);
      const [torrents] = (await once(source, 'message')) as [Torrent[]];
      for (const torrent of torrents) fileCount += torrent.fileCount;
      cpuMicroseconds += storeBatch(catalogue, torrents);
    }
    catalogue.close();
    const bytes = databaseBytes(databasePath);
    return { torrentCount, torrentsPerCpuSecond: torrentCount / (cpuMicroseconds / 1e6), bytes, fileCount };
  } finally {
    source.disconnect();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The first start, which makes the index of names; it is kept for the starts after it, as a person's is. */
async function measureStart(torrentCount: number) {
  const { queries, kept } = prepared(torrentCount);
  const names = `${kept.databasePath}.names`;
  rmSync(names, { force: true });
  const copy = copyOf(kept);
  try {
    const few = Object.fromEntries(Object.entries(queries).map(([kind, requests]) => [kind, requests.slice(0, 2)]));
    const { firstAnswerMs, readyMs } = await measureThreads(copy.databasePath, { queries: few, from: null });
    if (existsSync(`${copy.databasePath}.names`)) copyFileSync(`${copy.databasePath}.names`, names);
    return { firstAnswerMs, readyMs };
  } finally {
    copy.remove();
  }
}

async function measureQueries(torrentCount: number) {
  const { queries, kept } = prepared(torrentCount);
  const copy = copyOf(kept);
  try {
    return await measureThreads(copy.databasePath, { queries, from: torrentCount });
  } finally {
    copy.remove();
  }
}

async function measureForget(torrentCount: number) {
  const copy = copyOf(keptCatalogue(null, torrentCount, say));
  try {
    return await measureForgetting(copy.databasePath, { from: torrentCount, ...FORGETTING });
  } finally {
    copy.remove();
  }
}
