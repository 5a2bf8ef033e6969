// A well-behaved node of the Mainline DHT (BEP 5, 42, 43, 51). This file wires its parts and owns their life: the socket,
// the one tick, pause and resume. What it asks and hears is decided in query-desk.ts and learner.ts, what it answers in
// inbound-queries.ts, what it does of itself in maintenance.ts. It never announces and never invents ids.
import { assert } from '../base/assert.ts';
import type { Timer } from '../base/clock.ts';
import type { Contact, NodeContact } from '../base/contact.ts';
import { asNodeId, IDENTIFIER_BYTES, type NodeId } from '../base/identifier.ts';
import { bytesEqual } from '../base/bytes.ts';
import { decodeKrpc, KrpcMessage } from '../wire/krpc-codec.ts';
import { ContactSieve } from './contact-sieve.ts';
import type * as contract from './dht-contract.ts';
import type { DhtDependencies, DhtOptions, NodeQuery, QueryOutcome, SavedTable } from './dht-contract.ts';
import { dhtFigures } from './dht-figures.ts';
import { ForeignDatagrams } from './foreign-datagrams.ts';
import { InboundQueries } from './inbound-queries.ts';
import { Learner } from './learner.ts';
import type { Ask } from './lookup.ts';
import { Lookups } from './lookups.ts';
import { Maintenance } from './maintenance.ts';
import { randomNodeId } from './node-id.ts';
import { NodeSocket } from './node-socket.ts';
import { PeerStore } from './peer-store.ts';
import { QueryDesk, QUERIES_IN_FLIGHT_MAX } from './query-desk.ts';
import { GENTLE_RATES, SendBudget } from './rate-limits.ts';
import { MAIN_TABLE, RoutingTable, type TableNode } from './routing-table.ts';
import { SwarmScrapes } from './swarm-scrapes.ts';

export type * from './dht-contract.ts';

type Send = (bytes: Uint8Array, contact: Contact, byteCount: number) => void;

const TICK_MS = 100;
/** A tick that comes so late blames nobody yet: answers may lie in the socket's buffer. */
const LATE_TICK_MS = 1_000;
/** And after this the machine has slept: what was asked before is void. */
const SLEPT_MS = 5_000;
const EXPIRE_INTERVAL_MS = 60_000;

export class DhtNode {
  readonly table: RoutingTable;
  readonly budget: SendBudget;
  /** What we serve; the demo's swarm adds to it. */
  readonly peerStore: PeerStore;
  /** For uTP, on our port. */
  readonly foreign: ForeignDatagrams;
  /** Usable nodes learnt from any reply. */
  onNodes: (nodes: readonly NodeContact[], from: NodeContact) => void = () => undefined;
  /** A good node left the main table (R16). */
  onRetired: (node: TableNode) => void = () => undefined;
  onIdChanged: (id: NodeId) => void = () => undefined;

  readonly #dependencies: DhtDependencies;
  readonly #options: DhtOptions;
  readonly #socket: NodeSocket;
  readonly #sieve: ContactSieve;
  readonly #desk: QueryDesk;
  readonly #lookups: Lookups;
  readonly #scrapes: SwarmScrapes;
  readonly #maintenance: Maintenance;
  readonly #learner: Learner;
  readonly #inbound: InboundQueries;
  readonly #message = new KrpcMessage();
  #state: 'new' | 'running' | 'paused' | 'stopped' = 'new';
  #ticking: Timer | null = null;
  #lastTickAtMs = 0;
  #expireAtMs = 0;

