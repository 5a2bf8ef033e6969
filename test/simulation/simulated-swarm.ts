// A crowd of production DhtNodes that keep infohashes, on the simulated network, and scrapers wired to nodes of their own
// as engine/discovery.ts wires them. Everything follows from one seed.
// The crowd only answers: its tables are filled with true neighbours by hand and its ticks are left out, as what it would
// ask of itself costs most of the time and is another test's matter (dht-network).
import type { Clock } from '../../main/base/clock.ts';
import type { Contact, NodeContact } from '../../main/base/contact.ts';
import { asInfohash, compareDistance, type Infohash } from '../../main/base/identifier.ts';
import { toKey } from '../../main/base/bytes.ts';
import { silentLog } from '../../main/base/log.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import { DhtNode, type SavedTable } from '../../main/dht/dht-node.ts';
import { secureNodeId } from '../../main/dht/node-id.ts';
import type { Pace } from '../../main/scrape/pace-profiles.ts';
import { ScrapeLoop } from '../../main/scrape/scrape-loop.ts';
import { Counters } from '../../main/stats/counters.ts';
import { CALM, type NetworkConditions } from './simulated-network.ts';
import { identify, SIMULATED_PORT, type SimulatedNode, SimulatedNodes } from './simulated-nodes.ts';

/** Nodes that keep what is announced (BEP 5: the 8 closest). */
const CLOSEST = 8;
const FAR_ACQUAINTANCES = 40;
export interface Scraper {
  readonly node: DhtNode;
  readonly loop: ScrapeLoop;
  readonly counters: Counters;
  readonly contact: Contact;
  /** Peers that were found, by infohash (toKey). */
  readonly found: Map<string, readonly Contact[]>;
  readonly state: { wantsMore: boolean };
}

export interface ScraperOptions {
  readonly host: string;
  readonly pace: Pace;
  readonly savedTable?: SavedTable;
  readonly savedScrape?: unknown;
}

export class SimulatedSwarm {
  readonly nodes: SimulatedNodes;
  readonly infohashes: Infohash[] = [];
  readonly #scrapers: Scraper[] = [];
  #crowd: NodeContact[] = [];

  constructor(seed: number, conditions: NetworkConditions = CALM) {
    this.nodes = new SimulatedNodes(seed, conditions);
  }

  get clock() {
    return this.nodes.clock;
  }

  get network() {
    return this.nodes.network;
  }

  /** Starts `count` serving nodes that know their surroundings. */
  async grow(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      const member = this.#newCrowdNode(crowdHost(index));
      await member.node.start();
      this.nodes.members.push(member);
    }
    this.#crowd = this.nodes.members.map(identify);
    this.#introduce();
  }

  /** Places `count` infohashes, each with one peer, on the 8 nodes closest to it. */
  place(count: number): void {
    for (let index = 0; index < count; index++) {
      const infohash = asInfohash(this.nodes.random.bytes(20));
      this.infohashes.push(infohash);
      for (const { node } of this.#closest(infohash)) {
        node.peerStore.add(infohash, { host: `200.${index >> 8}.${index & 255}.1`, port: 6881 });
      }
    }
  }

  async addScraper({ host, pace, savedTable, savedScrape }: ScraperOptions): Promise<Scraper> {
    const crowd = this.#crowd;
    const routers = [crowd[0]!.contact, crowd[1]!.contact];
    const { node, counters, contact } = this.nodes.create({ bindHost: host, isServing: false, bootstrap: routers });
    const found = new Map<string, readonly Contact[]>();
    const state = { wantsMore: true };
    const loop = new ScrapeLoop(
      {
        clock: this.clock,
        random: createSeededRandom(this.nodes.random.uint32()),
        log: silentLog,
        counters,
        dht: node,
        onPeers: (infohash, peers) => found.set(toKey(infohash), peers),
        areKnown: (infohashes, onAnswer) =>
          this.clock.setTimer(3, () => onAnswer(infohashes.map((infohash) => found.has(toKey(infohash))))),
        wantsMore: () => state.wantsMore,
      },
      { pace },
    );
    node.onNodes = (nodes, from) => loop.offerNodes(nodes, from);
    node.onRetired = (retired) => loop.offerRetired(retired);
    if (savedScrape !== undefined) loop.restore(savedScrape, { ownIdChanged: false });
    await node.start(savedTable ?? null);
    loop.start();
    const scraper = { node, loop, counters, contact, found, state };
    this.#scrapers.push(scraper);
    return scraper;
  }

  /** Share of the placed infohashes for which `scraper` has peers. */
  foundShare({ found }: Scraper): number {
    return this.infohashes.filter((infohash) => found.has(toKey(infohash))).length / this.infohashes.length;
  }

  async stop(): Promise<void> {
    for (const { loop } of this.#scrapers) loop.stop();
    await this.nodes.stop();
  }

  checkInvariants(): void {
    for (const { loop, node } of this.#scrapers) {
      loop.checkInvariants();
      node.checkInvariants();
    }
  }

  #newCrowdNode(host: string): SimulatedNode {
    const { clock, network, random } = this.nodes;
    const counters = new Counters();
    const dependencies = {
      clock: withoutTimers(clock),
      random: createSeededRandom(random.uint32()),
      log: silentLog,
      counters,
      openSocket: network.openSocket,
      resolveHost: () => Promise.resolve([]),
    };
    const node = new DhtNode(dependencies, {
      bindHost: host,
      port: SIMULATED_PORT,
      bootstrap: [],
      isServing: true,
      localAddressesAllowed: false,
      // Fits its address (BEP 42), or all would change theirs and leave what is placed near them.
      nodeId: secureNodeId(host, random),
    });
    return { node, counters, contact: { host, port: SIMULATED_PORT } };
  }

  /** Exact as long as 8 nodes begin with the same four bits: who shares more of them is nearer. */
  #closest(target: Uint8Array): SimulatedNode[] {
    const { members } = this.nodes;
    const near = members.filter(({ node }) => (node.nodeId[0]! ^ target[0]!) < 16);
    return this.nodes.trueClosest(target, CLOSEST, near.length >= CLOSEST ? near : members);
  }

  /** Every node meets its 16 nearest and some at every distance, as after an hour of life. */
  #introduce(): void {
    const { members, random } = this.nodes;
    const inOrder = members.toSorted((a, b) => compareDistance(new Uint8Array(20), a.node.nodeId, b.node.nodeId));
    inOrder.forEach((member, rank) => {
      const near = inOrder.slice(Math.max(0, rank - CLOSEST), rank + CLOSEST + 1);
      const far = Array.from({ length: FAR_ACQUAINTANCES }, () => members[random.below(members.length)]!);
      for (const other of [...near, ...far]) {
        if (other !== member) member.node.table.insert(identify(other), { hasAnswered: true });
      }
    });
  }
}

/** For a crowd that only answers: thousands of nodes that each keep themselves alive would be most of the work. */
function withoutTimers(clock: Clock): Clock {
  const never = { cancel: () => undefined };
  return {
    nowMs: () => clock.nowMs(),
    nowUnixSeconds: () => clock.nowUnixSeconds(),
    setTimer: () => never,
    setRepeating: () => never,
  };
}

/** Public addresses in many networks, unlike simulatedHost: the scraper asks two nodes a second of one /16 at most. */
export function crowdHost(index: number): string {
  return `${24 + (index % 76)}.${Math.floor(index / 76) % 256}.${(index * 7) % 256}.9`;
}
