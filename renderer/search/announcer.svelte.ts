// One line for screen readers when something has settled: counts are read out when the typing stops, not at each letter.
import type { Timer, WindowClock } from '../shared/clock.ts';

const SAID_AFTER_MS = 800;

export class Announcer {
  line = $state('');
  readonly #clock: WindowClock;
  #timer: Timer | null = null;

  constructor(clock: WindowClock) {
    this.#clock = clock;
  }

  sayLater(line: () => string): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(SAID_AFTER_MS, () => {
      this.line = line();
    });
  }
}
