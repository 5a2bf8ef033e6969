// All searches under way, bounded, each moved on by every tick.
import type { Clock } from '../base/clock.ts';
import { Lookup, type LookupOptions, type LookupResult } from './lookup.ts';

/** Each has four questions in flight; the budget slows them down long before this. */
export const LOOKUPS_MAX = 32;

export class Lookups {
  readonly #clock: Clock;
  readonly #ask: LookupOptions['ask'];
  readonly #running = new Set<Lookup>();

  constructor(clock: Clock, ask: LookupOptions['ask']) {
    this.#clock = clock;
    this.#ask = ask;
  }

  get isFull(): boolean {
    return this.#running.size >= LOOKUPS_MAX;
  }

  /** Null: there are too many already, and onDone is never called. */
  start(
    options: Omit<LookupOptions, 'ask' | 'clock' | 'onDone'>,
    onDone: (result: LookupResult) => void,
  ): Lookup | null {
    if (this.isFull) return null;
    const lookup: Lookup = new Lookup({
      ...options,
      ask: this.#ask,
      clock: this.#clock,
      onDone: (result) => {
        this.#running.delete(lookup);
        onDone(result);
      },
    });
    this.#running.add(lookup);
    return lookup;
  }

  tick(): void {
    for (const lookup of this.#running) lookup.pump();
  }

  /** Each ends with what it has found so far. */
  finishAll(): void {
    for (const lookup of this.#running) lookup.finish();
  }

  checkInvariants(): void {
    for (const lookup of this.#running) lookup.checkInvariants();
  }
}
