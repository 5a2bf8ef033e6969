// What is on the safety list is never asked for, at whatever moment the list comes: not while it is still being read, not
// from the retry ladder, not by a list of magnets. (housekeeping.test.ts has the file itself.)
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { NO_POLICY } from '../../main/store/owner-contract.ts';
import { LOOK_EVERY_MS } from '../../main/store/housekeeping.ts';
import { packed, sha1Of, temporaryPath } from '../catalogue/support.ts';
import { startWriter, type WriterUnderTest } from './writer-support.ts';

const digestOf = (infohash: Uint8Array): string => createHash('sha256').update(infohash).digest('hex');
const v1 = (name: string): Uint8Array => sha1Of(name);
const entry = (infohash: Uint8Array, dueAtUnixSeconds: number) =>
  ({ infohash, purpose: 'metadata', failureCount: 1, popularity: 1, dueAtUnixSeconds }) as const;

function ask(under: WriterUnderTest, infohashes: readonly Uint8Array[]): number[] {
  under.send({ type: 'are-known', questionId: 1, infohashes: packed(infohashes) });
  return [...under.repliesOf('known').at(-1)!.isKnown];
}

async function untilRead(under: WriterUnderTest): Promise<void> {
  for (let turn = 0; turn < 2000 && under.statuses.at(-1)?.safetyList?.entryCount !== 1; turn++) {
    await nextTurn();
    under.clock.advance(LOOK_EVERY_MS);
  }
  expect(under.statuses.at(-1)!.safetyList).toMatchObject({ entryCount: 1, problem: null });
}

describe('an infohash on the safety list', () => {
  it('is not asked for while the list is still being read: everything rests until it is', async () => {
    const list = temporaryPath('list.txt');
    writeFileSync(list, digestOf(v1('listed')));
    const under = startWriter(temporaryPath());
    expect(ask(under, [v1('listed'), v1('other')])).toEqual([0, 0]);
    under.writer.setPolicy({ ...NO_POLICY, safetyListPath: list });
    expect(ask(under, [v1('listed'), v1('other')])).toEqual([2, 2]);
    await untilRead(under);
    expect(ask(under, [v1('listed'), v1('other')])).toEqual([1, 0]);
  });

  it('is not handed out by the retry ladder that it was on before', async () => {
    const list = temporaryPath('list.txt');
    writeFileSync(list, digestOf(v1('listed')));
    const under = startWriter(temporaryPath());
    const past = under.clock.nowUnixSeconds() - 10;
    under.send({ type: 'retry-add', entries: [entry(v1('listed'), past), entry(v1('other'), past)] });
    under.writer.setPolicy({ ...NO_POLICY, safetyListPath: list });
    under.send({ type: 'retry-take', limit: 10 });
    expect(under.repliesOf('retry-due').at(-1)!.entries).toEqual([]);
    await untilRead(under);
    under.send({ type: 'retry-take', limit: 10 });
    const reply = under.repliesOf('retry-due').at(-1)!;
    expect(reply.entries.map(({ infohash }) => Buffer.from(infohash))).toEqual([Buffer.from(v1('other'))]);
    expect(reply.waitingCount).toBe(1);
  });
});
