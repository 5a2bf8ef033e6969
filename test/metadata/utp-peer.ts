// One end of uTP for tests (BEP 29), as the one who is called: written apart from main/, with knobs for what hostile or
// unlucky peers do. Resends everything that is not acknowledged every 60 ms, and is no model in any other way.
import { createSocket, type Socket } from 'node:dgram';
import type { Contact } from '../../main/base/contact.ts';
import { until } from './test-rig.ts';

export interface RawPacket {
  type: number;
  id: number;
  seq: number;
  ack: number;
  window: number;
  payload: Buffer;
}

export class UtpVisit {
  readonly peer: UtpPeer;
  readonly from: { readonly address: string; readonly port: number };
  readonly sendId: number;
  seq = 1000;
  ack: number;
  window = 1_000_000;
  isReset = false;
  isTaken = true;
  #unread: Buffer = Buffer.alloc(0);
  readonly #later = new Map<number, Buffer>();
  #unacknowledged: RawPacket[] = [];

  constructor(peer: UtpPeer, syn: RawPacket, from: { address: string; port: number }) {
    this.peer = peer;
    this.from = from;
    this.sendId = syn.id;
    this.ack = syn.seq;
  }

  raw(change: Partial<RawPacket> = {}): void {
    const packet = {
      type: 2,
      id: this.sendId,
      seq: this.seq,
      ack: this.ack,
      window: this.window,
      payload: Buffer.alloc(0),
    };
    this.peer.send({ ...packet, ...change }, this.from);
  }

  /** DATA packets of 1,000 bytes. */
  write(...parts: Uint8Array[]): void {
    const all = Buffer.concat(parts);
    for (let at = 0; at < all.length; at += 1000) this.push(0, all.subarray(at, at + 1000));
  }

  end(): void {
    this.push(1, Buffer.alloc(0));
  }

  push(type: number, payload: Buffer): void {
    const packet = { type, id: this.sendId, seq: this.seq, ack: this.ack, window: this.window, payload };
    this.seq = (this.seq + 1) & 0xffff;
    this.#unacknowledged.push(packet);
    this.peer.send(packet, this.from);
  }

  resend(): void {
    for (const packet of this.#unacknowledged.slice(0, 20)) this.peer.send({ ...packet, ack: this.ack }, this.from);
  }

  hear(packet: RawPacket): void {
    if (packet.type === 3) this.isReset = true;
    this.#unacknowledged = this.#unacknowledged.filter(({ seq }) => ((seq - packet.ack) << 16) >> 16 > 0);
    if (packet.type !== 0) return;
    this.#later.set(packet.seq, packet.payload);
    for (let next = this.#later.get((this.ack + 1) & 0xffff); next; next = this.#later.get((this.ack + 1) & 0xffff)) {
      this.ack = (this.ack + 1) & 0xffff;
      this.#later.delete(this.ack);
      this.#unread = Buffer.concat([this.#unread, next]);
    }
    this.raw();
  }

  async take(count: number): Promise<Buffer> {
    await until(() => this.#unread.length >= count, `${count} bytes came`);
    const taken = this.#unread.subarray(0, count);
    this.#unread = this.#unread.subarray(count);
    return taken;
  }

  async message(): Promise<Buffer> {
    return this.take((await this.take(4)).readUInt32BE(0));
  }
}

export interface UtpPeerOptions {
  /** Whether a packet is lost, by a running number; both ways. */
  readonly isLost?: (count: number) => boolean;
  /** Sent twice. */
  readonly isDoubled?: (count: number) => boolean;
  readonly onSyn?: (visit: UtpVisit) => boolean;
}

export class UtpPeer {
  readonly visits: UtpVisit[] = [];
  readonly received: RawPacket[] = [];
  readonly #socket: Socket;
  readonly #options: UtpPeerOptions;
  readonly #script: (visit: UtpVisit) => unknown;
  readonly #resending: NodeJS.Timeout;
  #count = 0;

  static async start(
    host: string,
    script: (visit: UtpVisit) => unknown,
    options: UtpPeerOptions = {},
  ): Promise<UtpPeer> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, host, resolve));
    return new UtpPeer(socket, script, options);
  }

  private constructor(socket: Socket, script: (visit: UtpVisit) => unknown, options: UtpPeerOptions) {
    this.#socket = socket;
    this.#script = script;
    this.#options = options;
    socket.on('message', (bytes, from) => {
      if (options.isLost?.(this.#count++) !== true) this.#hear(bytes, from);
    });
    this.#resending = setInterval(() => this.visits.forEach((visit) => visit.resend()), 60);
  }

  get contact(): Contact {
    const { address, port } = this.#socket.address();
    return { host: address, port };
  }

  send(packet: RawPacket, to: { address: string; port: number }): void {
    const count = this.#count++;
    if (this.#options.isLost?.(count) === true) return;
    const head = Buffer.alloc(20);
    head[0] = (packet.type << 4) | 1;
    head.writeUInt16BE(packet.id & 0xffff, 2);
    head.writeUInt32BE(packet.window, 12);
    head.writeUInt16BE(packet.seq & 0xffff, 16);
    head.writeUInt16BE(packet.ack & 0xffff, 18);
    for (let times = this.#options.isDoubled?.(count) === true ? 2 : 1; times > 0; times--) {
      this.#socket.send(Buffer.concat([head, packet.payload]), to.port, to.address);
    }
  }

  /** Any bytes to anybody. */
  sendBytes(bytes: Uint8Array, to: { address: string; port: number }): void {
    this.#socket.send(bytes, to.port, to.address);
  }

  stop(): Promise<void> {
    clearInterval(this.#resending);
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }

  #hear(bytes: Buffer, from: { address: string; port: number }): void {
    let at = 20;
    for (let extension = bytes[1]!; extension !== 0;) {
      extension = bytes[at]!;
      at += 2 + bytes[at + 1]!;
    }
    const packet = { type: bytes[0]! >> 4, id: bytes.readUInt16BE(2), seq: bytes.readUInt16BE(16), ack: bytes.readUInt16BE(18), window: bytes.readUInt32BE(12), payload: bytes.subarray(at) }; // prettier-ignore
    this.received.push(packet);
    const known = this.visits.find(({ sendId, from: caller }) => (packet.type === 4 ? packet.id === sendId : packet.id === ((sendId + 1) & 0xffff)) && caller.port === from.port); // prettier-ignore
    if (packet.type === 4) {
      if (known) return known.isTaken ? known.raw() : undefined;
      const visit = new UtpVisit(this, packet, from);
      this.visits.push(visit);
      visit.isTaken = this.#options.onSyn?.(visit) ?? true;
      if (!visit.isTaken) return;
      visit.raw();
      void (async () => this.#script(visit))().catch(() => undefined);
    } else known?.hear(packet);
  }
}
