// KRPC, bytes to message (BEP 5 with 32, 33, 42, 43, 51). The one door for datagrams: encoders and replies are re-exported.
// Strict about structure, lenient about fields: what is not one bencoded dictionary is dropped with its reason, a field of
// the wrong shape is left out and noted in `oddities` (protocol.md 4.1). Never throws on remote bytes.
import {
  BencodeScanner,
  KRPC_SCAN_LIMITS,
  TOKEN_INTEGER,
  TOKEN_LIST,
  TOKEN_MALFORMED,
  TOKEN_STRING,
} from './bencode-scanner.ts';
import { PEER4_BYTES, PEER6_BYTES } from './compact-contacts.ts';
import { noteKeyOrder, readBody, stringAt } from './krpc-body.ts';
import { KEY_UNKNOWN, KeyTable } from './krpc-keys.ts';
import { TRANSACTION_ID_BYTES_MAX } from './krpc-message.ts';
import type { KrpcMessage, MalformedReason } from './krpc-message.ts';
import { PACKED_BITS, PACKED_MASK, packedStringAt } from './packed-token.ts';

export { CLIENT_VERSION, encodeError, encodeQuery, encodeReply, QUERY_BYTES_MAX } from './krpc-encode.ts';
export type { OutgoingError, OutgoingQuery, OutgoingReply } from './krpc-encode.ts';
export { KrpcMessage } from './krpc-message.ts';
export type { KrpcKind, KrpcMethod, KrpcOddity, MalformedReason } from './krpc-message.ts';
export {
  readExternalContact,
  readFilters,
  readNodeId,
  readNodes,
  readValues,
  REPLY_NODES_MAX,
  toReply,
} from './krpc-reply.ts';
export type { KrpcReply } from './krpc-reply.ts';

/** mldht's limit (protocol.md 4.1); a ping without an id would have 17 bytes. */
export const DATAGRAM_BYTES_MIN = 15;
/** BEP 32 wants at least 1024 accepted; bittorrent-dht sends more than 2048. */
export const DATAGRAM_BYTES_MAX = 4096;
/** BEP 5: "a two character client identifier ... followed by a two character version identifier". */
const VERSION_BYTES = 4;

// Keys of the outer dictionary, numbered in the order of their bytes; the number is a bit of `seen` too.
const TOP_ARGUMENTS = 1;
const TOP_ERROR = 2;
const TOP_IP = 3;
const TOP_NODES = 4;
const TOP_METHOD = 5;
const TOP_REPLY = 6;
const TOP_READ_ONLY = 7;
const TOP_TRANSACTION_ID = 8;
const TOP_VERSION = 9;
const TOP_KIND = 10;
const TOP_KEYS = new KeyTable(['a', 'e', 'ip', 'nodes', 'q', 'r', 'ro', 't', 'v', 'y']);

/** By number in METHOD_KEYS. */
const METHODS = ['unknown', 'announce_peer', 'find_node', 'get_peers', 'ping', 'sample_infohashes'] as const;
const METHOD_KEYS = new KeyTable(METHODS.slice(1));

const LETTER_D = 0x64;
const LETTER_E = 0x65;
const LETTER_Q = 0x71;
const LETTER_R = 0x72;

// What one decode needs and nobody needs afterwards. Decoding is synchronous, so one of each serves everybody.
const scanner = new BencodeScanner(KRPC_SCAN_LIMITS);
/** The letter of `y`; 0 when it is not one letter. */
let kindLetter = 0;
/** Keys of the outer dictionary met so far, a bit each. */
let seen = 0;
/** `q` is there and a string, known or not. */
let hasMethod = false;
/** First byte of the value of `a` and of `r` if that is a dictionary, else -1. */
let argumentsStart = -1;
let replyStart = -1;
/** Which of the two `into` holds: the first one met. */
let bodyHeld = KEY_UNKNOWN;

/**
 * Parses `datagram` into `into` and returns null, or the reason why it must be dropped (`into` is then half filled and must
 * not be used). Problems that leave the message usable are in `into.oddities`. Makes no garbage.
 */
