// How much to do in one step so that it takes about as long as wished, on any machine and however busy: a step that took longer
// makes the next one half as large, quick ones let it grow again.

export interface StepLimits {
  readonly min: number;
  readonly max: number;
  readonly wantedMs: number;
}

export class StepSize {
  readonly #limits: StepLimits;
  #size: number;

  constructor(limits: StepLimits) {
    this.#limits = limits;
    this.#size = limits.min;
  }

  /** Whole, from `min` to `max`. */
  get size(): number {
    return this.#size;
  }

  /** A step of this size took `ms`. */
  took(ms: number): void {
    const { min, max, wantedMs } = this.#limits;
    if (ms > wantedMs) this.#size = Math.max(min, this.#size >> 1);
    else if (ms < wantedMs / 2) this.#size = Math.min(max, this.#size + Math.max(1, this.#size >> 2));
  }
}
