// Where a reader is in a list that may be taller than Chromium can lay out (33 million pixels; a million rows are 56). The
// element is at most HEIGHT_MAX_PX tall; small steps of the wheel move the reader by just so much, a dragged thumb by its
// share of the whole, and where the two have drifted apart the thumb is put right while the rows stay. Pure.

export const HEIGHT_MAX_PX = 15_000_000;
/** So near to the element's end, and not at the list's, the thumb is put right at once. */
const NEAR_END_VIEWPORTS = 3;

export class ScaledScroll {
  /** The reader's place in the whole list. */
  topPx = 0;
  /** The element's own. */
  scrollTopPx = 0;
  #totalPx = 0;
  #viewportPx = 0;

  /** How tall the element is to be. */
  get heightPx(): number {
    return Math.min(this.#totalPx, HEIGHT_MAX_PX);
  }

  /** To be taken off a row's place in the list for its place in the element. */
  get shiftPx(): number {
    return this.topPx - this.scrollTopPx;
  }

  get viewportPx(): number {
    return this.#viewportPx;
  }

  /** The list or the window has another size; the reader stays where they are, as far as there is such a place. */
  resize(totalPx: number, viewportPx: number): void {
    this.#totalPx = totalPx;
    this.#viewportPx = viewportPx;
    this.topPx = Math.max(0, Math.min(this.topPx, this.#topMax));
    if (!this.#isScaled) this.scrollTopPx = this.topPx;
    else this.scrollTopPx = Math.max(0, Math.min(this.scrollTopPx, this.#scrollMax));
  }

  /** The element was scrolled to `scrollTopPx`; where it should be instead, mostly the same. */
  scrolled(scrollTopPx: number): number {
    const step = scrollTopPx - this.scrollTopPx;
    this.scrollTopPx = scrollTopPx;
    if (!this.#isScaled) this.topPx = scrollTopPx;
    else if (Math.abs(step) > this.#viewportPx) this.topPx = scrollTopPx * this.#ratio;
    else this.topPx = Math.max(0, Math.min(this.topPx + step, this.#topMax));
    return this.#isNearFalseEnd ? this.settle() : scrollTopPx;
  }

  /** The reader is to be at `topPx` of the list; where the element has to be for it. */
  moveTo(topPx: number): number {
    this.topPx = Math.max(0, Math.min(topPx, this.#topMax));
    return this.settle();
  }

  /** Puts the thumb where the reader is; where the element has to be for it. */
  settle(): number {
    this.scrollTopPx = this.#isScaled ? Math.round(this.topPx / this.#ratio) : this.topPx;
    return this.scrollTopPx;
  }

  get #isScaled(): boolean {
    return this.#totalPx > HEIGHT_MAX_PX;
  }

  get #topMax(): number {
    return Math.max(0, this.#totalPx - this.#viewportPx);
  }

  get #scrollMax(): number {
    return Math.max(0, this.heightPx - this.#viewportPx);
  }

  get #ratio(): number {
    return this.#scrollMax === 0 ? 1 : this.#topMax / this.#scrollMax;
  }

  /** The element ends soon, the list does not: or the other way round. */
  get #isNearFalseEnd(): boolean {
    if (!this.#isScaled) return false;
    const nearPx = NEAR_END_VIEWPORTS * this.#viewportPx;
    const isNear = (placePx: number, maxPx: number): number =>
      placePx < nearPx ? -1 : placePx > maxPx - nearPx ? 1 : 0;
    return isNear(this.scrollTopPx, this.#scrollMax) !== isNear(this.topPx, this.#topMax);
  }
}
