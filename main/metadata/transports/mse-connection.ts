// A connection behind peer encryption: any byte stream below, any conversation above, and neither knows of it.
import type { Random } from '../../base/random.ts';
import type { Rc4 } from '../../wire/rc4.ts';
import { HANDSHAKE_BYTES } from '../../wire/peer-wire.ts';
import { MseHandshake } from './mse-handshake.ts';
import type { PeerConnection, PeerListener } from './peer-connection.ts';

/** What the conversation may say before the encryption stands: its two handshakes. */
const WAITING_BYTES_MAX = 4096;

export interface MseDependencies {
  /** Dials the stream below. */
  readonly dial: (listener: PeerListener) => PeerConnection;
  readonly infohash: Uint8Array;
  readonly random: Random;
}

export class MseConnection implements PeerConnection {
  readonly #dependencies: MseDependencies;
  readonly #listener: PeerListener;
  readonly #below: PeerConnection;
  /** What was said before the encryption stood, and is not sent yet. */
  #waiting: Uint8Array = new Uint8Array();
  #handshake: MseHandshake | null = null;
  #isOpen = false;
  #isClosed = false;
  #encrypt: Rc4 | null = null;
  #decrypt: Rc4 | null = null;

  constructor(dependencies: MseDependencies, listener: PeerListener) {
    this.#dependencies = dependencies;
    this.#listener = listener;
    this.#below = dependencies.dial({
      onConnected: () => this.#onConnected(),
      onBytes: (chunk) => this.#onBytes(chunk),
      onClosed: (reason) => {
        if (!this.#isClosed) listener.onClosed(reason);
        this.#isClosed = true;
      },
    });
  }

  send(bytes: Uint8Array): void {
    if (this.#isOpen) this.#below.send(this.#encrypt ? this.#encrypt.apply(Uint8Array.from(bytes)) : bytes);
    else if (this.#waiting.length + bytes.length <= WAITING_BYTES_MAX) {
      this.#waiting = Buffer.concat([this.#waiting, bytes]);
    }
  }

  destroy(): void {
    this.#isClosed = true;
    this.#below.destroy();
  }

  #onConnected(): void {
    this.#listener.onConnected(); // it says its handshake now, which goes with ours
    if (this.#isClosed) return;
    const { infohash, random } = this.#dependencies;
    // No more than the handshake: some clients take nothing else there.
    const firstWords = this.#waiting.subarray(0, HANDSHAKE_BYTES);
    this.#waiting = this.#waiting.subarray(firstWords.length);
    this.#handshake = new MseHandshake(infohash, firstWords, random);
    this.#below.send(this.#handshake.hello());
  }

  #onBytes(chunk: Uint8Array): void {
    if (this.#isClosed) return;
    if (this.#isOpen) return this.#listener.onBytes(this.#decrypt ? this.#decrypt.apply(chunk) : chunk);
    let step = this.#handshake?.receive(chunk) ?? { kind: 'failed' };
    if (step.kind === 'send') {
      this.#below.send(step.bytes);
      step = this.#handshake!.receive(new Uint8Array());
    }
    if (step.kind === 'failed') this.#fail();
    if (step.kind !== 'done') return;
    this.#isOpen = true;
    this.#handshake = null;
    this.#encrypt = step.encrypt;
    this.#decrypt = step.decrypt;
    const waiting = this.#waiting;
    this.#waiting = new Uint8Array();
    if (waiting.length > 0) this.send(waiting);
    if (step.rest.length > 0 && !this.#isClosed) this.#listener.onBytes(step.rest);
  }

  #fail(): void {
    this.destroy();
    this.#listener.onClosed('bad-encryption');
  }
}
