// The crawl page's words: the sentence, the diagnosis, the charts; and that it asks only while it is open.
import { describe, expect, test } from 'vitest';
import type { CrawlDto } from '../../preload/crawl-contract.ts';
import { seriesOf, successOf } from '../../renderer/crawl/charts.ts';
import { CrawlController } from '../../renderer/crawl/crawl-controller.svelte.ts';
import { diagnosisOf } from '../../renderer/crawl/diagnosis.ts';
import { sentenceOf } from '../../renderer/crawl/sentence.ts';
import { FakeApi, FakeClock, status } from './fake-window.ts';

type Now = NonNullable<CrawlDto['now']>;
const now: Now = {
  newAddresses: { perSecond: 12, ceilingPerSecond: 20 },
  packets: { perSecond: 50, ceilingPerSecond: 80 },
  connections: { perSecond: 2, ceilingPerSecond: 5 },
  allowedNewAddressesPerSecond: 20,
  pace: 'at-ceiling',
  lastSignal: null,
  lastSignalAgoSeconds: null,
  replyRatio: 0.4,
  queriesReceived: 0,
  torrentsWaiting: 0,
  uptimeSeconds: 600,
  ipv6: 'not-available',
  nodes4: 300,
  nodes6: 0,
  port: 6881,
};
const disk: CrawlDto['disk'] = { usedBytes: 1e9, quotaBytes: 1e10, freeBytes: 1e11 };

describe('the sentence', () => {
  test.each([
    ['quiet below its budget', {}, /quietly: 12 new addresses/],
    ['within it', { newAddresses: { perSecond: 17, ceilingPerSecond: 20 } }, /within your budget/],
    ['full at it', { newAddresses: { perSecond: 19.8, ceilingPerSecond: 20 } }, /full pace: 20 /],
    ['rising', { pace: 'rising', allowedNewAddressesPerSecond: 12 }, /speeding up carefully/],
    ['slower after a signal', { pace: 'holding' }, /more slowly/],
    ['resting', { pace: 'resting' }, /Resting/],
  ] as const)('says %s', (_name, facts, expected) => {
    expect(sentenceOf({ state: 'running' }, { ...now, ...facts })).toMatch(expected);
  });

  test('says the state first', () => {
    expect(sentenceOf({ state: 'paused' }, now)).toMatch(/Nothing leaves/);
    expect(sentenceOf({ state: 'awaiting-consent' }, null)).toMatch(/Nothing has been sent/);
    expect(sentenceOf({ state: 'running' }, null)).toMatch(/first figures/);
  });
});

describe('the diagnosis', () => {
  const lines = (facts: Partial<Now> = {}, state: Partial<typeof status> = {}, onDisk = disk) =>
    diagnosisOf({ ...status, ...state }, { now: { ...now, ...facts }, disk: onDisk });
  const line = (key: string, ...args: Parameters<typeof lines>) => lines(...args).find((one) => one.key === key);

  test('a closed router is fine, and said only when somebody could have come', () => {
    expect(line('inbound')).toMatchObject({ mark: 'fine' });
    expect(line('inbound')?.line).toMatch(/No inbound packets.*that is fine/);
    expect(line('inbound', { uptimeSeconds: 20 })).toBeUndefined();
    expect(line('inbound', { queriesReceived: 7 })?.line).toMatch(/7 questions/);
  });

  test('silence is trouble, with its length, and comes first', () => {
    const silent = lines({}, { state: 'no-reply', problem: 'No reply from the network for 60 s. Is it up?' });
    expect(silent[0]).toMatchObject({
      mark: 'trouble',
      line: 'No replies for 60 s: is the network up?',
      act: 'network',
    });
  });

  test('IPv6 is said as it is', () => {
    expect(line('ipv6')?.line).toMatch(/^IPv6: not available/);
    expect(line('ipv6', { ipv6: 'off' })?.line).toBe('IPv6: off');
    expect(line('ipv6', { ipv6: 'running', nodes6: 1200 })?.line).toBe('IPv6: 1,200 nodes known');
  });

  test('a slower pace is news for a quarter of an hour', () => {
    expect(line('signal', { lastSignal: 'replies-fell', lastSignalAgoSeconds: 130 })?.line).toMatch(/2 min ago/);
    expect(line('signal', { lastSignal: 'replies-fell', lastSignalAgoSeconds: 1000 })).toBeUndefined();
  });

  test('few answers, a full disk and a full quota are said', () => {
    expect(line('answers', { replyRatio: 0.05 })).toMatchObject({ mark: 'notice', act: 'network' });
    expect(line('disk', {}, {}, { ...disk, freeBytes: 1e8 })).toMatchObject({ mark: 'trouble', act: 'storing' });
    expect(line('quota', {}, {}, { ...disk, usedBytes: 1e10 })).toMatchObject({ mark: 'notice' });
    expect(line('problem', {}, { problem: 'The disk is full.' })).toMatchObject({ line: 'The disk is full.' });
  });
});

describe('the charts', () => {
  const minute = (fetched: number, tried: number) => ({ sampled: 0, fresh: 0, packets: 0, fetched, tried });

  test('tell the last whole minute, and leave gaps where nothing was counted', () => {
    const series = seriesOf([null, minute(4, 8), minute(9, 9), minute(1, 2)], ({ fetched }) => fetched);
    expect(series).toEqual({ values: [null, 4, 9, 1], last: 9, least: 4, most: 9, isEmpty: false });
    expect(seriesOf([null, null], () => 1)).toMatchObject({ last: null, isEmpty: true });
  });

  test('say nothing of success by two attempts, and never more than all', () => {
    expect(successOf(minute(1, 2))).toBeNull();
    expect(successOf(minute(2, 8))).toBe(25);
    expect(successOf(minute(9, 8))).toBe(100);
  });
});

test('asks while it is watched, one question at a time, and not afterwards', async () => {
  const api = new FakeApi();
  const clock = new FakeClock();
  const crawl = new CrawlController(api.api, clock);
  const stop = crawl.watch();
  clock.pass(10_000);
  expect(api.count('getCrawl')).toBe(1);
  await api.last('getCrawl').fail('No.');
  expect(crawl.problem).toBe('No.');
  clock.pass(2000);
  expect(api.count('getCrawl')).toBe(2);
  await api.last('getCrawl').succeed({ minutes: [], now, disk, clientVersions: [] });
  expect(crawl.problem).toBeNull();
  expect(crawl.figures?.now?.port).toBe(6881);
  stop();
  clock.pass(60_000);
  expect(api.count('getCrawl')).toBe(2);
  expect(clock.timerCount).toBe(0);
});
