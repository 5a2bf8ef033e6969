// What a table does with one node at a time: states, replacing, waiting, making room. Properties over many are in
// routing-table.properties.test.ts.
import { describe, expect, test } from 'vitest';
import type { NodeContact } from '../../main/base/contact.ts';
import { mainBucketSize } from '../../main/dht/routing-table.ts';
import { createTable, hostAt, nodeAt, SELF_ID } from './table-fixtures.ts';

const MINUTE = 60_000;
const answered = { hasAnswered: true };
const hearsay = { hasAnswered: false };

describe('who gets in', () => {
  test('only who has answered; others wait, if there is room to wait', () => {
    const { table } = createTable();
    expect(table.insert(nodeAt(3, 1), hearsay)).toBe('rejected');
    const patient = createTable({ replacementsMax: 8 }).table;
    expect(patient.insert(nodeAt(3, 1), hearsay)).toBe('cached');
    expect(patient.nodeCount).toBe(0);
    expect(patient.insert(nodeAt(3, 1), answered)).toBe('inserted');
    const open = createTable({ acceptsUnanswered: true }).table;
    expect(open.insert(nodeAt(3, 1), hearsay)).toBe('inserted');
    for (const one of [table, patient, open]) one.checkInvariants();
  });

  test('never ourselves, nor an address of the other family, nor what is no address', () => {
    const { table } = createTable({ acceptsUnanswered: true });
    const { contact } = nodeAt(0, 1);
    expect(table.insert({ id: SELF_ID, contact }, answered)).toBe('rejected');
    expect(table.insert({ ...nodeAt(0, 1), contact: { host: '2a00::1', port: 1 } }, answered)).toBe('rejected');
    expect(table.insert({ ...nodeAt(0, 1), contact: { host: 'example', port: 1 } }, answered)).toBe('rejected');
    expect(table.insert({ ...nodeAt(0, 1), contact: { host: hostAt(1), port: 0 } }, answered)).toBe('rejected');
    expect(table.nodeCount).toBe(0);
  });

  test('a table of IPv6 nodes works alike', () => {
    const { table } = createTable({ family: 6 });
    const node = { id: nodeAt(4, 1).id, contact: { host: '2a00:1450:4001::7', port: 6881 } };
    expect(table.insert(node, answered)).toBe('inserted');
    expect(table.find(node.contact)?.contact).toEqual(node.contact);
    expect(
      table.insert({ ...node, id: nodeAt(4, 2).id, contact: { host: '2a00:1450:4001::8', port: 1 } }, answered),
    ).toBe(
      'rejected', // the same /64 in the same bucket
    );
    table.checkInvariants();
  });

  test('one node an address: neither another port nor another id gets a second place', () => {
    const { table } = createTable();
    const node = nodeAt(3, 1);
    table.insert(node, answered);
    const otherPort = { ...node, contact: { ...node.contact, port: 9 } };
    expect(table.insert(otherPort, answered)).toBe('rejected');
    const both = { id: nodeAt(5, 2).id, contact: otherPort.contact };
    expect(table.insert(both, answered)).toBe('rejected');
    expect(table.insert(both, hearsay)).toBe('rejected');
    expect(table.nodeCount).toBe(1);
  });

  test('a changed id at the same address takes the old place once it has answered, hearsay does not', () => {
    const { table } = createTable();
    const node = nodeAt(3, 1);
    table.insert(node, answered);
    const renamed = { id: nodeAt(6, 2).id, contact: node.contact };
    expect(table.insert(renamed, hearsay)).toBe('rejected');
    expect(table.insert(renamed, answered)).toBe('replaced');
    expect(table.findById(node.id)).toBeNull();
    expect(table.findById(renamed.id)?.contact).toEqual(node.contact);
    table.checkInvariants();
  });

  test('a changed port is believed when the old one has fallen silent', () => {
    const { table, clock } = createTable();
    const node = nodeAt(3, 1);
    table.insert(node, answered);
    clock.advance(15 * MINUTE);
    const moved = { ...node, contact: { ...node.contact, port: 9 } };
    expect(table.insert(moved, answered)).toBe('replaced');
    expect(table.find(node.contact)).toBeNull();
    expect(table.find(moved.contact)).not.toBeNull();
    table.checkInvariants();
  });

  test('a stolen id is refused while its owner is not bad', () => {
    const { table } = createTable();
    const owner = nodeAt(3, 1);
    table.insert(owner, answered);
    const thief = { id: owner.id, contact: nodeAt(3, 2).contact };
    expect(table.insert(thief, answered)).toBe('rejected');
    for (let failure = 0; failure < 3; failure++) table.failed(owner.contact);
    expect(table.insert(thief, answered)).toBe('replaced');
    table.checkInvariants();
  });

  test('one /24 a bucket, unless the table says otherwise', () => {
    const near = { id: nodeAt(3, 2).id, contact: { host: hostAt(1, 99), port: 6881 } };
    const { table } = createTable();
    table.insert(nodeAt(3, 1), answered);
    expect(table.insert(near, answered)).toBe('rejected');
    expect(table.insert({ ...near, id: nodeAt(4, 2).id }, answered)).toBe('inserted'); // another bucket
    const lenient = createTable({ isOnePerSubnet: false }).table;
    lenient.insert(nodeAt(3, 1), answered);
    expect(lenient.insert(near, answered)).toBe('inserted');
    table.checkInvariants();
    lenient.checkInvariants();
  });

  test('depths from 50 on share one bucket', () => {
    const { table } = createTable();
    for (let index = 0; index < 8; index++) table.insert(nodeAt(49 + 10 * index, index), answered);
    expect(table.bucketCount).toBe(1);
    expect(table.insert(nodeAt(150, 20), answered)).toBe('rejected');
    table.checkInvariants();
  });

  test('the main table has the bucket sizes of libtorrent', () => {
    expect([0, 1, 2, 3, 4, 5, 49].map(mainBucketSize)).toEqual([128, 64, 32, 16, 8, 8, 8]);
  });
});

