// Which torrents are selected: one that the keys act on, and as many others as a person marks with Shift and Ctrl. Kept by
// infohash, so that rows may come and go around it.
import { SvelteSet } from 'svelte/reactivity';

/** As many as one call to the app takes. */
export const SELECTED_MAX = 10_000;

export class Selection {
  readonly #marked = new SvelteSet<string>();
  /** Where a range begins. */
  anchorIndex = -1;
  /** A wish for more than SELECTED_MAX was cut. */
  isCut = $state(false);

  get count(): number {
    return this.#marked.size;
  }

  get infohashesHex(): readonly string[] {
    return [...this.#marked];
  }

  has(infohashHex: string): boolean {
    return this.#marked.has(infohashHex);
  }

  /** This one and no other. */
  only(infohashHex: string, index: number): void {
    this.anchorIndex = index;
    this.isCut = false;
    if (this.#marked.size === 1 && this.#marked.has(infohashHex)) return;
    this.#marked.clear();
    this.#marked.add(infohashHex);
  }

  /** In or out, the others stay. */
  toggle(infohashHex: string, index: number): void {
    this.anchorIndex = index;
    if (this.#marked.delete(infohashHex)) return;
    this.isCut = this.#marked.size >= SELECTED_MAX;
    if (!this.isCut) this.#marked.add(infohashHex);
  }

  /** All these and no others. */
  set(infohashesHex: readonly string[]): void {
    this.isCut = infohashesHex.length > SELECTED_MAX;
    const next = new Set(infohashesHex.slice(0, SELECTED_MAX));
    for (const infohashHex of this.#marked) if (!next.has(infohashHex)) this.#marked.delete(infohashHex);
    for (const infohashHex of next) this.#marked.add(infohashHex);
  }

  clear(): void {
    this.anchorIndex = -1;
    this.isCut = false;
    this.#marked.clear();
  }
}
