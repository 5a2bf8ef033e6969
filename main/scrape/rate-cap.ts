// The rate that this network is believed to bear, below what the person's profile allows. When replies fall, the rate is
// halved and put on trial: if answers come back with it, the rate was the cause, and 70% of what had got through is the cap
// (the rest is the household's). If they do not, it was something else: the cap goes and the new share is the usual one.
// A cap that proved right is lifted slowly after 5 minutes, after 10 the next time, and so on: networks change.
const CAP_SHARE = 0.7;
/** Entries of a router's table live 120 s: by then the lower rate has had its effect. */
const TRIAL_MS = 150_000;
const RECOVERED_SHARE = 0.9;
const LIFT_AFTER_MS = 5 * 60_000;
const LIFT_DOUBLINGS_MAX = 5;
const LIFT_FACTOR = 1.01;

export class RateCap {
  perSecond = Infinity;
  #trialEndsAtMs: number | null = null;
  #liftAtMs = 0;
  #confirmedCount = 0;

  get isOnTrial(): boolean {
    return this.#trialEndsAtMs !== null;
  }

  /** Replies fell although `passedPerSecond` got through. */
  impose(passedPerSecond: number, nowMs: number): void {
    this.perSecond = Math.min(this.perSecond, CAP_SHARE * passedPerSecond);
    this.#trialEndsAtMs = nowMs + TRIAL_MS;
  }

  /** `share` of answers, of the usual; null: nothing can be said, and the trial goes on. True: the rate was not to blame. */
  endTrial(share: number | null, nowMs: number): boolean {
    if (this.#trialEndsAtMs === null || nowMs < this.#trialEndsAtMs || share === null) return false;
    this.#trialEndsAtMs = null;
    if (share < RECOVERED_SHARE) {
      this.perSecond = Infinity;
      return true;
    }
    this.#liftAtMs = nowMs + LIFT_AFTER_MS * 2 ** this.#confirmedCount;
    this.#confirmedCount = Math.min(LIFT_DOUBLINGS_MAX, this.#confirmedCount + 1);
    return false;
  }

  /** To be called with every increase of the rate. */
  lift(nowMs: number, ceilingPerSecond: number): void {
    if (this.isOnTrial || nowMs < this.#liftAtMs) return;
    this.perSecond = this.perSecond >= ceilingPerSecond ? Infinity : this.perSecond * LIFT_FACTOR;
  }
}
