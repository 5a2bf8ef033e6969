// R9: levels of a table are made when needed, depths may be missing, and the nearest are found across the gaps.
import { expect, test, vi } from 'vitest';
import { toHex } from '../../main/base/bytes.ts';
import { compareDistance } from '../../main/base/identifier.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import { randomNodeId } from '../../main/dht/node-id.ts';
import { createTable, nodeAt, SELF_ID } from '../dht/table-fixtures.ts';

// Seconds on a quiet machine; a busy one must not fail them.
vi.setConfig({ testTimeout: 90_000 });

test('R9 the nearest are the nearest across missing levels, 10,000 times', () => {
  const random = createSeededRandom(99);
  for (let round = 0; round < 100; round++) {
    const { table } = createTable({ selfId: randomNodeId(random), bucketSize: 1 + random.below(16), random });
    const nodeCount = random.below(150);
    for (let index = 0; index < nodeCount; index++) {
      // Half anywhere, half near the table's own id, so that deep buckets fill and depths are missing.
      const id = randomNodeId(random);
      if (random.below(2) === 0) id.set(table.selfId.subarray(0, random.below(10)));
      table.insert({ id, contact: nodeAt(0, round * 200 + index).contact }, { hasAnswered: true });
    }
    const all = [...table.nodes()];
    for (let question = 0; question < 100; question++) {
      const target = randomNodeId(random);
      if (question % 3 === 0) target.set(table.selfId.subarray(0, random.below(20)));
      if (question === 50) target.set(table.selfId);
      const count = 1 + random.below(20);
      const truth = [...all].sort((a, b) => compareDistance(target, a.id, b.id)).slice(0, count);
      expect(table.closest(target, count).map(({ id }) => toHex(id))).toEqual(truth.map(({ id }) => toHex(id)));
    }
  }
});

test('R9 written for an answer they are the good ones, in compact form', () => {
  const { table } = createTable();
  for (let index = 0; index < 20; index++) table.insert(nodeAt(index % 5, index), { hasAnswered: true });
  table.failed(table.closest(SELF_ID, 1)[0]!.contact);
  const into = new Uint8Array(8 * 26);
  const target = new Uint8Array(30);
  target.set(SELF_ID, 10);
  expect(table.writeClosest(target, 10, 8, new Uint16Array(into.buffer), 0)).toBe(8);
  const expected = table.closest(SELF_ID, 8, true);
  for (const [place, { id }] of expected.entries())
    expect(into.slice(place * 26, place * 26 + 20)).toEqual(Uint8Array.from(id));
});
