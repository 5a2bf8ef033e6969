// A thread fell and was started again: mentioned for a while, for what went well again need not be told for ever.
import type { Clock, Timer } from '../base/clock.ts';

const SHOWN_MS = 2 * 60_000;

export class Interruption {
  readonly #clock: Clock;
  readonly #onChanged: (sentence: string | null) => void;
  #sentence: string | null = null;
  #timer: Timer | null = null;

  /** `onChanged`: what is to be mentioned now; null: nothing any more. */
  constructor(clock: Clock, onChanged: (sentence: string | null) => void) {
    this.#clock = clock;
    this.#onChanged = onChanged;
  }

  get sentence(): string | null {
    return this.#sentence;
  }

  say(sentence: string): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(SHOWN_MS, () => {
      this.#sentence = null;
      this.#onChanged(null);
    });
    this.#sentence = sentence;
    this.#onChanged(sentence);
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