describe('good, questionable, bad', () => {
  test('15 minutes of silence make it questionable; a query of its own keeps it good, as it has answered once', () => {
    const { table, clock } = createTable();
    const { contact, ...node } = nodeAt(3, 1);
    table.insert({ ...node, contact }, answered);
    clock.advance(15 * MINUTE - 1);
    expect(table.find(contact)?.state).toBe('good');
    clock.advance(1);
    expect(table.find(contact)?.state).toBe('questionable');
    expect(table.heard(contact)).toBe(true);
    expect(table.find(contact)?.state).toBe('good');
    expect(table.heard(nodeAt(3, 2).contact)).toBe(false);
  });

  test('who never answered is not good, whatever he asks', () => {
    const { table } = createTable({ acceptsUnanswered: true });
    const node = nodeAt(3, 1);
    table.insert(node, hearsay);
    table.heard(node.contact);
    expect(table.find(node.contact)?.state).toBe('questionable');
    expect(table.closest(node.id, 8, true)).toEqual([]);
    expect(table.failed(node.contact)).toBe('removed');
    expect(table.failed(node.contact)).toBe('unknown');
  });

  test('three failures in a row make it bad, an answer makes all good, six without anybody waiting end it', () => {
    const { table } = createTable();
    const node = nodeAt(3, 1);
    table.insert(node, answered);
    const states = () => table.find(node.contact)?.state;
    table.failed(node.contact);
    expect(states()).toBe('questionable');
    table.failed(node.contact);
    table.failed(node.contact);
    expect(states()).toBe('bad');
    table.checkInvariants();
    expect(table.insert(node, answered)).toBe('updated');
    expect(states()).toBe('good');
    const outcomes = Array.from({ length: 6 }, () => table.failed(node.contact));
    expect(outcomes).toEqual(['kept', 'kept', 'kept', 'kept', 'kept', 'removed']);
    expect(table.nodeCount).toBe(0);
    table.checkInvariants();
  });

  test('a jump of the wall clock changes nothing', () => {
    const { table, clock } = createTable();
    table.insert(nodeAt(3, 1), answered);
    clock.jumpWallClock(86_400);
    clock.jumpWallClock(-2 * 86_400);
    clock.advance(1000);
    expect(table.find(nodeAt(3, 1).contact)?.state).toBe('good');
  });

  test('round trips are smoothed, support of BEP 51 is remembered', () => {
    const { table } = createTable();
    const node = nodeAt(3, 1);
    table.insert(node, { hasAnswered: true, roundTripMs: 100 });
    expect(table.find(node.contact)).toMatchObject({ roundTripMs: 100, supportsSamples: null });
    table.insert(node, { hasAnswered: true, roundTripMs: 200, supportsSamples: true });
    expect(table.find(node.contact)).toMatchObject({ roundTripMs: 125, supportsSamples: true });
    table.setSupportsSamples(node.contact, false);
    expect(table.find(node.contact)).toMatchObject({ supportsSamples: false, hasAnswered: true });
  });
});

