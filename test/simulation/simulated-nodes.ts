// Production DHT nodes on a simulated network, joined to each other: the ground that simulations stand on.
// A failing run prints its seed; SEED=... replays it.
import type { Contact } from '../../main/base/contact.ts';
import { compareDistance } from '../../main/base/identifier.ts';
import { silentLog } from '../../main/base/log.ts';
import { createSeededRandom, type Random } from '../../main/base/random.ts';
import { DhtNode, type DhtOptions, type SavedTable } from '../../main/dht/dht-node.ts';
import { Counters } from '../../main/stats/counters.ts';
import { SimulatedClock } from './simulated-clock.ts';
import { CALM, simulatedHost, SimulatedNetwork, type Datagram, type NetworkConditions } from './simulated-network.ts';

export const SIMULATED_PORT = 6881;
/** So fast that a simulation is not about budgets. Tests of budgets say so. */
export const AMPLE_RATES = {
  newAddressesPerSecond: 200,
  packetsPerSecond: 400,
  perAddressPerSecond: 5,
  perAddressBurst: 20,
};

export function simulationSeed(fallback: number): number {
  const seed = process.env['SEED'] === undefined ? fallback : Number(process.env['SEED']);
  return seed >>> 0;
}

export interface SimulatedNode {
  readonly node: DhtNode;
  readonly contact: Contact;
  readonly counters: Counters;
}

export class SimulatedNodes {
  readonly clock = new SimulatedClock();
  readonly random: Random;
  readonly network: SimulatedNetwork;
  readonly members: SimulatedNode[] = [];
  /** Addresses that names resolve to. */
  readonly names = new Map<string, string[]>();

  constructor(seed: number, conditions: NetworkConditions = CALM) {
    this.random = createSeededRandom(seed);
    this.network = new SimulatedNetwork(this.clock, this.random, conditions);
  }

  /** A node at the next free machine; start it with `member.node.start()`. */
  create(options: Partial<DhtOptions> = {}): SimulatedNode {
    const contact = {
      host: options.bindHost ?? simulatedHost(this.members.length),
      port: options.port ?? SIMULATED_PORT,
    };
    const counters = new Counters();
    const node = new DhtNode(
      {
        clock: this.clock,
        random: createSeededRandom(this.random.uint32()),
        log: silentLog,
        counters,
        openSocket: this.network.openSocket,
        resolveHost: (name) => {
          const addresses = this.names.get(name);
          return addresses ? Promise.resolve(addresses) : Promise.reject(new Error(`${name} is unknown`));
        },
      },
      {
        bindHost: contact.host,
        port: contact.port,
        bootstrap: [],
        isServing: true,
        localAddressesAllowed: false,
        nodeId: null,
        sendRates: AMPLE_RATES,
        hasNoInboundLimits: true,
        ...options,
      },
    );
    const member = { node, contact, counters };
    this.members.push(member);
    return member;
  }

  /**
   * `count` nodes that know each other: the first two are everybody's routers, and the next few know each other as if
   * from an earlier day (a network of routers alone cannot start, as routers enter no table).
   */
  async grow(count: number, options: Partial<DhtOptions> = {}): Promise<void> {
    const routers = [this.create(options), this.create(options)];
    for (const { node } of routers) await node.start();
    const bootstrap = routers.map(({ contact }) => contact);
    const veterans: SimulatedNode[] = [];
    for (let index = routers.length; index < count; index++) {
      const member = this.create({ bootstrap, ...options });
      const isVeteran = veterans.length < VETERANS;
      await member.node.start(isVeteran ? acquainted(member, veterans) : null);
      if (isVeteran) {
        veterans.push(member);
        for (const { node } of routers) node.table.insert(identify(member), { hasAnswered: true }); // whom they name
      }
      if (index % 20 === 0) this.clock.advance(1_000);
    }
  }

  async stop(): Promise<void> {
    for (const { node } of this.members) await node.stop();
  }

  checkInvariants(): void {
    for (const { node } of this.members) node.checkInvariants();
  }

  /** Without the routers, who are nobody's nodes. */
  get ordinary(): readonly SimulatedNode[] {
    return this.members.slice(2);
  }

  /** Brute force: the members nearest to `target`. */
  trueClosest(target: Uint8Array, count: number, among: readonly SimulatedNode[] = this.ordinary): SimulatedNode[] {
    return [...among].sort((a, b) => compareDistance(target, a.node.nodeId, b.node.nodeId)).slice(0, count);
  }
}

const VETERANS = 8;

export function identify({ node, contact }: SimulatedNode) {
  return { id: node.nodeId, contact };
}

function acquainted(member: SimulatedNode, others: readonly SimulatedNode[]): SavedTable {
  const nodes = others.map(({ node, contact }) => ({
    id: node.nodeId,
    contact,
    flags: 1,
    failCount: 0,
    roundTripMs: 50,
    lastHeardAgoSeconds: 60,
  }));
  return { selfId: member.node.nodeId, nodes };
}

/** Nodes on a network of their own, and every datagram that is sent on it. */
export function recordedNodes(seed: number): { nodes: SimulatedNodes; sent: Datagram[] } {
  const nodes = new SimulatedNodes(seed);
  const sent: Datagram[] = [];
  nodes.network.onSent = (datagram) => sent.push(datagram);
  return { nodes, sent };
}

/** Stops all of them and lets what is on its way arrive; gives the timers left, of which there must be none. */
export async function endNodes(nodes: SimulatedNodes): Promise<number> {
  nodes.checkInvariants();
  await nodes.stop();
  nodes.clock.advance(60_000);
  return nodes.clock.pendingCount;
}
