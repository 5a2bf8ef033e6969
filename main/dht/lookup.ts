// One iterative search towards a target (BEP 5, Kademlia): ask the nearest nodes known for nearer ones, until the K
// nearest that live have answered. With get_peers it gathers peers on the way.
// Four questions at a time, two at first; one that takes longer than a second gives its place away (libtorrent's short time-out), so
// dead nodes, about half of all, do not hold the search up. It sends only what the budget allows, and goes on in pump().
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { contactText, type Contact, type NodeContact } from '../base/contact.ts';
import type { Answer } from './answer.ts';
import type { Asker, Asking } from './asking.ts';
import type { NodeQuery, PeerLookupOptions, QueryOutcome } from './dht-contract.ts';
import { NO_ROW, Questions } from './questions.ts';
import { ANSWERED, ASKED, FAILED, NEW, Shortlist } from './shortlist.ts';

/** protocol.md 3.6. */
const ASKED_AT_ONCE = 4;
/** Until the first answer, which names nodes far nearer than ours: whoever else was asked by then was asked in vain. */
const ASKED_AT_FIRST = 2;
const NEAREST_WANTED = 8;
const SLOW_AFTER_MS = 1_000;
const LOOKUP_MS_MAX = 30_000;
/** Refusals (budget, pace of an address) after which this turn ends. */
const REFUSALS_PER_PUMP = 4;
const PEERS_MAX = 200;

/** Sends a query, if it may; only then somebody hears how it ended. */
export type Ask = (contact: Contact, query: NodeQuery, onOutcome: (outcome: QueryOutcome) => void) => boolean;
/** The same, for an Asker too, who is told the number of his question. */
export type AskFor = (contact: Contact, query: NodeQuery, asking: Asking, question?: number) => boolean;

/** Compact nodes side by side, the way a reply has them. */
export interface CompactNodes {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly nodeBytes: number;
}

export interface LookupOptions {
  readonly target: Uint8Array;
  readonly method: 'find_node' | 'get_peers';
  /** Of get_peers: ask for filters (BEP 33). */
  readonly wantsScrape?: boolean;
  readonly seeds: readonly NodeContact[];
  /** Further seeds; the memory is the caller's again at once. */
  readonly compactSeeds?: CompactNodes;
  readonly queriesMax: number;
  readonly ask: AskFor;
  /** Whom it may ask, and who is to know that it did. Default: anybody, nobody. */
  readonly share?: PeerLookupOptions['share'];
  readonly clock: Clock;
  /** Sees every answer while the search goes on. */
  readonly onAnswer?: (answer: Answer) => void;
  readonly onDone: (result: LookupResult) => void;
}

export interface LookupResult {
  /** The nearest that answered, nearest first, at most NEAREST_WANTED. Only of find_node: who looks for peers wants those. */
  readonly nearest: readonly NodeContact[];
  readonly peers: readonly Contact[];
  readonly queryCount: number;
}

/** What a search writes on. It is a lookup's own until its onDone has returned; then another may have it. */
export class Worksheet {
  readonly shortlist = new Shortlist();
  readonly questions = new Questions();
}

export class Lookup implements Asker {
  readonly #options: LookupOptions;
  readonly #query: NodeQuery;
  readonly #shortlist: Shortlist;
  readonly #questions: Questions;
  readonly #peers = new Map<string, Contact>();
  readonly #startedAtMs: number;
  #isDone = false;

