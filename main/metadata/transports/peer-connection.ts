// What a conversation with a peer knows of the way to it: bytes out, bytes in, and how it ended. The ways themselves are
// the other files of this folder.
import type { Contact } from '../../base/contact.ts';

/**
 * `tcp`: plain. `mse`: encrypted over TCP. `utp`: plain over the DHT's own UDP socket (BEP 29). `utp-mse`: both.
 */
export const TRANSPORTS = ['tcp', 'mse', 'utp', 'utp-mse'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** Why a connection ended that we did not end. */
export type CloseReason =
  | 'refused' //        nobody listens there
  | 'timeout' //        the system, or uTP, gave up waiting
  | 'unreachable' //    no route, no permission, no such local address, or sending is not allowed now
  | 'reset'
  | 'ended' //          in good order
  | 'bad-encryption' // not the peer encryption that it claimed to be
  | 'bad-transport'; // against the rules of uTP

export interface PeerConnection {
  /** `bytes` are not kept, or not changed by anyone: once given they belong to the connection. */
  send(bytes: Uint8Array): void;
  /** Ends at once, with a reset where there is a connection. No listener is called afterwards. */
  destroy(): void;
}

export interface PeerListener {
  onConnected(): void;
  /** `chunk` is valid until this returns, and is the listener's to change until then. */
  onBytes(chunk: Uint8Array): void;
  /** The connection is gone. Called once, and last. */
  onClosed(reason: CloseReason): void;
}

export interface DialTarget {
  readonly contact: Contact;
  readonly transport: Transport;
  /** What will be asked for: peer encryption needs it. */
  readonly infohash: Uint8Array;
  /** Null lets the system choose. uTP has the address of the DHT's socket. */
  readonly localAddress: string | null;
}

/** Never throws and never calls the listener before it has returned. */
export type DialPeer = (target: DialTarget, listener: PeerListener) => PeerConnection;

/** A byte stream to `contact` without any of the layers above it. The same promises as DialPeer. */
export type DialStream = (contact: Contact, localAddress: string | null, listener: PeerListener) => PeerConnection;
