// All uTP connections over the socket of the DHT (BEP 29): who a datagram belongs to, and one ticker for them all. We only
// dial; whoever dials us is not answered, so nobody can make us send to an address that he made up.
import { assert } from '../../base/assert.ts';
import type { Clock, Timer } from '../../base/clock.ts';
import type { Contact } from '../../base/contact.ts';
import type { Random } from '../../base/random.ts';
import type { Counters } from '../../stats/counters.ts';
import { isUtp, parseUtpPacket, UTP_RESET, type UtpPacket } from '../../wire/utp-packet.ts';
import type { DialStream, PeerListener } from './peer-connection.ts';
import { UtpConnection } from './utp-connection.ts';

/** Above the most that any pace opens (150). */
const CONNECTIONS_MAX = 256;
/** How late an acknowledgement that was put off, or a packet to be sent again, may be. */
const TICK_MS = 20;

export interface UtpSocketDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Counters;
  /** Sends from the DHT's port; false when that is not allowed now. */
  readonly send: (datagram: Uint8Array, contact: Contact) => boolean;
}

export class UtpSocket {
  readonly #dependencies: UtpSocketDependencies;
  readonly #connections = new Map<number, UtpConnection>();
  #ticker: Timer | null = null;

  constructor(dependencies: UtpSocketDependencies) {
    this.#dependencies = dependencies;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  readonly dial: DialStream = (contact, _localAddress, listener) => {
    const { clock, counters, random } = this.#dependencies;
    if (this.#connections.size >= CONNECTIONS_MAX) {
      counters.overflows.count('utp-connections');
      return this.#unreachable(listener);
    }
    let connectionId = random.below(65_536);
    while (this.#connections.has(connectionId)) connectionId = (connectionId + 1) & 0xffff;
    let isSent = true;
    const transmit = (datagram: Uint8Array, to: Contact): boolean => (isSent = this.#dependencies.send(datagram, to));
    const connection = new UtpConnection(contact, { connectionId, firstSequence: random.below(65_536) }, listener, {
      clock,
      transmit,
      onOver: (over) => this.#forget(over),
    });
    if (!isSent) return this.#unreachable(listener);
    this.#connections.set(connectionId, connection);
    this.#ticker ??= clock.setRepeating(TICK_MS, () => this.#tick());
    return connection;
  };

  /** For the DHT's socket: whether the datagram is uTP, wanted or not. */
  receive(datagram: Uint8Array, from: Contact): boolean {
    if (!isUtp(datagram)) return false;
    const { counters } = this.#dependencies;
    const packet = parseUtpPacket(datagram);
    if (typeof packet === 'string') {
      counters.malformed.count(packet);
      return true;
    }
    const connection = this.#connectionOf(packet, from);
    const dropped = connection ? connection.receive(packet) : 'utp-unknown';
    if (dropped) counters.dropped.count(dropped);
    return true;
  }

  checkInvariants(): void {
    assert(this.#connections.size <= CONNECTIONS_MAX, 'uTP connections keep their limit');
    assert((this.#ticker === null) === (this.#connections.size === 0), 'the ticker runs while there are connections');
    for (const connection of this.#connections.values()) connection.checkInvariants();
  }

  #connectionOf(packet: UtpPacket, from: Contact): UtpConnection | null {
    const own = this.#connections.get(packet.connectionId);
    if (own && isSame(own.contact, from)) return own;
    if (packet.type !== UTP_RESET) return null;
    // Who knows nothing of a connection resets it by the number that we send.
    const sent = this.#connections.get((packet.connectionId - 1) & 0xffff);
    return sent && isSame(sent.contact, from) ? sent : null;
  }

  #tick(): void {
    const nowMs = this.#dependencies.clock.nowMs();
    for (const connection of [...this.#connections.values()]) connection.check(nowMs);
  }

  #forget(connection: UtpConnection): void {
    this.#connections.delete(connection.connectionId);
    if (this.#connections.size > 0) return;
    this.#ticker?.cancel();
    this.#ticker = null;
  }

  /** Tells it a moment later, as a dialler must. */
  #unreachable(listener: PeerListener): { send(): void; destroy(): void } {
    const timer = this.#dependencies.clock.setTimer(0, () => listener.onClosed('unreachable'));
    return { send: () => undefined, destroy: () => timer.cancel() };
  }
}

function isSame(a: Contact, b: Contact): boolean {
  return a.port === b.port && a.host === b.host;
}
