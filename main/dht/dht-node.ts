// A well-behaved node of the Mainline DHT (BEP 5, 32, 33, 42, 43, 51), of one family of addresses: with IPv6 there are two,
// each with an id, a table and a socket of its own, paired. This file owns the life of the parts (node-parts.ts): the socket,
// the one tick, pause and resume. What it asks and hears is decided in query-desk.ts and learner.ts, what it answers in
// inbound-queries.ts, what it does of itself in maintenance.ts. It never announces and never invents ids.
import { assert } from '../base/assert.ts';
import type { Contact, NodeContact } from '../base/contact.ts';
import type { NodeId } from '../base/identifier.ts';
import { bytesEqual } from '../base/bytes.ts';
import { decodeKrpc, KrpcMessage } from '../wire/krpc-codec.ts';
import type { Answer } from './answer.ts';
import type { ContactSieve } from './contact-sieve.ts';
import type { Asking } from './asking.ts';
import type { NodeQuery, PeerLookupOptions } from './dht-contract.ts';
import type { DhtDependencies, DhtFigures, DhtOptions, SavedTable, SwarmSize } from './dht-contract.ts';
import { dhtFigures } from './dht-figures.ts';
import { DueTicker } from './due-ticker.ts';
import { ForeignDatagrams } from './foreign-datagrams.ts';
import { createNodeParts, type NodeHost, type NodeParts } from './node-parts.ts';
import { NodeSocket } from './node-socket.ts';
import { takeOver } from './own-id.ts';
import type { PeerStore } from './peer-store.ts';
import type { QueryDesk } from './query-desk.ts';
import type { SendBudget } from './rate-limits.ts';
import type { RoutingTable, TableNode } from './routing-table.ts';

export type * from './dht-contract.ts';

/** A tick that comes so much later than it was to come blames nobody yet: answers may lie in the socket's buffer. */
const LATE_TICK_MS = 900;
/** And so long after the one before, several times what is between two, the machine has slept: what was asked before is void. */
const SLEPT_MS = 5_000;
/** Fewer good ones, and a table needs help. */
const NODES_WANTED = 8;
const BOTH_FAMILIES = ['n4', 'n6'] as const;
const EXPIRE_INTERVAL_MS = 60_000;

export class DhtNode {
  readonly table: RoutingTable;
  readonly budget: SendBudget;
  /** What we serve; the demo's swarm adds to it. */
  readonly peerStore: PeerStore;
  /** For uTP, on our port. */
  readonly foreign: ForeignDatagrams;
  /** Usable nodes learnt from any reply; null: nobody wants to know, and they are not copied out of it. */
  onNodes: ((nodes: readonly NodeContact[], from: NodeContact) => void) | null = null;
  /** A good node left the main table (R16). */
  onRetired: (node: TableNode) => void = () => undefined;
  onIdChanged: (id: NodeId) => void = () => undefined;

  readonly #dependencies: DhtDependencies;
  readonly #options: DhtOptions;
  readonly #socket: NodeSocket;
  readonly #parts: NodeParts;
  readonly #sieve: ContactSieve;
  readonly #desk: QueryDesk;
  readonly #message = new KrpcMessage();
  #state: 'new' | 'running' | 'paused' | 'stopped' = 'new';
  #sibling: DhtNode | null = null;
  readonly #ticker: DueTicker;
  #hasStarted = false;
  #lastTickAtMs = 0;
  #expireAtMs = 0;

