// Where the peers of an infohash are looked for, one stage after the other, the cheapest first:
//   1. sampling-node   the node that sampled it, over the router's entry that is open already: one query
//   2. other-nodes     each other node that samples it too, as long as nobody has sent the metadata: one query
//   3. lookup          a short search of the whole network, for what several nodes sampled: up to 40 queries
//   4. retry           nothing of it all: the engine puts it on the retry ladder, and brings it back for one more lookup
// A stage ends when it named no peers or when fetching from those it named has failed. How long a fetch takes is no matter
// here, so that looking for peers never eats the time for talking to them. Entries are bounded; the oldest goes.
import { assert } from '../base/assert.ts';
import { toKey } from '../base/bytes.ts';
import type { Contact } from '../base/contact.ts';
import { asInfohash, type Infohash } from '../base/identifier.ts';
import type { Counters } from '../stats/counters.ts';
import type { SampleSource } from './get-peers-list.ts';

export type PeerStage = 'sampling-node' | 'other-nodes' | 'lookup' | 'retry';

/** An hour of a balanced crawl that fails all the time. */
export const SEARCHES_MAX = 16_384;
/** Other nodes kept for one infohash; further ones are counted. */
const OTHERS_MAX = 4;
/** Nodes, in different networks, that must have sampled what a lookup is spent on: else one liar could cost hundreds. */
const SAMPLED_BY_MIN = 2;

interface Search {
  stage: PeerStage;
  /** Resting: every stage had its turn, and only another node that samples it starts it again. */
  state: 'looking' | 'fetching' | 'resting';
  /** Nodes that sampled it. */
  sampledBy: number;
  readonly others: SampleSource[];
  readonly hosts: string[];
  hadLookup: boolean;
  /** Rungs of the retry ladder climbed before this search. */
  readonly failureCount: number;
}

export interface PeerStagesOptions {
  readonly counters: Counters;
  /** Asks one node; false when it cannot be asked. Ends in `found` or `nothing`. */
  readonly askNode: (infohash: Infohash, source: SampleSource) => boolean;
  /** Begins a lookup; false when there are too many. Ends in `found` or `nothing`. */
  readonly lookUp: (infohash: Infohash) => boolean;
  readonly onPeers: (infohash: Infohash, peers: Contact[], stage: PeerStage) => void;
}

/** What every stage had its turn for, in vain. `failureCount`: this failure counted in. */
export interface Unanswered {
  readonly infohash: Infohash;
  readonly failureCount: number;
  readonly popularity: number;
}

export class PeerStages {
  readonly #options: PeerStagesOptions;
  /** The one that began last at the end. */
  readonly #searches = new Map<string, Search>();
  onUnanswered: (unanswered: Unanswered) => void = () => undefined;

  constructor(options: PeerStagesOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#searches.size;
  }

  /** A new infohash: its node is asked. */
  begin(infohash: Infohash, source: SampleSource): void {
    const search = newSearch('sampling-node', { failureCount: 0, sampledBy: 1 });
    search.hosts.push(source.node.contact.host);
    this.#put(infohash, search);
    if (!this.#options.askNode(infohash, source)) this.#next(infohash, search);
  }

  /** From the retry ladder; false when no lookup can be begun now. */
  retry(infohash: Infohash, { failureCount, popularity }: Omit<Unanswered, 'infohash'>): boolean {
    if (!this.#options.lookUp(infohash)) return false;
    const search = newSearch('retry', { failureCount, sampledBy: popularity });
    search.hadLookup = true;
    this.#put(infohash, search);
    return true;
  }

  /** Another node sampled an infohash that was met before. */
  sampledAgain(infohash: Infohash, source: SampleSource): void {
    const search = this.#searches.get(toKey(infohash));
    const { host } = source.node.contact;
    if (!search || search.hosts.includes(host)) return;
    search.sampledBy++;
    if (search.hosts.length > OTHERS_MAX) return;
    search.hosts.push(host);
    search.others.push(source);
    if (search.state === 'resting') this.#next(asInfohash(infohash.slice()), search);
  }

  /** The stage named `peers`; what comes of them is told by `failed` or `settled`. */
  found(infohash: Infohash, peers: Contact[]): void {
    const search = this.#searches.get(toKey(infohash));
    if (search) search.state = 'fetching';
    this.#options.onPeers(infohash, peers, search?.stage ?? 'sampling-node');
  }

  /** The stage named nobody. */
  nothing(infohash: Infohash): void {
    const search = this.#searches.get(toKey(infohash));
    if (search?.state === 'looking') this.#next(infohash, search);
  }

  /** Fetching from the peers named so far has failed. */
  failed(infohash: Infohash): void {
    const search = this.#searches.get(toKey(infohash));
    if (search?.state === 'fetching') this.#next(infohash, search);
  }

  /** Ends the search without another stage: it was our own trouble. What the ladder lent stays at its rung and comes back. */
  postpone(infohash: Infohash): void {
    const search = this.#searches.get(toKey(infohash));
    if (!search) return;
    if (search.failureCount > 0) this.#searches.delete(toKey(infohash));
    else this.#rest(infohash, search);
  }

  /** Fetched, or never to be fetched. */
  settled(infohash: Infohash): void {
    this.#searches.delete(toKey(infohash));
  }

  checkInvariants(): void {
    assert(this.#searches.size <= SEARCHES_MAX, 'searches for peers keep their limit');
    for (const { others, hosts, state } of this.#searches.values()) {
      assert(others.length <= OTHERS_MAX && hosts.length <= OTHERS_MAX + 1, 'few other nodes for each infohash');
      assert(state !== 'resting' || others.length === 0, 'nobody is left to ask while a search rests');
    }
  }

  #next(infohash: Infohash, search: Search): void {
    search.state = 'looking';
    for (let other = search.others.shift(); other !== undefined; other = search.others.shift()) {
      search.stage = 'other-nodes';
      if (this.#options.askNode(infohash, other)) return;
    }
    if (!search.hadLookup && search.sampledBy >= SAMPLED_BY_MIN) {
      search.hadLookup = true;
      search.stage = 'lookup';
      if (this.#options.lookUp(infohash)) return;
    }
    this.#rest(infohash, search);
  }

  #rest(infohash: Infohash, search: Search): void {
    search.state = 'resting';
    search.others.length = 0;
    const { failureCount, sampledBy } = search;
    this.onUnanswered({ infohash, failureCount: failureCount + 1, popularity: sampledBy });
  }

  /** What has to go for it had its turn at the earlier stages; it is kept by the ladder if it got there. */
  #put(infohash: Infohash, search: Search): void {
    const key = toKey(infohash);
    this.#searches.delete(key);
    if (this.#searches.size >= SEARCHES_MAX) {
      for (const [oldest, { state, failureCount, sampledBy }] of this.#searches) {
        this.#searches.delete(oldest);
        if (state === 'resting') break;
        this.#options.counters.overflows.count('peer-searches');
        const forgotten = asInfohash(new Uint8Array(Buffer.from(oldest, 'latin1')));
        this.onUnanswered({ infohash: forgotten, failureCount: failureCount + 1, popularity: sampledBy });
        break;
      }
    }
    this.#searches.set(key, search);
  }
}

function newSearch(stage: PeerStage, known: { readonly failureCount: number; readonly sampledBy: number }): Search {
  return { stage, state: 'looking', ...known, others: [], hosts: [], hadLookup: false };
}