describe('a full bucket', () => {
  function full(replacementsMax: number) {
    const made = createTable({ replacementsMax });
    for (let index = 0; index < 8; index++) made.table.insert(nodeAt(3, index), answered);
    return made;
  }

  test('of good nodes keeps them: the newcomer waits, or is refused', () => {
    expect(full(0).table.insert(nodeAt(3, 20), answered)).toBe('rejected');
    const { table } = full(4);
    expect(table.insert(nodeAt(3, 20), answered)).toBe('cached');
    expect(table.nodeCount).toBe(8);
    table.checkInvariants();
  });

  test('gives the place of a bad node', () => {
    const { table } = full(0);
    const bad = nodeAt(3, 5);
    for (let failure = 0; failure < 3; failure++) table.failed(bad.contact);
    expect(table.insert(nodeAt(3, 20), answered)).toBe('replaced');
    expect(table.find(bad.contact)).toBeNull();
    table.checkInvariants();
  });

  test('takes the latest that waits and has answered when one turns bad', () => {
    const { table } = full(4);
    table.insert(nodeAt(3, 20), answered);
    table.insert(nodeAt(3, 21), answered);
    table.insert(nodeAt(3, 22), hearsay);
    const outcomes = Array.from({ length: 3 }, () => table.failed(nodeAt(3, 5).contact));
    expect(outcomes).toEqual(['kept', 'kept', 'removed']);
    expect(table.find(nodeAt(3, 21).contact)?.state).toBe('good');
    expect(table.find(nodeAt(3, 22).contact)).toBeNull();
    table.checkInvariants();
  });

  test('lets a limited number wait, the unproven to be asked when they were quiet long enough', () => {
    const { table, clock } = full(4);
    for (let index = 20; index < 40; index++) table.insert(nodeAt(3, index), hearsay);
    table.checkInvariants();
    expect(table.takeUnproven(clock.nowMs() - 1)).toBeNull();
    clock.advance(90_000);
    const waiting: NodeContact[] = [];
    for (let one = table.takeUnproven(clock.nowMs() - 90_000); one; one = table.takeUnproven(clock.nowMs()))
      waiting.push(one);
    expect(waiting.map(({ contact }) => contact.host)).toEqual([36, 37, 38, 39].map((index) => hostAt(index)));
  });
});

describe('upkeep', () => {
  test('the timeout queue: who was asked longest ago comes first, the never asked before all', () => {
    const { table, clock } = createTable({ acceptsUnanswered: true });
    expect(table.oldestQueried()).toBeNull();
    table.insert(nodeAt(3, 1), answered);
    clock.advance(1000);
    table.insert(nodeAt(4, 2), answered);
    table.insert(nodeAt(5, 3), hearsay);
    expect(table.oldestQueried()).toMatchObject({
      node: { contact: nodeAt(5, 3).contact },
      lastQueriedAtMs: -Infinity,
    });
    table.queried(nodeAt(5, 3).contact);
    expect(table.oldestQueried()).toMatchObject({ node: { contact: nodeAt(3, 1).contact }, lastQueriedAtMs: 0 });
    table.queried(nodeAt(3, 1).contact);
    expect(table.oldestQueried()?.node.contact).toEqual(nodeAt(4, 2).contact);
    table.checkInvariants();
  });

  test('a bucket without change for 15 minutes is stale, once', () => {
    const { table, clock } = createTable();
    table.insert(nodeAt(3, 1), answered);
    clock.advance(10 * MINUTE);
    table.insert(nodeAt(7, 2), answered);
    clock.advance(5 * MINUTE);
    expect(table.takeStaleDepth()).toBe(3);
    expect(table.takeStaleDepth()).toBe(-1);
    clock.advance(5 * MINUTE);
    table.insert(nodeAt(7, 2), answered);
    expect(table.takeStaleDepth()).toBe(-1);
  });
});
