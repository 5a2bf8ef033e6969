import bencode from 'bencode';
import { describe, expect, it } from 'vitest';
import type { Contact, NodeContact } from '../../main/base/contact.ts';
import type { PeerStage } from '../../main/scrape/peer-stages.ts';
import type { Infohash } from '../../main/base/identifier.ts';
import { silentLog } from '../../main/base/log.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import { ScrapeLoop, type ScrapeOptions } from '../../main/scrape/scrape-loop.ts';
import { Counters } from '../../main/stats/counters.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';
import { FakeDht, newInfohash, newNode, replyFrom, type SentQuery } from './fake-dht.ts';

function newScrape(options: ScrapeOptions = {}, clock = new SimulatedClock()) {
  const counters = new Counters();
  const random = createSeededRandom(7);
  const dht = new FakeDht(clock, random);
  const found: { infohash: Infohash; peers: Contact[]; stage: PeerStage }[] = [];
  const state = { wantsMore: true, stored: new Set<string>() };
  const loop = new ScrapeLoop(
    {
      clock,
      random,
      log: silentLog,
      counters,
      dht,
      onPeers: (infohash, peers, stage) => found.push({ infohash, peers, stage }),
      areKnown: (infohashes, onAnswer) =>
        clock.setTimer(5, () => onAnswer(infohashes.map((infohash) => state.stored.has(infohash.join())))),
      wantsMore: () => state.wantsMore,
    },
    { localAddressesAllowed: true, ...options },
  );
  const referrer = () => newNode();
  return { loop, clock, counters, dht, found, state, referrer };
}

const hostsOf = (queries: SentQuery[]) => queries.map(({ contact }) => contact.host);
const peer = { host: '40.0.0.1', port: 50_000 };

