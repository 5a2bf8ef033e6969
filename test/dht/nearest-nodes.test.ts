// The nearest nodes of a crowded bucket are looked for among those that are near; with few good ones among them, everywhere.
import { expect, test } from 'vitest';
import { compareDistance } from '../../main/base/identifier.ts';
import { createTable, nodeAt } from './table-fixtures.ts';

const CROWD = 400;

test('finds what looking at every node would find, whatever the depth of the target and however few are good', () => {
  for (const goodOneIn of [1, 3, 60, 500]) {
    const { table, random } = createTable({ bucketSize: CROWD });
    const good = [];
    for (let index = 0; index < 4 * CROWD; index++) {
      const node = nodeAt(index % 4 === 3 ? 60 : (index % 4) * 5, index, random);
      table.insert(node, { hasAnswered: true });
      if (index % goodOneIn === 0) good.push(node);
      else table.failed(node.contact);
    }
    expect(table.nodeCount).toBe(4 * CROWD);
    for (let round = 0; round < 60; round++) {
      const target = round % 2 === 0 ? random.bytes(20) : nodeAt(round % 12, round + 9_000, random).id;
      const nearest = [...good].sort((a, b) => compareDistance(target, a.id, b.id)).slice(0, 8);
      expect(table.closest(target, 8, true).map(({ contact }) => contact)).toEqual(
        nearest.map(({ contact }) => contact),
      );
    }
    table.checkInvariants();
  }
});
