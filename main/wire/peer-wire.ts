// What two peers say to fetch metadata, between bytes and values: the handshake (BEP 3), the extension handshake
// (BEP 10) and ut_metadata (BEP 9). Pure; nothing here throws on remote bytes. Framing: message-stream.ts.
// BEP 9 and BEP 10 have misprinted examples; the layout here follows their text and libtorrent.
import { assert } from '../base/assert.ts';
import { bytesEqual } from '../base/bytes.ts';
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import {
  BencodeScanner,
  KRPC_SCAN_LIMITS,
  TOKEN_CLOSE,
  TOKEN_DICTIONARY,
  TOKEN_INTEGER,
  TOKEN_KEY,
  TOKEN_LIST,
} from './bencode-scanner.ts';
import { EXTENDED_MESSAGE_ID } from './message-stream.ts';

/** BEP 3: 1 + 19 name, 8 reserved, 20 infohash, 20 peer id. */
export const HANDSHAKE_BYTES = 68;
/** BEP 9: every piece of metadata but the last has this size. */
export const METADATA_BLOCK_BYTES = 16_384;
/** The id under which peers send us ut_metadata messages; we choose it in our extension handshake. */
export const OWN_METADATA_ID = 1;

const PROTOCOL_NAME = new Uint8Array(Buffer.from('\x13BitTorrent protocol', 'latin1'));
const RESERVED_AT = PROTOCOL_NAME.length;
const INFOHASH_AT = RESERVED_AT + 8;
const PEER_ID_AT = INFOHASH_AT + IDENTIFIER_BYTES;
/** BEP 10: bit 20 from the right of the reserved bytes. */
const EXTENSION_BYTE = RESERVED_AT + 5;
const EXTENSION_BIT = 0x10;
/** BEP 10: id 0 is the extension handshake itself. */
const EXTENSION_HANDSHAKE_ID = 0;
const EXTENSION_ID_MAX = 255;

const MESSAGE_REQUEST = 0;
const MESSAGE_DATA = 1;
const MESSAGE_REJECT = 2;

export interface Handshake {
  readonly infohash: Uint8Array;
  readonly peerId: Uint8Array;
  /** The peer speaks BEP 10. */
  readonly hasExtensions: boolean;
}

export interface ExtensionHandshake {
  /** 1 to 255: send ut_metadata messages with it. 0: switched off, or not an id. Null: not mentioned. */
  readonly metadataId: number | null;
  /** As the peer says it, also zero or negative; null: absent or not an integer that can be a size. */
  readonly metadataSizeBytes: number | null;
}

export interface MetadataMessage {
  readonly kind: 'request' | 'data' | 'reject' | 'unknown';
  /** -1: absent or not an integer. */
  readonly piece: number;
  /** -1: absent or not an integer. */
  readonly totalSizeBytes: number;
  /** What follows the dictionary; a view into the message. */
  readonly block: Uint8Array;
}

/** Only the extension bit is set: offering DHT or fast extension invites messages that we would have to skip. */
export function encodeHandshake(infohash: Uint8Array, peerId: Uint8Array): Uint8Array {
  assert(infohash.length === IDENTIFIER_BYTES && peerId.length === IDENTIFIER_BYTES, 'both identifiers have 20 bytes');
  const bytes = new Uint8Array(HANDSHAKE_BYTES);
  bytes.set(PROTOCOL_NAME);
  bytes[EXTENSION_BYTE] = EXTENSION_BIT;
  bytes.set(infohash, INFOHASH_AT);
  bytes.set(peerId, PEER_ID_AT);
  return bytes;
}

/** Null when the first HANDSHAKE_BYTES of `bytes` are not a BitTorrent handshake. The arrays are views. */
export function parseHandshake(bytes: Uint8Array): Handshake | null {
  if (bytes.length < HANDSHAKE_BYTES) return null;
  if (!bytesEqual(bytes.subarray(0, RESERVED_AT), PROTOCOL_NAME)) return null;
  return {
    infohash: bytes.subarray(INFOHASH_AT, PEER_ID_AT),
    peerId: bytes.subarray(PEER_ID_AT, HANDSHAKE_BYTES),
    hasExtensions: (bytes[EXTENSION_BYTE]! & EXTENSION_BIT) !== 0,
  };
}

export function encodeExtensionHandshake(): Uint8Array {
  return encodeExtended(EXTENSION_HANDSHAKE_ID, `d1:md11:ut_metadatai${OWN_METADATA_ID}eee`);
}

