// How many peers a torrent has, asked of the DHT (BEP 33): a lookup whose queries say `scrape=1`; the filters of all who
// answer with some are united, and the size is read off the union. It finds no peers: libtorrent leaves them out then.
// Of all we do this is the least urgent: such queries take what nobody else wants, and a small share of the rest.
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { TokenBucket } from '../base/token-bucket.ts';
import { readFilters } from '../wire/krpc-codec.ts';
import type { Answer } from './answer.ts';
import type { SwarmSize } from './dht-contract.ts';
import type { AskFor } from './lookup.ts';
import type { Lookups } from './lookups.ts';
import type { SendBudget } from './rate-limits.ts';
import type { RoutingTable } from './routing-table.ts';
import { estimateOf, SwarmFilter } from './swarm-filter.ts';

/** At once; further ones are refused, the caller has a queue of his own. */
export const SCRAPES_MAX = 4;
/** Nodes asked for one: the eight nearest and the way to them. */
const SCRAPE_QUERIES_MAX = 24;
const SCRAPE_SEEDS = 16;
/** A budget of several is idle enough; below that only so many a second are ours. */
const IDLE_ADDRESSES_MIN = 2;
const OURS_PER_SECOND = 1;
const OURS_BURST = 4;
/** BEP 33 is of little use above this. One node that names more has a filter made to drown the others. */
const ADDRESSES_PER_FILTER_MAX = 6_000;

export interface SwarmScrapesParts {
  readonly clock: Clock;
  readonly lookups: Lookups;
  readonly table: RoutingTable;
  readonly budget: SendBudget;
  readonly ask: AskFor;
}

export class SwarmScrapes {
  readonly #parts: SwarmScrapesParts;
  readonly #ours: TokenBucket;
  #runningCount = 0;

  constructor(parts: SwarmScrapesParts) {
    this.#parts = parts;
    this.#ours = new TokenBucket(OURS_PER_SECOND, OURS_BURST, parts.clock.nowMs());
  }

  /** False: there are too many already, and onDone is never called. Null: nobody had filters for it. */
  start(infohash: Uint8Array, onDone: (size: SwarmSize | null) => void): boolean {
    const { lookups, table } = this.#parts;
    if (this.#runningCount >= SCRAPES_MAX) return false;
    const seeds = new SwarmFilter();
    const leeches = new SwarmFilter();
    let filterCount = 0;
    const onAnswer = ({ message }: Answer): void => {
      const filters = readFilters(message);
      if (filters === null || !isPlausible(filters.seeds) || !isPlausible(filters.peers)) return;
      seeds.unite(filters.seeds);
      leeches.unite(filters.peers);
      filterCount++;
    };
    const lookup = lookups.start(
      {
        target: infohash,
        method: 'get_peers',
        wantsScrape: true,
        seeds: table.closest(infohash, SCRAPE_SEEDS),
        queriesMax: SCRAPE_QUERIES_MAX,
        ask: this.#ask,
        onAnswer,
      },
      () => {
        this.#runningCount--;
        const counts = { seedCount: Math.round(seeds.estimate()), leechCount: Math.round(leeches.estimate()) };
        onDone(filterCount === 0 ? null : { ...counts, filterCount });
      },
    );
    if (lookup === null) return false;
    this.#runningCount++;
    return true;
  }

  checkInvariants(): void {
    assert(this.#runningCount >= 0 && this.#runningCount <= SCRAPES_MAX, 'scrapes within their limit');
  }

  readonly #ask: AskFor = (contact, query, asking, question) => {
    const { clock, budget, ask } = this.#parts;
    const nowMs = clock.nowMs();
    const isIdle = budget.newAddressesAvailable(nowMs) >= IDLE_ADDRESSES_MIN;
    if (!isIdle && this.#ours.available(nowMs) < 1) return false;
    if (!ask(contact, query, asking, question)) return false;
    if (!isIdle) this.#ours.take(nowMs);
    return true;
  };
}

function isPlausible(filter: Uint8Array): boolean {
  return estimateOf(filter) <= ADDRESSES_PER_FILTER_MAX;
}
