// All invariants of protocol.md 6.6 after every single event of a life in fast motion: every timer that fires and every
// datagram that comes in, through joining, crawling, an outage, a pause, sleep, a new address, and the end.
//   I1 to I7, I9   checkInvariants of every structure (among them: buckets, heaps, queues in order, in flight = transactions)
//   I8, I11, I12   judged from outside, on what is sent (manners.ts)
//   I10            at the end
import { afterEach, describe, expect, test } from 'vitest';
import * as codec from '../../main/wire/krpc-codec.ts';
import { simulationSeed } from '../simulation/simulated-nodes.ts';
import { LivingWorld, MINUTE_MS } from './living-world.ts';

const seed = simulationSeed(20_260_778);
let world: LivingWorld;
afterEach(() => world.stop());

describe(`invariants (SEED=${seed})`, () => {
  test('I1 to I12 hold after every event', { timeout: 1_800_000 }, async () => {
    world = new LivingWorld({ seed, nodeCount: 300, newTorrentEveryMs: 1_000 });
    const { clock, discovery, network, manners } = world;
    let events = 0;
    const check = (): void => {
      events++;
      try {
        discovery.checkInvariants();
      } catch (error) {
        throw new Error(`SEED=${seed}, event ${events}, ${clock.nowMs()} ms: ${String(error)}`, { cause: error });
      }
    };
    clock.onEvent = check;
    network.onDelivered = check;
    network.birthsPerMinute = 200;

    await world.start();
    await world.pass(MINUTE_MS);
    expect(discovery.status().samplesAnswered).toBeGreaterThan(30);
    network.isDown = true;
    await world.pass(75_000);
    network.isDown = false;
    await world.pass(20_000);
    discovery.pause();
    await world.pass(5_000);
    discovery.resume();
    await world.pass(10_000);
    clock.sleep(70 * MINUTE_MS); // an id may change once an hour
    await world.pass(20_000);
    const idBefore = discovery.status().nodeIdHex;
    network.externalHost = '99.7.7.7';
    discovery.setPace('fast');
    await world.pass(MINUTE_MS);
    check();
    expect(discovery.status().nodeIdHex).not.toBe(idBefore); // BEP 42: every node was inserted again
    expect(manners.problems).toEqual([]);
    expect(events).toBeGreaterThan(10_000);
    // I12: the client has no way to say it.
    expect(Object.keys(codec).filter((name) => /announce/i.test(name))).toEqual([]);

    const begunAtMs = performance.now();
    await discovery.stop();
    expect(performance.now() - begunAtMs).toBeLessThan(20_000);
    clock.onEvent = () => undefined;
    await world.pass(MINUTE_MS);
    expect([network.isOpen, world.seeders.openCount, clock.pendingCount]).toEqual([false, 0, 2]);
  });
});