  constructor(options: LookupOptions, { shortlist, questions }: Worksheet = new Worksheet()) {
    this.#options = options;
    this.#shortlist = shortlist;
    this.#questions = questions;
    const { method, target, wantsScrape, queriesMax, seeds, compactSeeds } = options;
    this.#startedAtMs = options.clock.nowMs();
    const scrape = wantsScrape === true ? { wantsScrape } : {};
    this.#query = method === 'get_peers' ? { method, infohash: target, ...scrape } : { method, target };
    shortlist.begin(target);
    questions.begin(queriesMax);
    if (compactSeeds !== undefined) {
      const { bytes, count, nodeBytes } = compactSeeds;
      for (let index = 0; index < count; index++) this.#offerAt(bytes, index * nodeBytes, nodeBytes, null);
    }
    this.offer(seeds);
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** Nodes that may be nearer. Of each /24 one is asked, whatever ids are said to live there (libtorrent). */
  offer(nodes: readonly NodeContact[]): void {
    if (this.#isDone) return;
    for (const node of nodes) {
      const { bytes, length } = this.#shortlist.write(node);
      if (length > 0) this.#offerAt(bytes, 0, length, node.contact);
    }
  }

  /** Asks whom it may ask now. To be called every tick; an answer asks on by itself. */
  pump(nowMs = this.#options.clock.nowMs()): void {
    if (this.#isDone) return;
    if (nowMs - this.#startedAtMs >= LOOKUP_MS_MAX || this.#hasConverged()) {
      this.finish();
      return;
    }
    const refusals = this.#askNearest(nowMs);
    if (this.#questions.waitingCount === 0 && refusals === 0) this.finish();
  }

  /** Asks the first few at once, if it may. Never ends the search: whoever begins it has to know it before it is over. */
  begin(): void {
    this.#askNearest(this.#options.clock.nowMs());
  }

  /** Ends it with what there is; onDone is called once. */
  finish(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    const shortlist = this.#shortlist;
    const nearest: NodeContact[] = [];
    const wanted = this.#options.method === 'find_node' ? NEAREST_WANTED : 0;
    for (let place = 0; place < shortlist.count && nearest.length < wanted; place++) {
      const row = shortlist.rowAt(place);
      if (shortlist.states[row] === ANSWERED) nearest.push(shortlist.nodeOf(row));
    }
    this.#options.onDone({ nearest, peers: [...this.#peers.values()], queryCount: this.#questions.count });
  }

  hear(question: number, kind: QueryOutcome['kind'], answer: Answer | null, nowMs?: number): void {
    // Another search may have the worksheet by now.
    if (this.#isDone) return;
    const row = this.#questions.end(question);
    if (row !== NO_ROW) this.#shortlist.states[row] = answer === null ? FAILED : ANSWERED;
    if (kind === 'cancelled') {
      this.finish();
      return;
    }
    if (answer !== null) this.#take(answer);
    this.pump(nowMs);
  }

  checkInvariants(): void {
    if (this.#isDone) return;
    const { queriesMax } = this.#options;
    const shortlist = this.#shortlist;
    const questions = this.#questions;
    shortlist.checkInvariants();
    questions.checkInvariants();
    for (let place = 0; place < shortlist.count; place++) {
      const row = shortlist.rowAt(place);
      assert((shortlist.states[row] === ASKED) === questions.isWaitingFor(row), 'who was asked is waited for');
    }
    assert(questions.count <= queriesMax && this.#peers.size <= PEERS_MAX, 'a lookup stays within its limits');
  }

  /** `contact`: the same as a text, if there is one. */
  #offerAt(bytes: Uint8Array, at: number, nodeBytes: number, contact: Contact | null): void {
    const shortlist = this.#shortlist;
    const place = shortlist.placeFor(bytes, at, nodeBytes);
    if (place === -1) return;
    const { share } = this.#options;
    let known = contact;
    if (share !== undefined) {
      known ??= shortlist.contactAt(bytes, at);
      if (!share.mayAsk(known.host)) return;
    }
    const fallen = shortlist.put(place, bytes, at, known);
    if (fallen !== -1) this.#questions.forgetRow(fallen);
  }

  #take(answer: Answer): void {
    this.#options.onAnswer?.(answer);
    const { message, nodeBytes, nodeStarts, nodeCount } = answer;
    for (let index = 0; index < nodeCount; index++) this.#offerAt(message.bytes, nodeStarts[index]!, nodeBytes, null);
    for (const peer of answer.values) {
      if (this.#peers.size >= PEERS_MAX) break;
      this.#peers.set(contactText(peer), peer);
    }
  }

  /** As many as there is room for; returns how often it was refused. */
  #askNearest(nowMs: number): number {
    const shortlist = this.#shortlist;
    const questions = this.#questions;
    const isFirst = questions.count < ASKED_AT_ONCE && questions.waitingCount === questions.count;
    let free = (isFirst ? ASKED_AT_FIRST : ASKED_AT_ONCE) - questions.waitingSince(nowMs - SLOW_AFTER_MS);
    let refusals = 0;
    let answered = 0;
    for (let place = 0; place < shortlist.count; place++) {
      if (free <= 0 || refusals >= REFUSALS_PER_PUMP || questions.count >= this.#options.queriesMax) break;
      const row = shortlist.rowAt(place);
      const state = shortlist.states[row]!;
      // Whoever is farther than the K nearest that answered is not asked while a nearer one is waited for: he decides nothing.
      if (state === ANSWERED && ++answered >= NEAREST_WANTED) break;
      if (state !== NEW) continue;
      if (this.#askOne(row, nowMs)) free--;
      else refusals++;
      if (this.#isDone) break;
    }
    return refusals;
  }

  /** BEP 5: no node nearer than the K nearest that live is left to be asked. */
  #hasConverged(): boolean {
    const shortlist = this.#shortlist;
    let answered = 0;
    for (let place = 0; place < shortlist.count; place++) {
      const state = shortlist.states[shortlist.rowAt(place)]!;
      if (state === NEW || state === ASKED) return false;
      if (state === ANSWERED && ++answered >= NEAREST_WANTED) return true;
    }
    return this.#questions.waitingCount === 0;
  }

  #askOne(row: number, nowMs: number): boolean {
    const { ask, share } = this.#options;
    const contact = this.#shortlist.contactOf(row);
    if (!ask(contact, this.#query, this, this.#questions.count)) return false;
    share?.asked(contact.host);
    // A socket that dies while it sends has ended the search by now.
    if (this.#isDone) return true;
    this.#questions.add(row, nowMs);
    this.#shortlist.states[row] = ASKED;
    return true;
  }
}
