// What the scraper leaves behind for its next start, as plain bencodable values, and the way back. Nodes are packed into
// one byte string a table: thousands of small dictionaries would cost ten times the space and time.
// A file may be damaged or forged: what does not fit is left out, nothing throws.
import { asNodeId, IDENTIFIER_BYTES, type NodeId } from '../base/identifier.ts';
import type { NodeContact } from '../base/contact.ts';
import type { SavedNode, SavedTable } from '../dht/dht-node.ts';
import { PEER4_BYTES, PEER6_BYTES, readContact4, readContact6, writeContact } from '../wire/compact-contacts.ts';
import type { SavedCooldown, SavedHour } from './cooldown.ts';
import type { SavedInfohashKeys } from './infohash-filters.ts';

const FORMAT_VERSION = 1;
/** id, length of the contact, contact, then flags 1, failures 1, round trip 2, seconds since heard 4. */
const RECORD_BYTES_MAX = IDENTIFIER_BYTES + 1 + PEER6_BYTES + 8;
const NEVER_HEARD = 0xffff_ffff;
const NODES_MAX = 4096;

export interface SavedNeedle {
  readonly needle: NodeId;
  readonly nodes: readonly SavedNode[];
  /** The nearest ones that were waiting. */
  readonly candidates: readonly NodeContact[];
}

export interface SavedScrape {
  readonly savedAtUnixSeconds: number;
  readonly needles: readonly SavedNeedle[];
  readonly cooldown: SavedCooldown;
  readonly infohashKeys: SavedInfohashKeys;
}

/** A type and not an interface: only then may it stand where any dictionary of bencodable values is wanted. */
export type BencodableScrape = {
  version: number;
  savedAtUnixSeconds: number;
  needles: { needle: Uint8Array; nodes: Uint8Array; candidates: Uint8Array }[];
  cooldown: { key: Uint8Array; slots: ({ hour: number; exact: Uint8Array } | { hour: number; bits: Uint8Array })[] };
  infohashKeys: { recent: Uint8Array; known: Uint8Array };
};

export function packScrape(saved: SavedScrape): BencodableScrape {
  const needles = saved.needles.map(({ needle, nodes, candidates }) => ({
    needle,
    nodes: packNodes(nodes),
    candidates: packNodes(candidates.map(asUnheard)),
  }));
  const { savedAtUnixSeconds, cooldown, infohashKeys } = saved;
  return {
    version: FORMAT_VERSION,
    savedAtUnixSeconds,
    needles,
    cooldown: { key: cooldown.key, slots: [...cooldown.slots] },
    infohashKeys: { ...infohashKeys },
  };
}

/** null when it is nothing that packScrape made. `nowUnixSeconds` ages the nodes by the time in between. */
export function unpackScrape(value: unknown, nowUnixSeconds: number): SavedScrape | null {
  if (!isRecord(value) || value['version'] !== FORMAT_VERSION) return null;
  const { savedAtUnixSeconds, needles, cooldown, infohashKeys } = value;
  if (typeof savedAtUnixSeconds !== 'number' || !Array.isArray(needles)) return null;
  const agedSeconds = Math.max(0, nowUnixSeconds - savedAtUnixSeconds);
  const keys = isRecord(infohashKeys) ? infohashKeys : {};
  if (!isBytes(keys['recent']) || !isBytes(keys['known'])) return null;
  return {
    savedAtUnixSeconds,
    needles: needles.map((needle) => unpackNeedle(needle, agedSeconds)).filter((needle) => needle !== null),
    cooldown: unpackCooldown(cooldown),
    infohashKeys: { recent: keys['recent'], known: keys['known'] },
  };
}

function unpackNeedle(value: unknown, agedSeconds: number): SavedNeedle | null {
  if (!isRecord(value)) return null;
  const { needle, nodes, candidates } = value;
  if (!isBytes(needle) || needle.length !== IDENTIFIER_BYTES || !isBytes(nodes) || !isBytes(candidates)) return null;
  return { needle: asNodeId(needle), nodes: unpackNodes(nodes, agedSeconds), candidates: unpackNodes(candidates, 0) };
}

function unpackCooldown(value: unknown): SavedCooldown {
  const slots: SavedHour[] = [];
  if (!isRecord(value) || !isBytes(value['key']) || !Array.isArray(value['slots']))
    return { key: new Uint8Array(0), slots };
  for (const slot of value['slots'] as unknown[]) {
    if (!isRecord(slot) || typeof slot['hour'] !== 'number') continue;
    const { hour, exact, bits } = slot;
    if (isBytes(exact)) slots.push({ hour, exact });
    else if (isBytes(bits)) slots.push({ hour, bits });
  }
  return { key: value['key'], slots };
}

function asUnheard({ id, contact }: NodeContact): SavedNode {
  return { id, contact, flags: 0, failCount: 0, roundTripMs: 0, lastHeardAgoSeconds: -1 };
}

function packNodes(nodes: readonly SavedNode[]): Uint8Array {
  const packed = new Uint8Array(nodes.length * RECORD_BYTES_MAX);
  const view = new DataView(packed.buffer);
  let at = 0;
  for (const node of nodes) {
    const contactBytes = writeContact(packed, at + IDENTIFIER_BYTES + 1, node.contact);
    if (contactBytes === 0) continue;
    packed.set(node.id, at);
    packed[at + IDENTIFIER_BYTES] = contactBytes;
    at += IDENTIFIER_BYTES + 1 + contactBytes;
    packed[at] = node.flags;
    packed[at + 1] = Math.min(255, node.failCount);
    view.setUint16(at + 2, Math.min(65_535, Math.round(node.roundTripMs)));
    view.setUint32(
      at + 4,
      node.lastHeardAgoSeconds < 0 ? NEVER_HEARD : Math.min(NEVER_HEARD - 1, node.lastHeardAgoSeconds),
    );
    at += 8;
  }
  return packed.slice(0, at);
}

/** Stops at the first record that cannot be right. */
function unpackNodes(packed: Uint8Array, agedSeconds: number): (SavedNode & NodeContact)[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const nodes: (SavedNode & NodeContact)[] = [];
  for (let at = 0; at + IDENTIFIER_BYTES + 1 < packed.length && nodes.length < NODES_MAX;) {
    const contactBytes = packed[at + IDENTIFIER_BYTES]!;
    const contactAt = at + IDENTIFIER_BYTES + 1;
    const factsAt = contactAt + contactBytes;
    if ((contactBytes !== PEER4_BYTES && contactBytes !== PEER6_BYTES) || factsAt + 8 > packed.length) break;
    const contact = contactBytes === PEER4_BYTES ? readContact4(packed, contactAt) : readContact6(packed, contactAt);
    const heardAgo = view.getUint32(factsAt + 4);
    nodes.push({
      id: asNodeId(packed.slice(at, at + IDENTIFIER_BYTES)),
      contact,
      flags: packed[factsAt]!,
      failCount: packed[factsAt + 1]!,
      roundTripMs: view.getUint16(factsAt + 2),
      lastHeardAgoSeconds: heardAgo === NEVER_HEARD ? -1 : heardAgo + agedSeconds,
    });
    at = factsAt + 8;
  }
  return nodes.filter(({ contact }) => contact.port !== 0);
}

export function asSavedTable({ needle, nodes }: SavedNeedle): SavedTable {
  return { selfId: needle, nodes };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isBytes(value);
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}
