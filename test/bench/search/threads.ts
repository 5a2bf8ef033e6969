// The two store threads as the session joins them, asked as the window asks them, 100 torrents a second coming in beside.
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { THREAD_LIMITS } from '../../../main/session/supervised-worker.ts';
import type { SearchEvent, SearchRequest } from '../../../main/store/store-contract.ts';
import type { Queries } from './queries.ts';

const MARKERS = 60;
const IDLE_SHARE = 0.08;
const SLOWEST = 8;

interface SlowQuery {
  readonly ms: number;
  readonly kind: string;
  readonly text: string;
}

export interface ThreadFigures {
  readonly firstAnswerMs: number;
  readonly readyMs: number;
  /** What this process grew by: nothing but the two threads and what they hold. */
  readonly rssGrowthBytes: number;
  /** By class; the window's first batch. */
  readonly firstMs: Readonly<Record<string, number[]>>;
  /** Second batches, where there was one. */
  readonly secondMs: number[];
  /** Round trips of a question without an answer, in between: what the threads and messages take. */
  readonly bareMs: number[];
  readonly freshnessMs: number[];
  readonly slowest: readonly SlowQuery[];
  readonly slowestSecond: readonly SlowQuery[];
  /** The longest this process's own loop, which asks and hands in torrents, did not answer. */
  readonly askerStallMs: number;
}

type Ask = (request: SearchRequest | null) => Promise<SearchEvent>;

/** `from`: torrents of the corpus from this one on come in beside the queries; null: none come, there is no writer. */
export async function measureThreads(
  databasePath: string,
  { queries, from }: { queries: Queries; from: number | null },
): Promise<ThreadFigures> {
  for (let round = 0; round < 3; round++) globalThis.gc?.();
  const rssBefore = process.memoryUsage.rss();
  const startedAtMs = performance.now();
  const search = startThread('../../../main/store/search-worker.ts', { databasePath, nativeBinding: null });
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
  const writer =
    from === null ? null : startThread('../../../main/store/writer-worker.ts', { databasePath, nativeBinding: null });
  const engine = writer && joinThreads(writer, search);
  // The suggestions are built in idle time after the start; they are part of a warm app.
  await untilIdle(search);
  const rssGrowthBytes = process.memoryUsage.rss() - rssBefore;
  const stream = engine && startThread('./stream-child.ts', { writer: engine, from }, [engine]);
  if (stream) await new Promise((resolve) => setTimeout(resolve, 3000));
  const stalls = monitorEventLoopDelay({ resolution: 1 });
  stalls.enable();
  const timed = await timeEach(queries, ask);
  stalls.disable();
  const freshnessMs = stream ? await measureFreshness(ask, stream) : [];
  stream?.postMessage(null);
  const threads = [search, ...(writer ? [writer] : [])];
  const ended = Promise.all(threads.map((thread) => once(thread, 'exit')));
  for (const thread of threads) thread.postMessage({ type: 'stop' });
  await ended;
  return { firstAnswerMs, readyMs, rssGrowthBytes, ...timed, freshnessMs, askerStallMs: stalls.max / 1e6 };
}

const startThread = (file: string, workerData: object, transferList: MessagePort[] = []): Worker =>
  new Worker(new URL(file, import.meta.url), { workerData, transferList, resourceLimits: THREAD_LIMITS });

/** Until the thread has little to do for two seconds, at most a minute and a half. */
async function untilIdle(worker: Worker): Promise<void> {
  let before = worker.performance.eventLoopUtilization();
  for (let second = 0, idle = 0; second < 90 && idle < 2; second++) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const now = worker.performance.eventLoopUtilization();
    idle = worker.performance.eventLoopUtilization(now, before).utilization < IDLE_SHARE ? idle + 1 : 0;
    before = now;
  }
}

async function measureFreshness(ask: Ask, stream: Worker) {
  const freshnessMs: number[] = [];
  for (let count = 0; count < MARKERS; count++) {
    const marker = `freshmarker${count}`;
    const handedInAtMs = performance.now();
    stream.postMessage(marker);
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

/** Null: nothing is asked. */
function asker(worker: Worker): Ask {
  const waiting = new Map<number, (event: SearchEvent) => void>();
  let lastRequestId = 0;
  worker.on('message', (event: SearchEvent) => {
    if ('requestId' in event) waiting.get(event.requestId)?.(event);
  });
  return (request) =>
    new Promise((resolve) => {
      waiting.set(++lastRequestId, resolve);
      const numbered = { requestId: lastRequestId, box: 'bench' };
      if (request === null) worker.postMessage({ type: 'links', ...numbered, infohashesHex: [] });
      else worker.postMessage({ type: 'search', ...numbered, request });
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
  const bareMs: number[] = [];
  const first: SlowQuery[] = [];
  const second: SlowQuery[] = [];
  for (const isCounted of [false, true]) {
    const most = Math.max(...Object.values(queries).map((requests) => requests.length));
    for (let index = 0; index < most; index++) {
      const bareAtMs = performance.now();
      await ask(null);
      if (isCounted) bareMs.push(performance.now() - bareAtMs);
      for (const [kind, requests] of Object.entries(queries)) {
        const request = requests[index];
        if (request === undefined) continue;
        const took = await whole(ask, request);
        if (!isCounted) continue;
        (firstMs[kind] ??= []).push(took.firstMs);
        first.push({ ms: took.firstMs, kind, text: request.text });
        if (took.secondMs === null) continue;
        secondMs.push(took.secondMs);
        second.push({ ms: took.secondMs, kind, text: request.text });
      }
    }
  }
  return { firstMs, secondMs, bareMs, slowest: slowestOf(first), slowestSecond: slowestOf(second) };
}

const slowestOf = (asked: readonly SlowQuery[]): SlowQuery[] => asked.toSorted((a, b) => b.ms - a.ms).slice(0, SLOWEST);
