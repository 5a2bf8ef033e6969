// How long to wait for an answer: one time-out for all, so that queries expire in the order in which they were sent.
// Twice the time within which nine answers of ten came lately; when nothing comes at all, the maximum, as then the
// answers may be slower than we waited.

/** protocol.md 3.6: adaptive, 1.5 to 6 s. */
export const TIMEOUT_MS_MIN = 1_500;
export const TIMEOUT_MS_MAX = 6_000;
/** Answers remembered. */
const WINDOW = 128;
/** Sorting 128 numbers is done once for so many answers; more often while these are few. */
const ANSWERS_PER_UPDATE = 64;
const FIRST_ANSWERS_PER_UPDATE = 16;
const UNANSWERED_MAX = 32;

export class RoundTrips {
  /** For queries in flight as well as new ones. */
  timeoutMs = TIMEOUT_MS_MAX;
  readonly #times = new Float64Array(WINDOW);
  #count = 0;
  #unanswered = 0;

  noteAnswer(roundTripMs: number): void {
    this.#times[this.#count++ % WINDOW] = roundTripMs;
    this.#unanswered = 0;
    if (this.#count % (this.#count <= WINDOW ? FIRST_ANSWERS_PER_UPDATE : ANSWERS_PER_UPDATE) !== 0) return;
    const sorted = this.#times.slice(0, Math.min(this.#count, WINDOW)).sort();
    const ninthTenth = sorted[Math.floor(sorted.length * 0.9)]!;
    this.timeoutMs = Math.min(TIMEOUT_MS_MAX, Math.max(TIMEOUT_MS_MIN, 2 * ninthTenth));
  }

  /** The time within which `share` of the remembered answers came; null before the first answer. */
  quantileMs(share: number): number | null {
    const sorted = this.#times.slice(0, Math.min(this.#count, WINDOW)).sort();
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
  }

  noteTimeout(): void {
    if (++this.#unanswered >= UNANSWERED_MAX) this.timeoutMs = TIMEOUT_MS_MAX;
  }
}
