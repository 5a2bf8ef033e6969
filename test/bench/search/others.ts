// What others do, over the same names: FTS5 with bm25 (magnetico, Tribler), flexsearch alone, MiniSearch at 100,000.
import Database from 'better-sqlite3';
import FlexSearch from 'flexsearch';
import MiniSearch from 'minisearch';
import { tokens } from '../../../main/search/tokens.ts';
import type { Corpus } from '../corpus.ts';
import { type KnownTitle, reciprocalRank } from './quality.ts';
import type { Queries } from './queries.ts';

export interface Other {
  readonly name: string;
  readonly buildCpuSeconds: number;
  readonly timesMs: number[];
  readonly reciprocalRank: number;
}

/** Query classes that all of them can answer in some way. */
const CLASSES = [
  'one common word',
  'one word of a title',
  'two words of a title',
  'two words and a common one',
  'two common words',
  'Cyrillic',
];
const RESULTS = 50;

interface Asked {
  readonly corpus: Corpus;
  readonly torrentCount: number;
  readonly queries: Queries;
  readonly titles: readonly KnownTitle[];
}

export const OTHER_NAMES = ['bm25', 'flexsearch', 'minisearch'] as const;
export type OtherName = (typeof OTHER_NAMES)[number];
/** MiniSearch takes more than a gigabyte for a million. */
const MINISEARCH_MAX = 100_000;

export function measureOther(name: OtherName, asked: Asked): Other {
  switch (name) {
    case 'bm25':
      return measure('FTS5 with bm25', asked, () => bm25(asked));
    case 'flexsearch':
      return measure('flexsearch alone', asked, () => flexsearch(asked));
    case 'minisearch': {
      const small = { ...asked, torrentCount: Math.min(asked.torrentCount, MINISEARCH_MAX) };
      return measure(`MiniSearch at ${small.torrentCount.toLocaleString('en')}`, small, () => miniSearch(small));
    }
  }
}

type Search = (text: string) => string[];

function measure(name: string, { queries, titles }: Asked, build: () => Search): Other {
  const before = process.cpuUsage();
  const search = build();
  const { user, system } = process.cpuUsage(before);
  const timesMs: number[] = [];
  for (const kind of CLASSES) {
    for (const { text } of queries[kind] ?? []) {
      search(text);
      const startedAtMs = performance.now();
      search(text);
      timesMs.push(performance.now() - startedAtMs);
    }
  }
  return { name, buildCpuSeconds: (user + system) / 1e6, timesMs, reciprocalRank: reciprocalRank(titles, search) };
}

function bm25({ corpus, torrentCount }: Asked): Search {
  // A file that nobody else sees and that goes with the connection.
  const database = new Database('');
  database.pragma('journal_mode = OFF');
  database.pragma('synchronous = OFF');
  database.exec("CREATE VIRTUAL TABLE names USING fts5(name, tokenize = 'unicode61')");
  const insert = database.prepare('INSERT INTO names(rowid, name) VALUES(?, ?)');
  database.transaction(() => {
    for (let index = 0; index < torrentCount; index++) insert.run(index + 1, corpus.name(index));
  })();
  const find = database.prepare('SELECT name FROM names WHERE names MATCH ? ORDER BY rank LIMIT ?').pluck();
  return (text) => {
    const match = (text.match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => `"${word}"`).join(' ');
    return find.all(match, RESULTS) as string[];
  };
}

function flexsearch({ corpus, torrentCount }: Asked): Search {
  const index = new FlexSearch.Index({ tokenize: 'strict', encode: tokens, resolution: 1 });
  for (let at = 0; at < torrentCount; at++) index.add(at, corpus.name(at));
  return (text) => index.search(text, { limit: RESULTS }).map((at) => corpus.name(Number(at)));
}

function miniSearch({ corpus, torrentCount }: Asked): Search {
  const index = new MiniSearch({ fields: ['name'], tokenize: tokens, processTerm: (term) => term });
  index.addAll(Array.from({ length: torrentCount }, (_, id) => ({ id, name: corpus.name(id) })));
  return (text) =>
    index
      .search(text, { combineWith: 'AND' })
      .slice(0, RESULTS)
      .map(({ id }) => corpus.name(Number(id)));
}
