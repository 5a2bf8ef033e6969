// New infohashes, each waiting to be asked of the node that sampled it: that node stores peers for it, so one query is
// enough, and our router's entry for its address is still open, so the query costs no new one (the user's notes:
// "peers = get_peers(cur, ih)"). One query at a time to a node, about one a second, and none after three silences.
import { assert } from '../base/assert.ts';
import type { Contact, NodeContact } from '../base/contact.ts';
import type { Infohash } from '../base/identifier.ts';
import { IndexedHeap, NOT_IN_HEAP } from '../base/indexed-heap.ts';
import type { QueryOutcome } from '../dht/dht-node.ts';
import type { Counters } from '../stats/counters.ts';
import type { ClientVersions } from '../stats/client-versions.ts';

export const WAITING_MAX = 2000;
const HIGH_WATER = WAITING_MAX * 0.8;
const LOW_WATER = WAITING_MAX * 0.5;
/** With the sample itself 21 packets: below the 25 a day that no address should exceed (protocol.md 5.2). */
export const INFOHASHES_PER_NODE_MAX = 20;
/** libtorrent forgets peers after 45 minutes: what waited longer than this is not worth a query. */
export const EXPIRES_AFTER_MS = 20 * 60_000;
const TIMEOUTS_IN_A_ROW_MAX = 3;
const ASK_AGAIN_AFTER_MS = 1000;
const BUSY_AGAIN_AFTER_MS = 200;
/** Sources looked at in one tick. */
const SOURCES_PER_TICK_MAX = 128;

/** A node that sampled to us, and what it is still to be asked. */
export interface SampleSource {
  readonly node: NodeContact;
  readonly version: string | null;
  readonly expiresAtMs: number;
  readonly waiting: Infohash[];
  /** How many were added to `waiting`, ever. */
  addedCount: number;
  /** Infohashes asked with an answer, and those of them that it named peers for. */
  answeredCount: number;
  withPeersCount: number;
  timeoutsInARow: number;
  dueAtMs: number;
  isBeingAsked: boolean;
  place: number;
}

export type SendVerdict = 'sent' | 'address-busy' | 'no-budget';

export interface GetPeersListOptions {
  readonly counters: Counters;
  readonly versions: ClientVersions;
  readonly send: (contact: Contact, infohash: Infohash, onOutcome: (outcome: QueryOutcome) => void) => SendVerdict;
  readonly nowMs: () => number;
  readonly onPeers: (infohash: Infohash, peers: Contact[], from: NodeContact) => void;
  /** The node has no peers for what it sampled, or did not say. */
  readonly onNoPeers: (infohash: Infohash) => void;
  /** It had none for any of the INFOHASHES_PER_NODE_MAX: they were probably invented. */
  readonly onBarren: (source: SampleSource) => void;
}

export class GetPeersList {
  readonly #options: GetPeersListOptions;
  /** Sources that have something waiting and nothing under way. */
  readonly #due = new IndexedHeap<SampleSource, 'place'>('place', (a, b) => a.dueAtMs - b.dueAtMs);
  #waitingCount = 0;
  #beingAskedCount = 0;
  #isBusy = false;

  constructor(options: GetPeersListOptions) {
    this.#options = options;
  }

  newSource(node: NodeContact, version: string | null): SampleSource {
    const nowMs = this.#options.nowMs();
    return {
      node,
      version,
      expiresAtMs: nowMs + EXPIRES_AFTER_MS,
      waiting: [],
      addedCount: 0,
      answeredCount: 0,
      withPeersCount: 0,
      timeoutsInARow: 0,
      dueAtMs: nowMs,
      isBeingAsked: false,
      place: NOT_IN_HEAP,
    };
  }

  add(infohash: Infohash, source: SampleSource): boolean {
    if (source.timeoutsInARow >= TIMEOUTS_IN_A_ROW_MAX) return this.#dropped('get-peers-abandoned');
    if (this.#waitingCount + this.#beingAskedCount >= WAITING_MAX) {
      this.#options.counters.overflows.count('get-peers');
      return false;
    }
    if (source.addedCount >= INFOHASHES_PER_NODE_MAX) return this.#dropped('get-peers-beyond-share');
    source.waiting.push(infohash);
    source.addedCount++;
    this.#waitingCount++;
    if (!source.isBeingAsked && source.place === NOT_IN_HEAP) this.#due.push(source);
    return true;
  }

