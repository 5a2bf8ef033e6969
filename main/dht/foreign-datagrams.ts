// The DHT's socket, lent to another protocol: datagrams that are no KRPC go to whoever asked for them, and that one may
// send from our port. So uTP needs no port of its own, and where a node was asked before, no new entry in the router.
import type { Contact } from '../base/contact.ts';
import type { Counters } from '../stats/counters.ts';

/** Every KRPC message is a dictionary. */
const DICTIONARY = 'd'.charCodeAt(0);

export interface ForeignDependencies {
  readonly counters: Counters;
  /** False: the node is paused or the address forbidden. */
  readonly maySend: (contact: Contact) => boolean;
  readonly send: (bytes: Uint8Array, contact: Contact, byteCount: number) => void;
}

export class ForeignDatagrams {
  /** Returns whether the datagram was its own; else it is counted as malformed KRPC. `bytes` are valid until it returns. */
  onDatagram: (bytes: Uint8Array, from: Contact) => boolean = () => false;
  readonly #dependencies: ForeignDependencies;

  constructor(dependencies: ForeignDependencies) {
    this.#dependencies = dependencies;
  }

  /** False, and nothing sent: the node does not run, or the address is forbidden. */
  send(bytes: Uint8Array, contact: Contact): boolean {
    const { counters, maySend, send } = this.#dependencies;
    if (!maySend(contact)) return false;
    counters.foreignPacketsOut++;
    send(bytes, contact, bytes.length);
    return true;
  }

  /** Whether a datagram that has passed the sieve was taken by the other protocol. */
  take(bytes: Uint8Array, from: Contact): boolean {
    if (bytes[0] === DICTIONARY || !this.onDatagram(bytes, from)) return false;
    this.#dependencies.counters.foreignPacketsIn++;
    return true;
  }
}
