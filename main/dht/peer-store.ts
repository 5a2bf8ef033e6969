// The face of the peer store; its body follows.
import type { Contact } from '../base/contact.ts';

export declare class PeerStore {
  /** False: the store, or this infohash, is full. */
  add(infohash: Uint8Array, contact: Contact): boolean;
}
