// R11: tables survive a restart as they are; with another own id every node is inserted again; a damaged file is no table.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import bencode from 'bencode';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import type { NodeContact } from '../../main/base/contact.ts';
import { asNodeId, type NodeId } from '../../main/base/identifier.ts';
import { randomIdAtDepth } from '../../main/dht/node-id.ts';
import { parseState, readState, writeState } from '../../main/dht/routing-table-file.ts';
import type { TableNode } from '../../main/dht/routing-table.ts';
import { packTable } from '../../main/dht/saved-table.ts';
import { useStateFolder } from '../dht/state-folder.ts';
import { createTable, hostAt, nodeAt, SELF_ID } from '../dht/table-fixtures.ts';
import { built, shapes, steps } from '../dht/table-steps.ts';
import { newNode, replyFrom } from '../scrape/fake-dht.ts';
import { hostsOf, newScrape } from '../scrape/rigs.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';
import { SimulatedNodes } from '../simulation/simulated-nodes.ts';

// Seconds on a quiet machine; a busy one must not fail them.
vi.setConfig({ testTimeout: 90_000 });

const SAVED_AT = 1_700_000_000;
const answered = { hasAnswered: true };

test('R11 restoring as is gives the same table, slot for slot', () => {
  fc.assert(
    fc.property(shapes, steps, (shape, taken) => {
      const saved = built(shape, taken).table.save();
      const { table, clock } = createTable(shape);
      clock.advance(86_400_000);
      table.restore(saved);
      table.checkInvariants();
      expect(table.save()).toEqual(saved);
    }),
    { numRuns: 80 },
  );
});

describe('R11 a table saved and restored', () => {
  test('a new id puts every node into its new bucket; good ones that find no room retire', () => {
    const retired: TableNode[] = [];
    const { table, random } = createTable({ onRetired: (node) => retired.push(node) });
    for (let depth = 0; depth < 12; depth++)
      for (let index = 0; index < 8; index++) table.insert(nodeAt(depth, depth * 8 + index), answered);
    const before = [...table.nodes()];
    const newId = randomIdAtDepth(SELF_ID, 1, random);
    table.changeSelfId(newId);
    table.checkInvariants();
    expect(table.selfId).toBe(newId);
    const after = new Set([...table.nodes(), ...retired].map(({ contact }) => contact.host));
    expect(after).toEqual(new Set(before.map(({ contact }) => contact.host)));
    expect(retired.length).toBeGreaterThan(0);
  });

  test('silence while we were away makes nodes questionable', () => {
    const { table } = createTable();
    table.insert(nodeAt(3, 1), answered);
    const saved = table.save();
    const later = createTable();
    later.table.restore({
      ...saved,
      nodes: saved.nodes.map((node) => ({ ...node, lastHeardAgoSeconds: node.lastHeardAgoSeconds + 3600 })),
    });
    expect(later.table.find(nodeAt(3, 1).contact)?.state).toBe('questionable');
  });

  test('a table that lies is restored as far as it can be', () => {
    const { table } = createTable();
    const good = { flags: 1, failCount: 0, roundTripMs: 1, lastHeardAgoSeconds: 0 };
    const nodes = [
      { id: SELF_ID, contact: { host: hostAt(1), port: 1 }, ...good },
      { id: new Uint8Array(3), contact: { host: hostAt(2), port: 1 }, ...good },
      { id: nodeAt(3, 3).id, contact: { host: 'no', port: 1 }, ...good },
      { ...nodeAt(3, 4), ...good },
      { ...nodeAt(3, 4), ...good },
      { id: nodeAt(3, 5).id, contact: nodeAt(3, 4).contact, ...good },
      ...Array.from({ length: 20 }, (_, index) => ({ ...nodeAt(5, 10 + index), ...good, failCount: 9 })),
    ];
    table.restore({ selfId: SELF_ID, nodes });
    table.checkInvariants();
    expect(table.nodeCount).toBe(1 + 8);
    expect(() => table.restore({ selfId: asNodeId(new Uint8Array(20)), nodes: [] })).toThrow('empty table');
  });
});

