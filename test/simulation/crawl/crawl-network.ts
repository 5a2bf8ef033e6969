// The network of a simulated crawl: one real client on one side, tens of thousands of lean responders on the other, real
// datagrams between them. Queries are read and answers written by the production codec; everything else is arithmetic.
// A query costs one timer: nobody but the client sends anything of himself.
import type { Clock } from '../../../main/base/clock.ts';
import type { Contact, NodeContact } from '../../../main/base/contact.ts';
import { asNodeId } from '../../../main/base/identifier.ts';
import { createSeededRandom, type Random } from '../../../main/base/random.ts';
import type { OpenDatagramSocket } from '../../../main/dht/udp-socket.ts';
import { NODE4_BYTES, writeContact } from '../../../main/wire/compact-contacts.ts';
import {
  decodeKrpc,
  encodeError,
  encodeReply,
  KrpcMessage,
  type OutgoingReply,
} from '../../../main/wire/krpc-codec.ts';
import { CLOSEST, CrawlMap, MAP_PORT, type CrawlMapOptions, type Dialect } from './crawl-map.ts';
import { CrawlTally } from './crawl-tally.ts';

export interface CrawlWorldOptions extends CrawlMapOptions {
  readonly seed: number;
  readonly infohashCount: number;
  /** Round trips that fail by themselves; default LOSS_SHARE. */
  readonly lossShare?: number;
}

/** What both sides of a comparison share: it never changes, whoever crawls it. */
export interface CrawlWorld {
  readonly map: CrawlMap;
  readonly seed: number;
  readonly lossShare: number;
  readonly infohashes: Uint8Array;
  /** By node, the numbers of the infohashes it holds; by infohash, its holders. */
  readonly heldBy: readonly Int32Array[];
  readonly holders: Int32Array;
  readonly numberOf: ReadonlyMap<number, number>;
}

const SAMPLES_MAX = 20;
const INTERVAL_SECONDS: Partial<Record<Dialect, number>> = { frozen: 21_600, 'five-minutes': 300, 'ten-seconds': 10 };
const VERSIONS: Record<Dialect, string | null> = {
  frozen: 'LT\x02\x07',
  'five-minutes': 'ml\x00\x0b',
  'ten-seconds': null,
  silent: 'TR\x03\x00',
  error: null,
  'nodes-only': 'LT\x01\x10',
};
/** Lost on the way there or back. */
const LOSS_SHARE = 0.02;
const JITTER = 0.1;
export const ROUTER_HOST = '99.9.9.9';
export const CLIENT_HOST = '99.1.2.3';

export function createCrawlWorld(options: CrawlWorldOptions): CrawlWorld {
  const { seed, infohashCount } = options;
  const random = createSeededRandom(seed);
  const map = new CrawlMap(options, random);
  const infohashes = random.bytes(infohashCount * 20);
  const holders = new Int32Array(infohashCount * CLOSEST);
  const held = Array.from({ length: map.nodeCount }, (): number[] => []);
  const numberOf = new Map<number, number>();
  for (let number = 0; number < infohashCount; number++) {
    const infohash = infohashes.subarray(number * 20, number * 20 + 20);
    numberOf.set(keyOf(infohash, 0), number);
    map.nearestLive(infohash, CLOSEST).forEach((node, place) => {
      held[node]!.push(number);
      holders[number * CLOSEST + place] = node;
    });
  }
  const lossShare = options.lossShare ?? LOSS_SHARE;
  return { map, seed, lossShare, infohashes, heldBy: held.map((list) => Int32Array.from(list)), holders, numberOf };
}

interface Nat {
  readonly entriesMax: number;
  /** By remote address, when it was last spoken to; in that order. */
  readonly spokenToAtMs: Map<string, number>;
}

export class CrawlNetwork {
  /** Sees every query that leaves the client. */
  onSent: ((query: { host: string; method: string; target: Uint8Array }) => void) | null = null;
  readonly tally = new CrawlTally();
  readonly #world: CrawlWorld;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #nat: Nat | null;
  readonly #message = new KrpcMessage();
  readonly #buffer = new Uint8Array(2_048);
  readonly #frozen = new Map<number, { readonly untilMs: number; readonly sample: Int32Array }>();
  readonly #notBeforeMs = new Map<number, number>();
  #onDatagram: (bytes: Uint8Array, from: Contact) => void = () => undefined;

  /** `natEntriesMax`: the client sits behind a router whose table has so many places, each kept for 120 s. */
  constructor(world: CrawlWorld, clock: Clock, natEntriesMax = Infinity) {
    this.#world = world;
    this.#clock = clock;
    this.#random = createSeededRandom(world.seed ^ 0x5eed);
    this.#nat = natEntriesMax === Infinity ? null : { entriesMax: natEntriesMax, spokenToAtMs: new Map() };
  }