export function decodeKrpc(datagram: Uint8Array, into: KrpcMessage): MalformedReason | null {
  into.reset(datagram);
  if (datagram.length < DATAGRAM_BYTES_MIN) return 'too-short';
  if (datagram.length > DATAGRAM_BYTES_MAX) return 'too-long';
  if (datagram[0] !== LETTER_D) return 'not-a-dictionary';
  kindLetter = 0;
  seen = 0;
  hasMethod = false;
  argumentsStart = -1;
  replyStart = -1;
  bodyHeld = KEY_UNKNOWN;
  scanner.begin(datagram);
  const end = readTop(into);
  if (end === -1) return problemOf(datagram);
  if (scanner.tokenCount > scanner.tokensMax) return 'too-many-tokens';
  if (end < datagram.length) into.noteOddity('trailing-bytes');
  if (scanner.hasLeadingZeros) into.noteOddity('leading-zeros');
  return judge(into);
}

/** What is wrong with a datagram that could not be read. Such are rare, so it is read a second time to learn it. */
function problemOf(datagram: Uint8Array): MalformedReason {
  scanner.begin(datagram);
  scanner.skipValue();
  return scanner.problem ?? 'truncated';
}

/** Reads the outer dictionary and returns the offset behind it, or -1 when it is malformed. */
function readTop(into: KrpcMessage): number {
  const { bytes, end } = scanner;
  let at = 1;
  let previousKey = KEY_UNKNOWN;
  let previous = -1;
  scanner.tokenCount = 2;
  for (;;) {
    if (at < end && bytes[at] === LETTER_E) return at + 1;
    const packed = stringAt(scanner, bytes, at, end);
    if (packed === -1) return -1;
    const keyStart = packed >>> PACKED_BITS;
    const keyLength = packed & PACKED_MASK;
    const key = TOP_KEYS.identify(bytes, keyStart, keyLength);
    if (previous !== -1 && (previousKey === KEY_UNKNOWN || key <= previousKey)) noteKeyOrder(into, previous, packed);
    previousKey = key;
    previous = packed;
    const isRepeated = key !== KEY_UNKNOWN && (seen & (1 << key)) !== 0;
    seen |= 1 << key;
    if (isRepeated) into.noteOddity('duplicate-key');
    at = readValue(into, isRepeated ? KEY_UNKNOWN : key, keyStart + keyLength);
    if (at === -1) return -1;
  }
}

/** Reads the value at `at` and returns the offset behind it, or -1 when it is malformed. */
function readValue(into: KrpcMessage, key: number, at: number): number {
  const packed = packedStringAt(scanner.bytes, at, scanner.end);
  if (packed !== -1) {
    const dataStart = packed >>> PACKED_BITS;
    const dataLength = packed & PACKED_MASK;
    scanner.tokenCount++;
    if (key !== KEY_UNKNOWN) keepString(into, key, dataStart, dataLength);
    return dataStart + dataLength;
  }
  if (key === TOP_ARGUMENTS || key === TOP_REPLY) return readBodyOf(into, key, at);
  scanner.jumpTo(at, 1);
  if (key === TOP_ERROR) return readError(into) ? scanner.position : -1;
  const token = scanner.skipValue();
  if (token === TOKEN_MALFORMED) return -1;
  if (token === TOKEN_STRING) keepString(into, key, scanner.dataStart, scanner.dataLength);
  else if (key === TOP_READ_ONLY && token === TOKEN_INTEGER) into.isReadOnly = scanner.integer !== 0;
  else noteBad(into, key);
  return scanner.position;
}

function keepString(into: KrpcMessage, key: number, start: number, length: number): void {
  switch (key) {
    case TOP_TRANSACTION_ID:
      if (length > TRANSACTION_ID_BYTES_MAX) break;
      into.transactionIdStart = start;
      into.transactionIdLength = length;
      break;
    case TOP_KIND:
      if (length === 1) kindLetter = scanner.bytes[start]!;
      break;
    case TOP_METHOD:
      into.method = METHODS[METHOD_KEYS.identify(scanner.bytes, start, length)]!;
      hasMethod = true;
      break;
    case TOP_VERSION:
      if (length !== VERSION_BYTES) return noteBad(into, key);
      into.versionStart = start;
      into.versionLength = length;
      break;
    case TOP_IP:
      if (length !== PEER4_BYTES && length !== PEER6_BYTES) return noteBad(into, key);
      into.ipStart = start;
      into.ipLength = length;
      break;
    default:
      noteBad(into, key);
  }
}

