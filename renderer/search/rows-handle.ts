// What can be done to a list of rows from outside; VirtualRows.svelte is it.
export interface RowsHandle {
  /** How many whole rows are in sight. */
  pageRows(): number;
  scrollTo(topPx: number): void;
  /** Moves just so far that row `index` is in sight. */
  reveal(index: number): void;
  focus(): void;
  box(): HTMLElement | undefined;
}
