// The state of one torrent's file tree: which folders are open, what is searched, which row the keys act on.
import { fileTreeOf, foldersOpenAtFirst, matchingRowsOf, openRowsOf, type FileNode } from './file-tree.ts';

const PAGE_ROWS = 10;

export class FileTreeController {
  query = $state('');
  #chosenIndex = $state(0);
  #openPaths = $state.raw<ReadonlySet<string>>(new Set());
  readonly #roots: readonly FileNode[];

  readonly rows: readonly FileNode[] = $derived.by(() =>
    this.query.trim() === ''
      ? openRowsOf(this.#roots, (folder) => this.#openPaths.has(folder.path))
      : matchingRowsOf(this.#roots, this.query),
  );
  readonly activeIndex = $derived(Math.max(0, Math.min(this.#chosenIndex, this.rows.length - 1)));

  constructor(files: readonly { readonly path: string; readonly sizeBytes: number }[]) {
    this.#roots = fileTreeOf(files);
    this.#openPaths = foldersOpenAtFirst(this.#roots);
  }

  get hasFolders(): boolean {
    return this.#roots.some((node) => node.isFolder);
  }

  /** While searching every folder that is shown is open. */
  isOpen(node: FileNode): boolean {
    return node.isFolder && (this.query.trim() !== '' || this.#openPaths.has(node.path));
  }

  pick(index: number): void {
    this.#chosenIndex = index;
    const node = this.rows[index];
    if (node?.isFolder) this.#setOpen(node, !this.isOpen(node));
  }

  /** The keys of a tree, as everywhere. False: not one of them. */
  press(key: string): boolean {
    const node = this.rows[this.activeIndex];
    if (!node) return false;
    switch (key) {
      case 'ArrowDown':
        return this.#move(this.activeIndex + 1);
      case 'ArrowUp':
        return this.#move(this.activeIndex - 1);
      case 'PageDown':
        return this.#move(this.activeIndex + PAGE_ROWS);
      case 'PageUp':
        return this.#move(this.activeIndex - PAGE_ROWS);
      case 'Home':
        return this.#move(0);
      case 'End':
        return this.#move(this.rows.length - 1);
      case 'ArrowRight':
        return this.isOpen(node) ? this.#move(this.activeIndex + 1) : this.#setOpen(node, true);
      case 'ArrowLeft':
        if (this.isOpen(node) && this.query.trim() === '') return this.#setOpen(node, false);
        return node.parent === null ? true : this.#move(Math.max(0, this.rows.indexOf(node.parent)));
      case 'Enter':
      case ' ':
        return this.#setOpen(node, !this.isOpen(node));
      default:
        return false;
    }
  }

  #move(toIndex: number): true {
    this.#chosenIndex = Math.max(0, Math.min(toIndex, this.rows.length - 1));
    return true;
  }

  #setOpen(node: FileNode, isOpen: boolean): true {
    if (!node.isFolder || this.query.trim() !== '') return true;
    const next = new Set(this.#openPaths);
    if (isOpen) next.add(node.path);
    else next.delete(node.path);
    this.#openPaths = next;
    return true;
  }
}