/** Notes that the value of `key` has the wrong shape. What a message cannot do without, `judge` looks after. */
function noteBad(into: KrpcMessage, key: number): void {
  if (key === TOP_METHOD || key === TOP_READ_ONLY) into.noteOddity('wrong-type');
  else if (key === TOP_VERSION) into.noteOddity('bad-version');
  else if (key === TOP_IP) into.noteOddity('bad-ip');
  else if (key === TOP_NODES) into.noteOddity('nodes-outside-reply');
}

/** Reads the first body met; of a second one only keeps where it is. */
function readBodyOf(into: KrpcMessage, key: number, at: number): number {
  if (at < scanner.end && scanner.bytes[at] === LETTER_D) {
    if (key === TOP_ARGUMENTS) argumentsStart = at;
    else replyStart = at;
    if (bodyHeld === KEY_UNKNOWN) {
      bodyHeld = key;
      return readBody(scanner, into, at);
    }
    into.noteOddity('two-bodies');
  }
  scanner.jumpTo(at, 1);
  return scanner.skipValue() === TOKEN_MALFORMED ? -1 : scanner.position;
}

/** `e`: a list that begins with the code. The text is for people and is not read. */
function readError(into: KrpcMessage): boolean {
  const depth = scanner.depth;
  let token = scanner.next();
  if (token === TOKEN_LIST) {
    token = scanner.skipValue();
    if (token === TOKEN_INTEGER && scanner.isIntegerSafe) into.errorCode = scanner.integer;
  }
  while (token !== TOKEN_MALFORMED && scanner.depth > depth) token = scanner.next();
  if (into.errorCode === -1) into.noteOddity('bad-error');
  return token !== TOKEN_MALFORMED;
}

/** With everything read: which kind of message it is, and whether it has what that kind needs. */
function judge(into: KrpcMessage): MalformedReason | null {
  if ((seen & (1 << TOP_TRANSACTION_ID)) === 0) return 'no-transaction-id';
  if (into.transactionIdStart === -1) return 'bad-transaction-id';
  if ((seen & (1 << TOP_KIND)) === 0) return 'no-kind';
  if (kindLetter === LETTER_E) {
    into.kind = 'error';
    if (into.errorCode === -1) into.noteOddity('bad-error');
  } else if (kindLetter === LETTER_Q) {
    into.kind = 'query';
    holdBody(into, TOP_ARGUMENTS, argumentsStart);
    into.hasBadArguments = !hasGoodArguments(into);
    return null;
  } else if (kindLetter === LETTER_R) {
    into.kind = 'response';
    if (replyStart === -1) return 'no-reply-body';
    holdBody(into, TOP_REPLY, replyStart);
    if (into.idStart === -1) return 'bad-reply-id';
    noteMissingOfSample(into);
  } else return 'bad-kind';
  into.method = 'unknown';
  return null;
}

/** Makes `into` hold the body that counts, if the other one came first (or alone). */
function holdBody(into: KrpcMessage, key: number, start: number): void {
  if (bodyHeld === key || bodyHeld === KEY_UNKNOWN) return;
  into.resetBody();
  if (start === -1) return;
  readBody(scanner, into, start);
}

function hasGoodArguments(into: KrpcMessage): boolean {
  if (into.idStart === -1) return false;
  switch (into.method) {
    case 'ping':
      return true;
    case 'find_node':
    case 'sample_infohashes':
      return into.targetStart !== -1;
    case 'get_peers':
      return into.infohashStart !== -1;
    case 'announce_peer':
      return into.infohashStart !== -1 && into.tokenStart !== -1 && (into.port !== -1 || into.impliedPort);
    case 'unknown':
      // No `q` at all is a bad query; a method of tomorrow is not, and may be answered like find_node (protocol.md 2.1).
      return hasMethod;
  }
}

/** BEP 51 wants interval and num next to samples; libtorrent drops the reply without them, we only say so. */
function noteMissingOfSample(into: KrpcMessage): void {
  if (into.samplesStart === -1) return;
  if (into.intervalSeconds === -1) into.noteOddity('interval-missing');
  if (into.num === -1) into.noteOddity('num-missing');
}
