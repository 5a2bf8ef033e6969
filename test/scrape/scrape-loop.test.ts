import { describe, expect, it } from 'vitest';
import { newInfohash, newNode, replyFrom, type SentQuery } from './fake-dht.ts';
import { newScrape, peer } from './rigs.ts';

describe('ScrapeLoop', () => {
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
    const sampleOf = (node: typeof first) =>
      dht.ofMethod('sample_infohashes').find(({ contact }) => contact.host === node.contact.host)!;
    sampleOf(first).end(replyFrom(first, { samples: [infohash] }));
    clock.advance(1000);
    dht.ofMethod('get_peers')[0]!.end(replyFrom(first, {}));
    expect(unanswered).toEqual([{ failureCount: 1, popularity: 1 }]);
    sampleOf(second).end(replyFrom(second, { samples: [infohash] }));
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
});
