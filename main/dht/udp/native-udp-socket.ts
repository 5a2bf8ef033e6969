// A UDP socket of our own: the C beside this file moves datagrams between the kernel and two slabs of memory, many with one
// call, and calls us once for each batch that came. Echoing a datagram costs a quarter of what it costs through node:dgram,
// which makes a buffer, an address and several objects for each (ARCHITECTURE.md has the figures). What is sent leaves when
// the batch or the turn of the event loop is over, or when the slab is full.
import { getSystemErrorName } from 'node:util';
import type { Contact } from '../../base/contact.ts';
import { PEER4_BYTES, PEER6_BYTES, writeContact } from '../../wire/compact-contacts.ts';
import {
  RECEIVE_BUFFER_BYTES,
  type DatagramSocket,
  type OpenDatagramSocket,
  type ReceiveBuffer,
} from '../udp-socket.ts';
import {
  CONTACT_AT,
  IN_SLOT_BYTES,
  LETTER_BYTES,
  OUT_SLOT_BYTES,
  SLOTS,
  type NativeBinding,
  type NativeHandle,
} from './native-binding.ts';
import { SenderTexts } from './sender-texts.ts';
import { SocketErrors } from './socket-errors.ts';

const LETTER_WORDS = LETTER_BYTES / 4;
const COPY_LOOP_BYTES_MAX = 128;
/** EINVAL everywhere. */
const INVALID_ARGUMENT = -22;
/**
 * A destination that cannot be sent to, as one that a firewall forbids, is no news: of failures that stand alone one in so
 * many is said. Of a row of them all but the first are.
 */
const LONE_FAILURES_PER_REPORT = 64;
/** How long datagrams wait at most while there are many, and four times as long while there are some; see socket.c. */
const BEAT_MS = 5;

type SocketOptions = Parameters<OpenDatagramSocket>[0];

/** Rejects with a `code` if the address cannot be bound. `beatMs` 0: everything is read at once, always. */
export function nativeOpener(binding: NativeBinding, beatMs = BEAT_MS): OpenDatagramSocket {
  return (options) =>
    new Promise((resolve) => {
      resolve(new NativeUdpSocket(binding, options, beatMs));
    });
}

class NativeUdpSocket implements DatagramSocket {
  readonly transport = 'native';
  readonly localPort: number;
  readonly receiveBuffer: ReceiveBuffer | null;
  readonly #binding: NativeBinding;
  readonly #handle: NativeHandle;
  readonly #onDatagram: SocketOptions['onDatagram'];
  readonly #errors: SocketErrors;
  readonly #isV6: boolean;

  readonly #inSlab = new Uint8Array(SLOTS * IN_SLOT_BYTES);
  readonly #inLetters = new Uint8Array(SLOTS * LETTER_BYTES);
  readonly #inWords = new Uint32Array(this.#inLetters.buffer);
  /** Of each slot, the bytes it was handed out as last: datagrams have some dozen lengths. */
  readonly #views: (Uint8Array | undefined)[] = new Array<undefined>(SLOTS).fill(undefined);
  readonly #texts: SenderTexts;

  readonly #outSlab = new Uint8Array(SLOTS * OUT_SLOT_BYTES);
  readonly #outLetters = new Uint8Array(SLOTS * LETTER_BYTES);
  readonly #outWords = new Uint32Array(this.#outLetters.buffer);
  /** Slots from the first to before the last hold what has not left yet. */
  #outFirst = 0;
  #outEnd = 0;
  #isReceiving = false;
  #isFlushDue = false;
  #isOpen = true;
  #isFailing = false;
  #loneFailures = 0;

  constructor(binding: NativeBinding, options: SocketOptions, beatMs: number) {
    const { bindHost, port, onDatagram, onError, onDead } = options;
    this.#binding = binding;
    this.#onDatagram = onDatagram;
    this.#isV6 = bindHost.includes(':');
    this.#texts = new SenderTexts(this.#isV6);
    this.#errors = new SocketErrors(onError, onDead);
    const own = new Uint8Array(PEER6_BYTES);
    const handle =
      writeContact(own, 0, { host: bindHost, port }) === 0
        ? INVALID_ARGUMENT
        : binding.open(
            this.#isV6,
            own,
            this.#inSlab,
            this.#inLetters,
            this.#outSlab,
            this.#outLetters,
            beatMs,
            this.#onEvent,
          );
    if (typeof handle === 'number') throw systemError('bind', handle, { host: bindHost, port });
    this.#handle = handle;
    this.localPort = binding.port(handle);
    const given = binding.receiveBuffer(handle, RECEIVE_BUFFER_BYTES);
    // Linux names twice what was set, half of it for its own bookkeeping (socket(7)).
    const givenBytes = process.platform === 'linux' ? given / 2 : given;
    this.receiveBuffer = given < 0 ? null : { wantedBytes: RECEIVE_BUFFER_BYTES, givenBytes };
  }

