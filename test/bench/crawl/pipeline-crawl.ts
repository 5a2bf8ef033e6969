// A crawl with bitmagnet's published parameters (protocol.md 3.4; its documentation and defaults, scaling factor 10), written
// from those figures: stages with a bounded queue and so many workers each, one target for all queries that rotates every
// 10 s, nodes discovered go to whichever stage has room, the table's nodes are asked again and again.
//   ping        queue 10,  10 workers    nodes silent for 15 minutes, looked for every 10 s
//   find_node   queue 100, 100 workers   each second the 10 table nodes heard of longest ago (5 s at least)
//   sample      queue 100, 100 workers   each second up to 60 table nodes that are due: an interval above 5 minutes counts
//                                        as 60 s while the node still gives something new; 5 minutes more if it does not
//   get_peers   queue 100, 200 workers   to the node that gave the sample
// A node that fails once leaves the table (80 a bucket). Time-out 4 s, one query a second to an address, burst 4.
import type { NodeContact } from '../../../main/base/contact.ts';
import { toKey } from '../../../main/base/bytes.ts';
import { sharedPrefixBits } from '../../../main/base/identifier.ts';
import type { Random } from '../../../main/base/random.ts';
import type { NodeQuery } from '../../../main/dht/dht-node.ts';
import type { KrpcReply } from '../../../main/wire/krpc-codec.ts';
import type { SimulatedClock } from '../../simulation/simulated-clock.ts';
import type { RivalClient } from './rival-client.ts';

const BUCKET_SIZE = 80;
const DISCOVERED_MAX = 1_000;
const TICK_MS = 50;
const TARGET_EVERY_MS = 10_000;
const PING_EVERY_MS = 10_000;
const PING_AFTER_MS = 15 * 60_000;
const HEARD_AGO_MS_MIN = 5_000;
const FIND_NODES_PER_SECOND = 10;
const SAMPLES_PER_SECOND = 60;

interface Known {
  readonly node: NodeContact;
  heardAtMs: number;
  sampleAfterMs: number;
}

interface Job {
  readonly node: NodeContact;
  readonly infohash?: Uint8Array;
}

class Stage {
  readonly queue: Job[] = [];
  busyCount = 0;
  readonly #queueMax: number;
  readonly #workers: number;
  readonly #run: (job: Job, onEnd: () => void) => void;

  constructor(queueMax: number, workers: number, run: (job: Job, onEnd: () => void) => void) {
    this.#queueMax = queueMax;
    this.#workers = workers;
    this.#run = run;
  }

  get hasRoom(): boolean {
    return this.queue.length < this.#queueMax;
  }

  pump(): void {
    while (this.busyCount < this.#workers && this.queue.length > 0) {
      this.busyCount++;
      this.#run(this.queue.shift()!, () => this.busyCount--);
    }
  }
}