  constructor(dependencies: DhtDependencies, options: DhtOptions) {
    this.#dependencies = dependencies;
    this.#options = options;
    this.#socket = new NodeSocket(dependencies, options, {
      onDatagram: (bytes, from) => this.#receive(bytes, from),
      onLost: () => this.#cancelAll(),
      onBack: () => this.#begin(),
    });
    const send: NodeHost['send'] = (bytes, contact, byteCount) => this.#send(bytes, contact, byteCount);
    const maySend = (contact: Contact): boolean => this.#mayAsk && this.#sieve.isOfOurFamily(contact);
    this.#ticker = new DueTicker(dependencies.clock, (lateMs) => this.#tick(lateMs));
    this.foreign = new ForeignDatagrams({ ...dependencies, maySend, send });
    this.#parts = createNodeParts(dependencies, options, {
      send,
      ask: (contact, query, asking, question) => this.query(contact, query, asking, question),
      mayAsk: () => this.#mayAsk,
      onAnswer: (answer, from) => this.#learn(answer, from),
      onRetired: (node) => this.onRetired(node),
      onIdWanted: (id) => this.#changeId(id),
      onDue: () => this.#due(),
    });
    const { table, budget, peerStore, sieve, desk } = this.#parts;
    this.table = table;
    this.budget = budget;
    this.peerStore = peerStore;
    this.#sieve = sieve;
    this.#desk = desk;
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

  /** No socket, or nothing heard for a minute of asking: failures say nothing about nodes now. */
  get isSilent(): boolean {
    return !this.#socket.isOpen || this.#desk.isSilent;
  }

  /** Opens the socket and begins to join. Rejects if the address cannot be bound. */
  async start(saved: SavedTable | null = null): Promise<void> {
    assert(this.#state === 'new', 'a node is started once');
    const { table } = this;
    if (saved !== null) takeOver(saved, { table, sieve: this.#sieve, isIdChosen: this.#options.nodeId !== null });
    await this.#socket.open();
    if (!this.#socket.isOpen) return; // stopped meanwhile
    // Paused before it was open: then it waits for resume.
    if (this.#state === 'new') this.#state = 'running';
    this.#hasStarted = true;
    this.#begin();
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    this.#ticker.stop();
    this.#cancelAll();
    await this.#socket.close();
  }

  /** From this call on not one datagram leaves, until resume. Pending queries end as 'cancelled'. */
  pause(): void {
    if (this.#state !== 'running' && this.#state !== 'new') return;
    this.#state = 'paused';
    this.#ticker.stop();
    this.#cancelAll();
    this.#socket.settle();
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = this.#hasStarted ? 'running' : 'new';
    if (!this.#hasStarted) return;
    if (this.#socket.isOpen) this.#begin();
    else this.#ticker.start(); // it may be opened again
  }

  /** Sleep, or another network: what was asked before is void, and says nothing about anybody. */
  networkChanged(): void {
    if (this.#state !== 'running') return;
    this.#cancelAll();
    this.#begin();
  }

  /** Another address to be bound to, of the same family; null: there is none now, nothing is sent until there is. */
  rebind(host: string | null): void {
    this.#socket.rebind(host);
    this.#due();
  }

  /** The node of the other family (BEP 32): its nodes are given to who wants them, and each helps the other to join. */
  pairWith(sibling: DhtNode | null): void {
    this.#sibling = sibling;
    this.#parts.inbound.siblingTable = sibling?.table ?? null;
  }

  /** Nodes of our family that the sibling was told of. */
  meet(nodes: readonly NodeContact[]): void {
    if (this.#mayAsk && !this.table.hasGood(NODES_WANTED)) this.#parts.maintenance.meet(nodes);
  }

  /** False: not sent (budget, paused, forbidden or router address, too many in flight), and nobody is told of an outcome. */
  query(contact: Contact, query: NodeQuery, asking: Asking, question?: number): boolean {
    if (!this.#mayAsk || !this.#sieve.isUsable(contact)) return false;
    if (!this.#desk.ask(contact, query, asking, question)) return false;
    this.table.queried(contact);
    return true;
  }

  /** Iterative get_peers. False: paused, or too many lookups already; then onDone is never called. */
  lookupPeers(infohash: Uint8Array, onDone: (peers: Contact[]) => void, options?: PeerLookupOptions): boolean {
    return this.#state === 'running' && this.#parts.lookups.startForPeers(infohash, this.table, onDone, options);
  }

  /**
   * How many peers a torrent has (BEP 33), asked of the nodes nearest to it at the lowest priority: up to 24 queries and
   * 30 s. Null: nobody knew. False: paused, or too many at once; then onDone is never called.
   */
  scrapeSwarm(infohash: Uint8Array, onDone: (size: SwarmSize | null) => void): boolean {
    return this.#state === 'running' && this.#parts.scrapes.start(infohash, onDone);
  }

  figures(): DhtFigures {
    return dhtFigures(this, this.#desk, this.#parts.learner, this.#socket.transport);
  }

  /** For the next start. */
  save(): SavedTable {
    return this.table.save();
  }

  checkInvariants(): void {
    const { maintenance: _, ...parts } = this.#parts;
    for (const part of Object.values(parts)) part.checkInvariants();
    assert(bytesEqual(this.#sieve.selfId, this.table.selfId), 'the node has one id');
  }

  get #mayAsk(): boolean {
    return this.#state === 'running' && this.#socket.isOpen;
  }

  /** The socket is open, for the first time or again. */
  #begin(): void {
    this.#sieve.setOwn({ host: this.#socket.host ?? this.#options.bindHost, port: this.localPort });
    this.#lastTickAtMs = this.#dependencies.clock.nowMs();
    this.#parts.maintenance.join();
    if (this.#state === 'running') this.#ticker.start();
  }

  #cancelAll(): void {
    this.#parts.lookups.finishAll();
    this.#desk.cancelAll();
  }

  #learn(answer: Answer, from: NodeContact): void {
    if (this.#sibling !== null && answer.hasSiblingNodes) this.#sibling.meet(answer.siblingNodes);
    if (this.onNodes !== null && answer.nodeCount > 0) this.onNodes(answer.nodes, from);
  }

  #changeId(id: NodeId): void {
    this.table.changeSelfId(id);
    this.#sieve.selfId = id;
    this.#parts.maintenance.join();
    this.#due();
    this.onIdChanged(id);
  }

  /** Answers when something is due next. */
  #tick(lateMs: number): number {
    const nowMs = this.#dependencies.clock.nowMs();
    const gapMs = nowMs - this.#lastTickAtMs;
    this.#lastTickAtMs = nowMs;
    if (gapMs >= SLEPT_MS) {
      this.#dependencies.log.info('The clock stood still or the machine slept; joining again.');
      this.networkChanged();
    }
    this.#socket.tick(nowMs);
    // BEP 32: asking for both families costs everybody bytes, so only while it helps the other table to get started.
    this.#desk.want = this.#sibling?.table.hasGood(NODES_WANTED) === false ? BOTH_FAMILIES : null;
    if (lateMs < LATE_TICK_MS) this.#desk.tick();
    this.#parts.lookups.tick();
    this.#parts.maintenance.tick();
    if (nowMs >= this.#expireAtMs) {
      this.#expireAtMs = nowMs + EXPIRE_INTERVAL_MS;
      this.peerStore.expire();
    }
    // A search moves on at every tick: who is slow gives his place away, who was refused by the budget is asked again.
    if (!this.#parts.lookups.isIdle) return nowMs;
    return Math.min(this.#desk.dueAtMs, this.#parts.maintenance.dueAtMs, this.#socket.dueAtMs, this.#expireAtMs);
  }

  /** Something should not wait for the tick that would come by itself. */
  #due(): void {
    if (this.#state === 'running') this.#ticker.dueAt(this.#dependencies.clock.nowMs());
  }

  #receive(bytes: Uint8Array, from: Contact): void {
    if (this.#state !== 'running') return;
    const { counters, clock } = this.#dependencies;
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
      const nowMs = clock.nowMs();
      this.#desk.noteAlive(nowMs);
      this.#parts.inbound.receive(message, from, nowMs);
    } else counters.dropped.count('read-only');
  }

  #send(bytes: Uint8Array, contact: Contact, byteCount: number): void {
    assert(this.#state === 'running', 'nothing is sent unless the node runs');
    this.#socket.send(bytes, contact, byteCount);
  }
}
