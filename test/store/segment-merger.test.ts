// Merging on the writer's thread: the search asks, the writer joins between its commits, the search swaps.
import { expect, test } from 'vitest';
import { memoryPorts } from '../../main/base/port.ts';
import { buildSegment, runToEnd, type SegmentData } from '../../main/search/index-segment.ts';
import { mergeSteps } from '../../main/search/segment-merge.ts';
import { SegmentMerger } from '../../main/store/segment-merger.ts';
import type { SearchToWriter, WriterToSearch } from '../../main/store/writer-search-contract.ts';
import { ManualClock, openAt, temporaryPath } from '../catalogue/support.ts';
import { Corpus } from '../bench/corpus.ts';
import { startSearch, storeAndTell, until, writerPorts } from './search-support.ts';
import { systemClock } from '../../main/base/clock.ts';

const corpus = new Corpus(4);
const part = (from: number, count: number) => ({
  data: buildSegment(
    Array.from({ length: count }, (_, at) => ({
      ...corpus.torrent(from + at),
      id: from + at,
      contentType: 'video' as const,
    })),
  ).segment,
  gone: null,
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('joins what the search names, the newest request only', async () => {
  const clock = new ManualClock();
  const [writerEnd, searchEnd] = memoryPorts<SearchToWriter, WriterToSearch>();
  const merger = new SegmentMerger(clock, writerEnd, () => undefined);
  const answers: WriterToSearch[] = [];
  searchEnd.on((message) => void answers.push(message));
  const parts = [part(1, 40), part(41, 30)];
  searchEnd.post({ type: 'merge', mergeId: 1, parts: [part(100, 5)] });
  searchEnd.post({ type: 'merge', mergeId: 2, parts });
  await turn();
  for (let step = 0; step < 20; step++) clock.advance(1);
  await turn();
  expect(answers).toMatchObject([{ type: 'merged', mergeId: 2 }]);
  const [answer] = answers as { segment: SegmentData }[];
  expect(answer!.segment).toEqual(runToEnd(mergeSteps(parts)));
  merger.stop();
});

test('a search that gets many small segments has the writer join them, and finds all of it', async () => {
  const path = temporaryPath();
  const catalogue = openAt(path);
  const { writerEnd, searchEnd } = writerPorts();
  let mergeCount = 0;
  const counting = {
    ...writerEnd,
    post: (message: WriterToSearch) => {
      if (message.type === 'merged') mergeCount++;
      writerEnd.post(message);
    },
  };
  const merger = new SegmentMerger(systemClock, counting, () => undefined);
  const { service, page, ready } = startSearch(path);
  await ready;
  service.connectWriter(searchEnd);
  for (let sent = 0; sent < 400; sent += 8) {
    storeAndTell(
      catalogue,
      Array.from({ length: 8 }, (_, at) => corpus.torrent(sent + at)),
      writerEnd,
    );
    if (sent % 80 === 0) await turn();
  }
  await until(() => mergeCount > 0);
  await until(async () => (await page({ text: '' })).totalCount === 400);
  service.checkInvariants();
  merger.stop();
});
