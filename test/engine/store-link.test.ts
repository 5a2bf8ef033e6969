import { describe, expect, it } from 'vitest';
import { asInfohash } from '../../main/base/identifier.ts';
import { memoryPorts, type Port } from '../../main/base/port.ts';
import type { Torrent } from '../../main/catalogue/torrent.ts';
import { StoreLink, type Known } from '../../main/engine/store-link.ts';
import { Counters } from '../../main/stats/counters.ts';
import { WAITING_TORRENTS_MAX, type EngineToWriter, type WriterToEngine } from '../../main/store/store-contract.ts';

const infohash = (fill: number) => asInfohash(new Uint8Array(20).fill(fill));
const torrent: Torrent = {
  infohashV1: infohash(7),
  infohashV2: null,
  name: 'A name',
  sizeBytes: 1,
  fileCount: 1,
  files: [{ path: 'a', sizeBytes: 1 }],
  isPrivate: false,
  peersSeen: 1,
  discoveredAtUnixSeconds: 1,
};
const settle = () => new Promise((resolve) => setImmediate(resolve));

function setUp() {
  const counters = new Counters();
  const warmed: Uint8Array[] = [];
  const link = new StoreLink(counters, (infohashes) => warmed.push(infohashes));
  return { counters, warmed, link };
}

function joinStore(link: StoreLink): { heard: EngineToWriter[]; store: Port<EngineToWriter, WriterToEngine> } {
  const [engineEnd, store] = memoryPorts<WriterToEngine, EngineToWriter>();
  const heard: EngineToWriter[] = [];
  store.on((message) => heard.push(message));
  link.connect(engineEnd);
  return { heard, store };
}

describe('StoreLink', () => {
  it('asks for the warm-up on joining and hands its chunks on', async () => {
    const { link, warmed } = setUp();
    const { heard, store } = joinStore(link);
    store.post({ type: 'warm-up', infohashes: new Uint8Array(40), isLast: true });
    await settle();
    expect(heard.map((message) => message.type)).toEqual(['warm-up']);
    expect(warmed.map((chunk) => chunk.length)).toEqual([40]);
  });

  it('keeps torrents while no store is joined, up to its limit, and sends them on joining', async () => {
    const { link, counters } = setUp();
    for (let index = 0; index < WAITING_TORRENTS_MAX + 3; index++) link.store(torrent);
    expect(link.hasRoom).toBe(false);
    expect(counters.overflows.get('torrents-without-store')).toBe(3);
    const { heard } = joinStore(link);
    await settle();
    const sent = heard.flatMap((message) => (message.type === 'store' ? message.torrents : []));
    expect(sent).toHaveLength(WAITING_TORRENTS_MAX);
  });

  it('has no room while the store is behind, and has room again when it has caught up', async () => {
    const { link } = setUp();
    const { store } = joinStore(link);
    store.post({ type: 'stored', storedCount: 0, waitingCount: WAITING_TORRENTS_MAX });
    await settle();
    expect(link.hasRoom).toBe(false);
    store.post({ type: 'stored', storedCount: WAITING_TORRENTS_MAX, waitingCount: 0 });
    await settle();
    expect(link.hasRoom).toBe(true);
  });

  it('answers each question in its order', async () => {
    const { link } = setUp();
    const { heard, store } = joinStore(link);
    const answers: Known[][] = [];
    link.areKnown([infohash(1), infohash(2), infohash(3)], (isKnown) => answers.push(isKnown));
    await settle();
    const question = heard.find((message) => message.type === 'are-known');
    expect(question?.infohashes).toHaveLength(60);
    store.post({ type: 'known', questionId: question!.questionId, isKnown: Uint8Array.of(0, 1, 2) });
    await settle();
    expect(answers).toEqual([[false, true, 'resting']]);
  });

  it('brings the retry ladder its entries and back what is due; without a store they are counted', async () => {
    const { link, counters } = setUp();
    link.send({ type: 'retry-take', limit: 5 });
    expect(counters.overflows.get('retries-without-store')).toBe(1);
    const { heard, store } = joinStore(link);
    const due: unknown[] = [];
    link.onRetryDue = (message) => due.push(message);
    link.send({ type: 'retry-take', limit: 5 });
    await settle();
    expect(heard.at(-1)).toEqual({ type: 'retry-take', limit: 5 });
    store.post({ type: 'retry-due', entries: [], waitingCount: 7, evictedCount: 0 });
    await settle();
    expect(due).toMatchObject([{ waitingCount: 7 }]);
  });

  it('asks open questions of the store that is joined next, and gives up the oldest when there are too many', async () => {
    const { link, counters } = setUp();
    const answers: [string, Known[]][] = [];
    const ask = (name: string) => link.areKnown([infohash(1), infohash(2)], (isKnown) => answers.push([name, isKnown]));
    ask('first');
    joinStore(link);
    ask('second');
    const { heard, store } = joinStore(link);
    await settle();
    expect(answers).toEqual([]);
    const asked = heard.flatMap((message) => (message.type === 'are-known' ? [message] : []));
    expect(asked.map(({ infohashes }) => infohashes.length)).toEqual([40, 40]);
    store.post({ type: 'known', questionId: asked[0]!.questionId, isKnown: Uint8Array.of(0, 1) });
    await settle();
    expect(answers).toEqual([['first', [false, true]]]);
    for (let index = 0; index < 64; index++) ask('later');
    expect(answers.slice(1)).toEqual([['second', ['resting', 'resting']]]);
    expect(counters.overflows.get('known-questions')).toBe(1);
  });

  it('keeps what a fallen store was asked and what comes, and ignores its last words', async () => {
    const { link } = setUp();
    const roomChanges: Known[] = [];
    link.onRoomChanged = () => roomChanges.push(link.hasRoom);
    const [engineEnd, store] = memoryPorts<WriterToEngine, EngineToWriter>();
    link.connect(engineEnd);
    store.post({ type: 'stored', storedCount: 0, waitingCount: WAITING_TORRENTS_MAX });
    await settle();
    const answers: Known[][] = [];
    link.areKnown([infohash(1), infohash(2)], (isKnown) => answers.push(isKnown));
    link.disconnect(engineEnd);
    expect(answers).toEqual([]);
    store.post({ type: 'stored', storedCount: 0, waitingCount: WAITING_TORRENTS_MAX });
    await settle();
    expect(roomChanges).toEqual([false, true]);
    link.store(torrent);
    const next = joinStore(link);
    link.disconnect(engineEnd); // heard of late
    link.store(torrent);
    await settle();
    expect(next.heard.map(({ type }) => type)).toEqual(['warm-up', 'are-known', 'store', 'store']);
  });
});
