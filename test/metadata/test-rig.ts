// A MetadataFetcher over real TCP with a clock that tests move, and scripted peers for it to talk to.
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Contact } from '../../main/base/contact.ts';
import { contactText } from '../../main/base/contact.ts';
import type { Infohash } from '../../main/base/identifier.ts';
import { asInfohash } from '../../main/base/identifier.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import { toHex } from '../../main/base/bytes.ts';
import type { FetchedTorrent } from '../../main/metadata/metadata-fetcher.ts';
import { MetadataFetcher } from '../../main/metadata/metadata-fetcher.ts';
import type { GivenUpReason } from '../../main/metadata/failures.ts';
import { TCP_ONLY, type TransportOptions } from '../../main/metadata/transport-policy.ts';
import type { DialPeer } from '../../main/metadata/transports/peer-connection.ts';
import { dialTcp } from '../../main/metadata/transports/tcp-connection.ts';
import { Counters } from '../../main/stats/counters.ts';
import { ManualClock } from './manual-clock.ts';

export interface RigOptions {
  readonly connectionsMax?: number;
  readonly newConnectionsPerSecond?: number;
  readonly bindHost?: string;
  readonly bindHost6?: string;
  readonly dial?: DialPeer;
  /** Default: plain TCP only. */
  readonly transports?: TransportOptions;
  readonly mayConnect?: (contact: Contact) => boolean;
}

export class Rig {
  readonly clock = new ManualClock();
  readonly counters = new Counters();
  readonly fetched: FetchedTorrent[] = [];
  readonly givenUp: { readonly infohashHex: string; readonly reason: GivenUpReason }[] = [];
  /** Every dial, in order. */
  readonly dialled: string[] = [];
  readonly fetcher: MetadataFetcher;

  constructor(options: RigOptions = {}) {
    const dial = options.dial ?? (({ contact, localAddress }, listener) => dialTcp(contact, localAddress, listener));
    this.fetcher = new MetadataFetcher(
      {
        clock: this.clock,
        random: createSeededRandom(7),
        counters: this.counters,
        mayConnect: options.mayConnect ?? ((contact) => contact.host.startsWith('127.')),
        dial: (target, listener) => {
          this.dialled.push(contactText(target.contact));
          return dial(target, listener);
        },
      },
      {
        connectionsMax: options.connectionsMax ?? 48,
        newConnectionsPerSecond: options.newConnectionsPerSecond ?? 1000,
        bindHost: options.bindHost ?? '0.0.0.0',
        bindHost6: options.bindHost6,
        transports: options.transports ?? TCP_ONLY,
      },
      {
        onFetched: (fetched) => this.fetched.push(fetched),
        onGivenUp: (infohash, reason) => this.givenUp.push({ infohashHex: toHex(infohash), reason }),
      },
    );
  }

  offer(infohash: Uint8Array, ...peers: Contact[]): void {
    this.fetcher.offer(asInfohash(infohash), peers);
    this.fetcher.checkInvariants();
  }

  get endedCount(): number {
    return this.fetched.length + this.givenUp.length;
  }

  /** Waits, in real time, until `count` infohashes have ended. */
  async ended(count = 1): Promise<void> {
    await until(() => this.endedCount >= count, `${count} infohashes ended`);
    this.fetcher.checkInvariants();
  }

  /** Moves the clock in small steps and lets the network run in between. */
  async advance(ms: number, stepMs = 500): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += stepMs) {
      this.clock.advance(Math.min(stepMs, ms - passedMs));
      await breathe();
    }
    this.fetcher.checkInvariants();
  }
}

/** Lets sockets deliver what is on its way on loopback. */
export async function breathe(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5));
}

export async function until(isDone: () => boolean, what: string, timeoutMs = 8000): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!isDone()) {
    if (performance.now() > endMs) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** One accepted connection, as a script sees it. */
export class Visit {
  readonly socket: Socket;
  isClosed = false;
  /** Closed by a reset, as a fetcher should. */
  wasReset = false;
  #unread: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#unread = Buffer.concat([this.#unread, chunk]);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.wasReset = error.code === 'ECONNRESET';
    });
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  write(...parts: (Uint8Array | string)[]): void {
    for (const part of parts) if (!this.socket.destroyed) this.socket.write(part);
  }

  /** The next `count` bytes; fails when the other side is gone. */
  async take(count: number): Promise<Buffer> {
    await until(() => this.#unread.length >= count || this.isClosed, `${count} bytes came`);
    if (this.#unread.length < count) throw new ClosedByFetcher();
    const taken = this.#unread.subarray(0, count);
    this.#unread = this.#unread.subarray(count);
    return taken;
  }

  /** The next message without its length. */
  async message(): Promise<Buffer> {
    return this.take((await this.take(4)).readUInt32BE(0));
  }

  async closed(): Promise<void> {
    await until(() => this.isClosed, 'the fetcher hung up');
  }
}

export class ClosedByFetcher extends Error {}

export interface ScriptedPeer {
  readonly contact: Contact;
  readonly visits: Visit[];
  stop(): Promise<void>;
}

/** A TCP server that runs `script` for every connection. */
export async function startPeer(script: (visit: Visit) => unknown, host = '127.0.0.1'): Promise<ScriptedPeer> {
  const visits: Visit[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    const visit = new Visit(socket);
    visits.push(visit);
    void (async () => script(visit))().catch((error: unknown) => {
      if (!(error instanceof ClosedByFetcher)) throw error;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return {
    contact: { host, port: (server.address() as AddressInfo).port },
    visits,
    stop: async () => {
      for (const visit of visits) visit.socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A BitTorrent handshake; `reserved` as hexadecimal, BEP 10 by default. */
export function handshake(infohash: Uint8Array, reserved = '0000000000100000'): Buffer {
  const peerId = Buffer.from('-XX0001-abcdefghijkl');
  return Buffer.concat([Buffer.from('\x13BitTorrent protocol'), Buffer.from(reserved, 'hex'), infohash, peerId]);
}

/** A message of any id. */
export function message(id: number, payload: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(1 + payload.length);
  head[4] = id;
  return Buffer.concat([head, payload]);
}

/** An extension message around literal bencode, which need not be right. */
export function extensionMessage(extendedId: number, dictionary: string, block: Uint8Array = new Uint8Array()): Buffer {
  return message(20, Buffer.concat([Buffer.from([extendedId]), Buffer.from(dictionary, 'latin1'), block]));
}

export function extensionHandshake(sizeBytes: number): Buffer {
  return extensionMessage(0, `d1:md11:ut_metadatai3ee13:metadata_sizei${sizeBytes}ee`);
}

/** A data message on the fetcher's own id, 1. */
export function dataMessage(piece: number, totalSizeBytes: number, block: Uint8Array): Buffer {
  return extensionMessage(1, `d8:msg_typei1e5:piecei${piece}e10:total_sizei${totalSizeBytes}ee`, block);
}

export function randomInfohash(seed: number): Infohash {
  return asInfohash(createSeededRandom(seed).bytes(20));
}
