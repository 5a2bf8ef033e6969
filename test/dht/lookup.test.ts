// One search in a toy network that answers at once, late, or never.
import { beforeEach, describe, expect, test } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import type { Contact, NodeContact } from '../../main/base/contact.ts';
import { compareDistance } from '../../main/base/identifier.ts';
import { createSeededRandom, type Random } from '../../main/base/random.ts';
import { Answer } from '../../main/dht/answer.ts';
import { ContactSieve } from '../../main/dht/contact-sieve.ts';
import type { Asking } from '../../main/dht/asking.ts';
import type { NodeQuery, QueryOutcome } from '../../main/dht/dht-node.ts';
import { Lookup, type LookupOptions, type LookupResult } from '../../main/dht/lookup.ts';
import { Lookups, LOOKUPS_MAX } from '../../main/dht/lookups.ts';
import { randomNodeId } from '../../main/dht/node-id.ts';
import { decodeKrpc, encodeReply, KrpcMessage } from '../../main/wire/krpc-codec.ts';
import { writeContact } from '../../main/wire/compact-contacts.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';
import { hostAt } from './table-fixtures.ts';

/** A reply as a search hears it: encoded, decoded, and read where it lies. */
function answerOf(from: NodeContact, nodes: readonly NodeContact[], values: readonly Contact[]): Answer {
  const compact = (contact: Contact): Uint8Array => {
    const bytes = new Uint8Array(6);
    writeContact(bytes, 0, contact);
    return bytes;
  };
  const reply = {
    transactionId: new Uint8Array(4),
    requester: { host: '1.2.3.4', port: 1 },
    id: from.id,
    nodes: Buffer.concat(nodes.flatMap(({ id, contact }) => [id, compact(contact)])),
    ...(values.length === 0 ? {} : { values: values.map(compact) }),
  };
  const buffer = new Uint8Array(1_500);
  const message = new KrpcMessage();
  expect(decodeKrpc(buffer.slice(0, encodeReply(buffer, reply)), message)).toBeNull();
  const answer = new Answer(new ContactSieve(randomNodeId(createSeededRandom(5)), new SimulatedClock(), false));
  answer.read(message);
  return answer;
}

