// R2: the reply to sample_infohashes both harvests and walks on; find_node is for who does not speak BEP 51.
import { expect, test } from 'vitest';
import { newInfohash, newNode, replyFrom } from '../scrape/fake-dht.ts';
import { hostsOf, newScrape, peer } from '../scrape/rigs.ts';

test('R2 one packet visits a BEP 51 node, and one more for each new infohash goes to the same node', () => {
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

test('R2 the nodes of a reply are walked on to: a chain of 30 is visited with one sample each and no find_node', () => {
  const { loop, clock, dht } = newScrape({ pace: 'fast' });
  const chain = Array.from({ length: 30 }, () => newNode());
  const nextOf = new Map(chain.map((node, index) => [node.contact.host, chain[index + 1]]));
  loop.offerNodes([chain[0]!], newNode());
  loop.start();
  for (let answered = 0; answered < chain.length; answered++) {
    clock.advance(600);
    const query = dht.sent[answered]!;
    const node = chain[answered]!;
    query.end(replyFrom(node, { samples: [] }));
    const next = nextOf.get(node.contact.host);
    if (next !== undefined) loop.offerNodes([next], node); // as DhtNode.onNodes hands them over
  }
  clock.advance(30_000);
  expect(dht.sent.map(({ contact, query }) => [contact.host, query.method])).toEqual(
    chain.map(({ contact }) => [contact.host, 'sample_infohashes']),
  );
  loop.stop();
});
