// A network that lives for days around one production node: thousands of lean responders that come, go, move and lie, and
// torrents that are announced and forgotten. Everything lies in arrays of a fixed size, so that whatever grows during a
// simulated week is the node's and not the simulation's. A query costs one timer; answers are written by the production codec.
import { createHash } from 'node:crypto';
import { toKey } from '../../main/base/bytes.ts';
import type { Contact } from '../../main/base/contact.ts';
import { asNodeId, compareDistance } from '../../main/base/identifier.ts';
import type { Random } from '../../main/base/random.ts';
import { isForbidden } from '../../main/dht/bogons.ts';
import type { OpenDatagramSocket } from '../../main/dht/udp-socket.ts';
import { NODE4_BYTES, writeContact } from '../../main/wire/compact-contacts.ts';
import { decodeKrpc, encodeError, encodeReply, KrpcMessage, type OutgoingReply } from '../../main/wire/krpc-codec.ts';
import { queryBytes } from '../dht/wire-fixtures.ts';
import type { SimulatedClock } from '../simulation/simulated-clock.ts';

export const ROUTER: Contact = { host: '99.9.9.9', port: 6881 };
export const SELF_HOST = '99.1.2.3';
const PORT = 6881;
const NODES_IN_REPLY = 8;
const NEAR_LOOKED_AT = 16;
const SAMPLES = 20;
export const INTERVAL_SECONDS = 21_600;
const SAMPLE_EPOCH_MS = INTERVAL_SECONDS * 1000;
/** Torrents of which somebody has peers; older ones are forgotten. */
const TORRENTS_ALIVE = 2_000;
const RING = 4_096;
const LOSS = 0.02;

/** What a live node makes of `sample_infohashes`. A honeypot invents infohashes, a changeling its id. */
type Dialect = 'samples' | 'nodes-only' | 'silent' | 'error' | 'honeypot' | 'changeling';
const DIALECTS: readonly (readonly [Dialect, number])[] = [
  ['samples', 0.4],
  ['nodes-only', 0.25],
  ['silent', 0.2],
  ['error', 0.13],
  ['honeypot', 0.01],
  ['changeling', 0.01],
];
const VERSIONS: Readonly<Record<Dialect, string>> = {
  samples: 'LT\x02\x07',
  'nodes-only': 'LT\x01\x10',
  silent: 'TR\x03\x00',
  error: 'lt\x0d\x80',
  honeypot: 'XX\x00\x01',
  changeling: 'XX\x00\x02',
};

export interface LivingNetworkOptions {
  readonly nodeCount: number;
  /** A new torrent so often. */
  readonly newTorrentEveryMs: number;
}

export interface Torrent {
  readonly infohash: Uint8Array;
  readonly info: Uint8Array;
}

export class LivingNetwork {
  /** Sees every datagram of the node, decoded, before anything happens to it. */
  onSent: (message: KrpcMessage, to: Contact, byteCount: number) => void = () => undefined;
  /** Called after each datagram was handed to the node. */
  onDelivered: () => void = () => undefined;
  isDown = false;
  /** What others say our address is. */
  externalHost = SELF_HOST;
  /** Births of a minute. */
  birthsPerMinute = 30;
  sentCount = 0;
  receivedCount = 0;
  bornCount = 0;
  isOpen = false;
  readonly #options: LivingNetworkOptions;
  readonly #clock: SimulatedClock;
  readonly #random: Random;
  readonly #ids: Uint8Array;
  readonly #hosts: string[];
  readonly #isLive: boolean[];
  readonly #dialects: Dialect[];
  readonly #roundTripMs: Float64Array;
  readonly #slotByHost = new Map<string, number>();
  /** Slots by the first byte of their id. */
  readonly #byHead: number[][] = Array.from({ length: 256 }, () => []);
  readonly #torrents: (Torrent | null)[] = new Array<Torrent | null>(RING).fill(null);
  readonly #numbers: number[] = new Array<number>(RING).fill(-1);
  readonly #numberOf = new Map<string, number>();
  readonly #message = new KrpcMessage();
  readonly #buffer = new Uint8Array(2_048);
  readonly #strangers: readonly Uint8Array[];
  #onDatagram: (bytes: Uint8Array, from: Contact) => void = () => undefined;

