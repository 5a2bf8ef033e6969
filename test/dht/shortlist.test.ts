// What a search keeps, against the plain way to say the same: lists of objects, sorted by XOR, subnets in a set.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import type { NodeContact } from '../../main/base/contact.ts';
import { asNodeId, compareDistance } from '../../main/base/identifier.ts';
import { AddressPlaces } from '../../main/dht/address-places.ts';
import { Answer } from '../../main/dht/answer.ts';
import { ContactSieve } from '../../main/dht/contact-sieve.ts';
import { Questions, NO_ROW } from '../../main/dht/questions.ts';
import { ASKED, CANDIDATES_MAX, NEW, Shortlist } from '../../main/dht/shortlist.ts';
import { subnetOf, type SubnetKey } from '../../main/dht/subnet.ts';
import { readContact4, readContact6 } from '../../main/wire/compact-contacts.ts';
import { decodeKrpc, encodeReply, KrpcMessage } from '../../main/wire/krpc-codec.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';

/** Ids that are near to one another, so that heads are often the same, and any others. */
const ids = fc.oneof(
  fc.tuple(fc.nat(7), fc.nat(7), fc.oneof(fc.constant(7), fc.nat(255))).map(([head, middle, last]) => {
    const id = new Uint8Array(20).fill(7);
    id[3] = head;
    id[9] = middle;
    id[19] = last;
    return id;
  }),
  fc.uint8Array({ minLength: 20, maxLength: 20 }),
);
/** Few subnets of which many nodes are named, local addresses, and any others. */
const hosts4 = fc.oneof(
  fc.tuple(fc.nat(40), fc.nat(3)).map(([subnet, last]) => Uint8Array.of(11, 0, subnet, last)),
  fc.tuple(fc.nat(2), fc.nat(200)).map(([subnet, last]) => Uint8Array.of(10, 0, subnet, last)),
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
);
const hosts6 = fc
  .tuple(fc.constantFrom([0x2a, 0x02], [0xfe, 0x80], [0xfd, 0x00]), fc.nat(30), fc.nat(2), fc.nat(3))
  .map(([start, subnet, middle, last]) => {
    const host = new Uint8Array(16);
    host.set(start);
    host[7] = subnet;
    host[10] = middle;
    host[15] = last;
    return host;
  });
const compactOf = (hosts: fc.Arbitrary<Uint8Array>) =>
  fc.tuple(ids, hosts, fc.nat(3)).map(([id, host, port]) => Uint8Array.of(...id, ...host, 0, port));

/** The old way, word for word. */
class PlainList {
  readonly candidates: NodeContact[] = [];
  readonly #subnets = new Set<SubnetKey>();
  readonly #target: Uint8Array;

  constructor(target: Uint8Array) {
    this.#target = target;
  }

