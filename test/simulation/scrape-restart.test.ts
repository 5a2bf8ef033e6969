// What a restart must keep: the tables as they were, and the promise to leave a node alone for 24 hours.
// A failure prints SEED=...; `SEED=... npx vitest run test/simulation/scrape-restart.test.ts` replays it.
import bencode from 'bencode';
import { afterEach, describe, expect, it } from 'vitest';
import { decodeKrpc, KrpcMessage } from '../../main/wire/krpc-codec.ts';
import { simulationSeed } from './simulated-nodes.ts';
import { SimulatedSwarm } from './simulated-swarm.ts';

const HOST = '99.1.2.3';
const HOUR_MS = 3_600_000;
const seed = simulationSeed(20_260_732);
let swarm: SimulatedSwarm;
afterEach(() => swarm.stop());

describe(`a restart among 500 nodes (SEED=${seed})`, () => {
  it('R11, R4: restores the counts, samples nobody again within 24 hours, and everybody after', async () => {
    swarm = new SimulatedSwarm(seed);
    await swarm.grow(500);
    swarm.place(100);
    const message = new KrpcMessage();
    let sampled: string[] = [];
    swarm.network.onSent = ({ from, to, bytes }) => {
      if (from.host !== HOST || decodeKrpc(bytes, message) !== null) return;
      if (message.method === 'sample_infohashes') sampled.push(to.host);
    };

    const first = await swarm.addScraper({ host: HOST, pace: 'fast' });
    swarm.clock.advance(20_000);
    const sampledFirst = new Set(sampled);
    expect(sampledFirst.size).toBeGreaterThan(100);
    first.loop.stop();
    await first.node.stop();
    const nodeCount = first.loop.nodeCount;
    const savedTable = first.node.save();
    const savedScrape = bencode.decode(bencode.encode(first.loop.save()));

    sampled = [];
    const second = await swarm.addScraper({ host: HOST, pace: 'fast', savedTable, savedScrape });
    expect(second.node.nodeId).toEqual(first.node.nodeId);
    expect(second.loop.nodeCount).toBe(nodeCount);
    expect(second.loop.save().needles).toEqual(first.loop.save().needles);
    swarm.checkInvariants();
    swarm.clock.advance(60_000);
    expect(sampled.length).toBeGreaterThan(50);
    expect(sampled.filter((host) => sampledFirst.has(host))).toEqual([]);

    // The rest of the day with a little time awake in every second hour; then the day is over.
    for (let hour = 2; hour <= 22; hour += 2) {
      swarm.clock.advance(5000);
      swarm.clock.sleep(2 * HOUR_MS - 5000);
    }
    swarm.clock.advance(60_000);
    expect(new Set(sampled).size).toBe(sampled.length);
    expect(sampled.filter((host) => sampledFirst.has(host))).toEqual([]);
    swarm.clock.sleep(2 * HOUR_MS);
    swarm.clock.advance(2 * 60_000);
    expect(sampled.filter((host) => sampledFirst.has(host)).length).toBeGreaterThan(sampledFirst.size * 0.5);
    swarm.checkInvariants();
  });
});