  send(bytes: Uint8Array, contact: Contact, byteCount = bytes.length): void {
    if (!this.#isOpen || byteCount > OUT_SLOT_BYTES) return;
    if (this.#outEnd === SLOTS) this.#flush();
    const slot = this.#outEnd;
    if (slot >= SLOTS) return this.#sendFailed(codedError('ENOBUFS', 'there is no room to send', contact));
    const contactAt = slot * LETTER_BYTES + CONTACT_AT;
    const isUsable = contact.port > 0 && contact.port <= 0xffff;
    const written = isUsable ? writeContact(this.#outLetters, contactAt, contact) : 0;
    if (written !== (this.#isV6 ? PEER6_BYTES : PEER4_BYTES)) {
      return this.#errors.failed(codedError('ERR_SOCKET_BAD_CONTACT', 'not an address of this socket', contact));
    }
    this.#outWords[slot * LETTER_WORDS] = byteCount;
    this.#texts.note(this.#outWords[contactAt >> 2]!, contact.host);
    const start = slot * OUT_SLOT_BYTES;
    const outSlab = this.#outSlab;
    // A native copy has a fixed price, a loop has none.
    if (byteCount > COPY_LOOP_BYTES_MAX) outSlab.set(bytes.subarray(0, byteCount), start);
    else for (let index = 0; index < byteCount; index++) outSlab[start + index] = bytes[index]!;
    this.#outEnd++;
    if (this.#isReceiving || this.#isFlushDue) return;
    this.#isFlushDue = true;
    queueMicrotask(this.#flushAtEnd);
  }

  settle(): void {
    this.#flush();
    this.#outFirst = this.#outEnd = 0;
  }

  close(): Promise<void> {
    if (this.#isOpen) {
      this.#errors.close();
      this.settle();
      this.#isOpen = false;
      this.#binding.close(this.#handle);
    }
    return Promise.resolve();
  }

  readonly #onEvent = (event: number): void => {
    if (event > 0) this.#receive(event);
    else if (event === 0) this.#flush();
    else this.#errors.failed(systemError('recvmsg', event, null));
  };

  #receive(count: number): void {
    this.#isReceiving = true;
    for (let slot = 0; slot < count && this.#isOpen; slot++) {
      try {
        this.#onDatagram(
          this.#view(slot, this.#inWords[slot * LETTER_WORDS]!),
          this.#texts.read(this.#inLetters, this.#inWords, slot * LETTER_BYTES + CONTACT_AT),
        );
      } catch (error) {
        // The process's uncaughtException, as if each datagram were an event of its own; those behind it are read.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
    this.#isReceiving = false;
    this.#flush();
  }

  #view(slot: number, length: number): Uint8Array {
    const last = this.#views[slot];
    if (last?.length === length) return last;
    return (this.#views[slot] = new Uint8Array(this.#inSlab.buffer, slot * IN_SLOT_BYTES, length));
  }

  readonly #flushAtEnd = (): void => {
    this.#isFlushDue = false;
    this.#flush();
  };

  #flush(): void {
    while (this.#isOpen && this.#outFirst < this.#outEnd) {
      const sent = this.#binding.send(this.#handle, this.#outFirst, this.#outEnd - this.#outFirst);
      if (sent === 0) return; // they wait in their slots, and whoever finds none free is dropped
      this.#outFirst += Math.max(1, sent);
      if (sent < 0) {
        this.#sendFailed(systemError('sendmsg', sent, null));
        continue;
      }
      this.#isFailing = false;
      this.#errors.succeeded();
    }
    this.#outFirst = this.#outEnd = 0;
  }

  #sendFailed(error: Error): void {
    const isSaid = this.#isFailing || this.#loneFailures++ % LONE_FAILURES_PER_REPORT === 0;
    this.#isFailing = true;
    this.#errors.failed(error, isSaid);
  }
}

function systemError(call: string, error: number, contact: Contact | null): Error {
  return codedError(getSystemErrorName(error), call, contact);
}

function codedError(code: string, what: string, contact: Contact | null): Error {
  const where = contact === null ? '' : ` ${contact.host}:${contact.port}`;
  return Object.assign(new Error(`${code}: ${what}${where}`), { code });
}
