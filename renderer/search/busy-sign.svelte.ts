// Whether a sign of work is shown: only where an answer takes longer than anybody would call at once.
import type { Timer, WindowClock } from '../shared/clock.ts';

const SHOWN_AFTER_MS = 300;

export class BusySign {
  isShown = $state(false);
  readonly #clock: WindowClock;
  #timer: Timer | null = null;

  constructor(clock: WindowClock) {
    this.#clock = clock;
  }

  begin(): void {
    this.#timer ??= this.#clock.setTimer(SHOWN_AFTER_MS, () => {
      this.isShown = true;
    });
  }

  end(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.isShown = false;
  }
}
