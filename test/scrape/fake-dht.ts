// A DHT node whose network is the test: it keeps every query, and the test decides how each one ends. Table and send
// budget are the real ones.
import type { Contact, NodeContact } from '../../main/base/contact.ts';
import { asInfohash, asNodeId, type Infohash, type NodeId } from '../../main/base/identifier.ts';
import { createSeededRandom, type Random } from '../../main/base/random.ts';
import type { NodeQuery, QueryOutcome } from '../../main/dht/dht-node.ts';
import { SendBudget } from '../../main/dht/rate-limits.ts';
import { RoutingTable } from '../../main/dht/routing-table.ts';
import type { ScrapeDht } from '../../main/scrape/scrape-dht.ts';
import { InfohashList } from '../../main/wire/infohash-list.ts';
import type { SimulatedClock } from '../simulation/simulated-clock.ts';

export interface SentQuery {
  readonly atMs: number;
  readonly contact: Contact;
  readonly query: NodeQuery;
  readonly end: (outcome: QueryOutcome) => void;
}

export class FakeDht implements ScrapeDht {
  readonly nodeId: NodeId;
  readonly table: RoutingTable;
  readonly budget: SendBudget;
  readonly sent: SentQuery[] = [];
  readonly lookups: Uint8Array[] = [];
  isPaused = false;
  isSilent = false;
  refusesAll = false;
  readonly #clock: SimulatedClock;

  constructor(clock: SimulatedClock, random: Random) {
    this.#clock = clock;
    this.nodeId = asNodeId(random.bytes(20));
    this.table = new RoutingTable({ selfId: this.nodeId, clock, random, bucketSize: 8, isOnePerSubnet: false });
    const rates = { newAddressesPerSecond: 8, packetsPerSecond: 30, perAddressPerSecond: 1, perAddressBurst: 3 };
    this.budget = new SendBudget(rates, clock.nowMs());
  }

  query(contact: Contact, query: NodeQuery, onOutcome: (outcome: QueryOutcome) => void): boolean {
    const nowMs = this.#clock.nowMs();
    if (this.isPaused || this.refusesAll || this.budget.canSend(contact, nowMs) !== 'yes') return false;
    this.budget.spend(contact, nowMs);
    this.sent.push({ atMs: nowMs, contact, query, end: onOutcome });
    return true;
  }

  lookupPeers(infohash: Uint8Array, onDone: (peers: Contact[]) => void): boolean {
    this.lookups.push(infohash);
    this.#clock.setTimer(1000, () => onDone([{ host: '30.0.0.1', port: 6881 }]));
    return true;
  }

  ofMethod(method: NodeQuery['method']): SentQuery[] {
    return this.sent.filter(({ query }) => query.method === method);
  }
}

const random = createSeededRandom(99);
let nodesMade = 0;

/** A node with its own /16, unless told otherwise. */
export function newNode(id: Uint8Array = random.bytes(20), host?: string): NodeContact {
  nodesMade++;
  const fresh = `${20 + ((nodesMade >> 8) % 100)}.${nodesMade & 255}.${nodesMade % 7}.1`;
  return { id: asNodeId(id), contact: { host: host ?? fresh, port: 6881 } };
}

export const newInfohash = (): Infohash => asInfohash(random.bytes(20));

/** As a reply holds them. */
function listOf(infohashes: readonly Infohash[]): InfohashList {
  return InfohashList.of(Buffer.concat(infohashes), 0, infohashes.length);
}

export function replyFrom(
  node: NodeContact,
  fields: { samples?: Infohash[] | null; values?: Contact[]; version?: string | null; interval?: number | null } = {},
): QueryOutcome {
  const { samples = null, values = [], version = 'LT\x02\x07', interval = 21_600 } = fields;
  return {
    kind: 'reply',
    from: node,
    roundTripMs: 50,
    reply: {
      nodeId: node.id,
      nodes: [],
      values,
      samples: samples === null ? null : listOf(samples),
      intervalSeconds: interval,
      num: samples?.length ?? null,
      token: null,
      version,
      externalContact: null,
      bloomSeeds: null,
      bloomPeers: null,
    },
  };
}
