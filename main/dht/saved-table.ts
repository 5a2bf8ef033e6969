// A routing table as a section of the state file, and the way back. Nodes are packed into one string: a dictionary for
// each would take five times the space. What comes back is checked in full; odd nodes are left out.
import type { Bencodable } from 'bencode';
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import { NODE4_BYTES, NODE6_BYTES, readContact4, readContact6, writeContact } from '../wire/compact-contacts.ts';
import type { SavedNode, SavedTable } from './dht-contract.ts';

/** flags 1, failures 1, round trip 2, seconds since heard 4. */
const FACTS_BYTES = 8;
const NEVER = 0xffff_ffff;

export function packTable({ selfId, nodes }: SavedTable): Record<string, Bencodable> {
  return {
    selfId,
    nodes: packNodes(
      nodes.filter(({ contact }) => !contact.host.includes(':')),
      NODE4_BYTES,
    ),
    nodes6: packNodes(
      nodes.filter(({ contact }) => contact.host.includes(':')),
      NODE6_BYTES,
    ),
  };
}

/** Null: no table. `agedSeconds` have passed since it was saved: nodes were silent for that much longer. */
export function unpackTable(section: unknown, agedSeconds: number): SavedTable | null {
  if (typeof section !== 'object' || section === null) return null;
  const { selfId, nodes, nodes6 } = section as Record<string, unknown>;
  if (!(selfId instanceof Uint8Array) || selfId.length !== IDENTIFIER_BYTES) return null;
  const aged = Math.max(0, Math.round(agedSeconds));
  return { selfId, nodes: [...unpackNodes(nodes, NODE4_BYTES, aged), ...unpackNodes(nodes6, NODE6_BYTES, aged)] };
}

function packNodes(nodes: readonly SavedNode[], nodeBytes: number): Uint8Array {
  const recordBytes = nodeBytes + FACTS_BYTES;
  const packed = new Uint8Array(nodes.length * recordBytes);
  const view = new DataView(packed.buffer);
  nodes.forEach((node, index) => {
    const at = index * recordBytes;
    packed.set(node.id, at);
    writeContact(packed, at + IDENTIFIER_BYTES, node.contact);
    packed[at + nodeBytes] = node.flags;
    packed[at + nodeBytes + 1] = node.failCount;
    view.setUint16(at + nodeBytes + 2, node.roundTripMs);
    view.setUint32(
      at + nodeBytes + 4,
      node.lastHeardAgoSeconds < 0 ? NEVER : Math.min(NEVER - 1, node.lastHeardAgoSeconds),
    );
  });
  return packed;
}

function* unpackNodes(packed: unknown, nodeBytes: number, agedSeconds: number): Iterable<SavedNode> {
  const recordBytes = nodeBytes + FACTS_BYTES;
  if (!(packed instanceof Uint8Array) || packed.length % recordBytes !== 0) return;
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  for (let at = 0; at < packed.length; at += recordBytes) {
    const contactAt = at + IDENTIFIER_BYTES;
    const contact = nodeBytes === NODE4_BYTES ? readContact4(packed, contactAt) : readContact6(packed, contactAt);
    if (contact.port === 0) continue;
    const heardAgo = view.getUint32(at + nodeBytes + 4);
    yield {
      id: packed.slice(at, contactAt),
      contact,
      flags: packed[at + nodeBytes]!,
      failCount: packed[at + nodeBytes + 1]!,
      roundTripMs: view.getUint16(at + nodeBytes + 2),
      lastHeardAgoSeconds: heardAgo === NEVER ? -1 : heardAgo + agedSeconds,
    };
  }
}
