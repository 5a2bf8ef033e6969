// What comes in on one uTP connection, put in order (BEP 29): held behind a gap up to a limit, handed out once.
import { assert } from '../../base/assert.ts';
import { sequenceDistance } from '../../wire/utp-packet.ts';

/** What we say that we take: with 100 ms to the peer, 2.5 MB/s. */
export const WINDOW_BYTES = 256 * 1024;
/** Packets behind a gap; a selective acknowledgement can name them all. */
const HELD_PACKETS_MAX = 200;

export type Arrival =
  | 'in-order'
  | 'held' //    behind a gap
  | 'repeated' // our acknowledgement was lost
  | 'beyond-window'
  | 'after-end';

export class UtpReceiver {
  /** The last packet of those that came without a gap. */
  acknowledged: number;
  readonly #onBytes: (bytes: Uint8Array) => void;
  readonly #held = new Map<number, Uint8Array>();
  #heldBytes = 0;
  /** The number of the packet that ends the stream. */
  #endSequence: number | null = null;

  constructor(acknowledged: number, onBytes: (bytes: Uint8Array) => void) {
    this.acknowledged = acknowledged;
    this.#onBytes = onBytes;
  }

  get windowBytes(): number {
    return WINDOW_BYTES - this.#heldBytes;
  }

  get hasGap(): boolean {
    return this.#held.size > 0;
  }

  /** Everything up to the end was handed out. */
  get isEnded(): boolean {
    return this.#endSequence === this.acknowledged;
  }

  /** Takes one packet and hands out what is in order now. `payload` is copied when it must be held. */
  take(sequence: number, payload: Uint8Array, isEnd: boolean): Arrival {
    const ahead = sequenceDistance(sequence, this.acknowledged);
    if (ahead <= 0 || this.#held.has(sequence)) return 'repeated';
    if (this.#endSequence !== null && sequenceDistance(sequence, this.#endSequence) > 0) return 'after-end';
    if (ahead > HELD_PACKETS_MAX || this.#heldBytes + payload.length > WINDOW_BYTES) return 'beyond-window';
    if (isEnd) this.#endSequence ??= sequence;
    if (ahead > 1) {
      this.#held.set(sequence, Uint8Array.from(payload));
      this.#heldBytes += payload.length;
      return 'held';
    }
    this.#handOut(payload);
    for (;;) {
      const next = (this.acknowledged + 1) & 0xffff;
      const held = this.#held.get(next);
      if (!held || this.isEnded) return 'in-order';
      this.#held.delete(next);
      this.#heldBytes -= held.length;
      this.#handOut(held);
    }
  }

  /** Which packets behind the gap have come, in the form of BEP 29; null when there is no gap. */
  selectiveAck(): Uint8Array | null {
    if (this.#held.size === 0) return null;
    let last = 0;
    for (const sequence of this.#held.keys()) last = Math.max(last, sequenceDistance(sequence, this.acknowledged) - 2);
    const mask = new Uint8Array(4 * (Math.floor(last / 32) + 1));
    for (const sequence of this.#held.keys()) {
      const bit = sequenceDistance(sequence, this.acknowledged) - 2;
      mask[bit >> 3]! |= 1 << (bit & 7);
    }
    return mask;
  }

  checkInvariants(): void {
    let bytes = 0;
    for (const [sequence, payload] of this.#held) {
      const ahead = sequenceDistance(sequence, this.acknowledged);
      assert(ahead > 1 && ahead <= HELD_PACKETS_MAX, 'what is held lies behind a gap, and not far');
      bytes += payload.length;
    }
    assert(bytes === this.#heldBytes && bytes <= WINDOW_BYTES, 'held bytes are counted and keep their limit');
  }

  #handOut(payload: Uint8Array): void {
    this.acknowledged = (this.acknowledged + 1) & 0xffff;
    if (payload.length > 0) this.#onBytes(payload);
  }
}
