// Who told us of which nodes, and whether it was worth it. A node that fights indexers hands out dead contacts; without
// this it can fill every heap with them (bitmagnet issue 415: eleven hours of asking ghosts). Keyed by host.
import { assert } from '../base/assert.ts';

/** protocol.md 4.1. */
export const NEW_CONTACTS_PER_REPLY_MAX = 8;
export const OUTSTANDING_MAX = 16;
/** After this many tried contacts a referrer is judged, and ignored below this share of answers. */
const TRIED_BEFORE_JUDGED = 16;
const ANSWER_SHARE_MIN = 0.1;
/** Referrers remembered. Beyond, the one met first that has nothing outstanding is forgotten. */
export const REFERRERS_MAX = 4096;

export interface Referrer {
  readonly host: string;
  /** Contacts it named that wait in a heap or for an answer. */
  outstandingCount: number;
  triedCount: number;
  answeredCount: number;
}

export class Referrers {
  readonly #byHost = new Map<string, Referrer>();

  get size(): number {
    return this.#byHost.size;
  }

  /** The referrer at `host` if one more contact of it may wait, else null. */
  withRoom(host: string): Referrer | null {
    const referrer = this.#byHost.get(host) ?? this.#add(host);
    if (referrer === null || referrer.outstandingCount >= OUTSTANDING_MAX) return null;
    return isTrusted(referrer) ? referrer : null;
  }

  /** A contact it named was queued. */
  reserve(referrer: Referrer): void {
    assert(referrer.outstandingCount < OUTSTANDING_MAX, 'a referrer has more outstanding contacts than its budget');
    referrer.outstandingCount++;
  }

  /** A contact it named left the heap without having been asked, or nothing can be said about it. */
  release(referrer: Referrer | null): void {
    if (referrer === null) return;
    assert(referrer.outstandingCount > 0, 'a referrer has no outstanding contact to release');
    referrer.outstandingCount--;
  }

  /** A contact it named was asked. */
  settle(referrer: Referrer | null, hasAnswered: boolean): void {
    if (referrer === null) return;
    this.release(referrer);
    referrer.triedCount++;
    if (hasAnswered) referrer.answeredCount++;
  }

  /** Nothing it names is used any more, whatever it answered so far. */
  distrust(host: string): void {
    const referrer = this.#byHost.get(host) ?? this.#add(host);
    if (referrer === null) return;
    referrer.triedCount = Math.max(referrer.triedCount, 1) * 1000;
    referrer.answeredCount = 0;
  }

  /** I6: what referrers believe to be outstanding is what is. */
  checkInvariants(outstandingCount: number): void {
    let sum = 0;
    for (const referrer of this.#byHost.values()) sum += referrer.outstandingCount;
    assert(sum === outstandingCount, `referrers count ${sum} outstanding contacts, there are ${outstandingCount}`);
    assert(this.#byHost.size <= REFERRERS_MAX, 'too many referrers');
  }

  #add(host: string): Referrer | null {
    if (this.#byHost.size >= REFERRERS_MAX && !this.#forgetOne()) return null;
    const referrer: Referrer = { host, outstandingCount: 0, triedCount: 0, answeredCount: 0 };
    this.#byHost.set(host, referrer);
    return referrer;
  }

  #forgetOne(): boolean {
    let looked = 0;
    for (const [host, referrer] of this.#byHost) {
      if (referrer.outstandingCount === 0) return this.#byHost.delete(host);
      // The busy one goes to the end, so that the next look does not begin with it again.
      this.#byHost.delete(host);
      this.#byHost.set(host, referrer);
      if (++looked === 64) return false;
    }
    return false;
  }
}

function isTrusted(referrer: Referrer): boolean {
  if (referrer.triedCount < TRIED_BEFORE_JUDGED) return true;
  return referrer.answeredCount >= referrer.triedCount * ANSWER_SHARE_MIN;
}
