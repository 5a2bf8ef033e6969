// Verifies metadata in turns, so that the thread which reads the DHT's socket is never held for long: 10 MiB take 25 ms and
// more to hash and read, the usual 50 KiB less than one. Slices on this thread and no second one: what most metadata needs
// fits into one turn, and a thread would add 0.1 ms and a copy of the file list to each. First come, first served.
import { assert } from '../base/assert.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { Infohash } from '../base/identifier.ts';
import type { MetadataMemory } from './metadata-pieces.ts';
import { verifySteps, type Verdict } from './verify-metadata.ts';

/** One turn, seen from the event loop: this and one step of a fraction of a millisecond. */
export const TURN_MS = 3;

interface Work {
  readonly steps: Generator<void, Verdict, void>;
  readonly heldBytes: number;
  readonly onVerdict: (verdict: Verdict) => void;
}

export class MetadataVerifier {
  readonly #clock: Clock;
  readonly #memory: MetadataMemory;
  readonly #waiting: Work[] = [];
  #timer: Timer | null = null;

  /** What waits is counted in `memory`, which thereby bounds it. */
  constructor(clock: Clock, memory: MetadataMemory) {
    this.#clock = clock;
    this.#memory = memory;
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  get heldBytes(): number {
    return this.#waiting.reduce((sum, { heldBytes }) => sum + heldBytes, 0);
  }

  /**
   * Calls `onVerdict` once: before this returns, if nothing waits and one turn is enough, else in a later turn. False, and it
   * is never called, when the memory is full.
   */
  verify(asked: Infohash, blocks: readonly Uint8Array[], onVerdict: (verdict: Verdict) => void): boolean {
    const heldBytes = blocks.reduce((sum, block) => sum + block.length, 0);
    if (!this.#memory.take(heldBytes)) return false;
    this.#waiting.push({ steps: verifySteps(asked, blocks), heldBytes, onVerdict });
    if (this.#waiting.length === 1) this.#turn();
    return true;
  }

  /** Forgets what waits. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    for (const { heldBytes } of this.#waiting.splice(0)) this.#memory.giveBack(heldBytes);
  }

  checkInvariants(): void {
    assert(this.#waiting.length === 0 || this.#timer !== null, 'what waits to be verified has a turn');
  }

  #turn(): void {
    const endMs = this.#clock.nowMs() + TURN_MS;
    const work = this.#waiting[0];
    for (; work !== undefined && this.#waiting[0] === work;) {
      const step = work.steps.next();
      if (step.done === true) {
        this.#waiting.shift();
        this.#memory.giveBack(work.heldBytes);
        work.onVerdict(step.value); // may bring more, or stop us
      } else if (this.#clock.nowMs() >= endMs) break;
    }
    if (this.#waiting.length > 0) this.#timer ??= this.#clock.setTimer(0, () => this.#later());
  }

  #later(): void {
    this.#timer = null;
    this.#turn();
  }
}
