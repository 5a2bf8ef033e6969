// Where a node (UDP) or a peer (TCP) can be reached. Knows nothing of the compact encodings (wire/compact-contacts.ts)
// nor of which addresses are forbidden (dht/bogons.ts).
import type { NodeId } from './identifier.ts';

export interface Contact {
  /** Canonical text: dotted quad, or IPv6 as Node's `net` prints it. Never a name. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
}

export interface NodeContact {
  readonly id: NodeId;
  readonly contact: Contact;
}

/** `host:port`, IPv6 in brackets: a Map key and a text for people. */
export function contactText(contact: Contact): string {
  return contact.host.includes(':') ? `[${contact.host}]:${contact.port}` : `${contact.host}:${contact.port}`;
}
