// Search over 100,000 made-up torrents: in this process, and as the window gets it: through the search thread, while the
// writer thread commits 100 torrents a second beside it. Milliseconds, one page of 50 rows with counts and highlights.
// Goals (search.md 6b, at ten times the size): round trip p50 about 1, p99 about 11; a new torrent is found within 300.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { createSeededRandom } from '../../main/base/random.ts';
import { openCatalogue, openCatalogueReader } from '../../main/catalogue/open-catalogue.ts';
import { SegmentBuilder, runToEnd, SEGMENT_ROWS_MAX } from '../../main/search/index-segment.ts';
import { NameIndex } from '../../main/search/name-index.ts';
import { toCatalogueRow, toSegmentRow } from '../../main/store/catalogue-row.ts';
import type { SearchEvent, SearchRequest } from '../../main/store/store-contract.ts';
import { StoreSearch } from '../../main/store/store-search.ts';
import { Corpus } from './corpus.ts';

export const name = 'search';

const TORRENTS = 100_000;
const QUERIES_PER_CLASS = 40;
const STREAM_EVERY_MS = 250;
const STREAM_TORRENTS = 25;

const corpus = new Corpus(1);

export async function run(): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lanternfish-bench-'));
  try {
    const databasePath = join(folder, 'catalogue.db');
    const filledMs = fill(databasePath);
    const queries = makeQueries();
    const inProcess = await measureInProcess(databasePath, queries);
    const threads = await measureThreads(databasePath, queries);
    return [
      `${TORRENTS} torrents stored in ${(filledMs / 1000).toFixed(1)} s; indexed in ${(inProcess.indexedMs / 1000).toFixed(1)} s`,
      `search thread: first answer after ${threads.firstAnswerMs.toFixed(0)} ms, all indexed after ${threads.readyMs.toFixed(0)} ms`,
      `${'query class'.padEnd(28)}${'in process'.padStart(16)}${'through threads'.padStart(18)}   p50 / p99 ms`,
      ...Object.keys(queries).map(
        (kind) =>
          kind.padEnd(28) + pair(inProcess.timesMs[kind]!).padStart(16) + pair(threads.timesMs[kind]!).padStart(18),
      ),
      `${'all'.padEnd(28)}${pair(Object.values(inProcess.timesMs).flat()).padStart(16)}${pair(Object.values(threads.timesMs).flat()).padStart(18)}`,
      `freshness, handed to the writer -> found: ${pair(threads.freshnessMs)}`,
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function fill(databasePath: string): number {
  const startedAtMs = performance.now();
  const catalogue = openCatalogue({ databasePath, nativeBinding: null });
  for (let from = 0; from < TORRENTS; from += 2000) {
    catalogue.insertMany(Array.from({ length: 2000 }, (_, offset) => toCatalogueRow(corpus.torrent(from + offset))));
    if (from % 20_000 === 0) catalogue.checkpoint('PASSIVE');
  }
  catalogue.close();
  return performance.now() - startedAtMs;
}

type Queries = Record<string, SearchRequest[]>;

function makeQueries(): Queries {
  const random = createSeededRandom(5);
  const queries: Queries = {};
  const add = (kind: string, text: string, changes: Partial<SearchRequest> = {}): void => {
    const request = { text, sort: 'relevance', contentType: null, limit: 50, cursor: null, ...changes } as const;
    (queries[kind] ??= []).push(request);
  };
  const common = ['1080p', '720p', 'web', 'x264', 'bluray', 'the', 'in', 'flac', 'hevc', 'aac'];
  for (let count = 0; count < QUERIES_PER_CLASS; count++) {
    const words = titleWords(random.below(TORRENTS));
    const often = common[count % common.length]!;
    add('one common word', `${often} `);
    add('one common word, by size', `${often} `, { sort: 'size' });
    add('one common word, newest', `${often} `, { sort: 'newest' });
    add('one word of a title', `${words[0]} `);
    add('two words of a title', `${words[0]} ${words[1]} `);
    add('two words and a common one', `${words[0]} ${words[1]} ${often}`);
    add('two common words', `${often} ${common[(count * 7 + 3) % common.length]} `);
    add('typing: 1 letter', words[0].slice(0, 1));
    add('typing: 2 or 3 letters', words[0].slice(0, 2 + (count % 2)));
    add('typing: word and letters', `${words[0]} ${words[1].slice(0, 1 + (count % 3))}`);
    add('phrase', `"${words[0]} ${words[1]}"`);
    add('common phrase', count % 2 === 0 ? '"web dl"' : '"deluxe edition"');
    add('Han, 2 and 3 letters', foreign(random.below(TORRENTS), /[\p{Script=Han}]{3,}/u).slice(0, 2 + (count % 2)));
    add('Cyrillic', foreign(random.below(TORRENTS), /\p{Script=Cyrillic}{3,}/u));
    add('not there', `${words[0].slice(0, 2)}q${words[0].slice(2)} ${words[1]} `);
    add('nothing typed', '');
  }
  return queries;
}

function titleWords(from: number): [string, string] {
  for (let index = from; ; index = (index + 1) % TORRENTS) {
    const found = corpus.name(index).match(/[A-Z][a-z]{3,}/g);
    if (found !== null && found.length >= 2) return [found[0], found[1]!];
  }
}

function foreign(from: number, pattern: RegExp): string {
  for (let index = from; ; index = (index + 1) % TORRENTS) {
    const found = pattern.exec(corpus.name(index));
    if (found !== null) return found[0];
  }
}

async function measureInProcess(databasePath: string, queries: Queries) {
  const reader = openCatalogueReader({ databasePath, nativeBinding: null });
  const index = new NameIndex();
  const startedAtMs = performance.now();
  let builder = new SegmentBuilder();
  for (const row of reader.rowsBetween({ afterId: 0, untilId: 1e9, limit: 1e6 })) {
    builder.add(toSegmentRow(row));
    if (builder.rowCount < SEGMENT_ROWS_MAX) continue;
    index.addNewer(runToEnd(builder.finish()));
    builder = new SegmentBuilder();
  }
  index.addNewer(runToEnd(builder.finish()));
  index.markComplete();
  const indexedMs = performance.now() - startedAtMs;
  const search = new StoreSearch(reader, index, () => 1_800_000_000);
  const goOn = (): Promise<boolean> => Promise.resolve(true);
  const timesMs = await timeEach(queries, (request) => search.page(request, goOn));
  reader.close();
  return { indexedMs, timesMs };
}

async function measureThreads(databasePath: string, queries: Queries) {
  const workerData = { databasePath, nativeBinding: null };
  const start = (file: string) => new Worker(new URL(`../../main/store/${file}.ts`, import.meta.url), { workerData });
  const startedAtMs = performance.now();
  const search = start('search-worker');
  const ask = asker(search);
  const ready = new Promise<number>((resolve) => {
    search.on('message', (event: SearchEvent) => {
      if (event.type === 'ready') resolve(performance.now() - startedAtMs);
    });
  });
  await ask(queries['two words of a title']![0]!);
  const firstAnswerMs = performance.now() - startedAtMs;
  const readyMs = await ready;
  const writer = start('writer-worker');
  const engine = joinThreads(writer, search);
  let sentCount = 0;
  const stream = setInterval(() => {
    const torrents = Array.from({ length: STREAM_TORRENTS }, () => corpus.torrent(TORRENTS + sentCount++));
    engine.postMessage({ type: 'store', torrents });
  }, STREAM_EVERY_MS);
  const timesMs = await timeEach(queries, ask);
  const freshnessMs: number[] = [];
  for (let count = 0; count < 8; count++) {
    const marker = `freshmarker${count}`;
    const handedInAtMs = performance.now();
    engine.postMessage({ type: 'store', torrents: [{ ...corpus.torrent(2 * TORRENTS + count), name: marker }] });
    while (await isMissing(ask, marker)) await new Promise((resolve) => setTimeout(resolve, 5));
    freshnessMs.push(performance.now() - handedInAtMs);
  }
  clearInterval(stream);
  const ended = Promise.all([once(search, 'exit'), once(writer, 'exit')]);
  writer.postMessage({ type: 'stop' });
  search.postMessage({ type: 'stop' });
  await ended;
  engine.close();
  return { firstAnswerMs, readyMs, timesMs, freshnessMs };
}

async function isMissing(ask: ReturnType<typeof asker>, text: string): Promise<boolean> {
  const event = await ask({ text: `${text} `, sort: 'newest', contentType: null, limit: 1, cursor: null });
  return event.type !== 'page' || event.page.rows.length === 0;
}

/** Joins the two threads as the session does; returns the engine's end of the writer. */
function joinThreads(writer: Worker, search: Worker): MessagePort {
  const engine = new MessageChannel();
  const { port1, port2 } = new MessageChannel();
  writer.postMessage({ type: 'connect-engine', port: engine.port1 }, [engine.port1]);
  writer.postMessage({ type: 'connect-search', port: port1 }, [port1]);
  search.postMessage({ type: 'connect-writer', port: port2 }, [port2]);
  return engine.port2;
}

function asker(worker: Worker): (request: SearchRequest) => Promise<SearchEvent> {
  const waiting = new Map<number, (event: SearchEvent) => void>();
  let lastRequestId = 0;
  worker.on('message', (event: SearchEvent) => {
    if ('requestId' in event) waiting.get(event.requestId)?.(event);
  });
  return (request) =>
    new Promise((resolve) => {
      waiting.set(++lastRequestId, resolve);
      worker.postMessage({ type: 'search', requestId: lastRequestId, box: 'bench', request });
    });
}

/** Each query twice, in turn through the classes; the second time counts. */
async function timeEach(queries: Queries, ask: (request: SearchRequest) => Promise<unknown>) {
  const timesMs: Record<string, number[]> = {};
  for (const isCounted of [false, true]) {
    for (let index = 0; index < QUERIES_PER_CLASS; index++) {
      for (const [kind, requests] of Object.entries(queries)) {
        const startedAtMs = performance.now();
        await ask(requests[index]!);
        if (isCounted) (timesMs[kind] ??= []).push(performance.now() - startedAtMs);
      }
    }
  }
  return timesMs;
}

function pair(timesMs: readonly number[]): string {
  const sorted = timesMs.toSorted((a, b) => a - b);
  const at = (share: number): string =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!.toFixed(1);
  return `${at(0.5)} / ${at(0.99)}`;
}
