// KRPC, message to bytes (BEP 5, 32, 33, 42, 43, 51): keys sorted, written straight into the caller's buffer, no allocation.
// There is no announce_peer here and there must not be one: we find torrents, we never say that we have any.
// Buffers too small and ids of the wrong length are mistakes in our own code and throw.
import { assert } from '../base/assert.ts';
import type { Contact } from '../base/contact.ts';
import { IDENTIFIER_BYTES } from '../base/identifier.ts';
import type { NodeId } from '../base/identifier.ts';
import { NODE4_BYTES, NODE6_BYTES, PEER4_BYTES, PEER6_BYTES, writeContact } from './compact-contacts.ts';
import { BLOOM_BYTES } from './krpc-message.ts';

/** `v` of everything we send: two letters for the client, two bytes for its version (BEP 20 keeps the list). */
export const CLIENT_VERSION = 'LF\x00\x01';
const LETTER_E = 0x65;
const LETTER_I = 0x69;
const COLON = 0x3a;
const SMALL_MAX = 0x7fff_ffff;
const VERSION_FIELD = `1:v4:${CLIENT_VERSION}`;

const READ_ONLY_FIELD = ascii('2:roi1e');
const QUERY_START = ascii('d1:ad2:id20:');
const QUERY_END = ascii(`${VERSION_FIELD}1:y1:qe`);
const TRANSACTION_ID_KEY = ascii('1:t');
const REPLY_END = ascii(`${VERSION_FIELD}1:y1:re`);
const ERROR_END = ascii(`${VERSION_FIELD}1:y1:ee`);
const TARGET_KEY = ascii('6:target20:');
const INFOHASH_KEY = ascii('9:info_hash20:');
const REQUESTER4_START = ascii('d2:ip6:');
const REQUESTER6_START = ascii('d2:ip18:');
const REPLY_ID_KEY = ascii('1:rd2:id20:');
const NODES_KEY = ascii('5:nodes');
const NODES6_KEY = ascii('6:nodes6');
const SAMPLES_KEY = ascii('7:samples');
const TOKEN_KEY = ascii('5:token');
const INTERVAL_KEY = ascii('8:interval');
const NUM_KEY = ascii('3:num');
const VALUES_KEY = ascii('6:valuesl');
const METHOD_FIELDS: Readonly<Record<OutgoingQuery['method'], Uint8Array>> = {
  ping: ascii('e1:q4:ping'),
  find_node: ascii('e1:q9:find_node'),
  get_peers: ascii('e1:q9:get_peers'),
  sample_infohashes: ascii('e1:q17:sample_infohashes'),
};

/** Enough for every query there is with a transaction id of 32 bytes. */
export const QUERY_BYTES_MAX = 256;

export type OutgoingQuery = {
  readonly transactionId: Uint8Array;
  readonly id: NodeId;
  /** BEP 43: tells the other side not to put us in its table. */
  readonly isReadOnly: boolean;
  /** BEP 32; over v4 only while both families are being joined (protocol.md 2.2). */
  readonly want?: readonly ('n4' | 'n6')[] | undefined;
} & (
  | { readonly method: 'ping' }
  | { readonly method: 'find_node' | 'sample_infohashes'; readonly target: Uint8Array }
  /** `wantsScrape` asks for Bloom filters (BEP 33); libtorrent then sends no values. */
  | { readonly method: 'get_peers'; readonly infohash: Uint8Array; readonly wantsScrape?: boolean | undefined }
);

export interface OutgoingReply {
  /** The requester's own, any bytes. */
  readonly transactionId: Uint8Array;
  /** BEP 42: told its address as we see it. */
  readonly requester: Contact;
  readonly id: NodeId;
  /** n x 26 bytes. */
  readonly nodes?: Uint8Array | undefined;
  /** n x 38 bytes (BEP 32). */
  readonly nodes6?: Uint8Array | undefined;
  /** Who has a torrent in part, and who has all of it, as filters of BLOOM_BYTES each; both or none (BEP 33). */
  readonly bloomPeers?: Uint8Array | undefined;
  readonly bloomSeeds?: Uint8Array | undefined;
  readonly token?: Uint8Array | undefined;
  /** 6 or 18 bytes each. */
  readonly values?: readonly Uint8Array[] | undefined;
  /** n x 20 bytes; an empty array is an answer too (BEP 51). */
  readonly samples?: Uint8Array | undefined;
  readonly num?: number | undefined;
  readonly intervalSeconds?: number | undefined;
}

export interface OutgoingError {
  readonly transactionId: Uint8Array;
  /** BEP 5: 201 generic, 202 server, 203 protocol, 204 method unknown. */
  readonly code: number;
  /** ASCII. */
  readonly text: string;
}

/** Writes `query` and returns its length. */
export function encodeQuery(into: Uint8Array, query: OutgoingQuery): number {
  let at = putIdentifier(into, putBytes(into, 0, QUERY_START), query.id);
  if (query.method === 'get_peers') {
    at = putIdentifier(into, putBytes(into, at, INFOHASH_KEY), query.infohash);
    if (query.wantsScrape === true) at = putText(into, at, '6:scrapei1e');
  } else if (query.method !== 'ping') {
    at = putIdentifier(into, putBytes(into, at, TARGET_KEY), query.target);
  }
  if (query.want !== undefined) {
    at = putText(into, at, '4:wantl');
    for (const family of query.want) at = putText(into, at, family === 'n4' ? '2:n4' : '2:n6');
    at = putText(into, at, 'e');
  }
  at = putBytes(into, at, METHOD_FIELDS[query.method]);
  if (query.isReadOnly) at = putBytes(into, at, READ_ONLY_FIELD);
  return putTail(into, at, query.transactionId, QUERY_END);
}

