import { describe, expect, it } from 'vitest';
import type { Contact } from '../../main/base/contact.ts';
import type { Infohash } from '../../main/base/identifier.ts';
import type { QueryOutcome } from '../../main/dht/dht-node.ts';
import { EXPIRES_AFTER_MS, GetPeersList, type SendVerdict, WAITING_MAX } from '../../main/scrape/get-peers-list.ts';
import { PeerLookups } from '../../main/scrape/peer-lookups.ts';
import { ClientVersions } from '../../main/stats/client-versions.ts';
import { Counters } from '../../main/stats/counters.ts';
import { newInfohash, newNode, replyFrom } from './fake-dht.ts';

interface Sent {
  readonly contact: Contact;
  readonly infohash: Infohash;
  readonly end: (outcome: QueryOutcome) => void;
}

function newList() {
  const state = { nowMs: 0, verdict: 'sent' as SendVerdict };
  const counters = new Counters();
  const versions = new ClientVersions();
  const sent: Sent[] = [];
  const peers: Infohash[] = [];
  const withoutPeers: Infohash[] = [];
  const list = new GetPeersList({
    counters,
    versions,
    nowMs: () => state.nowMs,
    send: (contact, infohash, end) => {
      if (state.verdict === 'sent') sent.push({ contact, infohash, end });
      return state.verdict;
    },
    onPeers: (infohash) => peers.push(infohash),
    onNoPeers: (infohash) => withoutPeers.push(infohash),
    onBarren: () => undefined,
  });
  return { list, state, counters, versions, sent, peers, withoutPeers };
}

const timeout: QueryOutcome = { kind: 'timeout' };

describe('GetPeersList', () => {
  it('has one query at a time under way to a node, and a second between two', () => {
    const { list, state, sent, peers } = newList();
    const source = list.newSource(newNode(), 'LT\x02\x07');
    const infohashes = [newInfohash(), newInfohash(), newInfohash()];
    for (const infohash of infohashes) list.add(infohash, source);
    for (let tick = 0; tick < 100; tick++) list.tick((state.nowMs += 50), true);
    expect(sent.length).toBe(1);
    sent[0]!.end(replyFrom(source.node, { values: [{ host: '1.2.3.4', port: 9 }] }));
    list.tick((state.nowMs += 50), true);
    sent[1]!.end(replyFrom(source.node, { values: [{ host: '1.2.3.4', port: 9 }] }));
    list.tick(state.nowMs + 900, true);
    expect(sent.length).toBe(2);
    list.tick(state.nowMs + 1000, true);
    expect(sent.map(({ infohash }) => infohash)).toEqual(infohashes);
    expect(peers).toEqual(infohashes.slice(0, 2));
    list.checkInvariants();
  });

  it('takes a busy address up again in the next ticks, and stops the tick when the budget is spent', () => {
    const { list, state, sent } = newList();
    const sources = [newNode(), newNode(), newNode()].map((node) => list.newSource(node, null));
    for (const source of sources) list.add(newInfohash(), source);
    state.verdict = 'address-busy';
    list.tick(10, true);
    state.verdict = 'sent';
    list.tick(100, true);
    expect(sent.length).toBe(0);
    list.tick(210, true);
    expect(sent.length).toBe(3);
    list.add(newInfohash(), list.newSource(newNode(), null));
    state.verdict = 'no-budget';
    list.tick(220, true);
    list.checkInvariants();
    state.verdict = 'sent';
    list.tick(221, true);
    expect(sent.length).toBe(4);
  });

  it('forgets three silences in a row only, and what waited 20 minutes', () => {
    const { list, state, sent, counters, withoutPeers } = newList();
    const source = list.newSource(newNode(), null);
    for (let index = 0; index < 6; index++) list.add(newInfohash(), source);
    const step = (outcome: QueryOutcome) => {
      list.tick((state.nowMs += 1000), true);
      sent.at(-1)!.end(outcome);
    };
    step(timeout);
    step(timeout);
    step(replyFrom(source.node, {})); // it lives: counting starts again
    step(timeout);
    step(timeout);
    expect(withoutPeers.length).toBe(5); // a silence is no answer either
    expect(list.waitingCount).toBe(1);
    state.nowMs = EXPIRES_AFTER_MS;
    list.tick(state.nowMs, false);
    expect(list.waitingCount).toBe(0);
    expect(counters.dropped.get('get-peers-expired')).toBe(1);
    expect(sent.length).toBe(5);
    list.checkInvariants();
  });

  it('holds 2,000 infohashes, counts what is too many, and is busy from 80% down to 50%', () => {
    const { list, counters, sent, state } = newList();
    for (let index = 0; index < WAITING_MAX + 40; index++) {
      list.add(newInfohash(), list.newSource(newNode(), null));
      expect(list.isBusy).toBe(index + 1 >= WAITING_MAX * 0.8);
    }
    expect(list.waitingCount).toBe(WAITING_MAX);
    expect(counters.overflows.get('get-peers')).toBe(40);
    list.checkInvariants();
    while (list.waitingCount > 0) {
      list.tick((state.nowMs += 50), true);
      expect(list.isBusy).toBe(list.waitingCount > WAITING_MAX * 0.5);
    }
    expect(sent.length).toBe(WAITING_MAX);
    for (const { end } of sent) end({ kind: 'cancelled' }); // a pause gives all back
    list.checkInvariants();
    expect(list.waitingCount).toBe(WAITING_MAX);
  });

  it('counts peers by the client that named them', () => {
    const { list, sent, versions, counters } = newList();
    const source = list.newSource(newNode(), 'LT\x02\x07');
    list.add(newInfohash(), source);
    list.tick(0, true);
    sent[0]!.end(replyFrom(source.node, { values: [1, 2, 3].map((port) => ({ host: '1.2.3.4', port })) }));
    expect(counters.peersFound).toBe(3);
    expect(versions.rows()[0]).toMatchObject({ version: 'LT\x02\x07', infohashesWithPeers: 1 });
  });
});

