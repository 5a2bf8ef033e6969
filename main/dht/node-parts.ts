// The parts of a node and which of them knows which. Their life is dht-node.ts's business; here they are only made.
import type { Contact, NodeContact } from '../base/contact.ts';
import type { NodeId } from '../base/identifier.ts';
import { readExternalContact } from '../wire/krpc-codec.ts';
import { Answer } from './answer.ts';
import { ContactSieve } from './contact-sieve.ts';
import type { DhtDependencies, DhtOptions } from './dht-contract.ts';
import { InboundQueries } from './inbound-queries.ts';
import { Learner } from './learner.ts';
import type { AskFor } from './lookup.ts';
import { Lookups } from './lookups.ts';
import { Maintenance } from './maintenance.ts';
import { randomNodeId } from './node-id.ts';
import { PeerStore } from './peer-store.ts';
import { QueryDesk, QUERIES_IN_FLIGHT_MAX } from './query-desk.ts';
import { GENTLE_RATES, SendBudget } from './rate-limits.ts';
import { MAIN_TABLE, RoutingTable, type TableNode } from './routing-table.ts';
import { SwarmScrapes } from './swarm-scrapes.ts';

/** What the parts ask of the node they belong to, and tell it. */
export interface NodeHost {
  readonly send: (bytes: Uint8Array, contact: Contact, byteCount: number) => void;
  readonly ask: AskFor;
  /** There is a socket, and nobody has paused us. */
  readonly mayAsk: () => boolean;
  readonly onAnswer: (answer: Answer, from: NodeContact) => void;
  readonly onRetired: (node: TableNode) => void;
  readonly onIdWanted: (id: NodeId) => void;
  /** There is something to do that should not wait for the tick that would come by itself. */
  readonly onDue: () => void;
}

export interface NodeParts {
  readonly table: RoutingTable;
  readonly budget: SendBudget;
  readonly peerStore: PeerStore;
  readonly sieve: ContactSieve;
  readonly answer: Answer;
  readonly learner: Learner;
  readonly inbound: InboundQueries;
  readonly desk: QueryDesk;
  readonly lookups: Lookups;
  readonly scrapes: SwarmScrapes;
  readonly maintenance: Maintenance;
}

export function createNodeParts(dependencies: DhtDependencies, options: DhtOptions, host: NodeHost): NodeParts {
  const { clock, random } = dependencies;
  const isV6 = options.bindHost.includes(':');
  const family = isV6 ? 6 : 4;
  const selfId = options.nodeId ?? randomNodeId(random);
  const budget = new SendBudget(options.sendRates ?? GENTLE_RATES, clock.nowMs(), random.uint32());
  const peerStore = new PeerStore(clock, random);
  const sieve = new ContactSieve(selfId, clock, options.localAddressesAllowed, isV6);
  const { onRetired } = host;
  const isOnePerSubnet = !options.localAddressesAllowed;
  const table = new RoutingTable({ selfId, clock, random, family, ...MAIN_TABLE, isOnePerSubnet, onRetired });
  const answer = new Answer(sieve);
  const learner = new Learner({ ...dependencies, ...host, table, sieve, answer });
  const inbound = new InboundQueries({
    ...dependencies,
    table,
    store: peerStore,
    family,
    hasLimits: options.hasNoInboundLimits !== true,
    sampleIntervalSeconds: options.sampleIntervalSeconds,
    send: host.send,
  });
  const desk = new QueryDesk({
    ...dependencies,
    budget,
    isReadOnly: !options.isServing,
    queriesInFlightMax: options.queriesInFlightMax ?? QUERIES_IN_FLIGHT_MAX,
    selfId: () => table.selfId,
    send: host.send,
    answer,
    onReply: (message, transaction, roundTripMs) => learner.learn(message, transaction, roundTripMs),
    onError: (error, { contact }) => {
      const external = readExternalContact(error);
      if (external !== null) learner.hearVote(external, contact.host);
    },
    onFailed: (contact) => table.failed(contact),
  });
  const lookups = new Lookups(clock, host.ask, host.onDue, answer.nodeBytes);
  const scrapes = new SwarmScrapes({ clock, lookups, table, budget, ask: host.ask });
  const maintenance = new Maintenance({
    ...dependencies,
    table,
    lookups,
    routers: options.bootstrap,
    isV6,
    ask: host.ask,
    askRouter: (contact, query, onOutcome) =>
      host.mayAsk() && sieve.isOfOurFamily(contact) && desk.ask(contact, query, onOutcome),
    onRouter: (contact) => {
      sieve.addRouter(contact);
      table.remove(contact);
    },
    isLocal: options.localAddressesAllowed,
  });
  return { table, budget, peerStore, sieve, answer, learner, inbound, desk, lookups, scrapes, maintenance };
}
