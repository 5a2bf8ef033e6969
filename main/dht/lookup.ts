// One iterative search towards a target (BEP 5, Kademlia): ask the nearest nodes known for nearer ones, until the K
// nearest that live have answered. With get_peers it gathers peers on the way.
// Four questions at a time; one that takes longer than a second gives its place away (libtorrent's short time-out), so
// dead nodes, about half of all, do not hold the search up. It sends only what the budget allows, and goes on in pump().
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { contactText, type Contact, type NodeContact } from '../base/contact.ts';
import { compareDistance, distanceHead } from '../base/identifier.ts';
import type { NodeQuery, PeerLookupOptions, QueryOutcome, UsableReply } from './dht-contract.ts';
import { subnetOf, type SubnetKey } from './subnet.ts';

/** protocol.md 3.6. */
const ASKED_AT_ONCE = 4;
const NEAREST_WANTED = 8;
/** libtorrent: 100. The farthest falls off. */
const CANDIDATES_MAX = 100;
const SLOW_AFTER_MS = 1_000;
const LOOKUP_MS_MAX = 30_000;
/** Refusals (budget, pace of an address) after which this turn ends. */
const REFUSALS_PER_PUMP = 4;
const PEERS_MAX = 200;

export type Ask = (contact: Contact, query: NodeQuery, onOutcome: (outcome: QueryOutcome) => void) => boolean;

export interface LookupOptions {
  readonly target: Uint8Array;
  readonly method: 'find_node' | 'get_peers';
  /** Of get_peers: ask for filters (BEP 33). */
  readonly wantsScrape?: boolean;
  readonly seeds: readonly NodeContact[];
  readonly queriesMax: number;
  readonly ask: Ask;
  /** Whom it may ask, and who is to know that it did. Default: anybody, nobody. */
  readonly share?: PeerLookupOptions['share'];
  readonly clock: Clock;
  /** Sees every reply while the search goes on. */
  readonly onReply?: (reply: UsableReply) => void;
  readonly onDone: (result: LookupResult) => void;
}

export interface LookupResult {
  /** The nearest that answered, nearest first, at most NEAREST_WANTED. */
  readonly nearest: readonly NodeContact[];
  readonly peers: readonly Contact[];
  readonly queryCount: number;
}

interface Candidate {
  readonly node: NodeContact;
  /** The first 32 bits of its distance: they decide nearly every comparison. */
  readonly distanceHead: number;
  state: 'new' | 'asked' | 'answered' | 'failed';
  askedAtMs: number;
}

export class Lookup {
  readonly #options: LookupOptions;
  readonly #query: NodeQuery;
  /** Nearest first. */
  readonly #candidates: Candidate[] = [];
  /** Those of them that have not answered yet. */
  readonly #waitedFor = new Set<Candidate>();
  readonly #subnets = new Set<SubnetKey>();
  readonly #peers = new Map<string, Contact>();
  readonly #startedAtMs: number;
  #queryCount = 0;
  #isDone = false;