  /** Infohashes that wait for their turn. */
  get waitingCount(): number {
    return this.#waitingCount;
  }

  /** Water-marks: true from 80% full until it is down to 50%; nobody should be sampled meanwhile. */
  get isBusy(): boolean {
    if (this.#waitingCount >= HIGH_WATER) this.#isBusy = true;
    else if (this.#waitingCount <= LOW_WATER) this.#isBusy = false;
    return this.#isBusy;
  }

  /** Asks what is due; with `mayAsk` false it only lets go of what expired. To be called every tick. */
  tick(nowMs: number, mayAsk: boolean): void {
    for (let looked = 0; looked < SOURCES_PER_TICK_MAX; looked++) {
      const source = this.#due.top();
      if (source === null || source.dueAtMs > nowMs) return;
      if (nowMs >= source.expiresAtMs) this.#abandon(source, 'get-peers-expired');
      else if (!mayAsk) this.#postpone(source, nowMs + ASK_AGAIN_AFTER_MS);
      else if (!this.#ask(source, nowMs)) return;
    }
  }

  checkInvariants(): void {
    this.#due.checkInvariants();
    let waitingCount = 0;
    for (const source of this.#due.values()) {
      assert(source.waiting.length > 0 && !source.isBeingAsked, 'a source that is due has nothing to be asked');
      assert(source.waiting.length <= INFOHASHES_PER_NODE_MAX, 'a source has more to be asked than its share');
      waitingCount += source.waiting.length;
    }
    // What sources under way still hold is counted, but only reachable from their outcome.
    assert(waitingCount <= this.#waitingCount, 'waiting infohashes are miscounted');
    // A pause gives back what was under way.
    assert(this.#waitingCount + this.#beingAskedCount <= WAITING_MAX, 'too many infohashes wait');
  }

  /** False when nothing more can be sent in this tick. */
  #ask(source: SampleSource, nowMs: number): boolean {
    const infohash = source.waiting[0]!;
    const verdict = this.#options.send(source.node.contact, infohash, (outcome) =>
      this.#ended(source, infohash, outcome),
    );
    if (verdict === 'sent') {
      this.#due.remove(source);
      source.waiting.shift();
      source.isBeingAsked = true;
      this.#beingAskedCount++;
      this.#waitingCount--;
      source.dueAtMs = nowMs + ASK_AGAIN_AFTER_MS;
    } else if (verdict === 'address-busy') this.#postpone(source, nowMs + BUSY_AGAIN_AFTER_MS);
    return verdict !== 'no-budget';
  }

  #ended(source: SampleSource, infohash: Infohash, outcome: QueryOutcome): void {
    source.isBeingAsked = false;
    this.#beingAskedCount--;
    if (outcome.kind === 'cancelled') {
      source.waiting.unshift(infohash);
      this.#waitingCount++;
    } else if (outcome.kind === 'timeout') {
      source.timeoutsInARow++;
      this.#options.onNoPeers(infohash);
    } else {
      source.timeoutsInARow = 0;
      this.#answered(source, infohash, outcome.kind === 'reply' ? outcome.reply.values : []);
    }
    if (source.timeoutsInARow >= TIMEOUTS_IN_A_ROW_MAX) this.#abandon(source, 'get-peers-abandoned');
    else if (source.waiting.length > 0) this.#due.push(source);
  }

  #answered(source: SampleSource, infohash: Infohash, peers: readonly Contact[]): void {
    const { counters, versions, onPeers, onNoPeers, onBarren } = this.#options;
    source.answeredCount++;
    if (peers.length > 0) {
      source.withPeersCount++;
      counters.peersFound += peers.length;
      versions.foundPeers(source.version);
      onPeers(infohash, [...peers], source.node);
      return;
    }
    if (source.withPeersCount === 0 && source.answeredCount >= INFOHASHES_PER_NODE_MAX) onBarren(source);
    onNoPeers(infohash);
  }

  #postpone(source: SampleSource, dueAtMs: number): void {
    source.dueAtMs = dueAtMs;
    this.#due.update(source);
  }

  #abandon(source: SampleSource, reason: string): void {
    if (source.place !== NOT_IN_HEAP) this.#due.remove(source);
    this.#waitingCount -= source.waiting.length;
    for (const infohash of source.waiting.splice(0)) {
      this.#dropped(reason);
      this.#options.onNoPeers(infohash);
    }
  }

  #dropped(reason: string): false {
    this.#options.counters.dropped.count(reason);
    return false;
  }
}
