// Do new addresses still answer as often as they used to? A router whose table is full drops what would need a new entry and
// reports nothing: all that shows is a share of answers a little lower than before, as much as the rate is too high.
// So three windows together are held against what was usual while all was well, and a fall counts when it is too deep for
// chance. Arithmetic only; PaceController decides what follows.
import { assert } from '../base/assert.ts';

/** A window says something from so many ended queries on, three together from more, and what is usual from so many. */
const ENDED_MIN = 20;
const RECENT_ENDED_MIN = 150;
const USUAL_ENDED_MIN = 100;
const RECENT_WINDOWS = 3;
/** Entries of a router's table live so long: what got through in this time is what it has room for. */
const ENTRIES_LIVE_SECONDS = 120;
const WINDOWS_KEPT = 6;
/** One window alone: a sudden silence. */
const FALLEN_SHARE = 0.5;
/** Three: a slow suffocation, if it is no chance (standard deviations). */
const SAGGING_SHARE = 0.85;
const DEVIATIONS_MIN = 3.5;
/** What is usual forgets a window in about 17 minutes (50 windows), and learns less from one that is worse than usual. */
const USUAL_KEPT = 0.98;
const WORSE_WEIGHT = 0.5;

export interface ReplyWindow {
  readonly askedCount: number;
  readonly repliedCount: number;
  readonly endedCount: number;
}

export class ReplyWatch {
  readonly #recent: ReplyWindow[] = [];
  #usual = { repliedCount: 0, endedCount: 0 };

  /** Adds a window; true when replies have fallen. While `isOnTrial` it only watches: nothing is learnt, nothing judged. */
  judge(window: ReplyWindow, isOnTrial: boolean): boolean {
    this.#recent.push(window);
    if (this.#recent.length > WINDOWS_KEPT) this.#recent.shift();
    if (isOnTrial) return false;
    if (this.#hasFallen(window)) return true;
    const { repliedCount, endedCount } = this.#usual;
    const isWorse = window.repliedCount * endedCount < repliedCount * window.endedCount;
    const weight = isWorse ? WORSE_WEIGHT : 1;
    this.#usual.repliedCount = repliedCount * USUAL_KEPT + weight * window.repliedCount;
    this.#usual.endedCount = endedCount * USUAL_KEPT + weight * window.endedCount;
    return false;
  }

  /** Share of answers in the last three windows, of what is usual; null while either says nothing. */
  get share(): number | null {
    const recent = this.#sum();
    if (recent.endedCount < ENDED_MIN || this.#usual.endedCount < USUAL_ENDED_MIN) return null;
    const usual = this.#usual.repliedCount / this.#usual.endedCount;
    return usual === 0 ? null : recent.repliedCount / recent.endedCount / usual;
  }

  /** New addresses a second that got through lately: what a full table has room for. */
  get passedPerSecond(): number {
    const usual = this.#usual.repliedCount / Math.max(1, this.#usual.endedCount);
    let passedCount = 0;
    for (const { askedCount, repliedCount, endedCount } of this.#recent) {
      passedCount += askedCount * Math.min(1, repliedCount / Math.max(1, endedCount * usual));
    }
    return passedCount / ENTRIES_LIVE_SECONDS;
  }

  /** What came lately is what is usual from now on. */
  rebase(): void {
    const { repliedCount, endedCount } = this.#sum();
    this.#usual = { repliedCount, endedCount };
  }

  /** After a pause: the windows before it say nothing about now. */
  forgetRecent(): void {
    this.#recent.length = 0;
  }

  checkInvariants(): void {
    assert(this.#recent.length <= WINDOWS_KEPT, 'more windows than are looked at');
    assert(this.#usual.repliedCount <= this.#usual.endedCount + 1e-6, 'more replies than queries');
  }

  #hasFallen(window: ReplyWindow): boolean {
    if (this.#usual.endedCount < USUAL_ENDED_MIN) return false;
    const usual = this.#usual.repliedCount / this.#usual.endedCount;
    const isSilent = window.endedCount >= ENDED_MIN && window.repliedCount / window.endedCount < FALLEN_SHARE * usual;
    const { repliedCount, endedCount } = this.#sum();
    const isSagging =
      endedCount >= RECENT_ENDED_MIN &&
      repliedCount / endedCount < SAGGING_SHARE * usual &&
      usual - repliedCount / endedCount > DEVIATIONS_MIN * Math.sqrt((usual * (1 - usual)) / endedCount);
    return isSilent || isSagging;
  }

  #sum(): ReplyWindow {
    const sum = { askedCount: 0, repliedCount: 0, endedCount: 0 };
    for (const window of this.#recent.slice(-RECENT_WINDOWS)) {
      sum.askedCount += window.askedCount;
      sum.repliedCount += window.repliedCount;
      sum.endedCount += window.endedCount;
    }
    return sum;
  }
}