/** Writes a response and returns its length. */
export function encodeReply(into: Uint8Array, reply: OutgoingReply): number {
  let at = putRequester(into, reply.requester);
  const { bloomPeers, bloomSeeds, intervalSeconds, nodes, nodes6, num, samples, token, values } = reply;
  if (bloomPeers !== undefined && bloomSeeds !== undefined) {
    assert(bloomPeers.length === BLOOM_BYTES && bloomSeeds.length === BLOOM_BYTES, 'filters have 2048 bits');
    at = putString(into, putText(into, at, '1:rd4:BFpe'), bloomPeers);
    at = putString(into, putText(into, at, '4:BFsd'), bloomSeeds);
    at = putIdentifier(into, putText(into, at, '2:id20:'), reply.id);
  } else at = putIdentifier(into, putBytes(into, at, REPLY_ID_KEY), reply.id);
  if (intervalSeconds !== undefined) at = putInteger(into, putBytes(into, at, INTERVAL_KEY), intervalSeconds);
  if (nodes !== undefined) {
    assert(nodes.length % NODE4_BYTES === 0, 'nodes are whole');
    at = putString(into, putBytes(into, at, NODES_KEY), nodes);
  }
  if (nodes6 !== undefined) {
    assert(nodes6.length % NODE6_BYTES === 0, 'nodes are whole');
    at = putString(into, putBytes(into, at, NODES6_KEY), nodes6);
  }
  if (num !== undefined) at = putInteger(into, putBytes(into, at, NUM_KEY), num);
  if (samples !== undefined) {
    assert(samples.length % IDENTIFIER_BYTES === 0, 'samples are whole');
    at = putString(into, putBytes(into, at, SAMPLES_KEY), samples);
  }
  if (token !== undefined) at = putString(into, putBytes(into, at, TOKEN_KEY), token);
  if (values !== undefined) {
    at = putBytes(into, at, VALUES_KEY);
    for (const value of values) {
      assert(value.length === PEER4_BYTES || value.length === PEER6_BYTES, 'a value is one compact contact');
      at = putString(into, at, value);
    }
    at = putByte(into, at, LETTER_E);
  }
  return putTail(into, putByte(into, at, LETTER_E), reply.transactionId, REPLY_END);
}

/** Writes an error and returns its length. */
export function encodeError(into: Uint8Array, error: OutgoingError): number {
  let at = putInteger(into, putText(into, 0, 'd1:el'), error.code);
  at = putText(into, putByte(into, putDigits(into, at, error.text.length), COLON), error.text);
  return putTail(into, putByte(into, at, LETTER_E), error.transactionId, ERROR_END);
}

/** What a response begins with: `ip` of BEP 42, left out when the host is no address. */
function putRequester(into: Uint8Array, requester: Contact): number {
  const dataAt = putBytes(into, 0, requester.host.includes(':') ? REQUESTER6_START : REQUESTER4_START);
  const written = writeContact(into, dataAt, requester);
  return written === 0 ? 1 : dataAt + written;
}

/** `t`, then `end`, which is `v` and `y`: what every message ends with. */
function putTail(into: Uint8Array, start: number, transactionId: Uint8Array, end: Uint8Array): number {
  const at = putBytes(into, putString(into, putBytes(into, start, TRANSACTION_ID_KEY), transactionId), end);
  assert(at <= into.length, 'the message fits its buffer');
  return at;
}

// The put functions return where to go on. A write behind the end of a typed array does nothing; putTail notices it.

function putText(into: Uint8Array, at: number, text: string): number {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    assert(code < 0x80, 'text on the wire is ASCII');
    into[at + index] = code;
  }
  return at + text.length;
}

function putByte(into: Uint8Array, at: number, byte: number): number {
  into[at] = byte;
  return at + 1;
}

/** For texts that are always the same: bytes made once are copied at half the price of letters. */
function putBytes(into: Uint8Array, at: number, bytes: Uint8Array): number {
  const length = bytes.length;
  for (let index = 0; index < length; index++) into[at + index] = bytes[index]!;
  return at + length;
}

function putIdentifier(into: Uint8Array, at: number, identifier: Uint8Array): number {
  assert(identifier.length === IDENTIFIER_BYTES, 'an identifier has 20 bytes');
  for (let index = 0; index < IDENTIFIER_BYTES; index++) into[at + index] = identifier[index]!;
  return at + IDENTIFIER_BYTES;
}

function putString(into: Uint8Array, at: number, bytes: Uint8Array): number {
  const length = bytes.length;
  const dataAt = putByte(into, putDigits(into, at, length), COLON);
  // A native copy has a fixed price of about 40 ns: a loop is cheaper below that.
  if (length > 64 && dataAt + length <= into.length) into.set(bytes, dataAt);
  else for (let index = 0; index < length; index++) into[dataAt + index] = bytes[index]!;
  return dataAt + length;
}

function putInteger(into: Uint8Array, at: number, value: number): number {
  return putByte(into, putDigits(into, putByte(into, at, LETTER_I), value), LETTER_E);
}

function putDigits(into: Uint8Array, at: number, value: number): number {
  assert(Number.isSafeInteger(value) && value >= 0, 'numbers on the wire are counts');
  let digitCount = 1;
  for (let power = 10; value >= power; power *= 10) digitCount++;
  let rest = value;
  for (let index = digitCount - 1; index >= 0; index--) {
    // Most are lengths and other small counts, which whole numbers divide in a fraction of the time.
    const tens = rest <= SMALL_MAX ? (rest / 10) | 0 : Math.floor(rest / 10);
    into[at + index] = 0x30 + (rest - 10 * tens);
    rest = tens;
  }
  return at + digitCount;
}

function ascii(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  putText(bytes, 0, text);
  return bytes;
}
