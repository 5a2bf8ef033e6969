// What our address looks like from outside (BEP 42, `ip` in replies). Everybody who answers has a vote, one for each
// /24 (v6: /64), and only a clear majority counts: a new address means a new node id.
import { assert } from '../base/assert.ts';
import { subnetOf, type SubnetKey } from './subnet.ts';

/** So many networks must have spoken, the majority of them this share of all. */
const VOTERS_MIN = 25;
const AGREEING_SHARE_MIN = 0.6;
/** Then the network that spoke longest ago loses its vote: an address that changed is noticed. */
const VOTERS_MAX = 100;
/** An id that changes all the time is worse than a wrong one. */
export const ID_CHANGE_INTERVAL_MS = 60 * 60_000;

export class ExternalAddress {
  /** Voter's network to the address it named, in the order of the last vote. */
  readonly #votes = new Map<SubnetKey, string>();
  readonly #counts = new Map<string, number>();

  /** `voterHost` says that we are `host`. Returns the address if a clear majority agrees on it now, else null. */
  vote(host: string, voterHost: string): string | null {
    // All who may vote have said the same: one more says nothing new, and this is heard with every answer.
    if (this.#votes.size >= VOTERS_MAX && this.#counts.get(host) === this.#votes.size) return host;
    const voter = subnetOf(voterHost);
    const isSame = this.#votes.get(voter) === host;
    if (isSame) this.#votes.delete(voter);
    else {
      this.#retract(voter);
      if (this.#votes.size >= VOTERS_MAX) this.#retract(this.#votes.keys().next().value!);
    }
    this.#votes.set(voter, host);
    const agreeing = (this.#counts.get(host) ?? 0) + (isSame ? 0 : 1);
    if (!isSame) this.#counts.set(host, agreeing);
    const isClear = this.#votes.size >= VOTERS_MIN && agreeing >= AGREEING_SHARE_MIN * this.#votes.size;
    return isClear ? host : null;
  }

  /** What has been said of our address: the `count` addresses with most votes, and how many networks voted in all. */
  tally(count: number): {
    readonly votes: { readonly host: string; readonly votes: number }[];
    readonly voters: number;
  } {
    const votes = Array.from(this.#counts, ([host, agreeing]) => ({ host, votes: agreeing }));
    return { votes: votes.sort((a, b) => b.votes - a.votes).slice(0, count), voters: this.#votes.size };
  }

  clear(): void {
    this.#votes.clear();
    this.#counts.clear();
  }

  checkInvariants(): void {
    let sum = 0;
    for (const count of this.#counts.values()) {
      assert(count > 0, 'an address without votes is forgotten');
      sum += count;
    }
    assert(sum === this.#votes.size && sum <= VOTERS_MAX, 'every network votes once');
  }

  #retract(voter: SubnetKey): void {
    const host = this.#votes.get(voter);
    if (host === undefined) return;
    this.#votes.delete(voter);
    const count = this.#counts.get(host)! - 1;
    if (count === 0) this.#counts.delete(host);
    else this.#counts.set(host, count);
  }
}
