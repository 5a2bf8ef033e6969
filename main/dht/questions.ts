// What a search has asked: numbered in the order of asking, so that an answer finds whom it is from, and which of them wait.
// A few dozen a search; the memory is used again by the next one.
import { assert } from '../base/assert.ts';

/** The row of a question whose node fell off the shortlist meanwhile. */
export const NO_ROW = -1;

const QUESTIONS_AT_FIRST = 64;

export class Questions {
  /** By question: the shortlist's row that it was put to, and when. */
  #rows = new Int16Array(QUESTIONS_AT_FIRST);
  #askedAtMs = new Float64Array(QUESTIONS_AT_FIRST);
  /** Those without an answer, the first #waitingCount. */
  #waiting = new Uint16Array(QUESTIONS_AT_FIRST);
  #waitingCount = 0;
  #count = 0;

  /** Asked so far. */
  get count(): number {
    return this.#count;
  }

  get waitingCount(): number {
    return this.#waitingCount;
  }

  /** Forgets all, for a search that asks `limit` at most. */
  begin(limit: number): void {
    this.#count = 0;
    this.#waitingCount = 0;
    if (limit <= this.#rows.length) return;
    this.#rows = new Int16Array(limit);
    this.#askedAtMs = new Float64Array(limit);
    this.#waiting = new Uint16Array(limit);
  }

  /** The next question was put to `row`. */
  add(row: number, nowMs: number): void {
    const question = this.#count++;
    assert(question < this.#rows.length, 'a search asks no more than it may');
    this.#rows[question] = row;
    this.#askedAtMs[question] = nowMs;
    this.#waiting[this.#waitingCount++] = question;
  }

  /** It is answered, or never will be. Returns the row that it was put to, or NO_ROW. */
  end(question: number): number {
    for (let index = 0; index < this.#waitingCount; index++) {
      if (this.#waiting[index] !== question) continue;
      this.#waiting[index] = this.#waiting[--this.#waitingCount]!;
      return this.#rows[question]!;
    }
    return NO_ROW;
  }

  /** `row` belongs to another node from now on. */
  forgetRow(row: number): void {
    for (let index = 0; index < this.#waitingCount; index++) {
      const question = this.#waiting[index]!;
      if (this.#rows[question] === row) this.#rows[question] = NO_ROW;
    }
  }

  /** How many wait that were asked at `sinceMs` or later. */
  waitingSince(sinceMs: number): number {
    let count = 0;
    for (let index = 0; index < this.#waitingCount; index++)
      if (this.#askedAtMs[this.#waiting[index]!]! >= sinceMs) count++;
    return count;
  }

  isWaitingFor(row: number): boolean {
    for (let index = 0; index < this.#waitingCount; index++) if (this.#rows[this.#waiting[index]!] === row) return true;
    return false;
  }

  checkInvariants(): void {
    const waiting = this.#waiting.subarray(0, this.#waitingCount);
    assert(new Set(waiting).size === this.#waitingCount, 'a question waits once');
    assert(
      waiting.every((question) => question < this.#count),
      'only what was asked waits',
    );
  }
}
