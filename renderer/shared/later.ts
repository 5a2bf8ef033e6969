// One thing that is to be done a little later: wished for again before its time, it is done once all the same.
import type { Timer, WindowClock } from './clock.ts';

export class Later {
  readonly #clock: WindowClock;
  readonly #act: () => void;
  #timer: Timer | null = null;

  constructor(clock: WindowClock, act: () => void) {
    this.#clock = clock;
    this.#act = act;
  }

  get isDue(): boolean {
    return this.#timer !== null;
  }

  /** The first wish says when. */
  in(delayMs: number): void {
    this.#timer ??= this.#clock.setTimer(delayMs, () => {
      this.#timer = null;
      this.#act();
    });
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}
