// One uTP connection (BEP 29) as the one who dials sees it. It owns the states and the acknowledgements; what is under way
// is in utp-sender.ts, what comes in order is made in utp-receiver.ts. It has no timer: check() looks at its deadlines.
import type { Clock } from '../../base/clock.ts';
import type { Contact } from '../../base/contact.ts';
import {
  encodeUtpPacket,
  sequenceDistance,
  UTP_DATA,
  UTP_FIN,
  UTP_RESET,
  UTP_STATE,
  UTP_SYN,
  type UtpPacket,
} from '../../wire/utp-packet.ts';
import type { CloseReason, PeerConnection, PeerListener } from './peer-connection.ts';
import { UtpReceiver, WINDOW_BYTES } from './utp-receiver.ts';
import { UtpSender } from './utp-sender.ts';

/** Acknowledged one by one, so that the sender's window opens soon; later every second packet. */
const PACKETS_ACKNOWLEDGED_SINGLY = 16;
/** Packets so far away from what was sent are not late, they are made up. */
const ACKNOWLEDGED_DISTANCE_MAX = 1024;

export interface UtpDependencies {
  readonly clock: Clock;
  /** False: nothing may be sent now. */
  readonly transmit: (datagram: Uint8Array, contact: Contact) => boolean;
  /** The connection is over, from whichever side. */
  readonly onOver: (connection: UtpConnection) => void;
}

/** Why a packet that named this connection was not used. */
export type UtpDropped =
  'utp-unexpected' | 'utp-bad-ack' | 'utp-beyond-window' | 'utp-after-end' | 'utp-before-connected' | 'utp-repeated';

export class UtpConnection implements PeerConnection {
  readonly contact: Contact;
  /** In the packets that come to us; ours to them carry the next number. */
  readonly connectionId: number;
  readonly #dependencies: UtpDependencies;
  readonly #listener: PeerListener;
  readonly #sender: UtpSender;
  #receiver: UtpReceiver | null = null;
  #isOver = false;
  /** How long the peer's last packet took, by both clocks: it steers by that. */
  #delayUs = 0;
  #receivedCount = 0;
  #unacknowledgedCount = 0;

  constructor(
    contact: Contact,
    numbers: { readonly connectionId: number; readonly firstSequence: number },
    listener: PeerListener,
    dependencies: UtpDependencies,
  ) {
    this.contact = contact;
    this.connectionId = numbers.connectionId;
    this.#listener = listener;
    this.#dependencies = dependencies;
    this.#sender = new UtpSender(numbers.firstSequence, (type, sequence, payload) =>
      this.#transmit(type, sequence, payload),
    );
    this.#sender.send(UTP_SYN, null, dependencies.clock.nowMs());
  }

  send(bytes: Uint8Array): void {
    if (this.#isOver || !this.#receiver) return;
    if (!this.#sender.send(UTP_DATA, bytes, this.#dependencies.clock.nowMs())) this.#close('bad-transport');
  }

  destroy(): void {
    if (this.#isOver) return;
    // Whoever did not answer is not told that we have left.
    if (this.#receiver) this.#transmit(UTP_RESET, this.#sender.nextSequence, null);
    this.#end();
  }

  /** Takes a packet from this connection's contact with this connection's number. Null: it was used. */
  receive(packet: UtpPacket): UtpDropped | null {
    if (this.#isOver || packet.type === UTP_SYN) return 'utp-unexpected';
    const nowMs = this.#dependencies.clock.nowMs();
    const isFar = sequenceDistance(this.#sender.lastSequence, packet.acknowledged) > ACKNOWLEDGED_DISTANCE_MAX;
    if (packet.type === UTP_RESET) return this.#receiveReset(packet, isFar);
    if (!this.#receiver && packet.acknowledged !== this.#sender.lastSequence) return 'utp-before-connected';
    if (isFar || !this.#sender.hear(packet.acknowledged, packet.selectiveAck, nowMs)) return 'utp-bad-ack';
    this.#delayUs = (this.#nowUs() - packet.timeUs) >>> 0;
    this.#sender.peerWindowBytes = packet.windowBytes;
    if (!this.#receiver) {
      // The packet that answers a SYN does not use up its number; libtorrent and libutp agree, BEP 29's drawing does not.
      this.#receiver = new UtpReceiver((packet.sequence - 1) & 0xffff, (bytes) => {
        if (!this.#isOver) this.#listener.onBytes(bytes);
      });
      this.#listener.onConnected();
    } else this.#sender.pump(UTP_DATA, nowMs);
    if (packet.type === UTP_STATE || this.#isOver) return null;
    return this.#receiveData(packet, this.#receiver);
  }

  /** Sends again what is late, acknowledges what was put off. */
  check(nowMs: number): void {
    if (this.#isOver) return;
    if (!this.#sender.check(nowMs)) this.#close('timeout');
    else if (this.#unacknowledgedCount > 0) this.#acknowledge();
  }

  checkInvariants(): void {
    this.#sender.checkInvariants();
    this.#receiver?.checkInvariants();
  }

  #receiveReset(packet: UtpPacket, isFar: boolean): UtpDropped | null {
    // A stranger would have to guess this number too.
    if (isFar || sequenceDistance(packet.acknowledged, this.#sender.lastSequence) > 0) return 'utp-bad-ack';
    this.#close(this.#receiver ? 'reset' : 'refused');
    return null;
  }

  #receiveData(packet: UtpPacket, receiver: UtpReceiver): UtpDropped | null {
    this.#receivedCount++;
    this.#unacknowledgedCount++;
    const hadGap = receiver.hasGap;
    const arrival = receiver.take(packet.sequence, packet.payload, packet.type === UTP_FIN);
    if (this.#isOver) return null;
    if (arrival === 'beyond-window' || arrival === 'after-end') {
      this.#unacknowledgedCount--;
      return `utp-${arrival}`;
    }
    const isAtOnce = arrival !== 'in-order' || hadGap || receiver.isEnded;
    const countMax = this.#receivedCount <= PACKETS_ACKNOWLEDGED_SINGLY ? 1 : 2;
    // Whatever was said meanwhile has acknowledged it too.
    if (this.#unacknowledgedCount > 0 && (isAtOnce || this.#unacknowledgedCount >= countMax)) this.#acknowledge();
    if (receiver.isEnded) this.#close('ended');
    return arrival === 'repeated' ? 'utp-repeated' : null;
  }

  #acknowledge(): void {
    this.#transmit(UTP_STATE, this.#sender.nextSequence, null);
  }

  #transmit(type: number, sequence: number, payload: Uint8Array | null): void {
    this.#unacknowledgedCount = 0;
    const receiver = this.#receiver;
    const header = {
      type,
      connectionId: type === UTP_SYN ? this.connectionId : (this.connectionId + 1) & 0xffff,
      timeUs: this.#nowUs(),
      timeDifferenceUs: this.#delayUs,
      windowBytes: receiver?.windowBytes ?? WINDOW_BYTES,
      sequence,
      acknowledged: receiver?.acknowledged ?? 0,
      selectiveAck: receiver?.selectiveAck() ?? null,
    };
    this.#dependencies.transmit(encodeUtpPacket(header, payload), this.contact);
  }

  #nowUs(): number {
    return Math.floor(this.#dependencies.clock.nowMs() * 1000) >>> 0;
  }

  #close(reason: CloseReason): void {
    if (this.#isOver) return;
    if (reason !== 'reset' && reason !== 'refused') this.destroy();
    else this.#end();
    this.#listener.onClosed(reason);
  }

  #end(): void {
    this.#isOver = true;
    this.#dependencies.onOver(this);
  }
}
