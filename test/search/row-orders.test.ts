// Orders of rows by a column, against the engine's own sort.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildSegment } from '../../main/search/index-segment.ts';
import { ORDERED_COLUMNS, RowOrders, spanOf } from '../../main/search/row-orders.ts';

const rowsOf = (values: readonly number[]) =>
  buildSegment(
    values.map((value, at) => ({
      id: at + 1,
      name: 'x',
      sizeBytes: value,
      fileCount: value % 2 ** 32,
      peersSeen: value % 70_000,
      discoveredAtUnixSeconds: 0,
      contentType: 'other' as const,
    })),
  ).segment;

const value = fc.oneof(fc.nat(20), fc.nat(2 ** 31 - 1), fc.maxSafeNat());

test('the highest value first, of equal ones the highest row; any span of values is found', () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 80 }), value, value, (values, one, other) => {
      const segment = rowsOf(values);
      const orders = new RowOrders(segment, 1);
      for (const column of ORDERED_COLUMNS) {
        orders.make(column);
        const order = orders.get(column)!;
        const expected = [...segment[column].keys()].sort((a, b) => segment[column][b]! - segment[column][a]! || b - a);
        expect([...order.rows]).toEqual(expected);
        const [min, max] = [Math.min(one, other), Math.max(one, other)];
        const [from, to] = spanOf(order, min, max);
        const within = expected.filter((row) => segment[column][row]! >= min && segment[column][row]! <= max);
        expect([...order.rows.subarray(from, to)]).toEqual(within);
      }
      expect(orders.missing).toBeNull();
    }),
  );
});

test('a thousand rows that moved are worth a new order', () => {
  const orders = new RowOrders(rowsOf(Array.from({ length: 3000 }, (_, at) => at)));
  orders.move(1); // nothing is ordered yet
  for (let column = orders.missing; column !== null; column = orders.missing) orders.make(column);
  for (let row = 0; row < 1000; row++) orders.move(row);
  expect([orders.moved.size, orders.missing]).toEqual([1000, null]);
  orders.move(1000);
  expect([orders.moved.size, orders.missing]).toEqual([0, 'peers']);
});