describe('lookup', () => {
  let clock: SimulatedClock;
  let random: Random;
  let world: NodeContact[];
  let target: Uint8Array;
  let asked: Contact[];
  let inFlightMax: number;
  let result: LookupResult | null;
  let answerAfterMs: (index: number) => number | null;
  let valuesOf: (index: number) => Contact[];

  beforeEach(() => {
    clock = new SimulatedClock();
    random = createSeededRandom(11);
    world = Array.from({ length: 400 }, (_, index) => ({
      id: randomNodeId(random),
      contact: { host: hostAt(index), port: 1 },
    }));
    target = randomNodeId(random);
    asked = [];
    inFlightMax = 0;
    result = null;
    answerAfterMs = () => 50;
    valuesOf = () => [];
  });

  /** Everybody knows the eight nearest of a random third of the world. */
  function nodesKnownTo(): NodeContact[] {
    const known = world.filter(() => random.below(3) === 0);
    return known.sort((a, b) => compareDistance(target, a.id, b.id)).slice(0, 8);
  }

  function tell(asking: Asking, question: number, kind: QueryOutcome['kind'], answer: Answer | null = null): void {
    if (typeof asking === 'function') throw new Error('a search hears for itself');
    asking.hear(question, kind, answer, clock.nowMs());
  }

  let inFlight = 0;
  function answer(contact: Contact, _query: NodeQuery, asking: Asking, question = -1): boolean {
    asked.push(contact);
    inFlight++;
    inFlightMax = Math.max(inFlightMax, inFlight);
    const index = world.findIndex((node) => node.contact.host === contact.host);
    const afterMs = answerAfterMs(index);
    clock.setTimer(afterMs ?? 6_000, () => {
      inFlight--;
      if (afterMs === null) tell(asking, question, 'timeout');
      else tell(asking, question, 'reply', answerOf(world[index]!, nodesKnownTo(), valuesOf(index)));
    });
    return true;
  }

  function start(options: Partial<LookupOptions> = {}): Lookup {
    inFlight = 0;
    const lookup = new Lookup({
      target,
      method: 'find_node',
      seeds: world.slice(0, 3),
      queriesMax: 64,
      ask: answer,
      clock,
      onDone: (found) => {
        expect(result).toBeNull();
        result = found;
      },
      ...options,
    });
    clock.setRepeating(100, () => {
      lookup.pump();
      lookup.checkInvariants();
    });
    return lookup;
  }

  function truth(isAlive: (index: number) => boolean = () => true): string[] {
    const living = world.filter((_, index) => isAlive(index)).sort((a, b) => compareDistance(target, a.id, b.id));
    return living.slice(0, 8).map(({ id }) => toHex(id));
  }

  test('finds the eight nearest, asks nobody twice, at most four at once', () => {
    start();
    clock.advance(30_000);
    expect(result!.nearest.map(({ id }) => toHex(id))).toEqual(truth());
    expect(new Set(asked.map(({ host }) => host)).size).toBe(asked.length);
    expect(result!.queryCount).toBe(asked.length);
    expect(asked.length).toBeLessThanOrEqual(30);
    expect(inFlightMax).toBeLessThanOrEqual(4);
  });

  test('begins with two, and with two more when these are slow', () => {
    answerAfterMs = () => null;
    start({ seeds: world.slice(0, 6) }).begin();
    expect(asked).toHaveLength(2);
    clock.advance(950);
    expect(asked).toHaveLength(2);
    clock.advance(200);
    expect(asked).toHaveLength(4);
  });

  test('half of the nodes dead: finds the nearest that live, and does not wait for each', () => {
    answerAfterMs = (index) => (index % 2 === 0 ? 50 : null);
    start({ seeds: world.slice(0, 6) });
    const tookMs = clock.advanceUntil(() => result !== null, 31_000);
    expect(result!.nearest.map(({ id }) => toHex(id))).toEqual(truth((index) => index % 2 === 0));
    expect(tookMs).toBeLessThan(20_000);
  });

  test('asks nobody farther than the eight nearest that answered while it waits for a slow one', () => {
    const near = [...world].sort((a, b) => compareDistance(target, a.id, b.id)).slice(0, 40);
    const slow = world.indexOf(near[2]!);
    answerAfterMs = (index) => (index === slow ? 900 : 50);
    start({ seeds: near });
    clock.advance(30_000);
    expect(result!.nearest.map(({ id }) => toHex(id))).toEqual(truth());
    // The nearest nine, and whoever was under way beside them: four at once.
    expect(asked.length).toBeLessThanOrEqual(11);
  });

  test('ends at its limit of queries, at 30 s, and when nobody answers', () => {
    start({ queriesMax: 5 });
    clock.advance(30_000);
    expect(asked).toHaveLength(5);
    expect(result).not.toBeNull();
    result = null;
    asked = [];
    answerAfterMs = () => null;
    start();
    clock.advance(30_000);
    expect(result!).toEqual({ nearest: [], peers: [], queryCount: 3 });
  });

  test('without anybody to ask it ends at once', () => {
    start({ seeds: [] });
    clock.advance(100);
    expect(result).toEqual({ nearest: [], peers: [], queryCount: 0 });
  });

  test('get_peers gathers each peer once, and what it found is kept when it is cut short', () => {
    valuesOf = (index) => [
      { host: '9.9.9.9', port: 1 },
      { host: hostAt(index), port: 2 },
    ];
    const lookup = start({ method: 'get_peers' });
    clock.advance(150);
    lookup.finish();
    lookup.finish();
    expect(result!.peers).toContainEqual({ host: '9.9.9.9', port: 1 });
    expect(new Set(result!.peers.map(({ host }) => host)).size).toBe(result!.peers.length);
    const count = asked.length;
    clock.advance(10_000);
    expect(asked).toHaveLength(count);
  });

  test('a refused query is not counted and tried again', () => {
    let refusals = 40;
    start({ ask: (...question) => (refusals-- > 0 ? false : answer(...question)) });
    clock.advance(30_000);
    expect(result!.nearest.map(({ id }) => toHex(id))).toEqual(truth());
  });

  test('cancelled queries end it', () => {
    const cancel = (asking: Asking, question = -1) => clock.setTimer(10, () => tell(asking, question, 'cancelled'));
    start({ ask: (_contact, _query, asking, question) => cancel(asking, question) !== null });
    clock.advance(1_000);
    expect(result!.nearest).toEqual([]);
  });

  test('of one /24 only one address is asked', () => {
    const neighbours = Array.from({ length: 20 }, (_, last) => ({
      id: randomNodeId(random),
      contact: { host: hostAt(1, last + 1), port: 1 },
    }));
    start({ seeds: neighbours });
    clock.advance(49);
    expect(asked).toHaveLength(0 + Math.min(1, asked.length));
    clock.advance(30_000);
    expect(asked.filter(({ host }) => host.startsWith(hostAt(1).replace(/\d+$/, '')))).toHaveLength(1);
  });
});

describe('lookups', () => {
  test('there are at most 32, and all end when told', () => {
    const lookups = new Lookups(new SimulatedClock(), () => true);
    let ended = 0;
    const options = { target: new Uint8Array(20), method: 'find_node', seeds: [], queriesMax: 1 } as const;
    for (let index = 0; index < LOOKUPS_MAX; index++) expect(lookups.start(options, () => ended++)).not.toBeNull();
    expect(lookups.isFull).toBe(true);
    expect(lookups.start(options, () => ended++)).toBeNull();
    lookups.checkInvariants();
    lookups.finishAll();
    expect(ended).toBe(LOOKUPS_MAX);
    expect(lookups.isFull).toBe(false);
  });
});
