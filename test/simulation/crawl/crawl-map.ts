// Who exists in a simulated crawl, and who knows whom: ids in order, addresses, who lives, who speaks what, and routing
// tables as Kademlia leaves them. Lean on purpose: tens of thousands of nodes, not one production object among them.
// Ids are compared by their first 64 bits: among 100,000 nodes no two agree in 40.
import { isForbidden } from '../../../main/dht/bogons.ts';
import type { Random } from '../../../main/base/random.ts';

export const CLOSEST = 8;
export const MAP_PORT = 6881;

/** What a live node makes of `sample_infohashes`; the last three answer only find_node, get_peers and ping. */
export type Dialect = 'frozen' | 'five-minutes' | 'ten-seconds' | 'silent' | 'error' | 'nodes-only';

/**
 * Shares among those who answer BEP 51: libtorrent freezes its sample for 6 hours ("all replies ... interval of 6h"),
 * mldht for 5 minutes, bitmagnet for 10 seconds. Among the others: Transmission and aria2 are silent, rTorrent answers
 * with error 204, libtorrent before 1.2 takes the unknown method for a find_node.
 */
const SAMPLING: readonly (readonly [Dialect, number])[] = [
  ['frozen', 0.92],
  ['five-minutes', 0.06],
  ['ten-seconds', 0.02],
];
const OTHERS: readonly (readonly [Dialect, number])[] = [
  ['silent', 0.5],
  ['error', 0.3],
  ['nodes-only', 0.2],
];

export interface CrawlMapOptions {
  readonly nodeCount: number;
  /** Share of the contacts that never answer us. */
  readonly deadShare: number;
  /** Share of the live that answer sample_infohashes. */
  readonly samplingShare: number;
}

export class CrawlMap {
  readonly nodeCount: number;
  /** In order of the ids, 20 bytes each. */
  readonly ids: Uint8Array;
  readonly hosts: readonly string[];
  /** null: dead. */
  readonly dialects: readonly (Dialect | null)[];
  readonly roundTripMs: Float64Array;
  readonly live: Int32Array;
  readonly #heads: Uint32Array;
  readonly #tails: Uint32Array;
  readonly #indexByHost = new Map<string, number>();
  readonly #tables: (Int32Array | null)[];
  readonly #random: Random;

