// A response to one of our own queries, as values that outlive the datagram: everything is copied, lists are bounded.
// What a single odd element costs is that element, never the reply (the crash in the user's notes: protocol.md, R19).
// Not here: whether an address may be used (dht/bogons.ts), whether the sender is believed (dht/transactions.ts).
import type { Contact, NodeContact } from '../base/contact.ts';
import { asNodeId, IDENTIFIER_BYTES } from '../base/identifier.ts';
import type { NodeId } from '../base/identifier.ts';
import { assert } from '../base/assert.ts';
import { BencodeScanner, KRPC_SCAN_LIMITS, TOKEN_MALFORMED, TOKEN_STRING } from './bencode-scanner.ts';
import { NODE4_BYTES, NODE6_BYTES, PEER4_BYTES, PEER6_BYTES } from './compact-contacts.ts';
import { readContact4, readContact6, readPort } from './compact-contacts.ts';
import { InfohashList } from './infohash-list.ts';
import { BLOOM_BYTES } from './krpc-message.ts';
import { PACKED_BITS, PACKED_MASK, packedStringAt } from './packed-token.ts';
import type { KrpcMessage } from './krpc-message.ts';

/** protocol.md 4.1: nobody honest sends more than 8 (bittorrent-dht up to 49). */
export const REPLY_NODES_MAX = 64;
/** protocol.md 2.2: libtorrent sends at most 100. */
export const REPLY_VALUES_MAX = 200;

export interface KrpcReply {
  readonly nodeId: NodeId;
  /** The first REPLY_NODES_MAX with a port. */
  readonly nodes: readonly NodeContact[];
  readonly nodes6: readonly NodeContact[];
  /** At most REPLY_VALUES_MAX, evenly spread over the list when it is longer; ports of 0 left out. */
  readonly values: readonly Contact[];
  /** Null: the field is absent (no BEP 51) or bad. Zero and repeated infohashes are left out. */
  readonly samples: InfohashList | null;
  readonly intervalSeconds: number | null;
  readonly num: number | null;
  readonly token: Uint8Array | null;
  /** Four bytes as latin1, or null. */
  readonly version: string | null;
  /** Our address as the sender sees it (BEP 42). */
  readonly externalContact: Contact | null;
  readonly bloomSeeds: Uint8Array | null;
  readonly bloomPeers: Uint8Array | null;
}

const scanner = new BencodeScanner(KRPC_SCAN_LIMITS);
/** Of most replies some list is empty. */
const NO_NODES: readonly NodeContact[] = Object.freeze([]);
const NO_VALUES: readonly Contact[] = Object.freeze([]);

/** What somebody may have read already, or wants to be other than it is written. */
export type ReplyParts = Pick<KrpcReply, 'nodeId' | 'nodes' | 'nodes6' | 'values'>;

/** The reply in `message`, a decoded response, with `parts` as they are. Adds what it finds odd to `message.oddities`. */
export function toReply(message: KrpcMessage, parts: ReplyParts = readParts(message)): KrpcReply {
  assert(message.kind === 'response' && message.idStart >= 0, 'only a decoded response is a reply');
  const { bytes } = message;
  return {
    nodeId: parts.nodeId,
    nodes: parts.nodes,
    nodes6: parts.nodes6,
    values: parts.values,
    samples: message.samplesStart === -1 ? null : readSamples(message),
    intervalSeconds: message.intervalSeconds === -1 ? null : message.intervalSeconds,
    num: message.num === -1 ? null : message.num,
    token: copyField(bytes, message.tokenStart, message.tokenLength),
    version: message.versionStart === -1 ? null : latin1(bytes, message.versionStart, message.versionLength),
    externalContact: readExternalContact(message),
    bloomSeeds: copyField(bytes, message.bloomSeedsStart, BLOOM_BYTES),
    bloomPeers: copyField(bytes, message.bloomPeersStart, BLOOM_BYTES),
  };
}

function readParts(message: KrpcMessage): ReplyParts {
  return {
    nodeId: readNodeId(message, message.idStart),
    nodes: readNodes(message, NODE4_BYTES),
    nodes6: readNodes(message, NODE6_BYTES),
    values: readValues(message),
  };
}

/** A copy of the id at `at`. */
export function readNodeId({ bytes }: KrpcMessage, at: number): NodeId {
  return asNodeId(copyBytes(bytes, at, IDENTIFIER_BYTES));
}

/** The nodes of `message` that take `nodeBytes` each: NODE4_BYTES or NODE6_BYTES. */
export function readNodes(message: KrpcMessage, nodeBytes: number): readonly NodeContact[] {
  const isV4 = nodeBytes === NODE4_BYTES;
  const start = isV4 ? message.nodesStart : message.nodes6Start;
  const length = isV4 ? message.nodesLength : message.nodes6Length;
  if (start === -1) return NO_NODES;
  const nodes: NodeContact[] = [];
  let count = length / nodeBytes;
  if (count > REPLY_NODES_MAX) {
    message.noteOddity('too-many-nodes');
    count = REPLY_NODES_MAX;
  }
  for (let index = 0; index < count; index++) {
    const at = start + index * nodeBytes;
    const contact = readUsable(message, at + IDENTIFIER_BYTES, nodeBytes - IDENTIFIER_BYTES);
    if (contact !== null) nodes.push({ id: readNodeId(message, at), contact });
  }
  return nodes;
}