  constructor(dependencies: DhtDependencies, options: DhtOptions) {
    const { clock, random } = dependencies;
    const isV6 = options.bindHost.includes(':');
    const selfId = options.nodeId ?? randomNodeId(random);
    const send: Send = (bytes, contact, byteCount) => this.#send(bytes, contact, byteCount);
    this.#dependencies = dependencies;
    this.#options = options;
    this.#socket = new NodeSocket(dependencies);
    this.budget = new SendBudget(options.sendRates ?? GENTLE_RATES, clock.nowMs());
    this.peerStore = new PeerStore(clock, random);
    this.#sieve = new ContactSieve(selfId, clock, options.localAddressesAllowed);
    this.table = new RoutingTable({
      selfId,
      clock,
      random,
      family: isV6 ? 6 : 4,
      ...MAIN_TABLE,
      isOnePerSubnet: !options.localAddressesAllowed,
      onRetired: (node) => this.onRetired(node),
    });
    const maySend = (contact: Contact): boolean => this.#state === 'running' && !this.#sieve.whyForbidden(contact);
    this.foreign = new ForeignDatagrams({ ...dependencies, maySend, send });
    const { table, budget, peerStore: store } = this;
    this.#learner = new Learner({
      ...dependencies,
      table,
      sieve: this.#sieve,
      onNodes: (nodes, from) => this.onNodes(nodes, from),
      onIdWanted: (id) => this.#changeId(id),
    });
    this.#inbound = new InboundQueries({
      ...dependencies,
      table,
      store,
      family: isV6 ? 6 : 4,
      hasLimits: options.hasNoInboundLimits !== true,
      sampleIntervalSeconds: options.sampleIntervalSeconds,
      send,
    });
    this.#desk = new QueryDesk({
      ...dependencies,
      budget,
      isReadOnly: !options.isServing,
      queriesInFlightMax: options.queriesInFlightMax ?? QUERIES_IN_FLIGHT_MAX,
      selfId: () => table.selfId,
      send,
      onReply: (reply, transaction, roundTripMs) => this.#learner.learn(reply, transaction, roundTripMs),
      onFailed: (contact) => table.failed(contact),
    });
    const ask: Ask = (contact, query, onOutcome) => this.query(contact, query, onOutcome);
    this.#lookups = new Lookups(clock, ask);
    this.#scrapes = new SwarmScrapes({ clock, lookups: this.#lookups, table, budget, ask });
    this.#maintenance = this.#createMaintenance(isV6);
  }

  get isPaused(): boolean {
    return this.#state === 'paused';
  }

  get nodeId(): NodeId {
    return this.table.selfId;
  }

  /** 0 while there is no socket. */
  get localPort(): number {
    return this.#socket.localPort;
  }

  get queriesInFlight(): number {
    return this.#desk.inFlightCount;
  }

  /** Nothing heard for a minute of asking: failures say nothing about nodes now. */
  get isSilent(): boolean {
    return this.#desk.isSilent;
  }

  /** Opens the socket and begins to join. Rejects if the address cannot be bound. */
  async start(saved: SavedTable | null = null): Promise<void> {
    assert(this.#state === 'new', 'a node is started once');
    const { clock } = this.#dependencies;
    if (saved !== null) this.#takeOver(saved);
    await this.#socket.open(this.#options, (bytes, from) => this.#receive(bytes, from));
    if (!this.#socket.isOpen) return; // stopped meanwhile
    this.#sieve.setOwn([{ host: this.#options.bindHost, port: this.localPort }]);
    // Paused before it was open: then it waits for resume.
    if (this.#state === 'new') this.#state = 'running';
    this.#lastTickAtMs = clock.nowMs();
    this.#ticking = clock.setRepeating(TICK_MS, () => this.#tick());
    this.#maintenance.join();
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    this.#ticking?.cancel();
    this.#lookups.finishAll();
    this.#desk.cancelAll();
    await this.#socket.close();
  }

  /** From this call on not one datagram leaves, until resume. Pending queries end as 'cancelled'. */
  pause(): void {
    if (this.#state !== 'running' && this.#state !== 'new') return;
    this.#state = 'paused';
    this.#lookups.finishAll();
    this.#desk.cancelAll();
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = this.#socket.isOpen ? 'running' : 'new';
    this.#lastTickAtMs = this.#dependencies.clock.nowMs();
    if (this.#socket.isOpen) this.#maintenance.join();
  }

  /** False: not sent (budget, paused, forbidden or router address, too many in flight), and onOutcome is never called. */
  query(contact: Contact, query: NodeQuery, onOutcome: (outcome: QueryOutcome) => void): boolean {
    if (this.#state !== 'running' || !this.#sieve.isUsable(contact)) return false;
    if (!this.#desk.ask(contact, query, onOutcome)) return false;
    this.table.queried(contact);
    return true;
  }

  /** Iterative get_peers. False: paused, or too many lookups already; then onDone is never called. */
  lookupPeers(infohash: Uint8Array, onDone: (peers: Contact[]) => void, options?: contract.PeerLookupOptions): boolean {
    return this.#state === 'running' && this.#lookups.startForPeers(infohash, this.table, onDone, options);
  }

  /**
   * How many peers a torrent has (BEP 33), asked of the nodes nearest to it at the lowest priority: up to 24 queries and
   * 30 s. Null: nobody knew. False: paused, or too many at once; then onDone is never called.
   */
  scrapeSwarm(infohash: Uint8Array, onDone: (size: contract.SwarmSize | null) => void): boolean {
    return this.#state === 'running' && this.#scrapes.start(infohash, onDone);
  }

  figures(): contract.DhtFigures {
    return dhtFigures(this, this.#desk, this.#learner);
  }

  /** For the next start. */
  save(): SavedTable {
    return this.table.save();
  }

  checkInvariants(): void {
    const parts = [this.table, this.budget, this.peerStore, this.#sieve, this.#desk, this.#lookups, this.#scrapes];
    for (const part of [...parts, this.#learner, this.#inbound]) part.checkInvariants();
    assert(bytesEqual(this.#sieve.selfId, this.table.selfId), 'the node has one id');
  }

  #createMaintenance(isV6: boolean): Maintenance {
    const { bootstrap: routers, localAddressesAllowed: isLocal } = this.#options;
    return new Maintenance({
      ...this.#dependencies,
      table: this.table,
      lookups: this.#lookups,
      routers,
      isV6,
      ask: (contact, query, onOutcome) => this.query(contact, query, onOutcome),
      askRouter: (contact, query, onOutcome) => {
        const mayAsk = this.#state === 'running' && this.#sieve.whyForbidden(contact) === null;
        return mayAsk && this.#desk.ask(contact, query, onOutcome);
      },
      onRouter: (contact) => {
        this.#sieve.addRouter(contact);
        this.table.remove(contact);
      },
      isLocal,
    });
  }

  /** R11: as is if the id is the same (or ours to choose), else every node is inserted again. Routers are left out. */
  #takeOver(saved: SavedTable): void {
    const nodes = saved.nodes.filter(({ contact }) => this.#sieve.isUsable(contact));
    if (this.#options.nodeId === null && saved.selfId.length === IDENTIFIER_BYTES) {
      this.table.changeSelfId(asNodeId(saved.selfId.slice()));
      this.#sieve.selfId = this.table.selfId;
    }
    if (bytesEqual(saved.selfId, this.table.selfId)) this.table.restore({ selfId: saved.selfId, nodes });
    else this.table.reinsert({ selfId: saved.selfId, nodes });
  }

  #changeId(id: NodeId): void {
    this.table.changeSelfId(id);
    this.#sieve.selfId = id;
    this.#maintenance.join();
    this.onIdChanged(id);
  }

  #tick(): void {
    if (this.#state !== 'running') return;
    const nowMs = this.#dependencies.clock.nowMs();
    const gapMs = nowMs - this.#lastTickAtMs;
    this.#lastTickAtMs = nowMs;
    if (gapMs >= SLEPT_MS) {
      this.#dependencies.log.info('The clock stood still or the machine slept; joining again.');
      this.#desk.cancelAll();
      this.#maintenance.join();
    }
    if (gapMs < LATE_TICK_MS) this.#desk.tick();
    this.#lookups.tick();
    this.#maintenance.tick();
    if (nowMs < this.#expireAtMs) return;
    this.#expireAtMs = nowMs + EXPIRE_INTERVAL_MS;
    this.peerStore.expire();
  }

  #receive(bytes: Uint8Array, from: Contact): void {
    if (this.#state !== 'running') return;
    const { counters } = this.#dependencies;
    counters.packetsIn++;
    const forbidden = this.#sieve.whyForbidden(from);
    if (forbidden !== null) return counters.dropped.count(forbidden);
    if (this.foreign.take(bytes, from)) return;
    const message = this.#message;
    const malformed = decodeKrpc(bytes, message);
    if (malformed !== null) return counters.malformed.count(malformed);
    for (const oddity of message.oddities) counters.malformed.count(oddity);
    if (message.kind === 'query') counters.queriesReceivedBy[message.method]++;
    if (message.kind !== 'query') this.#desk.hear(message, from);
    else if (this.#options.isServing) {
      this.#desk.noteAlive();
      this.#inbound.receive(message, from);
    } else counters.dropped.count('read-only');
  }

  #send(bytes: Uint8Array, contact: Contact, byteCount: number): void {
    assert(this.#state === 'running', 'nothing is sent unless the node runs');
    this.#socket.send(bytes, contact, byteCount);
  }
}