  offer(node: NodeContact): void {
    const subnet = subnetOf(node.contact.host);
    if (this.#subnets.has(subnet)) return;
    const behind = this.candidates.filter((other) => compareDistance(this.#target, node.id, other.id) >= 0).length;
    if (behind >= CANDIDATES_MAX) return;
    if (this.candidates.length >= CANDIDATES_MAX) this.#subnets.delete(subnetOf(this.candidates.pop()!.contact.host));
    this.#subnets.add(subnet);
    this.candidates.splice(behind, 0, node);
  }
}

describe('the shortlist of a search', () => {
  test.each([
    ['IPv4', compactOf(hosts4), readContact4],
    ['IPv6', compactOf(hosts6), readContact6],
  ])('holds whom a plain list would hold, in its order: %s', (_family, node, read) => {
    const shortlist = new Shortlist(); // used again each time, as by searches
    fc.assert(
      fc.property(ids, fc.array(node, { maxLength: 300, size: 'max' }), (target, offered) => {
        const plain = new PlainList(target);
        shortlist.begin(target);
        for (const [index, bytes] of offered.entries()) {
          const place = shortlist.placeFor(bytes, 0, bytes.length);
          if (place !== -1) shortlist.put(place, bytes, 0);
          plain.offer({ id: asNodeId(bytes.slice(0, 20)), contact: read(bytes, 20) });
          if (index % 50 === 0) shortlist.checkInvariants();
        }
        shortlist.checkInvariants();
        const kept = Array.from({ length: shortlist.count }, (_, place) => shortlist.nodeOf(shortlist.rowAt(place)));
        expect(kept.map(textOf)).toEqual(plain.candidates.map(textOf));
      }),
      { numRuns: 60 },
    );
  });

  test('goes on for as long as ever nearer ones are named', () => {
    const target = new Uint8Array(20);
    const shortlist = new Shortlist();
    const plain = new PlainList(target);
    shortlist.begin(target);
    for (let distance = 2_000; distance > 0; distance--) {
      const [high, low] = [distance >> 8, distance & 255];
      const bytes = Uint8Array.of(high, low, ...new Uint8Array(18), 11, high, low, 1, 0, 1);
      shortlist.put(shortlist.placeFor(bytes, 0, 26), bytes, 0);
      plain.offer({ id: asNodeId(bytes.slice(0, 20)), contact: readContact4(bytes, 20) });
      if (distance % 50 === 0) shortlist.checkInvariants();
    }
    const kept = Array.from({ length: shortlist.count }, (_, place) => shortlist.nodeOf(shortlist.rowAt(place)));
    expect(kept.map(textOf)).toEqual(plain.candidates.map(textOf));
  });

  test('says who fell off, and gives his row to the next', () => {
    const shortlist = new Shortlist();
    const questions = new Questions();
    shortlist.begin(new Uint8Array(20));
    questions.begin(4);
    const node = (distance: number) => Uint8Array.of(...new Uint8Array(19), distance, 11, 0, distance, 1, 0, 1);
    for (let distance = 101; distance > 1; distance--) {
      expect(shortlist.put(shortlist.placeFor(node(distance), 0, 26), node(distance), 0)).toBe(-1);
    }
    const farthest = shortlist.rowAt(CANDIDATES_MAX - 1);
    shortlist.states[farthest] = ASKED;
    questions.add(farthest, 0);
    expect(shortlist.placeFor(node(102), 0, 26)).toBe(-1);
    const fallen = shortlist.put(shortlist.placeFor(node(1), 0, 26), node(1), 0);
    questions.forgetRow(fallen);
    expect(fallen).toBe(farthest);
    expect(shortlist.rowAt(0)).toBe(farthest);
    expect(shortlist.states[farthest]).toBe(NEW);
    expect(questions.isWaitingFor(farthest)).toBe(false);
    expect(questions.waitingCount).toBe(1);
    expect(questions.end(0)).toBe(NO_ROW);
    expect(questions.waitingCount).toBe(0);
    shortlist.checkInvariants();
  });

  test('takes no node of another family than it has', () => {
    const shortlist = new Shortlist();
    shortlist.begin(new Uint8Array(20));
    const four = Uint8Array.of(...new Uint8Array(20), 11, 0, 0, 1, 0, 1);
    const six = Uint8Array.of(...new Uint8Array(20), 0x2a, 2, ...new Uint8Array(14), 0, 1);
    shortlist.put(shortlist.placeFor(four, 0, 26), four, 0);
    expect(shortlist.placeFor(six, 0, 38)).toBe(-1);
  });
});

test('an answer lets through exactly the nodes that the sieve would, and nobody who is ourselves', () => {
  const selfId = asNodeId(new Uint8Array(20).fill(7));
  fc.assert(
    fc.property(
      fc.array(compactOf(hosts4), { maxLength: 40 }),
      fc.array(hosts4, { maxLength: 6 }),
      fc.boolean(),
      (nodes, special, localAddressesAllowed) => {
        const clock = new SimulatedClock();
        const sieve = new ContactSieve(selfId, clock, localAddressesAllowed);
        const hostOf = (bytes: Uint8Array): string => readContact4(Uint8Array.of(...bytes, 0, 1), 0).host;
        special.forEach((bytes, index) => {
          const contact = { host: hostOf(bytes), port: 1 + (index % 3) };
          if (index % 3 === 0) sieve.addRouter(contact);
          else if (index % 3 === 1) sieve.noteOwn(contact);
          else for (let changes = 0; changes < 2; changes++) sieve.noteIdChange(contact.host);
        });
        sieve.checkInvariants();
        const buffer = new Uint8Array(2_000);
        const reply = { transactionId: new Uint8Array(4), requester: { host: '1.2.3.4', port: 1 }, id: selfId };
        const message = new KrpcMessage();
        decodeKrpc(buffer.slice(0, encodeReply(buffer, { ...reply, nodes: Buffer.concat(nodes) })), message);
        const answer = new Answer(sieve);
        answer.read(message);
        const usable = nodes
          .map((bytes) => ({ id: asNodeId(bytes.slice(0, 20)), contact: readContact4(bytes, 20) }))
          .filter(({ id, contact }) => sieve.isUsable(contact) && toHex(id) !== toHex(selfId));
        expect(answer.nodes.map(textOf)).toEqual(usable.map(textOf));
      },
    ),
  );
});

test('places of addresses: the same as a Map of texts, with the last one in the place that becomes free', () => {
  const step = fc.record({ isAdding: fc.boolean(), bytes: hosts4, isV6: fc.boolean(), choice: fc.nat(200) });
  fc.assert(
    fc.property(fc.integer(), fc.array(step, { maxLength: 300, size: 'max' }), (key, steps) => {
      const places = new AddressPlaces(key);
      const hosts: string[] = [];
      for (const { isAdding, bytes, isV6, choice } of steps) {
        const host = isV6 ? `2a02::${toHex(bytes).slice(0, 4)}` : [...bytes].join('.');
        expect(places.find(host)).toBe(hosts.indexOf(host));
        if (isAdding && !hosts.includes(host)) {
          expect(places.add(host)).toBe(hosts.length);
          hosts.push(host);
        } else if (!isAdding && hosts.length > 0) {
          const place = choice % hosts.length;
          places.remove(place);
          const last = hosts.pop()!;
          if (place < hosts.length) hosts[place] = last;
        }
        expect(places.count).toBe(hosts.length);
      }
      places.checkInvariants();
      hosts.forEach((host, place) => expect(places.find(host)).toBe(place));
    }),
    { numRuns: 50 },
  );
});

function textOf({ id, contact }: NodeContact): string {
  return `${toHex(id)} ${contact.host} ${contact.port}`;
}