export class PipelineCrawl {
  readonly #client: RivalClient;
  readonly #clock: SimulatedClock;
  readonly #random: Random;
  readonly #ownId: Uint8Array;
  readonly #table = new Map<string, Known>();
  readonly #bucketSizes = new Array<number>(161).fill(0);
  readonly #discovered: NodeContact[];
  readonly #seen = new Set<string>();
  /** Hashes whose stage has no room yet: its channels block. */
  readonly #held: Job[] = [];
  readonly #ping = new Stage(10, 10, (job, onEnd) => this.#ask(job, { method: 'ping' }, onEnd));
  readonly #find = new Stage(100, 100, (job, onEnd) =>
    this.#ask(job, { method: 'find_node', target: this.#target }, onEnd),
  );
  readonly #sample = new Stage(100, 100, (job, onEnd) => this.#runSample(job, onEnd));
  readonly #getPeers = new Stage(100, 200, (job, onEnd) =>
    this.#ask(job, { method: 'get_peers', infohash: job.infohash! }, onEnd),
  );
  #target: Uint8Array;

  constructor(client: RivalClient, clock: SimulatedClock, random: Random, acquaintances: readonly NodeContact[]) {
    this.#client = client;
    this.#clock = clock;
    this.#random = random;
    this.#ownId = random.bytes(20);
    this.#target = random.bytes(20);
    this.#discovered = [...acquaintances];
    clock.setRepeating(TICK_MS, () => this.#tick());
    clock.setRepeating(TARGET_EVERY_MS, () => (this.#target = random.bytes(20)));
    clock.setRepeating(1_000, () => this.#askTable());
    clock.setRepeating(PING_EVERY_MS, () => this.#offer(this.#ping, this.#heardBefore(PING_AFTER_MS)));
  }

  #tick(): void {
    while (this.#held.length > 0 && this.#getPeers.hasRoom) this.#getPeers.queue.push(this.#held.shift()!);
    this.#spread();
    for (const stage of [this.#ping, this.#find, this.#sample, this.#getPeers]) stage.pump();
    this.#client.pump();
  }

  /** Whoever is not in the table goes to one of the stages that have room, at random. */
  #spread(): void {
    while (this.#discovered.length > 0) {
      const open = [this.#find, this.#sample, this.#ping].filter(({ hasRoom }) => hasRoom);
      if (open.length === 0) return;
      const node = this.#discovered.shift()!;
      if (!this.#table.has(node.contact.host)) open[this.#random.below(open.length)]!.queue.push({ node });
    }
  }

  #askTable(): void {
    this.#offer(this.#find, this.#heardBefore(HEARD_AGO_MS_MIN).slice(0, FIND_NODES_PER_SECOND));
    const nowMs = this.#clock.nowMs();
    const due: Known[] = [];
    for (const known of this.#table.values()) {
      if (known.sampleAfterMs < nowMs && nowMs - known.heardAtMs > HEARD_AGO_MS_MIN) due.push(known);
      if (due.length === SAMPLES_PER_SECOND) break;
    }
    this.#offer(this.#sample, due);
  }

  #offer(stage: Stage, known: readonly Known[]): void {
    for (const { node } of known) if (stage.hasRoom) stage.queue.push({ node });
  }

  #heardBefore(agoMs: number): Known[] {
    const untilMs = this.#clock.nowMs() - agoMs;
    return [...this.#table.values()]
      .filter(({ heardAtMs }) => heardAtMs < untilMs)
      .sort((a, b) => a.heardAtMs - b.heardAtMs);
  }

  #runSample(job: Job, onEnd: () => void): void {
    const known = this.#table.get(job.node.contact.host);
    if (known !== undefined && known.sampleAfterMs >= this.#clock.nowMs()) return onEnd();
    this.#ask(job, { method: 'sample_infohashes', target: this.#target }, onEnd);
  }

  #ask({ node }: Job, query: NodeQuery, onEnd: () => void): void {
    this.#client.ask(node.contact, query, (reply) => {
      onEnd();
      const isSample = query.method === 'sample_infohashes';
      if (reply === null || (isSample && reply.samples === null)) return this.#drop(node);
      const known = this.#heard(node);
      if (isSample) this.#take(node, known, reply);
      for (const found of reply.nodes) if (this.#discovered.length < DISCOVERED_MAX) this.#discovered.push(found);
    });
  }

  #take(node: NodeContact, known: Known | null, reply: KrpcReply): void {
    let newCount = 0;
    for (const infohash of reply.samples!) {
      const key = toKey(infohash);
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      newCount++;
      this.#held.push({ node, infohash });
    }
    if (known === null) return;
    const interval = reply.intervalSeconds ?? 0;
    const seconds = newCount > 0 && interval > 300 ? 60 : interval;
    known.sampleAfterMs = this.#clock.nowMs() + (seconds + (newCount === 0 ? 300 : 0)) * 1_000;
  }

  /** Null when its bucket is full. */
  #heard(node: NodeContact): Known | null {
    const { host } = node.contact;
    const known = this.#table.get(host);
    const heardAtMs = this.#clock.nowMs();
    if (known !== undefined) {
      known.heardAtMs = heardAtMs;
      return known;
    }
    const depth = sharedPrefixBits(this.#ownId, node.id);
    if (this.#bucketSizes[depth]! >= BUCKET_SIZE) return null;
    this.#bucketSizes[depth]!++;
    const added = { node, heardAtMs, sampleAfterMs: -Infinity };
    this.#table.set(host, added);
    return added;
  }

  #drop({ id, contact }: NodeContact): void {
    if (this.#table.delete(contact.host)) this.#bucketSizes[sharedPrefixBits(this.#ownId, id)]!--;
  }
}