  readonly openSocket: OpenDatagramSocket = ({ onDatagram }) => {
    this.#onDatagram = onDatagram;
    return Promise.resolve({
      localPort: MAP_PORT,
      send: (bytes: Uint8Array, to: Contact, byteCount = bytes.length) => this.#carry(bytes.subarray(0, byteCount), to),
      close: () => {
        this.#onDatagram = () => undefined;
        return Promise.resolve();
      },
    });
  };

  /** Nodes that a client which was here before may know. */
  acquaintances(count: number): NodeContact[] {
    const { map } = this.#world;
    return Array.from({ length: count }, () => this.contactOf(this.#random.below(map.nodeCount)));
  }

  contactOf(node: number): NodeContact {
    const { map } = this.#world;
    return { id: asNodeId(map.id(node).slice()), contact: { host: map.hosts[node]!, port: MAP_PORT } };
  }

  /** Places taken in the router's table, expired ones included until the next packet. */
  get natEntryCount(): number {
    return this.#nat?.spokenToAtMs.size ?? 0;
  }

  #carry(bytes: Uint8Array, to: Contact): void {
    const nowMs = this.#clock.nowMs();
    const message = this.#message;
    const malformed = decodeKrpc(bytes, message);
    if (malformed !== null || message.kind !== 'query') throw new Error(`the client sent ${malformed ?? message.kind}`);
    this.tally.sent(to.host, message.method, nowMs);
    this.onSent?.({ host: to.host, method: message.method, target: targetOf(message) });
    if (this.#nat !== null && !this.#openFlow(this.#nat, to.host, nowMs)) return;
    if (this.#random.fraction() < this.#world.lossShare) return;
    const { map } = this.#world;
    const node = map.find(to.host);
    if (to.host === ROUTER_HOST) this.#answer(this.#routerReply(message), 60, to, () => undefined);
    else if (node !== -1 && map.dialects[node] !== null) this.#respond(node, map.dialects[node]!, message, to);
  }

  #respond(node: number, dialect: Dialect, message: KrpcMessage, to: Contact): void {
    const roundTripMs = this.#world.map.roundTripMs[node]! * (1 + JITTER * (this.#random.fraction() - 0.5));
    if (message.method !== 'sample_infohashes') {
      this.#answer(this.#plainReply(node, dialect, message), roundTripMs, to, () => undefined);
      return;
    }
    const intervalSeconds = INTERVAL_SECONDS[dialect];
    if (intervalSeconds !== undefined) this.#sample(node, dialect, intervalSeconds, roundTripMs, to);
    else if (dialect === 'error') {
      const transactionId = transactionOf(message);
      const length = encodeError(this.#buffer, { transactionId, code: 204, text: 'Method Unknown' });
      this.#answer(this.#buffer.slice(0, length), roundTripMs, to, () => undefined);
    } else if (dialect === 'nodes-only') {
      this.#answer(this.#plainReply(node, dialect, message), roundTripMs, to, () => undefined);
    }
  }

  #sample(node: number, dialect: Dialect, intervalSeconds: number, roundTripMs: number, to: Contact): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs < (this.#notBeforeMs.get(node) ?? -Infinity)) this.tally.intervalViolations++;
    const sample = this.#sampleOf(node, intervalSeconds, nowMs);
    const message = this.#message;
    const samples = new Uint8Array(sample.length * 20);
    sample.forEach((number, place) => {
      samples.set(this.#world.infohashes.subarray(number * 20, number * 20 + 20), place * 20);
    });
    const reply = this.#encode(node, dialect, {
      ...this.#head(node, message),
      nodes: this.#nodesNear(node, targetOf(message)),
      num: this.#world.heldBy[node]!.length,
      samples,
      intervalSeconds,
    });
    this.#answer(reply, roundTripMs, to, () => {
      this.#notBeforeMs.set(node, nowMs + intervalSeconds * 1000);
      this.tally.gave(sample, this.#clock.nowMs());
    });
  }

