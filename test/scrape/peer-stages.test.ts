// The stages in their order, each infohash in one at a time, whatever comes when; bounded, and nothing that failed is lost.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import type { Infohash } from '../../main/base/identifier.ts';
import type { SampleSource } from '../../main/scrape/get-peers-list.ts';
import { PeerStages, SEARCHES_MAX, type Unanswered } from '../../main/scrape/peer-stages.ts';
import { Counters } from '../../main/stats/counters.ts';
import { newInfohash, newNode } from './fake-dht.ts';

const peer = { host: '40.0.0.1', port: 5000 };

function newStages() {
  const counters = new Counters();
  const did: string[] = [];
  const unanswered: Unanswered[] = [];
  const state = { canAsk: true, canLookUp: true };
  const stages = new PeerStages({
    counters,
    askNode: (_infohash, source) => {
      if (state.canAsk) did.push(`ask ${source.node.contact.host}`);
      return state.canAsk;
    },
    lookUp: () => {
      if (state.canLookUp) did.push('lookup');
      return state.canLookUp;
    },
    onPeers: (_infohash, _peers, stage) => did.push(`peers by ${stage}`),
  });
  stages.onUnanswered = (what) => unanswered.push(what);
  return { stages, counters, did, unanswered, state };
}

/** As much of a source as the stages look at. */
function sourceAt(host: string): SampleSource {
  return { node: { ...newNode(), contact: { host, port: 6881 } } } as unknown as SampleSource;
}

describe('PeerStages', () => {
  it('goes from the sampling node to others, to a lookup, to the ladder', () => {
    const { stages, did, unanswered } = newStages();
    const infohash = newInfohash();
    stages.begin(infohash, sourceAt('1.1.1.1'));
    stages.sampledAgain(infohash, sourceAt('1.1.1.1')); // the same node says nothing new
    stages.sampledAgain(infohash, sourceAt('2.2.2.2'));
    stages.found(infohash, [peer]);
    stages.failed(infohash);
    stages.nothing(infohash);
    stages.found(infohash, [peer]);
    stages.failed(infohash);
    expect(did).toEqual(['ask 1.1.1.1', 'peers by sampling-node', 'ask 2.2.2.2', 'lookup', 'peers by lookup']);
    expect(unanswered).toEqual([{ infohash, failureCount: 1, popularity: 2 }]);
    stages.checkInvariants();
  });

  it('spends no lookup on what one node alone sampled', () => {
    const { stages, did, unanswered } = newStages();
    const infohash = newInfohash();
    stages.begin(infohash, sourceAt('1.1.1.1'));
    stages.nothing(infohash);
    expect(did).toEqual(['ask 1.1.1.1']);
    expect(unanswered).toHaveLength(1);
  });

  it('begins again when another node samples what rests, on the same rung', () => {
    const { stages, did, unanswered } = newStages();
    const infohash = newInfohash();
    stages.begin(infohash, sourceAt('1.1.1.1'));
    stages.nothing(infohash);
    stages.sampledAgain(infohash, sourceAt('3.3.3.3'));
    expect(did.at(-1)).toBe('ask 3.3.3.3');
    stages.nothing(infohash);
    stages.nothing(infohash);
    expect(unanswered.map(({ failureCount }) => failureCount)).toEqual([1, 1]);
  });

  it('a retry is one lookup, and climbs one rung', () => {
    const { stages, did, unanswered, state } = newStages();
    const infohash = newInfohash();
    state.canLookUp = false;
    expect(stages.retry(infohash, { failureCount: 1, popularity: 9 })).toBe(false);
    state.canLookUp = true;
    expect(stages.retry(infohash, { failureCount: 1, popularity: 9 })).toBe(true);
    stages.found(infohash, [peer]);
    stages.failed(infohash);
    expect(did).toEqual(['lookup', 'peers by retry']);
    expect(unanswered).toEqual([{ infohash, failureCount: 2, popularity: 9 }]);
  });

  it('what is settled is forgotten; what is postponed goes straight to the ladder', () => {
    const { stages, unanswered } = newStages();
    const [fetched, postponed] = [newInfohash(), newInfohash()];
    stages.begin(fetched, sourceAt('1.1.1.1'));
    stages.begin(postponed, sourceAt('1.1.1.1'));
    stages.settled(fetched);
    stages.failed(fetched);
    stages.sampledAgain(postponed, sourceAt('2.2.2.2'));
    stages.postpone(postponed);
    expect(unanswered).toEqual([{ infohash: postponed, failureCount: 1, popularity: 2 }]);
    expect(stages.count).toBe(1);
  });

  it('what the ladder lent and our own network was in the way of stays on its rung: nothing is told', () => {
    const { stages, unanswered } = newStages();
    const infohash = newInfohash();
    stages.retry(infohash, { failureCount: 2, popularity: 9 });
    stages.postpone(infohash);
    expect([unanswered, stages.count]).toEqual([[], 0]);
  });

  it('keeps its limit; an unfinished search that has to go is counted and handed to the ladder', () => {
    const { stages, counters, unanswered } = newStages();
    const first = newInfohash();
    stages.begin(first, sourceAt('1.1.1.1'));
    for (let index = 0; index < SEARCHES_MAX; index++) stages.begin(newInfohash(), sourceAt('1.1.1.1'));
    expect(stages.count).toBe(SEARCHES_MAX);
    expect(counters.overflows.get('peer-searches')).toBe(1);
    expect(unanswered.map(({ infohash }) => toHex(infohash))).toEqual([toHex(first)]);
    stages.checkInvariants();
  });

  it('never asks a host twice, never looks up twice, and ends every search, under any order of events', () => {
    const event = fc.record({
      kind: fc.constantFrom('again', 'found', 'nothing', 'failed', 'canAsk', 'canLookUp'),
      host: fc.nat(6),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const { stages, did, unanswered, state } = newStages();
        const infohash: Infohash = newInfohash();
        stages.begin(infohash, sourceAt('9.9.9.0'));
        for (const { kind, host } of events) {
          if (kind === 'again') stages.sampledAgain(infohash, sourceAt(`9.9.9.${host}`));
          else if (kind === 'found') stages.found(infohash, [peer]);
          else if (kind === 'nothing') stages.nothing(infohash);
          else if (kind === 'failed') stages.failed(infohash);
          else state[kind] = host % 2 === 0;
          stages.checkInvariants();
        }
        const asked = did.filter((what) => what.startsWith('ask'));
        expect(new Set(asked).size).toBe(asked.length);
        expect(did.filter((what) => what === 'lookup').length).toBeLessThanOrEqual(1);
        expect(unanswered.every(({ failureCount }) => failureCount === 1)).toBe(true);
        for (let count = 0; count < 12; count++) {
          stages.nothing(infohash);
          stages.failed(infohash);
        }
        expect(unanswered.length).toBeGreaterThan(0);
      }),
      { numRuns: 200 },
    );
  });
});
