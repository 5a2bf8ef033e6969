// The writer's part in the metadata pipeline, over its port and on a real file.
import { describe, expect, it } from 'vitest';
import type { RetryEntry } from '../../main/catalogue/torrent.ts';
import { RetryDesk } from '../../main/store/retry-desk.ts';
import { IS_KNOWN, IS_NEW, IS_RESTING } from '../../main/store/store-contract.ts';
import { salvageRows } from '../../main/catalogue/salvage.ts';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { madeTorrent, openAt, packed, sha1Of, temporaryPath } from '../catalogue/support.ts';
import { startWriter } from './writer-support.ts';

const START = 1_790_000_001;

function entry(seed: number, changes: Partial<RetryEntry> = {}): RetryEntry {
  const rest = { purpose: 'metadata', failureCount: 1, popularity: 1, dueAtUnixSeconds: START + 3600 } as const;
  return { infohash: sha1Of(`retry ${seed}`), ...rest, ...changes };
}

describe('the writer', () => {
  it('keeps the ladder, and answers what is due', () => {
    const rig = startWriter(temporaryPath());
    rig.send({ type: 'retry-add', entries: [entry(1), entry(2, { dueAtUnixSeconds: START - 1, popularity: 5 })] });
    rig.send({ type: 'retry-take', limit: 10 });
    const [due] = rig.repliesOf('retry-due');
    expect(due).toMatchObject({ waitingCount: 2, evictedCount: 0 });
    expect(due?.entries).toEqual([entry(2, { dueAtUnixSeconds: START - 1, popularity: 5 })]);
    rig.send({ type: 'retry-remove', infohashes: packed([entry(1).infohash, entry(2).infohash]) });
    rig.send({ type: 'retry-take', limit: 10 });
    expect(rig.repliesOf('retry-due')[1]).toMatchObject({ entries: [], waitingCount: 0 });
    rig.writer.checkInvariants();
  });

  it('tells new, known, invalid and resting apart', () => {
    const rig = startWriter(temporaryPath());
    const stored = madeTorrent(1);
    rig.send({ type: 'store', torrents: [stored] });
    rig.clock.advance(1000);
    rig.send({ type: 'retry-add', entries: [entry(1), entry(2, { dueAtUnixSeconds: START - 9 })] });
    rig.send({ type: 'invalid', infohashes: packed([sha1Of('nonsense')]) });
    const asked = [sha1Of('new'), stored.infohashV1!, sha1Of('nonsense'), entry(1).infohash, entry(2).infohash];
    rig.send({ type: 'are-known', questionId: 3, infohashes: packed(asked) });
    expect([...rig.repliesOf('known')[0]!.isKnown]).toEqual([IS_NEW, IS_KNOWN, IS_KNOWN, IS_RESTING, IS_NEW]);
    // The question itself was one more node that sampled it.
    rig.clock.advance(3_700_000);
    rig.send({ type: 'retry-take', limit: 1 });
    expect(rig.repliesOf('retry-due')[0]?.entries[0]).toMatchObject({ infohash: entry(1).infohash, popularity: 2 });
  });

  it('says who has a torrent, and that it is dead', () => {
    const path = temporaryPath();
    const rig = startWriter(path);
    const { infohashV1 } = madeTorrent(1);
    rig.send({ type: 'store', torrents: [madeTorrent(1)] });
    rig.clock.advance(1000);
    const count = { seeders: 0, leechers: 0, checkedAtUnixSeconds: START };
    rig.send({ type: 'health', reports: [{ infohash: infohashV1!, source: 'dht', ...count }] });
    rig.send({ type: 'dead', infohashes: packed([infohashV1!]) });
    expect(openAt(path).reader.health.get(1)).toEqual({ dht: count, tracker: null, isDead: true });
  });
});

it('what has been blocked since, or is on the safety list, leaves the ladder instead of being handed out', () => {
  const catalogue = openAt(temporaryPath());
  const desk = new RetryDesk();
  const due = { dueAtUnixSeconds: START - 1 };
  desk.receive(catalogue, { type: 'retry-add', entries: [entry(1, due), entry(2, due), entry(3, due)] });
  catalogue.judge = ({ infohashes }) => (infohashes.some((each) => each[0] === entry(2).infohash[0]) ? 'list' : null);
  catalogue.blocked.add({ infohashes: [entry(1).infohash], reason: 'person', name: null, atUnixSeconds: START });
  expect(desk.due(catalogue, 10, START)).toMatchObject({ entries: [entry(3, due)], waitingCount: 1 });
  catalogue.checkInvariants();
});

it('how often a torrent was sampled is added up, and what is not stored is passed over', () => {
  const path = temporaryPath();
  const rig = startWriter(path);
  rig.send({ type: 'store', torrents: [madeTorrent(1)] });
  rig.clock.advance(1000);
  const infohashes = packed([sha1Of('a stranger'), madeTorrent(1).infohashV1!]);
  for (const times of [3, 4])
    rig.send({ type: 'sightings', infohashes, times: Uint16Array.of(9, times), lastAtUnixSeconds: START + times });
  expect(openAt(path).reader.detailsById(1)).toMatchObject({ timesSeen: 8, lastSeenAtUnixSeconds: START + 4 });
  rig.writer.checkInvariants();
});

describe('while nothing can be written', () => {
  it('messages wait, bounded and counted, and go in order afterwards', () => {
    const desk = new RetryDesk();
    for (let seed = 0; seed < 300; seed++) desk.receive(null, { type: 'retry-add', entries: [entry(seed)] });
    expect(desk.droppedCount).toBe(300 - 256);
    expect(desk.due(null, 10, START)).toMatchObject({ entries: [], waitingCount: 0 });
    const catalogue = openAt(temporaryPath());
    expect(desk.due(catalogue, 10, START)).toMatchObject({ waitingCount: 256 });
    desk.checkInvariants();
  });
});

it('a damaged catalogue of version 1, which has no such tables, can still be salvaged', () => {
  const path = temporaryPath();
  copyFileSync(join(import.meta.dirname, '../fixtures/catalogue/catalogue-v1.db'), path);
  expect([...salvageRows(path, null)]).toHaveLength(3);
});
