// KRPC, bytes to message (BEP 5 with 32, 33, 42, 43, 51). The one door for datagrams: encoders and replies are re-exported.
// Strict about structure, lenient about fields: what is not one bencoded dictionary is dropped with its reason, a field of
// the wrong shape is left out and noted in `oddities` (protocol.md 4.1). Never throws on remote bytes.
import {
  BencodeScanner,
  KRPC_SCAN_LIMITS,
  TOKEN_CLOSE,
  TOKEN_INTEGER,
  TOKEN_KEY,
  TOKEN_LIST,
  TOKEN_MALFORMED,
  TOKEN_STRING,
} from './bencode-scanner.ts';
import { PEER4_BYTES, PEER6_BYTES } from './compact-contacts.ts';
import { noteKeyOrder, readBody } from './krpc-body.ts';
import { KEY_UNKNOWN, KeyTable } from './krpc-keys.ts';
import { TRANSACTION_ID_BYTES_MAX } from './krpc-message.ts';
import type { KrpcMessage, KrpcMethod, MalformedReason } from './krpc-message.ts';

export { CLIENT_VERSION, encodeError, encodeQuery, encodeReply, QUERY_BYTES_MAX } from './krpc-encode.ts';
export type { OutgoingError, OutgoingQuery, OutgoingReply } from './krpc-encode.ts';
export { KrpcMessage } from './krpc-message.ts';
export type { KrpcKind, KrpcMethod, KrpcOddity, MalformedReason } from './krpc-message.ts';
export { toReply } from './krpc-reply.ts';
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
  scanner.next(); // the outer dictionary, seen above
  if (!readTop(into)) return scanner.problem;
  if (scanner.position < scanner.end) into.noteOddity('trailing-bytes');
  if (scanner.hasLeadingZeros) into.noteOddity('leading-zeros');
  return judge(into);
}

/** Reads the outer dictionary; false when the scanner found a problem. */
function readTop(into: KrpcMessage): boolean {
  let previousKey = KEY_UNKNOWN;
  let previousStart = -1;
  let previousLength = 0;
  for (;;) {
    const token = scanner.next();
    if (token !== TOKEN_KEY) return token === TOKEN_CLOSE;
    const { dataStart, dataLength } = scanner;
    const key = TOP_KEYS.identify(scanner.bytes, dataStart, dataLength);
    if (previousStart !== -1 && (previousKey === KEY_UNKNOWN || key <= previousKey)) {
      noteKeyOrder(scanner, into, previousStart, previousLength);
    }
    previousKey = key;
    previousStart = dataStart;
    previousLength = dataLength;
    const isRepeated = key !== KEY_UNKNOWN && (seen & (1 << key)) !== 0;
    seen |= 1 << key;
    if (isRepeated) into.noteOddity('duplicate-key');
    if (key === KEY_UNKNOWN || isRepeated) {
      if (scanner.skipValue() === TOKEN_MALFORMED) return false;
    } else if (!readValue(into, key)) return false;
  }
}

/** Reads the value of a key met for the first time; false when the scanner found a problem. */
function readValue(into: KrpcMessage, key: number): boolean {
  if (key === TOP_ARGUMENTS || key === TOP_REPLY) return readBodyOf(into, key);
  if (key === TOP_ERROR) return readError(into);
  const token = scanner.skipValue();
  if (token === TOKEN_MALFORMED) return false;
  // -1 fails every test of a length below.
  const length = token === TOKEN_STRING ? scanner.dataLength : -1;
  const start = scanner.dataStart;
  switch (key) {
    case TOP_TRANSACTION_ID:
      if (length >= 0 && length <= TRANSACTION_ID_BYTES_MAX) {
        into.transactionIdStart = start;
        into.transactionIdLength = length;
      }
      break;
    case TOP_KIND:
      if (length === 1) kindLetter = scanner.bytes[start]!;
      break;
    case TOP_METHOD:
      if (length >= 0) into.method = identifyMethod();
      else into.noteOddity('wrong-type');
      hasMethod = length >= 0;
      break;
    case TOP_VERSION:
      if (length === VERSION_BYTES) into.versionStart = start;
      else into.noteOddity('bad-version');
      into.versionLength = into.versionStart === -1 ? 0 : length;
      break;
    case TOP_IP:
      if (length === PEER4_BYTES || length === PEER6_BYTES) into.ipStart = start;
      else into.noteOddity('bad-ip');
      into.ipLength = into.ipStart === -1 ? 0 : length;
      break;
    case TOP_READ_ONLY:
      if (token === TOKEN_INTEGER) into.isReadOnly = scanner.integer !== 0;
      else into.noteOddity('wrong-type');
      break;
    case TOP_NODES:
      into.noteOddity('nodes-outside-reply');
      break;
  }
  return true;
}

function identifyMethod(): KrpcMethod {
  return METHODS[METHOD_KEYS.identify(scanner.bytes, scanner.dataStart, scanner.dataLength)]!;
}

/** Reads the first body met; of a second one only keeps where it is. */
function readBodyOf(into: KrpcMessage, key: number): boolean {
  const start = scanner.position;
  const isDictionary = start < scanner.end && scanner.bytes[start] === LETTER_D;
  if (isDictionary) {
    if (key === TOP_ARGUMENTS) argumentsStart = start;
    else replyStart = start;
    if (bodyHeld === KEY_UNKNOWN) {
      bodyHeld = key;
      scanner.next(); // the dictionary's own token
      return readBody(scanner, into);
    }
    into.noteOddity('two-bodies');
  }
  return scanner.skipValue() !== TOKEN_MALFORMED;
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
  scanner.begin(into.bytes, start);
  scanner.next(); // the dictionary's own token
  readBody(scanner, into);
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