describe('ScrapeLoop', () => {
  it('R2: one packet visits a BEP 51 node, and one more for each new infohash goes to the same node', () => {
    const { loop, clock, dht, found, referrer } = newScrape();
    const node = newNode();
    loop.offerNodes([node], referrer());
    loop.start();
    clock.advance(1000);
    expect(hostsOf(dht.sent)).toEqual([node.contact.host]);
    const infohashes = [newInfohash(), newInfohash()];
    const answeredAtMs = clock.nowMs();
    dht.sent[0]!.end(replyFrom(node, { samples: infohashes }));
    clock.advance(900);
    expect(dht.sent.length).toBe(2);
    expect(dht.sent[1]!.contact).toEqual(node.contact);
    expect(dht.sent[1]!.query.method).toBe('get_peers');
    expect(dht.sent[1]!.atMs - answeredAtMs).toBeLessThanOrEqual(2000);
    dht.sent[1]!.end(replyFrom(node, { values: [peer] }));
    clock.advance(1100);
    expect(dht.sent[2]!.atMs - dht.sent[1]!.atMs).toBeGreaterThanOrEqual(1000);
    dht.sent[2]!.end(replyFrom(node, { values: [peer] }));
    clock.advance(60_000);
    expect(dht.sent.length).toBe(3);
    expect(found.map(({ infohash, stage }) => [infohash, stage])).toEqual(
      infohashes.map((infohash) => [infohash, 'sampling-node']),
    );
    loop.checkInvariants();
    loop.stop();
    expect(clock.pendingCount).toBe(0);
  });

  it('R4: neither another port nor another id buys a second sample within 24 hours', () => {
    const { loop, clock, dht, referrer } = newScrape();
    const node = newNode();
    loop.offerNodes([node], referrer());
    loop.start();
    clock.advance(1000);
    dht.sent[0]!.end(replyFrom(node, { samples: [] }));
    loop.offerNodes([newNode(undefined, node.contact.host)], referrer());
    loop.offerNodes([{ id: node.id, contact: { host: node.contact.host, port: 1234 } }], referrer());
    clock.advance(23 * 3_600_000);
    expect(dht.ofMethod('sample_infohashes').length).toBe(1);
    clock.advance(3_600_000 + 61_000);
    loop.offerNodes([node], referrer());
    clock.advance(1000);
    expect(dht.ofMethod('sample_infohashes').length).toBe(2);
    loop.stop();
  });

  it('R4: the mark is set on send, so that a silent node rests too; a refused send leaves none', () => {
    const { loop, clock, dht, referrer } = newScrape();
    const [silent, refused] = [newNode(), newNode()];
    dht.refusesAll = true;
    loop.offerNodes([refused], referrer());
    loop.start();
    clock.advance(1000);
    dht.refusesAll = false;
    loop.offerNodes([refused, silent], referrer());
    clock.advance(1000);
    expect(hostsOf(dht.sent).sort()).toEqual([refused, silent].map(({ contact }) => contact.host).sort());
    for (const query of dht.sent) query.end({ kind: 'timeout' });
    loop.offerNodes([refused, silent], referrer());
    clock.advance(60_000);
    expect(dht.sent.length).toBe(2);
    loop.checkInvariants();
    loop.stop();
  });

  it('R12: nodes of the main table are sampled too, one in eight', () => {
    const { loop, clock, dht, referrer } = newScrape({ pace: 'fast' });
    const main = Array.from({ length: 40 }, () => newNode());
    for (const node of main) dht.table.insert(node, { hasAnswered: true });
    const inTable = new Set([...dht.table.nodes()].map(({ contact }) => contact.host));
    for (let index = 0; index < 25; index++)
      loop.offerNodes(
        Array.from({ length: 8 }, () => newNode()),
        referrer(),
      );
    loop.start();
    clock.advance(1200);
    const sampled = hostsOf(dht.ofMethod('sample_infohashes'));
    const share = sampled.filter((host) => inTable.has(host)).length / sampled.length;
    expect(sampled.length).toBeGreaterThan(40);
    expect(share).toBeGreaterThanOrEqual(0.1);
    expect(new Set(sampled).size).toBe(sampled.length);
    loop.stop();
  });

  it('asks a node without BEP 51 once, and then only for nodes', () => {
    const { loop, clock, dht, referrer } = newScrape();
    const node = newNode();
    loop.offerNodes([node], referrer());
    loop.start();
    clock.advance(1000);
    dht.sent[0]!.end(replyFrom(node, { samples: null }));
    clock.advance(120_000);
    expect(dht.sent.slice(1).map(({ query }) => query.method)).toEqual(['find_node']);
    expect(dht.sent[1]!.contact).toEqual(node.contact);
    loop.stop();
  });

  it('believes nothing that comes under another id than the one it was asked by', () => {
    const { loop, clock, dht, counters, referrer } = newScrape();
    const node = newNode();
    loop.offerNodes([node], referrer());
    loop.start();
    clock.advance(1000);
    dht.sent[0]!.end(replyFrom(newNode(undefined, node.contact.host), { samples: [newInfohash()] }));
    clock.advance(5000);
    expect(counters.infohashesSeen).toBe(0);
    expect(counters.dropped.get('unexpected-node-id')).toBe(1);
    expect(dht.sent.length).toBe(1);
    expect(loop.nodeCount).toBe(0);
    loop.checkInvariants();
    loop.stop();
  });

  it('samples only while more is wanted', () => {
    const { loop, clock, dht, state, referrer } = newScrape();
    state.wantsMore = false;
    loop.offerNodes([newNode(), newNode()], referrer());
    loop.start();
    clock.advance(10_000);
    expect(dht.sent.length).toBe(0);
    state.wantsMore = true;
    clock.advance(1000);
    expect(dht.sent.length).toBe(2);
    loop.stop();
  });

  it('sends nothing while paused, and goes on where it was', () => {
    const { loop, clock, dht, found, referrer } = newScrape();
    const node = newNode();
    loop.offerNodes([node], referrer());
    loop.start();
    clock.advance(1000);
    dht.sent[0]!.end(replyFrom(node, { samples: [newInfohash(), newInfohash()] }));
    clock.advance(500);
    loop.pause();
    dht.isPaused = true;
    const sentCount = dht.sent.length;
    dht.sent[sentCount - 1]!.end({ kind: 'cancelled' });
    loop.offerNodes([newNode(), newNode()], referrer());
    clock.advance(600_000);
    expect(dht.sent.length).toBe(sentCount);
    expect(clock.pendingCount).toBe(0);
    loop.checkInvariants();
    dht.isPaused = false;
    loop.resume();
    clock.advance(2000);
    for (const query of dht.ofMethod('get_peers').slice(1)) query.end(replyFrom(node, { values: [peer] }));
    clock.advance(2000);
    dht
      .ofMethod('get_peers')
      .at(-1)!
      .end(replyFrom(node, { values: [peer] }));
    expect(found.length).toBeGreaterThanOrEqual(2);
    expect(dht.ofMethod('sample_infohashes').length).toBe(3);
    loop.stop();
  });

  it('stops asking a node for peers after three silences in a row', () => {
    const { loop, clock, dht, counters, referrer } = newScrape();
    const node = newNode();
    loop.offerNodes([node], referrer());
    loop.start();
    clock.advance(1000);
    dht.sent[0]!.end(replyFrom(node, { samples: Array.from({ length: 10 }, newInfohash) }));
    for (let round = 0; round < 10; round++) {
      clock.advance(3000);
      dht.ofMethod('get_peers').at(-1)!.end({ kind: 'timeout' });
      if (dht.ofMethod('get_peers').length === 3) break;
    }
    clock.advance(60_000);
    expect(dht.ofMethod('get_peers').length).toBe(3);
    expect(counters.dropped.get('get-peers-abandoned')).toBe(7);
    loop.checkInvariants();
    loop.stop();
  });

  it('takes a node that has no peers for any of its 20 infohashes for a liar', () => {
    const { loop, clock, dht, counters, referrer } = newScrape();
    const liar = newNode();
    loop.offerNodes([liar], referrer());
    loop.start();
    clock.advance(1000);
    dht.sent[0]!.end(replyFrom(liar, { samples: Array.from({ length: 51 }, newInfohash) }));
    const ended = new Set<SentQuery>();
    for (let second = 0; second < 60; second++) {
      clock.advance(1000);
      for (const query of dht.ofMethod('get_peers')) {
        if (!ended.has(query)) query.end(replyFrom(liar, {}));
        ended.add(query);
      }
    }
    expect(dht.ofMethod('get_peers').length).toBe(20);
    expect(counters.dropped.get('fabricated-samples')).toBe(1);
    expect(dht.lookups.length).toBe(0); // nobody else sampled them
    const sentCount = dht.sent.length;
    loop.offerNodes([newNode(), newNode()], liar);
    clock.advance(5000);
    expect(dht.ofMethod('sample_infohashes').length).toBe(1);
    expect(dht.sent.length - sentCount).toBeLessThanOrEqual(5); // find_node to the main table at most
    loop.checkInvariants();
    loop.stop();
  });

  it('asks another node that sampled it, then looks it up, when the source had no peers; the stage is told', () => {
    const { loop, clock, dht, found, referrer } = newScrape();
    const [first, second] = [newNode(), newNode()];
    const infohash = newInfohash();
    const unanswered: unknown[] = [];
    loop.stages.onUnanswered = ({ failureCount, popularity }) => unanswered.push({ failureCount, popularity });
    loop.offerNodes([first, second], referrer());
    loop.start();
    clock.advance(1000);
    const [toFirst, toSecond] = dht.ofMethod('sample_infohashes');
    toFirst!.end(replyFrom(first, { samples: [infohash] }));
    clock.advance(1000);
    dht.ofMethod('get_peers')[0]!.end(replyFrom(first, {}));
    expect(unanswered).toEqual([{ failureCount: 1, popularity: 1 }]);
    toSecond!.end(replyFrom(second, { samples: [infohash] }));
    clock.advance(1500);
    dht.ofMethod('get_peers')[1]!.end(replyFrom(second, { values: [peer] }));
    expect(found.map(({ stage }) => stage)).toEqual(['other-nodes']);
    expect(dht.lookups).toEqual([]);
    loop.stages.failed(infohash);
    clock.advance(3000);
    expect(dht.lookups).toEqual([infohash]);
    expect(found.map(({ stage }) => stage)).toEqual(['other-nodes', 'lookup']);
    loop.checkInvariants();
    loop.stop();
  });

  it('asks for nothing that is stored', () => {
    const { loop, clock, dht, state, counters, referrer } = newScrape();
    const node = newNode();
    const [stored, warmed, fresh] = [newInfohash(), newInfohash(), newInfohash()];
    state.stored.add(stored.join());
    loop.warmUp(warmed.slice());
    loop.offerNodes([node], referrer());
    loop.start();
    clock.advance(1000);
    state.stored.add(warmed.join());
    dht.sent[0]!.end(replyFrom(node, { samples: [stored, warmed, fresh] }));
    clock.advance(3000);
    expect(dht.ofMethod('get_peers').map(({ query }) => 'infohash' in query && query.infohash)).toEqual([fresh]);
    expect(counters.infohashesSeen).toBe(3);
    expect(counters.infohashesNew).toBe(1);
    loop.stop();
  });

  it('uses at most 8 new contacts of a reply and lets 16 of one referrer wait', () => {
    const { loop, clock, dht, state, referrer } = newScrape();
    state.wantsMore = false;
    const greedy = referrer();
    const count = () => {
      loop.checkInvariants();
      return dht.sent.length;
    };
    loop.offerNodes(
      Array.from({ length: 60 }, () => newNode()),
      greedy,
    );
    loop.offerNodes(
      Array.from({ length: 60 }, () => newNode()),
      greedy,
    );
    loop.offerNodes(
      Array.from({ length: 60 }, () => newNode()),
      greedy,
    );
    state.wantsMore = true;
    loop.start();
    clock.advance(20_000);
    expect(count()).toBe(16);
    for (const query of dht.sent) query.end({ kind: 'timeout' });
    loop.offerNodes([newNode()], greedy);
    clock.advance(5000);
    expect(count()).toBe(16); // none of 16 answered: it is ignored
    loop.stop();
  });

  it('probes once in ten seconds while the network is away, and blames nobody', () => {
    const { loop, clock, dht, referrer } = newScrape();
    dht.isSilent = true;
    for (let index = 0; index < 4; index++)
      loop.offerNodes(
        Array.from({ length: 8 }, () => newNode()),
        referrer(),
      );
    loop.start();
    clock.advance(60_000);
    expect(dht.sent.length).toBeGreaterThanOrEqual(5);
    expect(dht.sent.length).toBeLessThanOrEqual(7);
    for (const query of dht.sent) query.end({ kind: 'timeout' });
    expect(loop.clientVersions.rows()).toEqual([]);
    loop.checkInvariants();
    loop.stop();
  });

  it('R11: comes back after a restart with its needles, nodes, candidates and marks, through a file', () => {
    const clock = new SimulatedClock();
    const { loop, dht, referrer } = newScrape({ pace: 'fast' }, clock);
    const nodeOf = new Map<string, NodeContact>();
    for (let index = 0; index < 160; index++) {
      const node = newNode();
      nodeOf.set(node.contact.host, node);
      loop.offerNodes([node], referrer());
    }
    loop.start();
    clock.advance(2000);
    for (const { contact, end } of dht.ofMethod('sample_infohashes')) {
      end(replyFrom(nodeOf.get(contact.host)!, { samples: [] }));
    }
    loop.pause();
    expect(loop.nodeCount).toBeGreaterThan(20);
    const saved = bencode.decode(bencode.encode(loop.save()));
    const again = newScrape({ pace: 'fast' }, clock);
    again.loop.restore(saved, { ownIdChanged: false });
    again.loop.checkInvariants();
    expect(bencode.encode(again.loop.save())).toEqual(bencode.encode(loop.save()));
    expect(again.loop.nodeCount).toBe(loop.nodeCount);
    again.loop.start();
    clock.advance(30_000);
    const sampledBefore = new Set(hostsOf(dht.ofMethod('sample_infohashes')));
    const sampledAfter = hostsOf(again.dht.ofMethod('sample_infohashes'));
    expect(sampledBefore.size).toBeGreaterThan(20);
    expect(sampledAfter.length).toBeGreaterThan(20);
    expect(sampledAfter.filter((host) => sampledBefore.has(host))).toEqual([]);
    again.loop.stop();
    loop.stop();
  });

  it('R11: restores nothing from what is not its own, and never throws', () => {
    const { loop } = newScrape();
    const before = loop.save();
    const nonsense: unknown[] = [null, 7, 'text', [], {}, { version: 1 }, { ...before, version: 2 }, new Uint8Array(3)];
    for (const value of nonsense) loop.restore(value, { ownIdChanged: false });
    expect(bencode.encode(loop.save())).toEqual(bencode.encode(before));
    loop.restore(
      { ...before, needles: [{ needle: 1 }, null, { needle: new Uint8Array(20), nodes: 'x', candidates: [] }] },
      { ownIdChanged: false },
    );
    loop.restore({ ...before, cooldown: { key: 'no', slots: 3 } }, { ownIdChanged: true });
    const cut = {
      ...before,
      needles: before.needles.map((needle) => ({ ...needle, nodes: new Uint8Array(33).fill(6) })),
    };
    loop.restore(cut, { ownIdChanged: false });
    loop.checkInvariants();
  });
});