  constructor({ nodeCount, deadShare, samplingShare }: CrawlMapOptions, random: Random) {
    this.#random = random;
    this.nodeCount = nodeCount;
    this.ids = sortedIds(nodeCount, random);
    const view = new DataView(this.ids.buffer);
    this.#heads = Uint32Array.from({ length: nodeCount }, (_, index) => view.getUint32(index * 20));
    this.#tails = Uint32Array.from({ length: nodeCount }, (_, index) => view.getUint32(index * 20 + 4));
    this.hosts = Array.from({ length: nodeCount }, (_, index) => this.#newHost(index));
    this.dialects = Array.from({ length: nodeCount }, () => {
      if (random.fraction() < deadShare) return null;
      return choose(random.fraction() < samplingShare ? SAMPLING : OTHERS, random);
    });
    this.roundTripMs = Float64Array.from({ length: nodeCount }, () => 20 + random.fraction() * 280);
    this.live = Int32Array.from(
      Array.from({ length: nodeCount }, (_, index) => index).filter((index) => this.dialects[index] !== null),
    );
    this.#tables = new Array<Int32Array | null>(nodeCount).fill(null);
  }

  /** The node at `host`, or -1. */
  find(host: string): number {
    return this.#indexByHost.get(host) ?? -1;
  }

  id(node: number): Uint8Array {
    return this.ids.subarray(node * 20, node * 20 + 20);
  }

  /** Of `candidates`, the `count` nearest to `target` by XOR, nearest first. */
  nearest(target: Uint8Array, candidates: ArrayLike<number>, count: number): number[] {
    const [head, tail] = readHead(target);
    const best: number[] = [];
    const bestHeads: number[] = [];
    const bestTails: number[] = [];
    for (let index = 0; index < candidates.length; index++) {
      const node = candidates[index]!;
      const distance = (this.#heads[node]! ^ head) >>> 0;
      const rest = (this.#tails[node]! ^ tail) >>> 0;
      let place = best.length;
      if (place === count && !isLess(distance, rest, bestHeads[place - 1]!, bestTails[place - 1]!)) continue;
      if (place < count) place++;
      place--;
      while (place > 0 && isLess(distance, rest, bestHeads[place - 1]!, bestTails[place - 1]!)) {
        best[place] = best[place - 1]!;
        bestHeads[place] = bestHeads[place - 1]!;
        bestTails[place] = bestTails[place - 1]!;
        place--;
      }
      best[place] = node;
      bestHeads[place] = distance;
      bestTails[place] = rest;
    }
    return best;
  }

  /** The `count` live nodes nearest to `target`, nearest first. */
  nearestLive(target: Uint8Array, count: number): number[] {
    // All ids that share a prefix with the target are nearer than all that do not: narrow while enough are left.
    const [head] = readHead(target);
    let [from, to] = [0, this.live.length];
    for (let bits = 1; bits <= 32; bits++) {
      const [low, high] = prefixRange(head, bits);
      const [nextFrom, nextTo] = [this.#firstLive(low, from, to), this.#firstLive(high, from, to)];
      if (nextTo - nextFrom < count) break;
      [from, to] = [nextFrom, nextTo];
    }
    return this.nearest(target, this.live.subarray(from, to), count);
  }

  /** Who `node` knows: of each distance as many as a bucket holds, picked at random, dead or alive. */
  tableOf(node: number): Int32Array {
    return (this.#tables[node] ??= this.#newTable(node));
  }

  #newTable(node: number): Int32Array {
    const isLibtorrent = this.dialects[node] === 'frozen';
    const known: number[] = [];
    const head = this.#heads[node]!;
    let [from, to] = [0, this.nodeCount];
    for (let depth = 0; depth < 32 && to - from > 1; depth++) {
      const [low, high] = prefixRange(head, depth + 1);
      const [nearFrom, nearTo] = [this.#firstNode(low, from, to), this.#firstNode(high, from, to)];
      // The half that the node itself is not in.
      const [farFrom, farTo] = nearFrom > from ? [from, nearFrom] : [nearTo, to];
      const size = isLibtorrent && depth < 4 ? 128 >> depth : CLOSEST;
      this.#pick(farFrom, farTo, size, known);
      [from, to] = [nearFrom, nearTo];
    }
    return Int32Array.from(known);
  }

  #pick(from: number, to: number, count: number, into: number[]): void {
    if (to - from <= count) {
      for (let node = from; node < to; node++) into.push(node);
      return;
    }
    const picked = new Set<number>();
    while (picked.size < count) picked.add(from + this.#random.below(to - from));
    into.push(...picked);
  }

  #firstNode(head: number, from: number, to: number): number {
    return firstAtLeast(head, from, to, (index) => this.#heads[index]!);
  }

  #firstLive(head: number, from: number, to: number): number {
    return firstAtLeast(head, from, to, (index) => this.#heads[this.live[index]!]!);
  }

  /** Random public addresses, as in the wild: some share a /24, none an address. */
  #newHost(index: number): string {
    for (;;) {
      const word = this.#random.uint32();
      const host = `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
      const isPublic = isForbidden({ host, port: MAP_PORT }, { localAddressesAllowed: false }) === null;
      if (!isPublic || host.startsWith('99.') || this.#indexByHost.has(host)) continue;
      this.#indexByHost.set(host, index);
      return host;
    }
  }
}

function sortedIds(count: number, random: Random): Uint8Array {
  const raw = random.bytes(count * 20);
  const ids = Array.from({ length: count }, (_, index) => raw.subarray(index * 20, index * 20 + 20));
  ids.sort((a, b) => Buffer.compare(a, b));
  const sorted = new Uint8Array(count * 20);
  ids.forEach((id, index) => sorted.set(id, index * 20));
  return sorted;
}

function choose(shares: readonly (readonly [Dialect, number])[], random: Random): Dialect {
  let rest = random.fraction();
  for (const [dialect, share] of shares) if ((rest -= share) < 0) return dialect;
  return shares[0]![0];
}

function readHead(id: Uint8Array): [head: number, tail: number] {
  const word = (at: number) => ((id[at]! << 24) | (id[at + 1]! << 16) | (id[at + 2]! << 8) | id[at + 3]!) >>> 0;
  return [word(0), word(4)];
}

/** First and behind the last 32-bit value that shares `bits` leading bits with `head`. */
function prefixRange(head: number, bits: number): [low: number, high: number] {
  const size = 2 ** (32 - bits);
  const low = Math.floor(head / size) * size;
  return [low, low + size];
}

function firstAtLeast(value: number, from: number, to: number, valueAt: (index: number) => number): number {
  while (from < to) {
    const middle = (from + to) >> 1;
    if (valueAt(middle) < value) from = middle + 1;
    else to = middle;
  }
  return from;
}

function isLess(head: number, tail: number, otherHead: number, otherTail: number): boolean {
  return head < otherHead || (head === otherHead && tail < otherTail);
}