/** The compact contact of `length` (6 or 18) bytes, or null when nobody can be reached there (port 0). */
function readUsable(message: KrpcMessage, at: number, length: number): Contact | null {
  const { bytes } = message;
  if (readPort(bytes, at + length - 2) === 0) {
    message.noteOddity('port-zero');
    return null;
  }
  return length === PEER4_BYTES ? readContact4(bytes, at) : readContact6(bytes, at);
}

/** protocol.md 2.2, rule 4: 6 or 18 byte strings, mixed, or one long string of 6 byte contacts. */
export function readValues(message: KrpcMessage): readonly Contact[] {
  if (message.valuesStart === -1) return NO_VALUES;
  return readPlainValues(message) ?? readAnyValues(message);
}

/** Of a list as everybody writes it, some strings of 6 or 18 bytes; null: it is another. */
function readPlainValues(message: KrpcMessage): Contact[] | null {
  const { bytes, valuesStart, valuesEnd } = message;
  const listEnd = valuesEnd - 1;
  let count = 0;
  for (let at = valuesStart + 1; at < listEnd; count++) {
    const packed = packedStringAt(bytes, at, listEnd + 1);
    const length = packed & PACKED_MASK;
    if (packed === -1 || (length !== PEER4_BYTES && length !== PEER6_BYTES)) return null;
    at = (packed >>> PACKED_BITS) + length;
  }
  if (count > REPLY_VALUES_MAX) return null;
  const values: Contact[] = [];
  for (let at = valuesStart + 1; at < listEnd;) {
    const packed = packedStringAt(bytes, at, listEnd + 1);
    const dataStart = packed >>> PACKED_BITS;
    const length = packed & PACKED_MASK;
    const contact = readUsable(message, dataStart, length);
    if (contact !== null) values.push(contact);
    at = dataStart + length;
  }
  return values;
}

function readAnyValues(message: KrpcMessage): Contact[] {
  const offsets: number[] = [];
  const lengths: number[] = [];
  scanner.begin(message.bytes, message.valuesStart, message.valuesEnd);
  scanner.next(); // the list's own token
  for (;;) {
    const token = scanner.skipValue();
    if (scanner.depth === 0 || token === TOKEN_MALFORMED) break;
    const { dataStart, dataLength } = scanner;
    if (token === TOKEN_STRING && (dataLength === PEER4_BYTES || dataLength === PEER6_BYTES)) {
      offsets.push(dataStart);
      lengths.push(dataLength);
    } else if (token === TOKEN_STRING && isConcatenated(message, dataStart, dataLength)) {
      for (let at = dataStart; at < dataStart + dataLength; at += PEER4_BYTES) {
        offsets.push(at);
        lengths.push(PEER4_BYTES);
      }
    } else message.noteOddity('bad-values-element');
  }
  const count = offsets.length;
  const keptCount = Math.min(count, REPLY_VALUES_MAX);
  if (count > keptCount) message.noteOddity('too-many-values');
  const values: Contact[] = [];
  for (let index = 0; index < keptCount; index++) {
    const from = Math.floor((index * count) / keptCount);
    const contact = readUsable(message, offsets[from]!, lengths[from]!);
    if (contact !== null) values.push(contact);
  }
  return values;
}

/** libtorrent's "mainline format": the string is alone in its list and holds whole 6 byte contacts. */
function isConcatenated(message: KrpcMessage, dataStart: number, dataLength: number): boolean {
  if (dataLength === 0 || dataLength % PEER4_BYTES !== 0) return false;
  const isLast = dataStart + dataLength + 1 === message.valuesEnd;
  const isFirst = scanner.tokenStart === message.valuesStart + 1;
  return isFirst && isLast;
}

function readSamples(message: KrpcMessage): InfohashList {
  const { bytes, samplesStart, samplesLength } = message;
  return InfohashList.of(
    bytes,
    samplesStart,
    samplesLength / IDENTIFIER_BYTES,
    () => message.noteOddity('zero-sample'),
    () => message.noteOddity('repeated-sample'),
  );
}

/** Our address as the sender of a reply or an error sees it (BEP 42), or null. */
export function readExternalContact(message: KrpcMessage): Contact | null {
  return message.ipStart === -1 ? null : readUsable(message, message.ipStart, message.ipLength);
}

/** The filters of BEP 33 in `message`, copied, or null unless it has both. */
export function readFilters(message: KrpcMessage): { readonly seeds: Uint8Array; readonly peers: Uint8Array } | null {
  const seeds = copyField(message.bytes, message.bloomSeedsStart, BLOOM_BYTES);
  const peers = copyField(message.bytes, message.bloomPeersStart, BLOOM_BYTES);
  return seeds === null || peers === null ? null : { seeds, peers };
}

function copyField(bytes: Uint8Array, start: number, length: number): Uint8Array | null {
  return start === -1 ? null : copyBytes(bytes, start, length);
}

/** A copy with a buffer of its own. Not `slice`: on a Buffer that is a view and would keep the whole datagram alive. */
function copyBytes(bytes: Uint8Array, start: number, length: number): Uint8Array {
  const copy = new Uint8Array(length);
  for (let index = 0; index < length; index++) copy[index] = bytes[start + index]!;
  return copy;
}

function latin1(bytes: Uint8Array, start: number, length: number): string {
  let text = '';
  for (let index = 0; index < length; index++) text += String.fromCharCode(bytes[start + index]!);
  return text;
}
