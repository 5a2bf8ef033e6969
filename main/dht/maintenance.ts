// What keeps the main table alive without anybody asking for it: joining (saved nodes first, routers only if too few of
// them answer), asking questionable nodes again, proving newcomers, refreshing buckets that nothing changed in.
// It sends a trickle: at most one upkeep query a second, and everything passes the send budget.
import type { Clock } from '../base/clock.ts';
import type { Contact, NodeContact } from '../base/contact.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { BootstrapHost, QueryOutcome } from './dht-contract.ts';
import type { Ask, Lookup } from './lookup.ts';
import type { Lookups } from './lookups.ts';
import { randomIdAtDepth } from './node-id.ts';
import { GOOD_FOR_MS } from './node-slab.ts';
import { Routers } from './routers.ts';
import type { RoutingTable } from './routing-table.ts';

/** So many saved nodes that answer make routers needless (protocol.md 5.4). */
const SAVED_ANSWERS_WANTED = 30;
const SAVED_ASKED_MAX = 80;
const SAVED_PHASE_MS = 15_000;
const UPKEEP_INTERVAL_MS = 1_000;
/** BEP 5: a node that fails gets another try before it is bad; soon, since by then it is mostly gone or back. */
const RETRY_AFTER_MS = 20_000;
const RETRIES_MAX = 64;
/** Below this the table is not one yet: try to join again. */
const NODES_WANTED = 8;
const REJOIN_INTERVAL_MS = 30_000;
/** While nobody at all is known. Routers have their own, longer interval. */
const REJOIN_ALONE_INTERVAL_MS = 5_000;
/** Nodes come and go next to us: look again who they are, often at first (we know few, and few know us), then rarely. */
const SELF_LOOKUP_INTERVAL_MS_MIN = 60_000;
const SELF_LOOKUP_INTERVAL_MS_MAX = 16 * SELF_LOOKUP_INTERVAL_MS_MIN;
/** After that the buckets far from us are filled by one search each, while the table is small. */
const DEPTHS_FILLED = 6;
const SMALL_TABLE_NODES = 100;
/** How long a stranger must have been quiet before we ask him: then his NAT no longer lets us in unasked (mldht: 90 s). */
const PROVE_AFTER_MS = 90_000;
const PROVE_LOCAL_AFTER_MS = 1_000;
const JOIN_QUERIES_MAX = 64;
const REFRESH_QUERIES_MAX = 12;

export interface MaintenanceParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly table: RoutingTable;
  readonly ask: Ask;
  readonly lookups: Lookups;
  readonly routers: readonly BootstrapHost[];
  readonly isV6: boolean;
  readonly resolveHost: (name: string) => Promise<string[]>;
  /** Also asks routers; refuses forbidden addresses. */
  readonly askRouter: Ask;
  /** An address is a router's from now on, and nothing else. */
  readonly onRouter: (contact: Contact) => void;
  /** A closed network: no NAT there lets us in too easily. */
  readonly isLocal: boolean;
}

export class Maintenance {
  readonly #parts: MaintenanceParts;
  readonly #routers: Routers;
  /** While joining: saved nodes not asked yet. */
  #toAsk: NodeContact[] = [];
  #savedInFlight = 0;
  #savedAnswers = 0;
  #joinStartedAtMs = 0;
  #phase: 'saved' | 'searching' | 'joined' = 'joined';
  #selfLookup: Lookup | null = null;
  #selfLookupAtMs = 0;
  #selfLookupIntervalMs = SELF_LOOKUP_INTERVAL_MS_MIN;
  #nextUpkeepAtMs = 0;
  #depthToFill = DEPTHS_FILLED;
  readonly #retries: { readonly contact: Contact; readonly atMs: number }[] = [];

  constructor(parts: MaintenanceParts) {
    this.#parts = parts;
    this.#routers = new Routers(parts);
  }

  /** Finds the way in, or back: at the start, after a pause, after sleep, after a change of id. */
  join(): void {
    const { clock, table } = this.#parts;
    this.#joinStartedAtMs = clock.nowMs();
    this.#savedAnswers = 0;
    this.#toAsk = table.closest(table.selfId, SAVED_ASKED_MAX).reverse();
    this.#phase = 'saved';
    this.#selfLookupIntervalMs = SELF_LOOKUP_INTERVAL_MS_MIN;
    this.#depthToFill = 0;
  }

