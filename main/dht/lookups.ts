// All searches under way, bounded, each moved on by every tick.
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import type { Contact } from '../base/contact.ts';
import { NODE4_BYTES } from '../wire/compact-contacts.ts';
import type { PeerLookupOptions } from './dht-contract.ts';
import { Lookup, Worksheet, type LookupOptions, type LookupResult } from './lookup.ts';
import type { RoutingTable } from './routing-table.ts';

/** Each has four questions in flight; the budget slows them down long before this. */
export const LOOKUPS_MAX = 32;

/** protocol.md 2.2: an iterative get_peers asks at most 40 nodes. */
const PEER_LOOKUP_QUERIES_MAX = 40;
const PEER_LOOKUP_SEEDS = 16;

export class Lookups {
  readonly #clock: Clock;
  readonly #ask: LookupOptions['ask'];
  readonly #onStarted: () => void;
  readonly #running = new Set<Lookup>();
  /** Of lookups that are over, for the next ones. */
  readonly #worksheets: Worksheet[] = [];

  /** The nodes of the table that a search begins with, of `nodeBytes` each. */
  readonly #seeds: Uint8Array;
  readonly #seedPairs: Uint16Array;
  readonly #nodeBytes: number;

  /** `onStarted`: one more is under way, and waits for its first tick. `nodeBytes`: of a compact node of our family. */
  constructor(
    clock: Clock,
    ask: LookupOptions['ask'],
    onStarted: () => void = () => undefined,
    nodeBytes = NODE4_BYTES,
  ) {
    this.#nodeBytes = nodeBytes;
    this.#seeds = new Uint8Array(PEER_LOOKUP_SEEDS * nodeBytes);
    this.#seedPairs = new Uint16Array(this.#seeds.buffer);
    this.#clock = clock;
    this.#ask = ask;
    this.#onStarted = onStarted;
  }

  /** None is under way: no tick is needed. */
  get isIdle(): boolean {
    return this.#running.size === 0;
  }

  get isFull(): boolean {
    return this.#running.size >= LOOKUPS_MAX;
  }

  /** Null: there are too many already, and onDone is never called. `ask`: in place of the usual way to send. */
  start(
    options: Omit<LookupOptions, 'ask' | 'clock' | 'onDone'> & Partial<Pick<LookupOptions, 'ask'>>,
    onDone: (result: LookupResult) => void,
  ): Lookup | null {
    if (this.isFull) return null;
    const worksheet = this.#worksheets.pop() ?? new Worksheet();
    const lookup: Lookup = new Lookup(
      {
        ask: this.#ask,
        ...options,
        clock: this.#clock,
        onDone: (result) => {
          this.#running.delete(lookup);
          this.#worksheets.push(worksheet);
          onDone(result);
        },
      },
      worksheet,
    );
    this.#running.add(lookup);
    lookup.begin();
    this.#onStarted();
    return lookup;
  }

  /** Iterative get_peers from the nodes of `table` on. False: there are too many already. */
  startForPeers(
    infohash: Uint8Array,
    table: Pick<RoutingTable, 'writeClosest'>,
    onDone: (peers: Contact[]) => void,
    { seeds = [], share }: PeerLookupOptions = {},
  ): boolean {
    const nowMs = this.#clock.nowMs();
    const count = table.writeClosest(infohash, 0, PEER_LOOKUP_SEEDS, this.#seedPairs, nowMs, true);
    const compactSeeds = { bytes: this.#seeds, count, nodeBytes: this.#nodeBytes };
    const options = { target: infohash, method: 'get_peers', seeds, compactSeeds } as const;
    const limits = { queriesMax: PEER_LOOKUP_QUERIES_MAX, ...(share === undefined ? {} : { share }) };
    return this.start({ ...options, ...limits }, ({ peers }) => onDone([...peers])) !== null;
  }

  tick(): void {
    for (const lookup of this.#running) lookup.pump();
  }

  /** Each ends with what it has found so far. */
  finishAll(): void {
    for (const lookup of this.#running) lookup.finish();
  }

  checkInvariants(): void {
    for (const lookup of this.#running) lookup.checkInvariants();
    assert(this.#running.size + this.#worksheets.length <= LOOKUPS_MAX, 'no more worksheets than lookups');
  }
}
