// One UDP socket. The only file that imports node:dgram; everything above it knows the two interfaces, which our own socket
// (udp/native-udp-socket.ts) and the simulated network implement too. It serves where ours was not compiled.
// Measured (Node 20 to 24): a synchronous `lookup` halves the cost of a send, and without a send callback a send error
// is never heard of; so one send in SENDS_PER_CALLBACK carries one. Naming a part of a buffer makes node:dgram build a view
// of it for every datagram; a view that is there already costs nothing.
import { createSocket, type Socket } from 'node:dgram';
import type { Contact } from '../base/contact.ts';
import { SocketErrors } from './udp/socket-errors.ts';

export interface DatagramSocket {
  /** Sends the first `byteCount` (default all) of `bytes` and keeps no hold of them. Failing is silent, now and then onError. */
  send(bytes: Uint8Array, contact: Contact, byteCount?: number): void;
  /** A socket may gather what is sent within one turn: when this returns all of it has left, or never will. */
  settle?(): void;
  close(): Promise<void>;
  readonly localPort: number;
  /** What was asked for to hold what arrives while the thread is busy, and what the system gave; null: it does not say. */
  readonly receiveBuffer?: ReceiveBuffer | null;
  readonly transport?: UdpTransport;
}

/** `native`: the compiled one. */
export type UdpTransport = 'native' | 'dgram';

export interface ReceiveBuffer {
  readonly wantedBytes: number;
  readonly givenBytes: number;
}

export type OpenDatagramSocket = (options: {
  readonly bindHost: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** `bytes` belong to the receiver only until it returns. */
  readonly onDatagram: (bytes: Uint8Array, from: Contact) => void;
  /** Something in sending or receiving failed; the socket stays open. */
  readonly onError: (error: Error) => void;
  /** Once at most: the socket is of no use any more and should be closed. */
  readonly onDead?: (error: Error) => void;
}) => Promise<DatagramSocket>;

/** Datagrams that fit into one Ethernet frame; ours stay below 1,400 bytes. */
const DATAGRAM_BYTES_MAX = 1_472;
const SENDS_PER_CALLBACK = 64;
const LOOP_BYTES_MAX = 128;
/** 4 MiB holds some 6,500 answers of 300 bytes while the thread is busy; Linux cuts it down silently, others refuse. */
export const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/** Rejects if the address cannot be bound. */
export const openUdpSocket: OpenDatagramSocket = ({ bindHost, port, onDatagram, onError, onDead }) => {
  const family = bindHost.includes(':') ? 6 : 4;
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    ipv6Only: family === 6,
    // Contacts are numeric, always: nothing to look up.
    lookup: (host, _options, onLookedUp) => onLookedUp(null, host, family),
  });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address: bindHost, port, exclusive: true }, () => {
      socket.off('error', reject);
      socket.on('error', onError);
      socket.on('message', (bytes, sender) => onDatagram(bytes, { host: sender.address, port: sender.port }));
      resolve(new UdpSocket(socket, onError, onDead));
    });
  });
};

/** Asks for a large one and reads back what there is. */
function enlargeReceiveBuffer(socket: Socket): ReceiveBuffer | null {
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  } catch {
    // Refused: the usual one stays, and is read back.
  }
  try {
    // Linux names twice what was set, half of it for its own bookkeeping (socket(7)).
    const givenBytes = socket.getRecvBufferSize() / (process.platform === 'linux' ? 2 : 1);
    return { wantedBytes: RECEIVE_BUFFER_BYTES, givenBytes };
  } catch {
    return null;
  }
}

class UdpSocket implements DatagramSocket {
  readonly transport = 'dgram';
  readonly localPort: number;
  readonly receiveBuffer: ReceiveBuffer | null;
  readonly #socket: Socket;
  readonly #errors: SocketErrors;
  /** Holds the datagram that is being sent. It has left, or was dropped, when `send` of node:dgram returns, unless it waits. */
  readonly #outgoing = Buffer.allocUnsafeSlow(DATAGRAM_BYTES_MAX);
  /** Its first n bytes, made when first needed: a node's datagrams have some dozen lengths. */
  readonly #views: (Buffer | undefined)[] = [];
  #sends = 0;
  #isOpen = true;

  constructor(socket: Socket, onError: (error: Error) => void, onDead?: (error: Error) => void) {
    this.#socket = socket;
    this.#errors = new SocketErrors(onError, onDead);
    socket.once('close', () => this.#errors.die(new Error('closed')));
    this.localPort = socket.address().port;
    this.receiveBuffer = enlargeReceiveBuffer(socket);
  }

  send(bytes: Uint8Array, contact: Contact, byteCount = bytes.length): void {
    if (!this.#isOpen || byteCount > DATAGRAM_BYTES_MAX) return;
    const isHeard = this.#errors.isSuspicious || this.#sends % SENDS_PER_CALLBACK === 0;
    const callback = isHeard ? this.#heard : undefined;
    this.#sends++;
    try {
      this.#socket.send(this.#copy(bytes, byteCount), contact.port, contact.host, callback);
    } catch (error) {
      this.#heard(error as Error);
    }
  }

  /** The first `byteCount` of `bytes`, safe from whatever the caller does with them next. */
  #copy(bytes: Uint8Array, byteCount: number): Buffer {
    // The kernel takes no more now: what waits must stay as it is, so whatever joins it has memory of its own.
    if (this.#socket.getSendQueueCount() > 0) return Buffer.from(bytes.subarray(0, byteCount));
    const outgoing = this.#outgoing;
    // A native copy has a fixed price, a loop has none.
    if (byteCount > LOOP_BYTES_MAX) outgoing.set(bytes.subarray(0, byteCount));
    else for (let index = 0; index < byteCount; index++) outgoing[index] = bytes[index]!;
    return (this.#views[byteCount] ??= outgoing.subarray(0, byteCount));
  }

  close(): Promise<void> {
    if (!this.#isOpen) return Promise.resolve();
    this.#isOpen = false;
    this.#errors.close();
    return new Promise((resolve) => {
      try {
        this.#socket.close(resolve);
      } catch {
        resolve(); // it was closed by something else
      }
    });
  }

  readonly #heard = (error: Error | null): void => {
    if (error === null) this.#errors.succeeded();
    else this.#errors.failed(error);
  };
}
