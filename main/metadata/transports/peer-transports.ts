// The four ways to a peer, made of two streams and peer encryption. uTP goes through the sockets of the DHT's nodes, which
// are opened later than this is made, and of which there is one for each family of addresses.
import type { Clock } from '../../base/clock.ts';
import type { Contact } from '../../base/contact.ts';
import type { Random } from '../../base/random.ts';
import type { Counters } from '../../stats/counters.ts';
import { familyOf } from '../local-addresses.ts';
import { MseConnection } from './mse-connection.ts';
import { prepareKeyExchange } from './mse-keys.ts';
import type { DialPeer, DialStream } from './peer-connection.ts';
import { UtpSocket } from './utp-socket.ts';

export interface TransportDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Counters;
  readonly dialTcp: DialStream;
}

/** What the DHT's node lends of its socket. */
export interface LentSocket {
  onDatagram: (datagram: Uint8Array, from: Contact) => boolean;
  /** False: not now, or not to that address. */
  send(datagram: Uint8Array, contact: Contact): boolean;
}

export class PeerTransports {
  readonly #dependencies: TransportDependencies;
  readonly #utp: UtpSocket;
  readonly #lent: { v4: LentSocket | null; v6: LentSocket | null } = { v4: null, v6: null };

  /** Takes 40 ms the first time. */
  constructor(dependencies: TransportDependencies) {
    this.#dependencies = dependencies;
    prepareKeyExchange();
    this.#utp = new UtpSocket({
      ...dependencies,
      send: (datagram, contact) => this.#lent[familyOf(contact)]?.send(datagram, contact) ?? false,
    });
  }

  /** From now on uTP may go through `socket`. */
  joinUdp(socket: LentSocket, family: 'v4' | 'v6' = 'v4'): void {
    this.#lent[family] = socket;
    socket.onDatagram = (datagram, from) => this.#utp.receive(datagram, from);
  }

  readonly dial: DialPeer = ({ contact, transport, infohash, localAddress }, listener) => {
    const { dialTcp, random } = this.#dependencies;
    const dialStream = transport === 'utp' || transport === 'utp-mse' ? this.#utp.dial : dialTcp;
    if (transport === 'tcp' || transport === 'utp') return dialStream(contact, localAddress, listener);
    return new MseConnection({ dial: (below) => dialStream(contact, localAddress, below), infohash, random }, listener);
  };

  checkInvariants(): void {
    this.#utp.checkInvariants();
  }
}
