// R4: nobody is sampled twice within 24 hours: by address, not by id or port, and across restarts.
import { expect, test } from 'vitest';
import { createSeededRandom } from '../../main/base/random.ts';
import { Cooldown } from '../../main/scrape/cooldown.ts';
import { newNode, replyFrom } from '../scrape/fake-dht.ts';
import { hostsOf, newCooldown, newScrape } from '../scrape/rigs.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const START = 1_700_000_000;

test('R4 an address rests for 23 h 59 and is free after 24 h 01, whenever it was asked', () => {
  for (const secondOfHour of [0, 1, 59, 60, 1799, 1800, 3540, 3599]) {
    const { clock, cooldown } = newCooldown();
    clock.now = Math.floor(START / HOUR) * HOUR + secondOfHour;
    expect(cooldown.isResting('20.0.0.1')).toBe(false);
    cooldown.mark('20.0.0.1');
    expect(cooldown.isResting('20.0.0.1')).toBe(true);
    expect(cooldown.isResting('20.0.0.2')).toBe(false);
    clock.now += DAY - 60;
    expect(cooldown.isResting('20.0.0.1')).toBe(true);
    clock.now += 120;
    expect(cooldown.isResting('20.0.0.1')).toBe(false);
    cooldown.checkInvariants();
  }
});

test('R4 the cooldown survives a restart', () => {
  const { clock, cooldown } = newCooldown();
  cooldown.mark('20.0.0.1');
  cooldown.mark('2001:db9:1:2::3');
  clock.now += 5 * HOUR;
  cooldown.mark('20.0.0.2');
  const saved = cooldown.save();
  const restarted = new Cooldown(() => clock.now, createSeededRandom(2));
  clock.now += 3 * HOUR;
  restarted.restore(saved);
  restarted.checkInvariants();
  for (const host of ['20.0.0.1', '20.0.0.2', '2001:db9:1:2::3']) expect(restarted.isResting(host)).toBe(true);
  expect(restarted.isResting('20.0.0.3')).toBe(false);
  clock.now += 16 * HOUR + 60;
  expect(restarted.isResting('20.0.0.1')).toBe(false);
  expect(restarted.isResting('20.0.0.2')).toBe(true);
});

test('R4 another address of the same /64 does not reset it, one of another /64 is another', () => {
  const { cooldown } = newCooldown();
  cooldown.mark('2a01:4f8:10:20::1');
  expect(cooldown.isResting('2a01:4f8:10:20:ffff::9')).toBe(true);
  expect(cooldown.isResting('2a01:4f8:10:21::1')).toBe(false);
});

test('R4 neither another port nor another id buys a second sample within 24 hours', () => {
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

test('R4 the mark is set on send, so that a silent node rests too; a refused send leaves none', () => {
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