  /** Frozen for the interval if there is more than fits, as libtorrent does; else all of it. */
  #sampleOf(node: number, intervalSeconds: number, nowMs: number): Int32Array {
    const held = this.#world.heldBy[node]!;
    if (held.length <= SAMPLES_MAX) return held;
    const known = this.#frozen.get(node);
    if (known !== undefined && nowMs < known.untilMs) return known.sample;
    const chosen = new Set<number>();
    while (chosen.size < SAMPLES_MAX) chosen.add(held[this.#random.below(held.length)]!);
    const sample = Int32Array.from(chosen);
    this.#frozen.set(node, { untilMs: nowMs + intervalSeconds * 1000, sample });
    return sample;
  }

  #plainReply(node: number, dialect: Dialect, message: KrpcMessage): Uint8Array {
    const head = this.#head(node, message);
    if (message.method === 'ping') return this.#encode(node, dialect, head);
    const target = targetOf(message);
    const nodes = this.#nodesNear(node, target);
    if (message.method !== 'get_peers') return this.#encode(node, dialect, { ...head, nodes });
    const number = this.#world.numberOf.get(keyOf(target, 0));
    const isHeld =
      number !== undefined && this.#world.holders.subarray(number * CLOSEST, (number + 1) * CLOSEST).includes(node);
    const values = isHeld ? [Uint8Array.of(45, number >>> 16, number >>> 8, number, 0x1a, 0xe1)] : undefined;
    const token = Uint8Array.of(1, 2, 3, 4);
    return this.#encode(node, dialect, { ...head, nodes, token, ...(values ? { values } : {}) });
  }

  /** A public router knows everybody a little: 8 contacts at random. */
  #routerReply(message: KrpcMessage): Uint8Array {
    const nodes = this.acquaintances(CLOSEST).map(({ contact }) => this.#world.map.find(contact.host));
    const id = asNodeId(new Uint8Array(20).fill(0xee));
    const requester = { host: CLIENT_HOST, port: MAP_PORT };
    return this.#finish({ transactionId: transactionOf(message), requester, id, nodes: this.#compact(nodes) }, null);
  }

  #head(node: number, message: KrpcMessage): OutgoingReply {
    const requester = { host: CLIENT_HOST, port: MAP_PORT };
    return { transactionId: transactionOf(message), requester, id: asNodeId(this.#world.map.id(node)) };
  }

  #nodesNear(node: number, target: Uint8Array): Uint8Array {
    const { map } = this.#world;
    return this.#compact(map.nearest(target, map.tableOf(node), CLOSEST));
  }

  #compact(nodes: readonly number[]): Uint8Array {
    const { map } = this.#world;
    const compact = new Uint8Array(nodes.length * NODE4_BYTES);
    nodes.forEach((node, place) => {
      compact.set(map.id(node), place * NODE4_BYTES);
      writeContact(compact, place * NODE4_BYTES + 20, { host: map.hosts[node]!, port: MAP_PORT });
    });
    return compact;
  }

  #encode(_node: number, dialect: Dialect, reply: OutgoingReply): Uint8Array {
    return this.#finish(reply, VERSIONS[dialect]);
  }

  /** Our encoder signs with our own version: it gives way to the responder's. */
  #finish(reply: OutgoingReply, version: string | null): Uint8Array {
    const length = encodeReply(this.#buffer, reply);
    const bytes = this.#buffer.slice(0, length);
    const text = version ?? 'XX\x00\x00';
    for (let index = 0; index < 4; index++) bytes[length - 11 + index] = text.charCodeAt(index);
    return bytes;
  }

  #answer(bytes: Uint8Array, roundTripMs: number, from: Contact, onDelivered: () => void): void {
    this.#clock.setTimer(roundTripMs, () => {
      onDelivered();
      this.#onDatagram(bytes, from);
    });
  }

  #openFlow(nat: Nat, host: string, nowMs: number): boolean {
    for (const [key, atMs] of nat.spokenToAtMs) {
      if (nowMs - atMs < 120_000) break;
      nat.spokenToAtMs.delete(key);
    }
    const isOpen = nat.spokenToAtMs.delete(host) || nat.spokenToAtMs.size < nat.entriesMax;
    if (isOpen) nat.spokenToAtMs.set(host, nowMs);
    else this.tally.natRefusedCount++;
    return isOpen;
  }
}

function transactionOf({ bytes, transactionIdStart, transactionIdLength }: KrpcMessage): Uint8Array {
  return bytes.slice(transactionIdStart, transactionIdStart + transactionIdLength);
}

function targetOf(message: KrpcMessage): Uint8Array {
  const start = message.method === 'get_peers' ? message.infohashStart : message.targetStart;
  if (start === -1) return new Uint8Array(20); // a ping
  return message.bytes.slice(start, start + 20);
}

/** 53 bits of an infohash: among 200,000 no two agree. */
function keyOf(bytes: Uint8Array, at: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 8);
  return view.getUint32(0) * 2 ** 21 + (view.getUint32(4) >>> 11);
}
