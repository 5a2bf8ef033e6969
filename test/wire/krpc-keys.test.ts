import { expect, test } from 'vitest';
import { KEY_UNKNOWN, KeyTable } from '../../main/wire/krpc-keys.ts';
import { latin1 } from '../fixtures/bep-examples.ts';

const KEYS = ['BFpe', 'BFsd', 'BFxx', 'id', 'info_hash', 'nodes', 'nodes6', 'y'];
const table = new KeyTable(KEYS);
const identify = (text: string) => table.identify(latin1(text), 0, text.length);

test('keys are numbered in their order', () => {
  expect(KEYS.map(identify)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test.each([
  '',
  'i',
  'ix',
  'Id',
  'ID',
  'idd',
  'BFp',
  'BFpx',
  'BFsp',
  'nodes7',
  'node',
  'z',
  'info_hasi',
  'info_hash\0',
  '__proto__',
  'x'.repeat(300),
])('%j is unknown', (text) => {
  expect(identify(text)).toBe(KEY_UNKNOWN);
});

test('only the bytes of the key are looked at', () => {
  expect(table.identify(latin1('xxidyy'), 2, 2)).toBe(4);
  expect(table.identify(latin1('nodes6'), 0, 5)).toBe(6);
});

test('a table must be sorted', () => {
  expect(() => new KeyTable(['b', 'a'])).toThrow('sorted');
});