describe('PeerLookups', () => {
  it('runs two at once, starts one in five seconds, and refuses more than 200 waiting', () => {
    const counters = new Counters();
    const under: { infohash: Uint8Array; done: (peers: Contact[]) => void }[] = [];
    const found: Infohash[] = [];
    const foundNobody: Infohash[] = [];
    const unheard: Infohash[] = [];
    const lookups = new PeerLookups({
      counters,
      lookupPeers: (infohash, done) => under.push({ infohash, done }) > 0,
      onPeers: (infohash) => found.push(infohash),
      onNoPeers: (infohash) => foundNobody.push(infohash),
      onUnheard: (infohash) => unheard.push(infohash),
    });
    const wanted = Array.from({ length: 250 }, newInfohash);
    expect(wanted.filter((infohash) => lookups.offer(infohash, 0))).toHaveLength(200);
    expect(lookups.waitingCount).toBe(200);
    expect(counters.overflows.get('peer-lookups')).toBe(50);
    for (let ms = 0; ms <= 30_000; ms += 50) lookups.tick(ms);
    expect(under.map(({ infohash }) => infohash)).toEqual(wanted.slice(0, 2));
    counters.repliesReceived++;
    under[0]!.done([]);
    under[1]!.done([{ host: '1.1.1.1', port: 1 }]);
    expect(found).toEqual([wanted[1]]);
    expect(foundNobody).toEqual([wanted[0]]);
    for (let ms = 30_050; ms <= 33_000; ms += 50) lookups.tick(ms);
    expect(under.length).toBe(3);
    lookups.tick(21 * 60_000); // the others are too old by now
    expect(under.length).toBe(3);
    expect(lookups.waitingCount).toBe(0);
    expect([foundNobody.length, unheard.length]).toEqual([1, 197]);
    // Not one node answered: that is no finding.
    expect(lookups.offer(wanted[240]!, 21 * 60_000)).toBe(true);
    lookups.tick(22 * 60_000);
    under[3]!.done([]);
    expect([foundNobody.length, unheard.at(-1)]).toEqual([1, wanted[240]]);
    lookups.checkInvariants();
  });
});
