// Whatever arrives, the node neither throws nor loses its invariants, and sends nothing but answers to queries.
import { describe, expect, test } from 'vitest';
import { createSeededRandom } from '../../main/base/random.ts';
import { simulationSeed, SimulatedNodes } from '../simulation/simulated-nodes.ts';
import { queryBytes, replyBytes, TARGET } from './wire-fixtures.ts';
import { hostAt } from './table-fixtures.ts';

const seed = simulationSeed(77);
const DATAGRAMS = 20_000;

const WHOLE = [
  queryBytes('ping'),
  queryBytes('find_node', { target: TARGET, want: ['n4', 'n6'] }),
  queryBytes('get_peers', { info_hash: TARGET, scrape: 1 }),
  queryBytes('announce_peer', { info_hash: TARGET, token: '12345678', port: 6881, implied_port: 1 }),
  queryBytes('sample_infohashes', { target: TARGET }, { ro: 1 }),
  queryBytes('vote', { target: TARGET }),
  replyBytes(Uint8Array.of(1, 2, 3, 4), {
    id: TARGET,
    nodes: new Uint8Array(52).fill(3),
    token: 'abcd',
    values: [new Uint8Array(6), new Uint8Array(18)],
  }),
  replyBytes(
    Uint8Array.of(1, 2, 3, 4),
    { id: TARGET, samples: new Uint8Array(40).fill(1), num: 7, interval: 9 },
    { ip: new Uint8Array(6) },
  ),
  Uint8Array.from(Buffer.from('d1:eli203e5:Worsee1:t4:abcd1:y1:ee')),
];

describe(`fuzzing the node (SEED=${seed})`, () => {
  test('mutated, cut, joined and random datagrams', async () => {
    const nodes = new SimulatedNodes(seed);
    const random = createSeededRandom(seed);
    const member = nodes.create();
    await member.node.start();
    let sentWithoutQuery = 0;
    nodes.network.onSent = ({ bytes }) => {
      const text = Buffer.from(bytes).toString('latin1');
      if (!text.includes('1:y1:r') && !text.includes('1:y1:e') && !text.includes('1:q4:ping')) sentWithoutQuery++;
    };
    for (let index = 0; index < DATAGRAMS; index++) {
      const whole = WHOLE[random.below(WHOLE.length)]!;
      let bytes: Uint8Array = whole.slice(0, random.below(4) === 0 ? random.below(whole.length + 1) : whole.length);
      for (let flips = random.below(4); flips > 0 && bytes.length > 0; flips--)
        bytes[random.below(bytes.length)] = random.below(256);
      if (random.below(50) === 0) bytes = random.bytes(random.below(1500));
      if (random.below(50) === 0) bytes = Uint8Array.from([...bytes, ...whole]);
      nodes.network.inject({ host: hostAt(random.below(300)), port: random.below(65_536) }, member.contact, bytes);
      if (index % 500 === 0) {
        nodes.clock.advance(1_000);
        member.node.checkInvariants();
      }
    }
    nodes.clock.advance(10_000);
    member.node.checkInvariants();
    expect(member.counters.packetsIn).toBe(DATAGRAMS);
    expect(member.counters.queriesAnswered).toBeGreaterThan(1_000);
    expect(member.counters.malformed.total()).toBeGreaterThan(1_000);
    expect(sentWithoutQuery).toBe(0);
    await member.node.stop();
  });
});