  /** Nodes that somebody names to one who knows too few: a router, or a node of the other family (BEP 32). */
  meet(nodes: readonly NodeContact[]): void {
    if (this.#selfLookup !== null && !this.#selfLookup.isDone) this.#selfLookup.offer(nodes);
    else if (nodes.length > 0) this.#lookUpSelf(nodes);
  }

  /** When a tick has something to do: at the next one while joining, else when upkeep has its turn. */
  get dueAtMs(): number {
    return this.#phase === 'saved' || this.#routers.isBusy ? -Infinity : this.#nextUpkeepAtMs;
  }

  tick(): void {
    const nowMs = this.#parts.clock.nowMs();
    this.#routers.tick();
    if (this.#phase === 'saved') this.#askSaved(nowMs);
    if (nowMs < this.#nextUpkeepAtMs) return;
    this.#nextUpkeepAtMs = nowMs + UPKEEP_INTERVAL_MS;
    this.#retryFailed(nowMs);
    this.#askOldest(nowMs);
    this.#proveNewcomer(nowMs);
    this.#refresh();
    this.#rejoinIfLost(nowMs);
  }

  #askSaved(nowMs: number): void {
    const { table, ask } = this.#parts;
    const isEnough = this.#savedAnswers >= SAVED_ANSWERS_WANTED;
    const isOver =
      (this.#toAsk.length === 0 && this.#savedInFlight === 0) || nowMs - this.#joinStartedAtMs >= SAVED_PHASE_MS;
    if (isEnough || isOver) {
      this.#search(isEnough);
      return;
    }
    for (let next = this.#toAsk.at(-1); next !== undefined; next = this.#toAsk.at(-1)) {
      const isSent = ask(next.contact, { method: 'find_node', target: table.selfId }, (outcome) => {
        this.#savedInFlight--;
        if (outcome.kind === 'reply') this.#savedAnswers++;
        else this.#retryLater(next.contact, outcome);
      });
      if (!isSent) return;
      this.#savedInFlight++;
      this.#toAsk.pop();
    }
  }

  #search(isEnough: boolean): void {
    const { table } = this.#parts;
    this.#phase = 'searching';
    this.#toAsk = [];
    if (!isEnough) this.#routers.want(table.selfId, (nodes) => this.meet(nodes));
    if (table.nodeCount > 0) this.#lookUpSelf([]);
  }

  #lookUpSelf(seeds: readonly NodeContact[]): void {
    const { clock, table, lookups, log } = this.#parts;
    const target = table.selfId;
    this.#selfLookupAtMs = clock.nowMs();
    this.#selfLookup = lookups.start(
      {
        target,
        method: 'find_node',
        seeds: [...seeds, ...table.closest(target, NODES_WANTED * 2)],
        queriesMax: JOIN_QUERIES_MAX,
      },
      ({ nearest }) => {
        if (nearest.length === 0) return;
        if (this.#phase !== 'joined') log.info(`Joined the DHT; ${table.nodeCount} nodes known.`);
        this.#phase = 'joined';
      },
    );
    this.#selfLookup?.pump();
  }

  #rejoinIfLost(nowMs: number): void {
    const { table } = this.#parts;
    if (this.#phase === 'saved') return;
    const isLost = !table.hasGood(NODES_WANTED);
    const rejoinAfterMs = table.nodeCount === 0 ? REJOIN_ALONE_INTERVAL_MS : REJOIN_INTERVAL_MS;
    if (isLost && nowMs - this.#joinStartedAtMs >= rejoinAfterMs) this.join();
    else if (nowMs - this.#selfLookupAtMs >= this.#selfLookupIntervalMs) this.#lookAround();
  }

  #lookAround(): void {
    this.#selfLookupIntervalMs = Math.min(SELF_LOOKUP_INTERVAL_MS_MAX, 2 * this.#selfLookupIntervalMs);
    if (this.#parts.table.nodeCount < SMALL_TABLE_NODES) this.#depthToFill = 0;
    this.#lookUpSelf([]);
  }

  /** BEP 5: after 15 minutes a node is questionable and asked again, the one longest unasked first. */
  #askOldest(nowMs: number): void {
    const { table, ask } = this.#parts;
    const oldest = table.oldestQueried();
    if (oldest === null || nowMs - oldest.lastQueriedAtMs < GOOD_FOR_MS) return;
    const { contact } = oldest.node;
    ask(contact, { method: 'ping' }, (outcome) => this.#retryLater(contact, outcome));
  }

  #retryLater(contact: Contact, outcome: QueryOutcome): void {
    if (outcome.kind !== 'timeout' || this.#retries.length >= RETRIES_MAX) return;
    this.#retries.push({ contact, atMs: this.#parts.clock.nowMs() + RETRY_AFTER_MS });
  }

  #retryFailed(nowMs: number): void {
    const { table, ask } = this.#parts;
    const next = this.#retries[0];
    if (next === undefined || nowMs < next.atMs) return;
    this.#retries.shift();
    const node = table.find(next.contact);
    if (node === null || node.state === 'good') return;
    ask(next.contact, { method: 'ping' }, (outcome) => this.#retryLater(next.contact, outcome));
  }

  #proveNewcomer(nowMs: number): void {
    const { table, ask, isLocal } = this.#parts;
    const proveAfterMs = isLocal ? PROVE_LOCAL_AFTER_MS : PROVE_AFTER_MS;
    const limit = table.nodeCount < NODES_WANTED ? NODES_WANTED : 1;
    for (let asked = 0; asked < limit; asked++) {
      const newcomer = table.takeUnproven(nowMs - proveAfterMs);
      if (newcomer === null) return;
      if (ask(newcomer.contact, { method: 'ping' }, () => undefined)) continue;
      table.insert(newcomer, { hasAnswered: false }); // no budget now: it waits again
      return;
    }
  }

  #refresh(): void {
    const { table, lookups, random } = this.#parts;
    if (this.#phase !== 'joined' || lookups.isFull) return;
    const depth = this.#depthToFill < DEPTHS_FILLED ? this.#depthToFill++ : table.takeStaleDepth();
    if (depth === -1) return;
    const target = randomIdAtDepth(table.selfId, depth, random);
    const seeds = table.closest(target, NODES_WANTED);
    lookups.start({ target, method: 'find_node', seeds, queriesMax: REFRESH_QUERIES_MAX }, () => undefined);
  }
}