describe('R11 the file', () => {
  const at = useStateFolder();

  test('R11 a file cut at any byte is damaged: kept aside, said, never thrown', async () => {
    const { table } = createTable();
    for (let index = 0; index < 5; index++) table.insert(nodeAt(index, index), { hasAnswered: true });
    await writeState(at.path, { table: packTable(table.save()) }, SAVED_AT);
    const whole = await readFile(at.path);
    for (let length = 0; length < whole.length; length++) expect(parseState(whole.subarray(0, length))).toBeNull();
    await writeFile(at.path, whole.subarray(0, 100));
    expect(await readState(at.path)).toMatchObject({ problem: 'damaged' });
    expect(await readdir(at.folder)).toEqual(['state.damaged']);
    expect(await readState(at.path)).toMatchObject({ problem: 'missing' });
  });
});

test('R11 the scraper comes back with its needles, nodes, candidates and marks, through a file', () => {
  const clock = new SimulatedClock();
  const { loop, dht, referrer } = newScrape({ pace: 'fast' }, clock);
  const nodeOf = new Map<string, NodeContact>();
  for (let index = 0; index < 160; index++) {
    const node = newNode();
    nodeOf.set(node.contact.host, node);
    loop.offerNodes([node], referrer());
  }
  loop.start();
  clock.advance(2000);
  for (const { contact, end } of dht.ofMethod('sample_infohashes')) {
    end(replyFrom(nodeOf.get(contact.host)!, { samples: [] }));
  }
  loop.pause();
  expect(loop.nodeCount).toBeGreaterThan(20);
  const saved = bencode.decode(bencode.encode(loop.save()));
  const again = newScrape({ pace: 'fast' }, clock);
  again.loop.restore(saved, { ownIdChanged: false });
  again.loop.checkInvariants();
  expect(bencode.encode(again.loop.save())).toEqual(bencode.encode(loop.save()));
  expect(again.loop.nodeCount).toBe(loop.nodeCount);
  again.loop.start();
  clock.advance(30_000);
  const sampledBefore = new Set(hostsOf(dht.ofMethod('sample_infohashes')));
  const sampledAfter = hostsOf(again.dht.ofMethod('sample_infohashes'));
  expect(sampledBefore.size).toBeGreaterThan(20);
  expect(sampledAfter.length).toBeGreaterThan(20);
  expect(sampledAfter.filter((host) => sampledBefore.has(host))).toEqual([]);
  again.loop.stop();
  loop.stop();
});

test('R11 the scraper restores nothing from what is not its own, and never throws', () => {
  const { loop } = newScrape();
  const before = loop.save();
  const nonsense: unknown[] = [null, 7, 'text', [], {}, { version: 1 }, { ...before, version: 2 }, new Uint8Array(3)];
  for (const value of nonsense) loop.restore(value, { ownIdChanged: false });
  expect(bencode.encode(loop.save())).toEqual(bencode.encode(before));
  loop.restore(
    { ...before, needles: [{ needle: 1 }, null, { needle: new Uint8Array(20), nodes: 'x', candidates: [] }] },
    { ownIdChanged: false },
  );
  loop.restore({ ...before, cooldown: { key: 'no', slots: 3 } }, { ownIdChanged: true });
  const cut = {
    ...before,
    needles: before.needles.map((needle) => ({ ...needle, nodes: new Uint8Array(33).fill(6) })),
  };
  loop.restore(cut, { ownIdChanged: false });
  loop.checkInvariants();
});

test('R11 a node started with another id inserts every saved node again', async () => {
  const nodes = new SimulatedNodes(11);
  await nodes.grow(40, { localAddressesAllowed: true });
  nodes.clock.advance(3 * 60_000);
  const member = nodes.ordinary.at(-1)!;
  const saved = member.node.save();
  const other = nodes.create({ localAddressesAllowed: true, nodeId: nodes.random.bytes(20) as NodeId });
  await other.node.start(saved);
  other.node.checkInvariants(); // among them: every node is in the bucket of its distance
  expect(other.node.table.nodeCount).toBeGreaterThan(saved.nodes.length / 2);
  expect(toHex(other.node.nodeId)).not.toBe(toHex(saved.selfId));
  await nodes.stop();
});
