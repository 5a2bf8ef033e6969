// The infohashes we give away to sample_infohashes (BEP 51). The set stays the same for the interval we name, so that
// asking again early gains nothing. Naming the maximum for a set that still grows would hide what comes in the
// next hours: as long as everything we have fits into one reply, the interval is short (mldht names 5 minutes too).
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import type { Random } from '../base/random.ts';
import { SAMPLE_INTERVAL_SECONDS_MAX } from '../wire/krpc-message.ts';
import type { PeerStore } from './peer-store.ts';

/** Everybody sends 20: with 8 nodes the reply has some 700 bytes. */
export const SAMPLES_MAX = 20;
const GROWING_INTERVAL_SECONDS = 300;

export class SampleSet {
  /** n x 20 bytes. */
  samples: Uint8Array = new Uint8Array(0);
  intervalSeconds = 0;
  readonly #store: PeerStore;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #fullIntervalSeconds: number;
  #validUntilMs = -Infinity;

  constructor(store: PeerStore, clock: Clock, random: Random, fullIntervalSeconds = SAMPLE_INTERVAL_SECONDS_MAX) {
    assert(
      fullIntervalSeconds >= 0 && fullIntervalSeconds <= SAMPLE_INTERVAL_SECONDS_MAX,
      'BEP 51 limits the interval',
    );
    this.#store = store;
    this.#clock = clock;
    this.#random = random;
    this.#fullIntervalSeconds = fullIntervalSeconds;
  }

  /** How many infohashes there are, in the sample or not. */
  get num(): number {
    return this.#store.infohashCount;
  }

  /** To be called before `samples` and `intervalSeconds` are read. */
  refresh(): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs < this.#validUntilMs) return;
    const infohashes = [...this.#store.infohashes()];
    const count = Math.min(SAMPLES_MAX, infohashes.length);
    this.samples = new Uint8Array(count * IDENTIFIER_BYTES);
    // The first steps of a Fisher-Yates shuffle: every infohash is as likely as any other.
    for (let index = 0; index < count; index++) {
      const other = index + this.#random.below(infohashes.length - index);
      const chosen = infohashes[other]!;
      infohashes[other] = infohashes[index]!;
      this.samples.set(chosen, index * IDENTIFIER_BYTES);
    }
    const isWhole = infohashes.length <= SAMPLES_MAX;
    this.intervalSeconds = isWhole
      ? Math.min(GROWING_INTERVAL_SECONDS, this.#fullIntervalSeconds)
      : this.#fullIntervalSeconds;
    this.#validUntilMs = nowMs + this.intervalSeconds * 1000;
  }
}
