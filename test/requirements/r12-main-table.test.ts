// R12: the main table is sampled as well, with the same courtesy and its own counter.
import { expect, test } from 'vitest';
import { newNode } from '../scrape/fake-dht.ts';
import { hostsOf, newScrape } from '../scrape/rigs.ts';

test('R12 nodes of the main table are sampled too, one in eight', () => {
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
