// What goes out on one uTP connection until it is acknowledged (BEP 29). We say a handshake and some requests, so the
// congestion control is the smallest there is: a few packets under way, one after a loss, waiting times that double.
import { assert } from '../../base/assert.ts';
import { sequenceDistance } from '../../wire/utp-packet.ts';

/** Fits into every path: 1,280 bytes is what IPv6 promises. */
const PAYLOAD_BYTES_MAX = 1200;
/** As many as libtorrent and libutp begin with, and a little more. */
const UNDER_WAY_BYTES_MAX = 4 * PAYLOAD_BYTES_MAX;
/** The conversation says far less. */
const UNSENT_BYTES_MAX = 64 * 1024;
const FIRST_TIMEOUT_MS = 1000;
const TIMEOUT_MS_MIN = 500;
const TIMEOUT_MS_MAX = 8000;
const RESENDS_MAX = 5;
/** So many later packets have come: the first one is lost (as TCP does). */
const LATER_PACKETS_OF_LOSS = 3;

interface Sent {
  readonly sequence: number;
  readonly type: number;
  readonly payload: Uint8Array | null;
  sentAtMs: number;
  wasResent: boolean;
  hasCome: boolean;
}

export type Transmit = (type: number, sequence: number, payload: Uint8Array | null) => void;

export class UtpSender {
  /** What the peer says that it takes. */
  peerWindowBytes = UNDER_WAY_BYTES_MAX;
  readonly #transmit: Transmit;
  #nextSequence: number;
  /** In the order of their numbers. */
  #underWay: Sent[] = [];
  #underWayBytes = 0;
  #unsent: Uint8Array[] = [];
  #unsentBytes = 0;
  #timeoutMs = FIRST_TIMEOUT_MS;
  #roundTripMs = 0;
  #variationMs = 0;
  #resendsInRow = 0;

  constructor(firstSequence: number, transmit: Transmit) {
    this.#nextSequence = firstSequence;
    this.#transmit = transmit;
  }

  /** The number of the packet sent last. */
  get lastSequence(): number {
    return (this.#nextSequence - 1) & 0xffff;
  }

  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** Cuts `bytes` into packets and sends those that may go now. False: too much is waiting, nothing was taken. */
  send(type: number, bytes: Uint8Array | null, nowMs: number): boolean {
    if (bytes === null) {
      this.#sendPacket(type, null, nowMs);
      return true;
    }
    if (this.#unsentBytes + bytes.length > UNSENT_BYTES_MAX) return false;
    for (let start = 0; start < bytes.length; start += PAYLOAD_BYTES_MAX) {
      this.#unsent.push(bytes.slice(start, start + PAYLOAD_BYTES_MAX));
    }
    this.#unsentBytes += bytes.length;
    this.pump(type, nowMs);
    return true;
  }

  /** Sends what the two windows allow. */
  pump(type: number, nowMs: number): void {
    for (let next = this.#unsent[0]; next; next = this.#unsent[0]) {
      const windowBytes = this.#resendsInRow > 0 ? PAYLOAD_BYTES_MAX : UNDER_WAY_BYTES_MAX;
      if (this.#underWayBytes + next.length > Math.min(windowBytes, this.peerWindowBytes)) return;
      this.#unsent.shift();
      this.#unsentBytes -= next.length;
      this.#sendPacket(type, next, nowMs);
    }
  }

  /** False: `acknowledged` names a packet that was never sent. */
  hear(acknowledged: number, selectiveAck: Uint8Array | null, nowMs: number): boolean {
    if (sequenceDistance(acknowledged, this.lastSequence) > 0) return false;
    for (let first = this.#underWay[0]; first; first = this.#underWay[0]) {
      if (sequenceDistance(first.sequence, acknowledged) > 0) break;
      this.#underWay.shift();
      this.#underWayBytes -= first.payload?.length ?? 0;
      this.#resendsInRow = 0;
      if (!first.wasResent) this.#noteRoundTrip(nowMs - first.sentAtMs);
    }
    if (selectiveAck) this.#hearSelective(acknowledged, selectiveAck, nowMs);
    return true;
  }

  /** Sends again what was not acknowledged in time. False: that happened too often, the peer is gone. */
  check(nowMs: number): boolean {
    const oldest = this.#underWay.find((sent) => !sent.hasCome);
    if (!oldest || nowMs - oldest.sentAtMs < this.#timeoutMs) return true;
    if (++this.#resendsInRow > RESENDS_MAX) return false;
    this.#timeoutMs = Math.min(this.#timeoutMs * 2, TIMEOUT_MS_MAX);
    this.#resend(oldest, nowMs);
    return true;
  }

  checkInvariants(): void {
    const bytes = this.#underWay.reduce((sum, { payload }) => sum + (payload?.length ?? 0), 0);
    assert(bytes === this.#underWayBytes && bytes <= UNDER_WAY_BYTES_MAX, 'what is under way keeps its limit');
    assert(this.#unsentBytes <= UNSENT_BYTES_MAX, 'what waits keeps its limit');
  }

  #sendPacket(type: number, payload: Uint8Array | null, nowMs: number): void {
    const sequence = this.#nextSequence;
    this.#nextSequence = (sequence + 1) & 0xffff;
    this.#underWay.push({ sequence, type, payload, sentAtMs: nowMs, wasResent: false, hasCome: false });
    this.#underWayBytes += payload?.length ?? 0;
    this.#transmit(type, sequence, payload);
  }

  #resend(sent: Sent, nowMs: number): void {
    sent.sentAtMs = nowMs;
    sent.wasResent = true;
    this.#transmit(sent.type, sent.sequence, sent.payload);
  }

  #hearSelective(acknowledged: number, mask: Uint8Array, nowMs: number): void {
    let laterCount = 0;
    for (const sent of this.#underWay) {
      const bit = sequenceDistance(sent.sequence, acknowledged) - 2;
      if (bit >= 0 && ((mask[bit >> 3] ?? 0) >> (bit & 7)) & 1) sent.hasCome = true;
      if (sent.hasCome) laterCount++;
    }
    const first = this.#underWay[0];
    if (first && !first.hasCome && !first.wasResent && laterCount >= LATER_PACKETS_OF_LOSS) this.#resend(first, nowMs);
  }

  /** BEP 29: the mean and its variation, as TCP has them. */
  #noteRoundTrip(roundTripMs: number): void {
    if (this.#roundTripMs === 0) {
      this.#roundTripMs = roundTripMs;
      this.#variationMs = roundTripMs / 2;
    } else {
      this.#variationMs += (Math.abs(this.#roundTripMs - roundTripMs) - this.#variationMs) / 4;
      this.#roundTripMs += (roundTripMs - this.#roundTripMs) / 8;
    }
    this.#timeoutMs = Math.max(this.#roundTripMs + 4 * this.#variationMs, TIMEOUT_MS_MIN);
  }
}