/** `metadataId`: the peer's, from its extension handshake. */
export function encodeMetadataRequest(metadataId: number, piece: number): Uint8Array {
  return encodeExtended(metadataId, `d8:msg_typei${MESSAGE_REQUEST}e5:piecei${piece}ee`);
}

/** Reads the payload of an extension message with id 0; null when it is not a dictionary. */
export function parseExtensionHandshake(payload: Uint8Array): ExtensionHandshake | null {
  const scanner = new BencodeScanner(KRPC_SCAN_LIMITS);
  scanner.begin(payload);
  if (scanner.next() !== TOKEN_DICTIONARY) return null;
  let metadataId: number | null = null;
  let metadataSizeBytes: number | null = null;
  for (;;) {
    const token = scanner.next();
    if (token === TOKEN_CLOSE) return { metadataId, metadataSizeBytes };
    if (token !== TOKEN_KEY) return null;
    const isMap = scanner.dataIs('m');
    const isSize = scanner.dataIs('metadata_size');
    if (isMap) {
      const read = readMetadataId(scanner);
      if (read === 'malformed') return null;
      metadataId ??= read;
    } else {
      const value = readInteger(scanner);
      if (isSize) metadataSizeBytes ??= value;
    }
  }
}

/** Reads the payload of a ut_metadata message; null when it does not begin with a dictionary. */
export function parseMetadataMessage(payload: Uint8Array): MetadataMessage | null {
  const scanner = new BencodeScanner(KRPC_SCAN_LIMITS);
  scanner.begin(payload);
  if (scanner.next() !== TOKEN_DICTIONARY) return null;
  const read: { type: number | null; piece: number | null; totalSize: number | null } = {
    type: null,
    piece: null,
    totalSize: null,
  };
  for (;;) {
    const token = scanner.next();
    if (token === TOKEN_CLOSE) break;
    if (token !== TOKEN_KEY) return null;
    const field = scanner.dataIs('msg_type')
      ? 'type'
      : scanner.dataIs('piece')
        ? 'piece'
        : scanner.dataIs('total_size')
          ? 'totalSize'
          : null;
    const value = readInteger(scanner);
    if (field) read[field] ??= value;
  }
  return {
    kind: metadataKind(read.type),
    piece: read.piece ?? -1,
    totalSizeBytes: read.totalSize ?? -1,
    block: payload.subarray(scanner.position),
  };
}

/** The payload begins with `dictionary`; the length counts both ids (`00 00 00 1a 14 00 d1:m...`). */
function encodeExtended(extendedId: number, dictionary: string): Uint8Array {
  assert(extendedId >= 0 && extendedId <= EXTENSION_ID_MAX, 'an extension id has one byte');
  const bytes = Buffer.allocUnsafe(4 + 2 + dictionary.length);
  bytes.writeUInt32BE(2 + dictionary.length, 0);
  bytes[4] = EXTENDED_MESSAGE_ID;
  bytes[5] = extendedId;
  bytes.write(dictionary, 6, 'latin1');
  return bytes;
}

function metadataKind(type: number | null): MetadataMessage['kind'] {
  if (type === MESSAGE_REQUEST) return 'request';
  if (type === MESSAGE_DATA) return 'data';
  return type === MESSAGE_REJECT ? 'reject' : 'unknown';
}

/** Reads the next value: its integer, or null when it is something else. A scan problem shows at the next token. */
function readInteger(scanner: BencodeScanner): number | null {
  return scanner.skipValue() === TOKEN_INTEGER && scanner.isIntegerSafe ? scanner.integer : null;
}

/** Reads the value of `m`: 0 when ut_metadata has something else than an id, null when it is not named. */
function readMetadataId(scanner: BencodeScanner): number | null | 'malformed' {
  const first = scanner.next();
  if (first !== TOKEN_DICTIONARY) {
    if (first === TOKEN_LIST) scanner.skipRest();
    return null;
  }
  let metadataId: number | null = null;
  for (;;) {
    const token = scanner.next();
    if (token === TOKEN_CLOSE) return metadataId;
    if (token !== TOKEN_KEY) return 'malformed';
    const isMetadata = scanner.dataIs('ut_metadata');
    const value = readInteger(scanner);
    if (isMetadata) metadataId ??= value !== null && value > 0 && value <= EXTENSION_ID_MAX ? value : 0;
  }
}