  constructor(options: LookupOptions) {
    this.#options = options;
    const { method, target, wantsScrape } = options;
    this.#startedAtMs = options.clock.nowMs();
    const scrape = wantsScrape === true ? { wantsScrape } : {};
    this.#query = method === 'get_peers' ? { method, infohash: target, ...scrape } : { method, target };
    this.offer(options.seeds);
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** Nodes that may be nearer. Of each /24 one is asked, whatever ids are said to live there (libtorrent). */
  offer(nodes: readonly NodeContact[]): void {
    for (const node of nodes) {
      const subnet = subnetOf(node.contact.host);
      if (this.#subnets.has(subnet) || this.#options.share?.mayAsk(node.contact.host) === false) continue;
      const place = this.#placeOf(node);
      if (place >= CANDIDATES_MAX) continue;
      if (this.#candidates.length >= CANDIDATES_MAX)
        this.#subnets.delete(subnetOf(this.#candidates.pop()!.node.contact.host));
      this.#subnets.add(subnet);
      const head = distanceHead(this.#options.target, node.id);
      this.#candidates.splice(place, 0, { node, distanceHead: head, state: 'new', askedAtMs: 0 });
    }
  }

  /** Asks whom it may ask now. To be called every tick; an answer asks on by itself. */
  pump(): void {
    if (this.#isDone) return;
    const nowMs = this.#options.clock.nowMs();
    if (nowMs - this.#startedAtMs >= LOOKUP_MS_MAX || this.#hasConverged()) {
      this.finish();
      return;
    }
    const refusals = this.#askNearest(nowMs);
    if (this.#waitedFor.size === 0 && refusals === 0) this.finish();
  }

  /** Asks the first few at once, if it may. Never ends the search: whoever begins it has to know it before it is over. */
  begin(): void {
    this.#askNearest(this.#options.clock.nowMs());
  }

  /** Ends it with what there is; onDone is called once. */
  finish(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    const answered = this.#candidates.filter(({ state }) => state === 'answered').slice(0, NEAREST_WANTED);
    this.#options.onDone({
      nearest: answered.map(({ node }) => node),
      peers: [...this.#peers.values()],
      queryCount: this.#queryCount,
    });
  }

  checkInvariants(): void {
    const { target, queriesMax } = this.#options;
    const asked = this.#candidates.filter(({ state }) => state === 'asked').length;
    assert(asked <= this.#waitedFor.size, 'who was asked is waited for');
    assert(this.#queryCount <= queriesMax && this.#peers.size <= PEERS_MAX, 'a lookup stays within its limits');
    assert(this.#candidates.length <= CANDIDATES_MAX && this.#subnets.size === this.#candidates.length, 'subnets once');
    this.#candidates.forEach(({ node }, index) => {
      const before = this.#candidates[index - 1]?.node.id ?? node.id;
      assert(compareDistance(target, before, node.id) <= 0, 'candidates are in the order of their distance');
    });
  }

  /** As many as there is room for; returns how often it was refused. */
  #askNearest(nowMs: number): number {
    let free = ASKED_AT_ONCE;
    for (const { askedAtMs } of this.#waitedFor) if (nowMs - askedAtMs <= SLOW_AFTER_MS) free--;
    let refusals = 0;
    let answered = 0;
    for (const candidate of this.#candidates) {
      if (free <= 0 || refusals >= REFUSALS_PER_PUMP || this.#queryCount >= this.#options.queriesMax) break;
      // Whoever is farther than the K nearest that answered is not asked while a nearer one is waited for: he decides nothing.
      if (candidate.state === 'answered' && ++answered >= NEAREST_WANTED) break;
      if (candidate.state !== 'new') continue;
      if (this.#askOne(candidate, nowMs)) free--;
      else refusals++;
    }
    return refusals;
  }

  /** BEP 5: no node nearer than the K nearest that live is left to be asked. */
  #hasConverged(): boolean {
    let answered = 0;
    for (const { state } of this.#candidates) {
      if (state === 'new' || state === 'asked') return false;
      if (state === 'answered' && ++answered >= NEAREST_WANTED) return true;
    }
    return this.#waitedFor.size === 0;
  }

  /** Where it stands among the candidates: behind all that are as near. */
  #placeOf(node: NodeContact): number {
    const { target } = this.#options;
    const head = distanceHead(target, node.id);
    let low = 0;
    let high = this.#candidates.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#candidates[middle]!;
      const isNearer =
        head === other.distanceHead ? compareDistance(target, node.id, other.node.id) < 0 : head < other.distanceHead;
      if (isNearer) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #askOne(candidate: Candidate, nowMs: number): boolean {
    const isSent = this.#options.ask(candidate.node.contact, this.#query, (outcome) => this.#hear(candidate, outcome));
    if (!isSent) return false;
    this.#options.share?.asked(candidate.node.contact.host);
    candidate.state = 'asked';
    candidate.askedAtMs = nowMs;
    this.#queryCount++;
    this.#waitedFor.add(candidate);
    return true;
  }

  #hear(candidate: Candidate, outcome: QueryOutcome): void {
    this.#waitedFor.delete(candidate);
    candidate.state = outcome.kind === 'reply' ? 'answered' : 'failed';
    if (this.#isDone) return;
    if (outcome.kind === 'cancelled') {
      this.finish();
      return;
    }
    if (outcome.kind === 'reply') {
      this.#options.onReply?.(outcome.reply);
      this.offer(outcome.reply.nodes);
      for (const peer of outcome.reply.values) {
        if (this.#peers.size >= PEERS_MAX) break;
        this.#peers.set(contactText(peer), peer);
      }
    }
    this.pump();
  }
}
