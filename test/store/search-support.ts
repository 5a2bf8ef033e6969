// A SearchService on a real file, asked like the window asks it.
import { onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../main/base/clock.ts';
import { memoryPorts, type Port } from '../../main/base/port.ts';
import { buildSegment } from '../../main/search/index-segment.ts';
import { contentTypeNamed, toCatalogueRow } from '../../main/store/catalogue-row.ts';
import type { Catalogue } from '../../main/catalogue/catalogue.ts';
import type { Torrent } from '../../main/catalogue/torrent.ts';
import { openAt, temporaryPath } from '../catalogue/support.ts';
import { SearchService } from '../../main/store/search-service.ts';
import { NAMES_IN_MEMORY_DEFAULT } from '../../main/store/store-contract.ts';
import type {
  ResultPage,
  ResultRow,
  SearchCommand,
  SearchEvent,
  SearchRequest,
} from '../../main/store/store-contract.ts';
import type { SearchToWriter, WriterToSearch } from '../../main/store/writer-search-contract.ts';

type Unnumbered<Command> = Command extends { readonly requestId: number } ? Omit<Command, 'requestId'> : never;
export type Question = Unnumbered<SearchCommand>;

export const firstPage: SearchRequest = { text: '', sort: 'newest', contentType: null, limit: 50, cursor: null };

export function startSearch(
  databasePath: string,
  { windowRows, clock = systemClock }: { windowRows?: number; clock?: Clock } = {},
) {
  const events: SearchEvent[] = [];
  const logged: string[] = [];
  const note = (message: string): void => void logged.push(message);
  const waiting = new Map<number, (event: SearchEvent) => void>();
  let onReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => (onReady = resolve));
  const service = new SearchService({
    options: { databasePath, nativeBinding: null },
    clock,
    log: { info: note, warn: note, error: note },
    post: (event) => {
      events.push(event);
      if (event.type === 'ready') onReady();
      if ('requestId' in event) waiting.get(event.requestId)?.(event);
    },
    windowRows: windowRows ?? NAMES_IN_MEMORY_DEFAULT,
  });
  service.start();
  let isStopped = false;
  const stop = (): void => {
    if (!isStopped) service.stop();
    isStopped = true;
  };
  onTestFinished(stop);
  let lastRequestId = 0;
  const ask = (question: Question): Promise<SearchEvent> => {
    const requestId = ++lastRequestId;
    return new Promise((resolve) => {
      waiting.set(requestId, resolve);
      service.receive({ ...question, requestId });
    });
  };
  const page = async (request: Partial<SearchRequest>, box = 'box'): Promise<ResultPage> => {
    const event = await ask({ type: 'search', box, request: { ...firstPage, ...request } });
    if (event.type !== 'page') throw new Error(`${event.type}: ${'problem' in event ? event.problem : ''}`);
    return event.page;
  };
  /** Every row, page by page; `between` runs after each page. */
  const allRows = async (request: Partial<SearchRequest>, between = (): void => undefined): Promise<ResultRow[]> => {
    const rows: ResultRow[] = [];
    for (let cursor: string | null = null; ;) {
      const found: ResultPage = await page({ ...request, cursor });
      rows.push(...found.rows);
      if (found.nextCursor === null) return rows;
      cursor = found.nextCursor;
      between();
    }
  };
  return { service, events, logged, ready, ask, page, allRows, stop };
}

/** Stores torrents as the writer does, telling the search thread over `port`. */
export function storeAndTell(
  catalogue: Catalogue,
  torrents: readonly Torrent[],
  port: Port<SearchToWriter, WriterToSearch> | null,
) {
  const { inserted } = catalogue.insertMany(torrents.map(toCatalogueRow));
  const rows = inserted.map(({ id, row }) => ({ ...row, id, contentType: contentTypeNamed(row.contentType) }));
  if (rows.length > 0) port?.post({ type: 'segment', segment: buildSegment(rows).segment });
  return inserted.map(({ id }) => id);
}

export function writerPorts() {
  const [writerEnd, searchEnd] = memoryPorts<SearchToWriter, WriterToSearch>();
  return {
    writerEnd: writerEnd,
    searchEnd: searchEnd,
  };
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => void systemClock.setTimer(ms, resolve));

/** Waits until `isSo`, at most five seconds. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await isSo()); waited += 20) {
    if (waited > 5000) throw new Error('it did not happen within five seconds');
    await sleep(20);
  }
}

/** `torrents` coming in one batch after another: the window in memory keeps the newest 60. */
export async function searchMostlyOnDisk(torrents: readonly Torrent[], { clock = systemClock } = {}) {
  const path = temporaryPath();
  const catalogue = openAt(path);
  const { writerEnd, searchEnd } = writerPorts();
  const search = startSearch(path, { windowRows: 60, clock });
  search.service.connectWriter(searchEnd);
  writerEnd.post({ type: 'catalogue-ready' });
  await search.ready;
  for (let from = 0; from < torrents.length; from += 20) {
    storeAndTell(catalogue, torrents.slice(from, from + 20), writerEnd);
  }
  await until(async () => (await search.page({ text: '' })).rows[0]?.name === torrents.at(-1)!.name);
  search.service.checkInvariants();
  return { catalogue, path, writerEnd, ...search };
}
