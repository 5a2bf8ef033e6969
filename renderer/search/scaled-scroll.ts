// Where a reader is in a list that may be taller than Chromium can lay out (33 million pixels; a million rows are 56). The
// element is at most HEIGHT_MAX_PX tall; small steps of the wheel move the reader by just so much, a dragged thumb by its
// share of the whole, and where the two have drifted apart the thumb is put right while the rows stay. Pure.

export const HEIGHT_MAX_PX = 15_000_000;
/** So near to an end of the list the element is just as near to its own; the thumb is put right where it is not. */
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
    else if (Math.abs(step) > this.#viewportPx)
      this.topPx = mapped(scrollTopPx, this.#scrollMax, this.#topMax, this.#nearPx);
    else this.topPx = Math.max(0, Math.min(this.topPx + step, this.#topMax));
    if (this.#isNearFalseEnd) return this.settle();
    // On the way into the last pixels the two may be less than a step apart: the element's own end is the list's.
    const isNearEnd = this.#isScaled && endOf(scrollTopPx, this.#scrollMax, this.#nearPx) !== 0;
    if (isNearEnd) this.topPx = mapped(scrollTopPx, this.#scrollMax, this.#topMax, this.#nearPx);
    return scrollTopPx;
  }

  /** The reader is to be at `topPx` of the list; where the element has to be for it. */
  moveTo(topPx: number): number {
    this.topPx = Math.max(0, Math.min(topPx, this.#topMax));
    return this.settle();
  }

  /** Puts the thumb where the reader is; where the element has to be for it. */
  settle(): number {
    this.scrollTopPx = this.#isScaled
      ? Math.round(mapped(this.topPx, this.#topMax, this.#scrollMax, this.#nearPx))
      : this.topPx;
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

  get #nearPx(): number {
    return NEAR_END_VIEWPORTS * this.#viewportPx;
  }

  /** The element ends soon, the list does not: or the other way round. */
  get #isNearFalseEnd(): boolean {
    if (!this.#isScaled) return false;
    return endOf(this.scrollTopPx, this.#scrollMax, this.#nearPx) !== endOf(this.topPx, this.#topMax, this.#nearPx);
  }
}

/** -1: near the beginning, 1: near the end, 0: neither. */
function endOf(placePx: number, maxPx: number, nearPx: number): -1 | 0 | 1 {
  if (placePx <= nearPx) return -1;
  return placePx >= maxPx - nearPx ? 1 : 0;
}

/** A place on one scale as one on the other: pixel by pixel near the ends, by its share between them. */
function mapped(placePx: number, maxPx: number, otherMaxPx: number, nearPx: number): number {
  const end = endOf(placePx, maxPx, nearPx);
  if (end < 0) return placePx;
  if (end > 0) return otherMaxPx - (maxPx - placePx);
  return nearPx + ((placePx - nearPx) * (otherMaxPx - 2 * nearPx)) / (maxPx - 2 * nearPx);
}
