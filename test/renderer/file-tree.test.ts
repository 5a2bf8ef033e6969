// The file tree of the details: shape, order, sums, search, keys.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FileTreeController } from '../../renderer/details/file-tree-controller.svelte.ts';
import {
  fileTreeOf,
  foldersOpenAtFirst,
  matchingRowsOf,
  openRowsOf,
  stemAndExtension,
} from '../../renderer/details/file-tree.ts';

const file = (path: string, sizeBytes = 1): { path: string; sizeBytes: number } => ({ path, sizeBytes });
const FILES = [
  file('readme.txt', 5),
  file('Season 10/e1.mkv', 10),
  file('Season 2/e10.mkv', 20),
  file('Season 2/e2.mkv', 30),
  file('Season 2/Subs/e2.srt', 1),
];
const names = (rows: readonly { name: string; depth: number }[]): string[] =>
  rows.map((row) => `${'  '.repeat(row.depth)}${row.name}`);

test('folders first, names in the order people count, sums up to the root', () => {
  const roots = fileTreeOf(FILES);
  expect(names(openRowsOf(roots, () => true))).toEqual([
    'Season 2',
    '  Subs',
    '    e2.srt',
    '  e2.mkv',
    '  e10.mkv',
    'Season 10',
    '  e1.mkv',
    'readme.txt',
  ]);
  expect(roots[0]).toMatchObject({ sizeBytes: 51, fileCount: 3 });
});

test('searching keeps files whose path has every word, and the folders above them', () => {
  expect(names(matchingRowsOf(fileTreeOf(FILES), 'SEASON e2'))).toEqual([
    'Season 2',
    '  Subs',
    '    e2.srt',
    '  e2.mkv',
  ]);
  expect(matchingRowsOf(fileTreeOf(FILES), 'nothing like it')).toEqual([]);
});

test('any paths at all: every file is drawn once, keys are unique, nothing throws', () => {
  const part = fc.oneof(fc.constantFrom('', 'a', 'b', '..', '__proto__', 'é', '資料'), fc.string({ maxLength: 3 }));
  const paths = fc.array(fc.array(part, { minLength: 1, maxLength: 6 }), { maxLength: 40 });
  fc.assert(
    fc.property(paths, (parts) => {
      const files = parts.map((one) => file(one.join('/')));
      const roots = fileTreeOf(files);
      const drawn = openRowsOf(roots, () => true);
      expect(drawn.filter((node) => !node.isFolder)).toHaveLength(files.length);
      expect(new Set(drawn.map((node) => node.path)).size).toBe(drawn.length);
      expect(roots.reduce((sum, node) => sum + node.fileCount, 0)).toBe(files.length);
    }),
  );
});

test('a path as deep as a path can be does not overflow the stack', () => {
  const roots = fileTreeOf([file('a/'.repeat(5000) + 'b')]);
  expect(openRowsOf(roots, () => true)).toHaveLength(5001);
});

test('small torrents start open, large ones at their top', () => {
  expect(foldersOpenAtFirst(fileTreeOf(FILES)).size).toBe(3);
  const large = Array.from({ length: 200 }, (_, index) => file(`Album/Disc ${index % 4}/${index}.flac`));
  expect([...foldersOpenAtFirst(fileTreeOf(large))]).toEqual(['Album']);
});

test.each([
  ['Episode 1.mkv', 'Episode 1', '.mkv'],
  ['archive.tar.gz', 'archive.tar', '.gz'],
  ['.hidden', '.hidden', ''],
  ['no extension', 'no extension', ''],
  ['Vol. 4 – the long end', 'Vol. 4 – the long end', ''],
])('the end of %s stays readable', (name, stem, extension) => {
  expect(stemAndExtension(name)).toEqual([stem, extension]);
});

describe('keys', () => {
  test('open, close, step in and out, and stay inside', () => {
    const tree = new FileTreeController(FILES);
    tree.press('ArrowUp');
    expect(tree.activeIndex).toBe(0);
    expect(tree.press('ArrowLeft')).toBe(true);
    expect(names(tree.rows)).toEqual(['Season 2', 'Season 10', '  e1.mkv', 'readme.txt']);
    tree.press('ArrowRight');
    tree.press('ArrowRight');
    tree.press('ArrowRight');
    expect(tree.rows[tree.activeIndex]?.name).toBe('e2.srt');
    tree.press('ArrowLeft');
    expect(tree.rows[tree.activeIndex]?.name).toBe('Subs');
    tree.press('End');
    tree.press('ArrowDown');
    expect(tree.rows[tree.activeIndex]?.name).toBe('readme.txt');
    expect(tree.press('x')).toBe(false);
  });

  test('a search narrows, keeps folders open and the active row inside; its end brings all back', () => {
    const tree = new FileTreeController(FILES);
    tree.press('End');
    tree.query = 'e10';
    expect(names(tree.rows)).toEqual(['Season 2', '  e10.mkv']);
    expect(tree.activeIndex).toBe(1);
    tree.press('ArrowLeft');
    tree.press('ArrowLeft');
    expect(tree.rows).toHaveLength(2);
    tree.query = ' ';
    expect(tree.rows).toHaveLength(8);
  });
});
