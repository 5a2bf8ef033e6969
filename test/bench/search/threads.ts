// The two store threads as the session joins them, asked as the window asks them, 100 torrents a second coming in beside.
import { once } from 'node:events';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { SearchEvent, SearchRequest } from '../../../main/store/store-contract.ts';
import type { Corpus } from '../corpus.ts';
import type { Queries } from './queries.ts';

const STREAM_EVERY_MS = 250;
const STREAM_TORRENTS = 25;
const MARKERS = 25;

export interface ThreadFigures {
  readonly firstAnswerMs: number;
  readonly readyMs: number;
  readonly rssGrowthBytes: number;
  /** By class; the window's first batch. */
  readonly firstMs: Readonly<Record<string, number[]>>;
  /** Second batches, where there was one. */
  readonly secondMs: number[];
  readonly freshnessMs: number[];
}

type Ask = (request: SearchRequest) => Promise<SearchEvent>;

export async function measureThreads(
  databasePath: string,
  { corpus, torrentCount, queries }: { corpus: Corpus; torrentCount: number; queries: Queries },
): Promise<ThreadFigures> {
  globalThis.gc?.();
  const rssBefore = process.memoryUsage.rss();
  const workerData = { databasePath, nativeBinding: null };
  const start = (file: string) =>
    new Worker(new URL(`../../../main/store/${file}.ts`, import.meta.url), { workerData });
  const startedAtMs = performance.now();
  const search = start('search-worker');
  const ask = asker(search);
  const ready = new Promise<number>((resolve) => {
    search.on('message', (event: SearchEvent) => {
      if (event.type === 'ready') resolve(performance.now() - startedAtMs);
    });
  });
  const [someTitle] = queries['two words of a title']!;
  await whole(ask, someTitle!);
  const firstAnswerMs = performance.now() - startedAtMs;
  const readyMs = await ready;
  const writer = start('writer-worker');
  const engine = joinThreads(writer, search);
  let sentCount = 0;
  const stream = setInterval(() => {
    const torrents = Array.from({ length: STREAM_TORRENTS }, () => corpus.torrent(torrentCount + sentCount++));
    engine.postMessage({ type: 'store', torrents });
  }, STREAM_EVERY_MS);
  // The suggestions are built in idle time after the start; they are part of a warm app.
  await new Promise((resolve) => setTimeout(resolve, 20_000));
  const { firstMs, secondMs } = await timeEach(queries, ask);
  const rssGrowthBytes = process.memoryUsage.rss() - rssBefore;
  const freshnessMs = await measureFreshness(ask, engine, corpus, torrentCount);
  clearInterval(stream);
  const ended = Promise.all([once(search, 'exit'), once(writer, 'exit')]);
  writer.postMessage({ type: 'stop' });
  search.postMessage({ type: 'stop' });
  await ended;
  engine.close();
  return { firstAnswerMs, readyMs, rssGrowthBytes, firstMs, secondMs, freshnessMs };
}

async function measureFreshness(ask: Ask, engine: MessagePort, corpus: Corpus, torrentCount: number) {
  const freshnessMs: number[] = [];
  for (let count = 0; count < MARKERS; count++) {
    const marker = `freshmarker${torrentCount}x${count}`;
    const handedInAtMs = performance.now();
    engine.postMessage({ type: 'store', torrents: [{ ...corpus.torrent(2 * torrentCount + count), name: marker }] });
    while (await isMissing(ask, marker)) await new Promise((resolve) => setTimeout(resolve, 3));
    freshnessMs.push(performance.now() - handedInAtMs);
    await new Promise((resolve) => setTimeout(resolve, 37 * (count % 7)));
  }
  return freshnessMs;
}

async function isMissing(ask: Ask, text: string): Promise<boolean> {
  const request = {
    text: `${text} `,
    sort: 'newest',
    contentType: null,
    limit: 1,
    cursor: null,
    isFast: true,
  } as const;
  const event = await ask(request);
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

function asker(worker: Worker): Ask {
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

/** The first page and, where the disk has to be asked for it, the second. */
async function whole(ask: Ask, request: SearchRequest): Promise<{ firstMs: number; secondMs: number | null }> {
  const startedAtMs = performance.now();
  const event = await ask({ ...request, isFast: true });
  const firstMs = performance.now() - startedAtMs;
  if (event.type !== 'page') throw new Error(`a search ended as ${event.type}`);
  if (!event.page.isPartial) return { firstMs, secondMs: null };
  await ask({ ...request, cursor: event.page.nextCursor });
  return { firstMs, secondMs: performance.now() - startedAtMs };
}

/** Each query twice, in turn through the classes; the second time counts. */
async function timeEach(queries: Queries, ask: Ask) {
  const firstMs: Record<string, number[]> = {};
  const secondMs: number[] = [];
  for (const isCounted of [false, true]) {
    const most = Math.max(...Object.values(queries).map((requests) => requests.length));
    for (let index = 0; index < most; index++) {
      for (const [kind, requests] of Object.entries(queries)) {
        const took = await whole(ask, requests[index]!);
        if (!isCounted) continue;
        (firstMs[kind] ??= []).push(took.firstMs);
        if (took.secondMs !== null) secondMs.push(took.secondMs);
      }
    }
  }
  return { firstMs, secondMs };
}