  constructor(clock: SimulatedClock, random: Random, options: LivingNetworkOptions) {
    const { nodeCount } = options;
    this.#clock = clock;
    this.#random = random;
    this.#options = options;
    this.#ids = new Uint8Array(nodeCount * 20);
    this.#hosts = new Array<string>(nodeCount).fill('');
    this.#isLive = new Array<boolean>(nodeCount).fill(false);
    this.#dialects = new Array<Dialect>(nodeCount).fill('samples');
    this.#roundTripMs = new Float64Array(nodeCount);
    for (let slot = 0; slot < nodeCount; slot++) this.#bear(slot, false);
    const target = random.bytes(20);
    this.#strangers = [
      queryBytes('ping'),
      queryBytes('find_node', { target }),
      queryBytes('get_peers', { info_hash: target }),
      queryBytes('sample_infohashes', { target }),
      queryBytes('announce_peer', { info_hash: target, token: 'invented', port: 6881 }),
      queryBytes('vote', { target }),
      random.bytes(60),
    ];
  }

  readonly openSocket: OpenDatagramSocket = ({ port, onDatagram }) => {
    this.#onDatagram = onDatagram;
    this.isOpen = true;
    return Promise.resolve({
      localPort: port === 0 ? PORT : port,
      send: (bytes: Uint8Array, to: Contact, byteCount = bytes.length) => this.#carry(bytes.subarray(0, byteCount), to),
      close: () => {
        this.isOpen = false;
        this.#onDatagram = () => undefined;
        return Promise.resolve();
      },
    });
  };

  /** A minute of everybody's life: some die, some are born, some move, some fall silent for a while. */
  passMinute(): void {
    const { nodeCount } = this.#options;
    for (let birth = 0; birth < this.birthsPerMinute; birth++) this.#bear(this.#random.below(nodeCount), false);
    for (let index = 0; index < 3; index++) this.#bear(this.#random.below(nodeCount), true);
    for (let index = 0; index < 4; index++) {
      const slot = this.#random.below(nodeCount);
      this.#isLive[slot] = !this.#isLive[slot];
    }
  }

  /** Somebody asks us, or sends rubbish. */
  visit(): void {
    const from = { host: this.#hosts[this.#random.below(this.#options.nodeCount)]!, port: PORT };
    const bytes = this.#strangers[this.#random.below(this.#strangers.length)]!;
    if (!this.isDown) this.#deliver(bytes.slice(), from);
  }

  /** The torrent behind `infohash`, as long as it is alive. */
  torrentOf(infohash: Uint8Array): Torrent | null {
    const number = this.#numberOf.get(toKey(infohash));
    return number === undefined ? null : this.#torrents[number % RING]!;
  }

  /** Somebody new at `slot`, half of them never to answer; `isMoving`: the same node at another address. */
  #bear(slot: number, isMoving: boolean): void {
    const random = this.#random;
    this.bornCount++;
    this.#slotByHost.delete(this.#hosts[slot]!);
    const host = this.#newHost();
    this.#hosts[slot] = host;
    this.#slotByHost.set(host, slot);
    if (isMoving) return;
    const before = this.#byHead[this.#ids[slot * 20]!]!;
    const place = before.indexOf(slot);
    if (place !== -1) before.splice(place, 1);
    this.#ids.set(random.bytes(20), slot * 20);
    this.#byHead[this.#ids[slot * 20]!]!.push(slot);
    this.#isLive[slot] = random.below(2) === 0;
    this.#dialects[slot] = choose(random);
    this.#roundTripMs[slot] = 20 + random.fraction() * 280;
  }

  #newHost(): string {
    for (;;) {
      const word = this.#random.uint32();
      const host = `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
      const isTaken = host.startsWith('99.') || this.#slotByHost.has(host);
      if (!isTaken && isForbidden({ host, port: PORT }, { localAddressesAllowed: false }) === null) return host;
    }
  }

  #carry(bytes: Uint8Array, to: Contact): void {
    this.sentCount++;
    const message = this.#message;
    if (bytes[0] !== 0x64) return; // uTP to a peer: nobody here speaks it
    const malformed = decodeKrpc(bytes, message);
    if (malformed !== null) throw new Error(`the node sent something malformed: ${malformed}`);
    this.onSent(message, to, bytes.length);
    if (this.isDown || message.kind !== 'query' || this.#random.fraction() < LOSS) return;
    if (to.host === ROUTER.host) return this.#answer(this.#reply(null, message, { nodes: this.#anybody() }), 60, to);
    const slot = this.#slotByHost.get(to.host);
    if (slot === undefined || !this.#isLive[slot]) return;
    const reply = this.#respond(slot, message);
    if (reply !== null) this.#answer(reply, this.#roundTripMs[slot]!, to);
  }

  #respond(slot: number, message: KrpcMessage): Uint8Array | null {
    if (message.method === 'ping') return this.#reply(slot, message, {});
    const start = message.method === 'get_peers' ? message.infohashStart : message.targetStart;
    const target = message.bytes.slice(start, start + 20);
    const nodes = this.#compact(this.#near(target));
    if (message.method === 'get_peers') return this.#reply(slot, message, { nodes, ...this.#peersOf(target) });
    if (message.method !== 'sample_infohashes') return this.#reply(slot, message, { nodes });
    switch (this.#dialects[slot]!) {
      case 'silent':
        return null;
      case 'nodes-only':
        return this.#reply(slot, message, { nodes });
      case 'error': {
        const head = { transactionId: transactionOf(message), code: 204, text: 'Method Unknown' };
        return this.#buffer.slice(0, encodeError(this.#buffer, head));
      }
      case 'honeypot':
        return this.#sample(slot, message, nodes, this.#random.bytes(SAMPLES * 20));
      default:
        return this.#sample(slot, message, nodes, this.#samplesOf(slot));
    }
  }

  #sample(slot: number, message: KrpcMessage, nodes: Uint8Array, samples: Uint8Array): Uint8Array {
    return this.#reply(slot, message, { nodes, samples, num: 500, intervalSeconds: INTERVAL_SECONDS });
  }

  /** The same for its interval, as libtorrent gives it. */
  #samplesOf(slot: number): Uint8Array {
    const nowMs = this.#clock.nowMs();
    const newest = Math.floor(nowMs / this.#options.newTorrentEveryMs) + TORRENTS_ALIVE;
    const epoch = Math.floor(nowMs / SAMPLE_EPOCH_MS);
    const samples = new Uint8Array(SAMPLES * 20);
    for (let index = 0; index < SAMPLES; index++) {
      const draw = Math.imul((slot + 1) * 31 + index * 7 + epoch * 131, 0x9e3779b1) >>> 0;
      samples.set(this.#torrent(newest - (draw % TORRENTS_ALIVE)).infohash, index * 20);
    }
    return samples;
  }

  /** One after the other for ever; a place in the ring is used again when its torrent is long forgotten. */
  #torrent(number: number): Torrent {
    const place = number % RING;
    if (this.#numbers[place] === number) return this.#torrents[place]!;
    const before = this.#torrents[place];
    if (before) this.#numberOf.delete(toKey(before.infohash));
    const name = `Living Torrent ${number}`;
    const info = Buffer.from(
      `d6:lengthi${1_000_000 + number}e4:name${name.length}:${name}12:piece lengthi1048576e6:pieces20:${'\x07'.repeat(20)}e`,
      'latin1',
    );
    const torrent = { info, infohash: new Uint8Array(createHash('sha1').update(info).digest()) };
    this.#numbers[place] = number;
    this.#torrents[place] = torrent;
    this.#numberOf.set(toKey(torrent.infohash), number);
    return torrent;
  }

  #peersOf(infohash: Uint8Array): Partial<OutgoingReply> {
    const token = Uint8Array.of(1, 2, 3, 4);
    const number = this.#numberOf.get(toKey(infohash));
    if (number === undefined || number % 5 === 0) return { token };
    const peer = (index: number) => Uint8Array.of(45, (number >>> 8) & 255, number & 255, 1 + index, 0x1a, 0xe1);
    return { token, values: [peer(0), peer(1)] };
  }

  /** Eight of those whose ids begin almost like the target, dead or alive. */
  #near(target: Uint8Array): number[] {
    const near: number[] = [];
    for (let distance = 0; distance < 256 && near.length < NEAR_LOOKED_AT; distance++)
      near.push(...this.#byHead[target[0]! ^ distance]!);
    near.sort((a, b) => compareDistance(target, this.#idOf(a), this.#idOf(b)));
    return near.slice(0, NODES_IN_REPLY);
  }

  #anybody(): Uint8Array {
    return this.#compact(Array.from({ length: NODES_IN_REPLY }, () => this.#random.below(this.#options.nodeCount)));
  }

  #compact(slots: readonly number[]): Uint8Array {
    const compact = new Uint8Array(slots.length * NODE4_BYTES);
    slots.forEach((slot, place) => {
      compact.set(this.#idOf(slot), place * NODE4_BYTES);
      writeContact(compact, place * NODE4_BYTES + 20, { host: this.#hosts[slot]!, port: PORT });
    });
    return compact;
  }

  #idOf(slot: number): Uint8Array {
    return this.#ids.subarray(slot * 20, slot * 20 + 20);
  }

  #reply(slot: number | null, message: KrpcMessage, fields: Partial<OutgoingReply>): Uint8Array {
    const isChangeling = slot !== null && this.#dialects[slot] === 'changeling';
    const id = slot === null || isChangeling ? this.#random.bytes(20) : this.#idOf(slot);
    const requester = { host: this.externalHost, port: PORT };
    const head = { transactionId: transactionOf(message), requester, id: asNodeId(id) };
    const length = encodeReply(this.#buffer, { ...head, ...fields });
    const bytes = this.#buffer.slice(0, length);
    // Our encoder signs with our own version: it gives way to the responder's.
    const version = slot === null ? 'RO\x00\x01' : VERSIONS[this.#dialects[slot]!];
    const signedAt = Buffer.from(bytes).lastIndexOf('1:v4:');
    if (signedAt !== -1)
      for (let index = 0; index < 4; index++) bytes[signedAt + 5 + index] = version.charCodeAt(index);
    return bytes;
  }

  #answer(bytes: Uint8Array, afterMs: number, from: Contact): void {
    this.#clock.setTimer(afterMs, () => {
      if (!this.isDown) this.#deliver(bytes, { ...from });
    });
  }

  #deliver(bytes: Uint8Array, from: Contact): void {
    this.receivedCount++;
    this.#onDatagram(bytes, from);
    this.onDelivered();
  }
}

function transactionOf({ bytes, transactionIdStart, transactionIdLength }: KrpcMessage): Uint8Array {
  return bytes.slice(transactionIdStart, transactionIdStart + transactionIdLength);
}

function choose(random: Random): Dialect {
  let rest = random.fraction();
  for (const [dialect, share] of DIALECTS) if ((rest -= share) < 0) return dialect;
  return 'samples';
}
