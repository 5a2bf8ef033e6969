// The plain random walk: find_node for a random target to somebody at random among those heard of lately, and
// sample_infohashes to whoever answers. New infohashes are asked for peers at the node that gave them, as on all sides.
import type { NodeContact } from '../../../main/base/contact.ts';
import { toKey } from '../../../main/base/bytes.ts';
import type { Random } from '../../../main/base/random.ts';
import type { SimulatedClock } from '../../simulation/simulated-clock.ts';
import type { RivalClient } from './rival-client.ts';

/** Contacts kept; magnetico keeps as many. The oldest is forgotten. */
const KNOWN_MAX = 1_000;
const TICK_MS = 50;
/** Steps that wait for the budget at once. */
const WALKERS = 64;

export class RandomWalk {
  readonly #client: RivalClient;
  readonly #random: Random;
  readonly #known: NodeContact[];
  readonly #hasMemory: boolean;
  readonly #met = new Set<string>();
  readonly #seen = new Set<string>();
  #walkers = 0;

  /** `hasMemory`: never goes to an address twice. */
  constructor(client: RivalClient, clock: SimulatedClock, random: Random, options: RandomWalkOptions) {
    this.#client = client;
    this.#random = random;
    this.#known = [...options.acquaintances];
    this.#hasMemory = options.hasMemory;
    clock.setRepeating(TICK_MS, () => this.#tick());
  }

  #tick(): void {
    while (this.#walkers < WALKERS && this.#known.length > 0) this.#step();
    this.#client.pump();
  }

  #step(): void {
    const node = this.#take();
    if (node === null) return;
    this.#walkers++;
    this.#client.ask(node.contact, { method: 'find_node', target: this.#random.bytes(20) }, (reply) => {
      this.#walkers--;
      if (reply === null) return;
      this.#learn(reply.nodes);
      this.#sample(node);
    });
  }

  #sample({ contact }: NodeContact): void {
    this.#client.ask(contact, { method: 'sample_infohashes', target: this.#random.bytes(20) }, (reply) => {
      if (reply === null) return;
      this.#learn(reply.nodes);
      for (const infohash of reply.samples ?? []) {
        const key = toKey(infohash);
        if (this.#seen.has(key)) continue;
        this.#seen.add(key);
        this.#client.ask(contact, { method: 'get_peers', infohash }, () => undefined);
      }
    });
  }

  #take(): NodeContact | null {
    const index = this.#random.below(this.#known.length);
    const node = this.#known[index]!;
    if (!this.#hasMemory) return node;
    this.#known[index] = this.#known.at(-1)!;
    this.#known.pop();
    if (this.#met.has(node.contact.host)) return null;
    this.#met.add(node.contact.host);
    return node;
  }

  #learn(nodes: readonly NodeContact[]): void {
    for (const node of nodes) if (!this.#hasMemory || !this.#met.has(node.contact.host)) this.#known.push(node);
    if (this.#known.length > KNOWN_MAX) this.#known.splice(0, this.#known.length - KNOWN_MAX);
  }
}

export interface RandomWalkOptions {
  readonly acquaintances: readonly NodeContact[];
  readonly hasMemory: boolean;
}
