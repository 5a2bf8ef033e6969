// Joins segments of the name index for the search thread, which must not be kept from answering: on the writer's thread,
// between its commits. The search says which and puts the result in their place (NameIndex); nothing is lost if it never comes.
import type { Clock, Timer } from '../base/clock.ts';
import type { Port } from '../base/port.ts';
import { buffersOf, type SegmentData } from '../search/index-segment.ts';
import { type MergePart, mergeSteps } from '../search/segment-merge.ts';
import type { SearchToWriter, WriterToSearch } from './writer-search-contract.ts';

/** The writer's end of its channel to the search. */
export type SearchPort = Port<SearchToWriter, WriterToSearch>;

/** Work between two looks at what has come: torrents must be committed in time. */
const SLICE_MS = 4;

export class SegmentMerger {
  readonly #clock: Clock;
  readonly #port: SearchPort;
  /** One at a time: the search asks for the next when it has this one. */
  #job: { readonly mergeId: number; readonly steps: Generator<void, SegmentData> } | null = null;
  #timer: Timer | null = null;

  /** `onDamage`: the search could not read something. */
  constructor(clock: Clock, port: SearchPort, onDamage: (code: string) => void) {
    this.#clock = clock;
    this.#port = port;
    port.on((message) => {
      if (message.type === 'merge') this.#begin(message.mergeId, message.parts);
      else onDamage(message.code);
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#job = null;
    this.#port.close();
  }

  /** A newer one takes the place of one that is under way: the search has given that up. */
  #begin(mergeId: number, parts: readonly MergePart[]): void {
    this.#job = { mergeId, steps: mergeSteps(parts) };
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(0, () => this.#work());
  }

  #work(): void {
    if (this.#job === null) return;
    const startedAtMs = this.#clock.nowMs();
    do {
      const step = this.#job.steps.next();
      if (step.done === true) return this.#finish(this.#job.mergeId, step.value);
    } while (this.#clock.nowMs() - startedAtMs < SLICE_MS);
    this.#timer = this.#clock.setTimer(0, () => this.#work());
  }

  #finish(mergeId: number, segment: SegmentData): void {
    this.#job = null;
    this.#port.post({ type: 'merged', mergeId, segment }, buffersOf(segment));
  }
}
