// A torrent's files as a tree, and the tree as the flat list of rows that is drawn. Pure. At most FILES_KEPT_MAX files
// come in; depth is bounded by the length of a path, and nothing here recurses.
import { wordsOf } from '../shared/highlight.ts';

export interface FileNode {
  /** Path from the torrent's root; unique, also the key. */
  readonly path: string;
  readonly name: string;
  readonly depth: number;
  readonly isFolder: boolean;
  sizeBytes: number;
  /** Files below a folder; 1 for a file. */
  fileCount: number;
  readonly children: FileNode[];
  readonly parent: FileNode | null;
}

interface File {
  readonly path: string;
  readonly sizeBytes: number;
}

const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** The root's children, folders first, names in the order people count ('2' before '10'). */
export function fileTreeOf(files: readonly File[]): readonly FileNode[] {
  const root = nodeOf({ path: '', name: '', depth: -1, isFolder: true, parent: null });
  const folders = new Map<string, FileNode>([['', root]]);
  for (const [index, file] of files.entries()) {
    const parts = file.path.split('/');
    let parent = root;
    for (let i = 0; i < parts.length - 1; i += 1) {
      parent = folderIn(parent, parts[i] ?? '', folders);
    }
    // Two files of one path do occur; the index keeps their keys apart.
    const leaf = nodeOf({
      path: `${file.path}\n${index}`,
      name: parts.at(-1) ?? '',
      depth: parent.depth + 1,
      isFolder: false,
      parent,
    });
    leaf.sizeBytes = file.sizeBytes;
    leaf.fileCount = 1;
    parent.children.push(leaf);
    for (let above: FileNode | null = parent; above !== null; above = above.parent) {
      above.sizeBytes += file.sizeBytes;
      above.fileCount += 1;
    }
  }
  for (const folder of folders.values()) folder.children.sort(inDrawnOrder);
  return root.children;
}

function folderIn(parent: FileNode, name: string, folders: Map<string, FileNode>): FileNode {
  const path = parent.depth < 0 ? name : `${parent.path}/${name}`;
  const known = folders.get(path);
  if (known && known !== parent) return known;
  const folder = nodeOf({ path, name, depth: parent.depth + 1, isFolder: true, parent });
  folders.set(path, folder);
  parent.children.push(folder);
  return folder;
}

function nodeOf(facts: Pick<FileNode, 'path' | 'name' | 'depth' | 'isFolder' | 'parent'>): FileNode {
  return { ...facts, sizeBytes: 0, fileCount: 0, children: [] };
}

function inDrawnOrder(a: FileNode, b: FileNode): number {
  if (a.isFolder !== b.isFolder) return a.isFolder ? -1 : 1;
  return byName.compare(a.name, b.name);
}

/** The rows on screen: every node whose folders are all open. */
export function openRowsOf(roots: readonly FileNode[], isOpen: (folder: FileNode) => boolean): readonly FileNode[] {
  const rows: FileNode[] = [];
  const waiting = [...roots].reverse();
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    rows.push(node);
    if (!node.isFolder || !isOpen(node)) continue;
    for (let i = node.children.length - 1; i >= 0; i -= 1) {
      const child = node.children[i];
      if (child) waiting.push(child);
    }
  }
  return rows;
}

/** The rows while searching inside: files whose path has every word, with the folders above them. */
export function matchingRowsOf(roots: readonly FileNode[], query: string): readonly FileNode[] {
  const words = wordsOf(query);
  const all = openRowsOf(roots, () => true);
  const kept = new Set<FileNode>();
  for (const node of all) {
    if (node.isFolder) continue;
    const path = node.path.toLowerCase();
    if (!words.every((word) => path.includes(word))) continue;
    for (let at: FileNode | null = node; at !== null && !kept.has(at); at = at.parent) kept.add(at);
  }
  return all.filter((node) => kept.has(node));
}

/** Small torrents start all open; a big one shows its top, unless the top is a single folder. */
const OPEN_ALL_FILES_MAX = 60;

export function foldersOpenAtFirst(roots: readonly FileNode[]): ReadonlySet<string> {
  const fileCount = roots.reduce((sum, node) => sum + node.fileCount, 0);
  const folders = openRowsOf(roots, () => true).filter((node) => node.isFolder);
  if (fileCount <= OPEN_ALL_FILES_MAX) return new Set(folders.map((node) => node.path));
  const only = roots.length === 1 ? roots[0] : undefined;
  return new Set(only?.isFolder ? [only.path] : []);
}

/** 'Episode 1.mkv' as ['Episode 1', '.mkv']: the list shortens the first, so that the kind of file stays readable. */
export function stemAndExtension(name: string): readonly [stem: string, extension: string] {
  const match = /^(.+)(\.[a-zA-Z0-9]{1,8})$/.exec(name);
  return match ? [match[1] ?? name, match[2] ?? ''] : [name, ''];
}
